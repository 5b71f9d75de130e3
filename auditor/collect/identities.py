"""Users and roles of the account that may change or invoke functions, out of IAM's bulk listing."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from auditor.collect.authorization import (
    AUTHORIZATION_DETAILS,
    Documents,
    Json,
    Listing,
    boundary_of,
    details,
    inline_policy,
    managed_policy,
    name_of,
    with_documents,
)
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import Api
from auditor.iam.hands import allows_everything, narrowed
from auditor.model import Identity, Policy, Reason, RoleEvidence, Unavailable

OPERATIONS: tuple[Operation, ...] = ()

# Roles that only the service they are linked to can be:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
SERVICE_LINKED = "/aws-service-role/"
UNSEEN_BOUNDARY = Unavailable(
    reason=Reason.NOT_SUPPORTED,
    operation=AUTHORIZATION_DETAILS.label,
    note="the listing does not show boundaries",
)


class _Listed(NamedTuple):
    """An identity as it is listed: its own policies and those of its groups, and the managed ones' ARNs."""

    arn: str
    kind: str
    inline: tuple[Policy, ...]
    attached: tuple[tuple[str, str], ...]
    boundary_arn: str | None


def collect_identities(
    api: Api, listing: Listing | Unavailable, roles: Iterable[RoleEvidence]
) -> tuple[Identity, ...] | Unavailable:
    """Read who may change or invoke functions: a deep scan alone, since every managed policy counts.

    `roles` are those that were read already, whose documents are not asked for again. Only what policies say
    of functions is kept, and of the identities those whose policies say something.
    """
    if not api.tier.covers(Tier.DEEP):
        return Unavailable(
            reason=Reason.NOT_COLLECTED,
            operation=AUTHORIZATION_DETAILS.label,
            note="not collected: needs --tier deep",
        )
    if isinstance(listing, Unavailable):
        return listing
    users, groups = details(api, "User", "UserDetailList"), details(api, "Group", "GroupDetailList")
    if isinstance(users, Unavailable) or isinstance(groups, Unavailable):
        return users if isinstance(users, Unavailable) else groups if isinstance(groups, Unavailable) else ()
    found = [*_roles(listing.roles), *_users(users, {row["GroupName"]: row for row in groups})]
    named = {arn for one in found for _, arn in one.attached} | {
        one.boundary_arn for one in found if one.boundary_arn
    }
    documents = with_documents(api, {**_documents_of(roles), **listing.documents}, named)
    several = (_identity(one, documents, sees_boundaries=listing.complete) for one in found)
    return tuple(one for one in several if one.policies)


def _roles(rows: Mapping[str, Json]) -> list[_Listed]:
    return [
        _Listed(arn, "role", _inline(row["RolePolicyList"]), _attached(row), boundary_of(row))
        for arn, row in rows.items()
        if not row["Path"].startswith(SERVICE_LINKED)
    ]


def _users(rows: Iterable[Json], groups: Mapping[str, Json]) -> list[_Listed]:
    found = []
    for row in rows:
        own = [groups[name] for name in row["GroupList"]]
        # IAM leaves these two lists out where they are empty.
        inline = [*row.get("UserPolicyList", ())]
        inline += [policy for one in own for policy in one.get("GroupPolicyList", ())]
        attached = (*_attached(row), *(pair for one in own for pair in _attached(one)))
        found.append(_Listed(row["Arn"], "user", _inline(inline), attached, boundary_of(row)))
    return found


def _inline(rows: Iterable[Json]) -> tuple[Policy, ...]:
    return tuple(inline_policy(row, AUTHORIZATION_DETAILS) for row in rows)


def _attached(row: Json) -> tuple[tuple[str, str], ...]:
    return tuple((one["PolicyName"], one["PolicyArn"]) for one in row["AttachedManagedPolicies"])


def _documents_of(roles: Iterable[RoleEvidence]) -> Documents:
    return {
        policy.arn: policy.statements
        for evidence in roles
        if evidence.role is not None and not isinstance(evidence.role, Unavailable)
        if not isinstance(evidence.role.policies, Unavailable)
        for policy in evidence.role.policies
        if policy.arn
    }


def _identity(one: _Listed, documents: Documents, *, sees_boundaries: bool) -> Identity:
    policies = (*one.inline, *(managed_policy(name, arn, documents) for name, arn in one.attached))
    boundary: Policy | None | Unavailable = None if sees_boundaries else UNSEEN_BOUNDARY
    if one.boundary_arn:
        whole = managed_policy(name_of(one.boundary_arn), one.boundary_arn, documents)
        boundary = narrowed(whole) or Policy(name=whole.name, kind=whole.kind, arn=whole.arn, statements=())
    kept = tuple(cut for policy in policies if (cut := narrowed(policy)) is not None)
    return Identity(
        arn=one.arn,
        name=name_of(one.arn),
        kind=one.kind,
        administrator=allows_everything(policies),
        policies=kept if any(_may_grant(policy) for policy in kept) else (),
        boundary=boundary,
    )


def _may_grant(policy: Policy) -> bool:
    return isinstance(policy.statements, Unavailable) or any(
        one.effect == "Allow" for one in policy.statements
    )
