"""What is kept of a run: numbers for the trend, and how it stood for the next comparison."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from auditor.history.compare import Comparison, compare, history
from auditor.history.standing import Standing
from auditor.report import Counts, Part, Report, TrendPoint

# Points of a trend line: a month of daily runs, half a year of weekly ones.
TREND = 30


class Run(Part, frozen=True, kw_only=True):
    """One run in numbers. `scope` tells what was looked at: runs of one scope make one line.

    `items` are checklist items with their scores, None where nothing was assessed; `rules` is the hash of
    what was judged by. No name of a function and no message is in it.
    """

    id: str
    at: datetime
    scope: str
    title: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    tier: str
    selection: tuple[str, ...]
    complete: bool
    tool_version: str
    score_profile: str
    rules: str
    grade: str
    score: int
    raw: float
    possible: int
    coverage: int
    functions: int
    counts: Counts
    items: tuple[tuple[str, float | None], ...]


def run_of(report: Report) -> Run:
    """Return what is kept of a report."""
    return Run(
        id=report.scan.id,
        at=report.generated_at,
        scope=scope_of(report),
        title=report.title,
        accounts=_accounts(report),
        regions=report.scan.regions,
        tier=report.scan.tier,
        selection=_selection(report),
        complete=report.scan.complete,
        tool_version=report.tool_version,
        score_profile=report.score_profile,
        rules=report.rules,
        grade=report.grade,
        score=report.score,
        raw=round(report.raw, 4),
        possible=report.possible,
        coverage=report.coverage,
        functions=len(report.functions),
        counts=report.counts,
        items=tuple(
            (item.item.value, None if item.score is None else round(item.score, 4)) for item in report.items
        ),
    )


def scope_of(report: Report) -> str:
    """Return a name for what a report is about: accounts, regions, tier, and the choice of functions and
    checks.
    """
    about = (
        sorted(_accounts(report)),
        sorted(report.scan.regions),
        report.scan.tier,
        sorted(_selection(report)),
    )
    return hashlib.sha256(msgspec.json.encode(about)).hexdigest()[:16]


def _accounts(report: Report) -> tuple[str, ...]:
    return (
        *(account.id for account in report.accounts),
        *(account for account, _ in report.scan.failed_accounts),
    )


def _selection(report: Report) -> tuple[str, ...]:
    return (*report.scan.filters, *report.selection)


def with_history(report: Report, runs: Iterable[Run], before: Standing | None) -> Report:
    """Return a report that tells what became of the run before, and the scores of earlier runs.

    Only complete runs of the same scope count, and only those that were made earlier: the same report, runs
    and standing give the same result.
    """
    found = comparison_with(report, before)
    return with_comparison(report, found, runs, before) if found and before else report


def comparison_with(report: Report, before: Standing | None) -> Comparison | None:
    """Compare a report with the run before; None where there is none that was made earlier."""
    if before is None or before.at >= report.generated_at or before.id == report.scan.id:
        return None
    return compare(before, report)


def with_comparison(report: Report, found: Comparison, runs: Iterable[Run], before: Standing) -> Report:
    """Return a report that tells of a comparison with the run before."""
    return replace(report, history=history(found, trend(report, runs, before)))


def trend(report: Report, runs: Iterable[Run], before: Standing) -> tuple[TrendPoint, ...]:
    """Return the scores of earlier runs, oldest first, the run before among them."""
    points = {
        run.at: TrendPoint(at=run.at, score=run.score, possible=run.possible, coverage=run.coverage)
        for run in earlier(report, runs)
    }
    points[before.at] = TrendPoint(
        at=before.at, score=before.score, possible=before.possible, coverage=before.coverage
    )
    return tuple(points[at] for at in sorted(points))[-TREND:]


def earlier(report: Report, runs: Iterable[Run]) -> Sequence[Run]:
    """Return complete runs of a report's scope that were made before it, oldest first."""
    scope = scope_of(report)
    found = (
        run
        for run in runs
        if run.scope == scope and run.complete and run.at < report.generated_at and run.id != report.scan.id
    )
    return sorted(found, key=lambda run: (run.at, run.id))
