"""Packages from strangers: bounded time and memory, a reason instead of a result, nothing written."""

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from auditor.code import analyse_layer, analyse_package
from auditor.code.archive import leaves_folder
from auditor.model import CodeFacts, PackageFacts, Reason, Unavailable

Zipped = Callable[[Mapping[str, str | bytes]], bytes]
HANDLER = "def handler(event, context):\n    return 1\n"


def _analyse(data: bytes, *, passes: int | None = None) -> CodeFacts | Unavailable:
    """Analyse with a deadline that comes after so many looks at the clock, never for None."""
    looks = iter(range(passes if passes is not None else 10**9))
    return analyse_package(
        data,
        runtime="python3.13",
        handler="app.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: next(looks, None) is None,
    )


def _local_header(data: bytes) -> int:
    return data.index(b"PK\x03\x04")


def _patched(data: bytes, at: int, layout: str, value: int) -> bytes:
    target = bytearray(data)
    struct.pack_into(layout, target, at, value)
    return bytes(target)


def _central(data: bytes) -> int:
    return data.index(b"PK\x01\x02")


def _encrypted(data: bytes) -> bytes:
    return _patched(_patched(data, _central(data) + 8, "<H", 1), _local_header(data) + 6, "<H", 1)


def _bad_crc(data: bytes) -> bytes:
    return _patched(_patched(data, _central(data) + 16, "<L", 7), _local_header(data) + 14, "<L", 7)


def _longer_than_it_is(data: bytes) -> bytes:
    return _patched(data, _central(data) + 24, "<L", 1_000_000)


def _shorter_than_it_is(data: bytes) -> bytes:
    return _patched(data, _central(data) + 24, "<L", 3)


def _compressed_otherwise(data: bytes) -> bytes:
    return _patched(data, _central(data) + 10, "<H", 99)


def _garbage(data: bytes) -> bytes:
    start = data.index(b"app.py") + 6
    return data[:start] + b"\xff" * 20 + data[start + 20 :]


SPOILED = [_encrypted, _bad_crc, _longer_than_it_is, _shorter_than_it_is, _compressed_otherwise, _garbage]


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_spoiled_member_makes_the_package_unreadable(
    zipped: Zipped, spoil: Callable[[bytes], bytes]
) -> None:
    found = _analyse(spoil(zipped({"app.py": HANDLER * 40})))
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.PACKAGE_UNREADABLE
    assert found.operation == "lambda:GetFunction"


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"not a zip" * 100, b"PK\x05\x06" + b"\xff" * 18, b"\x00" * 70_000]
)
def test_what_is_no_zip_is_unreadable(data: bytes) -> None:
    found = _analyse(data)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.PACKAGE_UNREADABLE
    layer = analyse_layer(data, deadline=lambda: False)
    assert isinstance(layer, Unavailable)
    assert layer.operation == "lambda:GetLayerVersion"


def test_every_cut_and_flip_gives_a_result_or_a_reason(zipped: Zipped) -> None:
    data = zipped({"app.py": HANDLER, "a/b.json": "{}", "x-1.0.dist-info/RECORD": "x.py,,\n", "x.py": "1"})
    for at in range(0, len(data), 7):
        for spoiled in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]):
            assert isinstance(_analyse(spoiled), CodeFacts | Unavailable)


def _bomb(name: str, size: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", HANDLER)
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(size // 2**20):
                member.write(bytes(2**20))
    return target.getvalue()


@pytest.mark.parametrize(
    "name", ["data.bin", "other.py", "settings.json", "app.js.map", "x-1.0.dist-info/RECORD"]
)
def test_a_bomb_is_not_inflated(name: str) -> None:
    data = _bomb(name, 96 * 2**20)
    tracemalloc.start()
    found = _analyse(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 2**20
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    assert found.package.unzipped_bytes > 96 * 2**20


def test_many_small_bombs_stop_at_the_total(zipped: Zipped) -> None:
    members = {f"conf{number}.json": bytes(2 * 2**20) for number in range(40)}
    found = _analyse(zipped({"app.py": HANDLER, **members}))
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    assert isinstance(found.package.secrets, Unavailable)
    assert found.package.secrets.reason is Reason.PACKAGE_TOO_LARGE


def _entries(count: int) -> bytes:
    """A zip of `count` empty members beside a handler, written without the cost of `zipfile`."""
    local, central = [], []
    offset = 0
    for number in range(count):
        name = b"f%06d.html" % number if number else b"app.py"
        body = HANDLER.encode() if not number else b""
        crc = zlib.crc32(body)
        head = struct.pack(
            "<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, crc, len(body), len(body), len(name), 0
        )
        local.append(head + name + body)
        central.append(
            struct.pack(
                "<4s6H3L5H2L",
                b"PK\x01\x02",
                20,
                20,
                0,
                0,
                0,
                0,
                crc,
                len(body),
                len(body),
                len(name),
                0,
                0,
                0,
                0,
                0,
                offset,
            )
            + name
        )
        offset += len(head) + len(name) + len(body)
    directory = b"".join(central)
    declared = min(count, 0xFFFF)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, declared, declared, len(directory), offset, 0)
    return b"".join(local) + directory + end


def test_twenty_thousand_entries_are_read() -> None:
    found = _analyse(_entries(20_000))
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    assert found.package.files == 20_000
    assert found.calls == ()


def test_more_than_a_hundred_thousand_entries_are_too_many() -> None:
    found = _analyse(_entries(100_001))
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.PACKAGE_TOO_LARGE
    assert "100,001" in found.note


def test_links_and_names_that_leave_are_not_read(
    zipped: Zipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("app.py", HANDLER)
        for name in ("../evil.py", "/etc/cron.d/evil", "a/../../evil.py", "C:\\evil.py", "..\\evil.py"):
            archive.writestr(name, "PASSWORD = 'x'")
        link = zipfile.ZipInfo("link.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    found = _analyse(target.getvalue())
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    kinds = [fact.kind for fact in found.package.unwanted]
    assert kinds.count("traversal-name") == 5
    assert kinds.count("symlink") == 1
    assert found.package.secrets == ()
    assert list(tmp_path.rglob("*")) == []
    assert isinstance(_analyse(zipped({"app.py": HANDLER})), CodeFacts)


@pytest.mark.parametrize(
    ("name", "leaves"),
    [
        ("a/b.py", False),
        ("a..b/c", False),
        ("..", True),
        ("a/../b", True),
        ("/a", True),
        ("a\\b", True),
        ("C:x", True),
        ("a\x00b", True),
    ],
)
def test_names_that_leave_the_folder(name: str, leaves: bool) -> None:  # noqa: FBT001 - a column of the table
    assert leaves_folder(name) is leaves


def test_nested_archives_are_listed_and_left_closed(zipped: Zipped) -> None:
    inner = zipped({"secret.json": '{"password": "hunter2-hunter2"}'})
    found = _analyse(zipped({"app.py": HANDLER, "inner.zip": inner}))
    assert isinstance(found, CodeFacts)
    assert isinstance(found.package, PackageFacts)
    assert [fact.kind for fact in found.package.unwanted] == ["nested-archive"]
    assert found.package.secrets == ()


DEEP = [
    ("brackets", "x = " + "[" * 200_000),
    ("balanced calls", "x = " + "f(" * 100_000 + ")" * 100_000),
    ("unary minus", "x = " + "-" * 500_000 + "1"),
    ("not", "x = " + "not " * 300_000 + "1"),
    ("lambdas", "x = " + "lambda:" * 200_000 + "1"),
    ("long sum", "x = " + "1+" * 100_000 + "1"),
    ("attribute chain", "x = a" + ".b" * 100_000),
    ("call chain", "x = a" + ".b()" * 5_000),
    ("indentation", "".join(f"{' ' * depth}if x:\n" for depth in range(1, 800))),
    ("one long line", "x = '" + "a" * 1_500_000 + "'"),
    ("many strings", "x = [" + "'a'," * 30_000 + "]"),
    ("nul bytes", "x = 1\x00" * 1000),
]  # fmt: skip


@pytest.mark.parametrize("source", [row[1] for row in DEEP], ids=[row[0] for row in DEEP])
def test_deep_and_long_sources_are_bounded(zipped: Zipped, source: str) -> None:
    found = _analyse(zipped({"app.py": f"{HANDLER}{source}\n"}))
    assert isinstance(found, CodeFacts)
    reasonable = {Reason.PACKAGE_UNREADABLE, Reason.PACKAGE_TOO_LARGE}
    assert isinstance(found.facts, tuple) or found.facts.reason in reasonable


def test_arrows_and_objects_of_javascript_are_bounded(zipped: Zipped) -> None:
    for source in ("a=>" * 200_000 + "1", "{" * 300_000, "a?" * 50_000, "x=" + "`${" * 50_000, "/" * 500_000):
        data = zipped({"app.js": f"exports.handler = async () => 1;\n{source}"})
        found = analyse_package(
            data,
            runtime="nodejs22.x",
            handler="app.handler",
            architecture="arm64",
            settings={},
            deadline=lambda: False,
        )
        assert isinstance(found, CodeFacts)


def test_a_deep_neighbour_does_not_hide_the_handler(zipped: Zipped) -> None:
    found = _analyse(zipped({"app.py": HANDLER, "deep.py": "x = " + "[" * 5_000}))
    assert isinstance(found, CodeFacts)
    assert isinstance(found.facts, tuple)
    assert [fact.file for fact in found.facts if fact.kind == "unread-file"] == ["deep.py"]
    assert isinstance(found.package, PackageFacts)
    assert isinstance(found.package.secrets, Unavailable)


NEW_SYNTAX = """
type Point[T] = tuple[T, T]
def first[T](items: list[T]) -> T: return items[0]
class Box[T]: pass
async def handler(event, context):
    match event:
        case {"id": str(x)} if x: pass
        case _: pass
    try: print(t"order {event}")
    except KeyError, ValueError: pass
    except* OSError: pass
    if (n := len(event)) > 3: print(f"{event!r:>{n}} {'nested ' + f'{n}'}")
"""


def test_syntax_newer_than_this_python_parses(zipped: Zipped) -> None:
    found = _analyse(zipped({"app.py": NEW_SYNTAX}))
    assert isinstance(found, CodeFacts)
    assert isinstance(found.facts, tuple)
    assert "partly-parsed" not in {fact.kind for fact in found.facts}
    assert "logs-event" in {fact.kind for fact in found.facts}


@pytest.mark.parametrize("passes", [0, 1, 2, 3, 5, 8, 13, 21])
def test_time_that_runs_out_is_a_reason(zipped: Zipped, passes: int) -> None:
    files = {f"m{number}.py": "x = 1\n" * 2000 for number in range(20)}
    found = _analyse(zipped({"app.py": HANDLER, **files}), passes=passes)
    if isinstance(found, CodeFacts):
        assert isinstance(found.package, PackageFacts)
        assert isinstance(found.package.secrets, Unavailable)
        assert found.package.secrets.reason is Reason.TIMEOUT
    else:
        assert found.reason is Reason.TIMEOUT


@pytest.mark.parametrize(
    "source",
    ["const made = (() => { work(); })();\nexports.handler = async () => { made(); made[0](); made.go(); };"],
)
def test_what_an_unnamed_function_returns_may_be_called(zipped: Zipped, source: str) -> None:
    found = analyse_package(
        zipped({"app.js": source}),
        runtime="nodejs22.x",
        handler="app.handler",
        architecture="arm64",
        settings={},
        deadline=lambda: False,
    )
    assert isinstance(found, CodeFacts)
    assert isinstance(found.facts, tuple)
