"""A check of one's own to start from: the module and its table of cases, both working as written."""

import keyword
import re
from pathlib import Path

from auditor.catalogue import TITLE_LENGTH, CatalogueError, load

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Names that the written module uses itself; a check of such a name would hide them.
_TAKEN = frozenset(
    ("auditor", "check", "failed", "format", "function", "known", "not_applicable", "passed", "usage")
)

_CHECK = '''\
"""Checks of our own: say in one sentence what they look after."""

from auditor import ChecklistItem, Function, Severity, Verdict, check, failed, known, not_applicable, passed


@check(item=ChecklistItem.ERROR_HANDLING, severity=Severity.MEDIUM)
def {name}(
    function: Function,
    *,
    most_errors: int = 1000,
    minimum_runs: int = 100,
) -> Verdict:
    """{title}.

    ## Why it matters
    Say in a sentence or two what happens where nobody mends it, and to whom.

    ## How to fix
    Say what to change, with commands that work as pasted; the report fills in NAME and REGION:
    `aws lambda get-function-configuration --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    # known() makes the verdict UNKNOWN where the evidence was denied, throttled or not collected.
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{{usage.invocations}} runs in the window; {{minimum_runs}} are needed")
    said = f"{{usage.errors}} failed runs in the window, at most {{most_errors}} wanted"
    return failed(said) if usage.errors > most_errors else passed(said)
'''

_TABLE = '''\
"""One row for each case, spoiled from a function that is healthy."""

from pathlib import Path

import pytest

from auditor import Unavailable
from auditor.model import Reason
from auditor.testing import Case, case, healthy_function, healthy_usage, hold, row_id, rows

FOLDER = Path(__file__).resolve().parent.parent
DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="cloudwatch:GetMetricData", code="AccessDenied")

TABLES = {{
    "{id}": (
        case("few runs fail", "PASS"),
        case(
            "many runs fail",
            "FAIL",
            function=healthy_function(usage=healthy_usage(errors=2000)),
            says="2000 failed runs",
        ),
        case("fewer are wanted", "FAIL", thresholds={{"most_errors": 10}}),
        case("too few runs", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=9))),
        case("metrics denied", "UNKNOWN", function=healthy_function(usage=DENIED), says="GetMetricData"),
    ),
}}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one, FOLDER)
'''


class ScaffoldError(Exception):
    """A check that cannot be begun; the text says why and what to do."""


def new_check(name: str, folder: Path) -> tuple[Path, Path]:
    """Write `NAME.py` into a folder of checks and its table of cases to `tests/test_NAME.py` below it, and
    return both. The folder is made where it is missing; nothing is overwritten.

    Raises `ScaffoldError` where the name cannot be that of a check, is taken, or a file cannot be written.
    """
    _refuse_name(name)
    module, table = folder / f"{name}.py", folder / "tests" / f"test_{name}.py"
    for file in (module, table):
        if file.exists():
            raise ScaffoldError(f"{file} exists; choose another name, or another folder")
    _refuse_taken(name, folder)
    title = name.replace("_", " ").capitalize()
    words = {"name": name, "id": name.replace("_", "-"), "title": title}
    _write(module, _CHECK.format_map(words))
    _write(table, _TABLE.format_map(words))
    return module, table


def _refuse_name(name: str) -> None:
    if not _SNAKE_CASE.fullmatch(name):
        raise ScaffoldError(f"'{name}' is not a name in snake_case, such as owner_tag_missing")
    if len(name) > TITLE_LENGTH:
        raise ScaffoldError(f"'{name}' has {len(name)} characters, {TITLE_LENGTH} is the limit")
    if keyword.iskeyword(name) or name in _TAKEN:
        raise ScaffoldError(f"'{name}' means something else in Python code; add a word")
    if name.startswith("test_"):
        raise ScaffoldError(f"'{name}' reads as a test; name the check for what is wrong")


def _refuse_taken(name: str, folder: Path) -> None:
    try:
        known = {check.id: check for check in load((folder,) if folder.is_dir() else ())}
    except CatalogueError as error:
        raise ScaffoldError(f"the checks that are there do not load: {error}") from error
    found = known.get(name.replace("_", "-"))
    if found:
        raise ScaffoldError(f"there is a check {found.id} in {found.source}; choose another name")


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise ScaffoldError(f"{file} cannot be written: {error.strerror}") from error
