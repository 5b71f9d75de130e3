"""The options that commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from auditor.cli.defaults import from_file
from auditor.cli.params import FILE, FOLDER, FORMAT, MOMENT
from auditor.render import FORMATS
from auditor.rulesets import DEFAULT
from auditor.verdict import ChecklistItem, Severity


def options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Join several click options into one decorator."""

    def joined(function: Any) -> Any:  # noqa: ANN401 - click's own callables
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return joined


def _refused(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None and not context.resilient_parsing:
        raise click.UsageError(
            f"{option.opts[0]} is not taken: a command line is seen by every process and kept in the shell's "
            "history; name a profile with --profile, or set the AWS_* variables"
        )


def _secret(word: str) -> Callable[[Any], Any]:
    return click.option(word, hidden=True, expose_value=False, callback=_refused)


# Refused, rather than unknown: whoever tries them learns where credentials go, and click repeats no value.
secret_options = options(
    *map(
        _secret,
        (
            "--access-key",
            "--access-key-id",
            "--aws-access-key-id",
            "--secret-key",
            "--secret-access-key",
            "--aws-secret-access-key",
            "--session-token",
            "--aws-session-token",
            "--password",
        ),
    )
)
checks_dir_option = click.option(
    "--checks-dir", "check_folders", type=FOLDER, multiple=True, help="Folder with checks of your own."
)
selection_options = options(
    click.option(
        "--check", "checks", multiple=True, metavar="GLOB", help="Only these checks, such as 'timeout-*'."
    ),
    click.option(
        "--skip-check", "skipped_checks", multiple=True, metavar="GLOB", help="None of these checks."
    ),
    click.option(
        "--severity",
        "severities",
        multiple=True,
        type=click.Choice([severity.value for severity in Severity]),
        help="Only checks of this severity.",
    ),
    click.option(
        "--item",
        "items",
        multiple=True,
        type=click.Choice([item.value for item in ChecklistItem]),
        metavar="ITEM",
        help="Only checks of this item of the checklist, such as timeouts or cost.",
    ),
    click.option(
        "--only-framework",
        "only_frameworks",
        multiple=True,
        metavar="ID",
        help="Only checks that speak for a control of this framework (`lambda-auditor frameworks`).",
    ),
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
        "--config",
        "settings",
        type=FILE,
        is_eager=True,
        callback=from_file,
        help="Settings file (thresholds, severities, options). Default: auditor.yaml, here or above.",
    ),
    selection_options,
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
        help="Folder with a copy of the OSV database (PyPI, npm, Go, crates.io), for known vulnerabilities.",
    ),
    click.option(
        "--as-of",
        type=MOMENT,
        metavar="DATE",
        help="Day to judge for, as YYYY-MM-DD; the day of the scan by default.",
    ),
    click.option(
        "--now",
        type=MOMENT,
        metavar="TIME",
        help="Moment to put on the report in place of the clock's, for output that is the same again.",
    ),
)
gate_options = options(
    click.option(
        "--fail-on",
        default="high",
        show_default=True,
        metavar="LEVEL",
        help="Exit 1 on an open failed finding of this severity or worse: critical, high, medium, low; "
        "or new, for any that the baseline does not have; or none.",
    ),
    click.option(
        "--baseline",
        type=FILE,
        metavar="REPORT",
        help="report.json whose failed findings do not fail the gate, unless they got more severe.",
    ),
    click.option("--min-score", type=click.IntRange(0, 100), help="Exit 1 where the proven score is lower."),
    click.option(
        "--min-coverage", type=click.IntRange(0, 100), help="Exit 3 where less of the weight was judged."
    ),
    click.option("--exit-zero", is_flag=True, help="Exit 0 where the gate fails; 2, 3 and 4 stay."),
)
history_options = options(
    click.option(
        "--previous",
        type=FILE,
        metavar="REPORT",
        help="report.json of an earlier run: the report says what became of its findings.",
    ),
    click.option(
        "--history",
        "history_file",
        type=FILE,
        help="File that remembers runs, for the trend. A scan has one in your data folder by default.",
    ),
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
        type=FORMAT,
        metavar="NAME[=FILE]",
        help=f"Format to write, repeatable: {', '.join(sorted(FORMATS))}. "
        "With =FILE it goes there, with =- to stdout. A scan always writes html and json.",
    ),
    click.option(
        "--html-plain", is_flag=True, help="Leave the tables of report.html uncompressed, for old browsers."
    ),
    click.option(
        "--color",
        "colour",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colours; NO_COLOR and FORCE_COLOR are heeded.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Form of progress and errors on stderr; json is one object a line.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress and no summary; errors still speak."),
)
