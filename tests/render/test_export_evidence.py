"""The evidence file: complete, the same each time, telling of any change, and harmless to verify."""

import io
import json
import zipfile
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from auditor.render import FormatError, evidence, render
from auditor.render.evidence import evidence_zip, manifest_hash, verify
from auditor.report import OperationRow
from tests.render.export_sample import NOW, copy_of, small

SNAPSHOT = b'{"snapshot": 1}'
WHOLE = evidence_zip(small(), SNAPSHOT)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def test_holds_every_text_format_and_the_snapshot() -> None:
    found = members(WHOLE)
    for name in ("html", "json", "csv", "sarif", "asff", "ocsf", "junit", "markdown"):
        for file, data in render(small(), name).items():
            assert found[file] == data
    assert found["snapshot.json"] == SNAPSHOT


def test_is_the_same_each_time() -> None:
    assert evidence_zip(copy_of(small()), SNAPSHOT) == evidence_zip(copy_of(small()), SNAPSHOT)


def test_manifest_names_every_file_with_its_hash() -> None:
    found = members(WHOLE)
    manifest = json.loads(found.pop("manifest.json"))
    assert manifest["files"] == {
        name: {"bytes": len(data), "sha256": sha256(data).hexdigest()} for name, data in found.items()
    }


def test_manifest_tells_what_was_denied() -> None:
    rows = tuple(
        OperationRow(operation=name, requests=3, throttled=0, denied=denied, lost=0, usd=0.0)
        for name, denied in (("lambda:GetPolicy", 2), ("lambda:ListFunctions", 0))
    )
    report = replace(small(), scan=replace(small().scan, operations=rows, caller="arn:aws:sts::1:x"))
    manifest = json.loads(members(evidence_zip(report, SNAPSHOT))["manifest.json"])
    assert manifest["denied"] == [{"operation": "lambda:GetPolicy", "requests": 3, "denied": 2}]
    assert manifest["caller"] == "arn:aws:sts::1:x"


def test_follows_the_run_before() -> None:
    later = evidence_zip(
        replace(small(), generated_at=NOW.replace(day=24)), SNAPSHOT, previous=manifest_hash(WHOLE)
    )
    assert verify(later, previous=WHOLE) == []
    assert verify(WHOLE, previous=later) == ["the manifest does not follow the one given as the run before"]


def test_an_untouched_file_verifies() -> None:
    assert verify(WHOLE) == []


CHANGES = {
    "changed": ({"findings.csv": b"x"}, "findings.csv does not match its hash"),
    "longer": (
        {"findings.csv": members(WHOLE)["findings.csv"] + b"x"},
        "findings.csv does not match its hash",
    ),
    "added": ({"extra.txt": b"x"}, "extra.txt is not in the manifest"),
    "manifest": ({"manifest.json": b"{}"}, "manifest.json cannot be read"),
    "deep manifest": ({"manifest.json": b"[" * 100_000}, "manifest.json cannot be read"),
    "climbing": ({"../x": b"x"}, "the zip has a member '../x'"),
    "absolute": ({"/etc/x": b"x"}, "the zip has a member '/etc/x'"),
    "many": ({f"f{number}": b"" for number in range(600)}, "members, evidence has at most 500"),
}


@pytest.mark.parametrize(("changes", "said"), CHANGES.values(), ids=CHANGES)
def test_names_what_does_not_match(changes: dict[str, bytes], said: str) -> None:
    (wrong,) = verify(packed(members(WHOLE) | changes))
    assert said in wrong


def test_names_what_is_missing() -> None:
    files = members(WHOLE)
    del files["report.sarif"]
    assert verify(packed(files)) == ["report.sarif is missing"]


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", WHOLE[:1000], packed({"a.txt": b"x"})])
def test_what_is_no_evidence_is_refused_in_one_sentence(data: bytes) -> None:
    (wrong,) = verify(data)
    assert "\n" not in wrong
    with pytest.raises(FormatError):
        manifest_hash(data)


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "TOTAL_BYTES", 1000)
    assert verify(WHOLE) == ["the zip unpacks to more than 1000 bytes"]


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_breaks_the_reader(at: int, bit: int) -> None:
    data = bytearray(WHOLE)
    data[at] ^= 1 << bit
    wrong = verify(bytes(data))
    content = None if wrong else members(bytes(data))
    assert wrong or content == members(WHOLE)
