"""Files as commands read and write them: a refusal names the file, the cause and the remedy."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from auditor.cli.exits import USAGE, end, refusing
from auditor.cli.given import Output
from auditor.cli.params import STDOUT, Wanted
from auditor.model import Inventory
from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.render import html as html_format
from auditor.render import json_report
from auditor.render import render as render_format
from auditor.render.plain import whole
from auditor.report import Report
from auditor.snapshot import decode, write_whole


def read_bytes(file: Path) -> bytes:
    """Return what is in a file."""
    try:
        return file.read_bytes()
    except OSError as error:
        end(USAGE, f"{file} cannot be read: {error.strerror}")


def read_report(file: Path) -> Report:
    """Return the report in a report.json."""
    data = read_bytes(file)
    return refusing(lambda: json_report.read(data, str(file)))


def read_snapshot(file: Path) -> Inventory:
    """Return the inventory in a snapshot."""
    data = read_bytes(file)
    return refusing(lambda: decode(data, str(file)))


def read_judged(file: Path) -> Report:
    """Return the report in a report.json, or that of a snapshot by the rules of today."""
    data = read_bytes(file)
    if json_report.is_report(data):
        return refusing(lambda: json_report.read(data, str(file)))
    inventory = refusing(lambda: decode(data, str(file)))
    rules = refusing(lambda: load_rules(RuleFiles(), inventory.scan.ended_at))
    return audit(inventory, rules, inventory.scan.ended_at)


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        end(USAGE, f"the folder {folder} cannot be made: {error.strerror}")


def write(file: Path, data: bytes) -> str:
    """Write a file whole, and return its name."""
    try:
        write_whole(file, data)
    except OSError as error:
        end(USAGE, f"{file} cannot be written: {error.strerror}; choose another folder with -o")
    return str(file)


def write_formats(report: Report, output: Output, formats: Iterable[Wanted]) -> list[str]:
    """Write a report in each format, and return the names of the files."""
    return [name for wanted in dict.fromkeys(formats) for name in _written(report, output, wanted)]


def _written(report: Report, output: Output, wanted: Wanted) -> Iterator[str]:
    files = refusing(lambda: _rendered(report, wanted.format, html_plain=output.html_plain))
    if not wanted.place:
        yield from (write(output.folder / name, data) for name, data in files.items())
        return
    # Of a format with several files, the first is what it is about.
    data = next(iter(files.values()))
    if wanted.place == STDOUT:
        click.echo(data, nl=False)
        return
    place = Path(wanted.place)
    make_folder(place.parent)
    yield write(place, data)


def _rendered(report: Report, format_name: str, *, html_plain: bool) -> Mapping[str, bytes]:
    if format_name == "html" and html_plain:
        return {"report.html": html_format.render(whole(report), plain=True)}
    return render_format(report, format_name)
