"""The form of a settings file: the default changes nothing and is true, the schema says what is read."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from auditor.catalogue import load
from auditor.settings import Settings, SettingsError, load_settings
from auditor.settings_form import default_settings, settings_schema

CHECKS = load()
TEXT = default_settings(CHECKS)
SCHEMA = json.loads(settings_schema(CHECKS))


def uncommented(text: str) -> str:
    """The default file with every setting taken out of its comment; prose has one space and a word."""
    return "".join(re.sub(r"^#(?! \S)", "", line) for line in text.splitlines(keepends=True))


def read(folder: Path, text: str) -> Settings:
    file = folder / "auditor.yaml"
    file.write_text(text)
    return load_settings(file, CHECKS)


def test_the_default_file_changes_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT) == Settings()


def test_every_comment_shows_the_default(tmp_path: Path) -> None:
    settings = read(tmp_path, uncommented(TEXT))
    assert set(settings.checks) == {check.id for check in CHECKS}
    for check in CHECKS:
        said = settings.checks[check.id]
        assert (said.enabled, said.severity) == (True, check.severity)
        assert said.thresholds == {found.name: found.default for found in check.thresholds}


def test_what_is_shared_is_shown_with_the_default_of_every_check_that_has_it(tmp_path: Path) -> None:
    shared = read(tmp_path, uncommented(TEXT)).shared
    assert {"trusted_accounts", "organization_ids"} <= set(shared)
    for check in CHECKS:
        for found in check.thresholds:
            assert shared.get(found.name, found.default) == found.default, check.id


def test_every_check_can_be_switched_off(tmp_path: Path) -> None:
    wanted = "version: 1\nchecks:\n" + "".join(
        f"  {check.id}: {{enabled: false, severity: info}}\n" for check in CHECKS
    )
    settings = read(tmp_path, wanted)
    assert not any(settings.enabled(check) for check in CHECKS)


ACCEPTED = {
    "nothing": "version: 1\n",
    "a threshold": "checks: {timeout-near-limit: {thresholds: {margin: 0.3}}}\n",
    "a list": "checks: {debug-logging: {thresholds: {quiet_tags: [dev]}}}\n",
    "a severity": "checks: {timeout-near-limit: {severity: low, enabled: true}}\n",
    "shared": 'shared: {trusted_accounts: ["210987654321"]}\n',
    "an override": "override: [{functions: ['a*'], criticality: 2, checks: {throttled: {enabled: false}}}]\n",
}
REFUSED = {
    "an unknown key": "chekcs: {}\n",
    "an unknown check": "checks: {timeout-near-limits: {enabled: false}}\n",
    "an unknown threshold": "checks: {timeout-near-limit: {thresholds: {margins: 0.3}}}\n",
    "a threshold of another check": "checks: {timeout-near-limit: {thresholds: {worth_usd: 0.3}}}\n",
    "a wrong type": "checks: {timeout-near-limit: {thresholds: {margin: wide}}}\n",
    "a wrong severity": "checks: {timeout-near-limit: {severity: terrible}}\n",
    "an unknown shared threshold": "shared: {nothing_of_ours: 1}\n",
    "an unknown check of an override": "override: [{checks: {nothing: {enabled: false}}}]\n",
}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "text", [*ACCEPTED.values(), TEXT, uncommented(TEXT)], ids=[*ACCEPTED, "default", "all"]
)
def test_the_schema_takes_what_is_read(tmp_path: Path, text: str) -> None:
    read(tmp_path, text)
    given: Any = msgspec.yaml.decode(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(given)


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_the_schema_refuses_what_is_not_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        read(tmp_path, text)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(msgspec.yaml.decode(text))
