"""Commands on permissions: those the auditor needs, and those that a role could do with."""

import sys
from pathlib import Path

import click
import msgspec

from auditor.cli.exits import INCOMPLETE, refusing
from auditor.cli.files import read_snapshot
from auditor.cli.options import FILE
from auditor.cli.terminal import safe
from auditor.collect.operations import Tier, iam_policy
from auditor.deploy import sam_template
from auditor.model import Unavailable
from auditor.pipeline import RuleFiles, load_rules
from auditor.suggestion import find_subject, suggested_policy, suggestion_text


@click.command(name="iam-policy")
@click.option(
    "--tier", type=click.Choice([tier.value for tier in Tier]), default=Tier.STANDARD.value, show_default=True
)
def print_iam_policy(tier: str) -> None:
    """Print the IAM policy that a scan needs: exactly the actions that the collectors declare."""
    click.echo(msgspec.json.format(msgspec.json.encode(iam_policy(Tier(tier))), indent=2))


@click.command()
def template() -> None:
    """Print the SAM template that runs the auditor on a schedule."""
    click.echo(sam_template(), nl=False)


@click.command(name="suggest-policy")
@click.argument("function")
@click.argument("snapshot", type=FILE)
def suggest_policy(function: str, snapshot: Path) -> None:
    r"""Suggest the least policy for a FUNCTION's role, from what a SNAPSHOT knows of its use.

    Use a snapshot of --tier deep: without the code and the role's last use nothing can be left out.

    \b
    Example:
      lambda-auditor scan --tier deep -o audit && lambda-auditor suggest-policy orders-api audit/snapshot.json
    """
    inventory = read_snapshot(snapshot)
    subject = refusing(lambda: find_subject(inventory, function))
    rules = refusing(lambda: load_rules(RuleFiles(), inventory.scan.ended_at))
    found = suggested_policy(subject.function, subject.region, subject.account, rules.reference)
    click.echo(safe(suggestion_text(subject, found)))
    if isinstance(found, Unavailable):
        sys.exit(INCOMPLETE)
