"""What Access Analyzer says of execution roles: permissions, and roles, that nobody used."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from auditor.collect.answers import definite, listed
from auditor.collect.kept import kept
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.model import Role, RoleEvidence, Unavailable, UnusedAccess, UnusedPermission

LIST_ANALYZERS = Operation(
    service="accessanalyzer",
    name="ListAnalyzers",
    actions=("access-analyzer:ListAnalyzers",),
    tier=Tier.DEEP,
    requires=(
        "analyzers",
        *each("analyzers[]", "arn type status configuration.unusedAccess.unusedAccessAge"),
    ),
)
# The second version of an operation is allowed by the action of the first:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamaccessanalyzer.html
LIST_FINDINGS = Operation(
    service="accessanalyzer",
    name="ListFindingsV2",
    actions=("access-analyzer:ListFindings",),
    tier=Tier.DEEP,
    requires=("findings", *each("findings[]", "id resource findingType")),
    page_size=100,
)
GET_FINDING = Operation(
    service="accessanalyzer",
    name="GetFindingV2",
    actions=("access-analyzer:GetFinding",),
    tier=Tier.DEEP,
    requires=(
        "findingDetails",
        *each("findingDetails[].unusedPermissionDetails", "serviceNamespace actions[].action"),
    ),
    absent=("ResourceNotFoundException",),
)
OPERATIONS = (LIST_ANALYZERS, LIST_FINDINGS, GET_FINDING)

# Security Hub makes one of its own there, whatever the regions of the account.
ALSO_IN = "us-east-1"
KINDS = frozenset({"ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS"})
UNUSED_ROLE, UNUSED_PERMISSION = "UnusedIAMRole", "UnusedPermission"

Json = Mapping[str, Any]
Access = UnusedAccess | None | Unavailable


class _Analyzer(NamedTuple):
    """An analyzer, where it is, and the days that it looks back."""

    arn: str
    region: str
    days: int


def collect_unused_access(api: Api, roles: Iterable[RoleEvidence]) -> tuple[RoleEvidence, ...]:
    """Put the findings of the analyzer that looks back longest into roles; None where no analyzer looks."""
    evidence = tuple(roles)
    present = [found.role.arn for found in evidence if isinstance(found.role, Role)]
    found = whole(LIST_FINDINGS)(_found)(api, present) if present else {}
    return tuple(
        msgspec.structs.replace(
            one,
            role=msgspec.structs.replace(
                one.role, unused_access=found if isinstance(found, Unavailable) else found[one.role.arn]
            ),
        )
        if isinstance(one.role, Role)
        else one
        for one in evidence
    )


def _found(api: Api, arns: list[str]) -> dict[str, Access] | Unavailable:
    also = (ALSO_IN,) if api.partition == "aws" else ()
    regions = tuple(dict.fromkeys((*api.regions, *also)))
    analyzers: list[_Analyzer] = []
    for several in api.map(lambda region: _analyzers(api, region), regions):
        if isinstance(several, Unavailable):
            return several
        analyzers.extend(several)
    if not analyzers:
        return dict.fromkeys(arns)
    analyzer = max(analyzers, key=lambda one: one.days)
    rows = listed(
        api.pages(
            LIST_FINDINGS,
            analyzer.region,
            "findings",
            analyzerArn=analyzer.arn,
            filter={"status": {"eq": ["ACTIVE"]}, "resourceType": {"eq": ["AWS::IAM::Role"]}},
        )
    )
    if isinstance(rows, Unavailable):
        return rows
    by_role: dict[str, list[Json]] = {arn: [] for arn in arns}
    for row in rows:
        by_role.get(row["resource"], []).append(row)
    return dict(zip(by_role, api.map(lambda own: _access(api, analyzer, own), by_role.values()), strict=True))


def _analyzers(api: Api, region: str) -> list[_Analyzer] | Unavailable:
    rows = listed(api.pages(LIST_ANALYZERS, region, "analyzers"))
    if isinstance(rows, Unavailable):
        return rows
    return [
        _Analyzer(row["arn"], region, row["configuration"]["unusedAccess"]["unusedAccessAge"])
        for row in rows
        if row["type"] in KINDS and row["status"] == "ACTIVE"
    ]


def _access(api: Api, analyzer: _Analyzer, rows: list[Json]) -> Access:
    permissions: list[UnusedPermission] = []
    for row in rows:
        if row["findingType"] == UNUSED_PERMISSION:
            found = _permissions(api, analyzer, row["id"])
            if isinstance(found, Unavailable):
                return found
            permissions.extend(found)
    return UnusedAccess(
        analyzer_arn=analyzer.arn,
        days=analyzer.days,
        findings=tuple(row["id"] for row in rows),
        role_unused=any(row["findingType"] == UNUSED_ROLE for row in rows),
        permissions=tuple(permissions),
    )


@kept
def _permissions(api: Api, analyzer: _Analyzer, finding: str) -> tuple[UnusedPermission, ...] | Unavailable:
    details = definite(
        api.pages(GET_FINDING, analyzer.region, "findingDetails", analyzerArn=analyzer.arn, id=finding),
        GET_FINDING,
    )
    if isinstance(details, Unavailable):
        return details
    return tuple(_permission(detail["unusedPermissionDetails"]) for detail in details)


def _permission(given: Json) -> UnusedPermission:
    return UnusedPermission(
        service=given["serviceNamespace"],
        actions=tuple(one["action"] for one in given.get("actions", ())),
        last_used=given.get("lastAccessed"),
    )
