"""Types of options that click does not have: a format with its place, and a moment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from auditor.render import FORMATS
from auditor.selection import nearest

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
STDOUT = "-"


@dataclass(frozen=True)
class Wanted:
    """A format, and where its file goes: a path, `-` for stdout, or "" for its own name in the folder."""

    format: str
    place: str = ""


class FormatType(click.ParamType):  # type: ignore[type-arg]
    """`NAME`, `NAME=FILE` or `NAME=-`."""

    name = "format"

    def convert(
        self, value: str | Wanted, param: click.Parameter | None, ctx: click.Context | None
    ) -> Wanted:
        """Return the format that is meant."""
        if isinstance(value, Wanted):
            return value
        name, has_place, place = str(value).partition("=")
        if name not in FORMATS:
            self.fail(f"there is no format '{name}'{nearest(name, FORMATS)}", param, ctx)
        if has_place and not place:
            self.fail(f"'{value}' names no file; say {name}=FILE, or {name}=- for stdout", param, ctx)
        return Wanted(name, place)


class MomentType(click.ParamType):  # type: ignore[type-arg]
    """A date, or a date with a time; without an offset it is UTC."""

    name = "moment"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the moment in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"'{value}' is no date or time such as 2026-11-23 or 2026-11-23T06:00:00Z", param, ctx)


FORMAT = FormatType()
MOMENT = MomentType()
