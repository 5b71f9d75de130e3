"""Snapshots: read back whole, refused when broken, written whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.snapshot import SnapshotError, decode, encode, write_whole
from auditor.testing import healthy_account, inventory_of

DATA = encode(inventory_of(healthy_account()))


def test_what_was_written_is_read_back() -> None:
    assert encode(decode(DATA, "snapshot.json")) == DATA


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_a_flipped_byte_is_refused_or_harmless(place: int, byte: int) -> None:
    broken = DATA[:place] + bytes([byte]) + DATA[place + 1 :]
    with suppress(SnapshotError):
        decode(broken, "snapshot.json")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(DATA) - 1))
def test_a_cut_snapshot_is_refused(length: int) -> None:
    with pytest.raises(SnapshotError, match="scan again"):
        decode(DATA[:length], "snapshot.json")


def test_another_version_is_refused() -> None:
    with pytest.raises(SnapshotError, match="version 99"):
        decode(b'{"schema_version":99}', "snapshot.json")


def test_a_layer_without_account_name_and_version_is_refused_where_it_stands() -> None:
    arn = b"layer:LambdaInsightsExtension"
    assert arn in DATA
    with pytest.raises(SnapshotError, match=r"layers\[0\]\.arn"):
        decode(DATA.replace(arn, b"layer"), "snapshot.json")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(SnapshotError):
        decode(b"[" * 100_000, "snapshot.json")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.json"
    write_whole(file, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
