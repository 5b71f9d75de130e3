"""The command on settings files."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from auditor.cli.exits import refusing
from auditor.cli.options import checks_dir_option
from auditor.pipeline import RuleFiles, load_rules
from auditor.settings_form import default_settings, settings_schema


@click.command()
@click.argument("kind", type=click.Choice(["schema", "default"]))
@checks_dir_option
def config(kind: str, check_folders: Sequence[Path]) -> None:
    """Print the JSON Schema of the settings file, or a commented default one."""
    checks = refusing(lambda: load_rules(RuleFiles(check_folders=check_folders), datetime.now(UTC))).checks
    click.echo(settings_schema(checks) if kind == "schema" else default_settings(checks), nl=kind == "schema")
