"""Commands on permissions: those the auditor needs, and those that a role could do with."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from auditor.cli.exits import INCOMPLETE, USAGE, end, refusing
from auditor.cli.files import make_folder, read_bytes, read_report, read_snapshot, write
from auditor.cli.params import FILE, FOLDER
from auditor.cli.terminal import fail, note, safe
from auditor.collect.operations import Tier
from auditor.collect.permissions import (
    MANAGED_POLICY_LIMIT,
    Policy,
    iam_policies,
    missing_policy,
    tier_policies,
)
from auditor.deploy import sam_template
from auditor.model import DeniedBy, Spending, Unavailable
from auditor.pipeline import RuleFiles, load_rules
from auditor.render import json_report
from auditor.report import OperationRow
from auditor.suggestion import find_subject, suggested_policy, suggestion_text


@click.command(name="iam-policy", short_help="Print the IAM policy that a scan needs.")
@click.option(
    "--tier", type=click.Choice([tier.value for tier in Tier]), default=Tier.STANDARD.value, show_default=True
)
@click.option(
    "--missing",
    type=FILE,
    metavar="REPORT|SNAPSHOT",
    help="Print only the actions that this scan was denied, and name what no grant lifts.",
)
@click.option(
    "--split",
    "folder",
    type=FOLDER,
    help="Write a managed policy of its own for each tier here.",
)
def print_iam_policy(tier: str, missing: Path | None, folder: Path | None) -> None:
    r"""Print the IAM policy that a scan needs: exactly the actions that the collectors declare.

    With --missing, denials that AWS lays to an organisation's policy, a permissions boundary, a session or
    endpoint policy or an explicit deny are named on stderr and left out: a grant would not lift them.

    \b
    Examples:
      lambda-auditor iam-policy --tier deep > policy.json
      lambda-auditor iam-policy --missing audit/report.json > more.json
      lambda-auditor iam-policy --tier deep --split policies
    """
    if missing is not None:
        _print_missing(missing)
        return
    if folder is not None:
        _write_by_tier(Tier(tier), folder)
        return
    policies = iam_policies(Tier(tier))
    if len(policies) > 1:
        end(
            USAGE,
            f"the actions of tier {tier} need {len(policies)} managed policies of at most "
            f"{MANAGED_POLICY_LIMIT:,} characters; write them with --split FOLDER",
        )
    click.echo(_json(policies[0]))


def _print_missing(file: Path) -> None:
    rows: Iterable[OperationRow | Spending] = (
        read_report(file).scan.operations
        if json_report.is_report(read_bytes(file))
        else read_snapshot(file).scan.spending
    )
    grantable, barred = _denied(rows)
    for cause, operations in barred.items():
        note(f"denied by {cause.value}, which no grant to the caller lifts: {', '.join(operations)}")
    policy = missing_policy(grantable)
    if policy is None:
        no_other = "no other" if barred else "no"
        fail(f"{file} tells of {no_other} operation that was denied; there is no policy to add")
        return
    click.echo(_json(policy))


def _denied(
    rows: Iterable[OperationRow | Spending],
) -> tuple[list[str], dict[DeniedBy, list[str]]]:
    """Return the operations whose denial a grant may lift, and the others by what denied them."""
    grantable: list[str] = []
    barred: dict[DeniedBy, list[str]] = {}
    for row in rows:
        by_others = [(cause, times) for cause, times in row.denied_by if cause is not DeniedBy.NO_GRANT]
        if row.denied > sum(times for _, times in by_others):
            grantable.append(row.operation)
        for cause, _ in by_others:
            barred.setdefault(cause, []).append(row.operation)
    return grantable, barred


def _write_by_tier(tier: Tier, folder: Path) -> None:
    make_folder(folder)
    for one in (found for found in Tier if tier.covers(found)):
        for number, policy in enumerate(tier_policies(one), start=1):
            name = f"auditor-{one.value}{f'-{number}' if number > 1 else ''}.json"
            click.echo(write(folder / name, _json(policy).encode() + b"\n"))


def _json(policy: Policy) -> str:
    return msgspec.json.format(msgspec.json.encode(policy), indent=2).decode()


@click.command(short_help="Print the SAM template of a scheduled auditor.")
def template() -> None:
    """Print the SAM template that runs the auditor on a schedule."""
    click.echo(sam_template(), nl=False)


@click.command(name="suggest-policy", short_help="Suggest the least policy for a role.")
@click.argument("function")
@click.argument("snapshot", type=FILE)
def suggest_policy(function: str, snapshot: Path) -> None:
    r"""Suggest the least policy for a FUNCTION's role, from what a SNAPSHOT knows of its use.

    Use a snapshot of --tier deep: without the code and the role's last use nothing can be left out.

    \b
    Example:
      lambda-auditor scan --tier deep -o audit
      lambda-auditor suggest-policy orders-api audit/snapshot.json
    """
    inventory = read_snapshot(snapshot)
    subject = refusing(lambda: find_subject(inventory, function))
    rules = refusing(lambda: load_rules(RuleFiles(), inventory.scan.ended_at))
    found = suggested_policy(subject.function, subject.region, subject.account, rules.reference)
    click.echo(safe(suggestion_text(subject, found)))
    if isinstance(found, Unavailable):
        sys.exit(INCOMPLETE)
