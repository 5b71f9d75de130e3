"""Where an option's value comes from, and that a file which says something wrong is refused."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from auditor.cli import main
from auditor.cli.defaults import variable
from auditor.cli.scan import scan
from auditor.render import json_report
from tests.render.export_sample import small

MUTES = "version: 1\nmutes: []\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a settings file at its root, and a folder below to run in."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


def show(*words: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["config", "show", "--origin", "--", *words])


def says(text: str, folder: Path, name: str = "auditor.yaml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_what_comes_first(folder: Path) -> None:
    file = says("options: {fail-on: low}\n", folder)
    assert f"fail-on = low    ({file})" in show().output
    from_variable = show(LAMBDA_AUDITOR_FAIL_ON="medium").output
    assert "fail-on = medium    (LAMBDA_AUDITOR_FAIL_ON)" in from_variable
    from_words = show("--fail-on", "none", LAMBDA_AUDITOR_FAIL_ON="medium").output
    assert "fail-on = none    (command line)" in from_words


def test_without_a_file_everything_is_at_its_default() -> None:
    assert show().output.startswith("Everything is at its default")
    whole = CliRunner().invoke(main, ["config", "show", "--all"]).output
    assert "fail-on = high" in whole


def test_a_named_file_comes_before_the_one_that_is_found(folder: Path) -> None:
    says("options: {fail-on: low}\n", folder)
    named = says("options: {fail-on: none}\n", folder, "other.yaml")
    assert f"fail-on = none    ({named})" in show("--config", str(named)).output


def test_a_file_that_is_found_is_said_and_heeded(folder: Path) -> None:
    (folder / "below" / "report.json").write_bytes(json_report.render(small()))
    assert CliRunner().invoke(main, ["render", "report.json", "--fail-on", "low"]).exit_code == 1
    file = says("options: {fail-on: none, output: out, format: [json]}\n", folder)
    result = CliRunner().invoke(main, ["render", "report.json"])
    assert result.exit_code == 0
    assert f"from {file}" in result.stderr
    assert [one.name for one in (folder / "out").iterdir()] == ["report.json"]


def test_nothing_above_the_repository_is_read(folder: Path) -> None:
    (folder / "below" / ".git").mkdir()
    says("options: {fail-on: low}\n", folder)
    assert "low" not in show().output


def test_paths_are_relative_to_the_file(folder: Path) -> None:
    says("options: {mutes: mutes.yaml, format: [csv, sarif=out/x.sarif], min-score: 80}\n", folder)
    says(MUTES, folder, "mutes.yaml")
    output = show().output
    assert f"mutes = {folder / 'mutes.yaml'}" in output
    assert f"format = csv, sarif={folder / 'out' / 'x.sarif'}" in output
    assert "min-score = 80" in output


def test_a_pyproject_may_hold_it(folder: Path) -> None:
    says("[project]\nname = 'x'\n", folder / "below", "pyproject.toml")
    text = "[tool.lambda-auditor.options]\nfail-on = 'low'\n[tool.lambda-auditor.checks.timeout-near-limit]\n"
    file = says(text + "severity = 'critical'\n", folder, "pyproject.toml")
    output = show().output
    assert f"fail-on = low    ({file})" in output
    assert f"timeout-near-limit.severity = critical    ({file})" in output


def test_what_checks_are_set_to_is_shown_with_its_origin(folder: Path) -> None:
    file = says("checks: {timeout-near-limit: {thresholds: {margin: 0.3}}}\n", folder)
    output = show("--ruleset", "essential").output
    assert f"timeout-near-limit.margin = 0.3    ({file})" in output
    assert ".enabled = no    (rule set essential)" in output


REFUSED = {
    "an unknown option": ("options: {fail_on: low}\n", "did you mean 'fail-on'"),
    "an option for the command line": ("options: {demo: true}\n", "for the command line"),
    "a value of the wrong type": ("options: {min-score: high}\n", "options.min-score"),
    "several values for one": ("options: {fail-on: [low]}\n", "takes one value"),
    "no value": ("options: {fail-on: }\n", "no value"),
    "an unknown format": ("options: {format: [sarf]}\n", "did you mean 'sarif'"),
    "no mapping": ("options: [1]\n", "auditor.yaml"),
    "no YAML": ("options: {\n", "auditor.yaml"),
    "nothing": ("", "auditor.yaml"),
    "an unknown key": ("optoins: {}\n", "optoins"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_file_is_refused(folder: Path, name: str) -> None:
    text, word = REFUSED[name]
    says(text, folder)
    result = show()
    assert result.exit_code == 2, result.output
    assert word in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_every_option_of_a_scan_has_a_variable_of_its_own() -> None:
    found = [variable(one) for one in scan.params if isinstance(one, click.Option) and not one.hidden]
    assert len(set(found)) == len(found)
    assert "LAMBDA_AUDITOR_NO_HISTORY" in found
