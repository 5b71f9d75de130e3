"""The command that sends findings on: to Security Hub."""

import sys
from pathlib import Path

import click

from auditor.cli.exits import INCOMPLETE, USAGE, end
from auditor.cli.files import read_report
from auditor.cli.params import FILE
from auditor.cli.terminal import fail, safe
from auditor.publish import Caller, PublishError, Sent, open_caller, publish
from auditor.report import Report


@click.group()
def push() -> None:
    """Send the findings of a report on. The only command that writes to AWS."""


@push.command(name="security-hub")
@click.argument("report", type=FILE)
@click.option("--profile", help="Profile of the AWS configuration files.")
@click.option("--endpoint-url", default="", help="Endpoint of the service, such as an emulator.")
@click.option("--passes", is_flag=True, help="Send also what passed and Security Hub does not have yet.")
def security_hub(report: Path, profile: str | None, endpoint_url: str, *, passes: bool) -> None:
    r"""Import the findings of REPORT, a report.json, into Security Hub CSPM.

    Security Hub takes findings from their own account: those of other accounts are left out, and counted.
    Failed, warned and unknown findings are sent; what passed is sent where Security Hub has it from before,
    so that it is resolved there, and what a whole scan found gone is archived. Exit 3 where some finding was
    left out or refused. Needs securityhub:BatchImportFindings and securityhub:GetFindings.

    \b
    Example:
      lambda-auditor push security-hub audit/report.json --profile prod
    """
    whole = read_report(report)
    caller = _caller(profile, endpoint_url)
    left_out = _of_others(whole, caller.account)
    if left_out == len(whole.findings):
        end(USAGE, f"{report} has no findings of account {caller.account}, whose credentials these are")
    sent = []
    for one in publish(whole, caller, passes=passes):
        click.echo(safe(_line(one)))
        sent.append(one)
    if left_out:
        fail(f"{left_out:,} findings are of other accounts: push them with the credentials of those")
    if left_out or any(one.refused for one in sent):
        sys.exit(INCOMPLETE)


def _caller(profile: str | None, endpoint_url: str) -> Caller:
    try:
        return open_caller(profile or "", endpoint_url)
    except PublishError as error:
        end(INCOMPLETE, str(error))


def _of_others(report: Report, account: str) -> int:
    return sum(finding.account != account for finding in report.findings)


def _line(one: Sent) -> str:
    why = f" ({one.why})" if one.why else ""
    taken = f"{one.imported:,} imported, {one.archived:,} of them archived"
    return f"{one.region}: {taken}; {one.refused:,} refused{why}"
