"""Memory: one table a check."""

from typing import Any

import msgspec
import pytest

from auditor.model import Function, Reason, ReportLines, Unavailable
from auditor.testing import (
    ARN,
    Case,
    case,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_usage,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="logs:StartQuery", code="AccessDeniedException")
NO_METRICS = Unavailable(reason=Reason.THROTTLED, operation="cloudwatch:GetMetricData", code="Throttling")
NO_ALIASES = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListAliases", code="AccessDenied")


def sampled(**changes: Any) -> ReportLines:
    """REPORT lines of the healthy function with some changed."""
    lines = healthy_function().report_lines
    assert isinstance(lines, ReportLines)
    return msgspec.structs.replace(lines, **changes)


def sized(memory_mb: int, **changes: Any) -> Function:
    """The healthy function, `$LATEST` and its version, with another memory size."""
    return healthy_function(memory_mb=memory_mb, versions=(healthy_version(memory_mb=memory_mb),), **changes)


def recommended(finding: str, memory_mb: int) -> dict[str, Any]:
    """A region in which Compute Optimizer says something of the function."""
    findings = ((f"{ARN}:$LATEST", finding, memory_mb),)
    return {"region": healthy_region(services=healthy_services(compute_optimizer_findings=findings))}


BUSY = healthy_usage(invocations=10_000_000, average_ms=800.0)

TABLES = {
    "memory-at-default": (
        case("128 MB and slow", "FAIL", function=sized(128, usage=healthy_usage(duration_p95_ms=2_400.0))),
        case(
            "128 MB and nearly full",
            "FAIL",
            function=sized(128, report_lines=sampled(max_memory_used_mb=120.0)),
            says="fullest run 120 MB",
        ),
        case(
            "128 MB, quick and roomy",
            "PASS",
            function=sized(128, report_lines=sampled(max_memory_used_mb=60.0)),
        ),
        case("128 MB and few runs", "WARN", function=sized(128, usage=healthy_usage(invocations=3))),
        case(
            "only the version in use has the default",
            "FAIL",
            function=healthy_function(
                versions=(healthy_version(memory_mb=128),), usage=healthy_usage(duration_p95_ms=2_400.0)
            ),
            says="version 12",
        ),
        case("chosen", "PASS", says="Memory 512 MB"),
        case("128 MB and logs denied", "UNKNOWN", function=sized(128, report_lines=DENIED)),
        case("aliases denied", "UNKNOWN", function=healthy_function(aliases=NO_ALIASES)),
    ),
    "memory-nearly-full": (
        case(
            "95 % in use",
            "FAIL",
            function=healthy_function(report_lines=sampled(max_memory_used_mb=486.4)),
            says="486 MB of 512 MB (95%)",
        ),
        case("70 % in use", "PASS", says="360 MB of 512 MB (70%)"),
        case("few sampled runs", "NOT_APPLICABLE", function=healthy_function(report_lines=sampled(runs=99))),
        case("never ran", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=0))),
        case(
            "logs denied", "UNKNOWN", function=healthy_function(report_lines=DENIED), says="logs:StartQuery"
        ),
        case("metrics throttled", "UNKNOWN", function=healthy_function(usage=NO_METRICS)),
    ),
    "out-of-memory": (
        case(
            "three kills",
            "FAIL",
            function=healthy_function(report_lines=sampled(out_of_memory=3)),
            says="3 of 10,000",
        ),
        case("no kill", "PASS"),
        case(
            "a kill among few",
            "FAIL",
            function=healthy_function(report_lines=sampled(runs=3, out_of_memory=1)),
        ),
        case("no kill among few", "NOT_APPLICABLE", function=healthy_function(report_lines=sampled(runs=3))),
        case("never ran", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=0))),
        case("logs denied", "UNKNOWN", function=healthy_function(report_lines=DENIED)),
        case(
            "metrics that do not count kills",
            "UNKNOWN",
            function=healthy_function(report_lines=sampled(out_of_memory=DENIED)),
        ),
    ),
    "memory-oversized": (
        case(
            "4 GB for 360 MB at ten million runs",
            "WARN",
            function=sized(4_096, usage=BUSY),
            says="512 MB saves",
        ),
        case(
            "10 GB for 2.4 GB, more than one vCPU in any case",
            "FAIL",
            function=sized(10_240, usage=BUSY, report_lines=sampled(max_memory_used_mb=2_400.0)),
            says="3072 MB saves",
        ),
        case("2 GB for 360 MB, hardly run", "PASS", function=sized(2_048), says="saves at most"),
        case("70 % in use", "PASS"),
        case("few sampled runs", "NOT_APPLICABLE", function=sized(4_096, report_lines=sampled(runs=99))),
        case(
            "Managed Instances",
            "NOT_APPLICABLE",
            function=sized(4_096, usage=BUSY, capacity_provider_arn="arn:aws:lambda:x"),
        ),
        case("logs denied", "UNKNOWN", function=sized(4_096, usage=BUSY, report_lines=DENIED)),
    ),
    "memory-starves-cpu": (
        case("128 MB and 2.4 s", "WARN", function=sized(128, usage=healthy_usage(duration_p50_ms=2_400.0))),
        case("128 MB and 0.1 s", "PASS", function=sized(128)),
        case("512 MB", "PASS"),
        case(
            "512 MB, and 128 MB of the version that serves",
            "WARN",
            function=healthy_function(
                versions=(healthy_version(memory_mb=128),), usage=healthy_usage(duration_p50_ms=2_400.0)
            ),
        ),
        case("few runs", "NOT_APPLICABLE", function=sized(128, usage=healthy_usage(invocations=3))),
        case("metrics throttled", "UNKNOWN", function=sized(128, usage=NO_METRICS)),
    ),
    "memory-at-maximum": (
        case("10,240 MB", "FAIL", function=sized(10_240)),
        case(
            "10,240 MB on Managed Instances",
            "PASS",
            function=sized(10_240, capacity_provider_arn="arn:aws:lambda:x"),
        ),
        case("512 MB", "PASS"),
        case("aliases denied", "UNKNOWN", function=healthy_function(aliases=NO_ALIASES)),
    ),
    "memory-against-compute-optimizer": (
        case(
            "too little", "FAIL", **recommended("MemoryUnderprovisioned", 1_024), says="recommended 1024 MB"
        ),
        case("as recommended", "PASS", **recommended("Optimized", 512)),
        case("nothing said", "NOT_APPLICABLE"),
        case(
            "not enrolled",
            "NOT_APPLICABLE",
            region=healthy_region(services=healthy_services(compute_optimizer="Inactive")),
        ),
        case(
            "denied",
            "UNKNOWN",
            region=healthy_region(services=healthy_services(compute_optimizer_findings=DENIED)),
        ),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
