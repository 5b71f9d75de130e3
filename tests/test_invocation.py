"""How functions are invoked, as routes tell that no resource-based policy names."""

import pytest

from auditor.model import ApiIntegration, Function, InvocationClass, Reason, Region, Unavailable
from auditor.model.invocation import invocation_classes
from auditor.testing import ARN, healthy_function, healthy_region

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="appsync:ListGraphqlApis")
SOURCE = ApiIntegration(
    api_id="a",
    api_name="shop",
    kind="APPSYNC",
    route="data source carts",
    function_arn=f"{ARN}:live",
    authorization="AWS_IAM",
    timeout_ms=30_000,
)
QUIET = healthy_function(policies=(), urls=())


@pytest.mark.parametrize(
    ("function", "region", "awaited"),
    [
        (QUIET, healthy_region(integrations=(SOURCE,)), True),
        (QUIET, healthy_region(integrations=()), False),
        (healthy_function(), healthy_region(integrations=DENIED), True),
    ],
    ids=["a data source alone", "no route", "a policy tells, whatever the routes are"],
)
def test_who_waits_is_synchronous(function: Function, region: Region, *, awaited: bool) -> None:
    classes = invocation_classes(function, region)
    assert isinstance(classes, frozenset)
    assert (InvocationClass.SYNCHRONOUS in classes) is awaited


def test_routes_that_were_denied_may_hide_who_waits() -> None:
    assert invocation_classes(QUIET, healthy_region(integrations=DENIED)) == DENIED
