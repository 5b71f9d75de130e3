"""Earlier runs as commands use them: read before a report is written, kept after it is."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.cli.exits import refusing
from auditor.cli.files import read_report
from auditor.cli.terminal import note
from auditor.history import HistoryError, Standing, standing, with_history
from auditor.history.local import before, default_file, keep, runs
from auditor.report import Report


@dataclass(frozen=True)
class Past:
    """Where earlier runs are known from: a history file (None: no history), and a report that was named."""

    file: Path | None
    previous: Standing | None

    def told(self, report: Report) -> Report:
        """Return the report with what became of the run before."""
        try:
            earlier, last = before(self.file, report) if self.file else ((), None)
        except HistoryError as error:
            note(str(error))
            earlier, last = (), None
        return with_history(report, earlier, self.previous or last)

    def keep(self, report: Report) -> None:
        """Keep the run. A history that cannot be written does not spoil a scan."""
        if self.file is None:
            return
        try:
            keep(self.file, report)
        except HistoryError as error:
            note(str(error))


def given_past(given: dict[str, Any], *, by_default: bool) -> Past:
    """Return what `history_options` were given. A history that is named must be usable."""
    named: Path | None = given["history_file"]
    if named is not None:
        refusing(lambda: runs(named))
    switched_off = given.get("no_history", False)
    fallback = default_file(os.environ) if by_default else None
    previous = standing(read_report(given["previous"])) if given["previous"] else None
    return Past(file=None if switched_off else named or fallback, previous=previous)
