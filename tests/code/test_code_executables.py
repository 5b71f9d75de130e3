"""What native executables tell of the packages they were built from; the executables are built here."""
# ruff: noqa: E501 - a row of a table is one line

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.code import analyse_package, load_osv
from auditor.model import CodeFacts, Dependency, PackageFacts, Unavailable

Zipped = Callable[[Mapping[str, str | bytes]], bytes]

MARK = b"0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6"
END_MARK = b"\xf92C1\x86\x18 r\x00\x82B\x10A\x16\xd8\xf2"
MODULES = (
    "path\texample.com/orders\nmod\texample.com/orders\t(devel)\t\n"
    "dep\tgithub.com/aws/aws-lambda-go\tv1.47.0\th1:abc=\n"
    "dep\tgolang.org/x/net\tv0.17.0\th1:def=\n"
    "dep\texample.com/old\tv1.0.0\n=>\texample.com/fork\tv1.0.1\th1:ghi=\n"
    "dep\texample.com/beside\tv0.1.0\n=>\t./beside\t(devel)\t\n"
    'build\t-ldflags="-X main.token=canary-in-linker-flags"\nbuild\tGOOS=linux\n'
)
CRATES = {
    "packages": [
        {"name": "adler", "version": "1.0.2", "source": "crates.io"},
        {"name": "cc", "version": "1.0.9", "source": "crates.io", "kind": "build"},
        {"name": "shared", "version": "0.1.0", "source": "local"},
        {"name": "orders", "version": "0.1.0", "source": "local", "root": True, "dependencies": [0]},
    ],
    "format": 1,
}


def varint(number: int) -> bytes:
    found = b""
    while number >= 0x80:
        found, number = found + bytes((number & 0x7F | 0x80,)), number >> 7
    return found + bytes((number,))


def elf(sections: Mapping[str, bytes], before: bytes = b"", *, count: int | None = None) -> bytes:
    """A 64-bit executable for x86-64 with its section table at the end, as linkers write it."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    body, headers = before + b"\0" * (-len(before) % 16), struct.pack("<LLQQQQLLQQ", *([0] * 10))
    for name, content in (*sections.items(), (".shstrtab", names)):
        at = names.index(b"\0" + name.encode() + b"\0") + 1
        headers += struct.pack("<LLQQQQLLQQ", at, 1, 0, 0, 64 + len(body), len(content), 0, 0, 0, 0)
        body += content + b"\0" * (-len(content) % 16)
    number = len(sections) + 2
    kind = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack("<HHLQQ", 2, 0x3E, 1, 0, 0)
    table = struct.pack("<QLHHHHHH", 64 + len(body), 0, 64, 0, 0, 64, count or number, number - 1)
    return kind + table + body + headers


def go(
    modules: str = MODULES, version: str = "go1.21rc2 X:arenas", *, flags: int = 2, length: bytes = b""
) -> bytes:
    """What the linker of Go puts into `.go.buildinfo`."""
    text = MARK + modules.encode() + END_MARK if modules else b""
    strings = varint(len(version)) + version.encode() + (length or varint(len(text))) + text
    return b"\xff Go buildinf:\x08" + bytes((flags,)) + b"\0" * 16 + strings


def rust(packed: bytes | None = None) -> bytes:
    return elf({".dep-v0": zlib.compress(json.dumps(CRATES).encode()) if packed is None else packed})


GO_SECTION = ".go.buildinfo"
OF_GO = {
    ("Go", "stdlib", "1.21.0-rc.2"),
    ("Go", "github.com/aws/aws-lambda-go", "v1.47.0"),
    ("Go", "golang.org/x/net", "v0.17.0"),
    ("Go", "example.com/fork", "v1.0.1"),
    ("Go", "example.com/beside", ""),
}
TOLD: dict[str, tuple[bytes, set[tuple[str, str, str]], set[tuple[str, str]]]] = {
    "go": (elf({GO_SECTION: go()}), OF_GO, {("go-toolchain", "go1.21rc2"), ("go-module", "example.com/orders")}),
    "go behind texts that look alike": (
        elf({GO_SECTION: go()}, b"x\xff Go buildinf:" + b"\0" * 17 + b"\xff Go buildinf:\x08\x02" + b"\0" * 30),
        OF_GO,
        {("go-toolchain", "go1.21rc2"), ("go-module", "example.com/orders")},
    ),
    "go without modules": (
        elf({GO_SECTION: go("", "go1.22")}),
        {("Go", "stdlib", "1.22.0")},
        {("go-toolchain", "go1.22"), ("packages-unread", "built by Go without modules")},
    ),
    "go of a development version": (
        elf({GO_SECTION: go("mod\ta.b/c\t(devel)\t\n", "devel go1.23-abc")}),
        set(),
        {("go-toolchain", "development version"), ("go-module", "a.b/c")},
    ),
    "rust": (rust(), {("crates.io", "adler", "1.0.2")}, set()),
    "a script": (b"#!/bin/sh\nexec node app.js\n", set(), set()),
}  # fmt: skip
UNREAD = {
    "go before 1.18": (elf({GO_SECTION: go(flags=0)}), "build information in the format of before Go 1.18, which is not read"),
    "go with a length beyond the file": (elf({GO_SECTION: go(length=varint(900_000))}), "broken build information"),
    "go with a length of gigabytes": (elf({GO_SECTION: go(length=varint(2**34))}), "broken build information"),
    "go with a length without end": (elf({GO_SECTION: go(length=b"\xff" * 40)}), "broken build information"),
    "go cut off": (elf({GO_SECTION: go()})[:100], "broken build information"),
    "go with too many modules": (elf({GO_SECTION: go("dep\ta\tv1\n" * 6_000)}), "more than 5,000 modules"),
    "rust without a list": (elf({".text": b"\0" * 64}), "no list of packages in the executable"),
    "rust with a bomb": (rust(zlib.compress(b" " * 40_000_000)), "a broken list of crates, or one that is too long"),
    "rust with a broken list": (rust(b"not zlib"), "a broken list of crates, or one that is too long"),
    "rust with a list of something else": (rust(zlib.compress(b'{"packages": 3}')), "a broken list of crates, or one that is too long"),
    "rust with a deep list": (rust(zlib.compress(b'{"packages": ' + b"[" * 100_000)), "a broken list of crates, or one that is too long"),
    "rust cut off": (rust()[:-40], "no list of packages in the executable"),
    "more sections than there are": (elf({".dep-v0": b""}, count=65_000), "no list of packages in the executable"),
    "no more than a magic": (b"\x7fELF", "no list of packages in the executable"),
}  # fmt: skip


def listed(archive: bytes, runtime: str = "provided.al2023", handler: str = "bootstrap") -> PackageFacts:
    found = analyse_package(
        archive,
        runtime=runtime,
        handler=handler,
        architecture="x86_64",
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts), found
    assert isinstance(found.package, PackageFacts)
    return found.package


@pytest.mark.parametrize(("executable", "packages", "facts"), TOLD.values(), ids=TOLD)
def test_packages_in_an_executable(
    zipped: Zipped, executable: bytes, packages: set[tuple[str, str, str]], facts: set[tuple[str, str]]
) -> None:
    found = listed(zipped({"bootstrap": executable}))
    assert {(one.ecosystem, one.name, one.version) for one in found.dependencies} == packages
    assert {(fact.kind, fact.what) for fact in found.executables} == facts
    assert "canary" not in repr(found)


@pytest.mark.parametrize(("executable", "reason"), UNREAD.values(), ids=UNREAD)
def test_an_executable_that_does_not_tell_says_why(zipped: Zipped, executable: bytes, reason: str) -> None:
    found = listed(zipped({"bootstrap": executable}))
    assert found.dependencies == ()
    assert [(fact.kind, fact.file, fact.what) for fact in found.executables] == [
        ("packages-unread", "bootstrap", reason)
    ]


def test_the_handler_of_go1x_is_its_executable(zipped: Zipped) -> None:
    archive = zipped({"main": elf({GO_SECTION: go()})})
    assert listed(archive, "go1.x", "main").executables
    assert listed(archive, "provided.al2023", "main").executables == ()


@pytest.mark.parametrize(("megabytes", "told"), [(31, True), (33, False)])
def test_only_the_first_32_mib_are_searched(zipped: Zipped, megabytes: int, *, told: bool) -> None:
    found = listed(zipped({"bootstrap": elf({GO_SECTION: go()}, b"\0" * (megabytes * 2**20))}))
    kinds = {fact.kind for fact in found.executables}
    assert kinds == ({"go-toolchain", "go-module"} if told else {"packages-unread"})


def test_an_old_standard_library_of_go_is_a_vulnerability(tmp_path: Path) -> None:
    events = [{"introduced": "0"}, {"fixed": "1.21.11"}, {"introduced": "1.22.0-0"}, {"fixed": "1.22.4"}]
    affected = {
        "package": {"name": "stdlib", "ecosystem": "Go"},
        "ranges": [{"type": "SEMVER", "events": events}],
    }
    record = {"id": "GO-2024-1", "aliases": ["CVE-2024-1"], "affected": [affected]}
    (tmp_path / "GO-2024-1.json").write_text(json.dumps(record))
    database = load_osv(tmp_path)
    for version, expected in {"1.21.0-rc.2": True, "1.21.11": False, "1.22.3": True, "1.22.4": False}.items():
        found = database.vulnerabilities(Dependency(name="stdlib", version=version, ecosystem="Go"))
        assert found == (("CVE-2024-1",) if expected else ()), version
    crate = Dependency(name="adler", version="1.0.2", ecosystem="crates.io")
    assert isinstance(database.vulnerabilities(crate), Unavailable)


PSEUDO = {"v0.0.0-20230101000000-abcdef123456": True, "v0.0.0-20240101000000-0123456789ab": False}


@pytest.mark.parametrize(("version", "affected"), PSEUDO.items())
def test_versions_of_go_that_are_commits_are_ordered_by_time(
    tmp_path: Path, version: str, *, affected: bool
) -> None:
    events = [{"introduced": "0"}, {"fixed": "0.0.0-20230301000000-fedcba654321"}]
    ranges = [{"type": "SEMVER", "events": events}]
    package = {"name": "golang.org/x/crypto", "ecosystem": "Go"}
    record = {"id": "GO-2023-1", "affected": [{"package": package, "ranges": ranges}]}
    (tmp_path / "GO-2023-1.json").write_text(json.dumps(record))
    module = Dependency(name="golang.org/x/crypto", version=version, ecosystem="Go")
    assert load_osv(tmp_path).vulnerabilities(module) == (("GO-2023-1",) if affected else ())


@pytest.mark.parametrize("executable", [elf({GO_SECTION: go()}), rust()], ids=["go", "rust"])
@given(data=st.data())
def test_no_executable_costs_the_listing(executable: bytes, data: st.DataObject) -> None:
    changed = bytearray(executable)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    kept = data.draw(st.integers(0, len(changed)))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("bootstrap", bytes(changed[:kept]))
    assert listed(target.getvalue()).files == 1
