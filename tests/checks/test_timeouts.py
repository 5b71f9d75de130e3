"""Timeouts: one table a check."""

import pytest

from auditor.model import Reason, Unavailable
from auditor.testing import Case, case, healthy_function, healthy_usage, hold, row_id, rows

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="cloudwatch:GetMetricData", code="AccessDenied")

TABLES = {
    "timeout-near-limit": (
        case(
            "p99 at 95 % of the timeout",
            "FAIL",
            function=healthy_function(usage=healthy_usage(duration_p99_ms=9_500.0)),
            says="9.5 s of 10 s",
        ),
        case("p99 at 9 % of the timeout", "PASS", says="91% to spare"),
        case(
            "too few runs for a ratio",
            "NOT_APPLICABLE",
            function=healthy_function(usage=healthy_usage(invocations=99)),
        ),
        case(
            "metrics denied",
            "UNKNOWN",
            function=healthy_function(usage=DENIED),
            says="cloudwatch:GetMetricData",
        ),
        case("a wider margin is wanted", "FAIL", thresholds={"margin": 0.95}),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
