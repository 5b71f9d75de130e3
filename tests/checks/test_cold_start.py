"""Cold starts: one table a check."""

from typing import Any

import msgspec
import pytest

from auditor.model import (
    FileSystem,
    Function,
    LayerUse,
    ProvisionedConcurrency,
    Reason,
    ReportLines,
    SnapStart,
    Unavailable,
)
from auditor.testing import (
    Case,
    case,
    healthy_function,
    healthy_usage,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="logs:StartQuery", code="AccessDeniedException")
NO_POLICY = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDenied")
LAYER = LayerUse(arn="arn:aws:lambda:eu-west-1:123456789012:layer:pandas:4", size_bytes=45_000_000)
SNAP = SnapStart(apply_on="PublishedVersions", status="On")


def sampled(**changes: Any) -> Function:
    """The healthy function with other REPORT lines."""
    lines = healthy_function().report_lines
    assert isinstance(lines, ReportLines)
    return healthy_function(report_lines=msgspec.structs.replace(lines, **changes))


def slow_start(**changes: Any) -> Function:
    """The function with cold starts of 2.4 seconds in 2 % of its runs."""
    return msgspec.structs.replace(sampled(cold_starts=200, init_p99_ms=2_400.0), **changes)


def warm(count: int, **usage: Any) -> Function:
    """The function with provisioned concurrency on its alias."""
    one = ProvisionedConcurrency(
        qualifier="live", requested=count, allocated=count, status="READY", scaled=False
    )
    return healthy_function(provisioned=(one,), usage=healthy_usage(**usage))


TABLES = {
    "heavy-package": (
        case(
            "60 MB",
            "FAIL",
            function=healthy_function(versions=(healthy_version(code_size_bytes=60_000_000),)),
            says="50 MB is the limit",
        ),
        case(
            "60 MB of $LATEST, which nobody calls",
            "PASS",
            function=healthy_function(code_size_bytes=60_000_000),
        ),
        case(
            "a heavy layer",
            "WARN",
            function=healthy_function(versions=(healthy_version(layers=(LAYER,)),)),
            says="1 layer takes 45.0 MB",
        ),
        case("versions could not be read", "UNKNOWN", function=healthy_function(versions=DENIED)),
        case("0.8 MB", "PASS"),
        case("an image", "NOT_APPLICABLE", function=healthy_function(package_type="Image", runtime="")),
    ),
    "cold-start-slow": (
        case("2.4 s in 2 % of the runs", "FAIL", function=slow_start(), says="2400 ms in 2.00%"),
        case("2.4 s in 0.1 % of the runs", "WARN", function=sampled(cold_starts=10, init_p99_ms=2_400.0)),
        case("0.2 s in 5 % of the runs", "PASS", function=sampled(cold_starts=500, init_p99_ms=200.0)),
        case("no cold start at all", "PASS", function=sampled(cold_starts=0, init_p99_ms=None)),
        case("nobody waits", "NOT_APPLICABLE", function=slow_start(policies=())),
        case("few sampled runs", "NOT_APPLICABLE", function=sampled(runs=99, init_p99_ms=2_400.0)),
        case("logs denied", "UNKNOWN", function=healthy_function(report_lines=DENIED)),
        case("policy denied", "UNKNOWN", function=slow_start(policies=NO_POLICY), says="lambda:GetPolicy"),
        case("URLs denied", "UNKNOWN", function=slow_start(policies=(), urls=DENIED)),
    ),
    "init-near-limit": (
        case("9 s", "FAIL", function=sampled(init_p99_ms=9_000.0), says="9000 ms of 10000 ms (90%)"),
        case("0.6 s", "PASS"),
        case("9 cold starts", "NOT_APPLICABLE", function=sampled(cold_starts=9, init_p99_ms=9_000.0)),
        case(
            "Managed Instances",
            "NOT_APPLICABLE",
            function=healthy_function(capacity_provider_arn="arn:aws:lambda:x"),
        ),
        case("logs denied", "UNKNOWN", function=healthy_function(report_lines=DENIED)),
    ),
    "latency-sensitive-without-warm-capacity": (
        case("slow and cold", "WARN", function=slow_start(), says="neither SnapStart nor provisioned"),
        case(
            "SnapStart, but callers reach $LATEST",
            "WARN",
            function=slow_start(snap_start=SNAP, aliases=(), versions=()),
        ),
        case(
            "a mounted file system",
            "WARN",
            function=slow_start(file_systems=(FileSystem(arn="a", mount_path="/mnt/x"),)),
        ),
        case(
            "SnapStart on the version",
            "PASS",
            function=slow_start(versions=(healthy_version(snap_start=SNAP),)),
        ),
        case(
            "provisioned",
            "PASS",
            function=slow_start(provisioned=(ProvisionedConcurrency(qualifier="live", requested=5),)),
            says="5 execution environments",
        ),
        case("quick", "PASS"),
        case("nobody waits", "NOT_APPLICABLE", function=slow_start(policies=())),
        case("provisioned concurrency denied", "UNKNOWN", function=slow_start(provisioned=DENIED)),
        case("logs denied", "UNKNOWN", function=healthy_function(report_lines=DENIED)),
    ),
    "provisioned-concurrency-idle": (
        case("a tenth in use", "FAIL", function=warm(10, provisioned_utilization=0.1), says="10% of 10"),
        case("never used", "FAIL", function=warm(10, invocations=0), says="0% of 10"),
        case("80 % in use", "PASS", function=warm(10, provisioned_utilization=0.8)),
        case("not measured yet", "NOT_APPLICABLE", function=warm(10)),
        case("none", "NOT_APPLICABLE"),
        case("denied", "UNKNOWN", function=healthy_function(provisioned=DENIED)),
    ),
    "provisioned-concurrency-spilling": (
        case(
            "a fifth spills over",
            "FAIL",
            function=warm(10, provisioned_invocations=800, provisioned_spillover=200),
            says="200 runs spilled over (20.00%)",
        ),
        case(
            "could not be allocated",
            "FAIL",
            function=healthy_function(
                provisioned=(ProvisionedConcurrency(qualifier="live", requested=5, status="FAILED"),)
            ),
        ),
        case(
            "being allocated",
            "WARN",
            function=healthy_function(
                provisioned=(ProvisionedConcurrency(qualifier="live", requested=5, status="IN_PROGRESS"),)
            ),
        ),
        case("nothing spills", "PASS", function=warm(10, provisioned_invocations=800)),
        case("none", "NOT_APPLICABLE"),
        case("denied", "UNKNOWN", function=healthy_function(provisioned=DENIED)),
        case(
            "metrics denied",
            "UNKNOWN",
            function=msgspec.structs.replace(warm(10), usage=DENIED),
        ),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
