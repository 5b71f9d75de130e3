"""Files as commands read and write them: a refusal names the file, the cause and the remedy."""

from collections.abc import Iterable
from pathlib import Path

from auditor.cli.exits import USAGE, end, refusing
from auditor.cli.options import Output
from auditor.model import Inventory
from auditor.render import json_report
from auditor.render import render as render_format
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


def write_formats(report: Report, output: Output, formats: Iterable[str]) -> list[str]:
    """Write a report in each format, and return the names of the files."""
    return [
        write(output.folder / name, data)
        for wanted in dict.fromkeys(formats)
        for name, data in refusing(lambda: render_format(report, wanted)).items()  # noqa: B023 - called here
    ]
