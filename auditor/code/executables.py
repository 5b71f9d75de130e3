"""The packages that a native executable was built from, as compilers of Go and Rust write them into it."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from auditor.code.archive import Archive, PackageError
from auditor.model import Located, Reason

BOOTSTRAP = "bootstrap"
MOST_EXECUTABLE_BYTES = 32 * 1024 * 1024
LONGEST_TEXT = 1024 * 1024
MOST_LIST_BYTES = 8 * 1024 * 1024
MOST_PACKAGES = 5_000
_MAGIC_BYTES = 4
_ELF = b"\x7fELF"
# EI_CLASS and EI_DATA of 64 bits, least significant byte first: what Lambda's processors run.
_ELF_KIND = b"\x02\x01"
# e_shoff, e_shentsize, e_shnum and e_shstrndx; sh_name, sh_offset and sh_size:
# https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html
_SECTION_TABLE = struct.Struct("<40xQ10xHHH")
_SECTION = struct.Struct("<L20xQQ")
# The header that Go's linker writes, 16 bytes aligned: magic, pointer size, flags; 32 bytes from its start on
# the version and the modules as strings with their lengths before them, since Go 1.18:
# https://pkg.go.dev/debug/buildinfo and https://go.dev/src/debug/buildinfo/buildinfo.go
_GO_MAGIC = b"\xff Go buildinf:"
_GO_ALIGNMENT, _GO_FLAGS, _GO_HEADER_BYTES, _GO_INLINE = 16, 15, 32, 2
_GO_KNOWN_FLAGS = 3
_GO_MARK_BYTES = 16
_GO_TRIES = 64
_GO_VERSION = re.compile(
    r"(?P<shown>go(?P<numbers>\d+(?:\.\d+){1,2})(?:(?P<stage>rc|beta)(?P<stage_n>\d+))?)\b"
)
_MODULE = re.compile(r"^(?P<kind>mod|dep|=>)\t(?P<name>[^\t\n]+)(?:\t(?P<version>[^\t\n]*))?", re.MULTILINE)
# https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
_RUST_SECTION = ".dep-v0"

Package = tuple[str, str, str]


class Built(NamedTuple):
    """(ecosystem, name, version) of packages, and facts: `go-toolchain`, `go-module`, `packages-unread`."""

    packages: tuple[Package, ...] = ()
    facts: tuple[Located, ...] = ()


class _Crate(msgspec.Struct):
    name: str
    version: str = ""
    source: str = ""
    kind: str = "runtime"
    root: bool = False


class _Crates(msgspec.Struct):
    packages: list[_Crate] = []


class _UnreadError(Exception):
    """An executable that does not tell; the text says why, without content of it."""


def built_from(archive: Archive, *, runtime: str = "", handler: str = "") -> Built:
    """Read `bootstrap`, and the handler's file of the runtime `go1.x`, where it is an ELF executable.

    At most 32 MiB of each are read. Raises `PackageError` where a member is broken.
    """
    candidates = dict.fromkeys((BOOTSTRAP, *((handler,) if runtime.startswith("go") else ())))
    found = [_executable(archive, name) for name in candidates if name in archive]
    return Built(
        packages=tuple(package for one in found for package in one.packages),
        facts=tuple(fact for one in found for fact in one.facts),
    )


def _executable(archive: Archive, name: str) -> Built:
    try:
        if archive.head(name, _MAGIC_BYTES) != _ELF:
            return Built()
        data = archive.head(name, MOST_EXECUTABLE_BYTES)
        built = _go(data, name) or _rust(data)
    except _UnreadError as error:
        return _unread(name, str(error))
    except PackageError as error:
        if error.reason is Reason.PACKAGE_UNREADABLE:
            raise
        return _unread(name, str(error))
    if built is None and archive.size(name) > len(data):
        return _unread(name, f"no list of packages in the first {len(data) // 2**20} MiB of the executable")
    return built or _unread(name, "no list of packages in the executable")


def _unread(name: str, why: str) -> Built:
    return Built(facts=(_fact("packages-unread", name, why),))


def _fact(kind: str, name: str, what: str) -> Located:
    return Located(kind=kind, file=name, line=0, what=what)


def _go(data: bytes, name: str) -> Built | None:
    found = _build_information(data)
    if found is None:
        return None
    version, modules = found
    toolchain = _GO_VERSION.match(version)
    facts = (_fact("go-toolchain", name, toolchain["shown"] if toolchain else "development version"),)
    standard = (("Go", "stdlib", _standard(toolchain)),) if toolchain else ()
    if not modules:
        unread = _fact("packages-unread", name, "built by Go without modules")
        return Built(packages=standard, facts=(*facts, unread))
    entries = tuple(_modules(modules))
    own = tuple(_fact("go-module", name, path) for kind, path, _ in entries if kind == "mod")
    third = tuple(("Go", path, number) for kind, path, number in entries if kind == "dep")
    return Built(packages=(*standard, *third), facts=(*facts, *own))


def _standard(toolchain: "re.Match[str]") -> str:
    """The version of Go's standard library as vulnerability databases write it: `1.21.0-rc.2`."""
    numbers = toolchain["numbers"].split(".")
    release = ".".join([*numbers, "0"][:3])
    return f"{release}-{toolchain['stage']}.{toolchain['stage_n']}" if toolchain["stage"] else release


def _build_information(data: bytes) -> tuple[str, str] | None:
    """The version of Go and the lines of modules; None where the executable holds neither."""
    at, old = -1, False
    for _ in range(_GO_TRIES):
        at = data.find(_GO_MAGIC, at + 1)
        if at < 0:
            break
        header = data[at : at + _GO_HEADER_BYTES]
        if at % _GO_ALIGNMENT or len(header) < _GO_HEADER_BYTES or header[_GO_FLAGS] > _GO_KNOWN_FLAGS:
            continue
        if not header[_GO_FLAGS] & _GO_INLINE:
            old = True
            continue
        version, after = _text(data, at + _GO_HEADER_BYTES)
        if version.startswith((b"go", b"devel")):
            modules, _ = _text(data, after)
            return version.decode("utf-8", "replace"), _unmarked(modules).decode("utf-8", "replace")
    if old:
        raise _UnreadError("build information in the format of before Go 1.18, which is not read")
    return None


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    """A text with its length before it as an unsigned varint, and where it ends.

    https://pkg.go.dev/encoding/binary#Uvarint
    """
    length = 0
    for position in range(5):
        byte = data[at + position : at + position + 1]
        if not byte:
            break
        length |= (byte[0] & 0x7F) << (7 * position)
        if byte[0] < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            start = at + position + 1
            if length > LONGEST_TEXT or start + length > len(data):
                break
            return data[start : start + length], start + length
    raise _UnreadError("broken build information")


def _unmarked(modules: bytes) -> bytes:
    """The lines of modules without the 16 bytes by which they are found in memory, before and after them."""
    return modules[_GO_MARK_BYTES:-_GO_MARK_BYTES] if len(modules) > 2 * _GO_MARK_BYTES else b""


def _modules(text: str) -> Iterator[Package]:
    """(kind, path, version) of the main module and its dependencies, each as what replaced it.

    Code from a folder beside the main module keeps its name and has no version.
    """
    entries: list[Package] = []
    for found in _MODULE.finditer(text):
        version = found["version"] or ""
        version = "" if version == "(devel)" else version
        if found["kind"] != "=>":
            entries.append((found["kind"], found["name"], version))
        elif entries:
            kind, name, _ = entries.pop()
            entries.append((kind, found["name"] if version else name, version))
        if len(entries) > MOST_PACKAGES:
            raise _UnreadError(f"more than {MOST_PACKAGES:,} modules")
    yield from entries


def _rust(data: bytes) -> Built | None:
    section = _section(data, _RUST_SECTION)
    if section is None:
        return None
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(section, MOST_LIST_BYTES)
        crates = msgspec.json.decode(text, type=_Crates).packages if unpacking.eof else None
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        crates = None
    if crates is None or len(crates) > MOST_PACKAGES:
        raise _UnreadError("a broken list of crates, or one that is too long")
    return Built(
        packages=tuple(
            ("crates.io", crate.name, crate.version)
            for crate in crates
            if crate.kind == "runtime" and crate.source != "local" and not crate.root
        )
    )


def _section(data: bytes, wanted: str) -> bytes | None:
    """The content of a section of a 64-bit executable; None where there is none of this name."""
    if data[_MAGIC_BYTES : _MAGIC_BYTES + 2] != _ELF_KIND or len(data) < _SECTION_TABLE.size:
        return None
    start, size, count, names_at = _SECTION_TABLE.unpack_from(data)
    if size < _SECTION.size or names_at >= count or start + size * count > len(data):
        return None
    sections = [_SECTION.unpack_from(data, start + size * number) for number in range(count)]
    _, offset, length = sections[names_at]
    names = data[offset : offset + length]
    key = wanted.encode() + b"\0"
    for name, at, bytes_long in sections:
        if names[name : name + len(key)] == key:
            if at + bytes_long > len(data) or bytes_long > LONGEST_TEXT:
                raise _UnreadError("a broken list of crates, or one that is too long")
            return data[at : at + bytes_long]
    return None
