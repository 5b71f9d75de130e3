"""Commands on settings files: their form, and what holds here and why."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from auditor.catalogue import Check
from auditor.cli.defaults import origin, shown, word
from auditor.cli.exits import refusing
from auditor.cli.given import given_rule_files
from auditor.cli.options import checks_dir_option
from auditor.cli.scan import scan
from auditor.cli.terminal import safe
from auditor.pipeline import RuleFiles, Rules, load_rules
from auditor.settings import Settings, load_settings
from auditor.settings_form import default_settings, settings_schema


@click.group(short_help="Print the form of the settings file, or what holds here.")
def config() -> None:
    r"""Print the form of the settings file, or what holds here.

    What an option is set to comes from the command line, else from its variable (LAMBDA_AUDITOR_FAIL_ON for
    --fail-on), else from `options:` in auditor.yaml, else it is the default.

    \b
    Examples:
      lambda-auditor config default > auditor.yaml
      lambda-auditor config show --origin
      lambda-auditor config show --origin -- --ruleset strict --fail-on new
    """


@config.command()
@checks_dir_option
def schema(check_folders: Sequence[Path]) -> None:
    """Print the JSON Schema of the settings file, with which an editor completes and checks it."""
    click.echo(settings_schema(_checks(check_folders)))


@config.command()
@checks_dir_option
def default(check_folders: Sequence[Path]) -> None:
    """Print a settings file that changes nothing, with all that may be changed in comments."""
    click.echo(default_settings(_checks(check_folders)), nl=False)


@config.command()
@click.option("--origin", "with_origin", is_flag=True, help="Say where each value comes from.")
@click.option("--all", "whole", is_flag=True, help="Also options that are at their default.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS OF SCAN]")
@click.pass_context
def show(context: click.Context, words: tuple[str, ...], *, with_origin: bool, whole: bool) -> None:
    """Show what a scan here would be set to: options, and the checks that differ from their defaults."""
    scanning = scan.make_context("scan", list(words), parent=context.find_root())
    rows = [
        (word(option), shown(scanning.params, option), origin(scanning, option))
        for option in scan.params
        if isinstance(option, click.Option) and not option.hidden and option.name in scanning.params
    ]
    files = given_rule_files(scanning.params)
    rules = refusing(lambda: load_rules(files, datetime.now(UTC)))
    file = files.settings
    own = refusing(lambda: load_settings(file, rules.checks)) if file else Settings()
    rows = [row for row in rows if whole or row[2] != "default"] + list(_judging(rules, files, own))
    if not rows:
        click.echo("Everything is at its default; --all shows the defaults")
    for name, value, source in rows:
        click.echo(safe(f"{name} = {value}" + (f"    ({source})" if with_origin else "")))


def _judging(rules: Rules, files: RuleFiles, own: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield what differs from the checks' own defaults, and where that is said."""
    ruleset = f"rule set {files.ruleset}"
    for check in rules.checks:
        said = own.checks.get(check.id)
        if not rules.settings.enabled(check):
            source = str(files.settings) if said and not said.enabled else ruleset
            yield f"{check.id}.enabled", "no", source if not rules.selection else "selection"
            continue
        if rules.settings.severity(check) is not check.severity:
            source = str(files.settings) if said and said.severity else ruleset
            yield f"{check.id}.severity", rules.settings.severity(check).value, source
        for name, value in rules.settings.thresholds(check).items():
            mine = name in own.shared or (said is not None and name in said.thresholds)
            yield f"{check.id}.{name}", str(value), str(files.settings) if mine else ruleset


def _checks(check_folders: Sequence[Path]) -> tuple[Check, ...]:
    return refusing(lambda: load_rules(RuleFiles(check_folders=check_folders), datetime.now(UTC))).checks
