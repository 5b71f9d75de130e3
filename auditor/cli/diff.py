"""The command that compares two runs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from auditor.cli.files import make_folder, read_judged, write
from auditor.cli.params import FILE
from auditor.cli.terminal import safe, terminal_width, wrapped
from auditor.history import Comparison, compare, standing
from auditor.history.text import SHOWN, lines
from auditor.render import html_diff
from auditor.report import Report


@click.command(short_help="Say what became of the findings of an earlier run.")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="Form of the comparison.",
)
@click.option("-o", "--output", "file", type=FILE, help="File to write; stdout by default.")
@click.option("--all", "whole", is_flag=True, help=f"All changes in the text, not {SHOWN} of each kind.")
def diff(old: Path, new: Path, form: str, file: Path | None, *, whole: bool) -> None:
    r"""Say what became of the findings of OLD in NEW, with the like-for-like score.

    Both are report.json files, or snapshots, which are judged by the rules of today for the days of their
    scans. The like-for-like score is that of the checks which both have, under the severities, weights and
    ceilings of NEW. A failing finding that can no longer be judged is "no longer seen", never fixed.

    \b
    Examples:
      lambda-auditor diff last-week/report.json audit/report.json --all
      lambda-auditor diff old/report.json new/report.json -f html -o diff.html
      lambda-auditor diff old/snapshot.json new/snapshot.json -f json
    """
    report = read_judged(new)
    data = _formed(compare(standing(read_judged(old)), report), report, form, shown=0 if whole else SHOWN)
    if file is None:
        click.echo(data, nl=False)
        return
    make_folder(file.parent)
    click.echo(write(file, data if isinstance(data, bytes) else data.encode("utf-8", "replace")))


def _formed(found: Comparison, report: Report, form: str, *, shown: int) -> str | bytes:
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    if form == "html":
        return html_diff.render(found, report)
    return "".join(f"{row}\n" for line in lines(found, shown) for row in _rows(line))


def _rows(line: str) -> Iterator[str]:
    """Break the lines of one change to the terminal's width, where there is one."""
    width = terminal_width(sys.stdout)
    for part in safe(line).splitlines() or [""]:
        yield from wrapped(part, 12, width)
