"""Execution roles: every policy that shapes what they may do, read in bulk where IAM allows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from auditor.collect import authorization, last_accessed
from auditor.collect.authorization import (
    AUTHORIZATION_DETAILS,
    NOTHING_LISTED,
    Documents,
    Json,
    Listing,
    Statements,
    account_of,
    boundary_of,
    inline_policy,
    list_account,
    managed_policy,
    name_of,
    parsed,
    reading,
    with_documents,
)
from auditor.collect.session import ABSENT, Absent, Api
from auditor.collect.shapes import whole
from auditor.model import Policy, PolicyKind, Reason, Role, RoleEvidence, Unavailable

GONE = ("NoSuchEntity",)
GET_ROLE = reading("GetRole", requires=("Role",), absent=GONE)
LIST_ROLE_POLICIES = reading("ListRolePolicies", absent=GONE)
GET_ROLE_POLICY = reading("GetRolePolicy", requires=("PolicyDocument",), absent=GONE)
LIST_ATTACHED = reading("ListAttachedRolePolicies", absent=GONE)
OPERATIONS = (
    *authorization.OPERATIONS,
    GET_ROLE,
    LIST_ROLE_POLICIES,
    GET_ROLE_POLICY,
    LIST_ATTACHED,
    *last_accessed.OPERATIONS,
)

# What a role of the account's listing must carry to be read from it.
LISTED_KEYS = frozenset({"AssumeRolePolicyDocument", "RolePolicyList", "AttachedManagedPolicies"})


class _Found(NamedTuple):
    """A role before the documents of its managed policies are put in; `attached` holds (name, ARN)."""

    arn: str
    name: str
    path: str
    created_at: datetime | None
    trust: Statements
    inline: tuple[Policy, ...] | Unavailable
    attached: tuple[tuple[str, str], ...] | Unavailable
    boundary_arn: str | None | Unavailable
    last_used: datetime | None | Unavailable


def collect_roles(
    api: Api, role_arns: Iterable[str], given: Listing | Unavailable | None = None
) -> tuple[RoleEvidence, ...]:
    """Read the roles at these ARNs with all of their policies, each once, sorted by ARN.

    One bulk listing of the account where IAM allows it (`given`, where it was made before), else calls for
    each role. A role that IAM does not know is None, a role of another account `Unavailable`. A policy whose
    document cannot be read carries `Unavailable` statements.
    """
    arns = sorted(set(role_arns))
    own = [arn for arn in arns if account_of(arn) == api.account]
    listing = given or (list_account(api) if own else NOTHING_LISTED)
    found = dict(zip(own, api.map(lambda arn: _found(api, arn, listing), own), strict=True))
    documents = _documents(api, found.values(), listing)
    return tuple(
        RoleEvidence(arn=arn, role=_role(found[arn], documents) if arn in found else _elsewhere(arn))
        for arn in arns
    )


def _found(api: Api, arn: str, listing: Listing | Unavailable) -> _Found | None | Unavailable:
    row = None if isinstance(listing, Unavailable) else listing.roles.get(arn)
    if isinstance(listing, Unavailable) or row is None or not row.keys() >= LISTED_KEYS:
        return whole(GET_ROLE)(_asked)(api, arn)
    found = whole(AUTHORIZATION_DETAILS)(_listed)(arn, row)
    return found if listing.complete or isinstance(found, Unavailable) else _completed(api, found)


def _listed(arn: str, row: Json) -> _Found:
    return _Found(
        arn=arn,
        name=name_of(arn),
        path=str(row.get("Path", "/")),
        created_at=row.get("CreateDate"),
        trust=parsed(row["AssumeRolePolicyDocument"], AUTHORIZATION_DETAILS),
        inline=tuple(inline_policy(policy, AUTHORIZATION_DETAILS) for policy in row["RolePolicyList"]),
        attached=tuple(
            (policy["PolicyName"], policy["PolicyArn"]) for policy in row["AttachedManagedPolicies"]
        ),
        boundary_arn=boundary_of(row),
        last_used=_used_at(row),
    )


def _completed(api: Api, found: _Found) -> _Found | None:
    answer = api.call(GET_ROLE, api.regions[0], RoleName=found.name)
    if isinstance(answer, Absent):
        return None
    if isinstance(answer, Unavailable):
        return found._replace(boundary_arn=answer, last_used=answer)
    return found._replace(boundary_arn=boundary_of(answer["Role"]), last_used=_used_at(answer["Role"]))


def _asked(api: Api, arn: str) -> _Found | None | Unavailable:
    """Read one role by its own calls; `Unavailable` as a whole where nothing of it could be read."""
    name = name_of(arn)
    answer = api.call(GET_ROLE, api.regions[0], RoleName=name)
    inline = ABSENT if isinstance(answer, Absent) else _inline_of(api, name)
    attached = ABSENT if isinstance(inline, Absent) else _attached_to(api, name)
    if isinstance(answer, Absent) or isinstance(inline, Absent) or isinstance(attached, Absent):
        return None
    if isinstance(answer, Unavailable):
        if isinstance(inline, Unavailable) and isinstance(attached, Unavailable):
            return answer
        return _Found(arn, name, "/", None, answer, inline, attached, answer, answer)
    row = answer["Role"]
    return _Found(
        arn=arn,
        name=name,
        path=str(row.get("Path", "/")),
        created_at=row.get("CreateDate"),
        trust=parsed(row.get("AssumeRolePolicyDocument"), GET_ROLE),
        inline=inline,
        attached=attached,
        boundary_arn=boundary_of(row),
        last_used=_used_at(row),
    )


def _inline_of(api: Api, role: str) -> tuple[Policy, ...] | Absent | Unavailable:
    names = api.pages(LIST_ROLE_POLICIES, api.regions[0], "PolicyNames", RoleName=role)
    if not isinstance(names, list):
        return names
    policies = [_inline_named(api, role, str(name)) for name in names]
    # A policy that is gone since it was listed grants nothing any more.
    return tuple(policy for policy in policies if policy is not None)


def _inline_named(api: Api, role: str, name: str) -> Policy | None:
    answer = api.call(GET_ROLE_POLICY, api.regions[0], RoleName=role, PolicyName=name)
    if isinstance(answer, Absent):
        return None
    if isinstance(answer, Unavailable):
        return Policy(name=name, kind=PolicyKind.INLINE, statements=answer)
    return inline_policy({"PolicyName": name, **answer}, GET_ROLE_POLICY)


def _attached_to(api: Api, role: str) -> tuple[tuple[str, str], ...] | Absent | Unavailable:
    rows = api.pages(LIST_ATTACHED, api.regions[0], "AttachedPolicies", RoleName=role)
    if not isinstance(rows, list):
        return rows
    return tuple((row["PolicyName"], row["PolicyArn"]) for row in rows)


def _documents(
    api: Api, roles: Iterable[_Found | None | Unavailable], listing: Listing | Unavailable
) -> Documents:
    """Documents of all managed policies and boundaries that the roles name."""
    named: set[str] = set()
    for role in roles:
        if isinstance(role, _Found):
            attached = () if isinstance(role.attached, Unavailable) else role.attached
            named.update(arn for _, arn in attached)
            if isinstance(role.boundary_arn, str):
                named.add(role.boundary_arn)
    return with_documents(api, {} if isinstance(listing, Unavailable) else listing.documents, named)


def _role(found: _Found | None | Unavailable, documents: Documents) -> Role | None | Unavailable:
    if not isinstance(found, _Found):
        return found
    boundary = found.boundary_arn
    return Role(
        arn=found.arn,
        name=found.name,
        path=found.path,
        created_at=found.created_at,
        trust=found.trust,
        policies=_policies(found, documents),
        boundary=managed_policy(name_of(boundary), boundary, documents)
        if isinstance(boundary, str)
        else boundary,
        last_used=found.last_used,
    )


def _policies(found: _Found, documents: Documents) -> tuple[Policy, ...] | Unavailable:
    if isinstance(found.inline, Unavailable):
        return found.inline
    if isinstance(found.attached, Unavailable):
        return found.attached
    return (*found.inline, *(managed_policy(name, arn, documents) for name, arn in found.attached))


def _elsewhere(arn: str) -> Unavailable:
    return Unavailable(
        reason=Reason.OTHER_ACCOUNT,
        operation=GET_ROLE.label,
        note=f"the role belongs to account {account_of(arn)}",
    )


def _used_at(row: Json) -> datetime | None:
    return (row.get("RoleLastUsed") or {}).get("LastUsedDate")
