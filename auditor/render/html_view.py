"""What the server-rendered part of the HTML report says: the overview, and the short pages that also print."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from auditor.render.html_charts import (
    CUTS,
    Calendar,
    Cascade,
    Gauge,
    Segment,
    Step,
    Trend,
    calendar,
    cascade,
    cut,
    gauge,
    parts,
    trend,
)
from auditor.render.html_words import (
    MINUS,
    SEVERITY_WORDS,
    counted,
    day,
    day_and_month,
    dollars,
    listed,
    moment,
    number,
    percent,
    points,
    reason_words,
    span,
    support,
    tightest,
)
from auditor.report import (
    ExceptionRow,
    Fix,
    FrameworkReport,
    FunctionReport,
    Gap,
    History,
    ItemScore,
    Report,
    TrendPoint,
)
from auditor.verdict import Severity, Status

URGENT = 5
WORST = 18
FIXES = 10
GAPS = 8
EXCEPTIONS = 60
RUNTIMES = 40
OPERATIONS = 60
ACCOUNTS = 20


def anchors(functions: Sequence[FunctionReport]) -> tuple[str, ...]:
    """Return the address of each function's page: its name, and its region and account where names repeat."""
    names: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    for found in functions:
        names[found.name] = names.get(found.name, 0) + 1
        places[found.name, found.region] = places.get((found.name, found.region), 0) + 1
    return tuple(
        found.name
        if names[found.name] == 1
        else f"{found.name}@{found.region}"
        if places[found.name, found.region] == 1
        else f"{found.name}@{found.account}.{found.region}"
        for found in functions
    )


def escaped(text: str) -> str:
    """Percent-encode a word for an address within the page, as the script's `encodeURIComponent` does."""
    return quote(text, safe="-_.!~*'()", errors="replace")


@dataclass(frozen=True)
class Fact:
    """A label and its value, in words."""

    label: str
    value: str


def facts(report: Report) -> tuple[Fact, ...]:
    """Say what was audited, when, how and by what."""
    scan = report.scan
    account = (
        Fact("Account", report.accounts[0].id)
        if len(report.accounts) == 1
        else Fact("Accounts", number(len(report.accounts)))
    )
    cost = () if report.usd_month is None else (Fact("Functions cost", f"{dollars(report.usd_month)} a month"),)
    return (
        account,
        Fact("Regions", listed(scan.regions, 4) or "none"),
        Fact("Functions", number(len(report.functions))),
        Fact("Scanned", moment(scan.ended_at)),
        Fact("Tier", scan.tier.capitalize()),
        Fact("Requests", number(scan.requests)),
        Fact("Cost of scan", dollars(scan.usd)),
        *cost,
    )


@dataclass(frozen=True)
class Because:
    """A reason beside the score: its shape, a bold fact, and the rest of the sentence."""

    icon: str
    fact: str
    rest: str


@dataclass(frozen=True)
class Answer:
    """The verdict card: the ring, the letter and the reasons."""

    dial: Gauge
    aria: str
    below: str
    reasons: tuple[Because, ...]


def answer(report: Report) -> Answer:
    """Say how good the account is, and what limits the answer."""
    unseen = sum(item.unseen for item in report.items)
    below = f"proven, up to {report.possible}" if report.possible > report.score else "proven, nothing hidden"
    return Answer(
        dial=gauge(report.score, report.possible, report.grade),
        aria=f"{report.score} of 100 points proven, up to {report.possible} possible, "
        f"coverage {report.coverage} percent, grade {report.grade}",
        below=below,
        reasons=tuple(_reasons(report, unseen)),
    )


def _reasons(report: Report, unseen: float) -> list[Because]:
    seen = "Everything asked was answered" if not unseen else f"{points(unseen, sign='')} points were not seen"
    found = [
        Because("pass", f"{report.score} proven.", "Unknown earns nothing"),
        Because("eye", f"{report.coverage} % coverage.", seen),
    ]
    cap = tightest(report.caps)
    if cap is not None:
        found.append(Because("lock", f"At most {cap.ceiling}.", cap.why))
    elif report.capped_functions:
        found.append(
            Because(
                "lock",
                f"{counted(report.capped_functions, 'function')} held down.",
                f"Ceilings take {points(report.caps_points, sign='')} points",
            )
        )
    if report.score_without_accepted_risk != report.score:
        found.append(
            Because("mute", f"{report.score_without_accepted_risk} without accepted risks.", "They keep costing points")
        )
    return found


@dataclass(frozen=True)
class Pillar:
    """One column of the histogram of grades."""

    letter: str
    kind: str
    count: int
    top: str
    height: str
    aria: str


def pillars(report: Report) -> tuple[Pillar, ...]:
    """Count functions by letter."""
    most = max((count for _, count in report.grades), default=0)
    return tuple(
        Pillar(
            letter=letter,
            kind=letter[0].lower() if letter != "-" else "none",
            count=count,
            top=percent(100 - 78 * count / most if most else 100, 100),
            height=percent(78 * count / most if most else 0, 100),
            aria=f"{counted(count, 'function')} {'without a grade' if letter == '-' else 'with grade ' + letter}",
        )
        for letter, count in report.grades
    )


@dataclass(frozen=True)
class Past:
    """What became of the run before."""

    title: str
    tone: str
    change: str
    icon: str
    figures: tuple[tuple[int, str, str], ...]
    course: Trend | None
    first: str
    last: str


def past(report: Report) -> Past | None:
    """Compare with the run before; None without one."""
    history = report.history
    if history is None:
        return None
    return Past(
        title=f"Since {day_and_month(history.since)}",
        tone="good" if history.delta > 0 else "bad" if history.delta < 0 else "",
        change=counted(abs(history.delta), "point") if history.delta else "no change",
        icon="up" if history.delta > 0 else "down" if history.delta < 0 else "none",
        figures=(
            (history.fixed, "fixed", "fixed"),
            (history.new, "new", "new"),
            (history.visibility_lost, "visibility lost", "visibility-lost"),
        ),
        course=trend(_runs(report, history)),
        first=f"{_runs(report, history)[0].at:%-d %b}",
        last=f"{report.generated_at:%-d %b}",
    )


def _runs(report: Report, history: History) -> tuple[TrendPoint, ...]:
    last = TrendPoint(
        at=report.generated_at, score=report.score, possible=report.possible, coverage=report.coverage
    )
    earlier = tuple(run for run in history.trend if run.at < report.generated_at)
    return (*earlier, last)


@dataclass(frozen=True)
class Urgent:
    """An open critical finding."""

    name: str
    href: str
    message: str
    remark: str
    is_new: bool


def urgent(report: Report, address: dict[str, str]) -> tuple[tuple[Urgent, ...], int]:
    """Return the first open critical findings, and how many more there are."""
    new = {
        (change.check, change.resource)
        for change in (report.history.changes if report.history else ())
        if change.kind == "new"
    }
    found = [
        finding
        for finding in report.findings
        if finding.status is Status.FAIL and finding.severity is Severity.CRITICAL and finding.muted is None
    ]
    found.sort(key=lambda finding: (-finding.points, finding.resource, finding.check))
    rows = tuple(
        Urgent(
            name=finding.function or finding.resource,
            href=f"#fn-{escaped(address[finding.resource])}?open={escaped(finding.check)}"
            if finding.resource in address
            else f"#check-{escaped(finding.check)}",
            message=finding.message,
            remark=f"{MINUS}{finding.points:.1f} points" if finding.points >= 0.05 else "",  # noqa: PLR2004 - one decimal
            is_new=(finding.check, finding.resource) in new,
        )
        for finding in found[:URGENT]
    )
    return rows, len(found) - len(rows)


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
        title=f"Production checklist: where {counted(100 - report.score, 'point')} went"
        if report.score < 100  # noqa: PLR2004 - nothing lost
        else "Production checklist: no point lost",
        rows=tuple(_item_row(item, step) for item, step in zip(items, falls.steps, strict=True)),
        falls=falls,
        caps_points=points(report.caps_points),
        caps_note=f"{held} held down by a ceiling" if report.capped_functions else _account_cap(report),
        total=_figures(counts.failed, counts.warned, counts.unknown, counts.passed),
        total_points=points(taken),
        total_note=f"{100 - taken:.1f}, rounded down" if rest > 0.049 else "",  # noqa: PLR2004 - one decimal
        score=report.score,
    )


def _account_cap(report: Report) -> str:
    cap = tightest(report.caps)
    return cap.why if cap is not None and cap.held else "no ceiling holds a score down"


def _item_row(item: ItemScore, step: Step) -> ItemRow:
    counts = item.counts
    judged = counts.failed + counts.warned + counts.unknown + counts.passed
    note = item.note
    if not judged and counts.manual:
        note = f"{item.note + ', ' if item.note else ''}{counted(counts.manual, 'result')} for a person to attest"
    return ItemRow(
        number=item.number,
        title=item.title,
        href=f"#findings?item={item.item.value}",
        note="" if judged else note or "not assessed",
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
    most = max((gap.points for gap in report.gaps), default=0.0)
    total = sum(gap.points for gap in report.gaps)
    denied = [gap for gap in report.gaps if gap.permission and ":" in gap.operation]
    actions = sorted({gap.operation for gap in denied})
    rest = report.gaps[GAPS:]
    settles = points(sum(gap.points for gap in denied), sign="")
    return Gaps(
        head=f"{points(total, sign='')} points, {counted(report.counts.unknown, 'result')}",
        rows=tuple(_gap_row(gap, most) for gap in report.gaps[:GAPS]),
        more=f"{counted(len(rest), 'more reason')}, {points(sum(g.points for g in rest), sign='')} points"
        if rest
        else "",
        footer=f"{counted(len(actions), 'permission')} would settle {settles} of the {points(total, sign='')} points"
        if actions
        else "",
        policy=_policy(actions) if actions else "",
    )


def _gap_row(gap: Gap, most: float) -> GapRow:
    where = ", ".join(gap.regions)
    functions = counted(gap.functions, "function") if gap.functions else ""
    note = gap.note or reason_words(gap.reason)
    why = f"{note[:1].upper()}{note[1:]}{f' ({gap.code})' if gap.code else ''}"
    return GapRow(
        operation=gap.operation or reason_words(gap.reason).capitalize(),
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


@dataclass(frozen=True)
class WorstRow:
    """A function in the printed list of the worst."""

    name: str
    href: str
    letter: str
    kind: str
    score: int
    where: str
    severity: str
    word: str
    finding: str
    runtime: str
    support: tuple[str, str]
    owner: str


def worst(report: Report, address: dict[str, str]) -> tuple[WorstRow, ...]:
    """Return the functions with the lowest scores."""
    found = sorted(report.functions, key=lambda function: (function.score, function.raw, function.name))
    return tuple(
        WorstRow(
            name=function.name,
            href=f"#fn-{escaped(address[function.arn])}",
            letter=function.grade,
            kind=letter_kind(function.grade),
            score=function.score,
            where=", ".join(
                part
                for part in (
                    function.account if len(report.accounts) > 1 else "",
                    function.region,
                    function.triggers[0] if function.triggers else "",
                )
                if part
            ),
            severity=function.worst.value if function.worst else "",
            word=SEVERITY_WORDS[function.worst] if function.worst else "",
            finding=function.worst_title,
            runtime=function.runtime or "container image",
            support=support(function.days_left),
            owner=function.owner or "none",
        )
        for function in found[:WORST]
    )


def letter_kind(grade: str) -> str:
    """Return the class of a letter's ground."""
    return grade[0].lower() if grade[:1].isalpha() else "none"


@dataclass(frozen=True)
class AccountRow:
    """An account in the table of accounts."""

    id: str
    href: str
    alias: str
    letter: str
    kind: str
    score: int
    possible: int
    coverage: str
    functions: str
    regions: str
    held: str


def account_rows(report: Report) -> tuple[AccountRow, ...]:
    """Return the accounts with the lowest scores; none where there is only one."""
    if len(report.accounts) < 2:  # noqa: PLR2004 - one account has no table
        return ()
    found = sorted(report.accounts, key=lambda account: (account.score, account.id))
    return tuple(
        AccountRow(
            id=account.id,
            href=f"#functions?account={escaped(account.id)}",
            alias=account.alias,
            letter=account.grade,
            kind=letter_kind(account.grade),
            score=account.score,
            possible=account.possible,
            coverage=f"{account.coverage} %",
            functions=number(account.functions),
            regions=listed(account.regions, 3),
            held=_held(account.caps[0].ceiling, account.caps[0].why) if account.caps else "",
        )
        for account in found[:ACCOUNTS]
    )


def _held(ceiling: int, why: str) -> str:
    return f"at most {ceiling}: {why}"


@dataclass(frozen=True)
class Note:
    """A small card: chip, bold fact, one sentence."""

    tone: str
    chip: str
    fact: str
    rest: str


@dataclass(frozen=True)
class RuntimeLine:
    """A runtime in the support calendar."""

    id: str
    href: str
    functions: str
    ends: str
    chip: tuple[str, str]
    phases: tuple[Segment, ...]
    aria: str


@dataclass(frozen=True)
class Runtimes:
    """The page of runtimes."""

    lead: str
    notes: tuple[Note, ...]
    axis: Calendar
    rows: tuple[RuntimeLine, ...]
    footer: str


def runtimes(report: Report) -> Runtimes:
    """Lay out the support of the runtimes in use."""
    rows = report.runtimes[:RUNTIMES]
    axis = calendar(rows, report.as_of)
    ended = sum(len(row.functions) for row in report.runtimes if row.days_left is not None and row.days_left < 0)
    images = sum(function.package_type.lower() == "image" for function in report.functions)
    lead = (
        f"{counted(ended, 'function runs', 'functions run')} without security patches."
        if ended
        else "Every function runs on a supported runtime."
        if report.runtimes
        else "No function has a managed runtime."
    )
    image_words = counted(images, "function is a container image", "functions are container images")
    return Runtimes(
        lead=f"{lead} Judged for {day(report.as_of)}.",
        notes=_runtime_notes(report),
        axis=axis,
        rows=tuple(
            RuntimeLine(
                id=row.id,
                href=f"#functions?q={escaped(row.id)}",
                functions=number(len(row.functions)),
                ends=day(row.deprecated) if row.deprecated else "no date yet",
                chip=support(row.days_left),
                phases=phases,
                aria=_runtime_aria(row.id, row.deprecated and day(row.deprecated), row.successor),
            )
            for row, phases in zip(rows, axis.rows, strict=True)
        ),
        footer=f"{image_words}; the dates of the base images are not known." if images else "",
    )


def _runtime_aria(name: str, ends: str | None, successor: str) -> str:
    move = f", successor {successor}" if successor else ""
    return f"{name}: supported until {ends}{move}" if ends else f"{name}: no end of support announced{move}"


def _runtime_notes(report: Report) -> tuple[Note, ...]:
    events: dict[tuple[int, str], tuple[list[str], int]] = {}
    for row in report.runtimes:
        for kind, when in (
            ("leaves", row.deprecated),
            ("create", row.create_blocked),
            ("update", row.update_blocked),
        ):
            if when is not None and (when - report.as_of).days >= -30:  # noqa: PLR2004 - a month back is news
                names, functions = events.get(((when - report.as_of).days, kind), ([], 0))
                events[(when - report.as_of).days, kind] = ([*names, row.id], functions + len(row.functions))
    return tuple(
        _runtime_note(days, kind, names, functions) for (days, kind), (names, functions) in sorted(events.items())[:4]
    )


def _runtime_note(days: int, kind: str, names: Sequence[str], functions: int) -> Note:
    who = names[0] if len(names) == 1 else f"{len(names)} runtimes"
    past_tense = days < 0
    facts_by_kind = {
        "leaves": f"{who} {'left' if past_tense else 'leaves' if len(names) == 1 else 'leave'} support",
        "create": f"No new functions on {who}",
        "update": f"No more updates to functions on {who}",
    }
    tone = "bad" if past_tense else "poor" if days < 100 else "soon" if days < 190 else ""  # noqa: PLR2004 - days
    when = counted(-days, "day") + " ago" if past_tense else "Today" if not days else f"In {counted(days, 'day')}"
    return Note(tone, when, facts_by_kind[kind], f"{counted(functions, 'function')}: {listed(tuple(names), 2)}")


@dataclass(frozen=True)
class ExceptionLine:
    """A rule of the exception register."""

    check: str
    href: str
    resources: str
    ends: str
    tone: str
    state: str
    reason: str
    kind: str
    owner: str
    ticket: str
    findings: str
    points: str


@dataclass(frozen=True)
class Exceptions:
    """The page of exceptions."""

    lead: str
    rows: tuple[ExceptionLine, ...]
    more: str


_STATES = {"expired": "bad", "expiring": "soon", "unused": "poor"}
_STATE_WORDS = {
    "expired": "ended, finding is back",
    "expiring": "ends soon",
    "unused": "matches nothing",
    "in force": "in force",
}
_ORDER = ("expired", "expiring", "unused", "in force")


def exceptions(report: Report) -> Exceptions:
    """Return the register of exceptions, the ones that need a decision first."""
    found = sorted(
        report.exceptions,
        key=lambda row: (_ORDER.index(row.state) if row.state in _ORDER else len(_ORDER), row.expires, row.id),
    )
    rest = len(found) - EXCEPTIONS
    lead = (
        "An accepted risk keeps costing points and leaves the gate. "
        f"Without accepted risks the score would be {report.score_without_accepted_risk}. "
        "A false positive counts as not applicable."
        if found
        else "No exception is in force: every finding counts."
    )
    return Exceptions(
        lead=lead,
        rows=tuple(_exception_line(row) for row in found[:EXCEPTIONS]),
        more=f"{rest:,} more in report.json" if rest > 0 else "",
    )


def _exception_line(row: ExceptionRow) -> ExceptionLine:
    return ExceptionLine(
        check=row.check,
        href=f"#findings?q={escaped(row.check.rstrip('*'))}",
        resources=listed(row.resources, 3) or "all resources",
        ends=row.expires,
        tone=_STATES.get(row.state, ""),
        state=_STATE_WORDS.get(row.state, row.state),
        reason=row.reason,
        kind=f"{row.kind.replace('_', ' ').capitalize()}, {row.id}",
        owner=row.owner,
        ticket=row.ticket,
        findings=number(row.findings),
        points=points(row.points),
    )


@dataclass(frozen=True)
class FrameworkLine:
    """A framework with its controls by status."""

    name: str
    version: str
    href: str
    pieces: tuple[Segment, ...]
    figures: tuple[tuple[str, int], ...]
    aria: str


_CONTROL_KINDS = (
    ("PASS", "pass", "pass"),
    ("PARTIAL", "warn", "partial"),
    ("FAIL", "fail", "fail"),
    ("UNKNOWN", "hatch", "unknown"),
)


def frameworks(report: Report) -> tuple[FrameworkLine, ...]:
    """Count each framework's controls by status."""
    return tuple(_framework_line(framework) for framework in report.frameworks)


def _framework_line(framework: FrameworkReport) -> FrameworkLine:
    statuses = [control.status for control in framework.controls]
    counts = [(kind, word, statuses.count(status)) for status, kind, word in _CONTROL_KINDS]
    rest = len(statuses) - sum(count for _, _, count in counts)
    figures = (*((word, count) for _, word, count in counts), ("not assessed", rest))
    return FrameworkLine(
        name=framework.name,
        version=framework.version,
        href=f"#controls?framework={escaped(framework.id)}",
        pieces=cut((*((kind, count) for kind, _, count in counts), ("track", rest))),
        figures=figures,
        aria=", ".join(f"{count} {word}" for word, count in figures),
    )


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
    grades: tuple[tuple[str, str, str], ...]
    ceilings: tuple[CeilingLine, ...]
    head: str
    operations: tuple[OperationLine, ...]
    more: str
    scope: tuple[Fact, ...]
    notes: tuple[str, ...]


def method(report: Report) -> Method:
    """Say what was asked, what was refused, what it cost, and how the score is made."""
    scan = report.scan
    seconds = (scan.ended_at - scan.started_at).total_seconds()
    rest = scan.operations[OPERATIONS:]
    return Method(
        sums=_sums(report),
        grades=_grade_ranges(),
        ceilings=_ceilings(report),
        head=f"{counted(scan.requests, 'request')} in {span(seconds)}",
        operations=tuple(
            OperationLine(row.operation, number(row.requests), row.denied, row.throttled, row.lost, dollars(row.usd))
            for row in scan.operations[:OPERATIONS]
        ),
        more=f"{counted(len(rest), 'more operation')} in report.json" if rest else "",
        scope=_scope(report, seconds),
        notes=report.notes,
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


def _grade_ranges() -> tuple[tuple[str, str, str], ...]:
    floors = [*CUTS[::-1], (0, "F")]
    tops = [100, *(cut_at - 1 for cut_at, _ in CUTS[::-1])]
    return tuple(
        (letter, letter.lower(), f"{low} to {high}") for (low, letter), high in zip(floors, tops, strict=True)
    )


def _ceilings(report: Report) -> tuple[CeilingLine, ...]:
    counts: dict[tuple[int, str], int] = {}
    for function in report.functions:
        for cap in function.caps:
            counts[cap.ceiling, cap.why] = counts.get((cap.ceiling, cap.why), 0) + 1
    lines = [
        CeilingLine(why, ceiling, counted(count, "function")) for (ceiling, why), count in sorted(counts.items())
    ]
    return (*lines, *(CeilingLine(cap.why, cap.ceiling, "the account") for cap in report.caps))


def _scope(report: Report, seconds: float) -> tuple[Fact, ...]:
    scan = report.scan
    skipped = tuple(f"{region} ({why})" for region, why in scan.skipped_regions)
    failed = tuple(f"{account} ({why})" for account, why in scan.failed_accounts)
    shown = (
        ("Caller", scan.caller),
        ("Scan", scan.id),
        ("Started", moment(scan.started_at)),
        ("Took", span(seconds)),
        ("Cost", dollars(scan.usd)),
        ("Regions", ", ".join(scan.regions)),
        ("Regions left out", listed(skipped, 12)),
        ("Accounts not read", listed(failed, 12)),
        ("Filters", ", ".join(scan.filters)),
        ("Checks", number(len(report.checks))),
        ("Judged for", day(report.as_of)),
        ("Score profile", report.score_profile),
    )
    return tuple(Fact(label, value) for label, value in shown if value)


def incomplete(report: Report) -> str:
    """Say why the scan is not complete; empty where it is."""
    scan = report.scan
    if scan.complete:
        return ""
    failed = listed(tuple(f"account {account}: {why}" for account, why in scan.failed_accounts), 3)
    words = "; ".join(part for part in (scan.interrupted, failed) if part)
    return words or "the scan ended before everything was asked"
