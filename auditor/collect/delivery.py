"""How functions get into the account and what they rest on: stacks, pipelines, deployments, keys."""

from collections.abc import Iterable, Mapping
from typing import Any

from auditor.collect.answers import definite, listed
from auditor.collect.authorization import parsed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole, word
from auditor.iam import Circle, Opening, openings
from auditor.model import ResourcePolicy, Stack, Statement, Unavailable

LIST_STACKS = Operation(
    service="cloudformation",
    name="ListStacks",
    actions=("cloudformation:ListStacks",),
    requires=(
        "StackSummaries",
        *each("StackSummaries[]", "StackName StackStatus DriftInformation DriftInformation.StackDriftStatus"),
    ),
)
LIST_PIPELINES = Operation(
    service="codepipeline",
    name="ListPipelines",
    actions=("codepipeline:ListPipelines",),
    requires=("pipelines", "pipelines[].name"),
)
LIST_APPLICATIONS = Operation(
    service="codedeploy",
    name="ListApplications",
    actions=("codedeploy:ListApplications",),
    requires=("applications", "applications[]"),
)
LIST_DEPLOYMENT_GROUPS = Operation(
    service="codedeploy",
    name="ListDeploymentGroups",
    actions=("codedeploy:ListDeploymentGroups",),
    requires=("deploymentGroups", "deploymentGroups[]"),
    absent=("ApplicationDoesNotExistException",),
)
READ_DEPLOYMENT_GROUPS = Operation(
    service="codedeploy",
    name="BatchGetDeploymentGroups",
    actions=("codedeploy:BatchGetDeploymentGroups",),
    requires=(
        "deploymentGroupsInfo",
        *each("deploymentGroupsInfo[]", "applicationName deploymentGroupName deploymentConfigName"),
    ),
    absent=("ApplicationDoesNotExistException",),
)
DESCRIBE_KEY = Operation(
    service="kms",
    name="DescribeKey",
    actions=("kms:DescribeKey",),
    requires=("KeyMetadata", *each("KeyMetadata", "KeyState KeyManager KeySpec Origin")),
    absent=("NotFoundException",),
)
ROTATION_STATUS = Operation(
    service="kms",
    name="GetKeyRotationStatus",
    actions=("kms:GetKeyRotationStatus",),
    requires=("KeyRotationEnabled",),
)
GET_KEY_POLICY = Operation(
    service="kms",
    name="GetKeyPolicy",
    actions=("kms:GetKeyPolicy",),
    requires=("Policy",),
    absent=("NotFoundException",),
)
OPERATIONS = (
    LIST_STACKS,
    LIST_PIPELINES,
    LIST_APPLICATIONS,
    LIST_DEPLOYMENT_GROUPS,
    READ_DEPLOYMENT_GROUPS,
    DESCRIBE_KEY,
    ROTATION_STATUS,
    GET_KEY_POLICY,
)

DELETED = "DELETE_COMPLETE"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackDriftInformationSummary.html
DRIFTS = ("DRIFTED", "IN_SYNC", "UNKNOWN", "NOT_CHECKED")
# https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeploymentGroups.html
GROUPS_A_CALL = 100
ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
GONE = "Deleted"
# https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
NOT_ROTATED = ("RSA_", "ECC_", "HMAC_", "SM2", "ML_")
ORIGINS = ("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
ENABLED = "Enabled"
KEY_STATES = (
    ENABLED,
    "Disabled",
    "Creating",
    "Updating",
    "PendingDeletion",
    "PendingReplicaDeletion",
    "PendingImport",
    "Unavailable",
)

Json = Mapping[str, Any]
Pairs = tuple[tuple[str, str], ...]


def stacks(api: Api, region: str) -> tuple[Stack, ...] | Unavailable:
    """CloudFormation stacks that exist, with the result of their last drift detection."""
    rows = listed(api.pages(LIST_STACKS, region, "StackSummaries"))
    if isinstance(rows, Unavailable):
        return rows
    return tuple(
        Stack(
            name=row["StackName"],
            status=row["StackStatus"],
            drift=word(row["DriftInformation"]["StackDriftStatus"], *DRIFTS),
        )
        for row in rows
        if row["StackStatus"] != DELETED
    )


def pipelines(api: Api, region: str) -> tuple[str, ...] | Unavailable:
    """Names of the CodePipeline pipelines."""
    rows = listed(api.pages(LIST_PIPELINES, region, "pipelines"))
    return rows if isinstance(rows, Unavailable) else tuple(row["name"] for row in rows)


def all_at_once(api: Api, region: str) -> Pairs | Unavailable:
    """CodeDeploy deployment groups that shift all traffic of a function at once, as (application, group)."""
    applications = listed(api.pages(LIST_APPLICATIONS, region, "applications"))
    if isinstance(applications, Unavailable):
        return applications
    found: list[tuple[str, str]] = []
    for groups in api.map(lambda name: _groups(api, region, name), applications):
        if isinstance(groups, Unavailable):
            return groups
        found.extend(
            (row["applicationName"], row["deploymentGroupName"])
            for row in groups
            if row["deploymentConfigName"] == ALL_AT_ONCE
        )
    return tuple(found)


def keys(api: Api, arns: Iterable[str]) -> tuple[Pairs | Unavailable, tuple[str, ...] | Unavailable]:
    """KMS keys of environments that cannot decrypt, as (ARN, state), and own keys that are not rotated.

    A key that is gone has the state `Deleted`.
    """
    wanted = sorted({arn for arn in arns if arn.startswith("arn:")})
    described = dict(zip(wanted, api.map(lambda arn: _key(api, arn), wanted), strict=True))
    dead: list[tuple[str, str]] = []
    rotating: list[str] = []
    for arn, row in described.items():
        if isinstance(row, Unavailable):
            return row, row
        state = GONE if row is None else word(row["KeyState"], *KEY_STATES)
        if row is None or state != ENABLED:
            dead.append((arn, state))
            continue
        can_rotate = _can_rotate(row)
        if isinstance(can_rotate, Unavailable):
            return can_rotate, can_rotate
        if can_rotate:
            rotating.append(arn)
    return tuple(dead), _unrotated(api, rotating)


def open_keys(api: Api, arns: Iterable[str]) -> tuple[str, ...] | Unavailable:
    """KMS keys of environments whose own policy lets everybody in; those of others are not asked."""
    own = sorted({arn for arn in arns if arn.startswith("arn:") and arn.split(":")[4] == api.account})
    found: list[str] = []
    for arn, answer in zip(own, api.map(lambda arn: _key_policy(api, arn), own), strict=True):
        if isinstance(answer, Absent):
            continue
        statements = answer if isinstance(answer, Unavailable) else parsed(answer["Policy"], GET_KEY_POLICY)
        if isinstance(statements, Unavailable):
            return statements
        if _lets_everybody_in(statements, arn):
            found.append(arn)
    return tuple(found)


def _key_policy(api: Api, arn: str) -> Json | Absent | Unavailable:
    return api.call(GET_KEY_POLICY, arn.split(":")[3], KeyId=arn, PolicyName="default")


def _lets_everybody_in(statements: tuple[Statement, ...], arn: str) -> bool:
    """Whether a key policy opens the key to the public. One that names the account of callers does not."""
    named = tuple(
        one
        for one in statements
        if not any(condition.key.lower() == "kms:calleraccount" for condition in one.conditions)
    )
    policy = ResourcePolicy(qualifier="", statements=named)
    return any(one.opening is Opening.PUBLIC for one in openings(policy, Circle(account=arn.split(":")[4])))


def _groups(api: Api, region: str, application: str) -> list[Json] | Unavailable:
    names = listed(api.pages(LIST_DEPLOYMENT_GROUPS, region, "deploymentGroups", applicationName=application))
    if isinstance(names, Unavailable):
        return names
    found: list[Json] = []
    for first in range(0, len(names), GROUPS_A_CALL):
        answer = definite(
            api.call(
                READ_DEPLOYMENT_GROUPS,
                region,
                applicationName=application,
                deploymentGroupNames=names[first : first + GROUPS_A_CALL],
            ),
            READ_DEPLOYMENT_GROUPS,
        )
        if isinstance(answer, Unavailable):
            return answer
        found.extend(answer["deploymentGroupsInfo"])
    return found


def _key(api: Api, arn: str) -> Json | None | Unavailable:
    answer = api.call(DESCRIBE_KEY, arn.split(":")[3], KeyId=arn)
    if not isinstance(answer, dict):
        return None if isinstance(answer, Absent) else answer
    row: Json = answer["KeyMetadata"]
    return row


@whole(DESCRIBE_KEY)
def _can_rotate(row: Json) -> bool:
    """Whether rotation is the owner's choice: symmetric, and its material made by KMS for a customer."""
    return (
        word(row["KeyManager"], "AWS", "CUSTOMER") == "CUSTOMER"
        and not row["KeySpec"].startswith(NOT_ROTATED)
        and word(row["Origin"], *ORIGINS) == "AWS_KMS"
    )


def _unrotated(api: Api, arns: list[str]) -> tuple[str, ...] | Unavailable:
    found: list[str] = []
    answers = api.map(
        lambda arn: definite(api.call(ROTATION_STATUS, arn.split(":")[3], KeyId=arn), ROTATION_STATUS), arns
    )
    for arn, answer in zip(arns, answers, strict=True):
        if isinstance(answer, Unavailable):
            return answer
        if not answer["KeyRotationEnabled"]:
            found.append(arn)
    return tuple(found)
