"""The command line: parse, call the pipeline, print."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import msgspec

from auditor.catalogue import CatalogueError, Check, builtin_folder
from auditor.cli_options import FILE, FOLDER, Output, gate_options, output_options, rule_options
from auditor.cli_reports import diff, pack, verify_pack
from auditor.code import OsvError
from auditor.collect import CollectError, ScanRequest, collect
from auditor.collect.operations import Tier, iam_policy
from auditor.collect.plan import PlannedRequests, plan
from auditor.demo import DEMO_NOW, DemoSession, demo_session
from auditor.deploy import sam_template
from auditor.docs import catalogue_page, coverage_rows
from auditor.frameworks import FrameworkError
from auditor.gate import GateError, exit_code, parse_gate
from auditor.model import Unavailable
from auditor.mute import MuteError
from auditor.pipeline import RuleFiles, Rules, audit, load_rules
from auditor.reference import ReferenceDataError
from auditor.render import json_report
from auditor.render import render as render_format
from auditor.report import Report
from auditor.scaffold import ScaffoldError, new_check
from auditor.settings import SettingsError
from auditor.settings_form import default_settings, settings_schema
from auditor.snapshot import SnapshotError, decode, encode, write_whole
from auditor.snapshot import schema as snapshot_schema
from auditor.suggestion import SuggestionError, find_subject, suggested_policy, suggestion_text
from auditor.terminal import fail, safe, summary

USAGE, INCOMPLETE, INTERNAL, INTERRUPTED = 2, 3, 4, 130
ALWAYS = ("html", "json")
DEMO_REGIONS = ("eu-west-1", "us-east-1")

REFUSALS = (
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
    json_report.ReportError,
)


class Guarded(click.Group):
    """A group whose faults end in one sentence and the documented exit code, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except BrokenPipeError:
            # Whoever read has read enough, as `head` does.
            sys.stdout = None
            sys.exit(0)
        except KeyboardInterrupt:
            _end(INTERRUPTED, "interrupted before anything could be kept")
        except Exception as error:  # noqa: BLE001 - the last stand
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
            _end(
                INTERNAL,
                f"a fault of lambda-auditor itself: {type(error).__name__} at {where}; please report it",
            )


@click.group(cls=Guarded, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("lambda-auditor"), prog_name="lambda-auditor")
def main() -> None:
    r"""Judge every AWS Lambda function of an account against the production checklist, with evidence.

    \b
    See it run, without an account:    lambda-auditor scan --demo
    Audit one region:                  lambda-auditor scan --region eu-west-1 -o audit
    Give the auditor its permissions:  lambda-auditor iam-policy > policy.json
    Understand one finding:            lambda-auditor explain timeout-near-limit
    Export again later, offline:       lambda-auditor render audit/report.json -f sarif

    It only reads. What it could not see is UNKNOWN, never a pass.

    \b
    Exit codes: 0 passed the gate; 1 the gate failed (see --fail-on); 2 wrong usage or an unusable file;
    3 incomplete (credentials, nothing could be listed, coverage too low); 4 a fault of ours; 130 interrupted.
    """


@main.command()
@click.option("--demo", is_flag=True, help="Scan the embedded demo account: no credentials, no network.")
@click.option("--profile", help="Profile of the AWS configuration files.")
@click.option(
    "--region", "regions", multiple=True, help="Region to scan; repeatable. Default: the profile's."
)
@click.option("--all-regions", is_flag=True, help="Scan every region that is enabled in the account.")
@click.option("--role-arn", help="Role to assume first.")
@click.option("--external-id", help="External id that the role asks for.")
@click.option("--endpoint-url", help="Endpoint of all services, such as an emulator.")
@click.option(
    "--tier",
    type=click.Choice([tier.value for tier in Tier]),
    help="How much to ask: quick (bulk calls), standard (default), deep (packages, last use, logs).",
)
@click.option(
    "--pace", type=click.FloatRange(0.01, 1.5), help="Share of AWS's request quotas to use. Default 0.67."
)
@click.option("--function", "functions", multiple=True, metavar="GLOB", help="Only functions of this name.")
@click.option(
    "--exclude-function", "excluded", multiple=True, metavar="GLOB", help="No function of this name."
)
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Only functions that carry this tag.")
@click.option("--org-role", help="Role to assume in every active account of the organisation.")
@click.option(
    "--cost-explorer", is_flag=True, help="Allow the one request to Cost Explorer; it costs 0.01 USD."
)
@click.option("--resume", type=FOLDER, help="Folder of an unfinished scan: keep what is read, go on from it.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what the scan would ask and cost, and stop.")
@click.option(
    "--snapshot", type=FILE, help="Also keep the evidence here (snapshot.json in the folder by default)."
)
@rule_options
@gate_options
@output_options
def scan(**given: Any) -> None:  # noqa: ANN401 - click's values
    r"""Read an account and judge it.

    Writes report.html, report.json and snapshot.json, and what -f adds. The snapshot holds the evidence
    without any secret
    value; `render` judges and renders it again, offline.

    \b
    Examples:
      lambda-auditor scan --demo
      lambda-auditor scan --profile prod --region eu-west-1 --region us-east-1 -o audit
      lambda-auditor scan --role-arn arn:aws:iam::123456789012:role/audit --external-id x -f csv -f sarif
    """
    output = _output(given)
    now = datetime.now(UTC)
    session = None
    if given["demo"]:
        now, session = DEMO_NOW, demo_session()
        given["regions"] = given["regions"] or DEMO_REGIONS
        given["tier"] = given["tier"] or Tier.DEEP.value
    rules = _refusing(lambda: load_rules(_rule_files(given), _as_of(given, now)))
    gate = _refusing(lambda: parse_gate(given["fail_on"], given["min_score"], given["min_coverage"]))
    request = _refusing(lambda: _request(given))
    if given["only_plan"]:
        _print_plan(request, session)
        return
    _make_folder(output.folder)
    progress = output.progress()
    try:
        inventory = collect(request, session=session, now=now, on_progress=progress)
    except CollectError as error:
        progress.close()
        _end(INCOMPLETE, str(error))
    progress.close()
    written = [_write(given["snapshot"] or output.folder / "snapshot.json", encode(inventory))]
    report = audit(inventory, rules, inventory.scan.ended_at)
    written += _write_formats(report, output, (*ALWAYS, *output.formats))
    _finish(report, written, output)
    if inventory.scan.interrupted == "interrupted":
        sys.exit(INTERRUPTED)
    sys.exit(exit_code(report, gate, exit_zero=given["exit_zero"]))


@main.command()
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
    output = _output(given)
    gate = _refusing(lambda: parse_gate(given["fail_on"], given["min_score"], given["min_coverage"]))
    data = _read(file)
    if json_report.is_report(data):
        report = _refusing(lambda: json_report.read(data, str(file)))
    else:
        inventory = _refusing(lambda: decode(data, str(file)))
        rules = _refusing(lambda: load_rules(_rule_files(given), _as_of(given, inventory.scan.ended_at)))
        report = audit(inventory, rules, inventory.scan.ended_at)
    _make_folder(output.folder)
    _finish(report, _write_formats(report, output, output.formats or ALWAYS), output)
    sys.exit(exit_code(report, gate, exit_zero=given["exit_zero"]))


@main.command(name="checks")
@click.option(
    "--checks-dir", "check_folders", type=FOLDER, multiple=True, help="Folder with checks of your own."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a check.")
@click.option("--coverage", is_flag=True, help="Each row of the catalogue of practices with its checks.")
def list_checks(check_folders: Sequence[Path], *, as_json: bool, coverage: bool) -> None:
    """List the checks: item, severity, id, title."""
    rules = _refusing(lambda: load_rules(RuleFiles(check_folders=check_folders), datetime.now(UTC)))
    if coverage:
        for code, covered in coverage_rows(rules.checks):
            click.echo(f"{code:<8} {covered or 'neither check nor reason'}")
        return
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_described(check) for check in rules.checks])))
        return
    for check in sorted(rules.checks, key=lambda found: (found.item.number, found.severity.rank, found.id)):
        click.echo(f"{check.item.number:>2} {check.severity.value:<8} {check.id:<45} {check.title}")


@main.command()
@click.argument("check_id", metavar="CHECK")
@click.option(
    "--checks-dir", "check_folders", type=FOLDER, multiple=True, help="Folder with checks of your own."
)
def explain(check_id: str, check_folders: Sequence[Path]) -> None:
    """Explain one check: why it matters, how to fix it, what may be set."""
    rules = _refusing(lambda: load_rules(RuleFiles(check_folders=check_folders), datetime.now(UTC)))
    click.echo(explained(_named(check_id, rules)))


@main.command(name="iam-policy")
@click.option(
    "--tier", type=click.Choice([tier.value for tier in Tier]), default=Tier.STANDARD.value, show_default=True
)
def print_iam_policy(tier: str) -> None:
    """Print the IAM policy that a scan needs: exactly the actions that the collectors declare."""
    click.echo(msgspec.json.format(msgspec.json.encode(iam_policy(Tier(tier))), indent=2))


@main.command()
def template() -> None:
    """Print the SAM template that runs the auditor on a schedule."""
    click.echo(sam_template(), nl=False)


@main.command(name="new-check")
@click.argument("name")
@click.option(
    "--checks-dir", "folder", type=FOLDER, default=Path("checks"), show_default=True, help="Its folder."
)
def write_new_check(name: str, folder: Path) -> None:
    """Write a check of your own, NAME in snake_case, and its table of cases."""
    for file in _refusing(lambda: new_check(name, folder)):
        click.echo(str(file))


@main.command(name="suggest-policy")
@click.argument("function")
@click.argument("snapshot", type=FILE)
def suggest_policy(function: str, snapshot: Path) -> None:
    r"""Suggest the least policy for a FUNCTION's role, from what a SNAPSHOT knows of its use.

    Use a snapshot of --tier deep: without the code and the role's last use nothing can be left out.

    \b
    Example:
      lambda-auditor scan --tier deep -o audit && lambda-auditor suggest-policy orders-api audit/snapshot.json
    """
    inventory = _refusing(lambda: decode(_read(snapshot), str(snapshot)))
    subject = _refusing(lambda: find_subject(inventory, function))
    rules = _refusing(lambda: load_rules(RuleFiles(), inventory.scan.ended_at))
    found = suggested_policy(subject.function, subject.region, subject.account, rules.reference)
    click.echo(safe(suggestion_text(subject, found)))
    if isinstance(found, Unavailable):
        sys.exit(INCOMPLETE)


@main.command()
@click.argument("kind", type=click.Choice(["schema", "default"]))
@click.option(
    "--checks-dir", "check_folders", type=FOLDER, multiple=True, help="Folder with checks of your own."
)
def config(kind: str, check_folders: Sequence[Path]) -> None:
    """Print the JSON Schema of the settings file, or a commented default one."""
    checks = _refusing(lambda: load_rules(RuleFiles(check_folders=check_folders), datetime.now(UTC))).checks
    click.echo(settings_schema(checks) if kind == "schema" else default_settings(checks), nl=kind == "schema")


@main.command(hidden=True)
def docs() -> None:
    """Write checks/README.md of the checkout anew."""
    checks = _refusing(lambda: load_rules(RuleFiles(), datetime.now(UTC))).checks
    _write(builtin_folder() / "README.md", catalogue_page(checks).encode())


@main.command()
@click.argument("kind", type=click.Choice(["report", "snapshot"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of report.json or of a snapshot."""
    click.echo(json_report.schema() if kind == "report" else snapshot_schema())


for command in (diff, pack, verify_pack):
    main.add_command(command)


def _output(given: dict[str, Any]) -> Output:
    return Output(
        folder=given["folder"],
        formats=tuple(given["formats"]),
        colour=given["colour"],
        quiet=given["quiet"],
    )


def _rule_files(given: dict[str, Any]) -> RuleFiles:
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


def _as_of(given: dict[str, Any], now: datetime) -> datetime:
    if not given["as_of"]:
        return now
    try:
        return datetime.strptime(given["as_of"], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise SettingsError(f"--as-of {given['as_of']} is not a date such as 2026-11-23") from error


def _print_plan(request: ScanRequest, session: DemoSession | None) -> None:
    try:
        found = plan(request, session)
    except CollectError as error:
        _end(INCOMPLETE, str(error))
    click.echo(plan_text(found.operations, found.notes))
    click.echo(
        f"{found.functions:,} functions in {found.regions} regions, tier {found.tier}: "
        f"{found.requests:,} requests, about {found.seconds:,.0f} s, {found.usd:.2f} USD"
    )


def plan_text(operations: Sequence[PlannedRequests], notes: Sequence[str]) -> str:
    """Return a plan's operations, most asked first, and its notes."""
    rows = sorted(operations, key=lambda row: (-row.requests, row.operation))
    lines = [
        f"{row.requests:>8,}  {row.operation}" + (f"  {row.usd:.2f} USD" if row.usd else "") for row in rows
    ]
    return "\n".join([*lines, *(safe(note) for note in notes)])


def _request(given: dict[str, Any]) -> ScanRequest:
    tags = tuple(tuple(pair.split("=", 1)) for pair in given["tags"])
    if any(len(pair) != 2 for pair in tags):  # noqa: PLR2004 - key and value
        raise SettingsError("--tag wants KEY=VALUE")
    return ScanRequest(
        regions=("all",) if given["all_regions"] else tuple(given["regions"]),
        profile=given["profile"] or "",
        role_arn=given["role_arn"] or "",
        external_id=given["external_id"] or "",
        endpoint_url=given["endpoint_url"] or "",
        tier=Tier(given["tier"] or Tier.STANDARD.value),
        pace=given["pace"],
        functions=tuple(given["functions"]),
        excluded_functions=tuple(given["excluded"]),
        tags=tags,
        organization_role=given["org_role"] or "",
        cost_explorer=given["cost_explorer"],
        resume=str(given["resume"] or ""),
    )


def _refusing(action: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the action returns
    try:
        return action()
    except REFUSALS as error:
        _end(USAGE, str(error))


def _end(code: int, message: str) -> None:
    fail(message)
    sys.exit(code)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _end(USAGE, f"{file} cannot be read: {error.strerror}")
        raise


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _end(USAGE, f"the folder {folder} cannot be made: {error.strerror}")


def _write(file: Path, data: bytes) -> str:
    try:
        write_whole(file, data)
    except OSError as error:
        _end(USAGE, f"{file} cannot be written: {error.strerror}; choose another folder with -o")
    return str(file)


def _write_formats(report: Report, output: Output, formats: Iterable[str]) -> list[str]:
    return [
        _write(output.folder / name, data)
        for wanted in dict.fromkeys(formats)
        for name, data in render_format(report, wanted).items()
    ]


def _finish(report: Report, written: Sequence[str], output: Output) -> None:
    if not output.quiet:
        click.echo(summary(report, written, output.paint()))


def _named(check_id: str, rules: Rules) -> Check:
    found = {check.id: check for check in rules.checks}
    if check_id not in found:
        import difflib  # noqa: PLC0415 - only on a slip

        near = difflib.get_close_matches(check_id, found, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else "; `lambda-auditor checks` lists them"
        _end(USAGE, f"there is no check '{check_id}'{hint}")
    return found[check_id]


def explained(check: Check) -> str:
    """Return the documentation of a check as plain text."""
    thresholds = "\n".join(f"  {found.name} = {found.default!r}" for found in check.thresholds) or "  none"
    references = "\n".join(f"  {url}" for url in check.references)
    rank = f"severity {check.severity.value}, confidence {check.confidence.value}"
    return "\n".join(
        (
            f"{check.title}  ({check.id})",
            f"{check.item.number}. {check.item.title}; {rank}",
            f"\nWhy it matters\n{check.why}",
            f"\nHow to fix\n{check.fix}",
            f"\nThresholds\n{thresholds}",
            f"\nReferences\n{references}",
        )
    )


def _described(check: Check) -> dict[str, object]:
    return {
        "id": check.id,
        "title": check.title,
        "item": check.item.value,
        "severity": check.severity.value,
        "confidence": check.confidence.value,
        "codes": check.codes,
        "thresholds": {found.name: found.default for found in check.thresholds},
    }
