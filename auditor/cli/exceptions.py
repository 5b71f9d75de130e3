"""The command on mute files."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from auditor.cli.exits import refusing
from auditor.cli.files import read_report
from auditor.cli.options import checks_dir_option
from auditor.cli.params import FILE, MOMENT
from auditor.cli.terminal import safe
from auditor.mute import EXPIRING, MuteRule, load_mutes
from auditor.pipeline import RuleFiles, load_rules
from auditor.report import Report

WANTS_A_LOOK = 1


@click.group(short_help="Check mute files.")
def mutes() -> None:
    """Work with mute files: accepted risks and false positives, with owner and end."""


@mutes.command()
@click.argument("file", type=FILE)
@click.option(
    "--report",
    "report_file",
    type=FILE,
    help="report.json made with this file: rules that cover nothing are told.",
)
@click.option("--as-of", type=MOMENT, metavar="DATE", help="Day to judge for; today by default.")
@checks_dir_option
def lint(
    file: Path, report_file: Path | None, as_of: datetime | None, check_folders: tuple[Path, ...]
) -> None:
    r"""Check a mute FILE: exit 0 where all is in order, 1 where a rule wants a look, 2 where it is unusable.

    A rule wants a look that has ended, ends within 14 days, or (with --report) covers no finding.

    \b
    Examples:
      lambda-auditor mutes lint mutes.yaml
      lambda-auditor mutes lint mutes.yaml --report audit/report.json
    """
    now = as_of or datetime.now(UTC)
    checks = refusing(lambda: load_rules(RuleFiles(check_folders=check_folders), now)).checks
    rules = refusing(lambda: load_mutes(file, now.date(), [check.id for check in checks]))
    report = read_report(report_file) if report_file else None
    states = [(rule, _state(rule, now.date(), report)) for rule in rules]
    for rule, state in states:
        click.echo(safe(f"{rule.id}  {state}: {rule.kind}, {rule.check}, {rule.owner}"))
    click.echo(f"{file}: {len(rules)} {'rule' if len(rules) == 1 else 'rules'}")
    if any(not state.startswith("in force") for _, state in states):
        sys.exit(WANTS_A_LOOK)


def _state(rule: MuteRule, as_of: date, report: Report | None) -> str:
    if rule.expires < as_of:
        return f"ended {rule.expires}"
    if report and not any(row.id == rule.id and row.findings for row in report.exceptions):
        return f"covers nothing, ends {rule.expires}"
    days = (rule.expires - as_of).days
    if rule.expires < as_of + EXPIRING:
        return f"ends in {days} {'day' if days == 1 else 'days'}"
    return f"in force until {rule.expires}"
