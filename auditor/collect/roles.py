"""Execution roles: every policy that shapes what they may do, read in bulk where IAM allows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeGuard

from auditor.collect import authorization, last_accessed
from auditor.collect.answers import definite
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
from auditor.collect.kept import kept
from auditor.collect.operations import Operation
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole
from auditor.model import Policy, PolicyKind, Reason, Role, RoleEvidence, Unavailable

GONE = ("NoSuchEntity",)
GET_ROLE = reading(
    "GetRole",
    requires=("Role", "Role.Path", "Role.PermissionsBoundary.PermissionsBoundaryArn"),
    absent=GONE,
)
LIST_ROLE_POLICIES = reading("ListRolePolicies", requires=("PolicyNames", "PolicyNames[]"), absent=GONE)
GET_ROLE_POLICY = reading("GetRolePolicy", requires=("PolicyDocument",), absent=GONE)
LIST_ATTACHED = reading(
    "ListAttachedRolePolicies",
    requires=("AttachedPolicies", "AttachedPolicies[].PolicyName", "AttachedPolicies[].PolicyArn"),
    absent=GONE,
)
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


class _Described(NamedTuple):
    """A role itself, without its policies."""

    path: str
    created_at: datetime | None
    trust: Statements
    boundary_arn: str | None | Unavailable
    last_used: datetime | None | Unavailable


class _Found(NamedTuple):
    """A role before the documents of its managed policies are put in; `attached` holds (name, ARN)."""

    arn: str
    described: _Described
    inline: tuple[Policy, ...] | Unavailable
    attached: tuple[tuple[str, str], ...] | Unavailable


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
        described=_of(row, AUTHORIZATION_DETAILS),
        inline=tuple(inline_policy(policy, AUTHORIZATION_DETAILS) for policy in row["RolePolicyList"]),
        attached=tuple(
            (policy["PolicyName"], policy["PolicyArn"]) for policy in row["AttachedManagedPolicies"]
        ),
    )


def _of(row: Json, operation: Operation) -> _Described:
    return _Described(
        path=row["Path"],
        created_at=row.get("CreateDate"),
        trust=parsed(row.get("AssumeRolePolicyDocument"), operation),
        boundary_arn=boundary_of(row),
        last_used=_used_at(row),
    )


def _completed(api: Api, found: _Found) -> _Found | None:
    asked = _described(api, name_of(found.arn))
    if _is_gone(asked):
        return None
    described = found.described._replace(
        boundary_arn=asked if isinstance(asked, Unavailable) else asked.boundary_arn,
        last_used=asked if isinstance(asked, Unavailable) else asked.last_used,
    )
    return found._replace(described=described)


def _asked(api: Api, arn: str) -> _Found | None | Unavailable:
    """Read one role by its own calls; `Unavailable` as a whole where nothing of it could be read."""
    name = name_of(arn)
    described = _described(api, name)
    inline = described if _is_gone(described) else _inline_of(api, name)
    attached = inline if _is_gone(inline) else _attached_to(api, name)
    if any(map(_is_gone, (described, inline, attached))):
        return None
    if not isinstance(described, Unavailable):
        return _Found(arn, described, inline, attached)
    if isinstance(inline, Unavailable) and isinstance(attached, Unavailable):
        return described
    return _Found(arn, _Described("/", None, described, described, described), inline, attached)


def _is_gone(answer: object) -> TypeGuard[Unavailable]:
    """Whether IAM does not know the role."""
    return isinstance(answer, Unavailable) and answer.reason is Reason.NO_DATA


@kept
@whole(GET_ROLE)
def _described(api: Api, role: str) -> _Described | Unavailable:
    answer = definite(api.call(GET_ROLE, api.regions[0], RoleName=role), GET_ROLE)
    return answer if isinstance(answer, Unavailable) else _of(answer["Role"], GET_ROLE)


def _inline_of(api: Api, role: str) -> tuple[Policy, ...] | Unavailable:
    names = _inline_names(api, role)
    if isinstance(names, Unavailable):
        return names
    policies = [_inline_named(api, role, name) for name in names]
    # A policy that is gone since it was listed grants nothing any more.
    return tuple(policy for policy in policies if policy is not None)


@kept
def _inline_names(api: Api, role: str) -> tuple[str, ...] | Unavailable:
    names = api.pages(LIST_ROLE_POLICIES, api.regions[0], "PolicyNames", RoleName=role)
    found = definite(names, LIST_ROLE_POLICIES)
    return found if isinstance(found, Unavailable) else tuple(map(str, found))


@kept
def _inline_named(api: Api, role: str, name: str) -> Policy | None:
    answer = api.call(GET_ROLE_POLICY, api.regions[0], RoleName=role, PolicyName=name)
    if isinstance(answer, Absent):
        return None
    if isinstance(answer, Unavailable):
        return Policy(name=name, kind=PolicyKind.INLINE, statements=answer)
    return inline_policy({"PolicyName": name, **answer}, GET_ROLE_POLICY)


@kept
@whole(LIST_ATTACHED)
def _attached_to(api: Api, role: str) -> tuple[tuple[str, str], ...] | Unavailable:
    rows = definite(
        api.pages(LIST_ATTACHED, api.regions[0], "AttachedPolicies", RoleName=role), LIST_ATTACHED
    )
    if isinstance(rows, Unavailable):
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
            if isinstance(role.described.boundary_arn, str):
                named.add(role.described.boundary_arn)
    return with_documents(api, {} if isinstance(listing, Unavailable) else listing.documents, named)


def _role(found: _Found | None | Unavailable, documents: Documents) -> Role | None | Unavailable:
    if not isinstance(found, _Found):
        return found
    described = found.described
    boundary = described.boundary_arn
    return Role(
        arn=found.arn,
        name=name_of(found.arn),
        path=described.path,
        created_at=described.created_at,
        trust=described.trust,
        policies=_policies(found, documents),
        boundary=managed_policy(name_of(boundary), boundary, documents)
        if isinstance(boundary, str)
        else boundary,
        last_used=described.last_used,
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
