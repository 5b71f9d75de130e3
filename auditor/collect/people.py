"""Who may do what in an account: its roles, its other identities, and what its organisation leaves them."""

from collections.abc import Collection

from auditor.collect.account import DESCRIBE_ORGANIZATION, collect_organization
from auditor.collect.authorization import AUTHORIZATION_DETAILS, NOTHING_LISTED, Listing, list_account
from auditor.collect.identities import collect_identities
from auditor.collect.last_accessed import (
    collect_last_accessed,
    without_last_accessed,
)
from auditor.collect.operations import Operation, Tier
from auditor.collect.roles import collect_roles
from auditor.collect.service_control import LIST_POLICIES, collect_service_control
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.collect.unused_access import collect_unused_access
from auditor.model import ControlLevel, Identity, Organization, RoleEvidence, Unavailable

OPERATIONS: tuple[Operation, ...] = ()


def organization_and_controls(
    api: Api,
) -> tuple[Organization | None | Unavailable, tuple[ControlLevel, ...] | Unavailable]:
    """Read the organisation of the account, and what its service control policies leave the account."""
    found = whole(DESCRIBE_ORGANIZATION)(collect_organization)(api)
    return found, whole(LIST_POLICIES)(collect_service_control)(api, found)


def people(
    api: Api, arns: Collection[str]
) -> tuple[tuple[RoleEvidence, ...], tuple[Identity, ...] | Unavailable]:
    """Read the execution roles, and who else may change functions, out of one listing."""
    deep = api.tier.covers(Tier.DEEP)
    listing = whole(AUTHORIZATION_DETAILS)(list_account)(api) if arns or deep else NOTHING_LISTED
    roles = _roles(api, arns, listing)
    return roles, whole(AUTHORIZATION_DETAILS)(collect_identities)(api, listing, roles)


def _roles(api: Api, arns: Collection[str], listing: Listing | Unavailable) -> tuple[RoleEvidence, ...]:
    roles = whole(AUTHORIZATION_DETAILS)(collect_roles)(api, arns, listing)
    if isinstance(roles, Unavailable):
        return tuple(RoleEvidence(arn=arn, role=roles) for arn in sorted(arns))
    if not api.tier.covers(Tier.DEEP):
        return tuple(without_last_accessed(one) for one in roles)
    return collect_unused_access(api, collect_last_accessed(api, roles))
