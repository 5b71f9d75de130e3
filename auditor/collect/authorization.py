"""The account's identities and policies as IAM lists them in bulk, and the documents that they name."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from auditor.collect.answers import definite, listed
from auditor.collect.kept import kept
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.iam.parse import PolicyError, parse_document
from auditor.model import Policy, PolicyKind, Reason, Statement, Unavailable


def reading(name: str, *, requires: tuple[str, ...] = (), absent: tuple[str, ...] = ()) -> Operation:
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


AUTHORIZATION_DETAILS = reading(
    "GetAccountAuthorizationDetails",
    requires=(
        *each("RoleDetailList[]", "Arn Path PermissionsBoundary.PermissionsBoundaryArn"),
        *each("RoleDetailList[].RolePolicyList[]", "PolicyName"),
        *each("RoleDetailList[].AttachedManagedPolicies[]", "PolicyName PolicyArn"),
        *each("UserDetailList[]", "Arn GroupList AttachedManagedPolicies"),
        *each("UserDetailList[]", "PermissionsBoundary.PermissionsBoundaryArn UserPolicyList[].PolicyName"),
        *each("UserDetailList[].AttachedManagedPolicies[]", "PolicyName PolicyArn"),
        *each("GroupDetailList[]", "GroupName AttachedManagedPolicies GroupPolicyList[].PolicyName"),
        *each("GroupDetailList[].AttachedManagedPolicies[]", "PolicyName PolicyArn"),
        *each("Policies[]", "Arn PolicyVersionList PolicyVersionList[].IsDefaultVersion"),
    ),
)
GET_POLICY = reading("GetPolicy", requires=("Policy", "Policy.DefaultVersionId"))
GET_POLICY_VERSION = reading("GetPolicyVersion", requires=("PolicyVersion",))
OPERATIONS = (AUTHORIZATION_DETAILS, GET_POLICY, GET_POLICY_VERSION)

# Items of a page: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
MOST_ITEMS = 1000

Json = dict[str, Any]
Statements = tuple[Statement, ...] | Unavailable
Documents = Mapping[str, Statements]


class Listing(NamedTuple):
    """The account's roles and own managed policies, by ARN; `complete` where boundaries and last use are in
    it.
    """

    roles: Mapping[str, Json]
    documents: Documents
    complete: bool


NOTHING_LISTED = Listing({}, {}, complete=True)


def list_account(api: Api) -> Listing | Unavailable:
    """List the roles of the account, and the documents of its own managed policies."""
    roles = details(api, "Role", "RoleDetailList")
    if isinstance(roles, Unavailable):
        return roles
    policies = details(api, "LocalManagedPolicy", "Policies")
    return Listing(
        roles={row["Arn"]: row for row in roles},
        # A policy that is missing here is asked for by itself, so a refused listing loses nothing.
        documents={} if isinstance(policies, Unavailable) else _default_versions(policies),
        # Some role of any real account was used: a listing without last use leaves out boundaries too.
        complete=any(
            (row.get("RoleLastUsed") or {}).get("LastUsedDate") or row.get("PermissionsBoundary")
            for row in roles
        ),
    )


def details(api: Api, kind: str, items: str) -> list[Json] | Unavailable:
    """List the account's identities or policies of a kind."""
    return listed(api.pages(AUTHORIZATION_DETAILS, api.regions[0], items, Filter=[kind], MaxItems=MOST_ITEMS))


def _default_versions(policies: Iterable[Json]) -> dict[str, Statements]:
    return {
        policy["Arn"]: parsed(version["Document"], AUTHORIZATION_DETAILS)
        for policy in policies
        for version in policy["PolicyVersionList"]
        if version["IsDefaultVersion"] and "Document" in version
    }


def with_documents(api: Api, known: Documents, named: Iterable[str]) -> dict[str, Statements]:
    """Documents of the managed policies at these ARNs beside those that are known, each asked once."""
    missing = sorted(set(named) - known.keys())
    return {**known, **dict(zip(missing, api.map(lambda arn: _managed(api, arn), missing), strict=True))}


def _managed(api: Api, arn: str) -> Statements:
    default = _default(api, arn)
    return default if isinstance(default, Unavailable) else _document(api, arn, default)


@kept
def _default(api: Api, arn: str) -> str | Unavailable:
    policy = definite(api.call(GET_POLICY, api.regions[0], PolicyArn=arn), GET_POLICY)
    return policy if isinstance(policy, Unavailable) else str(policy["Policy"]["DefaultVersionId"])


@kept
def _document(api: Api, arn: str, version: str) -> tuple[Statement, ...] | Unavailable:
    answer = definite(
        api.call(GET_POLICY_VERSION, api.regions[0], PolicyArn=arn, VersionId=version), GET_POLICY_VERSION
    )
    if isinstance(answer, Unavailable):
        return answer
    return parsed(answer["PolicyVersion"].get("Document"), GET_POLICY_VERSION)


def managed_policy(name: str, arn: str, documents: Documents) -> Policy:
    """Return a managed policy, of AWS or of the account, with its document."""
    kind = PolicyKind.AWS_MANAGED if account_of(arn) == "aws" else PolicyKind.CUSTOMER_MANAGED
    return Policy(name=name, kind=kind, arn=arn, statements=documents[arn])


def inline_policy(row: Json, operation: Operation) -> Policy:
    """Return an inline policy as an operation answered it."""
    return Policy(
        name=row["PolicyName"],
        kind=PolicyKind.INLINE,
        statements=parsed(row.get("PolicyDocument"), operation),
    )


def parsed(document: str | Mapping[str, object] | None, operation: Operation) -> Statements:
    """Return the statements of a document, `Unavailable` where it is none."""
    try:
        return parse_document(document or "")
    except PolicyError as error:
        return Unavailable(reason=Reason.MALFORMED_RESPONSE, operation=operation.label, note=str(error))


def boundary_of(row: Json) -> str | None:
    """ARN of the boundary of an identity, None where it has none."""
    arn: str | None = (row.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return arn


def account_of(arn: str) -> str:
    """Account in an ARN, `aws` for what AWS owns."""
    return arn.split(":")[4]


def name_of(arn: str) -> str:
    """Name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1]
