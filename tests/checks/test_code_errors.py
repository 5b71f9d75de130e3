"""How code treats errors: one table a check."""

from typing import Any

import pytest

from auditor.model import (
    NOT_COLLECTED,
    ApiIntegration,
    EventSourceMapping,
    Function,
    FunctionUrl,
    Located,
    Principal,
    Reason,
    Region,
    ResourcePolicy,
    TargetGroup,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    REGION,
    Case,
    case,
    code_cases,
    fact,
    function_with,
    healthy_code,
    healthy_function,
    healthy_region,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")
UNREAD = fact("unread-file", file="old.py", line=0, what="PACKAGE_UNREADABLE")
UNSURE = fact("event-subscript", confidence="medium")
HANDLER = Located(kind="handler-object", file="app.py", line=3, what="handler")
BUCKET = ResourcePolicy(
    qualifier="",
    statements=(
        statement(
            "lambda:InvokeFunction",
            resources=(ARN,),
            principals=(Principal(kind="Service", value="s3.amazonaws.com"),),
        ),
    ),
)


def called(*facts: Located | str, **changes: Any) -> Function:
    """A function that a bucket invokes, and nobody waits for."""
    return function_with(*facts, **{"policies": (BUCKET,), **changes})


def lonely(*facts: Located | str, **changes: Any) -> Function:
    """A function that nothing is known to invoke."""
    return function_with(*facts, **{"policies": (), **changes})


def mapped(kind: str = "sqs", *, partial: bool = False, **changes: Any) -> Region:
    mapping = EventSourceMapping(
        uuid="u-1",
        function_arn=ARN,
        source_arn=f"arn:aws:{kind}:{REGION}:{ACCOUNT}:orders",
        kind=kind,
        state="Enabled",
        batch_size=10,
        partial_batch=partial,
    )
    return healthy_region(mappings=(mapping,), **changes)


def routed(kind: str) -> Region:
    api = ApiIntegration(
        api_id="a1b2c3",
        api_name="orders",
        kind=kind,
        route="GET /orders",
        function_arn=ARN,
        authorization="AWS_IAM",
        timeout_ms=29_000,
    )
    return healthy_region(integrations=(api,))


PARTIAL = mapped(partial=True)
URL = FunctionUrl(qualifier="", auth_type="AWS_IAM")
BALANCED = healthy_region(
    target_groups=(TargetGroup(arn="arn:x:targetgroup/orders/1", function_arn=ARN, internet_facing=False),)
)
MAPPINGS_DENIED = case(
    "mappings could not be read",
    "UNKNOWN",
    function=called("batch-item-failures"),
    region=healthy_region(mappings=DENIED),
)

TABLES: dict[str, tuple[Case, ...]] = {
    "swallowed-errors": (
        case("in the handler", "FAIL", function=function_with("swallowed-in-handler"), says="app.py:21"),
        case(
            "deeper",
            "WARN",
            function=function_with(fact("swallowed", confidence="medium")),
            says="1 place of own functions",
        ),
        case(
            "success for a bucket",
            "WARN",
            function=called(fact("catch-all-success", confidence="medium")),
            says="a heuristic",
        ),
        case("success for a queue", "WARN", function=lonely("catch-all-success"), region=mapped()),
        case("success for a client that waits", "PASS", function=function_with("catch-all-success")),
        case(
            "success for whom it may concern",
            "UNKNOWN",
            function=called("catch-all-success", policies=DENIED),
        ),
        case("success, and runs not measured", "UNKNOWN", function=lonely("catch-all-success", usage=DENIED)),
        case("a named error is passed over", "PASS", function=function_with("ignored-error")),
        case("no try at all", "PASS", function=function_with()),
        case("a file was not read", "UNKNOWN", function=function_with(UNREAD), says="old.py"),
        *code_cases(),
    ),
    "api-handler-without-errors": (
        case("no answer for errors", "WARN", function=function_with(), says="a heuristic"),
        case("a success alone", "WARN", function=function_with(fact("status-code", number=200.0))),
        case("a client's error", "PASS", function=function_with(fact("status-code", number=400.0))),
        case("caught", "PASS", function=function_with("handled"), says="app.py:21"),
        case("by a framework", "PASS", function=function_with("web-framework")),
        case("the body is no string", "WARN", function=function_with("handled", "body-not-string")),
        case(
            "no status code, behind a REST API",
            "WARN",
            function=function_with("handled", "status-missing"),
            region=routed("rest"),
        ),
        case(
            "no status code, behind an HTTP API",
            "PASS",
            function=function_with("handled", "status-missing"),
            region=routed("http"),
        ),
        case(
            "no status code, behind a load balancer",
            "WARN",
            function=lonely("handled", "status-missing"),
            region=BALANCED,
        ),
        case("a function URL", "WARN", function=lonely(urls=(URL,))),
        case("GraphQL", "NOT_APPLICABLE", function=lonely(), region=routed("appsync")),
        case("a bucket", "NOT_APPLICABLE", function=called()),
        case("nobody may say who calls", "UNKNOWN", function=lonely(policies=DENIED)),
        case("nothing seen, and a file was not read", "UNKNOWN", function=function_with(UNREAD)),
        *code_cases(),
    ),
    "batch-failures-unreported": (
        case(
            "the error of a record ends in the loop",
            "FAIL",
            function=called("record-handled"),
            region=PARTIAL,
            says="the records are lost",
        ),
        case("errors send back the batch", "WARN", function=called("records-loop"), region=PARTIAL),
        case(
            "something foreign handles events",
            "WARN",
            function=healthy_function(code=healthy_code(facts=(), handler=HANDLER)),
            region=PARTIAL,
        ),
        case("named", "PASS", function=called("batch-item-failures"), region=PARTIAL),
        case("not expected", "NOT_APPLICABLE", function=called(), region=mapped()),
        case("not named, and a file was not read", "UNKNOWN", function=called(UNREAD), region=PARTIAL),
        MAPPINGS_DENIED,
        *code_cases(PARTIAL),
    ),
    "batch-failures-ignored": (
        case(
            "named for a deaf mapping",
            "FAIL",
            function=called("batch-item-failures"),
            region=mapped(),
            says="1 of 1 mappings take no notice",
        ),
        case("named and expected", "PASS", function=called("batch-item-failures"), region=PARTIAL),
        case("not named", "PASS", function=called(), region=mapped()),
        case("Kafka", "NOT_APPLICABLE", function=called("batch-item-failures"), region=mapped("kafka")),
        case("not named, and a file was not read", "UNKNOWN", function=called(UNREAD), region=mapped()),
        MAPPINGS_DENIED,
        *code_cases(mapped()),
    ),
    "idempotency-missing": (
        case("writes for a bucket", "WARN", function=called("write"), says="1 call changes data"),
        case("writes for a queue", "WARN", function=lonely("write"), region=mapped()),
        case("by a utility", "PASS", function=called("write", "idempotency")),
        case("by a condition", "PASS", function=called("write", "conditional-write")),
        case("by a token", "PASS", function=called("write", "idempotency-token")),
        case("nothing written", "PASS", function=called()),
        case("a client waits", "NOT_APPLICABLE", function=function_with("write")),
        case("writes, and a file was not read", "UNKNOWN", function=called("write", UNREAD)),
        case("nobody may say who calls", "UNKNOWN", function=called("write", policies=DENIED)),
        *code_cases(policies=(BUCKET,)),
    ),
    "input-unvalidated": (
        case("taken as if there", "WARN", function=function_with(UNSURE), says="1 field of the event"),
        case("checked", "PASS", function=function_with(UNSURE, "input-validated")),
        case("nothing taken", "PASS", function=function_with()),
        case("from a bucket", "NOT_APPLICABLE", function=called(UNSURE)),
        case("taken, and a file was not read", "UNKNOWN", function=function_with(UNSURE, UNREAD)),
        case("nobody may say who calls", "UNKNOWN", function=lonely(UNSURE, policies=NOT_COLLECTED)),
        *code_cases(),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
