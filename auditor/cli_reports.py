"""Commands on reports that are there already: compare two, pack one with its evidence, verify a pack."""

import sys
from pathlib import Path

import click

from auditor.cli_options import FILE
from auditor.compare import compare, lines
from auditor.render import json_report
from auditor.render.evidence import evidence_zip, verify
from auditor.report import Report
from auditor.snapshot import SnapshotError, decode, write_whole
from auditor.terminal import fail, safe

USAGE, MISMATCH = 2, 1


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
def diff(old: Path, new: Path) -> None:
    """Say what became of the findings of OLD in NEW, two report.json files, with the like-for-like score."""
    for line in lines(compare(_report(old), _report(new))):
        click.echo(safe(line))


@click.command()
@click.argument("report", type=FILE)
@click.argument("snapshot", type=FILE)
@click.option("-o", "--output", "file", type=FILE, default=Path("evidence.zip"), show_default=True)
def pack(report: Path, snapshot: Path, file: Path) -> None:
    """Pack a REPORT and the SNAPSHOT it was made of into one file, with a manifest of hashes."""
    data = _bytes(snapshot)
    try:
        decode(data, str(snapshot))
        write_whole(file, evidence_zip(_report(report), data))
    except SnapshotError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{file} cannot be written: {error.strerror}")
    click.echo(str(file))


@click.command(name="verify")
@click.argument("file", type=FILE)
@click.option("--previous", type=FILE, help="The evidence file of the run before: does this one follow it?")
def verify_pack(file: Path, previous: Path | None) -> None:
    """Verify an evidence FILE: exit 0 where every file is as it was packed, 1 where one is not."""
    faults = verify(_bytes(file), previous=_bytes(previous) if previous else None)
    for fault in faults:
        click.echo(safe(fault))
    if faults:
        sys.exit(MISMATCH)
    click.echo(f"{file}: every file is as it was packed")


def _report(file: Path) -> Report:
    try:
        return json_report.read(_bytes(file), str(file))
    except json_report.ReportError as error:
        _refuse(str(error))
        raise


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _refuse(f"{file} cannot be read: {error.strerror}")
        raise


def _refuse(message: str) -> None:
    fail(message)
    sys.exit(USAGE)
