"""The command that reads an account and judges it."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from msgspec.structs import replace

from auditor.cli.accounts import account_options, named_accounts
from auditor.cli.exits import INCOMPLETE, INTERRUPTED, end, refusing
from auditor.cli.files import make_folder, read_report, write, write_formats
from auditor.cli.given import as_of, given_gate, given_output, given_rule_files
from auditor.cli.options import gate_options, history_options, output_options, rule_options, secret_options
from auditor.cli.params import FILE, FOLDER
from auditor.cli.past import given_past
from auditor.cli.progress import Progress
from auditor.cli.render import ALWAYS, finish
from auditor.cli.roles import mfa_code, role_options
from auditor.cli.sections import Sectioned
from auditor.cli.terminal import note, safe
from auditor.collect import CollectError, ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.collect.plan import PlannedRequests, plan
from auditor.demo import DEMO_NOW, DemoSession, demo_session
from auditor.gate import outcome
from auditor.history import standing
from auditor.model import Inventory
from auditor.pipeline import audit, load_rules
from auditor.settings import SettingsError
from auditor.snapshot import encode

DEMO_REGIONS = ("eu-west-1", "us-east-1")


@click.command(cls=Sectioned)
@click.option("--demo", is_flag=True, help="Scan the embedded demo account: no credentials, no network.")
@click.option("--profile", help="Profile of the AWS configuration files.")
@click.option(
    "--region", "regions", multiple=True, help="Region to scan; repeatable. Default: the profile's."
)
@click.option("--all-regions", is_flag=True, help="Scan every region that is enabled in the account.")
@click.option(
    "--exclude-region", "excluded_regions", multiple=True, metavar="REGION", help="Not this region."
)
@role_options
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
@account_options
@click.option(
    "--cost-explorer", is_flag=True, help="Allow the one request to Cost Explorer; it costs 0.01 USD."
)
@click.option(
    "--resume",
    type=FOLDER,
    help="Folder for what AWS answers: the next scan asks only for the rest, for 24 h.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Say what the scan would ask and cost, and stop.")
@click.option(
    "--snapshot", type=FILE, help="Also keep the evidence here (snapshot.json in the folder by default)."
)
@rule_options
@gate_options
@history_options
@click.option("--no-history", is_flag=True, help="Neither read nor keep the history of runs.")
@output_options
@secret_options
def scan(**given: Any) -> None:  # noqa: ANN401 - click's values
    r"""Read an account and judge it.

    Writes report.html, report.json and snapshot.json, and what -f adds. The snapshot holds the evidence
    without any secret value; `render` judges and renders it again, offline.

    \b
    Examples:
      lambda-auditor scan --demo
      lambda-auditor scan --profile prod --region eu-west-1 -o audit -f csv
      lambda-auditor scan --tier deep --function 'checkout-*' --check 'timeout-*'
      lambda-auditor scan -f sarif=audit.sarif --baseline main.json --fail-on new
      lambda-auditor scan --role-arn ROLE_ARN --external-id ID --all-regions
      lambda-auditor scan --org --org-role audit --skip-account 111122223333
      lambda-auditor scan --org --org-role audit --ou ou-ab12-11111111
      lambda-auditor scan --accounts accounts.txt -o audit

    \b
    A line of the file of accounts; what follows a # is passed over:
      ACCOUNT_OR_ROLE_ARN [external-id=ID] [regions=REGION,REGION]
    In a file .yaml or .yml:
      - {account: NUMBER | role_arn: ARN, external_id: ID, regions: [REGION]}
    """
    output = refusing(lambda: given_output(given))
    now: datetime = given["now"] or datetime.now(UTC)
    session = None
    if given["demo"]:
        now, session = given["now"] or DEMO_NOW, demo_session()
        given["regions"] = given["regions"] or DEMO_REGIONS
        given["tier"] = given["tier"] or Tier.DEEP.value
    rules = refusing(lambda: load_rules(given_rule_files(given), as_of(given, now)))
    baseline = standing(read_report(given["baseline"])) if given["baseline"] else None
    gate = refusing(lambda: given_gate(given, baseline))
    past = given_past(given, by_default=not given["demo"])
    request = refusing(lambda: _request(given))
    if given["only_plan"]:
        _print_plan(request, session)
        return
    make_folder(output.folder)
    inventory = _collected(request, session, now, output.progress())
    if request.resume and not output.quiet:
        for said in inventory.scan.notes:
            note(said)
    if given["demo"] or given["now"]:
        inventory = _timeless(inventory)
    snapshot = write(given["snapshot"] or output.folder / "snapshot.json", encode(inventory))
    try:
        report = past.told(audit(inventory, rules, given["now"] or inventory.scan.ended_at))
        written = write_formats(report, output, (*ALWAYS, *output.formats))
        past.keep(report)
        ended = outcome(report, gate, exit_zero=given["exit_zero"])
        finish(report, [snapshot, *written], output, ended)
    except KeyboardInterrupt:
        end(
            INTERRUPTED,
            f"interrupted while judging; what was read is in {snapshot}: lambda-auditor render {snapshot}",
        )
    sys.exit(INTERRUPTED if inventory.scan.interrupted == "interrupted" else ended.code)


def _collected(
    request: ScanRequest, session: DemoSession | None, now: datetime, progress: Progress
) -> Inventory:
    try:
        return collect(request, session=session, now=now, on_progress=progress)
    except CollectError as error:
        progress.close()
        end(INCOMPLETE, str(error))
    finally:
        progress.close()


def _timeless(inventory: Inventory) -> Inventory:
    """Return the inventory as if it had been read in no time: the same account gives the same bytes."""
    return replace(inventory, scan=replace(inventory.scan, ended_at=inventory.scan.started_at))


def _print_plan(request: ScanRequest, session: DemoSession | None) -> None:
    try:
        found = plan(request, session)
    except CollectError as error:
        end(INCOMPLETE, str(error))
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
        excluded_regions=tuple(given["excluded_regions"]),
        session_name=given["role_session_name"],
        session_duration_s=given["session_duration"],
        mfa_serial=given["mfa_serial"] or "",
        mfa_code=mfa_code(given),
        endpoint_url=given["endpoint_url"] or "",
        tier=Tier(given["tier"] or Tier.STANDARD.value),
        pace=given["pace"],
        functions=tuple(given["functions"]),
        excluded_functions=tuple(given["excluded"]),
        tags=tags,
        accounts=named_accounts(given),
        organization=given["org"],
        units=tuple(given["units"]),
        skipped_accounts=tuple(given["skipped"]),
        account_role=given["org_role"] or "",
        cost_explorer=given["cost_explorer"],
        resume=str(given["resume"] or ""),
    )
