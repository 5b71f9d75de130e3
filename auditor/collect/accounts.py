"""Which accounts a scan is about: one, those of a file, or those of an organisation."""

from typing import NamedTuple

import boto3
from msgspec.structs import replace

from auditor.collect.failures import CollectError
from auditor.collect.members import members
from auditor.collect.operations import Tier
from auditor.collect.request import ALL_REGIONS, ANY_REGION, NamedAccount, ScanRequest, open_account
from auditor.model import Caller, Record

# More at once only wait for the same processor.
ACCOUNTS_AT_ONCE = 4


class Target(Record, frozen=True, kw_only=True):
    """An account to scan, and the request that scans it."""

    account: str
    request: ScanRequest


class Targets(NamedTuple):
    """The accounts of a request, () where it is about the caller's own alone, and the session from which
    their roles are assumed.
    """

    session: boto3.Session | None
    several: tuple[Target, ...] = ()


def targets(request: ScanRequest, session: boto3.Session | None) -> Targets:
    """Return the accounts of a request. A role of the request itself is assumed first, the others from it.

    Raises `CollectError` where there are no credentials, the organisation cannot be listed, or no
    account of it is left.
    """
    if not (request.organization or request.accounts):
        return Targets(session)
    # Both questions are global: any region will do, and each account has regions of its own.
    regions = tuple(name for name in request.regions if name != ALL_REGIONS)[:1]
    own = bool(request.regions) or (bool(request.accounts) and all(one.regions for one in request.accounts))
    hub = replace(request, regions=regions, tier=Tier.DEEP)
    api, caller = open_account(hub, session, region=ANY_REGION if own else "")
    try:
        found = members(api, request.units) if request.organization else ()
    finally:
        api.close()
    one = replace(
        request,
        organization=False,
        units=(),
        accounts=(),
        profile="",
        role_arn="",
        # It was the first role's, where one was assumed.
        external_id="" if request.role_arn else request.external_id,
    )
    several = tuple(
        _target(named, one, caller)
        for named in (*(NamedAccount(account=number) for number in found), *request.accounts)
        if named.account not in request.skipped_accounts
    )
    if not several:
        raise CollectError("no account is left to scan; leave out --skip-account, or name others")
    return Targets(api.session, several)


def _target(found: NamedAccount, request: ScanRequest, caller: Caller) -> Target:
    role = found.role_arn
    if not role and found.account != caller.account:
        role = f"arn:{caller.partition}:iam::{found.account}:role/{request.account_role}"
    return Target(
        account=found.account,
        request=replace(
            request,
            role_arn=role,
            external_id=found.external_id or request.external_id,
            regions=found.regions or request.regions,
        ),
    )
