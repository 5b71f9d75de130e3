"""The gate: which exit code a report leads to."""

from dataclasses import dataclass

from auditor.report import Report, open_findings
from auditor.verdict import Severity, Status

PASSED, GATE_FAILED, INCOMPLETE, INTERNAL = 0, 1, 3, 4


class GateError(Exception):
    """A gate that cannot be understood, in one sentence."""


@dataclass(frozen=True)
class Gate:
    """What must hold: no open failed finding as severe as `severity` (None: no such demand), least score,
    least coverage.
    """

    severity: Severity | None
    min_score: int | None = None
    min_coverage: int | None = None


def parse_gate(fail_on: str, min_score: int | None, min_coverage: int | None) -> Gate:
    """Read the gate from the command line's words. Raises `GateError` for a word that is none."""
    if fail_on == "none":
        return Gate(None, min_score, min_coverage)
    try:
        return Gate(Severity(fail_on), min_score, min_coverage)
    except ValueError as error:
        known = ", ".join(severity.value for severity in Severity)
        raise GateError(f"--fail-on {fail_on} is not known; choose one of {known}, none") from error


def exit_code(report: Report, gate: Gate, *, exit_zero: bool = False) -> int:
    """Return the exit code: 4 a check of ours broke, 3 incomplete, 1 the gate failed, 0 passed, in this
    order.
    """
    if any(finding.reason and finding.reason.reason.value == "CHECK_BUG" for finding in report.findings):
        return INTERNAL
    if not report.scan.complete or (gate.min_coverage is not None and report.coverage < gate.min_coverage):
        return INCOMPLETE
    if exit_zero:
        return PASSED
    too_severe = gate.severity is not None and any(
        finding.status is Status.FAIL and finding.severity.rank <= gate.severity.rank
        for finding in open_findings(report)
    )
    too_low = gate.min_score is not None and report.score < gate.min_score
    return GATE_FAILED if too_severe or too_low else PASSED
