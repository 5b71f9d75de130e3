"""Service control policies above an account: those of the account itself, its units and the root."""

from typing import Any

from auditor.collect.answers import definite, listed
from auditor.collect.authorization import parsed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.model import ControlLevel, Organization, Policy, PolicyKind, Unavailable


def _reading(name: str, *, requires: tuple[str, ...] = ()) -> Operation:
    """Declare an operation of Organizations, which only its management account and delegates may use."""
    return Operation(
        service="organizations",
        name=name,
        actions=(f"organizations:{name}",),
        requires=requires,
        is_global=True,
    )


LIST_POLICIES = _reading("ListPoliciesForTarget", requires=("Policies", *each("Policies[]", "Id Arn Name")))
LIST_PARENTS = _reading("ListParents", requires=("Parents", "Parents[].Id"))
DESCRIBE_POLICY = _reading("DescribePolicy", requires=("Policy",))
OPERATIONS = (LIST_POLICIES, LIST_PARENTS, DESCRIBE_POLICY)

KIND = "SERVICE_CONTROL_POLICY"
ROOT = "r-"

Json = dict[str, Any]


def collect_service_control(
    api: Api, organization: Organization | None | Unavailable
) -> tuple[ControlLevel, ...] | Unavailable:
    """Read the service control policies that bind an account, level by level from the account up to the root.

    None bind one that is in no organisation, or manages it. Where they are switched off no level has any.
    """
    if isinstance(organization, Unavailable):
        return organization
    if organization is None or organization.management_account == api.account:
        return ()
    targets: dict[str, list[Json]] = {}
    target = api.account
    while target and target not in targets:
        rows = listed(api.pages(LIST_POLICIES, api.regions[0], "Policies", TargetId=target, Filter=KIND))
        above = "" if target.startswith(ROOT) else _parent(api, target)
        if isinstance(rows, Unavailable) or isinstance(above, Unavailable):
            return rows if isinstance(rows, Unavailable) else above if isinstance(above, Unavailable) else ()
        targets[target], target = rows, above
    named = {row["Id"]: row for rows in targets.values() for row in rows}
    policies = dict(zip(named, api.map(lambda row: _policy(api, row), named.values()), strict=True))
    # A level without any would allow nothing, which Organizations does not let be: they are switched off.
    return tuple(
        ControlLevel(target=name, policies=tuple(policies[row["Id"]] for row in rows))
        for name, rows in targets.items()
        if rows
    )


def _parent(api: Api, target: str) -> str | Unavailable:
    rows = listed(api.pages(LIST_PARENTS, api.regions[0], "Parents", ChildId=target))
    return rows if isinstance(rows, Unavailable) else str(rows[0]["Id"])


def _policy(api: Api, row: Json) -> Policy:
    answer = definite(api.call(DESCRIBE_POLICY, api.regions[0], PolicyId=row["Id"]), DESCRIBE_POLICY)
    return Policy(
        name=str(row["Name"]),
        kind=PolicyKind.SERVICE_CONTROL,
        arn=row["Arn"],
        statements=answer
        if isinstance(answer, Unavailable)
        else parsed(answer["Policy"].get("Content"), DESCRIBE_POLICY),
    )
