"""Answers that lost a field which AWS always sends, or carry a word that nobody knows yet."""

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from auditor.demo import Fault, FaultKind
from auditor.model import Reason, Role, Unavailable
from auditor.verdict import Status
from tests.faults.fault_scans import (
    LISTING,
    OPERATIONS,
    changed_verdicts,
    clean_verdicts,
    harmless,
    scan,
    verdicts,
)

OF_A_FUNCTION = (
    "FunctionName",
    "FunctionArn",
    "Role",
    "Timeout",
    "MemorySize",
    "CodeSize",
    "CodeSha256",
    "Version",
    "PackageType",
    "Architectures",
    "LastModified",
    "Runtime",
    "Handler",
)


@pytest.mark.parametrize("field", OF_A_FUNCTION)
def test_a_function_without_it_makes_the_listing_unread(field: str) -> None:
    found = scan(Fault(operation=LISTING, kind=FaultKind.MISSING_FIELD, field=field))
    (region,) = found.account.regions
    assert isinstance(region.functions, Unavailable)
    assert region.functions.reason is Reason.MALFORMED_RESPONSE
    assert region.functions.note.endswith(f" {field}")


def test_a_version_that_is_none_makes_the_listing_unread() -> None:
    found = scan(Fault(operation=LISTING, kind=FaultKind.UNKNOWN_ENUM, field="Version"))
    (region,) = found.account.regions
    assert isinstance(region.functions, Unavailable)


def test_a_way_to_patch_that_nobody_knows_yet_is_no_other_way() -> None:
    way = Fault(
        operation="lambda:GetRuntimeManagementConfig", kind=FaultKind.UNKNOWN_ENUM, field="UpdateRuntimeOn"
    )
    harmless(scan(way))


@pytest.mark.parametrize("field", ["TracingConfig", "LoggingConfig", "Variables", "LogFormat", "Mode"])
def test_a_function_without_it_keeps_the_rest(field: str) -> None:
    harmless(scan(Fault(operation=LISTING, kind=FaultKind.MISSING_FIELD, field=field)))


# One field of each operation at a time.
ROUNDS = (
    {
        "lambda:ListEventSourceMappings": "FunctionArn",
        "lambda:ListAliases": "FunctionVersion",
        "lambda:GetFunction": "State",
        "lambda:GetAccountSettings": "ConcurrentExecutions",
    },
    {
        "lambda:ListEventSourceMappings": "UUID",
        "lambda:ListProvisionedConcurrencyConfigs": "AllocatedProvisionedConcurrentExecutions",
        "lambda:GetPolicy": "Policy",
        "lambda:ListCodeSigningConfigs": "CodeSigningPolicies",
    },
    {
        "lambda:ListEventSourceMappings": "State",
        "lambda:ListFunctionUrlConfigs": "AuthType",
        "lambda:GetFunction": "Configuration",
        "lambda:GetRuntimeManagementConfig": "UpdateRuntimeOn",
        "lambda:ListFunctionEventInvokeConfigs": "FunctionArn",
    },
    {
        "lambda:ListProvisionedConcurrencyConfigs": "FunctionArn",
        "lambda:ListFunctionUrlConfigs": "FunctionArn",
        "lambda:GetFunctionRecursionConfig": "RecursiveLoop",
        "lambda:ListLayerVersions": "Version",
        "application-autoscaling:DescribeScalableTargets": "ResourceId",
    },
    {
        "logs:DescribeLogGroups": "logGroupName",
        "guardduty:GetDetector": "Name",
        "accessanalyzer:ListFindingsV2": "resource",
    },
    {
        "logs:DescribeMetricFilters": "logGroupName",
        "guardduty:GetDetector": "Status",
        "codedeploy:BatchGetDeploymentGroups": "deploymentConfigName",
        "elbv2:DescribeTargetGroups": "TargetType",
        "kms:DescribeKey": "KeyState",
        "lambda:GetFunction": "ReservedConcurrentExecutions",
    },
    {
        "iam:GetServiceLastAccessedDetails": "ServiceNamespace",
        "elbv2:DescribeLoadBalancerAttributes": "Value",
        "cloudwatch:DescribeAlarms": "Namespace",
        "inspector2:ListFindings": "resources",
    },
)


@pytest.mark.parametrize("fields", ROUNDS, ids=lambda fields: "-".join(fields.values()))
def test_a_missing_field_is_missing_evidence(fields: dict[str, str]) -> None:
    harmless(
        scan(
            *(
                Fault(operation=operation, kind=FaultKind.MISSING_FIELD, field=field)
                for operation, field in fields.items()
            )
        )
    )


# Words that are facts of their own: a function on a newer runtime is a function, and a protection of another
# name is not the one that is looked for.
NEWER_FACTS = (("lambda:ListFunctions", "Runtime"), ("guardduty:GetDetector", "Name"))


def words_of(shape: Shape | None, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the members of an answer that hold one of several documented words."""
    if shape is None or shape.name in above:
        return
    within = (*above, shape.name)
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if isinstance(member, StringShape) and member.enum:
                yield name
            else:
                yield from words_of(member, within)
    elif isinstance(shape, ListShape):
        yield from words_of(shape.member, within)
    elif isinstance(shape, MapShape):
        yield from words_of(shape.value, within)


@cache
def words() -> dict[str, tuple[str, ...]]:
    """Return those members by operation, of all operations that the sample sends."""
    models = botocore.session.get_session()
    found = {}
    for operation in OPERATIONS:
        service, name = operation.split(":")
        model = models.get_service_model(service).operation_model(name)
        several = dict.fromkeys(words_of(model.output_shape))
        found[operation] = tuple(word for word in several if (operation, word) not in NEWER_FACTS)
    return found


# Each round takes another word of each operation. More words than this no answer has.
@pytest.mark.parametrize("turn", range(16))
def test_a_word_that_nobody_knows_yet_is_never_the_harmless_one(turn: int) -> None:
    faults = [
        Fault(operation=operation, kind=FaultKind.UNKNOWN_ENUM, field=several[turn])
        for operation, several in words().items()
        if turn < len(several)
    ]
    if not faults:
        return
    found = scan(*faults)
    assert not found.stopped
    # A listing that cannot be read makes the scan incomplete.
    if not isinstance(found.account.regions[0].functions, Unavailable):
        assert not changed_verdicts(found.account)


def test_what_no_check_knows_yet_does_not_pass() -> None:
    found = scan(
        *(Fault(operation=name, kind=FaultKind.UNKNOWN_ENUM, field=field) for name, field in NEWER_FACTS)
    )
    before, after = clean_verdicts(), verdicts(found.account)
    assert after.keys() == before.keys()
    assert not [key for key in after if after[key] is Status.PASS and before[key] is not Status.PASS]


def test_there_are_no_more_words_than_rounds() -> None:
    assert max(map(len, words().values())) <= 16


# An answer whose list is gone is not an empty list.
@pytest.mark.parametrize("group", [OPERATIONS[::2], OPERATIONS[1::2]], ids=["even", "odd"])
def test_a_list_that_is_gone_is_not_empty(group: list[str]) -> None:
    missing = [(operation, key) for operation, key in lists().items() if operation in group]
    assert missing
    harmless(
        scan(
            *(
                Fault(operation=operation, kind=FaultKind.MISSING_FIELD, field=key)
                for operation, key in missing
                if operation != LISTING
            )
        )
    )


def lists() -> dict[str, str]:
    """Return the list that each operation that lists answers with."""
    models = botocore.session.get_session()
    found: dict[str, str] = {}
    for operation in OPERATIONS:
        service, name = operation.split(":")
        shape = models.get_service_model(service).operation_model(name).output_shape
        for key, member in (shape.members if shape else {}).items():
            if isinstance(member, ListShape):
                found.setdefault(operation, key)
    return found


def test_a_missing_listing_is_noticed_by_the_oracle_itself() -> None:
    found = scan(Fault(operation=LISTING, kind=FaultKind.DENIED))
    assert changed_verdicts(found.account)


def test_a_strange_report_of_last_use_costs_that_report_alone() -> None:
    strange = Fault(
        operation="iam:GetServiceLastAccessedDetails",
        kind=FaultKind.MISSING_FIELD,
        field="ServiceNamespace",
        times=1,
    )
    roles = [found.role for found in scan(strange).account.roles if isinstance(found.role, Role)]
    unread = [role.last_accessed for role in roles if isinstance(role.last_accessed, Unavailable)]
    assert [why.operation for why in unread] == [strange.operation]
