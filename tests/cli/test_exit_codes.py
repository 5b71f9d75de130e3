"""Exit codes as documented, and one sentence for whatever is wrong with what a command was given."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from auditor.cli import main
from auditor.render import json_report
from auditor.snapshot import encode
from auditor.testing import healthy_account, healthy_function, healthy_region, inventory_of
from tests.render.export_sample import HOSTILE, small

RAISING = '''"""Checks that go wrong."""

from auditor import ChecklistItem, Function, Severity, Verdict, check


@check(item=ChecklistItem.COST, severity=Severity.LOW, codes=("OPS-01",))
def goes_wrong(function: Function) -> Verdict:
    """It goes wrong.

    ## Why it matters
    It does not judge.

    ## How to fix
    `true`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/welcome.html
    """
    raise ERROR(function.name)
'''


@cache
def report_bytes() -> bytes:
    return json_report.render(small())


@cache
def snapshot_bytes() -> bytes:
    inventory = inventory_of(healthy_account(healthy_region(healthy_function())))
    return encode(inventory)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, with a report, a snapshot, and checks that go wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "report.json").write_bytes(report_bytes())
    (tmp_path / "partly.json").write_bytes(json_report.render(replace(small(), coverage=90)))
    (tmp_path / "snapshot.json").write_bytes(snapshot_bytes())
    for name, error in (("bug", "KeyError"), ("stop", "KeyboardInterrupt")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "wrong.py").write_text(RAISING.replace("ERROR", error))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


CODES = {
    "passed": ("render report.json -o out --fail-on none", 0),
    "failed": ("render report.json -o out --fail-on low", 1),
    "failed, report only": ("render report.json -o out --fail-on low --exit-zero", 0),
    "the score": ("render report.json -o out --fail-on none --min-score 100", 1),
    "nothing new": ("render report.json -o out --fail-on new --baseline report.json", 0),
    "the baseline lets pass": ("render report.json -o out --fail-on low --baseline report.json", 0),
    "new without a baseline": ("render report.json -o out --fail-on new", 2),
    "a baseline that is missing": ("render report.json -o out --baseline none.json", 2),
    "a baseline that is a snapshot": ("render report.json -o out --baseline snapshot.json", 2),
    "a mute file that is missing": ("render snapshot.json -o out --mutes none.yaml", 2),
    "a report and a mute file": ("render report.json -o out --mutes none.yaml", 2),
    "two formats on stdout": ("render report.json -f json=- -f csv=-", 2),
    "an option that is none": ("render report.json --nothing", 2),
    "coverage": ("render partly.json -o out --fail-on none --min-coverage 100", 3),
    "coverage before the gate": ("render partly.json -o out --fail-on low --min-coverage 100", 3),
    "coverage, report only": ("render partly.json -o out --min-coverage 100 --exit-zero", 3),
    "a check that breaks": ("render snapshot.json -o out --checks-dir bug --fail-on none", 4),
    "a check that breaks, report only": ("render snapshot.json -o out --checks-dir bug --exit-zero", 4),
    "wrong usage before a bug": ("render snapshot.json -o out --checks-dir bug --mutes none.yaml", 2),
    "interrupted": ("render snapshot.json -o out --checks-dir stop", 130),
}


@pytest.mark.parametrize(("words", "code"), CODES.values(), ids=CODES)
def test_exit_codes(words: str, code: int) -> None:
    result = run(*words.split())
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_what_was_read_is_kept_though_its_judging_was_interrupted(folder: Path) -> None:
    words = "scan --demo --tier quick --region us-east-1 --checks-dir stop -o out"
    result = run(*words.split())
    assert result.exit_code == 130
    assert "lambda-auditor render out/snapshot.json" in " ".join(result.output.split())
    assert (folder / "out" / "snapshot.json").is_file()
    assert run("render", "out/snapshot.json", "-o", "later", "--exit-zero").exit_code == 0


def test_an_incomplete_scan_is_3_whatever_the_gate_says(folder: Path) -> None:
    report = small()
    cut = replace(report, scan=replace(report.scan, complete=False, interrupted="the deadline"))
    (folder / "cut.json").write_bytes(json_report.render(cut))
    assert run("render", "cut.json", "-o", "out", "--fail-on", "none", "--exit-zero").exit_code == 3


def _hostile_files(folder: Path) -> None:
    report, snapshot = report_bytes(), snapshot_bytes()
    tree = json.loads(report)
    (folder / "cut.json").write_bytes(report[: len(report) // 2])
    (folder / "cut-snapshot.json").write_bytes(snapshot[: len(snapshot) // 2])
    (folder / "flipped.json").write_bytes(report.replace(b'"score":', b'"scorf":', 1))
    (folder / "typed.json").write_bytes(json.dumps({**tree, "score": "high"}).encode())
    (folder / "newer.json").write_bytes(json.dumps({**tree, "schema_version": 99}).encode())
    (folder / "strange.json").write_bytes(json.dumps({**tree, "checks": []}).encode())
    (folder / "deep.json").write_bytes(b"[" * 100_000)
    (folder / "deep.yaml").write_bytes(b"- " * 100_000)
    (folder / "empty.json").write_bytes(b"")
    (folder / "null.json").write_bytes(b"null")
    (folder / "zeros.json").write_bytes(bytes(1000))
    (folder / "text.yaml").write_text("just: [text\n\x1b[2J")
    (folder / "zip.zip").write_bytes(b"PK\x03\x04 no zip")
    (folder / "folder").mkdir()
    (folder / "occupied").write_text("a file where a folder is wanted")
    (folder / "loop.json").symlink_to("loop.json")


OF_JSON = (
    "cut.json",
    "cut-snapshot.json",
    "flipped.json",
    "typed.json",
    "newer.json",
    "strange.json",
    "deep.json",
    "empty.json",
    "null.json",
    "zeros.json",
)
OF_YAML = ("cut.json", "deep.yaml", "text.yaml", "empty.json", "snapshot.json")
OF_ANY = ("folder", "loop.json", "missing.json", "/dev/null", "n\x1b[2Jame.json")
READING = {
    "render {} -o out": OF_JSON,
    "render report.json -o out --baseline {}": ("cut.json", "snapshot.json"),
    "render snapshot.json -o out --previous {}": ("cut.json", "snapshot.json"),
    "diff {} report.json": OF_JSON,
    "diff report.json {} -f html": ("cut.json",),
    "pack report.json {}": ("cut-snapshot.json", "report.json"),
    "pack {} snapshot.json": ("cut.json", "snapshot.json"),
    "suggest-policy orders-api {}": ("cut-snapshot.json",),
    "mutes lint {}": OF_YAML,
    "render snapshot.json -o out --mutes {}": (),
    "render snapshot.json -o out --config {}": OF_YAML,
    "render snapshot.json -o out --attestations {}": OF_YAML,
    "render snapshot.json -o out --framework {}": OF_YAML,
    "render snapshot.json -o out --ruleset {}": OF_YAML,
    "render snapshot.json -o out --runtime-table {}": OF_YAML,
    "render snapshot.json -o out --price-table {}": OF_YAML,
}


@pytest.mark.parametrize("words", READING)
def test_an_unusable_file_gets_one_sentence(folder: Path, words: str) -> None:
    _hostile_files(folder)
    before = sorted(folder.rglob("*"))
    for name in (*READING[words], *OF_ANY):
        result = run(*(word.format(name) for word in words.split()))
        assert result.exit_code == 2, (name, result.output)
        _is_one_sentence(result)
    assert sorted(folder.rglob("*")) == before, "something was left behind"


def _is_one_sentence(result: Result) -> None:
    said = [line for line in result.output.splitlines() if line and not line.startswith(("Usage:", "Try "))]
    assert len(said) == 1, result.output
    assert "Traceback" not in said[0]
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in said[0]), said
    assert "fault of lambda-auditor" not in said[0]


WRITING = {
    "a file where a folder is wanted": "render report.json -o occupied/out",
    "a folder where a file is wanted": "render report.json -f json=folder",
    "a folder that cannot be made": "render report.json -o /proc/none/out",
    "a full disk": "render report.json -f json=/dev/full",
    "a full disk for a comparison": "diff report.json report.json -f json -o /dev/full",
    "a full disk for a pack": "pack report.json snapshot.json -o /dev/full",
}


@pytest.mark.parametrize("words", WRITING.values(), ids=WRITING)
def test_what_cannot_be_written_gets_one_sentence(folder: Path, words: str) -> None:
    _hostile_files(folder)
    result = run(*words.split(), *(() if words.startswith(("diff", "pack")) else ("--fail-on", "none")))
    assert result.exit_code == 2, result.output
    _is_one_sentence(result)


def test_a_disk_that_fills_while_writing_leaves_what_was_there(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "report.json").write_text("old")
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from auditor.cli import main; main()"
    )
    words = [sys.executable, "-c", script, "render", "report.json", "-f", "json", "-o", "out"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "File too large" in done.stderr
    assert [file.name for file in (folder / "out").iterdir()] == ["report.json"]
    assert (folder / "out" / "report.json").read_text() == "old"


def test_a_device_is_written_to_and_stays_one() -> None:
    assert run("render", "report.json", "-q", "-f", "json=/dev/null", "--fail-on", "none").exit_code == 0
    assert Path("/dev/null").is_char_device()


STEERING = ("ansi", "controls", "turning")


@pytest.mark.parametrize("option", ["--now", "-f", "--item", "--function", "--check", "--tag", "--nothing-"])
def test_hostile_words_on_the_command_line_steer_nothing(option: str) -> None:
    for name in HOSTILE.values() if option in {"--now", "-f"} else map(HOSTILE.__getitem__, STEERING):
        words = (option + name,) if option == "--nothing-" else (option, name)
        result = run("scan", "--region", "nowhere-1", "--check", "no-such-check", *words)
        assert result.exit_code == 2, result.output
        assert "Traceback" not in result.output
        text = result.output.replace("\n", "")
        assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in text), repr(text)


def _previous(folder: Path) -> str:
    earlier = small()
    earlier = replace(
        earlier,
        generated_at=earlier.generated_at - timedelta(days=400),
        scan=replace(earlier.scan, id="earlier"),
    )
    (folder / "earlier.json").write_bytes(json_report.render(earlier))
    return "earlier.json"


SAME: dict[str, Callable[[Path], tuple[str, ...]]] = {
    "alone": lambda _: (),
    "with the run before": lambda folder: ("--previous", _previous(folder)),
    "at a moment": lambda _: ("--now", "2027-01-01T06:00:00Z"),
    "with some checks": lambda _: ("--check", "timeout-*"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_files_and_moment_give_the_same_bytes(folder: Path, name: str) -> None:
    words = SAME[name](folder)
    for place in ("one", "two"):
        run("render", "snapshot.json", "-q", "-o", place, "-f", "html", "-f", "json", *words)
    for file in ("report.html", "report.json"):
        assert (folder / "one" / file).read_bytes() == (folder / "two" / file).read_bytes()
    report = json.loads((folder / "one" / "report.json").read_bytes())
    assert (report["history"] is not None) is (name == "with the run before")
