"""The days on which runtimes of functions end, as rows, a table of values and a calendar file."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from auditor.model import Function, Inventory, Record, Region, Unavailable
from auditor.reference import Reference, RuntimeLife
from auditor.served import served

# What happens to a runtime, by the field of its life that holds the day.
EVENTS = {
    "deprecated": "no more security patches",
    "create_blocked": "no new functions",
    "update_blocked": "no more updates, not even a fix",
}
# RFC 5545, section 3.1: lines end in CRLF and hold at most 75 octets; after a fold comes a space.
LINE_OCTETS = 75
COLUMNS = ("date", "days_left", "event", "runtime", "successor", "account", "region", "function", "version")


class RuntimeDate(Record, frozen=True, kw_only=True):
    """One day in the life of the runtime of one configuration in use; `version` as messages name it.

    `days_left` is negative once the day is past.
    """

    day: date
    days_left: int
    event: str
    runtime: str
    successor: str
    account: str
    region: str
    function: str
    version: str


def runtime_dates(inventory: Inventory, reference: Reference) -> tuple[RuntimeDate, ...]:
    """Return the days of every runtime that `$LATEST` or a version in use runs on, soonest first."""
    found = [
        row
        for account in inventory.accounts
        for region in account.regions
        if not isinstance(region.functions, Unavailable)
        for function in region.functions
        for row in _of(function, region, reference)
    ]
    return tuple(sorted(found, key=lambda row: (row.day, row.runtime, row.account, row.region, row.function)))


def _of(function: Function, region: Region, reference: Reference) -> Iterator[RuntimeDate]:
    in_use = served(function, region)
    named = (
        ((function.runtime, "$LATEST"),)
        if isinstance(in_use, Unavailable)
        else tuple((one.runtime, one.label) for one in in_use)
    )
    for runtime, version in named:
        life = reference.runtimes.life(runtime)
        for event, day in _days(life) if life else ():
            yield RuntimeDate(
                day=day,
                days_left=(day - reference.as_of).days,
                event=event,
                runtime=runtime,
                successor=life.successor if life else "",
                account=function.account,
                region=function.region,
                function=function.name,
                version=version,
            )


def _days(life: RuntimeLife) -> Iterator[tuple[str, date]]:
    for event in EVENTS:
        day: date | None = getattr(life, event)
        if day is not None:
            yield event, day


def as_csv(rows: Iterable[RuntimeDate]) -> str:
    """Return the rows as CSV, one a configuration and day."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(
            (
                row.day.isoformat(),
                row.days_left,
                row.event,
                row.runtime,
                row.successor,
                row.account,
                row.region,
                row.function,
                row.version,
            )
        )
    return text.getvalue()


def as_calendar(rows: Iterable[RuntimeDate], stamp: datetime) -> str:
    """Return the days to come as an iCalendar file: one whole-day event for each runtime and day.

    The same rows give the same identifiers, so that a calendar that imports the file anew moves its events.
    """
    events: dict[tuple[date, str, str], list[RuntimeDate]] = {}
    for row in rows:
        if row.days_left >= 0:
            events.setdefault((row.day, row.runtime, row.event), []).append(row)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//lambda-auditor//runtimes//EN", "CALSCALE:GREGORIAN"]
    for key in sorted(events):
        lines += _event(events[key], stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(rows: list[RuntimeDate], stamp: datetime) -> Iterator[str]:
    first = rows[0]
    names = [f"{row.function} ({row.account} {row.region}, {row.version})" for row in rows]
    move = f"Move to {first.successor}. " if first.successor else ""
    yield "BEGIN:VEVENT"
    yield f"UID:{_identifier(first)}@lambda-auditor"
    yield f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{first.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{first.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_escaped(f'{first.runtime}: {EVENTS[first.event]}, {len(set(names))} in use')}"
    yield f"DESCRIPTION:{_escaped(move + 'In use by ' + '; '.join(dict.fromkeys(names)))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _identifier(row: RuntimeDate) -> str:
    return hashlib.sha256(f"{row.runtime} {row.event}".encode()).hexdigest()[:32]


def _escaped(text: str) -> str:
    """Escape what separates values in a calendar file."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Fold a line so that no part is longer than the format allows, and no character is cut in two."""
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LINE_OCTETS:
            yield part
            part, size = " ", 1
        part += letter
        size += octets
    yield part
