"""Execution roles: every policy that shapes what they may do, read in bulk where IAM allows it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from auditor.collect import last_accessed
from auditor.collect.answers import definite, listed
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import ABSENT, Absent, Api
from auditor.collect.shapes import whole
from auditor.iam.parse import PolicyError, parse_document
from auditor.model import Policy, PolicyKind, Reason, Role, RoleEvidence, Statement, Unavailable


def _reading(name: str, *, requires: tuple[str, ...] = (), absent: tuple[str, ...] = ()) -> Operation:
    """Declare an IAM operation whose action has its own name, as all of these have."""
    return Operation(
        service="iam",
        name=name,
        actions=(f"iam:{name}",),
        tier=Tier.QUICK,
        requires=requires,
        absent=absent,
        is_global=True,
    )


GONE = ("NoSuchEntity",)
AUTHORIZATION_DETAILS = _reading("GetAccountAuthorizationDetails")
GET_ROLE = _reading("GetRole", requires=("Role",), absent=GONE)
LIST_ROLE_POLICIES = _reading("ListRolePolicies", absent=GONE)
GET_ROLE_POLICY = _reading("GetRolePolicy", requires=("PolicyDocument",), absent=GONE)
LIST_ATTACHED = _reading("ListAttachedRolePolicies", absent=GONE)
GET_POLICY = _reading("GetPolicy", requires=("Policy",))
GET_POLICY_VERSION = _reading("GetPolicyVersion", requires=("PolicyVersion",))
OPERATIONS = (
    AUTHORIZATION_DETAILS,
    GET_ROLE,
    LIST_ROLE_POLICIES,
    GET_ROLE_POLICY,
    LIST_ATTACHED,
    GET_POLICY,
    GET_POLICY_VERSION,
    *last_accessed.OPERATIONS,
)

# Items of a page: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
MOST_ITEMS = 1000
# What a role of the account's listing must carry to be read from it.
LISTED_KEYS = frozenset({"AssumeRolePolicyDocument", "RolePolicyList", "AttachedManagedPolicies"})

Json = dict[str, Any]
Statements = tuple[Statement, ...] | Unavailable


class _Listing(NamedTuple):
    """The account's authorization details, by ARN; `complete` where boundaries and last use are in it."""

    roles: Mapping[str, Json]
    documents: Mapping[str, Statements]
    complete: bool


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


def collect_roles(api: Api, role_arns: Iterable[str]) -> tuple[RoleEvidence, ...]:
    """Read the roles at these ARNs with all of their policies, each once, sorted by ARN.

    One bulk listing of the account where IAM allows it, else calls for each role. A role that IAM does not
    know is None, a role of another account `Unavailable`. A policy whose document cannot be read carries
    `Unavailable` statements.
    """
    arns = sorted(set(role_arns))
    own = [arn for arn in arns if _account_of(arn) == api.account]
    listing = _listing(api) if own else _Listing({}, {}, complete=True)
    found = dict(zip(own, api.map(lambda arn: _found(api, arn, listing), own), strict=True))
    documents = _documents(api, found.values(), listing)
    return tuple(
        RoleEvidence(arn=arn, role=_role(found[arn], documents) if arn in found else _elsewhere(arn))
        for arn in arns
    )


def _listing(api: Api) -> _Listing | Unavailable:
    roles = _list(api, "Role", "RoleDetailList")
    if isinstance(roles, Unavailable):
        return roles
    policies = _list(api, "LocalManagedPolicy", "Policies")
    return _Listing(
        roles={row["Arn"]: row for row in roles if "Arn" in row},
        # A policy that is missing here is asked for by itself, so a refused listing loses nothing.
        documents={} if isinstance(policies, Unavailable) else _default_versions(policies),
        # Some role of any real account was used: a listing without last use leaves out boundaries too.
        complete=any(_used_at(row) or row.get("PermissionsBoundary") for row in roles),
    )


def _list(api: Api, kind: str, items: str) -> list[Json] | Unavailable:
    return listed(api.pages(AUTHORIZATION_DETAILS, api.regions[0], items, Filter=[kind], MaxItems=MOST_ITEMS))


def _default_versions(policies: Iterable[Json]) -> dict[str, Statements]:
    return {
        policy["Arn"]: _parsed(version["Document"], AUTHORIZATION_DETAILS)
        for policy in policies
        for version in policy.get("PolicyVersionList", ())
        if version.get("IsDefaultVersion") and "Arn" in policy and "Document" in version
    }


def _found(api: Api, arn: str, listing: _Listing | Unavailable) -> _Found | None | Unavailable:
    row = None if isinstance(listing, Unavailable) else listing.roles.get(arn)
    if isinstance(listing, Unavailable) or row is None or not row.keys() >= LISTED_KEYS:
        return whole(GET_ROLE)(_asked)(api, arn)
    found = whole(AUTHORIZATION_DETAILS)(_listed)(arn, row)
    return found if listing.complete or isinstance(found, Unavailable) else _completed(api, found)


def _listed(arn: str, row: Json) -> _Found:
    return _Found(
        arn=arn,
        name=_name_of(arn),
        path=str(row.get("Path", "/")),
        created_at=row.get("CreateDate"),
        trust=_parsed(row["AssumeRolePolicyDocument"], AUTHORIZATION_DETAILS),
        inline=tuple(_inline(policy, AUTHORIZATION_DETAILS) for policy in row["RolePolicyList"]),
        attached=tuple(
            (policy["PolicyName"], policy["PolicyArn"]) for policy in row["AttachedManagedPolicies"]
        ),
        boundary_arn=_boundary_arn(row),
        last_used=_used_at(row),
    )


def _completed(api: Api, found: _Found) -> _Found | None:
    answer = api.call(GET_ROLE, api.regions[0], RoleName=found.name)
    if isinstance(answer, Absent):
        return None
    if isinstance(answer, Unavailable):
        return found._replace(boundary_arn=answer, last_used=answer)
    return found._replace(boundary_arn=_boundary_arn(answer["Role"]), last_used=_used_at(answer["Role"]))


def _asked(api: Api, arn: str) -> _Found | None | Unavailable:
    """Read one role by its own calls; `Unavailable` as a whole where nothing of it could be read."""
    name = _name_of(arn)
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
        trust=_parsed(row.get("AssumeRolePolicyDocument"), GET_ROLE),
        inline=inline,
        attached=attached,
        boundary_arn=_boundary_arn(row),
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
    return _inline({"PolicyName": name, **answer}, GET_ROLE_POLICY)


def _attached_to(api: Api, role: str) -> tuple[tuple[str, str], ...] | Absent | Unavailable:
    rows = api.pages(LIST_ATTACHED, api.regions[0], "AttachedPolicies", RoleName=role)
    if not isinstance(rows, list):
        return rows
    return tuple((row["PolicyName"], row["PolicyArn"]) for row in rows)


def _documents(
    api: Api, roles: Iterable[_Found | None | Unavailable], listing: _Listing | Unavailable
) -> dict[str, Statements]:
    """Documents of all managed policies and boundaries that the roles name, each asked once."""
    known = {} if isinstance(listing, Unavailable) else dict(listing.documents)
    named: set[str] = set()
    for role in roles:
        if isinstance(role, _Found):
            attached = () if isinstance(role.attached, Unavailable) else role.attached
            named.update(arn for _, arn in attached)
            if isinstance(role.boundary_arn, str):
                named.add(role.boundary_arn)
    missing = sorted(named - known.keys())
    known.update(zip(missing, api.map(lambda arn: _managed(api, arn), missing), strict=True))
    return known


def _managed(api: Api, arn: str) -> Statements:
    policy = definite(api.call(GET_POLICY, api.regions[0], PolicyArn=arn), GET_POLICY)
    if isinstance(policy, Unavailable):
        return policy
    default = policy["Policy"].get("DefaultVersionId", "")
    version = definite(
        api.call(GET_POLICY_VERSION, api.regions[0], PolicyArn=arn, VersionId=default), GET_POLICY_VERSION
    )
    if isinstance(version, Unavailable):
        return version
    return _parsed(version["PolicyVersion"].get("Document"), GET_POLICY_VERSION)


def _role(
    found: _Found | None | Unavailable, documents: Mapping[str, Statements]
) -> Role | None | Unavailable:
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
        boundary=_managed_policy(_name_of(boundary), boundary, documents)
        if isinstance(boundary, str)
        else boundary,
        last_used=found.last_used,
    )


def _policies(found: _Found, documents: Mapping[str, Statements]) -> tuple[Policy, ...] | Unavailable:
    if isinstance(found.inline, Unavailable):
        return found.inline
    if isinstance(found.attached, Unavailable):
        return found.attached
    return (*found.inline, *(_managed_policy(name, arn, documents) for name, arn in found.attached))


def _managed_policy(name: str, arn: str, documents: Mapping[str, Statements]) -> Policy:
    kind = PolicyKind.AWS_MANAGED if _account_of(arn) == "aws" else PolicyKind.CUSTOMER_MANAGED
    return Policy(name=name, kind=kind, arn=arn, statements=documents[arn])


def _inline(row: Json, operation: Operation) -> Policy:
    return Policy(
        name=row["PolicyName"],
        kind=PolicyKind.INLINE,
        statements=_parsed(row.get("PolicyDocument"), operation),
    )


def _parsed(document: str | Mapping[str, object] | None, operation: Operation) -> Statements:
    try:
        return parse_document(document or "")
    except PolicyError as error:
        return Unavailable(reason=Reason.MALFORMED_RESPONSE, operation=operation.label, note=str(error))


def _elsewhere(arn: str) -> Unavailable:
    return Unavailable(
        reason=Reason.OTHER_ACCOUNT,
        operation=GET_ROLE.label,
        note=f"the role belongs to account {_account_of(arn)}",
    )


def _boundary_arn(row: Json) -> str | None:
    return (row.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")


def _used_at(row: Json) -> datetime | None:
    return (row.get("RoleLastUsed") or {}).get("LastUsedDate")


def _account_of(arn: str) -> str:
    return arn.split(":")[4]


def _name_of(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
