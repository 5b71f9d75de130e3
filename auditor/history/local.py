"""The history on one's own machine: a small SQLite file in the user's data folder."""

import gzip
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from auditor.history.record import Run, earlier, run_of
from auditor.history.standing import Standing, standing
from auditor.report import Report

NAME = "history.sqlite3"
FORM = 1
# Runs whose standing is kept for a comparison; of all others the numbers are.
STANDINGS = 3
BUSY_S = 5.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, scope TEXT NOT NULL, complete INTEGER NOT NULL, run BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_of_scope ON runs (scope, at);
CREATE TABLE IF NOT EXISTS standings (
    id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE, standing BLOB NOT NULL
);
"""


class HistoryError(Exception):
    """A history that cannot be used; the text names the file, the cause and the remedy."""


def default_file(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return where the history lies by default.

    https://specifications.freedesktop.org/basedir-spec/latest/ on Linux; Application Support on macOS and
    LOCALAPPDATA on Windows.
    """
    home = Path(environment.get("HOME") or environment.get("USERPROFILE") or "~").expanduser()
    if platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        named = Path(environment.get("XDG_DATA_HOME") or "")
        base = named if named.is_absolute() else home / ".local" / "share"
    return base / "lambda-auditor" / NAME


def before(file: Path, report: Report) -> tuple[tuple[Run, ...], Standing | None]:
    """Return the earlier runs of a report's scope, and how the last complete one of them stood.

    A file that is not there yet is an empty history. Raises `HistoryError`.
    """
    if not file.exists():
        return (), None
    with _open(file) as database:
        runs = tuple(earlier(report, _runs(database)))
        for run in reversed(runs):
            row = database.execute("SELECT standing FROM standings WHERE id = ?", (run.id,)).fetchone()
            if row is not None:
                return runs, msgspec.json.decode(gzip.decompress(row[0]), type=Standing)
        return runs, None


def keep(file: Path, report: Report) -> None:
    """Keep a run; a second time replaces the first. Raises `HistoryError`."""
    run = run_of(report)
    stood = gzip.compress(msgspec.json.encode(standing(report)), 6, mtime=0)
    with _open(file, make=True) as database:
        database.execute("DELETE FROM runs WHERE id = ?", (run.id,))
        database.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?)",
            (run.id, run.at.isoformat(), run.scope, int(run.complete), msgspec.json.encode(run)),
        )
        if run.complete:
            database.execute("INSERT INTO standings VALUES (?, ?)", (run.id, stood))
        database.execute(
            "DELETE FROM standings WHERE id IN (SELECT id FROM runs WHERE scope = ? AND complete"
            " ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (run.scope, STANDINGS),
        )


def runs(file: Path) -> tuple[Run, ...]:
    """Return all runs, oldest first. Raises `HistoryError`."""
    if not file.exists():
        return ()
    with _open(file) as database:
        return tuple(_runs(database))


def forget(file: Path) -> int:
    """Delete all runs, and return how many there were. Raises `HistoryError`."""
    if not file.exists():
        return 0
    with _open(file) as database:
        (count,) = database.execute("SELECT count(*) FROM runs").fetchone()
        database.execute("DELETE FROM runs")
        return int(count)


def _runs(database: sqlite3.Connection) -> Iterator[Run]:
    for (data,) in database.execute("SELECT run FROM runs ORDER BY at, id"):
        yield msgspec.json.decode(data, type=Run)


@contextmanager
def _open(file: Path, *, make: bool = False) -> Iterator[sqlite3.Connection]:
    """Open the file in one transaction: all of it is kept, or nothing."""
    try:
        if make:
            _make(file)
        with closing(sqlite3.connect(file, timeout=BUSY_S)) as database:
            database.execute("PRAGMA foreign_keys = ON")
            _prepare(database, file)
            with database:
                yield database
    except (sqlite3.Error, OSError, EOFError, msgspec.MsgspecError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise HistoryError(
            f"the history {file} cannot be used ({cause}); move it away, or go without with --no-history"
        ) from error


def _make(file: Path) -> None:
    """Make the file for its owner alone: it names accounts and functions."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)


def _prepare(database: sqlite3.Connection, file: Path) -> None:
    (form,) = database.execute("PRAGMA user_version").fetchone()
    if form not in {0, FORM}:
        raise HistoryError(
            f"the history {file} has form {form}, this program reads {FORM}; use the newer program, or "
            "go without with --no-history"
        )
    if form == 0:
        database.executescript(SCHEMA)
        database.execute(f"PRAGMA user_version = {FORM}")
