"""Checks as values: what is refused at load, and with which words."""

from pathlib import Path

import pytest

from auditor.catalogue import CatalogueError, load

HEAD = """
from auditor import Account, ChecklistItem, Function, Severity, Verdict, check, passed

@check(item=ChecklistItem.COST, severity=Severity.LOW)
"""
DOCSTRING = '''
    """{title}

    ## Why it matters
    Because.

    ## How to fix
    Mend it.

    ## References
    - https://docs.aws.amazon.com/lambda/
    """
    return passed("seen")
'''

REFUSED = {
    "no subject": ("def bad() -> Verdict:", "A title.", "first argument"),
    "strange surroundings": (
        "def bad(function: Function, region: str) -> Verdict:",
        "A title.",
        "cannot ask for",
    ),
    "threshold without default": (
        "def bad(function: Function, *, n: int) -> Verdict:",
        "A title.",
        "needs a type",
    ),
    "no verdict": ("def bad(function: Function) -> bool:", "A title.", "returns a Verdict"),
    "title too long": ("def bad(function: Function) -> Verdict:", "A" * 61, "at most 60"),
}


def written(folder: Path, signature: str, title: str, name: str = "own.py") -> Path:
    (folder / name).write_text(HEAD + signature + DOCSTRING.format(title=title))
    return folder


@pytest.mark.parametrize(("signature", "title", "says"), REFUSED.values(), ids=REFUSED)
def test_a_check_without_the_form_is_refused(tmp_path: Path, signature: str, title: str, says: str) -> None:
    with pytest.raises(CatalogueError, match=says) as caught:
        load([written(tmp_path, signature, title)])
    assert "own.py" in str(caught.value)


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path, "def bad(function: Function) -> Verdict:", "A title.")
    file = folder / "own.py"
    file.write_text(file.read_text().replace("## How to fix", "## Fix"))
    with pytest.raises(CatalogueError, match="How to fix"):
        load([folder])


def test_a_doubled_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="also defined in"):
        load([written(tmp_path, "def timeout_near_limit(function: Function) -> Verdict:", "A title.")])


def test_a_module_that_does_not_import_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(CatalogueError, match=r"broken\.py does not import"):
        load([tmp_path])


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="not a folder"):
        load([tmp_path / "none"])


def test_own_checks_stand_beside_the_built_in_ones(tmp_path: Path) -> None:
    folder = written(tmp_path, "def own_rule(function: Function, *, n: int = 3) -> Verdict:", "A title.")
    found = {check.id: check for check in load([folder])}
    assert found["own-rule"].thresholds[0].default == 3
    assert found["own-rule"].title == "A title"
    assert "timeout-near-limit" in found
