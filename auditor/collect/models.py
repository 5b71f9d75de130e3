"""botocore without what a scan never asks of it: service models narrowed, points in time read at once in UTC.

It keeps a model whole for as long as a client lives, which would be a third of a scan's memory; and it reads
each of the many points of a metric by way of the machine's own time zone, which would be a fifth of its time.
"""

import gzip
import shutil
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from mmap import mmap
from os import SEEK_END
from pathlib import Path, PurePath
from typing import Any

import boto3
from botocore.loaders import JSONFileLoader, Loader
from botocore.utils import parse_timestamp
from msgspec import Raw, json

from auditor.collect.guard import CREDENTIAL_OPERATIONS
from auditor.collect.operations import declared

Json = dict[str, Any]
Parts = dict[str, Raw]
MODEL = "service-2"
ENDPOINTS = "endpoints"
PROSE = "documentation"


class DeclaredModels(JSONFileLoader):
    """Reads the files that botocore's own loader does, and keeps of the models of some services the named
    operations alone.
    """

    def __init__(self, operations: Collection[tuple[str, str]]) -> None:
        self._names: dict[str, set[str]] = {}
        for service, name in operations:
            self._names.setdefault(service, set()).add(name)

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - botocore's signature
        """Return what is in a file."""
        written = _written(file_path)
        if written is None:
            return None
        path = PurePath(file_path)
        names = self._names.get(path.parent.parent.name)
        if path.name == ENDPOINTS:
            return endpoints(written)
        return narrowed(written, names) if names and path.name == MODEL else json.decode(written)


def _written(file_path: str) -> bytes | mmap | None:
    """Return what is written in a file that is named without the end of its name."""
    plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
    if plain.is_file():
        return plain.read_bytes()
    return _unpacked(packed) if packed.is_file() else None


def _unpacked(file: Path) -> mmap:
    """Unpack a file into memory that goes back whole: once the C library has freed a block of megabytes, it
    keeps as much for itself, and of each thread.
    """
    with file.open("rb") as source:
        source.seek(-4, SEEK_END)
        # The length modulo 2 ** 32 ends the file: https://www.rfc-editor.org/rfc/rfc1952
        text = mmap(-1, int.from_bytes(source.read(), "little"))
        source.seek(0)
        with gzip.open(source) as unpacked:
            shutil.copyfileobj(unpacked, text)
    return text


def lighten(session: boto3.Session) -> None:
    """Let a session's future clients know declared operations alone, and read times without a detour."""
    core = session._session  # noqa: SLF001 - boto3 hides its session
    loader = core.get_component("data_loader")
    core.register_component("data_loader", _loader(tuple(loader.search_paths)))
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=point_in_time)


@lru_cache(maxsize=1024)
def point_in_time(value: float | str) -> datetime:
    """Read a time as AWS writes it: seconds since 1970, or text. Metrics are of the same few instants."""
    return parse_timestamp(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)


@cache
def _loader(search_paths: tuple[str, ...]) -> Loader:
    """Return the one loader for all accounts, since it keeps what it read."""
    operations = {operation.key for operation in declared()} | CREDENTIAL_OPERATIONS
    return Loader(
        extra_search_paths=list(search_paths),
        file_loader=DeclaredModels(operations),
        # They are among the given ones, and each is looked through for the folders of all services.
        include_default_search_paths=False,
    )


class _Unread(dict[str, Any]):
    """Parts of a file by their names, each taken apart when it is asked for."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.decode(super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return a part, or the default."""
        try:
            return self[name]
        except KeyError:
            return default


def endpoints(written: bytes | mmap) -> Json:
    """Return the endpoints of all services; those that a scan never asks are never taken apart."""
    parts = json.decode(written, type=Parts)
    partitions = json.decode(parts.pop("partitions"), type=list[Parts])
    found: Json = {name: json.decode(part) for name, part in parts.items()}
    return {**found, "partitions": [_partition(one) for one in partitions]}


def _partition(parts: Parts) -> Json:
    services = _Unread(json.decode(parts.pop("services"), type=Parts))
    return {**{name: json.decode(part) for name, part in parts.items()}, "services": services}


def narrowed(model: bytes | mmap, names: Collection[str]) -> Json:
    """Return a written service model with the operations of these names, and the shapes that they are made
    of. The rest is never taken apart: of the largest model that would be a tenth of a scan's memory.
    """
    parts = json.decode(model, type=Parts)
    every = json.decode(parts["shapes"], type=Parts)
    shapes: Json = {}
    wanted: list[str] = []
    operations = {
        name: _without_prose(json.decode(row), wanted)
        for name, row in json.decode(parts["operations"], type=Parts).items()
        if name in names
    }
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = _without_prose(json.decode(every[name]), wanted)
    rest = {name: json.decode(part) for name, part in parts.items() if name not in {"operations", "shapes"}}
    return {**rest, "operations": operations, "shapes": shapes}


def _without_prose(value: Any, wanted: list[str]) -> Any:  # noqa: ANN401 - JSON
    """Copy a part of a model without its prose, and add the shapes that it names to the wanted ones."""
    if isinstance(value, Mapping):
        name = value.get("shape")
        if isinstance(name, str):
            wanted.append(name)
        return {key: _without_prose(item, wanted) for key, item in value.items() if not _is_prose(key, item)}
    if isinstance(value, list):
        return [_without_prose(item, wanted) for item in value]
    return value


def _is_prose(key: str, value: object) -> bool:
    # A member of this name is a mapping.
    return key == PROSE and isinstance(value, str)
