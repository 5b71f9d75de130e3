"""Inventories as files: written whole or not at all, read back with the place of the error."""

import os
import tempfile
from pathlib import Path

import msgspec

from auditor.model import Inventory

SCHEMA_VERSION = 1


class SnapshotError(Exception):
    """A snapshot that cannot be read; the text names the file, the cause and the remedy."""


class _Version(msgspec.Struct):
    schema_version: int = SCHEMA_VERSION


def encode(inventory: Inventory) -> bytes:
    """Return an inventory as JSON, the same bytes for the same inventory."""
    return msgspec.json.encode(inventory)


def decode(data: bytes, source: str) -> Inventory:
    """Return the inventory that `encode` wrote. Raises `SnapshotError` naming `source` and the field in
    question.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).schema_version
        if version != SCHEMA_VERSION:
            raise SnapshotError(
                f"{source} has snapshot version {version}, this program reads {SCHEMA_VERSION}: scan again"
            )
        return msgspec.json.decode(data, type=Inventory)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(f"{source} is not a whole snapshot ({error}): scan again") from error


def schema() -> bytes:
    """Return the JSON Schema of a snapshot."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Inventory)), indent=1)


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old bytes or all of the new ones, never a part. Raises
    `OSError`.

    A link is followed; a device or a pipe, such as /dev/stdout, is written to as it is.
    """
    if file.exists() and not file.is_file():
        file.write_bytes(data)
        return
    file = Path(os.path.realpath(file))
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
