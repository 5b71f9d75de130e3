"""Hostile text through every format: what comes out is whole, and nothing in it runs."""

import csv
import html
import io
import json
import re
import zipfile
from typing import Any

import openpyxl
import pytest
from lxml import etree

from auditor.render import asff, markdown, render, sarif
from auditor.render.evidence import evidence_zip, verify
from auditor.render.json_report import read
from tests.render.export_sample import HOSTILE, poisoned

STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
cases = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def only(text: str, name: str) -> str:
    (data,) = render(poisoned(text), name).values()
    return data.decode()


def words(tree: Any) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return [word for part in parts for word in words(part)]


@cases
@pytest.mark.parametrize("name", ["sarif", "ocsf", "asff"])
def test_json_is_whole_and_steers_no_terminal(name: str, text: str) -> None:
    assert not [word for word in words(json.loads(only(text, name))) if STEERING.search(word)]


@cases
def test_report_reads_back(text: str) -> None:
    assert read(only(text, "json").encode(), "x").title == text.encode(errors="replace").decode()


@cases
def test_sarif_places_and_messages_are_plain(text: str) -> None:
    for result in json.loads(only(text, "sarif"))["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri)
        assert uri.count("/") == 4
        assert 0 < len(result["message"]["text"]) <= sarif.MESSAGE_LIMIT + 100
        assert not re.search(r"(?<!\\)\[[^\[\]]*\]\(", result["message"]["text"])


@cases
def test_asff_stays_within_the_limits(text: str) -> None:
    assert [asff.faults(one) for one in json.loads(only(text, "asff")) if asff.faults(one)] == []


@cases
def test_junit_is_xml_of_known_elements(text: str) -> None:
    tree = etree.fromstring(only(text, "junit").encode(), etree.XMLParser(resolve_entities=False))
    known = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"}
    assert {element.tag for element in tree.iter()} <= known
    assert tree.getroottree().docinfo.doctype == ""


@cases
def test_csv_reads_back_and_no_cell_is_a_formula(text: str) -> None:
    for name, data in render(poisoned(text), "csv").items():
        rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}, name
        for cell in {cell for row in rows for cell in row}:
            assert not STEERING.search(cell)
            assert re.fullmatch(r"[+-]?\d+(\.\d+)?", cell) or not re.match(r"\s*[=+\-@\uff1d]", cell)


@cases
def test_workbook_reads_back_without_formula_or_link(text: str) -> None:
    (data,) = render(poisoned(text), "xlsx").values()
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert not [name for name in packed.namelist() if b"<f>" in packed.read(name)]


@cases
def test_markdown_keeps_its_tables_and_starts_no_mark_up(text: str) -> None:
    shown = only(text, "markdown")
    assert len(shown) <= markdown.LIMIT
    assert not STEERING.search(shown)
    for line in shown.splitlines():
        if line.startswith("|"):
            assert line.count("|") in {5, 6}, line
        assert not re.search(r"<[a-zA-Z/!]|`|\]\(|\*\*|~~|https?:|www\.", line), line
        assert not re.search(r"[@#][a-zA-Z0-9]", html.unescape(line).removeprefix("## ")), line


@cases
def test_evidence_holds_whatever_the_report_does(text: str) -> None:
    data = evidence_zip(poisoned(text), b"{}")
    assert verify(data) == []
