"""The command that compares two reports."""

from pathlib import Path

import click

from auditor.cli.files import read_report
from auditor.cli.params import FILE
from auditor.cli.terminal import safe
from auditor.history import compare, standing
from auditor.history.compare import lines


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
def diff(old: Path, new: Path) -> None:
    """Say what became of the findings of OLD in NEW, two report.json files, with the like-for-like score."""
    for line in lines(compare(standing(read_report(old)), read_report(new))):
        click.echo(safe(line))
