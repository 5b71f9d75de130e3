"""The gate: which exit code a report leads to, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.history import Standing
from auditor.report import Report, open_findings
from auditor.verdict import Finding, Severity, Status

PASSED, GATE_FAILED, INCOMPLETE, INTERNAL = 0, 1, 3, 4
LEVELS = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
NEW, NONE = "new", "none"
# Account, region, check and resource.
Key = tuple[str, str, str, str]
Baseline = Mapping[Key, Severity]


class GateError(Exception):
    """A gate that cannot be understood, in one sentence."""


@dataclass(frozen=True)
class Gate:
    """What must hold: no open failed finding as severe as `severity` (None: no such demand), least score,
    least coverage. With a `baseline`, findings that failed there already, as severe or more so, are let pass.
    """

    severity: Severity | None
    min_score: int | None = None
    min_coverage: int | None = None
    baseline: Baseline | None = None


@dataclass(frozen=True)
class Outcome:
    """The exit code, what it comes from (`passed`, `failed`, `incomplete`, `broken`), and what decided it."""

    code: int
    verdict: str
    words: tuple[str, ...]


def parse_gate(
    fail_on: str,
    min_score: int | None,
    min_coverage: int | None,
    baseline: Baseline | None = None,
) -> Gate:
    """Read the gate from the command line's words.

    `new` demands that nothing failed that the baseline does not have, whatever its severity. Raises
    `GateError` for a word that is none, and for `new` without a baseline.
    """
    if fail_on == NONE:
        return Gate(None, min_score, min_coverage, baseline)
    if fail_on == NEW:
        if baseline is None:
            raise GateError("--fail-on new wants to know what is not new: name a report.json with --baseline")
        return Gate(Severity.INFO, min_score, min_coverage, baseline)
    severity = next((level for level in LEVELS if level.value == fail_on), None)
    if severity is None:
        known = ", ".join([*(level.value for level in LEVELS), NEW, NONE])
        raise GateError(f"--fail-on {fail_on} is not known; choose one of {known}")
    return Gate(severity, min_score, min_coverage, baseline)


def baseline_of(before: Standing) -> Baseline:
    """Return what failed in an earlier run and was not accepted there, with its severity."""
    return {
        _key(finding): finding.severity
        for finding, is_accepted in before.judged()
        if finding.status is Status.FAIL and not is_accepted
    }


def is_known(finding: Finding, baseline: Baseline) -> bool:
    """Whether a finding failed in the baseline already, and no less severely."""
    before = baseline.get(_key(finding))
    return before is not None and before.rank <= finding.severity.rank


def outcome(report: Report, gate: Gate, *, exit_zero: bool = False) -> Outcome:
    """Return the exit code: 4 a check of ours broke, 3 incomplete, 1 the gate failed, 0 passed, in this
    order.
    """
    broken = tuple(_broken(report))
    if broken:
        return Outcome(INTERNAL, "broken", broken)
    missing = tuple(_missing(report, gate))
    if missing:
        return Outcome(INCOMPLETE, "incomplete", missing)
    faults = tuple(_faults(report, gate))
    passes = (*_demand(gate), *_let_pass(report, gate))
    if not faults:
        return Outcome(PASSED, "passed", passes)
    failed = (*faults, *_let_pass(report, gate))
    return Outcome(PASSED if exit_zero else GATE_FAILED, "failed", failed)


def exit_code(report: Report, gate: Gate, *, exit_zero: bool = False) -> int:
    """Return the exit code alone."""
    return outcome(report, gate, exit_zero=exit_zero).code


def _broken(report: Report) -> Iterator[str]:
    names = {
        finding.check
        for finding in report.findings
        if finding.reason and finding.reason.reason.value == "CHECK_BUG"
    }
    yield from (f"check {name} broke: a fault of the tool or of its author" for name in sorted(names))


def _missing(report: Report, gate: Gate) -> Iterator[str]:
    if not report.scan.complete:
        yield "the scan is incomplete"
    if gate.min_coverage is not None and report.coverage < gate.min_coverage:
        yield f"coverage {report.coverage} %, {gate.min_coverage} % wanted (--min-coverage)"


def _faults(report: Report, gate: Gate) -> Iterator[str]:
    found = list(_gating(report, gate))
    if found:
        many = "1 open finding" if len(found) == 1 else f"{len(found):,} open findings"
        yield f"{many} {_level(gate)}, none allowed"
    if gate.min_score is not None and report.score < gate.min_score:
        yield f"score {report.score}, {gate.min_score} wanted (--min-score)"


def _gating(report: Report, gate: Gate) -> Iterator[Finding]:
    level = gate.severity
    if level is None:
        return
    for finding in open_findings(report):
        if finding.status is not Status.FAIL or finding.severity.rank > level.rank:
            continue
        if gate.baseline is None or not is_known(finding, gate.baseline):
            yield finding


def _level(gate: Gate) -> str:
    if gate.severity is None:
        return ""
    worse = "" if gate.severity is LEVELS[0] else " or worse"
    level = "" if gate.severity is Severity.INFO else f"of severity {gate.severity.value}{worse}"
    known = "" if gate.baseline is None else "that the baseline does not have"
    return " ".join(word for word in (level, known) if word)


def _demand(gate: Gate) -> Iterator[str]:
    if gate.severity is not None:
        yield f"no open finding {_level(gate)}"
    if gate.min_score is not None:
        yield f"a score of {gate.min_score} or more"


def _let_pass(report: Report, gate: Gate) -> Iterator[str]:
    if gate.baseline is None:
        return
    failing = {_key(finding) for finding in report.findings if finding.status is Status.FAIL}
    still = len(gate.baseline.keys() & failing)
    yield (
        f"the baseline has {len(gate.baseline):,} failed findings, {still:,} still fail"
        + ("" if still == len(gate.baseline) else ": a fresh one keeps the rest from coming back")
    )
    if gate.baseline and not {key[0] for key in gate.baseline} & {found.id for found in report.accounts}:
        yield "the baseline knows none of these accounts"


def _key(finding: Finding) -> Key:
    return finding.account, finding.region, finding.check, finding.resource
