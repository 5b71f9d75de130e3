"""Monitoring: one table a check."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from auditor.model import (
    NOT_COLLECTED,
    Account,
    Advice,
    Function,
    LayerUse,
    Logging,
    LogUsage,
    MetricFilter,
    Reason,
    Region,
    Trail,
    TrustedAdvisor,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    NOW,
    REGION,
    Case,
    case,
    healthy_account,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_usage,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="cloudwatch:DescribeAlarms", code="AccessDenied")
EDGE = case("an edge replica", "NOT_APPLICABLE", function=healthy_function(edge_master_arn="x"))


def serving(*layers: LayerUse) -> Function:
    """A function whose $LATEST and serving version mount these layers."""
    return healthy_function(layers=layers, versions=(healthy_version(layers=layers),))


def trailed(*others: Function, events: tuple[str, ...] | None = None, logging: bool = True) -> Region:
    """A region with a trail that records these functions, or with no trail."""
    trail = Trail(
        arn="a",
        name="a",
        logging=logging,
        multi_region=True,
        organization=False,
        lambda_data_events=events or (),
    )
    trails = () if events is None else (trail,)
    return healthy_region(healthy_function(), *others, services=healthy_services(trails=trails))


TIMEOUTS = "AWS Lambda Functions with Excessive Timeouts"


def advice(**changes: Any) -> Advice:
    """What Trusted Advisor flagged of the healthy function, the day before the scan."""
    flagged = Advice(
        check="L4dfs2Q3C3",
        name=TIMEOUTS,
        region=REGION,
        resource=ARN,
        status="warning",
        seen_at=NOW - timedelta(days=1),
        measured=(("Max Daily Timeout Rate", "12.5%"),),
    )
    return msgspec.structs.replace(flagged, **changes)


def advised(*flagged: Advice) -> Account:
    """An account whose Trusted Advisor has two checks of Lambda and flags these."""
    checks = (TIMEOUTS, "AWS Lambda Functions with High Error Rates")
    return healthy_account(trusted_advisor=TrustedAdvisor(checks=checks, flagged=flagged))


def without(reason: Reason, code: str) -> Account:
    """An account of which Trusted Advisor tells nothing."""
    why = Unavailable(reason=reason, operation="trustedadvisor:ListRecommendations", code=code)
    return healthy_account(trusted_advisor=why)


TABLES: dict[str, tuple[Case, ...]] = {
    "enhanced-metrics-missing": (
        case("no layer", "WARN", function=serving()),
        case(
            "another layer",
            "WARN",
            function=serving(LayerUse(arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:1")),
        ),
        case(
            "on $LATEST only, and not on the version that serves",
            "WARN",
            function=healthy_function(versions=(healthy_version(layers=()),)),
            says="version 12 (live)",
        ),
        case("aliases could not be read", "UNKNOWN", function=healthy_function(aliases=DENIED)),
        case("Lambda Insights", "PASS"),
        case(
            "another vendor",
            "PASS",
            function=serving(
                LayerUse(arn=f"arn:aws:lambda:{REGION}:464622532012:layer:Datadog-Extension:60")
            ),
        ),
        case(
            "a container image",
            "NOT_APPLICABLE",
            function=healthy_function(package_type="Image", runtime="", layers=()),
        ),
        EDGE,
    ),
    "runs-without-logs": (
        case(
            "runs, and no event",
            "FAIL",
            function=healthy_function(log_usage=LogUsage(incoming_bytes=0, incoming_events=0)),
            says="0 log events",
        ),
        case("runs, and events", "PASS"),
        case(
            "quiet by its own choice",
            "NOT_APPLICABLE",
            function=healthy_function(
                log_usage=LogUsage(incoming_bytes=0, incoming_events=0),
                logging=Logging(format="JSON", group="/x", application_level="ERROR", system_level="WARN"),
            ),
        ),
        case(
            "the events of a log group that others write to",
            "NOT_APPLICABLE",
            region=healthy_region(
                healthy_function(log_usage=LogUsage(incoming_bytes=9, incoming_events=9)),
                healthy_function(name="other", arn=f"{ARN}-2"),
            ),
            says="2 functions write",
        ),
        case("few runs", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=20))),
        case("log volume could not be read", "UNKNOWN", function=healthy_function(log_usage=DENIED)),
        EDGE,
    ),
    "business-metrics-missing": (
        case("none", "WARN", region=healthy_region(metric_filters=())),
        case("a metric filter", "PASS"),
        case(
            "a filter on another group, code not read",
            "UNKNOWN",
            function=healthy_function(code=DENIED),
            region=healthy_region(metric_filters=(MetricFilter(name="x", log_group="/other", metrics=()),)),
        ),
        case("filters could not be read", "UNKNOWN", region=healthy_region(metric_filters=DENIED)),
    ),
    "invocations-unaudited": (
        case("no trail", "FAIL", region=trailed()),
        case("a trail without data events", "FAIL", region=trailed(events=())),
        case("a trail that is off", "FAIL", region=trailed(events=("arn:aws:lambda",), logging=False)),
        case(
            "a trail of another function alone", "FAIL", region=trailed(events=(f"{ARN}-2",)), says="0 of 1"
        ),
        case(
            "one of two functions",
            "WARN",
            region=trailed(healthy_function(name="other", arn=f"{ARN}-2"), events=(ARN,)),
            says="1 of 2",
        ),
        case("by its own name", "PASS", region=trailed(events=(ARN,))),
        case("no functions", "NOT_APPLICABLE", region=healthy_region(functions=())),
        case("recorded", "PASS", region=healthy_region()),
        case(
            "trails could not be read",
            "UNKNOWN",
            region=healthy_region(services=healthy_services(trails=DENIED)),
        ),
    ),
    "guardduty-lambda-off": (
        case("off", "FAIL", region=healthy_region(services=healthy_services(guardduty_lambda=False))),
        case("on", "PASS", region=healthy_region()),
        case("no functions", "NOT_APPLICABLE", region=healthy_region(functions=())),
        case(
            "could not be read",
            "UNKNOWN",
            region=healthy_region(services=healthy_services(guardduty_lambda=DENIED)),
        ),
    ),
    "flagged-by-trusted-advisor": (
        case(
            "one function by one check",
            "WARN",
            account=advised(advice()),
            says="Trusted Advisor flags 1 function by 1 of its 2 checks of Lambda, "
            "last seen 2026-11-22, 1 day before 2026-11-23",
        ),
        case(
            "one function by two checks and another one",
            "WARN",
            account=advised(
                advice(), advice(check="L4dfs2Q3C2", status="error"), advice(resource=f"{ARN}-worker")
            ),
            says="flags 2 functions by 2 of its 2 checks",
        ),
        case("nothing", "PASS", account=advised(), says="2 checks of Lambda, which is no proof"),
        case(
            "another support plan",
            "NOT_APPLICABLE",
            account=without(Reason.NOT_SUPPORTED, "AccessDeniedException"),
        ),
        case("another partition", "NOT_APPLICABLE", account=without(Reason.NOT_SUPPORTED, "")),
        case("no such operation", "UNKNOWN", account=without(Reason.NOT_SUPPORTED, "404")),
        case("denied", "UNKNOWN", account=without(Reason.ACCESS_DENIED, "AccessDeniedException")),
        case("not asked for", "UNKNOWN", account=healthy_account(trusted_advisor=NOT_COLLECTED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
