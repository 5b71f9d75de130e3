"""The page of a comparison: one file without script or request."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from auditor.history import Comparison
from auditor.render.html import asset, environment, style
from auditor.render.html_overview import Fact
from auditor.render.html_words import SEVERITY_WORDS, counted, moment
from auditor.report import Change, Report
from auditor.score import floored
from auditor.verdict import Severity, Status

# Rows of one kind on the page; all of them are in the JSON.
ROWS = 200
SHAPES = {
    Status.PASS.value: ("pass", "Pass"),
    Status.FAIL.value: ("fail", "Fail"),
    Status.WARN.value: ("warn", "Warn"),
    Status.UNKNOWN.value: ("unknown", "Unknown"),
    Status.NOT_APPLICABLE.value: ("none", "Not applicable"),
    Status.MANUAL.value: ("manual", "Manual"),
}
ABSENT = ("none", "Not there")


@dataclass(frozen=True)
class Row:
    """One change: its severity, what it is about, and both states with their shapes."""

    severity: str
    word: str
    title: str
    check: str
    resource: str
    message: str
    before: tuple[str, str]
    after: tuple[str, str]


@dataclass(frozen=True)
class Group:
    """Changes of one kind. `names` is for what has no states: checks and functions."""

    id: str
    title: str
    lead: str
    tone: str
    count: int
    rows: tuple[Row, ...] = ()
    names: tuple[str, ...] = ()
    more: str = ""


def render(comparison: Comparison, report: Report) -> bytes:
    """Return the page as UTF-8. `report` is the later one, for the titles of checks."""
    sheet = f"{style()}\n{asset('diff.css')}"
    titles = {check.id: check.title for check in report.checks}
    groups = tuple(group for group in _groups(comparison, titles) if group.count)
    page = (
        environment()
        .get_template("diff.html.j2")
        .render(
            found=comparison,
            tool=report.tool_version,
            policy=_policy(sheet),
            style=Markup(sheet),  # noqa: S704 - our own file
            facts=tuple(_facts(comparison)),
            before=floored(comparison.like_before),
            after=floored(comparison.like_after),
            tone="good" if comparison.delta > 0 else "bad" if comparison.delta < 0 else "",
            icon="up" if comparison.delta > 0 else "down" if comparison.delta < 0 else "none",
            change=counted(abs(comparison.delta), "point") if comparison.delta else "no change",
            groups=groups,
        )
    )
    return page.encode("utf-8", "replace")


def _policy(sheet: str) -> str:
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _facts(found: Comparison) -> Iterator[Fact]:
    yield Fact("Earlier run", moment(found.since))
    yield Fact("Later run", moment(found.until))
    yield Fact("Score as reported", f"{found.score_before} → {found.score_after}")
    yield Fact("Coverage", f"{found.coverage_before} % → {found.coverage_after} %")
    if found.functions_added or found.functions_removed:
        yield Fact("Functions", f"{len(found.functions_added)} added, {len(found.functions_removed)} removed")


def _groups(found: Comparison, titles: Mapping[str, str]) -> Iterator[Group]:
    for name, title, lead, tone, changes in (
        ("new", "New", "fail or warn, and did not before", "bad", found.new),
        ("worse", "Worse", "warned before, fail now", "bad", found.worse),
        (
            "lost",
            "No longer seen",
            "were judged before; what hides them may hide a fault",
            "soon",
            found.visibility_lost,
        ),
        ("fixed", "Fixed", "failed or warned before", "good", found.fixed),
        ("better", "Better", "failed before, warn now", "good", found.better),
        ("gained", "Seen again", "could not be judged before", "blue", found.visibility_gained),
        ("gone", "No longer there", "open findings whose resource is gone", "", found.gone),
    ):
        yield Group(
            id=name,
            title=title,
            lead=lead,
            tone=tone,
            count=len(changes),
            rows=tuple(_row(change, titles) for change in changes[:ROWS]),
            more=_more(changes),
        )
    yield from _rules(found)


def _rules(found: Comparison) -> Iterator[Group]:
    changed = tuple(f"{one.check}: {one.before} → {one.after}" for one in found.checks_changed)
    for name, title, lead, names in (
        ("rules", "Checks that judge otherwise", "severity, confidence or thresholds", changed),
        ("added", "Checks added", "not in the like-for-like score", found.checks_added),
        ("removed", "Checks removed", "not in the like-for-like score", found.checks_removed),
        ("functions-added", "Functions added", "", found.functions_added),
        ("functions-removed", "Functions removed", "", found.functions_removed),
    ):
        yield Group(
            id=name,
            title=title,
            lead=lead,
            tone="",
            count=len(names),
            names=names[:ROWS],
            more=_more(names),
        )


def _more(found: Sequence[object]) -> str:
    return f"{len(found) - ROWS:,} more in diff.json" if len(found) > ROWS else ""


def _row(change: Change, titles: Mapping[str, str]) -> Row:
    severity = change.severity or Severity.INFO
    return Row(
        severity=severity.value,
        word=SEVERITY_WORDS[severity],
        title=titles.get(change.check, change.check),
        check=change.check,
        resource=change.resource,
        message=change.message,
        before=SHAPES.get(change.before, ABSENT),
        after=SHAPES.get(change.after, ABSENT),
    )
