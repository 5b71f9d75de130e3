"""A check of one's own to start from: it loads, its table passes, it is clean, and nothing is overwritten."""

import subprocess
import sys
from pathlib import Path

import pytest

from auditor.catalogue import load
from auditor.scaffold import ScaffoldError, new_check

ROOT = Path(__file__).resolve().parent.parent
NAME = "runs_failing_often"


def test_the_written_check_loads(tmp_path: Path) -> None:
    module, table = new_check(NAME, tmp_path / "own")
    assert (module, table) == (
        tmp_path / "own" / f"{NAME}.py",
        tmp_path / "own" / "tests" / f"test_{NAME}.py",
    )
    found = {check.id: check for check in load((tmp_path / "own",))}["runs-failing-often"]
    assert found.title == "Runs failing often"
    assert {threshold.name for threshold in found.thresholds} == {"most_errors", "minimum_runs"}


def test_the_written_table_passes_wherever_it_is_run(tmp_path: Path) -> None:
    _, table = new_check(NAME, tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(table)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 passed" in ran.stdout


def test_the_written_table_fails_once_the_check_is_spoiled(tmp_path: Path) -> None:
    module, table = new_check(NAME, tmp_path)
    module.write_text(module.read_text().replace("usage.errors > most_errors", "usage.errors < 0"))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(table)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 failed, 3 passed" in ran.stdout


@pytest.mark.parametrize("name", [NAME, "x", "a" * 60])
def test_what_is_written_is_clean(tmp_path: Path, name: str) -> None:
    files = [str(file) for file in new_check(name, tmp_path)]
    config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    # Our own rules for checks and tests name folders of this checkout; these are what they leave out there.
    left_out = ["--ignore", "S101,INP001,D100,D103"]
    for command in (["check", *config, *left_out], ["format", "--check", *config]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *files], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_second_check_stands_beside_the_first(tmp_path: Path) -> None:
    new_check(NAME, tmp_path)
    new_check("runs_failing_daily", tmp_path)
    assert {"runs-failing-often", "runs-failing-daily"} <= {check.id for check in load((tmp_path,))}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("OwnerTag", "snake_case"),
        ("owner-tag", "snake_case"),
        ("2_owners", "snake_case"),
        ("owner__tag", "snake_case"),
        ("owner_tag_", "snake_case"),
        ("../owner", "snake_case"),
        ("", "snake_case"),
        ("owner\n", "snake_case"),
        ("ownér", "snake_case"),
        ("a" * 61, "60 is the limit"),
        ("class", "add a word"),
        ("failed", "add a word"),
        ("test_owner", "reads as a test"),
        ("timeout_near_limit", "there is a check timeout-near-limit"),
    ],
)
def test_a_name_that_is_refused(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(ScaffoldError, match=says):
        new_check(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [f"{NAME}.py", f"tests/test_{NAME}.py"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    file = tmp_path / there
    file.parent.mkdir(exist_ok=True)
    file.write_text("# mine\n")
    with pytest.raises(ScaffoldError, match="exists"):
        new_check(NAME, tmp_path)
    assert file.read_text() == "# mine\n"
    assert [found for found in tmp_path.rglob("*.py") if found != file] == []


def test_a_check_of_that_name_in_another_module_is_refused(tmp_path: Path) -> None:
    module, _ = new_check(NAME, tmp_path)
    module.rename(tmp_path / "several.py")
    (tmp_path / "tests" / f"test_{NAME}.py").unlink()
    with pytest.raises(ScaffoldError, match=r"there is a check runs-failing-often in .*several\.py"):
        new_check(NAME, tmp_path)


def test_checks_that_do_not_load_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(ScaffoldError, match=r"broken\.py does not import"):
        new_check(NAME, tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own"
    file.write_text("")
    with pytest.raises(ScaffoldError, match="cannot be written"):
        new_check(NAME, file)
