"""The commands that work on files alone: render again, and what the files look like."""

import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from auditor.cli.defaults import found_settings
from auditor.cli.exits import USAGE, end, refusing
from auditor.cli.files import make_folder, read_bytes, read_report, write_formats
from auditor.cli.given import Output, as_of, given_gate, given_output, given_rule_files
from auditor.cli.options import gate_options, history_options, output_options, rule_options
from auditor.cli.params import FILE, Wanted
from auditor.cli.past import given_past
from auditor.cli.sections import Sectioned
from auditor.cli.summary import summary
from auditor.cli.terminal import note
from auditor.gate import Outcome, outcome
from auditor.history import standing
from auditor.history.compare import schema as comparison_schema
from auditor.pipeline import audit, load_rules
from auditor.render import json_report
from auditor.report import Report
from auditor.snapshot import decode
from auditor.snapshot import schema as snapshot_schema

ALWAYS = (Wanted("html"), Wanted("json"))
# Options that a report which is rendered again cannot heed.
OF_SNAPSHOTS = {
    "ruleset",
    "settings",
    "checks",
    "skipped_checks",
    "severities",
    "items",
    "only_frameworks",
    "mutes",
    "attestations",
    "frameworks",
    "check_folders",
    "runtime_table",
    "price_table",
    "vulnerabilities",
    "as_of",
    "now",
    "previous",
    "history_file",
}


@click.command(cls=Sectioned)
@click.argument("file", type=FILE)
@rule_options
@gate_options
@history_options
@output_options
def render(file: Path, **given: Any) -> None:  # noqa: ANN401 - click's values
    r"""Render a snapshot or a report again, offline.

    A snapshot is judged anew by the rules of today; a report is taken as it is. No history is read unless
    --history or --previous names one, and none is written: the same files give the same bytes.

    \b
    Examples:
      lambda-auditor render audit/report.json -f csv -f sarif -o exports
      lambda-auditor render audit/report.json -f markdown=- >> summary.md
      lambda-auditor render audit/snapshot.json --as-of 2027-03-01 -o later
      lambda-auditor render audit/snapshot.json --mutes mutes.yaml -o accepted
      lambda-auditor render audit/report.json --baseline main.json --fail-on new
    """
    output = refusing(lambda: given_output(given))
    baseline = standing(read_report(given["baseline"])) if given["baseline"] else None
    gate = refusing(lambda: given_gate(given, baseline))
    report = _report(file, given)
    make_folder(output.folder)
    written = write_formats(report, output, output.formats or ALWAYS)
    ended = outcome(report, gate, exit_zero=given["exit_zero"])
    finish(report, written, output, ended)
    sys.exit(ended.code)


@click.command(short_help="Print the JSON Schema of a file.")
@click.argument("kind", type=click.Choice(["report", "snapshot", "diff"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of report.json, of a snapshot or of `diff -f json`."""
    schemas = {"report": json_report.schema, "snapshot": snapshot_schema, "diff": comparison_schema}
    click.echo(schemas[kind]().rstrip())


def _report(file: Path, given: dict[str, Any]) -> Report:
    data = read_bytes(file)
    if json_report.is_report(data):
        _refuse_rules(file)
        return refusing(lambda: json_report.read(data, str(file)))
    inventory = refusing(lambda: decode(data, str(file)))
    now = given["now"] or inventory.scan.ended_at
    rules = refusing(lambda: load_rules(given_rule_files(given), as_of(given, now)))
    return given_past(given, by_default=False).told(audit(inventory, rules, now))


def _refuse_rules(file: Path) -> None:
    """Refuse options that would not be heeded: a report that was muted or judged anew is another one."""
    context = click.get_current_context()
    for option in context.command.params:
        said = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
        if said and option.name in OF_SNAPSHOTS:
            end(
                USAGE,
                f"{option.opts[-1]} is about judging, and {file} is a report, which is taken as it is; "
                "render its snapshot",
            )


def finish(report: Report, written: list[str], output: Output, ended: Outcome) -> None:
    """Print the summary, unless asked to be quiet; on stderr where stdout is taken."""
    if output.quiet:
        return
    found = found_settings(click.get_current_context())
    if found:
        note(f"options and thresholds are from {found}")
    click.echo(summary(report, written, output.paint(), ended, output.width()), err=output.to_stdout)
