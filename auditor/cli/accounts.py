"""The options that name several accounts, and what they mean together."""

import re
from collections.abc import Mapping
from typing import Any

import click

from auditor.cli.options import options
from auditor.cli.params import FILE
from auditor.collect import NamedAccount
from auditor.collect.account_file import ACCOUNT, read_accounts

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
UNIT = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}")

account_options = options(
    click.option(
        "--accounts",
        type=FILE,
        help="File of accounts to scan, on each line a number or a role's ARN; or such a list in YAML.",
    ),
    click.option("--org", is_flag=True, help="Scan every active account of the organisation."),
    click.option(
        "--ou",
        "units",
        multiple=True,
        metavar="ID",
        help="With --org: only accounts under this organizational unit, at any depth.",
    ),
    click.option(
        "--org-role", metavar="NAME", help="Role to assume in the accounts of --org and in bare numbers."
    ),
    click.option("--skip-account", "skipped", multiple=True, metavar="NUMBER", help="Not this account."),
)


def named_accounts(given: Mapping[str, Any]) -> tuple[NamedAccount, ...]:
    """Read the file of accounts, () without one.

    Raises `AccountFileError` for an unusable file, `UsageError` for options that do not go together.
    """
    file = given["accounts"]
    fault = _fault(given, several=given["org"] or file is not None)
    if fault:
        raise click.UsageError(fault)
    accounts = () if file is None else read_accounts(file)
    bare = [one.account for one in accounts if not one.role_arn]
    if bare and not given["org_role"]:
        raise click.UsageError(
            f"{file} names account {bare[0]} without a role; "
            "write the role's ARN in its place, or give --org-role NAME"
        )
    return accounts


def _fault(given: Mapping[str, Any], *, several: bool) -> str:
    if given["demo"] and several:
        return "--demo is one account; leave --org and --accounts out"
    if given["org"] and given["accounts"] is not None:
        return "choose one of --org and --accounts"
    if given["org"] and not given["org_role"]:
        return "--org needs the name of the role to assume in each account: --org-role NAME"
    if given["units"] and not given["org"]:
        return "--ou goes with --org"
    strange = [name for name in given["units"] if not UNIT.fullmatch(name)]
    if strange:
        return f"--ou {strange[0]} is no id of an organizational unit, such as ou-ab12-11111111"
    if (given["org_role"] or given["skipped"]) and not several:
        return "--org-role and --skip-account go with --org or --accounts"
    strange = [name for name in given["skipped"] if not ACCOUNT.fullmatch(name)]
    return f"--skip-account {strange[0]} is no account number of 12 digits" if strange else ""
