"""Concurrency: one table a check."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model import (
    DailyUsage,
    EventRule,
    EventSourceMapping,
    Function,
    Principal,
    Reason,
    Region,
    ResourcePolicy,
    SecretVerdict,
    Unavailable,
    Variable,
)
from auditor.testing import (
    ARN,
    NOW,
    Case,
    case,
    healthy_function,
    healthy_region,
    healthy_usage,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetFunction", code="AccessDeniedException"
)
NO_METRICS = Unavailable(reason=Reason.THROTTLED, operation="cloudwatch:GetMetricData", code="Throttling")
NO_LIMITS = Unavailable(
    reason=Reason.NOT_SUPPORTED, operation="lambda:GetAccountSettings", code="NotImplemented"
)
EDGE = (
    ResourcePolicy(
        qualifier="",
        statements=(
            statement(
                "lambda:GetFunction",
                principals=(Principal(kind="Service", value="edgelambda.amazonaws.com"),),
            ),
        ),
    ),
)


def queue_mapping(name: str = "orders", **changes: Any) -> EventSourceMapping:
    """A queue that drives the function."""
    given: dict[str, Any] = {
        "uuid": name,
        "function_arn": f"{ARN}:live",
        "source_arn": f"arn:aws:sqs:eu-west-1:123456789012:{name}",
        "kind": "sqs",
        "state": "Enabled",
        **changes,
    }
    return EventSourceMapping(**given)


def driven(*mappings: EventSourceMapping) -> Region:
    """A region with these event source mappings."""
    return healthy_region(mappings=mappings)


def free(**changes: Any) -> Function:
    """The healthy function without reserved concurrency."""
    return healthy_function(reserved_concurrency=None, **changes)


def pool(*functions: Function, **changes: Any) -> Region:
    """A region whose functions share the pool."""
    return healthy_region(*functions, **changes)


def named(*variables: str) -> tuple[Variable, ...]:
    """An environment of harmless variables."""
    return tuple(Variable(name=name, verdict=SecretVerdict.CLEAR) for name in variables)


BUSY_DAY = (DailyUsage(day=NOW - timedelta(days=1), invocations=8_640_000),)

TABLES = {
    "concurrency-unlimited": (
        case(
            "peak of 60 % of the account",
            "FAIL",
            function=free(usage=healthy_usage(peak_concurrency=600)),
            says="peak 600 of the account's 1000 (60%)",
        ),
        case(
            "a queue without a limit", "WARN", function=free(), region=driven(queue_mapping()), says="a queue"
        ),
        case("a database behind", "WARN", function=free(environment=named("DB_HOST")), says="DB_HOST"),
        case(
            "words that only look like a database",
            "PASS",
            function=free(environment=named("DYNAMODB_TABLE", "RECORDS_BUCKET", "DISPLAYWORDS_URL")),
        ),
        case("a limited queue", "PASS", function=free(), region=driven(queue_mapping(max_concurrency=5))),
        case("nothing to shelter", "PASS", function=free(), says="nothing seen"),
        case("reserved", "PASS", says="50 executions reserved"),
        case("Managed Instances", "NOT_APPLICABLE", function=free(capacity_provider_arn="arn:aws:lambda:x")),
        case("Lambda@Edge", "NOT_APPLICABLE", function=free(region="us-east-1", policies=EDGE)),
        case("reserve denied", "UNKNOWN", function=healthy_function(reserved_concurrency=DENIED)),
        case("variables could not be decrypted", "UNKNOWN", function=free(environment=DENIED)),
        case("limits not offered", "UNKNOWN", function=free(), region=pool(concurrency_limit=NO_LIMITS)),
    ),
    "throttled": (
        case(
            "one in ten, at the reserve",
            "FAIL",
            function=healthy_function(
                usage=healthy_usage(invocations=900, throttles=100, peak_concurrency=50)
            ),
            says="100 of 1,000 invocations throttled (10.00%)",
        ),
        case("one in a thousand", "WARN", function=healthy_function(usage=healthy_usage(throttles=100))),
        case(
            "half of ten attempts",
            "WARN",
            function=healthy_function(usage=healthy_usage(invocations=5, throttles=5)),
        ),
        case(
            "all of them",
            "FAIL",
            function=healthy_function(
                reserved_concurrency=0, usage=healthy_usage(invocations=0, throttles=400)
            ),
        ),
        case("none", "PASS", says="0 of 100,000"),
        case(
            "never invoked", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=0))
        ),
        case("metrics throttled", "UNKNOWN", function=healthy_function(usage=NO_METRICS)),
    ),
    "reserved-concurrency-zero": (
        case(
            "invocations turned away",
            "FAIL",
            function=healthy_function(reserved_concurrency=0, usage=healthy_usage(throttles=9)),
        ),
        case(
            "a queue still enabled",
            "FAIL",
            function=healthy_function(reserved_concurrency=0),
            region=driven(queue_mapping()),
        ),
        case(
            "a rule still enabled",
            "FAIL",
            function=healthy_function(reserved_concurrency=0),
            region=healthy_region(
                rules=(EventRule(arn="a", name="nightly", bus="default", enabled=True, function_arn=ARN),)
            ),
        ),
        case("nothing arrives", "WARN", function=healthy_function(reserved_concurrency=0)),
        case("50 reserved", "PASS"),
        case("nothing reserved", "PASS", function=free(), says="Not switched off"),
        case("Managed Instances", "NOT_APPLICABLE", function=healthy_function(capacity_provider_arn="arn:x")),
        case("reserve denied", "UNKNOWN", function=healthy_function(reserved_concurrency=DENIED)),
        case(
            "switched off and metrics throttled",
            "UNKNOWN",
            function=healthy_function(reserved_concurrency=0, usage=NO_METRICS),
        ),
    ),
    "mapping-concurrency-exceeds-reserved": (
        case(
            "two queues of 30 for 50",
            "FAIL",
            region=driven(queue_mapping(max_concurrency=30), queue_mapping("refunds", max_concurrency=30)),
            says="at most 60 runs, 50 reserved",
        ),
        case("a queue without a limit", "WARN", region=driven(queue_mapping())),
        case("30 for 50", "PASS", region=driven(queue_mapping(max_concurrency=30))),
        case("a FIFO queue", "NOT_APPLICABLE", region=driven(queue_mapping("orders.fifo"))),
        case("nothing reserved", "NOT_APPLICABLE", function=free(), region=driven(queue_mapping())),
        case("mappings denied", "UNKNOWN", region=healthy_region(mappings=DENIED)),
    ),
    "concurrency-below-demand": (
        case(
            "peak at the reserve, and throttled",
            "FAIL",
            function=healthy_function(usage=healthy_usage(peak_concurrency=50, throttles=70)),
            says="Demand 50.0 of 50 reserved (100%)",
        ),
        case("peak at 90 %", "WARN", function=healthy_function(usage=healthy_usage(peak_concurrency=45))),
        case(
            "Little's law asks for more than was seen at once",
            "WARN",
            function=healthy_function(usage=healthy_usage(daily=BUSY_DAY, average_ms=450.0)),
            says="Demand 45.0",
        ),
        case(
            "short runs need ten requests a second each",
            "PASS",
            function=healthy_function(usage=healthy_usage(daily=BUSY_DAY, average_ms=1.0)),
            says="Demand 10.0",
        ),
        case("6 of 50", "PASS", says="Demand 6.0 of 50"),
        case("nothing reserved", "NOT_APPLICABLE", function=free()),
        case("few runs", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=9))),
        case("reserve denied", "UNKNOWN", function=healthy_function(reserved_concurrency=DENIED)),
    ),
    "account-pool-nearly-used": (
        case("peak at 90 %", "FAIL", region=pool(peak_concurrency=900), says="900 of 1000 (90%)"),
        case(
            "peak at 90 % of a quota that was never raised",
            "FAIL",
            region=pool(peak_concurrency=900, concurrency_quota_default=True),
            says="never raised",
        ),
        case("the quota of a new account", "WARN", region=pool(concurrency_limit=10, peak_concurrency=2)),
        case("6 %", "PASS"),
        case("nothing ran", "NOT_APPLICABLE", region=pool(peak_concurrency=None)),
        case("no functions", "NOT_APPLICABLE", region=pool(concurrency_limit=10, functions=())),
        case("limits not offered", "UNKNOWN", region=pool(concurrency_limit=NO_LIMITS)),
        case("metrics throttled", "UNKNOWN", region=pool(peak_concurrency=NO_METRICS)),
    ),
    "reserved-starves-pool": (
        case(
            "one shares 20, and takes 30",
            "FAIL",
            region=pool(free(usage=healthy_usage(peak_concurrency=30)), unreserved_concurrency=20),
            says="20 of 1000 left for 1 functions",
        ),
        case(
            "peaks that could meet",
            "WARN",
            region=pool(
                free(name="a", arn=f"{ARN}-a", usage=healthy_usage(peak_concurrency=200)),
                free(name="b", arn=f"{ARN}-b", usage=healthy_usage(peak_concurrency=200)),
                unreserved_concurrency=300,
            ),
        ),
        case("900 for one that takes 6", "PASS", region=pool(free(), unreserved_concurrency=900)),
        case("nothing reserved", "NOT_APPLICABLE", region=pool(free(), unreserved_concurrency=1_000)),
        case("limits not offered", "UNKNOWN", region=pool(unreserved_concurrency=NO_LIMITS)),
        case("functions not listed", "UNKNOWN", region=pool(functions=DENIED)),
        case("metrics of one throttled", "UNKNOWN", region=pool(free(usage=NO_METRICS))),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
