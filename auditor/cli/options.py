"""The options that commands share, and what they mean together."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from auditor.cli.progress import Progress
from auditor.cli.terminal import Painter, is_terminal, wants_colour
from auditor.gate import Gate, parse_gate
from auditor.pipeline import RuleFiles
from auditor.render import FORMATS
from auditor.rulesets import DEFAULT
from auditor.settings import SettingsError


@dataclass(frozen=True)
class Output:
    """Where files go and how the terminal is spoken to."""

    folder: Path
    formats: tuple[str, ...]
    colour: str
    quiet: bool

    def paint(self) -> Painter:
        """Return the painter for stdout."""
        return Painter(colour=wants_colour(self.colour, os.environ, is_terminal=is_terminal(sys.stdout)))

    def progress(self) -> Progress:
        """Return progress on stderr."""
        bar = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        return Progress(sys.stderr, bar=bar, quiet=self.quiet)


def options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Join several click options into one decorator."""

    def joined(function: Any) -> Any:  # noqa: ANN401 - click's own callables
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return joined


FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

checks_dir_option = click.option(
    "--checks-dir", "check_folders", type=FOLDER, multiple=True, help="Folder with checks of your own."
)
rule_options = options(
    click.option(
        "--ruleset",
        default=DEFAULT,
        show_default=True,
        metavar="NAME|FILE",
        help="Checks and thresholds to start from: essential, recommended, strict, or a file.",
    ),
    click.option(
        "--config", "settings", type=FILE, help="Settings file (thresholds, severities, overrides)."
    ),
    click.option(
        "--mutes", type=FILE, help="Mute file: accepted risks and false positives, with owner and end."
    ),
    click.option("--attestations", type=FILE, help="Attestation file: what people vouch for, such as tests."),
    click.option("--framework", "frameworks", type=FILE, multiple=True, help="A framework of your own."),
    checks_dir_option,
    click.option("--runtime-table", type=FILE, help="Runtime calendar to use in place of the packaged one."),
    click.option("--price-table", type=FILE, help="Prices to use in place of the packaged ones."),
    click.option(
        "--osv-db",
        "vulnerabilities",
        type=FOLDER,
        help="Folder with a copy of the OSV database (PyPI and npm), for known vulnerabilities.",
    ),
    click.option(
        "--as-of", metavar="DATE", help="Day to judge for, as YYYY-MM-DD; the day of the scan by default."
    ),
)
gate_options = options(
    click.option(
        "--fail-on",
        default="high",
        show_default=True,
        metavar="LEVEL",
        help="Exit 1 on an open finding of this severity or worse: critical, high, medium, low, or none.",
    ),
    click.option("--min-score", type=click.IntRange(0, 100), help="Exit 1 where the proven score is lower."),
    click.option(
        "--min-coverage", type=click.IntRange(0, 100), help="Exit 3 where less of the weight was judged."
    ),
    click.option("--exit-zero", is_flag=True, help="Exit 0 whatever was found; errors keep their codes."),
)
output_options = options(
    click.option(
        "-o",
        "--output",
        "folder",
        type=FOLDER,
        default=Path(),
        help="Folder for the files; made where missing. Default: here.",
    ),
    click.option(
        "-f",
        "--format",
        "formats",
        multiple=True,
        type=click.Choice(sorted(FORMATS)),
        help="Format to write; repeatable. A scan always writes html and json.",
    ),
    click.option(
        "--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress and no summary; errors still speak."),
)


def given_output(given: dict[str, Any]) -> Output:
    """Return what `output_options` were given."""
    return Output(
        folder=given["folder"],
        formats=tuple(given["formats"]),
        colour=given["colour"],
        quiet=given["quiet"],
    )


def given_gate(given: dict[str, Any]) -> Gate:
    """Return what `gate_options` were given. Raises `GateError`."""
    return parse_gate(given["fail_on"], given["min_score"], given["min_coverage"])


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
    return RuleFiles(**{name: given[name] for name in names})


def as_of(given: dict[str, Any], now: datetime) -> datetime:
    """Return the day to judge for. Raises `SettingsError`."""
    if not given["as_of"]:
        return now
    try:
        return datetime.strptime(given["as_of"], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise SettingsError(f"--as-of {given['as_of']} is not a date such as 2026-11-23") from error
