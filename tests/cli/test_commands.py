"""The smaller commands: completion, frameworks, mute files, history; and hints at the nearest name."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from auditor.cli import main
from auditor.history.local import keep
from auditor.render import json_report
from auditor.snapshot import encode
from auditor.testing import healthy_account, healthy_function, healthy_region, inventory_of
from tests.render.export_sample import small

RULE = """\
  - {id: %s, check: timeout-near-limit, kind: accepted_risk, reason: "nightly batch, measured in October",
     owner: data@example.com, expires: %s}
"""


def run(*words: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, list(words))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_LAMBDA_AUDITOR_COMPLETE" in result.output
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=result.output, text=True, check=True)


@pytest.mark.parametrize(("typed", "offered"), [("sca", "scan"), ("scan --fail", "--fail-on")])
def test_completion_completes(typed: str, offered: str) -> None:
    words = f"lambda-auditor {typed}"
    done = CliRunner(
        env={
            "_LAMBDA_AUDITOR_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
    ).invoke(main, [], prog_name="lambda-auditor")
    assert f"plain,{offered}" in done.output


def test_frameworks_are_listed_and_shown() -> None:
    assert "production-checklist" in run("frameworks").output
    assert "timeout-near-limit" in run("frameworks", "production-checklist").output
    assert {one["framework"] for one in json.loads(run("frameworks", "--json").output)} >= {"soc-2"}


def test_runtimes_are_printed_and_written(tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    function = healthy_function(runtime="python3.9")
    file.write_bytes(encode(inventory_of(healthy_account(healthy_region(function)))))
    assert "python3.9" in run("runtimes", str(file)).output
    assert run("runtimes", str(file), "-f", "ics", "-o", str(tmp_path / "days.ics")).exit_code == 0
    assert (tmp_path / "days.ics").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    lost = run("runtimes", str(tmp_path / "none.json"))
    assert (lost.exit_code, "cannot be read" in lost.output) == (2, True)


NEAR = {
    "a command": (("scna",), "'scan'"),
    "an option": (("scan", "--demoo"), "--demo"),
    "a format": (("scan", "--demo", "-f", "sarf"), "'sarif'"),
    "a check": (("explain", "timeout-near-limits"), "'timeout-near-limit'"),
    "a check's beginning": (("explain", "timeout-near"), "'timeout-near-limit'"),
    "a pattern": (("scan", "--demo", "--check", "tiemout-*"), "'timeout'"),
    "a framework": (("frameworks", "pci"), "'pci-dss-4.0'"),
    "a rule set": (("scan", "--demo", "--ruleset", "strickt"), "'strict'"),
    "a severity": (("scan", "--demo", "--severity", "hihg"), "high"),
}


@pytest.mark.parametrize(("words", "hint"), NEAR.values(), ids=NEAR)
def test_a_slip_gets_the_nearest_name(words: tuple[str, ...], hint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert hint in result.output


WRONG_TOGETHER = {
    "a device without a role": ("--mfa-serial arn:aws:iam::123456789012:mfa/ada", "--role-arn"),
    "a device without a terminal": ("--mfa-serial arn:x --role-arn arn:aws:iam::1:role/x", "terminal"),
    "a device for several": ("--mfa-serial arn:x --role-arn y --org --org-role z", "good for one"),
    "a unit without --org": ("--ou ou-ab12-11111111", "goes with --org"),
    "a root as a unit": ("--org --org-role z --ou r-ab12", "ou-ab12-11111111"),
    "a session's name": ("--role-session-name a/b", "2 to 64"),
    "a session too short": ("--session-duration 60", "900<=x<=43200"),
}


@pytest.mark.parametrize(("words", "hint"), WRONG_TOGETHER.values(), ids=WRONG_TOGETHER)
def test_what_does_not_go_together_is_refused(words: str, hint: str) -> None:
    result = run("scan", "--region", "eu-west-1", *words.split())
    assert result.exit_code == 2
    assert hint in result.output


@pytest.mark.parametrize("word", ["--secret-key", "--secret-access-key", "--session-token", "--password"])
def test_secrets_on_the_command_line_are_refused_and_not_repeated(word: str) -> None:
    for words in ((word, "canary-7Qx"), (f"{word}=canary-7Qx",)):
        result = run("scan", *words)
        assert result.exit_code == 2
        assert "--profile" in result.output
        assert "canary" not in result.output


@pytest.fixture
def report(tmp_path: Path) -> str:
    file = tmp_path / "report.json"
    file.write_bytes(json_report.render(small()))
    return str(file)


def test_a_format_goes_to_stdout_alone(report: str) -> None:
    result = run("render", report, "-f", "json=-")
    assert result.stdout_bytes == json_report.render(small())
    assert "Gate" in result.stderr


def test_a_format_goes_where_it_is_told(report: str, tmp_path: Path) -> None:
    words = ("-f", f"csv={tmp_path / 'a' / 'x.csv'}", "-f", "csv", "-o", str(tmp_path / "b"))
    run("render", report, "-q", *words)
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["x.csv"]
    assert (tmp_path / "b" / "findings.csv").read_bytes() == (tmp_path / "a" / "x.csv").read_bytes()


def test_a_plain_page_is_asked_for(report: str, tmp_path: Path) -> None:
    run("render", report, "-q", "--html-plain", "-f", "html", "-o", str(tmp_path / "out"))
    assert b'type="application/json" id="data"' in (tmp_path / "out" / "report.html").read_bytes()


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_comparison_takes_reports_and_snapshots(report: str, tmp_path: Path, form: str) -> None:
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_bytes(encode(inventory_of(healthy_account(healthy_region(healthy_function())))))
    for old, new in ((report, report), (str(snapshot), report), (str(snapshot), str(snapshot))):
        printed = run("diff", old, new, "-f", form)
        assert printed.exit_code == 0, printed.output
        kept = tmp_path / "out" / "diff"
        assert run("diff", old, new, "-f", form, "-o", str(kept)).exit_code == 0
        assert kept.read_bytes() == printed.stdout_bytes


def test_a_comparison_as_json_is_what_its_schema_says(report: str) -> None:
    schema = json.loads(run("schema", "diff").output)
    jsonschema.Draft202012Validator.check_schema(schema)
    found = json.loads(run("diff", report, report, "-f", "json").output)
    jsonschema.Draft202012Validator(schema).validate(found)


def mutes(folder: Path, **rules: str) -> str:
    file = folder / "mutes.yaml"
    file.write_text("version: 1\nmutes:\n" + "".join(RULE % rule for rule in rules.items()))
    return str(file)


LINTED = {
    "in order": ({"M1": "2027-01-31"}, 0, "in force until 2027-01-31"),
    "ended": ({"M1": "2027-01-31", "M2": "2026-11-01"}, 1, "ended 2026-11-01"),
    "ending": ({"M1": "2026-11-30"}, 1, "ends in 7 days"),
    "too far ahead": ({"M1": "2029-01-01"}, 2, "365 days ahead"),
}


@pytest.mark.parametrize(("rules", "code", "word"), LINTED.values(), ids=LINTED)
def test_mute_files_are_linted(tmp_path: Path, rules: dict[str, str], code: int, word: str) -> None:
    result = run("mutes", "lint", mutes(tmp_path, **rules), "--as-of", "2026-11-23")
    assert result.exit_code == code, result.output
    assert word in result.output


def test_a_rule_that_covers_nothing_is_told_with_a_report(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_bytes(json_report.render(small()))
    file = mutes(tmp_path, M1="2027-01-31")
    result = run("mutes", "lint", file, "--as-of", "2026-11-23", "--report", str(report))
    assert (result.exit_code, "covers nothing" in result.output) == (1, True)


def test_history_is_listed_by_scope(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite3"
    for day in range(2):
        later = small().generated_at + timedelta(days=day)
        keep(file, replace(small(), generated_at=later, scan=replace(small().scan, id=f"run-{day}")))
    keep(file, replace(small(), scan=replace(small().scan, id="other", tier="quick", complete=False)))
    lines = run("history", "--history", str(file)).output.splitlines()
    assert len(lines) == 7
    assert max(len(line) for line in lines if "incomplete" not in line) <= 80
    assert sum("incomplete" in line for line in lines) == 1
    assert len(json.loads(run("history", "--history", str(file), "--json").output)) == 3
    assert "3 runs deleted" in run("history", "--history", str(file), "--forget").output
    assert "no run yet" in run("history", "--history", str(tmp_path / "none")).output


@pytest.mark.parametrize("command", sorted(name for name in main.commands if name != "docs"))
def test_examples_in_help_stand_on_lines_of_their_own(command: str) -> None:
    text = run(command, "--help").output
    assert "\\b" not in text
    for line in text.splitlines():
        assert len(line) <= 80, line
        assert line.count("lambda-auditor ") <= (2 if "&&" in line else 1), line
