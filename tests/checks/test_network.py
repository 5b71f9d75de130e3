"""Network: one table a check."""

from typing import Any

import pytest

from auditor.model import (
    Endpoint,
    Function,
    Reason,
    Region,
    RouteTable,
    SecurityGroup,
    Subnet,
    Unavailable,
    VpcConfig,
)
from auditor.testing import Case, case, healthy_function, healthy_region, hold, row_id, rows

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="ec2:DescribeSubnets", code="UnauthorizedOperation"
)


def inside(*subnets: str, **changes: Any) -> Function:
    vpc = VpcConfig(vpc_id="vpc-1", subnet_ids=subnets or ("a", "b"), security_group_ids=("sg-1",))
    return healthy_function(vpc=vpc, **changes)


def around(**changes: Any) -> Region:
    fields: dict[str, Any] = {
        "subnets": (
            Subnet(id="a", vpc_id="vpc-1", zone="euw1-az1", free_addresses=200),
            Subnet(id="b", vpc_id="vpc-1", zone="euw1-az2", free_addresses=200),
        ),
        "route_tables": (
            RouteTable(id="rtb-1", vpc_id="vpc-1", main=True, subnet_ids=(), default_route="nat-1"),
        ),
        "endpoints": (),
        "security_groups": (SecurityGroup(id="sg-1", name="orders", vpc_id="vpc-1", open_egress=False),),
    }
    return healthy_region(**{**fields, **changes})


def route(to: str) -> tuple[RouteTable, ...]:
    return (RouteTable(id="rtb-1", vpc_id="vpc-1", main=False, subnet_ids=("a", "b"), default_route=to),)


OUTSIDE = case("outside a VPC", "NOT_APPLICABLE")

TABLES: dict[str, tuple[Case, ...]] = {
    "outside-vpc": (
        case("required and outside", "FAIL", thresholds={"required": True}),
        case("inside", "PASS", function=inside()),
        case("outside, not required", "NOT_APPLICABLE"),
        case(
            "an edge replica",
            "NOT_APPLICABLE",
            function=healthy_function(edge_master_arn="x"),
            thresholds={"required": True},
        ),
    ),
    "single-zone": (
        case("one zone", "FAIL", function=inside("a"), region=around()),
        case("two zones", "PASS", function=inside(), region=around()),
        case("a shared VPC", "UNKNOWN", function=inside("x", "y"), region=around(), says="2 of 2 were not"),
        case("subnets could not be read", "UNKNOWN", function=inside(), region=around(subnets=DENIED)),
        OUTSIDE,
    ),
    "subnet-nearly-full": (
        case(
            "three addresses left",
            "FAIL",
            function=inside("a"),
            region=around(subnets=(Subnet(id="a", vpc_id="vpc-1", zone="euw1-az1", free_addresses=3),)),
            says="3 free",
        ),
        case("room", "PASS", function=inside(), region=around()),
        case(
            "room in one, the other is not described", "UNKNOWN", function=inside("a", "y"), region=around()
        ),
        case("subnets could not be read", "UNKNOWN", function=inside(), region=around(subnets=DENIED)),
        OUTSIDE,
    ),
    "unreachable-services": (
        case(
            "a public subnet",
            "FAIL",
            function=inside(),
            region=around(route_tables=route("igw-1")),
            says="dynamodb",
        ),
        case("no route at all", "FAIL", function=inside(), region=around(route_tables=route(""))),
        case("NAT", "PASS", function=inside(), region=around()),
        case(
            "a shared VPC, whose routes are another account's",
            "UNKNOWN",
            function=inside(),
            region=around(route_tables=()),
        ),
        case(
            "no route, and an endpoint of what it calls",
            "PASS",
            function=inside(),
            region=around(
                route_tables=route(""),
                endpoints=(
                    Endpoint(vpc_id="vpc-1", service="com.amazonaws.eu-west-1.dynamodb", kind="Gateway"),
                ),
            ),
        ),
        case("routes could not be read", "UNKNOWN", function=inside(), region=around(route_tables=DENIED)),
        OUTSIDE,
    ),
    "security-group-wide": (
        case(
            "the default group",
            "FAIL",
            function=inside(),
            region=around(
                security_groups=(SecurityGroup(id="sg-1", name="default", vpc_id="vpc-1", open_egress=True),)
            ),
        ),
        case(
            "open to everywhere",
            "WARN",
            function=inside(),
            region=around(
                security_groups=(SecurityGroup(id="sg-1", name="orders", vpc_id="vpc-1", open_egress=True),)
            ),
        ),
        case("narrow", "PASS", function=inside(), region=around()),
        case(
            "a group that is not described", "UNKNOWN", function=inside(), region=around(security_groups=())
        ),
        case("groups could not be read", "UNKNOWN", function=inside(), region=around(security_groups=DENIED)),
        OUTSIDE,
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
