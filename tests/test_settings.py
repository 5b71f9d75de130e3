"""Settings: unknown names and wrong types are errors; overrides reach the functions they name."""

from pathlib import Path

import pytest

from auditor.catalogue import load
from auditor.settings import Settings, SettingsError, load_settings
from auditor.testing import healthy_function

CHECKS = load()

REFUSED = {
    "unknown key": ("version: 1\nchekcs: {}\n", "chekcs"),
    "unknown check": (
        "checks: {timeout-near-limits: {enabled: false}}\n",
        "did you mean 'timeout-near-limit'",
    ),
    "unknown threshold": (
        "checks: {timeout-near-limit: {thresholds: {margins: 0.3}}}\n",
        "did you mean 'margin'",
    ),
    "wrong type": ("checks: {timeout-near-limit: {thresholds: {margin: wide}}}\n", "margin"),
    "wrong severity": ("checks: {timeout-near-limit: {severity: terrible}}\n", "terrible"),
    "not yaml": ("checks: [\n", "settings.yaml"),
    "a python object": ("checks: !!python/object/apply:os.system [id]\n", "settings.yaml"),
}


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=says):
        load_settings(file, CHECKS)


def read(folder: Path, text: str) -> Settings:
    file = folder / "settings.yaml"
    file.write_text(text)
    return load_settings(file, CHECKS)


def test_overrides_reach_the_functions_they_name(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        """
checks: {timeout-near-limit: {thresholds: {margin: 0.3}}}
override:
  - functions: ["batch-*"]
    criticality: 0.5
    checks: {timeout-near-limit: {thresholds: {margin: 0.1}}}
  - tags: {owner: orders}
    criticality: 3
""",
    )
    check = next(found for found in CHECKS if found.id == "timeout-near-limit")
    orders, batch = healthy_function(), healthy_function(name="batch-1", tags=())
    assert settings.thresholds(check, orders) == {"margin": 0.3}
    assert settings.thresholds(check, batch) == {"margin": 0.1}
    assert settings.criticality(orders) == 3
    assert settings.criticality(batch) == 0.5


def test_a_check_can_be_switched_off(tmp_path: Path) -> None:
    settings = read(tmp_path, "checks: {timeout-near-limit: {enabled: false}}\n")
    check = next(found for found in CHECKS if found.id == "timeout-near-limit")
    assert not settings.enabled(check)
