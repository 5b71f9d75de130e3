"""The commands that work on files alone: render again, and what the files look like."""

import sys
from pathlib import Path
from typing import Any

import click

from auditor.cli.exits import refusing
from auditor.cli.files import make_folder, read_bytes, write_formats
from auditor.cli.options import (
    FILE,
    Output,
    as_of,
    gate_options,
    given_gate,
    given_output,
    given_rule_files,
    output_options,
    rule_options,
)
from auditor.cli.summary import summary
from auditor.gate import exit_code
from auditor.pipeline import audit, load_rules
from auditor.render import json_report
from auditor.report import Report
from auditor.snapshot import decode
from auditor.snapshot import schema as snapshot_schema

ALWAYS = ("html", "json")


@click.command()
@click.argument("file", type=FILE)
@rule_options
@gate_options
@output_options
def render(file: Path, **given: Any) -> None:  # noqa: ANN401 - click's values
    r"""Render a snapshot or a report again, offline.

    A snapshot is judged anew by the rules of today; a report is taken as it is.

    \b
    Examples:
      lambda-auditor render audit/snapshot.json --as-of 2027-03-01 -o later
      lambda-auditor render audit/report.json -f csv -f sarif -o exports
    """
    output = given_output(given)
    gate = refusing(lambda: given_gate(given))
    report = _report(file, given)
    make_folder(output.folder)
    finish(report, write_formats(report, output, output.formats or ALWAYS), output)
    sys.exit(exit_code(report, gate, exit_zero=given["exit_zero"]))


@click.command()
@click.argument("kind", type=click.Choice(["report", "snapshot"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of report.json or of a snapshot."""
    click.echo(json_report.schema() if kind == "report" else snapshot_schema())


def _report(file: Path, given: dict[str, Any]) -> Report:
    data = read_bytes(file)
    if json_report.is_report(data):
        return refusing(lambda: json_report.read(data, str(file)))
    inventory = refusing(lambda: decode(data, str(file)))
    ended = inventory.scan.ended_at
    rules = refusing(lambda: load_rules(given_rule_files(given), as_of(given, ended)))
    return audit(inventory, rules, ended)


def finish(report: Report, written: list[str], output: Output) -> None:
    """Print the summary, unless asked to be quiet."""
    if not output.quiet:
        click.echo(summary(report, written, output.paint()))
