"""Delivery: one table a check."""

from datetime import date
from typing import Any

import pytest

from auditor.model import (
    Alias,
    Condition,
    Function,
    Principal,
    Reason,
    Region,
    ResourcePolicy,
    Stack,
    Tag,
    Unavailable,
)
from auditor.reference import Attestation, Attestations
from auditor.testing import (
    ARN,
    Case,
    case,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_usage,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListTags", code="AccessDeniedException")


def tagged(**tags: str) -> Function:
    return healthy_function(
        tags=tuple(Tag(key=key.replace("__", ":"), value=value) for key, value in tags.items())
    )


def services(**changes: Any) -> Region:
    return healthy_region(services=healthy_services(**changes))


def attested(until: date, functions: str = "orders-*") -> Attestations:
    return Attestations(
        attestations=(
            Attestation(
                item="tests",
                functions=(functions,),
                who="ada@example.com",
                when=date(2026, 10, 1),
                evidence="https://ci.example.com/orders",
                expires=until,
            ),
        )
    )


UNTAGGED = case("tags could not be read", "UNKNOWN", function=healthy_function(tags=DENIED))
OPEN = ResourcePolicy(
    qualifier="",
    statements=(
        statement(
            "lambda:InvokeFunction",
            resources=(ARN,),
            principals=(Principal(kind="Service", value="sns.amazonaws.com"),),
            conditions=(
                Condition(
                    operator="ArnLike", key="aws:SourceArn", values=("arn:aws:sns:eu-west-1:123456789012:t",)
                ),
            ),
        ),
    ),
)

TABLES: dict[str, tuple[Case, ...]] = {
    "managed-by-hand": (
        case(
            "no sign",
            "FAIL",
            function=tagged(owner="orders"),
            says="None of 1 tag names a tool for infrastructure as code; Code last changed 2026-10-14, 40",
        ),
        case(
            "no sign, and who changed it is denied",
            "FAIL",
            function=tagged(owner="orders"),
            region=healthy_region(changes=DENIED),
            says="None of 1 tag names a tool for infrastructure as code",
        ),
        case("a stack", "PASS", says="CloudFormation"),
        case("Terraform by a tag", "PASS", function=tagged(**{"managed-by": "terraform"}), says="Terraform"),
        UNTAGGED,
    ),
    "stack-drifted": (
        case(
            "drifted",
            "FAIL",
            region=services(stacks=(Stack(name="orders", status="UPDATE_COMPLETE", drift="DRIFTED"),)),
        ),
        case("gone", "FAIL", region=services(stacks=())),
        case(
            "rolled back",
            "WARN",
            region=services(stacks=(Stack(name="orders", status="UPDATE_ROLLBACK_COMPLETE"),)),
        ),
        case("in sync", "PASS"),
        case("no stack", "NOT_APPLICABLE", function=tagged(owner="orders")),
        case("stacks could not be read", "UNKNOWN", region=services(stacks=DENIED)),
        UNTAGGED,
    ),
    "tests-not-attested": (
        case("nobody vouches", "MANUAL", says="Not attested"),
        case("functions could not be listed", "UNKNOWN", region=healthy_region(functions=DENIED)),
        case("vouched for", "PASS", attestations=attested(date(2027, 1, 1)), says="ada@example.com"),
        case("vouched for until October", "MANUAL", attestations=attested(date(2026, 11, 1)), says="expired"),
        case(
            "another function is vouched for", "MANUAL", attestations=attested(date(2027, 1, 1), "legacy-*")
        ),
    ),
    "delivery-untraceable": (
        case("no trace", "WARN", function=tagged(owner="orders"), region=services(pipelines=())),
        case("a commit", "PASS", function=tagged(commit="4f2c1d"), says="commit"),
        case("a stack", "PASS", says="orders"),
        case("a pipeline of its name", "PASS", function=tagged(owner="orders"), says="pipeline"),
        case(
            "a pipeline whose name is part of a word",
            "WARN",
            function=tagged(owner="orders"),
            region=services(pipelines=("ord", "api-gateway")),
        ),
        case(
            "pipelines could not be read",
            "UNKNOWN",
            function=tagged(owner="orders"),
            region=services(pipelines=DENIED),
        ),
        UNTAGGED,
    ),
    "traffic-on-latest": (
        case("a permission on the bare function", "WARN", function=healthy_function(policies=(OPEN,))),
        case(
            "nothing but $LATEST",
            "WARN",
            function=healthy_function(aliases=(), versions=(), policies=()),
            says="0 aliases and 0 published versions",
        ),
        case("an alias", "PASS", says="version 12"),
        case("no run", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=0))),
        case("aliases could not be read", "UNKNOWN", function=healthy_function(aliases=DENIED)),
    ),
    "traffic-shifted-at-once": (
        case(
            "of a function whose name only contains it",
            "PASS",
            region=services(all_at_once_deployments=(("preorders-apis", "live"),)),
        ),
        case(
            "by its stack, as SAM names it",
            "FAIL",
            function=tagged(
                **{
                    "aws:cloudformation:stack-name": "shop",
                    "aws:cloudformation:logical-id": "OrdersApi",
                }
            ),
            region=services(
                all_at_once_deployments=(
                    ("shop-ServerlessDeploymentApplication-1A2B", "shop-OrdersApiDeploymentGroup-3C4D"),
                )
            ),
        ),
        case("all at once", "FAIL", region=services(all_at_once_deployments=(("orders-api", "live"),))),
        case(
            "stuck half-way",
            "WARN",
            function=healthy_function(
                aliases=(Alias(name="live", version="12", extra_weights=(("13", 0.1),)),)
            ),
        ),
        case("a canary", "PASS"),
        case("no alias", "NOT_APPLICABLE", function=healthy_function(aliases=())),
        case("deployments could not be read", "UNKNOWN", region=services(all_at_once_deployments=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
