"""The gate: what fails it, what a baseline lets pass, and which code comes first."""

import pytest
from msgspec.structs import replace

from auditor.gate import GateError, baseline_of, outcome, parse_gate
from auditor.history import standing
from auditor.model import Reason, Unavailable
from auditor.report import Report
from auditor.verdict import Finding, Severity, Status
from tests.render.export_sample import DENIED, MUTE, small

BUG = Unavailable(reason=Reason.CHECK_BUG, operation="own-check", code="KeyError")


def holding(*findings: Finding) -> Report:
    return replace(small(), findings=findings)


def finding(
    status: Status = Status.FAIL, severity: Severity = Severity.HIGH, *, accepted: bool = False
) -> Finding:
    reason = DENIED if status is Status.UNKNOWN else None
    muted = MUTE if accepted else None
    return replace(small().findings[0], status=status, severity=severity, reason=reason, muted=muted)


LEVELS = {
    "a finding of the level": ("high", finding(), 1),
    "a worse one": ("medium", finding(), 1),
    "a milder one": ("critical", finding(), 0),
    "an accepted one": ("low", finding(accepted=True), 0),
    "a warning": ("low", finding(Status.WARN), 0),
    "an unknown one": ("low", finding(Status.UNKNOWN), 0),
    "nothing gates": ("none", finding(severity=Severity.CRITICAL), 0),
}


@pytest.mark.parametrize(("level", "found", "code"), LEVELS.values(), ids=LEVELS)
def test_levels(level: str, found: Finding, code: int) -> None:
    assert outcome(holding(found), parse_gate(level, None, None)).code == code


BASELINES = {
    "the same": (finding(), finding(), 0),
    "milder than it was": (finding(severity=Severity.CRITICAL), finding(), 0),
    "more severe than it was": (finding(severity=Severity.MEDIUM), finding(), 1),
    "passed then": (finding(Status.PASS), finding(), 1),
    "warned then": (finding(Status.WARN), finding(), 1),
    "unknown then": (finding(Status.UNKNOWN), finding(), 1),
    "accepted then, and the acceptance has ended": (finding(accepted=True), finding(), 1),
    "not there then": (replace(finding(), resource="arn:other"), finding(), 1),
    "mended": (finding(), finding(Status.PASS), 0),
}


@pytest.mark.parametrize("level", ["new", "high"])
@pytest.mark.parametrize(("before", "now", "code"), BASELINES.values(), ids=BASELINES)
def test_a_baseline_lets_pass_what_failed_there(level: str, before: Finding, now: Finding, code: int) -> None:
    baseline = baseline_of(standing(holding(before)))
    assert outcome(holding(now), parse_gate(level, None, None, baseline)).code == code


def test_new_is_about_every_severity_and_a_level_about_its_own() -> None:
    baseline = baseline_of(standing(holding()))
    mild = holding(finding(severity=Severity.LOW))
    assert outcome(mild, parse_gate("new", None, None, baseline)).code == 1
    assert outcome(mild, parse_gate("high", None, None, baseline)).code == 0


def test_a_baseline_excuses_neither_score_nor_coverage() -> None:
    report = holding(finding())
    baseline = baseline_of(standing(report))
    assert outcome(report, parse_gate("new", report.score + 1, None, baseline)).code == 1
    assert outcome(report, parse_gate("new", None, report.coverage + 1, baseline)).code == 3


def test_new_wants_a_baseline() -> None:
    with pytest.raises(GateError, match="--baseline"):
        parse_gate("new", None, None)


def test_an_unknown_level_is_named() -> None:
    with pytest.raises(GateError, match="critical, high, medium, low, new, none"):
        parse_gate("severe", None, None)


FIRST = {
    "a bug before all": (replace(finding(Status.UNKNOWN), reason=BUG), False, 100, 4),
    "incomplete before the gate": (finding(), False, None, 3),
    "coverage before the gate": (finding(), True, 100, 3),
    "the gate": (finding(), True, None, 1),
}


@pytest.mark.parametrize(("found", "complete", "least", "code"), FIRST.values(), ids=FIRST)
def test_which_code_comes_first(found: Finding, *, complete: bool, least: int | None, code: int) -> None:
    report = holding(found, replace(finding(), resource="arn:other"))
    report = replace(report, coverage=50, scan=replace(report.scan, complete=complete))
    gate = parse_gate("high", None, least)
    assert outcome(report, gate).code == code
    assert outcome(report, gate, exit_zero=True).code == (0 if code == 1 else code)


def test_the_outcome_says_why() -> None:
    report = holding(finding())
    assert outcome(report, parse_gate("high", None, None)).words[0] == (
        "1 open finding of severity high or worse, none allowed"
    )
    assert outcome(report, parse_gate("critical", 0, None)).words == (
        "no open finding of severity critical",
        "a score of 0 or more",
    )
    baseline = baseline_of(standing(holding(replace(finding(), resource="arn:other", account="1"))))
    words = outcome(report, parse_gate("new", None, None, baseline)).words
    assert words[0] == "1 open finding that the baseline does not have, none allowed"
    assert "the baseline knows none of these accounts" in words
