"""The evidence file: every text format, the snapshot, and a manifest of hashes, caller and scope."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256

import msgspec

from auditor.render import TEXT_FORMATS, render
from auditor.render.plain import FormatError, indented, instant, line, whole
from auditor.report import Report

MANIFEST, SNAPSHOT = "manifest.json", "snapshot.json"
FORM = 1
# The earliest time that a zip can hold: the same report gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
PLAIN_FILE = 0o100644 << 16
# Caps on what `verify` reads: members, bytes of the manifest, bytes of everything unpacked.
MEMBERS, MANIFEST_BYTES, TOTAL_BYTES = 500, 4 * 2**20, 4 * 2**30
CHUNK = 2**20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    OSError,
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its size in bytes and the SHA-256 of its content, in hexadecimal."""

    bytes: int
    sha256: str


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that was asked and denied, how often, and how many times it was throttled."""

    operation: str
    requests: int
    denied: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds and how it came about. `previous` is the SHA-256 of the manifest before, or "".

    The hashes tell an accident or a careless change; whoever rewrites the manifest too is only found out by
    the manifest's own hash, kept elsewhere or in the evidence that follows.
    """

    form: int
    tool: str
    tool_version: str
    score_profile: str
    report_schema: int
    scan: str
    caller: str
    accounts: tuple[str, ...]
    failed_accounts: tuple[tuple[str, str], ...]
    regions: tuple[str, ...]
    skipped_regions: tuple[tuple[str, str], ...]
    filters: tuple[str, ...]
    tier: str
    complete: bool
    started_at: str
    ended_at: str
    judged_for: str
    rendered_at: str
    requests: int
    denied: tuple[Denied, ...]
    score: int
    coverage: int
    previous: str
    files: dict[str, Entry]


def evidence_zip(report: Report, snapshot: bytes, *, previous: str = "") -> bytes:
    """Return the evidence file, the same bytes for the same report and snapshot.

    `snapshot` is the encoded inventory that was judged, `previous` what `manifest_hash` says of the
    run before.
    """
    report = whole(report)
    files = {name: data for wanted in TEXT_FORMATS for name, data in render(report, wanted).items()}
    files[SNAPSHOT] = snapshot
    files[MANIFEST] = indented(_manifest(report, files, previous))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = PLAIN_FILE
            packed.writestr(info, files[name])
    return out.getvalue()


def _manifest(report: Report, files: Mapping[str, bytes], previous: str) -> Manifest:
    scan = report.scan
    return Manifest(
        form=FORM,
        tool="lambda-auditor",
        tool_version=report.tool_version,
        score_profile=report.score_profile,
        report_schema=report.schema_version,
        scan=scan.id,
        caller=scan.caller,
        accounts=tuple(account.id for account in report.accounts),
        failed_accounts=scan.failed_accounts,
        regions=scan.regions,
        skipped_regions=scan.skipped_regions,
        filters=scan.filters,
        tier=scan.tier,
        complete=scan.complete,
        started_at=instant(scan.started_at),
        ended_at=instant(scan.ended_at),
        judged_for=report.as_of.isoformat(),
        rendered_at=instant(report.generated_at),
        requests=scan.requests,
        denied=tuple(
            Denied(operation=row.operation, requests=row.requests, denied=row.denied)
            for row in scan.operations
            if row.denied
        ),
        score=report.score,
        coverage=report.coverage,
        previous=previous,
        files={name: _entry(data) for name, data in sorted(files.items())},
    )


def _entry(data: bytes) -> Entry:
    return Entry(bytes=len(data), sha256=sha256(data).hexdigest())


def verify(data: bytes, *, previous: bytes | None = None) -> list[str]:
    """Return what does not match, one sentence a file; an empty list where everything does.

    With `previous`, the evidence file of the run before, also whether this one follows it. A file that is no
    evidence, or is made to do harm when unpacked, gives one sentence; nothing is written to disk.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            manifest = _read_manifest(packed)
            wrong = [*_mismatches(packed, manifest), *_strangers(packed, manifest)]
        if previous is not None and manifest_hash(previous) != manifest.previous:
            wrong.append("the manifest does not follow the one given as the run before")
    except FormatError as error:
        return [str(error)]
    except BROKEN as error:
        return [f"this is not a whole zip file: {line(str(error)) or type(error).__name__}"]
    return wrong


def manifest_hash(data: bytes) -> str:
    """Return the SHA-256 of an evidence file's manifest, for the next one to follow.

    Raises `FormatError` for what is no evidence file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            _members(packed)
            return sha256(_small(packed, MANIFEST)).hexdigest()
    except BROKEN as error:
        raise FormatError(f"this is not a whole evidence file: {line(str(error))}") from error


def _members(packed: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name. Raises `FormatError` for more, or others, than evidence has."""
    infos = packed.infolist()
    if len(infos) > MEMBERS:
        raise FormatError(f"the zip has {len(infos)} members, evidence has at most {MEMBERS}")
    for info in infos:
        if not NAME.fullmatch(info.filename):
            raise FormatError(
                f"the zip has a member {info.filename[:80]!r}: evidence has plain file names only"
            )
        if info.flag_bits & 0x1:
            raise FormatError(f"member {info.filename} is encrypted: evidence is not")
    names = {info.filename: info for info in infos}
    if len(names) != len(infos):
        raise FormatError("the zip has two members of one name")
    if sum(info.file_size for info in infos) > TOTAL_BYTES:
        raise FormatError(f"the zip unpacks to more than {TOTAL_BYTES} bytes")
    return names


def _small(packed: zipfile.ZipFile, name: str) -> bytes:
    try:
        with packed.open(name) as member:
            content = member.read(MANIFEST_BYTES + 1)
    except KeyError as error:
        raise FormatError(f"the zip has no {name}: it is not evidence") from error
    if len(content) > MANIFEST_BYTES:
        raise FormatError(f"{name} is larger than {MANIFEST_BYTES} bytes")
    return content


def _read_manifest(packed: zipfile.ZipFile) -> Manifest:
    _members(packed)
    try:
        manifest = msgspec.json.decode(_small(packed, MANIFEST), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"{MANIFEST} cannot be read: {line(str(error))}") from error
    if manifest.form != FORM:
        raise FormatError(f"{MANIFEST} has form {manifest.form}, this program reads {FORM}")
    return manifest


def _mismatches(packed: zipfile.ZipFile, manifest: Manifest) -> Iterator[str]:
    members = _members(packed)
    for name, entry in sorted(manifest.files.items()):
        shown = line(name)
        if name not in members:
            yield f"{shown} is missing"
            continue
        try:
            found = _digest(packed, members[name], entry.bytes)
        except BROKEN as error:
            yield f"{shown} cannot be unpacked: {line(str(error))}"
            continue
        if found != entry.sha256:
            yield f"{shown} does not match its hash"


def _digest(packed: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> str:
    """Hash a member, reading at most one byte more than the manifest says it has."""
    digest, left = sha256(), min(size, TOTAL_BYTES) + 1
    with packed.open(info) as member:
        while left > 0 and (chunk := member.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def _strangers(packed: zipfile.ZipFile, manifest: Manifest) -> Iterator[str]:
    for name in sorted(_members(packed).keys() - manifest.files.keys() - {MANIFEST}):
        yield f"{name} is not in the manifest"
