"""The command on the history of runs."""

import os
from itertools import groupby
from pathlib import Path

import click
import msgspec

from auditor.cli.exits import refusing
from auditor.cli.params import FILE
from auditor.cli.terminal import safe
from auditor.history import Run
from auditor.history.local import default_file, forget, runs


@click.command(name="history", short_help="List the runs that scans have kept.")
@click.option(
    "--history", "file", type=FILE, help="The history file; the one in your data folder by default."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the scores of the checklist's items.")
@click.option("--forget", "forgets", is_flag=True, help="Delete all runs from it.")
def list_history(file: Path | None, *, as_json: bool, forgets: bool) -> None:
    r"""List the runs that scans have kept: those of the same scope make one line.

    A run is kept in numbers, with the state of each check on each resource by name; no message and no
    evidence is. A scan with --no-history, or LAMBDA_AUDITOR_NO_HISTORY=1, keeps nothing; --demo never does.

    \b
    Examples:
      lambda-auditor history
      lambda-auditor history --json | jq '.[-1].items'
      lambda-auditor history --forget
    """
    where = file or default_file(os.environ)
    if forgets:
        count = refusing(lambda: forget(where))
        click.echo(f"{where}: {count:,} {'run' if count == 1 else 'runs'} deleted")
        return
    found = refusing(lambda: runs(where))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    click.echo(safe(runs_text(found)) if found else f"{where}: no run yet")


def runs_text(found: tuple[Run, ...]) -> str:
    """Return the runs as text, each scope under a line of its own."""
    ordered = sorted(found, key=lambda run: (run.title, run.scope, run.at))
    parts = []
    for _, group in groupby(ordered, key=lambda run: run.scope):
        line = list(group)
        parts += [_head(line[-1]), COLUMNS, *map(_line, line)]
    return "\n".join(parts)


COLUMNS = "  run (UTC)         grade  score  coverage  failed  unknown  functions"


def _head(run: Run) -> str:
    chosen = f"; {', '.join(run.selection)}" if run.selection else ""
    return f"{run.title}: {', '.join(run.regions) or 'no region'}, tier {run.tier}{chosen}"


def _line(run: Run) -> str:
    counts = run.counts
    numbers = f"{run.coverage:>6} %  {counts.failed:>6,}  {counts.unknown:>7,}  {run.functions:>9,}"
    end = "" if run.complete else "  incomplete"
    return f"  {run.at:%Y-%m-%d %H:%M}  {run.grade:<5}  {run.score:>5}  {numbers}{end}"
