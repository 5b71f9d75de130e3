"""The page of runtimes: when each leaves support, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.render.html_address import escaped
from auditor.render.html_charts import Calendar, Segment, calendar
from auditor.render.html_words import counted, day, listed, number, support
from auditor.report import Report, RuntimeRow

RUNTIMES = 40


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
    ended = sum(
        len(row.functions) for row in report.runtimes if row.days_left is not None and row.days_left < 0
    )
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
                href=f"#functions?runtime={escaped(row.id)}",
                functions=number(len(row.functions)),
                ends=_ends(row),
                chip=support(row.days_left),
                phases=phases,
                aria=_runtime_aria(row),
            )
            for row, phases in zip(rows, axis.rows, strict=True)
        ),
        footer=f"{image_words}; the dates of the base images are not known." if images else "",
    )


def _ends(row: RuntimeRow) -> str:
    if not row.known:
        return "not listed"
    return day(row.deprecated) if row.deprecated else "no date yet"


def _runtime_aria(row: RuntimeRow) -> str:
    move = f", successor {row.successor}" if row.successor else ""
    if not row.known:
        return f"{row.id}: the runtime calendar does not list it"
    if row.deprecated is None:
        return f"{row.id}: no end of support announced{move}"
    return f"{row.id}: supported until {day(row.deprecated)}{move}"


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
        _runtime_note(days, kind, names, functions)
        for (days, kind), (names, functions) in sorted(events.items())[:4]
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
    when = (
        counted(-days, "day") + " ago"
        if past_tense
        else "Today"
        if not days
        else f"In {counted(days, 'day')}"
    )
    return Note(
        tone, when, facts_by_kind[kind], f"{counted(functions, 'function')}: {listed(tuple(names), 2)}"
    )
