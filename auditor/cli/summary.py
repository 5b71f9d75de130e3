"""The summary of a report, as a person reads it in a terminal."""

from collections.abc import Sequence

from auditor.cli.terminal import Painter
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


def summary(report: Report, written: Sequence[str], paint: Painter) -> str:
    """Return what a person wants to know first: grade, scores, coverage, five fixes, what was not seen,
    files.
    """
    return "\n".join(
        [*_head(report, paint), *_fixes(report, paint), *_unseen(report, paint), *_files(written, paint)]
    )


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
    return ["", f"  {paint('Written', 'bold')}", *(f"  {paint(name)}" for name in written), ""]
