"""Waste: one table a check."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from auditor.model import (
    EventSourceMapping,
    Function,
    Principal,
    Reason,
    ReportLines,
    ResourcePolicy,
    Tag,
    Unavailable,
)
from auditor.testing import (
    ARN,
    NOW,
    Case,
    case,
    healthy_function,
    healthy_region,
    healthy_usage,
    healthy_version,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetFunction", code="AccessDeniedException"
)
NO_METRICS = Unavailable(reason=Reason.THROTTLED, operation="cloudwatch:GetMetricData", code="Throttling")
NO_POLICY = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDenied")
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
DEAR = healthy_usage(invocations=10_000_000, average_ms=900.0)


def idle(**changes: Any) -> Function:
    """The healthy function, never invoked."""
    given = {"usage": healthy_usage(invocations=0, errors=0, daily=()), **changes}
    return healthy_function(**given)


def large(tmp_used_mb: float | None, **changes: Any) -> Function:
    """The healthy function with 4 GB of ephemeral storage, of which its fullest run used this much."""
    lines = healthy_function().report_lines
    assert isinstance(lines, ReportLines)
    return healthy_function(
        ephemeral_mb=4_096, report_lines=msgspec.structs.replace(lines, tmp_used_mb=tmp_used_mb), **changes
    )


def stream(**changes: Any) -> dict[str, Any]:
    """A region in which a stream drives the function."""
    given: dict[str, Any] = {
        "uuid": "1",
        "function_arn": ARN,
        "source_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks",
        "kind": "kinesis",
        "state": "Enabled",
        "batch_size": 100,
        **changes,
    }
    return {"region": healthy_region(mappings=(EventSourceMapping(**given),))}


TABLES = {
    "unused-function": (
        case(
            "no run in two weeks", "FAIL", function=idle(), says="No invocation in 14 days, last changed 40"
        ),
        case("in use", "PASS", says="100,000 invocations"),
        case("changed last week", "NOT_APPLICABLE", function=idle(last_modified=NOW - timedelta(days=6))),
        case(
            "three days of metrics",
            "NOT_APPLICABLE",
            function=idle(usage=healthy_usage(invocations=0, window_start=NOW - timedelta(days=3), daily=())),
        ),
        case(
            "only throttled",
            "NOT_APPLICABLE",
            function=idle(usage=healthy_usage(invocations=0, throttles=7)),
        ),
        case(
            "a custom resource of its stack",
            "NOT_APPLICABLE",
            function=idle(tags=(Tag(key="aws:cloudformation:logical-id", value="AssetsCustomResource1F2E"),)),
        ),
        case(
            "replicated to the edge",
            "NOT_APPLICABLE",
            function=idle(region="us-east-1", policies=EDGE),
        ),
        case("kept for recovery", "NOT_APPLICABLE", function=idle(tags=(Tag(key="standby", value="true"),))),
        case("a replica at the edge", "NOT_APPLICABLE", function=idle(edge_master_arn=ARN)),
        case("metrics throttled", "UNKNOWN", function=healthy_function(usage=NO_METRICS)),
        case("tags denied", "UNKNOWN", function=idle(tags=DENIED)),
    ),
    "x86-where-arm64-fits": (
        case(
            "a busy Python function",
            "WARN",
            function=healthy_function(architecture="x86_64", usage=DEAR),
            says="arm64 saves",
        ),
        case("hardly run", "PASS", function=healthy_function(architecture="x86_64"), says="not worth"),
        case("on arm64", "PASS"),
        case(
            "a runtime without arm64",
            "NOT_APPLICABLE",
            function=healthy_function(architecture="x86_64", runtime="go1.x", usage=DEAR),
        ),
        case(
            "Lambda@Edge",
            "NOT_APPLICABLE",
            function=healthy_function(architecture="x86_64", region="us-east-1", policies=EDGE, usage=DEAR),
        ),
        case(
            "may be at the edge",
            "UNKNOWN",
            function=healthy_function(architecture="x86_64", region="us-east-1", policies=NO_POLICY),
        ),
        case(
            "metrics throttled",
            "UNKNOWN",
            function=healthy_function(architecture="x86_64", usage=NO_METRICS),
        ),
    ),
    "ephemeral-storage-unused": (
        case("100 MB of 4 GB", "FAIL", function=large(100.0), says="100 MB of 4096 MB"),
        case("3 GB of 4 GB", "PASS", function=large(3_000.0)),
        case("the free 512 MB", "PASS"),
        case("without Lambda Insights", "NOT_APPLICABLE", function=large(None)),
        case("few runs", "NOT_APPLICABLE", function=large(1.0, usage=healthy_usage(invocations=9))),
        case("metrics throttled", "UNKNOWN", function=large(1.0, usage=NO_METRICS)),
    ),
    "old-versions-kept": (
        case(
            "40 of them",
            "FAIL",
            function=healthy_function(
                versions=tuple(healthy_version(version=str(number)) for number in range(1, 42))
            ),
            says="40 of 41 versions unused",
        ),
        case("one, in use", "PASS", says="0 of 1"),
        case("none", "NOT_APPLICABLE", function=healthy_function(versions=())),
        case("versions denied", "UNKNOWN", function=healthy_function(versions=DENIED)),
        case("aliases denied", "UNKNOWN", function=healthy_function(aliases=DENIED)),
    ),
    "code-storage-nearly-full": (
        case("90 %", "FAIL", region=healthy_region(code_size_bytes=72_500_000_000), says="(90%)"),
        case("1 %", "PASS"),
        case(
            "no functions", "NOT_APPLICABLE", region=msgspec.structs.replace(healthy_region(), functions=())
        ),
        case("settings denied", "UNKNOWN", region=healthy_region(code_size_limit_bytes=DENIED)),
    ),
    "stream-without-batching-window": (
        case("many short runs", "WARN", **stream(), says="100,000 runs of 150 ms"),
        case("with a window", "PASS", **stream(batching_window_s=5)),
        case(
            "few runs",
            "PASS",
            function=healthy_function(usage=healthy_usage(invocations=900)),
            **stream(),
        ),
        case("no stream", "NOT_APPLICABLE"),
        case("mappings denied", "UNKNOWN", region=healthy_region(mappings=DENIED)),
    ),
    "recursive-loop-allowed": (
        case("allowed", "FAIL", function=healthy_function(recursive_loop="Allow")),
        case("stopped", "PASS"),
        case("Lambda@Edge", "NOT_APPLICABLE", function=healthy_function(region="us-east-1", policies=EDGE)),
        case("denied", "UNKNOWN", function=healthy_function(recursive_loop=DENIED)),
    ),
    "recursive-loop-stopped": (
        case(
            "three times",
            "FAIL",
            function=healthy_function(usage=healthy_usage(recursive_dropped=3)),
            says="3 invocations dropped",
        ),
        case("never", "PASS", says="0 invocations"),
        case("no run", "NOT_APPLICABLE", function=idle()),
        case("metrics throttled", "UNKNOWN", function=healthy_function(usage=NO_METRICS)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
