"""What a person reads: it fits the terminal, steers none, and is plain where an encoding lacks our signs."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from auditor.cli.progress import Progress
from auditor.cli.summary import summary
from auditor.cli.terminal import OUR_CODES, Painter, degrade, wrapped
from auditor.gate import outcome, parse_gate
from auditor.render import json_report
from auditor.report import ExceptionRow, Report
from tests.render.export_sample import HOSTILE, poisoned, small

GATE = parse_gate("high", None, None)


def said(report: Report, width: int | None = None, *, colour: bool = False) -> str:
    return summary(report, ["out/report.json"], Painter(colour=colour), outcome(report, GATE), width)


@given(
    words=st.lists(st.text(alphabet="abcdef", min_size=1, max_size=12), min_size=1, max_size=40),
    width=st.integers(min_value=20, max_value=120),
    hang=st.integers(min_value=0, max_value=8),
)
def test_wrapping_loses_no_word_and_keeps_to_the_width(words: list[str], width: int, hang: int) -> None:
    lines = wrapped(" ".join(words), hang, width)
    assert [word for line in lines for word in line.split()] == words
    assert all(len(line) <= width for line in lines)


def test_colours_take_no_room() -> None:
    paint = Painter(colour=True)
    text = f"{paint('red', 'red')} and {paint('blue words', 'blue', 'bold')} of some length"
    plain = [OUR_CODES.sub("", line) for line in wrapped(text, 2, 20)]
    assert plain == wrapped("red and blue words of some length", 2, 20)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_summary_fits(width: int) -> None:
    for line in said(small(), width).splitlines():
        assert len(line) <= width or " " not in line.strip()


def test_a_pipe_gets_whole_lines() -> None:
    assert len(said(small()).splitlines()) < len(said(small(), 40).splitlines())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_make_neither_line_nor_escape(text: str) -> None:
    report = poisoned(text)
    row = ExceptionRow(
        id=text,
        check=text,
        resources=("*",),
        kind="accepted_risk",
        reason=text,
        owner=text,
        expires=text,
        ticket=text,
        state="unused",
        findings=0,
        points=0.0,
    )
    calm = replace(row, id="M", check="c", owner="o", expires="2027-01-01")
    scan = replace(report.scan, complete=False, interrupted=text, regions=(text,))
    report = replace(report, exceptions=(row,), scan=scan, meaning=text, advice=text, selection=(text,))
    found = said(report)
    plain = replace(report, exceptions=(calm,), meaning="m", advice="a", selection=("s",), title="t")
    plain = replace(plain, scan=replace(scan, interrupted="i", regions=("r",)))
    assert len(found.splitlines()) == len(said(plain).splitlines())
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in found.replace("\n", ""))


STATES = {"expired": "M-1 ended", "expiring": "M-1 ends", "unused": "M-1 covers nothing", "in force": ""}


@pytest.mark.parametrize(("state", "word"), STATES.items(), ids=STATES)
def test_exceptions_that_want_a_look_are_said(state: str, word: str) -> None:
    row = ExceptionRow(
        id="M-1",
        check="timeout-*",
        resources=("*",),
        kind="accepted_risk",
        reason="nightly batch",
        owner="data@example.com",
        expires="2027-01-31",
        ticket="",
        state=state,
        findings=0,
        points=0.0,
    )
    text = said(replace(small(), exceptions=(row,)))
    assert ("Exceptions that want a look" in text) is bool(word)
    assert word in text


def test_other_encodings_get_plain_signs() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    degrade(stream)
    stream.write("12 → 13 … █░ − é 語")
    stream.flush()
    assert stream.buffer.getvalue() == b"12 -> 13 ... #. - \xe9 ?"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_comparison_is_said_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "report.json").write_bytes(json_report.render(small()))
    words = [sys.executable, "-m", "auditor", "diff", "report.json", "report.json"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (b"\xe2\x86\x92" if encoding == "utf-8" else b" -> ") in done.stdout


def test_json_logs_are_one_object_a_line() -> None:
    stream = io.StringIO()
    progress = Progress(stream, bar=True, quiet=False, as_json=True)
    for done in range(3):
        progress("functions\x1b[2J", done, 2)
    progress.close()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["done"], line["total"]) for line in lines] == [(0, 2), (1, 2), (2, 2)]


def test_errors_are_json_where_logs_are(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "auditor", "render", "none.json", "--log-format", "json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert json.loads(done.stderr)["level"] == "error"
