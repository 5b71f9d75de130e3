"""The head of the overview: facts, verdict, grades, trend, open criticals and accounts, in words."""

from dataclasses import dataclass

from auditor.render.html_address import escaped, letter_kind
from auditor.render.html_charts import Gauge, Trend, gauge, judged, trend
from auditor.render.html_words import (
    counted,
    day_and_month,
    dollars,
    listed,
    moment,
    number,
    percent,
    place_name,
    points,
    tightest,
)
from auditor.report import History, Report, TrendPoint
from auditor.verdict import Severity, Status

URGENT = 5
ACCOUNTS = 20


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
    cost = (
        () if report.usd_month is None else (Fact("Functions cost", f"{dollars(report.usd_month)} a month"),)
    )
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


def incomplete(report: Report) -> str:
    """Say why the scan is not complete; empty where it is."""
    scan = report.scan
    if scan.complete:
        return ""
    failed = listed(tuple(f"account {account}: {why}" for account, why in scan.failed_accounts), 3)
    words = "; ".join(part for part in (scan.interrupted, failed) if part)
    said = words or "the scan ended before everything was asked"
    return said[0].upper() + said[1:]


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
    below = f"proven, up to {report.possible}" if report.possible > report.score else "proven"
    return Answer(
        dial=gauge(report.score, report.possible, report.grade),
        aria=f"{report.score} of 100 points proven, up to {report.possible} possible, "
        f"coverage {report.coverage} percent, grade {report.grade}",
        below=below,
        reasons=tuple(_reasons(report, unseen)),
    )


def _reasons(report: Report, unseen: float) -> list[Because]:
    seen = f"{points(unseen, sign='')} points were not seen" if unseen else "Everything asked was answered"
    if not judged(report.counts):
        seen = "Nothing was judged"
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
            Because(
                "mute",
                f"{report.score_without_accepted_risk} without accepted risks.",
                "They keep costing points",
            )
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
            aria=_pillar_aria(letter, count),
        )
        for letter, count in report.grades
    )


def _pillar_aria(letter: str, count: int) -> str:
    return f"{counted(count, 'function')} {'without a grade' if letter == '-' else f'with grade {letter}'}"


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
    title: str
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
    titles = {check.id: check.title for check in report.checks}
    rows = tuple(
        Urgent(
            name=finding.function or place_name(finding),
            title=titles.get(finding.check, finding.check),
            href=f"#fn-{escaped(address[finding.resource])}?open={escaped(finding.check)}"
            if finding.resource in address
            else f"#check-{escaped(finding.check)}",
            message=finding.message,
            remark=f"{points(finding.points)} points" if finding.points else "",
            is_new=(finding.check, finding.resource) in new,
        )
        for finding in found[:URGENT]
    )
    return rows, len(found) - len(rows)


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
