"""Known vulnerabilities from a copy of the OSV database: records of osv.dev as JSON files, or its `all.zip`
files.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from auditor.code.dependencies import normalised
from auditor.code.versions import Key, version_key
from auditor.model import Dependency, Reason, Unavailable

LARGEST_RECORD_BYTES = 4 * 1024 * 1024
ECOSYSTEMS = ("PyPI", "npm", "Go", "crates.io")


class OsvError(Exception):
    """A folder that holds no OSV records, in one sentence."""


class _Event(msgspec.Struct):
    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    limit: str = ""


class _Range(msgspec.Struct):
    type: str = ""
    events: list[_Event] = []


class _Package(msgspec.Struct):
    name: str = ""
    ecosystem: str = ""


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] = []
    versions: list[str] = []


class _Record(msgspec.Struct):
    id: str
    aliases: list[str] = []
    withdrawn: str | None = None
    affected: list[_Affected] = []


class OsvDatabase:
    """Records by (ecosystem, package name). `ecosystems` are those of which the folder holds any record."""

    def __init__(self, records: Iterable[_Record]) -> None:
        self._affected: dict[tuple[str, str], list[tuple[str, _Affected]]] = {}
        for record in records:
            if record.withdrawn:
                continue
            shown = next((alias for alias in record.aliases if alias.startswith("CVE-")), record.id)
            for affected in record.affected:
                if affected.package is not None:
                    ecosystem = affected.package.ecosystem.partition(":")[0]
                    key = (ecosystem, _name(ecosystem, affected.package.name))
                    self._affected.setdefault(key, []).append((shown, affected))
        self.ecosystems = frozenset(ecosystem for ecosystem, _ in self._affected)

    def vulnerabilities(self, dependency: Dependency) -> tuple[str, ...] | Unavailable:
        """Ids of the vulnerabilities (CVE where there is one) that a version has, sorted.

        `Unavailable` for an ecosystem without records, or a version that cannot be compared.
        """
        if dependency.ecosystem not in self.ecosystems or dependency.ecosystem not in ECOSYSTEMS:
            note = f"the vulnerability database has no records of {dependency.ecosystem}"
            return Unavailable(reason=Reason.NO_DATA, operation="", note=note)
        key = version_key(dependency.ecosystem, dependency.version)
        if key is None:
            note = "the version of the package is not known, or is no version number"
            return Unavailable(reason=Reason.NO_DATA, operation="", note=note)
        records = self._affected.get((dependency.ecosystem, _name(dependency.ecosystem, dependency.name)), ())
        found = {shown for shown, affected in records if _is_affected(dependency, key, affected)}
        return tuple(sorted(found))


def load_osv(folder: Path) -> OsvDatabase:
    """Read an OSV copy: `*.json` records and `*.zip` files of records, at any depth of the folder.

    `https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip`, and the same of `npm`, `Go` and
    `crates.io`, are such files.
    Raises `OsvError` where nothing in the folder is a record.
    """
    database = OsvDatabase(_records(folder))
    if not database.ecosystems:
        raise OsvError(f"{folder} holds no OSV records")
    return database


def matched(dependencies: Iterable[Dependency], database: OsvDatabase | None) -> tuple[Dependency, ...]:
    """The dependencies with their known vulnerabilities; `Unavailable` where there is no database."""
    missing = Unavailable(
        reason=Reason.NOT_COLLECTED, operation="osv-db", note="no vulnerability database was given (--osv-db)"
    )
    return tuple(
        msgspec.structs.replace(
            found, vulnerabilities=missing if database is None else database.vulnerabilities(found)
        )
        for found in dependencies
    )


def _records(folder: Path) -> Iterator[_Record]:
    decoder = msgspec.json.Decoder(_Record)
    for path in sorted(folder.rglob("*")):
        try:
            if path.suffix == ".json" and path.is_file():
                yield from _decoded(decoder, path.read_bytes())
            elif path.suffix == ".zip" and path.is_file():
                yield from _zipped(decoder, path)
        except (OSError, zipfile.BadZipFile) as error:
            raise OsvError(f"{path.name} cannot be read: {type(error).__name__}") from error


def _zipped(decoder: "msgspec.json.Decoder[_Record]", path: Path) -> Iterator[_Record]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.endswith(".json") and member.file_size <= LARGEST_RECORD_BYTES:
                with archive.open(member) as opened:
                    yield from _decoded(decoder, opened.read(LARGEST_RECORD_BYTES))


def _decoded(decoder: "msgspec.json.Decoder[_Record]", data: bytes) -> Iterator[_Record]:
    try:
        record = decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return
    if any(
        found.package and found.package.ecosystem.partition(":")[0] in ECOSYSTEMS for found in record.affected
    ):
        yield record


def _name(ecosystem: str, name: str) -> str:
    return normalised(name) if ecosystem == "PyPI" else name


def _is_affected(dependency: Dependency, key: Key, affected: _Affected) -> bool:
    if any(version_key(dependency.ecosystem, listed) == key for listed in affected.versions):
        return True
    return any(
        _in_range(dependency.ecosystem, key, found.events)
        for found in affected.ranges
        if found.type in {"ECOSYSTEM", "SEMVER"}
    )


def _in_range(ecosystem: str, key: Key, events: Iterable[_Event]) -> bool:
    """Whether a version lies in a range of events: https://ossf.github.io/osv-schema/#evaluation."""
    affected = False
    for order, kind in sorted(_ordered(ecosystem, events)):
        if order > key:
            break
        if kind == _INTRODUCED:
            affected = True
        elif kind == _FIXED or order < key:
            affected = False
    return affected


_INTRODUCED, _LAST_AFFECTED, _FIXED = 0, 1, 2


def _ordered(ecosystem: str, events: Iterable[_Event]) -> Iterator[tuple[Key, int]]:
    for event in events:
        fields: Mapping[int, str] = {
            _INTRODUCED: event.introduced,
            _LAST_AFFECTED: event.last_affected,
            _FIXED: event.fixed,
        }
        for kind, text in fields.items():
            order = () if text == "0" else version_key(ecosystem, text) if text else None
            if order is not None:
                yield order, kind
