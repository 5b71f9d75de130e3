"""The command on what a function is built from."""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import msgspec

from auditor.cli.exits import INCOMPLETE, refusing
from auditor.cli.files import read_snapshot, write
from auditor.cli.params import FILE
from auditor.cli.terminal import fail
from auditor.code.sbom import cyclonedx
from auditor.deployed import parts_of
from auditor.model import EvidenceMissingError, PackageFacts, Unavailable
from auditor.suggestion import Subject, find_subject

Parts = tuple[tuple[str, PackageFacts | Unavailable], ...]


@click.command(short_help="The bill of materials of a function.")
@click.argument("function")
@click.argument("snapshot", type=FILE)
@click.option("-o", "--output", "file", type=FILE, help="Write to this file.")
def sbom(function: str, snapshot: Path, file: Path | None) -> None:
    r"""Print what a FUNCTION's package and layers hold of others, as CycloneDX 1.6, from a SNAPSHOT.

    Use a snapshot of --tier deep, which reads packages. What could not be read is said on stderr, the
    document calls itself incomplete, and the exit code is 3.

    \b
    Example:
      lambda-auditor scan --tier deep -o audit
      lambda-auditor sbom orders-api audit/snapshot.json -o orders-api.cdx.json
    """
    inventory = read_snapshot(snapshot)
    subject = refusing(lambda: find_subject(inventory, function))
    parts = _parts(subject)
    unread = list(_unread(parts))
    document = cyclonedx(
        (one for _, part in parts if isinstance(part, PackageFacts) for one in part.dependencies),
        name=subject.function.name,
        version=subject.function.code_sha256,
        tool_version=version("lambda-auditor"),
        whole=not unread,
    )
    data = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    click.echo(data, nl=False) if file is None else click.echo(write(file, data))
    for said in unread:
        fail(said)
    if unread:
        sys.exit(INCOMPLETE)


def _parts(subject: Subject) -> Parts:
    try:
        return parts_of(subject.function, subject.region)
    except EvidenceMissingError as missing:
        return (("package", missing.unavailable),)


def _unread(parts: Parts) -> Iterator[str]:
    for part_name, part in parts:
        name = "the package" if part_name == "package" else part_name
        if isinstance(part, Unavailable):
            yield f"what {name} holds was not seen: {part}"
        elif any(one.kind == "packages-unread" for one in part.executables):
            yield f"{name} holds an executable that does not say what it was built from"
