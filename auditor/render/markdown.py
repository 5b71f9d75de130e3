"""A summary in Markdown for pull requests and job pages, short enough for one comment."""

import re
from collections.abc import Iterable, Iterator, Sequence

from auditor.render.plain import cut, line
from auditor.report import Gap, Report, open_findings
from auditor.verdict import Finding, Status

# Longest body of a comment: https://github.com/orgs/community/discussions/27190
LIMIT = 65_536
TEXT = 400
FIXES, CHANGES, GAPS = 10, 50, 20
# Whatever Markdown, GitHub's mentions, links and mathematics take for a sign.
_SIGNS = re.compile(r"[&<>|`*_\[\]\\~#@$]|:(?=\S)")
_WEB = re.compile(r"\b(www|ftp)\.", re.IGNORECASE)
BREAK = "\N{ZERO WIDTH SPACE}"


def render(report: Report) -> bytes:
    """Return score, changes, unknowns, fixes and open findings, worst first, in at most 65,536 characters.

    Findings that no longer fit are counted in the last line.
    """
    head = [*_head(report), *_changes(report), *_fixes(report), *_unseen(report)]
    return "\n".join([*head, *_findings(report, LIMIT - len("\n".join(head)) - 1)]).encode()


def escaped(text: str) -> str:
    """Return one line that Markdown shows as it is: no mark-up, link, mention or table cell starts."""
    signs = _SIGNS.sub(lambda found: f"&#{ord(found[0])};", line(text))
    signs = _WEB.sub(r"\1&#46;", signs)
    # The mention of a person or an issue is looked for after entities are resolved.
    return signs.replace("&#64;", f"&#64;{BREAK}").replace("&#35;", f"&#35;{BREAK}")


def _said(text: str) -> str:
    return escaped(cut(line(text), TEXT))


def _head(report: Report) -> Iterator[str]:
    counts = report.counts
    span = f", up to {report.possible} possible" if report.possible > report.score else ""
    yield f"## Lambda audit of {_said(report.title)}: {escaped(report.grade)}, {report.score} of 100{span}"
    yield ""
    yield _said(report.meaning)
    yield ""
    yield (
        f"{len(report.functions)} functions · {counts.failed} failed · {counts.warned} warned · "
        f"{counts.unknown} unknown · {counts.passed} passed · {counts.muted} accepted · "
        f"coverage {report.coverage} %"
    )
    for cap in report.caps:
        yield f"- Ceiling of {cap.ceiling}: {_said(cap.why)}"
    if not report.scan.complete:
        yield f"- The scan is not complete. {_said(report.scan.interrupted)}".rstrip()


def _changes(report: Report) -> Iterator[str]:
    history = report.history
    if history is None:
        return
    yield ""
    yield (
        f"### Since {history.since:%Y-%m-%d}: {history.delta:+d} points, {history.fixed} fixed, "
        f"{history.new} new, {history.visibility_lost} no longer seen"
    )
    yield ""
    rows = [
        (change.kind, change.check, change.resource, f"{change.before} → {change.after}")
        for change in history.changes
    ]
    yield from _table(("Change", "Check", "Resource", "Status"), rows[:CHANGES], len(rows))


def _fixes(report: Report) -> Iterator[str]:
    if not report.fixes:
        return
    yield ""
    yield "### Fixes worth most"
    yield ""
    rows = [
        (f"{fix.points:.1f}", fix.severity.value, fix.title, str(fix.functions), fix.effort)
        for fix in report.fixes
    ]
    yield from _table(("Points", "Severity", "Fix", "Functions", "Effort"), rows[:FIXES], len(rows))


def _unseen(report: Report) -> Iterator[str]:
    if not report.gaps:
        return
    yield ""
    yield "### Not seen"
    yield ""
    rows = [
        (gap.operation or "not collected", _why(gap), str(gap.results), str(gap.functions))
        for gap in report.gaps
    ]
    yield from _table(("Operation", "Why", "Unknown", "Functions"), rows[:GAPS], len(rows))


def _why(gap: Gap) -> str:
    return " ".join(part for part in (gap.reason, gap.code, gap.note) if part)


def _findings(report: Report, room: int) -> Iterator[str]:
    """Yield the table of open findings in at most `room` characters, line ends counted."""
    found = sorted(open_findings(report), key=_order)
    opening = ["", "### Open findings", "", *_heading(("Severity", "Check", "Function", "What"))]
    closing = f"{len(found)} more in report.json"
    left = room - sum(len(text) + 1 for text in opening) - len(closing) - 2
    if not found or left < 0:
        return
    yield from opening
    for number, finding in enumerate(found):
        row = _row(_cells(finding))
        left -= len(row) + 1
        if left < 0:
            yield ""
            yield f"{len(found) - number} more in report.json"
            return
        yield row


def _order(finding: Finding) -> tuple[int, bool, float, str, str]:
    warned = finding.status is Status.WARN
    return finding.severity.rank, warned, -finding.points, finding.check, finding.resource


def _cells(finding: Finding) -> tuple[str, ...]:
    severity = finding.severity.value
    shown = f"{severity} (warning)" if finding.status is Status.WARN else severity
    return shown, finding.check, finding.function or finding.resource, finding.message


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], total: int) -> Iterator[str]:
    shown = [_row(row) for row in rows]
    if not shown:
        return
    yield from _heading(columns)
    yield from shown
    if total > len(shown):
        yield ""
        yield f"{total - len(shown)} more in report.json"


def _heading(columns: Sequence[str]) -> tuple[str, str]:
    return f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_said(cell) for cell in cells)} |"
