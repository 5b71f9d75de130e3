"""The page of cost: what the functions cost a month, where it goes, and which findings have a price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.render.html_address import escaped
from auditor.render.html_charts import Segment, cut
from auditor.render.html_words import (
    COST_PARTS,
    SEVERITY_WORDS,
    cost_parts,
    counted,
    dollars,
    mostly,
    number,
    percent,
    share,
)
from auditor.report import CheckReport, FunctionReport, Report
from auditor.verdict import Finding, Status

FUNCTIONS = 20
GROUPS = 10
CHECKS = 12
NO_OWNER = "No owner tag"


@dataclass(frozen=True)
class PartLine:
    """One part of the bill: its shade, name, dollars and share."""

    kind: str
    name: str
    usd: str
    share: str


@dataclass(frozen=True)
class CostlyRow:
    """A function with what it costs a month."""

    name: str
    href: str
    where: str
    usd: str
    width: str
    pieces: tuple[Segment, ...]
    aria: str
    mostly: str
    runs: str
    memory: str


@dataclass(frozen=True)
class GroupRow:
    """What belongs together: an owner, an account or a region."""

    name: str
    href: str
    functions: str
    usd: str
    width: str


@dataclass(frozen=True)
class PricedCheck:
    """A check whose findings have a price."""

    title: str
    href: str
    severity: str
    word: str
    results: str
    effort: str
    usd: str
    width: str


@dataclass(frozen=True)
class Cost:
    """The page of cost."""

    lead: str
    total: str
    parts: tuple[PartLine, ...]
    pieces: tuple[Segment, ...]
    aria: str
    rows: tuple[CostlyRow, ...]
    more: str
    group_title: str
    groups: tuple[GroupRow, ...]
    checks: tuple[PricedCheck, ...]
    scan: str
    paid: tuple[tuple[str, str, str], ...]
    unpriced: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]


def cost(report: Report, address: dict[str, str]) -> Cost:
    """Lay out the cost of the functions and the findings that have a price."""
    priced = sorted(
        (found for found in report.functions if found.usd_month is not None),
        key=lambda found: (-(found.usd_month or 0), found.name, found.arn),
    )
    sums = [sum(column) for column in zip(*(cost_parts(found.cost) for found in priced), strict=True)]
    title, groups = _groups(priced, several=len(report.accounts) > 1)
    rest = len(priced) - FUNCTIONS
    return Cost(
        lead=_lead(report, len(priced)),
        total=dollars(report.usd_month or 0),
        parts=tuple(
            PartLine(kind, name, dollars(usd), share(usd, sum(sums)))
            for (kind, name), usd in zip(COST_PARTS, sums, strict=False)
        ),
        pieces=_pieces(sums),
        aria=_aria(sums),
        rows=_costly(priced[:FUNCTIONS], address),
        more=f"{counted(rest, 'more function')} cost {dollars(_total(priced[FUNCTIONS:]))} a month"
        if rest > 0
        else "",
        group_title=title,
        groups=groups,
        checks=_checks(report),
        scan=f"{counted(report.scan.requests, 'request')}, {dollars(report.scan.usd)}",
        paid=_paid(report),
        unpriced=_unpriced(report.functions),
        assumptions=_assumptions(priced),
    )


def _lead(report: Report, priced: int) -> str:
    if report.usd_month is None:
        return "No function could be priced: its runs were not seen."
    every = len(report.functions)
    of = f"{number(priced)} of {counted(every, 'function')}" if priced < every else counted(every, "function")
    return (
        f"{dollars(report.usd_month)} a month for {of}, at list prices and the rate of the measured window."
    )


def _pieces(sums: Sequence[float]) -> tuple[Segment, ...]:
    return cut(tuple((kind, usd) for (kind, _), usd in zip(COST_PARTS, sums, strict=False)))


def _aria(sums: Sequence[float]) -> str:
    words = [f"{name} {dollars(usd)}" for (_, name), usd in zip(COST_PARTS, sums, strict=False) if usd > 0]
    return ", ".join(words) or "nothing"


def _total(functions: Iterable[FunctionReport]) -> float:
    return sum(found.usd_month or 0 for found in functions)


def _costly(functions: Sequence[FunctionReport], address: dict[str, str]) -> tuple[CostlyRow, ...]:
    most = max((found.usd_month or 0 for found in functions), default=0.0)
    return tuple(_costly_row(found, address[found.arn], most) for found in functions)


def _costly_row(found: FunctionReport, address: str, most: float) -> CostlyRow:
    shares = cost_parts(found.cost)
    memory = f"{number(found.memory_mb)} MB"
    used = found.measured.memory_used_mb
    return CostlyRow(
        name=found.name,
        href=f"#fn-{escaped(address)}",
        where=", ".join(part for part in (found.region, found.owner) if part),
        usd=dollars(found.usd_month or 0),
        width=percent(found.usd_month or 0, most),
        pieces=_pieces(shares),
        aria=_aria(shares),
        mostly=mostly(found.cost),
        runs=number(found.measured.runs or 0),
        memory=memory if used is None else f"{memory}, {100 * used / found.memory_mb:.0f} % used",
    )


def _groups(priced: Sequence[FunctionReport], *, several: bool) -> tuple[str, tuple[GroupRow, ...]]:
    """Group by the tag of the owner where that tells functions apart, else by account or runtime."""
    if len({found.owner for found in priced if found.owner}) > 1:
        return "By owner", _grouped(priced, "owner", [found.owner or NO_OWNER for found in priced])
    if several:
        return "By account", _grouped(priced, "account", [found.account for found in priced])
    return "By runtime", _grouped(priced, "runtime", [found.runtime or "container" for found in priced])


def _grouped(priced: Sequence[FunctionReport], facet: str, keys: Sequence[str]) -> tuple[GroupRow, ...]:
    found: dict[str, list[FunctionReport]] = {}
    for key, function in zip(keys, priced, strict=True):
        found.setdefault(key, []).append(function)
    ordered = sorted(found.items(), key=lambda pair: (-_total(pair[1]), pair[0]))
    most = _total(ordered[0][1]) if ordered else 0.0
    return tuple(
        GroupRow(
            name=key,
            href=f"#functions?{facet}={_facet_key(key)}&sort=usd&dir=desc",
            functions=counted(len(functions), "function"),
            usd=dollars(_total(functions)),
            width=percent(_total(functions), most),
        )
        for key, functions in ordered[:GROUPS]
    )


def _facet_key(key: str) -> str:
    """Write a key as the filters of the page read it: commas separate keys there."""
    return "none" if key == NO_OWNER else escaped(key.replace(",", "%2C"))


def _usd_month(finding: Finding) -> float:
    return (finding.exhibit.usd_month if finding.exhibit else None) or 0.0


def _checks(report: Report) -> tuple[PricedCheck, ...]:
    """Findings with a price by check: what the fact costs, or what mending it saves."""
    priced: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.status in {Status.FAIL, Status.WARN} and _usd_month(finding):
            priced.setdefault(finding.check, []).append(finding)
    usd = {check: sum(map(_usd_month, findings)) for check, findings in priced.items()}
    most = max(usd.values(), default=0.0)
    by_id = {check.id: check for check in report.checks}
    ordered = sorted((check for check in priced if check in by_id), key=lambda check: (-usd[check], check))
    return tuple(_priced(by_id[check], priced[check], usd[check], most) for check in ordered[:CHECKS])


def _priced(check: CheckReport, findings: Sequence[Finding], usd: float, most: float) -> PricedCheck:
    worst = min((found.severity for found in findings), key=lambda severity: severity.rank)
    return PricedCheck(
        title=check.title,
        href=f"#check-{escaped(check.id)}",
        severity=worst.value,
        word=SEVERITY_WORDS[worst],
        results=counted(len(findings), check.subject),
        effort=check.effort,
        usd=dollars(usd),
        width=percent(usd, most),
    )


def _paid(report: Report) -> tuple[tuple[str, str, str], ...]:
    """Say which requests of this scan cost something."""
    paid = [row for row in report.scan.operations if row.usd > 0]
    return tuple(
        (row.operation, counted(row.requests, "request"), dollars(row.usd))
        for row in sorted(paid, key=lambda row: (-row.usd, row.operation))[:CHECKS]
    )


def _unpriced(functions: Sequence[FunctionReport]) -> tuple[tuple[str, str], ...]:
    """Say why functions have no price, and which parts of the others' are missing."""
    whole: dict[str, int] = {}
    part: dict[str, int] = {}
    for found in functions:
        if found.usd_month is None:
            why = found.cost_unseen or found.measured.unseen or "not seen"
            whole[why] = whole.get(why, 0) + 1
        for missing in found.cost.unseen if found.cost else ():
            part[missing] = part.get(missing, 0) + 1
    lines = [(counted(count, "function"), f"not priced: {why}") for why, count in whole.items()]
    lines += [(counted(count, "function"), f"priced in part: {why}") for why, count in part.items()]
    return tuple(lines[:CHECKS])


def _assumptions(priced: Sequence[FunctionReport]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for found in priced:
        for said in found.cost.assumptions if found.cost else ():
            counts[said] = counts.get(said, 0) + 1
    return tuple(
        said if count == len(priced) else f"{counted(count, 'function')}: {said}"
        for said, count in counts.items()
    )[:CHECKS]
