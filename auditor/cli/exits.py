"""How a command ends: the exit codes, and refusals in one sentence."""

import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from auditor.catalogue import CatalogueError
from auditor.cli.terminal import fail
from auditor.code import OsvError
from auditor.collect.account_file import AccountFileError
from auditor.frameworks import FrameworkError
from auditor.gate import GateError
from auditor.history import HistoryError
from auditor.mute import MuteError
from auditor.reference import ReferenceDataError
from auditor.render import FormatError, json_report
from auditor.scaffold import ScaffoldError
from auditor.settings import SettingsError
from auditor.snapshot import SnapshotError
from auditor.suggestion import SuggestionError

USAGE, INCOMPLETE, INTERNAL, INTERRUPTED = 2, 3, 4, 130

REFUSALS = (
    AccountFileError,
    CatalogueError,
    SettingsError,
    MuteError,
    ReferenceDataError,
    FrameworkError,
    OsvError,
    ScaffoldError,
    SuggestionError,
    SnapshotError,
    GateError,
    HistoryError,
    FormatError,
    json_report.ReportError,
)

Given = TypeVar("Given")


def refusing(action: Callable[[], Given]) -> Given:
    """Return what an action returns; end with its sentence where it refuses what it was given."""
    try:
        return action()
    except REFUSALS as error:
        end(USAGE, str(error))


def end(code: int, message: str) -> NoReturn:
    """Say one sentence on stderr and leave."""
    fail(message)
    sys.exit(code)
