"""Where the points went, which fixes bring them back, and what could not be seen, in words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.render.html_address import escaped
from auditor.render.html_charts import Cascade, Segment, Step, cascade, judged, parts
from auditor.render.html_words import (
    SEVERITY_WORDS,
    counted,
    dollars,
    number,
    percent,
    points,
    reason_words,
    tightest,
)
from auditor.report import Fix, Gap, ItemScore, Report

FIXES = 10
GAPS = 6
ALL_GAPS = 80


@dataclass(frozen=True)
class ItemRow:
    """One checklist item with its results and its step of the cascade."""

    number: int
    title: str
    href: str
    note: str
    figures: tuple[tuple[str, str], ...]
    pieces: tuple[Segment, ...]
    aria: str
    points: str
    step: Step


@dataclass(frozen=True)
class Checklist:
    """The twelve items in the order of what they cost, the ceilings and the total."""

    title: str
    rows: tuple[ItemRow, ...]
    falls: Cascade
    caps_points: str
    caps_note: str
    total: tuple[tuple[str, str], ...]
    total_points: str
    total_note: str
    score: int


def checklist(report: Report) -> Checklist:
    """Lay out where the points went."""
    items = sorted(report.items, key=lambda item: (-(item.lost + item.unseen), item.number))
    falls = cascade(report, items)
    taken = sum(item.lost + item.unseen for item in items) + report.caps_points
    rest = 100 - taken - report.score
    counts = report.counts
    held = counted(report.capped_functions, "function")
    return Checklist(
        title=_title(report),
        rows=tuple(_item_row(item, step) for item, step in zip(items, falls.steps, strict=True)),
        falls=falls,
        caps_points=points(report.caps_points),
        caps_note=f"{held} held down by a ceiling" if report.capped_functions else _account_cap(report),
        total=_figures(counts.failed, counts.warned, counts.unknown, counts.passed),
        total_points=points(taken),
        total_note=f"{100 - taken:.1f}, rounded down" if rest > 0.049 and judged(counts) else "",  # noqa: PLR2004 - one decimal
        score=report.score,
    )


def _title(report: Report) -> str:
    if not judged(report.counts):
        return "Production checklist: nothing was judged"
    if not report.caps_points and not any(item.lost or item.unseen for item in report.items):
        return "Production checklist: no point lost"
    return f"Production checklist: where {counted(100 - report.score, 'point')} went"


def _account_cap(report: Report) -> str:
    cap = tightest(report.caps)
    return cap.why if cap is not None and cap.held else "no ceiling holds a score down"


def _item_row(item: ItemScore, step: Step) -> ItemRow:
    counts = item.counts
    weighed = judged(counts)
    note = item.note
    if not weighed and counts.manual:
        attest = f"{counted(counts.manual, 'result')} for a person to attest"
        note = f"{item.note}, {attest}" if item.note else attest
    return ItemRow(
        number=item.number,
        title=item.title,
        href=f"#findings?item={item.item.value}",
        note="" if weighed else note or "not assessed",
        figures=_figures(counts.failed, counts.warned, counts.unknown, counts.passed),
        pieces=parts(counts),
        aria=f"{counts.failed} fail, {counts.warned} warn, {counts.unknown} unknown, {counts.passed} pass",
        points=points(item.lost + item.unseen),
        step=step,
    )


def _figures(failed: int, warned: int, unknown: int, passed: int) -> tuple[tuple[str, str], ...]:
    return (
        ("fail", number(failed)),
        ("warn", number(warned)),
        ("unknown", number(unknown)),
        ("pass", number(passed)),
    )


@dataclass(frozen=True)
class FixRow:
    """A fix worth points."""

    check: str
    href: str
    title: str
    severity: str
    word: str
    where: str
    effort: str
    points: str
    width: str
    aria: str


def fix_rows(report: Report) -> tuple[FixRow, ...]:
    """Return the fixes worth most."""
    subjects = {check.id: check.subject for check in report.checks}
    most = max((fix.points for fix in report.fixes), default=0.0)
    return tuple(_fix_row(fix, subjects.get(fix.check, "function"), most) for fix in report.fixes[:FIXES])


def _fix_row(fix: Fix, subject: str, most: float) -> FixRow:
    extras = [counted(fix.functions, subject)]
    if fix.lifts_cap:
        extras.append(f"{points(fix.lifts_cap, sign='')} of it lifts a ceiling")
    if fix.usd_month:
        extras.append(f"{dollars(fix.usd_month)} a month")
    return FixRow(
        check=fix.check,
        href=f"#check-{escaped(fix.check)}",
        title=fix.title,
        severity=fix.severity.value,
        word=SEVERITY_WORDS[fix.severity],
        where=", ".join(extras),
        effort=fix.effort,
        points=points(fix.points, sign="+"),
        width=percent(fix.points, most),
        aria=f"{points(fix.points, sign='plus ')} points",
    )


@dataclass(frozen=True)
class GapRow:
    """What was not seen for one reason."""

    operation: str
    href: str
    hides: str
    why: str
    results: str
    points: str
    width: str
    aria: str


@dataclass(frozen=True)
class Gaps:
    """What was not seen, with the permissions that settle it as a policy to paste."""

    head: str
    rows: tuple[GapRow, ...]
    more: str
    footer: str
    policy: str


def gaps(report: Report) -> Gaps:
    """Group what was not seen by the request that failed."""
    total = sum(gap.points for gap in report.gaps)
    denied = [gap for gap in report.gaps if gap.permission and ":" in gap.operation]
    actions = sorted({gap.operation for gap in denied})
    rest = report.gaps[GAPS:]
    whole = points(total, sign="")
    settles = points(sum(gap.points for gap in denied), sign="")
    return Gaps(
        head=f"{points(total, sign='')} points, {counted(report.counts.unknown, 'result')}",
        rows=gap_rows(report, GAPS),
        more=_more_gaps(rest),
        footer=f"{counted(len(actions), 'permission')} settle {settles} of the {whole} points"
        if actions
        else "",
        policy=_policy(actions) if actions else "",
    )


def gap_rows(report: Report, most: int) -> tuple[GapRow, ...]:
    """Return the requests without an answer, those that hide most points first."""
    longest = max((gap.points for gap in report.gaps), default=0.0)
    return tuple(_gap_row(gap, longest) for gap in report.gaps[:most])


def _more_gaps(rest: Sequence[Gap]) -> str:
    if not rest:
        return ""
    hidden = sum(gap.points for gap in rest)
    worth = f", {points(hidden, sign='')} points" if hidden else ""
    return f"{counted(len(rest), 'more reason')}{worth}"


def _gap_row(gap: Gap, most: float) -> GapRow:
    where = ", ".join(gap.regions)
    functions = counted(gap.functions, "function") if gap.functions else ""
    note = gap.note or reason_words(gap.reason)
    why = f"{note[:1].upper()}{note[1:]}{f' ({gap.code})' if gap.code else ''}"
    return GapRow(
        operation=gap.operation or reason_words(gap.reason).capitalize(),
        href=f"#findings?status=U&q={escaped(gap.operation or reason_words(gap.reason))}&by=result",
        hides=gap.hides,
        why=". ".join(part for part in (", ".join(p for p in (where, functions) if p), why) if part),
        results=counted(gap.results, "result"),
        points=points(gap.points, sign="+"),
        width=percent(gap.points, most),
        aria=f"up to {points(gap.points, sign='plus ')} points",
    )


def _policy(actions: Sequence[str]) -> str:
    statement = {
        "Sid": "LambdaAuditorMissing",
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": "*",
    }
    return json.dumps(statement, indent=2)
