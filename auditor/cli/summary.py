"""The summary of a report, as a person reads it in a terminal."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.cli.terminal import Painter, wrapped
from auditor.gate import Outcome
from auditor.model import Reason
from auditor.report import ExceptionRow, Fix, Gap, Report
from auditor.verdict import Severity

SEVERITY_COLOUR = {
    Severity.CRITICAL: "magenta",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
    Severity.INFO: "dim",
}
GRADE_COLOUR = {"A": "green", "B": "green", "C": "yellow", "D": "red", "F": "red", "-": "dim"}
STATES = {"expired": "ended", "expiring": "ends", "unused": "covers nothing, ends"}
SHOWN = 5


@dataclass(frozen=True)
class Line:
    """A line, and how far its continuations stand from the left."""

    text: str = ""
    hang: int = 6


def summary(
    report: Report, written: Sequence[str], paint: Painter, ended: Outcome, width: int | None = None
) -> str:
    """Return what a person wants to know first: grade, scores, coverage, what changed, five fixes, what was
    not seen, exceptions that want a look, files, what the gate says, and what to do next.

    Lines are wrapped at `width`; None leaves them whole, for whatever reads a pipe.
    """
    lines = (
        *_head(report, paint),
        *_past(report, paint),
        *_section("Fixes worth most", [_fix(fix, paint) for fix in report.fixes], paint, SHOWN),
        *_section("Not seen", [_gap(gap, paint) for gap in report.gaps], paint),
        *_section("Exceptions that want a look", list(_exceptions(report.exceptions, paint)), paint),
        *_section("Written", [Line(f"  {paint(name)}", 4) for name in written], paint, len(written)),
        *_gate(ended, paint),
        *_section("Next", [Line(f"  {paint(words)}", 4) for words in _next(report, written)], paint),
        Line(),
    )
    return "\n".join(row for line in lines for row in wrapped(line.text, line.hang, width))


def _head(report: Report, paint: Painter) -> Iterator[Line]:
    letter = report.grade[:1] or "-"
    possible = f", up to {report.possible}" if report.possible != report.score else ""
    counts = report.counts
    functions = len(report.functions)
    many = f"{functions:,} {'function' if functions == 1 else 'functions'}"
    grade = paint(f" {report.grade} ", "bold", GRADE_COLOUR.get(letter, "dim"))
    yield Line()
    yield Line(f"  {grade} {paint(report.meaning, 'bold')}{paint(f'. {report.advice}.')}")
    yield Line(
        f"      Score {paint(str(report.score), 'bold')} proven{possible}; coverage {report.coverage} %"
    )
    yield Line(
        f"      {paint(report.title)}: {many} in {paint(', '.join(report.scan.regions) or 'no region')}"
    )
    yield Line(
        f"      {counts.failed:,} failed, {counts.warned:,} warned, {counts.unknown:,} unknown, "
        f"{counts.passed:,} passed" + (f", {counts.muted:,} accepted" if counts.muted else "")
    )
    yield from (
        Line(f"      {paint(f'Held at {cap.ceiling}: {cap.why}')}") for cap in report.caps if cap.held
    )
    if report.selection:
        yield Line(f"      {paint('Some checks only: ' + ', '.join(report.selection))}")
    if not report.scan.complete:
        why = report.scan.interrupted or "not everything was scanned"
        yield Line(f"      {paint(f'INCOMPLETE: {why}', 'red')}")


def _past(report: Report, paint: Painter) -> Iterator[Line]:
    past = report.history
    if past is None:
        return
    points = f"{past.delta:+d} {'point' if abs(past.delta) == 1 else 'points'}" if past.delta else "no change"
    tone = "green" if past.delta > 0 else "red" if past.delta < 0 else "dim"
    became = f"{past.fixed:,} fixed, {past.new:,} new, {past.visibility_lost:,} no longer seen"
    yield Line(f"      Since {past.since:%Y-%m-%d}: {paint(points, tone)} like for like; {became}")


def _section(title: str, lines: Sequence[Line], paint: Painter, shown: int = SHOWN) -> Iterator[Line]:
    if not lines:
        return
    yield Line()
    yield Line(f"  {paint(title, 'bold')}")
    yield from lines[:shown]
    if len(lines) > shown and title != "Fixes worth most":
        yield Line(f"  and {len(lines) - shown:,} more; the report lists them all")


def _fix(fix: Fix, paint: Painter) -> Line:
    severity = paint(f"{fix.severity.value:<8}", SEVERITY_COLOUR[fix.severity])
    many = "1 place" if fix.functions == 1 else f"{fix.functions:,} places"
    text = f"  {fix.points:+5.1f}  {severity}  {paint(fix.title)} ({many}) {paint(fix.check, 'dim')}"
    return Line(text, 19)


def _gap(gap: Gap, paint: Painter) -> Line:
    code = f" ({gap.code})" if gap.code else ""
    barred = gap.reason == Reason.ACCESS_DENIED.value and not gap.permission
    why = f"{gap.note if barred else gap.reason.replace('_', ' ').lower()}{code}"
    results = "1 result" if gap.results == 1 else f"{gap.results:,} results"
    operation = paint(gap.operation or "evidence", "bold")
    return Line(f"  {operation} {paint(why)}: {results} unknown, up to +{gap.points:.1f}", 4)


def _exceptions(rows: Sequence[ExceptionRow], paint: Painter) -> Iterator[Line]:
    for row in rows:
        if row.state in STATES:
            said = f"{STATES[row.state]} {row.expires}: {row.check}, {row.owner}"
            yield Line(f"  {paint(row.id, 'bold')} {paint(said)}", 4)


def _gate(ended: Outcome, paint: Painter) -> Iterator[Line]:
    colour = "green" if ended.verdict == "passed" else "red"
    said = f": {'; '.join(ended.words)}" if ended.words else ""
    yield Line()
    yield Line(f"  {paint(f'Gate {ended.verdict}', 'bold', colour)}{paint(said)}", 4)


def _next(report: Report, written: Sequence[str]) -> Iterator[str]:
    """Name the command that says most about what was found, and the one that settles what was denied."""
    if report.fixes:
        yield f"lambda-auditor explain {report.fixes[0].check}"
    file = next((name for name in written if name.endswith("report.json")), "")
    if file and any(gap.permission for gap in report.gaps):
        yield f"lambda-auditor iam-policy --missing {shlex.quote(file)}"
