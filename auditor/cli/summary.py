"""The summary of a report, as a person reads it in a terminal."""

from collections.abc import Sequence

from auditor.cli.terminal import Painter
from auditor.gate import Outcome
from auditor.report import Gap, Report
from auditor.verdict import Severity

SEVERITY_COLOUR = {
    Severity.CRITICAL: "magenta",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
    Severity.INFO: "dim",
}
GRADE_COLOUR = {"A": "green", "B": "green", "C": "yellow", "D": "red", "F": "red", "-": "dim"}


def summary(report: Report, written: Sequence[str], paint: Painter, ended: Outcome) -> str:
    """Return what a person wants to know first: grade, scores, coverage, what changed, five fixes, what was
    not seen, exceptions that want a look, files, and what the gate says.
    """
    return "\n".join(
        [
            *_head(report, paint),
            *_past(report, paint),
            *_fixes(report, paint),
            *_unseen(report, paint),
            *_exceptions(report, paint),
            *_files(written, paint),
            *_gate(ended, paint),
        ]
    )


def _past(report: Report, paint: Painter) -> list[str]:
    past = report.history
    if past is None:
        return []
    points = f"{past.delta:+d} {'point' if abs(past.delta) == 1 else 'points'}" if past.delta else "no change"
    tone = "green" if past.delta > 0 else "red" if past.delta < 0 else "dim"
    became = f"{past.fixed:,} fixed, {past.new:,} new, {past.visibility_lost:,} no longer seen"
    return [f"      Since {past.since:%Y-%m-%d}: {paint(points, tone)} like for like; {became}"]


def _exceptions(report: Report, paint: Painter) -> list[str]:
    rows = [row for row in report.exceptions if row.state != "in force"]
    if not rows:
        return []
    lines = ["", f"  {paint('Exceptions that want a look', 'bold')}"]
    for row in rows[:5]:
        ends = {"expired": "ended", "expiring": "ends", "unused": "covers nothing; ends"}[row.state]
        lines.append(
            f"  {paint(row.id, 'bold')} {ends} {row.expires}: {paint(row.check)}, {paint(row.owner)}"
        )
    if len(rows) > 5:  # noqa: PLR2004 - five are shown
        lines.append(f"  and {len(rows) - 5} more; the report lists them all")
    return lines


def _gate(ended: Outcome, paint: Painter) -> list[str]:
    colour = "green" if ended.verdict == "passed" else "red"
    said = f": {'; '.join(ended.words)}" if ended.words else ""
    return ["", f"  {paint(f'Gate {ended.verdict}', 'bold', colour)}{paint(said)}", ""]


def _head(report: Report, paint: Painter) -> list[str]:
    colour = GRADE_COLOUR[report.grade[0]]
    possible = f", up to {report.possible}" if report.possible != report.score else ""
    functions = len(report.functions)
    counts = report.counts
    bad = f"{counts.failed:,} failed, {counts.warned:,} warned"
    many = f"{bad}, {counts.unknown:,} unknown, {counts.passed:,} passed"
    regions = ", ".join(report.scan.regions) or "no region"
    lines = [
        "",
        f"  {paint(f' {report.grade} ', 'bold', colour)} {paint(report.meaning, 'bold')}. {report.advice}.",
        f"      Score {paint(str(report.score), 'bold')} proven{possible}; coverage {report.coverage} %",
        f"      {paint(report.title)}: {functions:,} functions in {regions}",
        f"      {many}",
    ]
    lines += [f"      Held at {cap.ceiling}: {cap.why}" for cap in report.caps if cap.held]
    if not report.scan.complete:
        lines.append(
            paint(f"      INCOMPLETE: {report.scan.interrupted or 'not everything was scanned'}", "red")
        )
    return lines


def _fixes(report: Report, paint: Painter) -> list[str]:
    if not report.fixes:
        return []
    lines = ["", f"  {paint('Fixes worth most', 'bold')}"]
    for fix in report.fixes[:5]:
        severity = paint(f"{fix.severity.value:<8}", SEVERITY_COLOUR[fix.severity])
        many = "1 place" if fix.functions == 1 else f"{fix.functions:,} places"
        lines.append(
            f"  {fix.points:+5.1f}  {severity}  {paint(fix.title)} ({many}) {paint(fix.check, 'dim')}"
        )
    return lines


def _unseen(report: Report, paint: Painter) -> list[str]:
    if not report.gaps:
        return []
    lines = ["", f"  {paint('Not seen', 'bold')}"]
    lines += [
        f"  {paint(gap.operation or 'evidence', 'bold')} {paint(_why(gap))}: "
        f"{gap.results:,} results unknown, up to +{gap.points:.1f}"
        for gap in report.gaps[:5]
    ]
    if len(report.gaps) > 5:  # noqa: PLR2004 - five are shown
        lines.append(f"  and {len(report.gaps) - 5} more; the report lists them all")
    return lines


def _why(gap: Gap) -> str:
    code = f" ({gap.code})" if gap.code else ""
    return f"{gap.reason.replace('_', ' ').lower()}{code}"


def _files(written: Sequence[str], paint: Painter) -> list[str]:
    if not written:
        return []
    return ["", f"  {paint('Written', 'bold')}", *(f"  {paint(name)}" for name in written)]
