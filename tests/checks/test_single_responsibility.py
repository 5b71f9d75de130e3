"""Single responsibility: one table a check."""

import pytest

from auditor.model import EventSourceMapping, Principal, Reason, ResourcePolicy, Unavailable
from auditor.testing import (
    ARN,
    Case,
    case,
    healthy_function,
    healthy_region,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")
QUEUE = EventSourceMapping(
    uuid="1",
    function_arn=ARN,
    source_arn="arn:aws:sqs:eu-west-1:123456789012:orders",
    kind="sqs",
    state="Enabled",
)


def called_by(*services: str) -> tuple[ResourcePolicy, ...]:
    """A resource-based policy that lets these services in."""
    return (
        ResourcePolicy(
            qualifier="",
            statements=tuple(
                statement(
                    "lambda:InvokeFunction",
                    principals=(Principal(kind="Service", value=f"{service}.amazonaws.com"),),
                )
                for service in services
            ),
        ),
    )


def named(*names: str, **changes: str) -> dict[str, object]:
    """A region with functions of these names, all of one code; the first is asked."""
    functions = [healthy_function(name=name, arn=f"{ARN}-{name}") for name in names]
    if changes:
        functions[1:] = [healthy_function(name=names[1], arn=f"{ARN}-{names[1]}", **changes)]
    return {"region": healthy_region(*functions)}


TABLES = {
    "several-event-sources": (
        case(
            "an API, a topic and a queue",
            "WARN",
            function=healthy_function(policies=called_by("apigateway", "sns")),
            region=healthy_region(mappings=(QUEUE,)),
            says="3 kinds of sources (apigateway, sns, sqs)",
        ),
        case(
            "an API and a schedule that keeps warm",
            "PASS",
            function=healthy_function(policies=called_by("apigateway", "events")),
            says="beside events",
        ),
        case("an API", "PASS"),
        case("policy denied", "UNKNOWN", function=healthy_function(policies=DENIED)),
        case("mappings denied", "UNKNOWN", region=healthy_region(mappings=DENIED)),
    ),
    "identical-code": (
        case("a copy under another name", "WARN", **named("orders-api", "refunds-api")),
        case("the same for each stage", "PASS", **named("orders-api-dev", "orders-api-prod")),
        case(
            "another handler of one package", "PASS", **named("orders-api", "refunds", handler="app.refund")
        ),
        case("alone", "PASS"),
        case("a replica at the edge", "NOT_APPLICABLE", function=healthy_function(edge_master_arn=ARN)),
        case("functions not listed", "UNKNOWN", region=healthy_region(functions=DENIED)),
    ),
    "description-missing": (
        case("none", "WARN", function=healthy_function(description=" ")),
        case("one sentence", "PASS", says="21 characters"),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
