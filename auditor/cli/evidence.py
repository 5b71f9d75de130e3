"""Commands on evidence files: pack a report with what it was made of, verify a pack."""

import sys
from pathlib import Path

import click

from auditor.cli.files import read_bytes, read_report, read_snapshot, write
from auditor.cli.params import FILE
from auditor.cli.terminal import safe
from auditor.render.evidence import evidence_zip, verify

MISMATCH = 1


@click.command(short_help="Pack a report with its evidence into one file.")
@click.argument("report", type=FILE)
@click.argument("snapshot", type=FILE)
@click.option("-o", "--output", "file", type=FILE, default=Path("evidence.zip"), show_default=True)
def pack(report: Path, snapshot: Path, file: Path) -> None:
    """Pack a REPORT and the SNAPSHOT it was made of into one file, with a manifest of hashes."""
    read_snapshot(snapshot)
    click.echo(write(file, evidence_zip(read_report(report), read_bytes(snapshot))))


@click.command(name="verify", short_help="Verify an evidence file.")
@click.argument("file", type=FILE)
@click.option("--previous", type=FILE, help="The evidence file of the run before: does this one follow it?")
def verify_pack(file: Path, previous: Path | None) -> None:
    """Verify an evidence FILE: exit 0 where every file is as it was packed, 1 where one is not."""
    faults = verify(read_bytes(file), previous=read_bytes(previous) if previous else None)
    for fault in faults:
        click.echo(safe(fault))
    if faults:
        sys.exit(MISMATCH)
    click.echo(f"{file}: every file is as it was packed")
