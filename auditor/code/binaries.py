"""Native code in a package: built for another processor, another Python, or another operating system."""

import re
import struct
from collections.abc import Iterator

from auditor.code.archive import Archive
from auditor.model import Located

MOST_HEADERS = 60
_HEADER_BYTES = 20
# EI_DATA and its value for the most significant byte first.
_DATA_BYTE, _BIG_ENDIAN = 5, 2
# e_machine, https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
_MACHINES = {0x3E: "x86_64", 0xB7: "arm64", 0x03: "x86", 0x28: "arm"}
_TAGGED = re.compile(
    r"\.cpython-(?P<major>3)(?P<minor>\d{1,2})t?-(?P<machine>x86_64|aarch64|i386|arm\w*)-linux-(?P<libc>gnu|"
    r"musl)\w*\.so$"
)
_FOREIGN = re.compile(r"\.(?:cp3\d+-win\w+|cpython-3\d+-darwin)\.(?:pyd|so)$|\.(?:pyd|dylib)$")
_NATIVE = re.compile(
    r"\.(?:so(?:\.[\d.]+)?|node)$|^(?:bootstrap|bin/[^/]+|extensions/[^/]+|opt/extensions/[^/]+)$"
)
_MUSL = re.compile(r"-linux-musl|linuxmusl|/ld-musl-")
_NAMES = {"aarch64": "arm64", "i386": "x86"}
_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xcf")


def wrong_binaries(archive: Archive, *, runtime: str, architectures: tuple[str, ...]) -> tuple[Located, ...]:
    """Native members that the function cannot load: `wrong-architecture`, `wrong-abi`, `wrong-platform`.

    `what` is what they were built for. `architectures` are `x86_64` and `arm64`; empty, or both, accept
    either. Of a Node.js package that ships a binary for each platform none is wrong while one fits.
    """
    wrong, fitting = [], set()
    for name, kind, what in _judged(archive, runtime, architectures):
        if kind:
            wrong.append(Located(kind=kind, file=name, line=0, what=what))
        else:
            fitting.add(_family(name))
    return tuple(found for found in wrong if not _alternative(found.file, fitting))


def _judged(archive: Archive, runtime: str, architectures: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    headers = 0
    for name in archive.names:
        if _FOREIGN.search(name):
            yield name, "" if _prebuilt(name) else "wrong-platform", name.rpartition(".")[2]
            continue
        tagged = _TAGGED.search(name)
        if tagged:
            yield name, *_tag(tagged, runtime, architectures)
        elif _NATIVE.search(name) and headers < MOST_HEADERS and archive.size(name) > _HEADER_BYTES:
            headers += 1
            yield (
                name,
                *_header(archive.head(name, _HEADER_BYTES), architectures, musl=bool(_MUSL.search(name))),
            )


def _tag(tagged: "re.Match[str]", runtime: str, architectures: tuple[str, ...]) -> tuple[str, str]:
    machine = _NAMES.get(tagged["machine"], tagged["machine"])
    if not _fits(machine, architectures):
        return "wrong-architecture", machine
    if tagged["libc"] == "musl":
        return "wrong-platform", "musl"
    version = f"{tagged['major']}.{tagged['minor']}"
    if runtime.startswith("python") and runtime != f"python{version}":
        return "wrong-abi", f"cp{tagged['major']}{tagged['minor']}"
    return "", ""


def _header(header: bytes, architectures: tuple[str, ...], *, musl: bool) -> tuple[str, str]:
    if header.startswith(_MACH_O):
        return "wrong-platform", "darwin"
    if header.startswith(b"MZ"):
        return "wrong-platform", "windows"
    if not header.startswith(b"\x7fELF") or len(header) < _HEADER_BYTES:
        return "", ""
    order = ">" if header[_DATA_BYTE] == _BIG_ENDIAN else "<"
    (number,) = struct.unpack_from(f"{order}H", header, 18)
    machine = _MACHINES.get(number, f"machine {number}")
    if not _fits(machine, architectures):
        return "wrong-architecture", machine
    return ("wrong-platform", "musl") if musl else ("", "")


def _fits(machine: str, architectures: tuple[str, ...]) -> bool:
    return machine in (architectures or ("x86_64", "arm64"))


def _prebuilt(name: str) -> bool:
    return "/prebuilds/" in name or "/prebuilt/" in name


def _family(name: str) -> str:
    """The Node.js package or scope of packages that a binary stands in; for others their own name."""
    tail = name.rpartition("node_modules/")
    return tail[2].split("/")[0].split("-linux")[0] if tail[1] else name


def _alternative(name: str, fitting: set[str]) -> bool:
    return "node_modules/" in name and _family(name) in fitting
