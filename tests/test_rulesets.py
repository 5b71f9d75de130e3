"""Rule sets: what each asks for, files of one's own, and the owner's settings on top."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from auditor.catalogue import load
from auditor.evaluate import evaluate
from auditor.reference import Attestations
from auditor.rulesets import load_ruleset, merged, ruleset_description, ruleset_names
from auditor.settings import CheckSettings, Override, Settings, SettingsError
from auditor.testing import (
    ask,
    healthy_account,
    healthy_function,
    healthy_region,
    inventory_of,
    reference,
)
from auditor.verdict import Severity, Status

CHECKS = load()
BY_ID = {check.id: check for check in CHECKS}


def test_three_are_packaged_and_described() -> None:
    assert ruleset_names() == ("recommended", "essential", "strict")
    assert all(ruleset_description(name) for name in ruleset_names())


def test_recommended_changes_nothing() -> None:
    assert load_ruleset("recommended", CHECKS) == Settings()


def test_essential_asks_what_is_critical_or_high_and_nothing_else() -> None:
    settings = load_ruleset("essential", CHECKS)
    asked = {check.id for check in CHECKS if settings.enabled(check)}
    assert asked == {c.id for c in CHECKS if c.severity in {Severity.CRITICAL, Severity.HIGH}}
    assert 0 < len(asked) < len(CHECKS)


def test_strict_asks_everything() -> None:
    settings = load_ruleset("strict", CHECKS)
    assert all(settings.enabled(check) for check in CHECKS)


def test_strict_never_weighs_less_than_the_check_itself() -> None:
    settings = load_ruleset("strict", CHECKS)
    assert [c.id for c in CHECKS if settings.severity(c).rank > c.severity.rank] == []


def test_strict_requires_whatever_a_check_leaves_to_choice() -> None:
    settings = load_ruleset("strict", CHECKS)
    choices = [c for c in CHECKS if any(t.name == "required" and t.type is bool for t in c.thresholds)]
    assert {c.id for c in choices} >= {"outside-vpc", "code-signing-absent", "log-group-not-under-own-key"}
    assert [c.id for c in choices if settings.thresholds(c).get("required") is not True] == []


@pytest.mark.parametrize(
    ("check_id", "spoiled"),
    [
        ("outside-vpc", {}),
        ("code-signing-absent", {"code_signing": None}),
        ("log-group-not-under-own-key", {}),
        ("concurrency-unlimited", {"reserved_concurrency": None}),
    ],
)
def test_strict_fails_what_recommended_leaves_to_choice(check_id: str, spoiled: dict[str, object]) -> None:
    function, check = healthy_function(**spoiled), BY_ID[check_id]
    strict = load_ruleset("strict", CHECKS)
    assert ask(check, function).status is not Status.FAIL
    wanted: dict[str, Any] = strict.thresholds(check)
    assert ask(check, function, **wanted).status is Status.FAIL
    assert strict.severity(check).weight > 0


def test_every_threshold_of_a_packaged_rule_set_differs_from_the_default() -> None:
    for name in ruleset_names():
        settings = load_ruleset(name, CHECKS)
        for check in CHECKS:
            defaults = {threshold.name: threshold.default for threshold in check.thresholds}
            same = [k for k, v in settings.thresholds(check).items() if defaults[k] == v]
            assert same == [], f"{name} repeats {check.id}"


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "team.yaml"
    file.write_text("least_severity: critical\nchecks: {timeout-near-limit: {thresholds: {margin: 0.3}}}\n")
    settings = load_ruleset(str(file), CHECKS)
    asked = {check.id for check in CHECKS if settings.enabled(check)}
    critical = {check.id for check in CHECKS if check.severity is Severity.CRITICAL}
    assert asked == critical | {"timeout-near-limit"}
    assert settings.thresholds(BY_ID["timeout-near-limit"]) == {"margin": 0.3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("checks: {outside-vpcs: {enabled: false}}\n", "did you mean 'outside-vpc'"),
        ("least_severity: hgih\n", "hgih"),
        ("check: {}\n", "check"),
        ("checks: {outside-vpc: {thresholds: {required: 3}}}\n", "outside-vpc.required"),
        ("checks: [\n", "team.yaml"),
    ],
)
def test_a_file_that_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "team.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=says):
        load_ruleset(str(file), CHECKS)


@pytest.mark.parametrize(
    ("name", "says"),
    [("strikt", "did you mean 'strict'"), ("zzz", "recommended, essential, strict, or a file")],
)
def test_a_name_that_is_not_there(name: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_ruleset(name, CHECKS)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_ruleset(str(tmp_path), CHECKS)


@pytest.mark.parametrize("name", ruleset_names())
def test_empty_settings_leave_a_rule_set_as_it_is(name: str) -> None:
    settings = load_ruleset(name, CHECKS)
    assert merged(settings, Settings()) == settings


MARGIN = BY_ID["timeout-near-limit"]
SET = Settings(
    shared={"minimum_runs": 10},
    checks={
        MARGIN.id: CheckSettings(severity=Severity.LOW, thresholds={"margin": 0.4, "minimum_runs": 20}),
        "throttled": CheckSettings(enabled=False),
    },
    override=(
        Override(functions=("orders-*",), checks={MARGIN.id: CheckSettings(thresholds={"margin": 0.5})}),
    ),
)


def own(**given: Any) -> Settings:
    """The owner's settings on the one check."""
    return Settings(checks={MARGIN.id: CheckSettings(**given)})


@pytest.mark.parametrize(
    ("settings", "thresholds"),
    [
        (Settings(), {"margin": 0.5, "minimum_runs": 20}),
        (own(thresholds={"margin": 0.1}), {"margin": 0.1, "minimum_runs": 20}),
        (Settings(shared={"minimum_runs": 5}), {"margin": 0.5, "minimum_runs": 5}),
        (
            Settings(override=(Override(checks={MARGIN.id: CheckSettings(thresholds={"margin": 0.2})}),)),
            {"margin": 0.2, "minimum_runs": 20},
        ),
    ],
    ids=["nothing said", "a threshold", "a shared threshold", "an override"],
)
def test_the_owners_thresholds_win(settings: Settings, thresholds: dict[str, object]) -> None:
    assert merged(SET, settings).thresholds(MARGIN, healthy_function()) == thresholds


def test_the_owners_severity_and_switch_win() -> None:
    said = Settings(
        checks={
            MARGIN.id: CheckSettings(enabled=False, severity=Severity.CRITICAL),
            "throttled": CheckSettings(enabled=True),
        }
    )
    settings = merged(SET, said)
    assert settings.severity(MARGIN) is Severity.CRITICAL
    assert not settings.enabled(MARGIN)
    assert settings.enabled(BY_ID["throttled"])
    assert merged(SET, Settings()).severity(MARGIN) is Severity.LOW


OFF = BY_ID["description-missing"]


@pytest.mark.parametrize(
    ("said", "on"),
    [
        (CheckSettings(severity=Severity.LOW), False),
        (CheckSettings(enabled=True), True),
    ],
    ids=["a severity", "the switch"],
)
def test_only_the_switch_switches_on_what_a_rule_set_leaves_out(said: CheckSettings, on: bool) -> None:  # noqa: FBT001
    settings = merged(load_ruleset("essential", CHECKS), Settings(checks={OFF.id: said}))
    assert settings.enabled(OFF) is on


def test_an_override_switches_a_check_on_for_its_functions_alone() -> None:
    said = Settings(
        override=(Override(functions=("orders-*",), checks={OFF.id: CheckSettings(enabled=True)}),)
    )
    settings = merged(load_ruleset("essential", CHECKS), said)
    silent = healthy_function(description="")
    other = msgspec.structs.replace(silent, name="other", arn=f"{silent.arn}-2")
    account = healthy_account(healthy_region(silent, other))
    found = evaluate(inventory_of(account), CHECKS, settings, reference(), Attestations()).findings
    assert [one.function for one in found if one.check == OFF.id] == ["orders-api"]


def test_the_owners_criticality_stays() -> None:
    said = Settings(override=(Override(functions=("orders-*",), criticality=3.0),))
    assert merged(SET, said).criticality(healthy_function()) == 3.0
