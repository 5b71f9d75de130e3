"""History: what is kept of a run, which runs make one line, and that nothing else moves a report."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from auditor.history import HistoryError, Standing, run_of, scope_of, standing, with_history
from auditor.history.local import STANDINGS, before, default_file, forget, keep, runs
from auditor.history.record import TREND
from auditor.report import Report
from auditor.verdict import Finding, Status
from tests.render.export_sample import MUTE, small

DAY = timedelta(days=1)


def run_on(day: int, *, report: Report | None = None, score: int = 60, complete: bool = True) -> Report:
    """Return a report of a later day."""
    base = report or small()
    return replace(
        base,
        generated_at=base.generated_at + day * DAY,
        score=score,
        scan=replace(base.scan, id=f"run-{day}", complete=complete),
    )


def test_a_standing_gives_every_finding_back_without_its_words() -> None:
    report = small()
    stood = msgspec.json.decode(msgspec.json.encode(standing(report)), type=Standing)

    def bare(found: Finding) -> tuple[object, ...]:
        return (
            found.account,
            found.region,
            found.resource,
            found.check,
            found.status,
            found.severity,
            found.confidence,
            bool(found.function),
        )

    assert sorted(map(str, map(bare, stood.findings()))) == sorted(map(str, map(bare, report.findings)))
    assert not [found for found in stood.findings() if found.message]
    accepted = [found for found, is_accepted in stood.judged() if is_accepted]
    assert [found.check for found in accepted] == [found.check for found in report.findings if found.muted]


def test_nothing_that_a_finding_says_is_kept() -> None:
    canary = "canary-7Qx"
    said = tuple(
        replace(finding, message=canary, muted=replace(MUTE, reason=canary)) for finding in small().findings
    )
    report = replace(small(), findings=said)
    assert canary not in msgspec.json.encode(standing(report)).decode()
    assert canary not in msgspec.json.encode(run_of(report)).decode()


def test_the_first_run_has_no_past(tmp_path: Path) -> None:
    earlier, stood = before(tmp_path / "none.sqlite3", small())
    assert with_history(small(), earlier, stood) == small()
    assert not list(tmp_path.iterdir())


def test_runs_make_a_line(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "history.sqlite3"
    for day, score in enumerate((40, 50, 60)):
        keep(file, run_on(day, score=score))
    found = with_history(run_on(3), *before(file, run_on(3))).history
    assert found is not None
    assert [point.score for point in found.trend] == [40, 50, 60]
    assert (found.since, found.new, found.fixed) == (run_on(2).generated_at, 0, 0)
    assert file.stat().st_mode & 0o077 == 0


def test_a_line_has_an_end() -> None:
    past = [run_of(run_on(day)) for day in range(TREND + 5)]
    found = with_history(run_on(99), past, standing(run_on(98))).history
    assert found is not None
    assert len(found.trend) == TREND


def test_keeping_a_run_twice_keeps_one_and_the_same_past(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite3"
    keep(file, run_on(0))
    first = with_history(run_on(1), *before(file, run_on(1)))
    keep(file, run_on(1))
    again = with_history(run_on(1), *before(file, run_on(1)))
    keep(file, run_on(2))
    later = with_history(run_on(1), *before(file, run_on(1)))
    assert first == again == later
    assert len(runs(file)) == 3


OTHER_LINES: dict[str, Callable[[Report], Report]] = {
    "another account": lambda report: replace(
        report, accounts=tuple(replace(one, id="999999999999") for one in report.accounts)
    ),
    "another region": lambda report: replace(report, scan=replace(report.scan, regions=("ap-south-1",))),
    "another tier": lambda report: replace(report, scan=replace(report.scan, tier="quick")),
    "some functions": lambda report: replace(report, scan=replace(report.scan, filters=("function a*",))),
    "some checks": lambda report: replace(report, selection=("check iam-*",)),
    "an incomplete run": lambda report: replace(report, scan=replace(report.scan, complete=False)),
}


@pytest.mark.parametrize("name", OTHER_LINES)
def test_what_does_not_compare_is_not_compared(tmp_path: Path, name: str) -> None:
    file = tmp_path / "history.sqlite3"
    keep(file, OTHER_LINES[name](run_on(0)))
    assert before(file, run_on(1)) == ((), None)
    assert len(runs(file)) == 1
    assert name == "an incomplete run" or scope_of(OTHER_LINES[name](run_on(0))) != scope_of(run_on(0))


def test_a_later_run_is_no_past(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite3"
    keep(file, run_on(5))
    assert with_history(run_on(1), *before(file, run_on(1))).history is None


def test_only_the_last_standings_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite3"
    for day in range(STANDINGS + 4):
        keep(file, run_on(day))
    with sqlite3.connect(file) as database:
        (count,) = database.execute("SELECT count(*) FROM standings").fetchone()
    database.close()
    assert (count, len(runs(file))) == (STANDINGS, STANDINGS + 4)
    assert forget(file) == STANDINGS + 4
    assert runs(file) == ()


def test_what_became_of_findings_is_told(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite3"
    keep(file, run_on(0))
    failing = next(
        finding for finding in small().findings if finding.status is Status.FAIL and not finding.muted
    )
    mended = tuple(
        replace(finding, status=Status.PASS) if finding == failing else finding
        for finding in small().findings
    )
    later = run_on(1, report=replace(small(), findings=mended))
    found = with_history(later, *before(file, later)).history
    assert found is not None
    assert (found.fixed, found.new, found.visibility_lost) == (1, 0, 0)
    assert [(change.kind, change.check) for change in found.changes] == [("fixed", failing.check)]


def _no_database(file: Path) -> None:
    file.write_bytes(b"not a database at all, by far")


def _cut(file: Path) -> None:
    keep(file, run_on(0))
    file.write_bytes(file.read_bytes()[:5000])


def _newer(file: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 99")
    database.close()


def _spoilt(file: Path) -> None:
    keep(file, run_on(0))
    database = sqlite3.connect(file)
    database.execute("UPDATE standings SET standing = x'00'")
    database.commit()
    database.close()


UNUSABLE: dict[str, Callable[[Path], object]] = {
    "no database": _no_database,
    "a cut database": _cut,
    "a folder": Path.mkdir,
    "a newer form": _newer,
    "a broken standing": _spoilt,
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_history_is_said_in_one_sentence(tmp_path: Path, name: str) -> None:
    file = tmp_path / "history.sqlite3"
    UNUSABLE[name](file)
    with pytest.raises(HistoryError, match="--no-history") as caught:
        before(file, run_on(1))
    assert "\n" not in str(caught.value)


PLACES = {
    "linux": ("linux", {"HOME": "/home/ada"}, "/home/ada/.local/share/lambda-auditor/history.sqlite3"),
    "xdg": ("linux", {"HOME": "/h", "XDG_DATA_HOME": "/data"}, "/data/lambda-auditor/history.sqlite3"),
    # https://specifications.freedesktop.org/basedir-spec/latest/: relative paths are to be ignored
    "relative xdg": (
        "linux",
        {"HOME": "/h", "XDG_DATA_HOME": "d"},
        "/h/.local/share/lambda-auditor/history.sqlite3",
    ),
    "macos": (
        "darwin",
        {"HOME": "/Users/ada"},
        "/Users/ada/Library/Application Support/lambda-auditor/history.sqlite3",
    ),
    "windows": ("win32", {"LOCALAPPDATA": "/local"}, "/local/lambda-auditor/history.sqlite3"),
}


@pytest.mark.parametrize(("platform", "environment", "wanted"), PLACES.values(), ids=PLACES)
def test_where_it_lies(platform: str, environment: dict[str, str], wanted: str) -> None:
    assert default_file(environment, platform).as_posix() == wanted
