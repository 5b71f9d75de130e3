"""The page about how the answer came about: the sum, the ceilings, the requests and their cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.render.html_address import letter_kind
from auditor.render.html_charts import CUTS
from auditor.render.html_checklist import ALL_GAPS, GapRow, gap_rows
from auditor.render.html_overview import Fact
from auditor.render.html_words import counted, day, dollars, listed, moment, number, points, span
from auditor.report import OperationRow, Report

FIRST = 16
PAID = 8
OPERATIONS = 120


@dataclass(frozen=True)
class CeilingLine:
    """A ceiling that holds in this report."""

    why: str
    ceiling: int
    functions: str


@dataclass(frozen=True)
class OperationLine:
    """Requests of one operation, in words."""

    operation: str
    requests: str
    denied: int
    throttled: int
    lost: int
    usd: str


@dataclass(frozen=True)
class Method:
    """The page about how the answer came about."""

    sums: tuple[tuple[str, str], ...]
    grades: tuple[tuple[str, str, str, str], ...]
    ceilings: tuple[CeilingLine, ...]
    head: str
    operations: tuple[OperationLine, ...]
    others: tuple[OperationLine, ...]
    others_head: str
    more: str
    gaps: tuple[GapRow, ...]
    gaps_more: str
    spent: tuple[Fact, ...]
    scope: tuple[Fact, ...]
    notes: tuple[str, ...]


def method(report: Report) -> Method:
    """Say what was asked, what was refused, what it cost, and how the score is made."""
    scan = report.scan
    seconds = (scan.ended_at - scan.started_at).total_seconds()
    asked = sorted(scan.operations, key=lambda row: -(row.denied + row.lost + row.throttled))
    first = max(FIRST, sum(bool(row.denied or row.lost or row.throttled) for row in asked))
    rest = asked[OPERATIONS:]
    others = asked[first:OPERATIONS]
    return Method(
        sums=_sums(report),
        grades=_grade_ranges(report),
        ceilings=_ceilings(report),
        head=f"{counted(scan.requests, 'request')} in {span(seconds)}",
        operations=tuple(map(_operation_line, asked[: min(first, OPERATIONS)])),
        others=tuple(map(_operation_line, others)),
        others_head=_others_head(others),
        gaps=gap_rows(report, ALL_GAPS),
        gaps_more=f"{number(len(report.gaps) - ALL_GAPS)} more in report.json"
        if len(report.gaps) > ALL_GAPS
        else "",
        spent=_spent(report, seconds),
        more=f"{counted(len(rest), 'more operation')} in report.json" if rest else "",
        scope=_scope(report),
        notes=report.notes,
    )


def _operation_line(row: OperationRow) -> OperationLine:
    usd = dollars(row.usd) if row.usd else "free"
    return OperationLine(row.operation, number(row.requests), row.denied, row.throttled, row.lost, usd)


def _others_head(others: Sequence[OperationRow]) -> str:
    """Say what the operations have in common that are folded away."""
    requests = counted(sum(row.requests for row in others), "request")
    return f"{counted(len(others), 'more operation')}, {requests}, all answered" if others else ""


def _spent(report: Report, seconds: float) -> tuple[Fact, ...]:
    scan = report.scan
    paid = sorted((row for row in scan.operations if row.usd > 0), key=lambda row: (-row.usd, row.operation))
    slowed = sum(row.throttled for row in scan.operations)
    free = scan.requests - sum(row.requests for row in paid)
    return (
        *(
            Fact(row.operation, f"{dollars(row.usd)} for {counted(row.requests, 'request')}")
            for row in paid[:PAID]
        ),
        Fact("Other requests", f"{number(free)}, free"),
        Fact("Whole scan", dollars(scan.usd)),
        Fact("Time", span(seconds)),
        Fact("Slowed down", f"{counted(slowed, 'request')} asked again" if slowed else "never"),
        Fact("Data held", "no secret values, no source code"),
    )


def _sums(report: Report) -> tuple[tuple[str, str], ...]:
    unseen = sum(item.unseen for item in report.items)
    lost = sum(item.lost for item in report.items)
    return (
        ("100", "all that applies"),
        (points(lost), "failed and warned"),
        (points(unseen), "not seen"),
        (points(report.caps_points), "ceilings"),
        (str(report.score), "proven, rounded down"),
    )


def _grade_ranges(report: Report) -> tuple[tuple[str, str, str, str], ...]:
    lines = [(line.letter, line.floor, line.meaning) for line in report.grade_lines] or [
        *((letter, floor, "") for floor, letter in CUTS[::-1]),
        ("F", 0, ""),
    ]
    tops = [100, *(floor - 1 for _, floor, _ in lines)]
    return tuple(
        (letter, letter_kind(letter), f"{floor} to {top}", meaning)
        for (letter, floor, meaning), top in zip(lines, tops, strict=False)
    )


def _ceilings(report: Report) -> tuple[CeilingLine, ...]:
    counts: dict[tuple[int, str], int] = {}
    for function in report.functions:
        for cap in function.caps:
            counts[cap.ceiling, cap.why] = counts.get((cap.ceiling, cap.why), 0) + 1
    lines = [
        CeilingLine(why, ceiling, counted(count, "function"))
        for (ceiling, why), count in sorted(counts.items())
    ]
    return (*lines, *(CeilingLine(cap.why, cap.ceiling, "the account") for cap in report.caps))


def _scope(report: Report) -> tuple[Fact, ...]:
    scan = report.scan
    skipped = tuple(f"{region} ({why})" for region, why in scan.skipped_regions)
    failed = tuple(f"{account} ({why})" for account, why in scan.failed_accounts)
    shown = (
        ("Caller", scan.caller),
        ("Scan", scan.id),
        ("Started", moment(scan.started_at)),
        ("Regions", ", ".join(scan.regions)),
        ("Regions left out", listed(skipped, 12)),
        ("Accounts not read", listed(failed, 12)),
        ("Filters", ", ".join(scan.filters)),
        ("Checks", number(len(report.checks))),
        ("Judged for", day(report.as_of)),
        ("Score profile", report.score_profile),
    )
    return tuple(Fact(label, value) for label, value in shown if value)
