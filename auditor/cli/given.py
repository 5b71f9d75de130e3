"""What the shared options were given, as the values that the pipeline takes."""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auditor.cli.params import STDOUT, Wanted
from auditor.cli.progress import Progress
from auditor.cli.terminal import Painter, is_terminal, terminal_width, wants_colour
from auditor.gate import Gate, GateError, baseline_of, parse_gate
from auditor.history import Standing
from auditor.pipeline import RuleFiles
from auditor.selection import Selection
from auditor.verdict import ChecklistItem, Severity


@dataclass(frozen=True)
class Output:
    """Where files go and how the terminal is spoken to."""

    folder: Path
    formats: tuple[Wanted, ...]
    colour: str
    quiet: bool
    as_json: bool
    html_plain: bool

    @property
    def to_stdout(self) -> bool:
        """Whether a format goes to stdout, so that nothing else may."""
        return any(wanted.place == STDOUT for wanted in self.formats)

    def paint(self) -> Painter:
        """Return the painter for the summary's stream."""
        stream = sys.stderr if self.to_stdout else sys.stdout
        return Painter(colour=wants_colour(self.colour, os.environ, is_terminal=is_terminal(stream)))

    def width(self) -> int | None:
        """Return the columns that the summary may take; None where no person reads it as it comes."""
        return terminal_width(sys.stderr if self.to_stdout else sys.stdout)

    def progress(self) -> Progress:
        """Return progress on stderr."""
        bar = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        return Progress(sys.stderr, bar=bar, quiet=self.quiet, as_json=self.as_json)


def given_output(given: dict[str, Any]) -> Output:
    """Return what `output_options` were given. Raises `GateError` for two formats on one stdout."""
    formats: tuple[Wanted, ...] = given["formats"]
    if sum(wanted.place == STDOUT for wanted in formats) > 1:
        raise GateError("two formats cannot go to stdout at once; name a file for one of them")
    return Output(
        folder=given["folder"],
        formats=formats,
        colour=given["colour"],
        quiet=given["quiet"],
        as_json=given["log_format"] == "json",
        html_plain=given["html_plain"],
    )


def given_gate(given: dict[str, Any], baseline: Standing | None) -> Gate:
    """Return what `gate_options` were given. Raises `GateError`."""
    known = baseline_of(baseline) if baseline else None
    return parse_gate(given["fail_on"], given["min_score"], given["min_coverage"], known)


def given_rule_files(given: dict[str, Any]) -> RuleFiles:
    """Return what `rule_options` were given."""
    names = (
        "settings",
        "mutes",
        "attestations",
        "runtime_table",
        "price_table",
        "check_folders",
        "frameworks",
        "vulnerabilities",
        "ruleset",
    )
    today = datetime.now(UTC).date()
    return RuleFiles(selection=given_selection(given), today=today, **{name: given[name] for name in names})


def given_selection(given: dict[str, Any]) -> Selection:
    """Return what `selection_options` were given."""
    return Selection(
        checks=given["checks"],
        skipped=given["skipped_checks"],
        severities=tuple(Severity(word) for word in given["severities"]),
        items=tuple(ChecklistItem(word) for word in given["items"]),
        frameworks=given["only_frameworks"],
    )


def as_of(given: dict[str, Any], now: datetime) -> datetime:
    """Return the day to judge for."""
    day: datetime | None = given["as_of"]
    return day or now
