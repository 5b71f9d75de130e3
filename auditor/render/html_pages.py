"""The short pages that are rendered as they are and also print: worst functions, exceptions, frameworks."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from auditor.render.html_address import escaped, letter_kind
from auditor.render.html_charts import Segment, cut
from auditor.render.html_words import SEVERITY_WORDS, day, listed, number, points, support
from auditor.report import ExceptionRow, FrameworkReport, Report
from auditor.verdict import Severity, Status

WORST = 18
EXCEPTIONS = 60


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
    example: str


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
        key=lambda row: (
            _ORDER.index(row.state) if row.state in _ORDER else len(_ORDER),
            row.expires,
            row.id,
        ),
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
        example=_example(report),
    )


def _example(report: Report) -> str:
    """Write a mute file for the costliest failure of this report that is not critical."""
    failed = [found for found in report.findings if found.status is Status.FAIL and found.function]
    model = max(
        failed, key=lambda found: (found.severity is not Severity.CRITICAL, found.points), default=None
    )
    check = model.check if model else "check-id"
    resource = model.resource if model else "arn:aws:lambda:*:*:function:NAME"
    entry = {
        "id": f"M-{report.as_of.year}-001",
        "check": check,
        "resources": [resource],
        "kind": "accepted_risk",
        "reason": "why it is right to live with it, in 15 characters or more",
        "owner": "team@example.com",
        "expires": (report.as_of + timedelta(days=90)).isoformat(),
    }
    lines = [f"{key}: {json.dumps(value)}" for key, value in entry.items()]
    return "version: 1\nmutes:\n  - " + "\n    ".join(lines)


def _day(iso: str) -> str:
    try:
        return day(date.fromisoformat(iso))
    except ValueError:
        return iso


def _exception_line(row: ExceptionRow) -> ExceptionLine:
    return ExceptionLine(
        check=row.check,
        href=f"#findings?q={escaped(row.check.rstrip('*'))}",
        resources=listed(row.resources, 3) or "all resources",
        ends=_day(row.expires),
        tone=_STATES.get(row.state, ""),
        state=_STATE_WORDS.get(row.state, row.state),
        reason=row.reason,
        kind=f"{row.kind.replace('_', ' ').capitalize()}, {row.id}",
        owner=row.owner,
        ticket=row.ticket,
        findings=number(row.findings),
        points=points(row.points),
    )


_CONTROL_KINDS = (
    ("PASS", "pass", "pass"),
    ("PARTIAL", "warn", "partial"),
    ("FAIL", "fail", "fail"),
    ("UNKNOWN", "hatch", "unknown"),
)


@dataclass(frozen=True)
class FrameworkLine:
    """A framework with its controls by status."""

    name: str
    remark: str
    href: str
    pieces: tuple[Segment, ...]
    figures: tuple[tuple[str, int], ...]
    aria: str


def frameworks(report: Report) -> tuple[FrameworkLine, ...]:
    """Count each framework's controls by status."""
    return tuple(_framework_line(framework) for framework in report.frameworks)


def _framework_line(framework: FrameworkReport) -> FrameworkLine:
    statuses = [control.status for control in framework.controls]
    counts = [(kind, word, statuses.count(status)) for status, kind, word in _CONTROL_KINDS]
    rest = len(statuses) - sum(count for _, _, count in counts)
    figures = (*((word, count) for _, word, count in counts), ("not assessed", rest))
    return FrameworkLine(
        name=framework.name.split(" (")[0],
        remark=framework.version,
        href=f"#controls?framework={escaped(framework.id)}",
        pieces=cut((*((kind, count) for kind, _, count in counts), ("track", rest))),
        figures=figures,
        aria=", ".join(f"{count} {word}" for word, count in figures),
    )
