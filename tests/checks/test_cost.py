"""Cost: one table a check."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from auditor.model import (
    Budget,
    DailyUsage,
    Function,
    LogGroup,
    LogUsage,
    Reason,
    ReportLines,
    Tag,
    Unavailable,
)
from auditor.testing import (
    NAME,
    NOW,
    Case,
    case,
    healthy_account,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_usage,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="logs:DescribeLogGroups", code="AccessDenied")
NO_METRICS = Unavailable(reason=Reason.THROTTLED, operation="cloudwatch:GetMetricData", code="Throttling")
NO_TAGS = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetFunction", code="AccessDenied")
NO_BUDGETS = Unavailable(reason=Reason.ACCESS_DENIED, operation="budgets:ViewBudget", code="AccessDenied")
GROUP = LogGroup(name=f"/aws/lambda/{NAME}", stored_bytes=200_000_000_000)


def days(*runs: int) -> Function:
    """The healthy function with these invocations a day."""
    daily = tuple(
        DailyUsage(day=NOW - timedelta(days=len(runs) - index), invocations=count)
        for index, count in enumerate(runs)
    )
    return healthy_function(usage=healthy_usage(daily=daily))


def tagged(*keys: str) -> Function:
    """The healthy function with these tags."""
    return healthy_function(tags=tuple(Tag(key=key, value="x") for key in keys))


def failing(billed_ms: float | None, **usage: Any) -> Function:
    """A dear function, of whose billed time this much went into failed runs."""
    lines = healthy_function().report_lines
    assert isinstance(lines, ReportLines)
    return healthy_function(
        usage=healthy_usage(invocations=20_000_000, **usage),
        report_lines=msgspec.structs.replace(lines, failed_billed_ms=billed_ms),
    )


DEAR = healthy_usage(invocations=200_000_000, average_ms=900.0)

TABLES = {
    "monthly-cost-high": (
        case("200 million runs", "WARN", function=healthy_function(usage=DEAR), says="USD a month"),
        case("a limit of ten cents", "WARN", thresholds={"limit_usd": 0.1}),
        case("100,000 runs", "PASS", says="0.31 USD a month"),
        case(
            "provisioned concurrency not seen",
            "UNKNOWN",
            function=healthy_function(provisioned=DENIED),
        ),
        case(
            "dear even without what was not seen",
            "WARN",
            function=healthy_function(usage=DEAR, provisioned=DENIED),
            says="at least",
        ),
        case("Managed Instances", "NOT_APPLICABLE", function=healthy_function(capacity_provider_arn="arn:x")),
        case("metrics throttled", "UNKNOWN", function=healthy_function(usage=NO_METRICS)),
    ),
    "log-cost-exceeds-compute": (
        case(
            "40 GB of logs",
            "FAIL",
            function=healthy_function(log_usage=LogUsage(incoming_bytes=40_000_000_000, incoming_events=9)),
            says="Logs 42.86 USD a month",
        ),
        case(
            "more than compute, but cents",
            "PASS",
            function=healthy_function(log_usage=LogUsage(incoming_bytes=500_000_000, incoming_events=9)),
            says="not worth",
        ),
        case("40 MB of logs", "PASS"),
        case("Managed Instances", "NOT_APPLICABLE", function=healthy_function(capacity_provider_arn="arn:x")),
        case("log volume not seen", "UNKNOWN", function=healthy_function(log_usage=NO_METRICS)),
    ),
    "log-retention-never": (
        case("200 GB for ever", "FAIL", region=healthy_region(log_groups=(GROUP,)), says="200.00 GB stored"),
        case("90 days", "PASS", says="kept 90 days"),
        case("a year is required", "WARN", thresholds={"least_days": 365}, says="365 to 3653 wanted"),
        case("a month is the most", "WARN", thresholds={"most_days": 30}),
        case(
            "for ever by a policy of the account",
            "FAIL",
            region=healthy_region(log_groups=(msgspec.structs.replace(GROUP, retention_policy="keep"),)),
            says="kept for ever by the account policy keep",
        ),
        case("no log group", "NOT_APPLICABLE", region=healthy_region(log_groups=())),
        case("log groups denied", "UNKNOWN", region=healthy_region(log_groups=DENIED)),
    ),
    "cost-tags-missing": (
        case("none", "FAIL", function=tagged()),
        case("those of AWS alone", "FAIL", function=tagged("aws:cloudformation:stack-name")),
        case("none that tells whose", "WARN", function=tagged("colour")),
        case(
            "a required one missing",
            "FAIL",
            thresholds={"required": ("owner", "data-class")},
            says="data-class",
        ),
        case("required ones there", "PASS", thresholds={"required": ("owner",)}),
        case("written another way", "PASS", function=tagged("shop:CostCenter")),
        case("a replica at the edge", "NOT_APPLICABLE", function=healthy_function(edge_master_arn="arn:x")),
        case("tags denied", "UNKNOWN", function=healthy_function(tags=NO_TAGS)),
    ),
    "invocation-surge": (
        case("ten times", "WARN", function=days(500, 520, 480, 510, 5_000, 900), says="5,000 invocations"),
        case("ten times of little", "PASS", function=days(5, 5, 5, 5, 50, 5)),
        case("as usual", "PASS"),
        case("three days of data", "NOT_APPLICABLE", function=days(500, 500, 5_000)),
        case("metrics throttled", "UNKNOWN", function=healthy_function(usage=NO_METRICS)),
    ),
    "spend-on-failed-runs": (
        case("a fifth of the billed time", "FAIL", function=failing(304_000.0, errors=9), says="20.0%"),
        case("a tenth of the runs", "FAIL", function=failing(None, errors=2_000_000), says="by error count"),
        case("a thousandth", "PASS", function=failing(None, errors=20_000)),
        case("no errors", "PASS", function=failing(None, errors=0)),
        case("few runs", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=9))),
        case("logs denied", "UNKNOWN", function=healthy_function(report_lines=DENIED)),
    ),
    "budget-missing": (
        case("neither", "FAIL", account=healthy_account(budgets=(), anomaly_monitors=0)),
        case(
            "a budget for another service",
            "FAIL",
            account=healthy_account(
                budgets=(Budget(name="s3", limit_usd=9.0, services=("Amazon S3",), notifications=1),),
                anomaly_monitors=0,
            ),
        ),
        case(
            "a budget that alerts nobody",
            "WARN",
            account=healthy_account(
                budgets=(Budget(name="all", limit_usd=9.0, notifications=0),), anomaly_monitors=0
            ),
        ),
        case("a budget for Lambda", "PASS", account=healthy_account(anomaly_monitors=0)),
        case("a monitor", "PASS", account=healthy_account(budgets=NO_BUDGETS)),
        case("budgets denied", "UNKNOWN", account=healthy_account(budgets=NO_BUDGETS, anomaly_monitors=0)),
        case("monitors denied", "UNKNOWN", account=healthy_account(budgets=(), anomaly_monitors=NO_BUDGETS)),
    ),
    "compute-optimizer-off": (
        case(
            "inactive", "FAIL", region=healthy_region(services=healthy_services(compute_optimizer="Inactive"))
        ),
        case("active", "PASS"),
        case(
            "no functions", "NOT_APPLICABLE", region=msgspec.structs.replace(healthy_region(), functions=())
        ),
        case("denied", "UNKNOWN", region=healthy_region(services=healthy_services(compute_optimizer=DENIED))),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
