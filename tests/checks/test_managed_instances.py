"""Managed Instances: one table a check."""

from typing import Any

import pytest

from auditor.model import (
    CapacityProvider,
    EnvironmentLimits,
    Function,
    Located,
    Reason,
    Region,
    Subnet,
    Unavailable,
)
from auditor.testing import (
    Case,
    case,
    healthy_code,
    healthy_function,
    healthy_region,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetFunction", code="AccessDeniedException"
)
NO_PROVIDER = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetCapacityProvider", code="AccessDeniedException"
)
NO_LIMITS = Unavailable(
    reason=Reason.THROTTLED, operation="lambda:GetFunctionScalingConfig", code="TooManyRequestsException"
)
PROVIDER = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:shop"
SHARED = healthy_code(facts=(Located(kind="mutable-global", file="index.js", line=3, what="seen"),))


def placed(*limits: EnvironmentLimits, **changes: Any) -> Function:
    """A Node.js function on instances of the provider `shop`, 8 runs at a time."""
    given = {"capacity_provider_arn": PROVIDER, "max_concurrency_per_environment": 8, "runtime": "nodejs24.x"}
    return healthy_function(**{**given, "environment_limits": limits, **changes})


def kept(least: int | None, most: int | None = None, qualifier: str = "12") -> EnvironmentLimits:
    """What one version keeps."""
    return EnvironmentLimits(qualifier=qualifier, least=least, most=most)


def spread(*zones: str, lost: int = 0, **changes: Any) -> Region:
    """A region whose provider has a subnet in each of some zones, and some that are not described."""
    subnets = tuple(
        Subnet(id=f"subnet-{index}", vpc_id="vpc-1", zone=zone, free_addresses=200)
        for index, zone in enumerate(zones)
    )
    ids = (*(subnet.id for subnet in subnets), *(f"subnet-far{index}" for index in range(lost)))
    provider = CapacityProvider(arn=PROVIDER, subnet_ids=ids)
    return healthy_region(**{"subnets": subnets, "capacity_providers": (provider,), **changes})


TWO = spread("euw1-az1", "euw1-az2")

TABLES = {
    "shared-environment-unsafe": (
        case("8 at once, and state", "WARN", function=placed(code=SHARED), says="8 runs"),
        case("8 at once, no state", "PASS", function=placed()),
        case("one at a time", "PASS", function=placed(code=SHARED, max_concurrency_per_environment=1)),
        case("a process each", "PASS", function=placed(code=SHARED, runtime="python3.14"), says="process"),
        case("not on Managed Instances", "NOT_APPLICABLE", function=healthy_function(code=SHARED)),
        case("code not read", "UNKNOWN", function=placed(code=DENIED)),
    ),
    "instances-in-single-zone": (
        case(
            "subnets of one zone",
            "FAIL",
            function=placed(kept(3)),
            region=spread("euw1-az1", "euw1-az1"),
            says="Capacity provider shop: 2 subnets in 1 zone (euw1-az1), 2 wanted",
        ),
        case("two zones", "PASS", function=placed(kept(3)), region=TWO, says="at least 3 environments"),
        case("nothing set", "PASS", function=placed(kept(None)), region=TWO, says="at least 3 environments"),
        case("nothing published", "PASS", function=placed(), region=TWO),
        case(
            "one environment",
            "WARN",
            function=placed(kept(3), kept(1, qualifier="13")),
            region=TWO,
            says="13 keeps 1 environment at least, 2 wanted",
        ),
        case("a version that runs nothing", "PASS", function=placed(kept(3), kept(0, 0)), region=TWO),
        case("three zones wanted", "FAIL", function=placed(kept(3)), region=TWO, thresholds={"zones": 3}),
        case("a subnet of another account", "UNKNOWN", function=placed(), region=spread("a", lost=1)),
        case("enough zones without it", "PASS", function=placed(), region=spread("a", "b", lost=1)),
        case("subnets denied", "UNKNOWN", function=placed(), region=spread("a", "b", subnets=DENIED)),
        case(
            "provider denied",
            "UNKNOWN",
            function=placed(),
            region=spread("a", capacity_providers=(CapacityProvider(arn=PROVIDER, subnet_ids=NO_PROVIDER),)),
        ),
        case("provider not listed", "UNKNOWN", function=placed(), region=healthy_region()),
        case("limits throttled", "UNKNOWN", function=placed(environment_limits=NO_LIMITS), region=TWO),
        case(
            "one zone, limits throttled",
            "FAIL",
            function=placed(environment_limits=NO_LIMITS),
            region=spread("euw1-az1"),
        ),
        case("not on Managed Instances", "NOT_APPLICABLE", function=healthy_function(), region=TWO),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
