"""The command on the days that runtimes end."""

from datetime import UTC, datetime
from pathlib import Path

import click

from auditor.cli.exits import refusing
from auditor.cli.files import read_snapshot, write
from auditor.cli.params import FILE
from auditor.cli.terminal import safe
from auditor.reference import load_reference
from auditor.runtime_dates import EVENTS, RuntimeDate, as_calendar, as_csv, runtime_dates

FORMATS = ("table", "csv", "ics")


@click.command(name="runtimes", short_help="When runtimes of a snapshot's functions end, as a calendar.")
@click.argument("snapshot", type=FILE)
@click.option("-f", "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("-o", "--output", "file", type=FILE, help="Write to this file.")
@click.option("--runtime-table", type=FILE, help="Runtime calendar to use in place of the packaged one.")
def list_runtimes(snapshot: Path, form: str, file: Path | None, runtime_table: Path | None) -> None:
    r"""Say on which days the runtimes of the functions in a SNAPSHOT end, versions in use included.

    \b
    Examples:
      lambda-auditor runtimes audit/snapshot.json
      lambda-auditor runtimes audit/snapshot.json -f ics -o runtimes.ics
      lambda-auditor runtimes audit/snapshot.json -f csv > runtimes.csv
    """
    now = datetime.now(UTC)
    inventory = read_snapshot(snapshot)
    rows = runtime_dates(inventory, refusing(lambda: load_reference(now.date(), runtime_table)))
    text = {"csv": as_csv, "ics": lambda found: as_calendar(found, now), "table": _table}[form](rows)
    if file is not None:
        click.echo(write(file, text.encode()))
    else:
        click.echo(text, nl=False)


def _table(rows: tuple[RuntimeDate, ...]) -> str:
    lines = [
        f"{row.day} {row.days_left:>6} d  {row.runtime:<16} {EVENTS[row.event]:<32} "
        f"{row.function} {row.version}, {row.region}"
        for row in rows
    ]
    return "".join(f"{safe(line)}\n" for line in lines or ["No runtime has a known date"])
