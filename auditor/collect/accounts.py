"""Which accounts a scan is about: one, those of a file, or all of an organisation."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import boto3
from msgspec.structs import replace

from auditor.collect.account import LIST_ACCOUNTS
from auditor.collect.failures import CollectError
from auditor.collect.operations import Tier
from auditor.collect.request import ScanRequest, open_account
from auditor.model import Record

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]{1,576}")


class Target(Record, frozen=True, kw_only=True):
    """An account to scan, and the request that scans it."""

    account: str
    request: ScanRequest


def read_accounts(file: Path) -> tuple[tuple[str, str], ...]:
    """Read a file of accounts: on each line the ARN of a role to assume and, where it asks for one, its
    external id. Empty lines and what follows a # are passed over.

    Raises `CollectError` where the file cannot be read, or a line is no role ARN.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CollectError(f"{file} cannot be read as text ({type(error).__name__})") from None
    found = tuple(_roles(lines, file))
    if not found:
        raise CollectError(f"{file} names no role; put one role ARN on each line")
    return found


def _roles(lines: Iterable[str], file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        role, *external_id = words
        if not ROLE_ARN.fullmatch(role) or len(external_id) > 1:
            # The line is not quoted: an external id may stand in it.
            raise CollectError(f"line {number} of {file} is no role ARN with at most an external id")
        yield role, "".join(external_id)


def targets(request: ScanRequest, session: boto3.Session | None) -> tuple[Target, ...]:
    """Return the accounts of a request, () where it is about the caller's own account alone.

    Raises `CollectError` where the organisation cannot be listed.
    """
    if request.organization_role:
        return tuple(_members(request, session))
    return tuple(
        Target(
            account=role.split(":")[4],
            request=replace(request, accounts=(), role_arn=role, external_id=external_id),
        )
        for role, external_id in request.accounts
    )


def _members(request: ScanRequest, session: boto3.Session | None) -> Iterator[Target]:
    api, caller = open_account(replace(request, regions=(), tier=Tier.DEEP), session)
    rows = api.pages(LIST_ACCOUNTS, api.regions[0], "Accounts")
    if not isinstance(rows, list):
        raise CollectError(
            f"the accounts of the organisation cannot be listed ({rows}); "
            "ask from its management account or a delegated administrator, or name roles with --accounts"
        )
    one = replace(request, organization_role="")
    for row in rows:
        # https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
        if row.get("State", row.get("Status")) != "ACTIVE":
            continue
        role = f"arn:{caller.partition}:iam::{row['Id']}:role/{request.organization_role}"
        own = row["Id"] == caller.account
        yield Target(account=row["Id"], request=one if own else replace(one, role_arn=role))
