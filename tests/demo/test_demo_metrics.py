"""Metrics and log queries of the demo account follow what its functions are declared to do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.demo import DEMO_NOW, DemoSession

Ask = Callable[..., dict[str, Any]]
ACCOUNT = "123456789012"
METRIC = {
    "Id": "m1",
    "MetricStat": {
        "Metric": {
            "Namespace": "AWS/Lambda",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "FunctionName", "Value": "order-api"}],
        },
        "Period": 86_400,
        "Stat": "Sum",
    },
}
WINDOW = {"StartTime": DEMO_NOW - timedelta(days=14), "EndTime": DEMO_NOW}


METRICS = [
    pytest.param(
        ("payment-webhook", "Invocations", "Sum"), [24_800.0, 26_350.0, 32_550.0], id="counts follow the week"
    ),
    pytest.param(("payment-webhook", "Errors", "Sum"), [3_360.0, 3_570.0, 4_410.0], id="errors"),
    pytest.param(("payment-webhook", "Duration", "p99"), [2_890.0] * 3, id="a percentile"),
    pytest.param(("payment-webhook", "Duration", "Maximum"), [3_000.0] * 3, id="the longest"),
    pytest.param(("payment-webhook", "ConcurrentExecutions", "Maximum"), [40.0] * 3, id="the peak"),
    pytest.param(
        ("cart-api", "Invocations", "Sum"), [384_000.0, 81_600.0, 100_800.0], id="a surge on the last day"
    ),
    pytest.param(("order-api", "DeadLetterErrors", "Sum"), [], id="what never happened has no data point"),
    pytest.param(("legacy-soap-bridge", "Invocations", "Sum"), [], id="an idle function has no data points"),
    pytest.param(("unheard-of", "Invocations", "Sum"), [], id="an unknown function has no data points"),
]


@pytest.mark.parametrize(("asked", "values"), METRICS)
def test_metrics_follow_the_declared_day(
    ask: Ask, session: DemoSession, asked: tuple[str, str, str], values: list[float]
) -> None:
    function, metric, stat = asked
    dimensions = [{"Name": "FunctionName", "Value": function}]
    query = {
        "Id": "m1",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
            "Period": 86_400,
            "Stat": stat,
        },
    }
    answer = ask(
        session,
        "cloudwatch:GetMetricData",
        MetricDataQueries=[query],
        StartTime=DEMO_NOW - timedelta(days=3),
        EndTime=DEMO_NOW,
    )
    assert answer["MetricDataResults"][0]["Values"] == pytest.approx(values)


@pytest.mark.parametrize("period", [300, 3_600, 86_400, 14 * 86_400])
def test_sums_are_the_same_whatever_the_period(ask: Ask, session: DemoSession, period: int) -> None:
    stat = {**METRIC["MetricStat"], "Period": period}  # type: ignore[dict-item]
    total = 0.0
    for day in range(14) if period == 300 else [None]:
        window: dict[str, Any] = {**WINDOW}
        if day is not None:
            window = {
                "StartTime": WINDOW["StartTime"] + timedelta(days=day),
                "EndTime": WINDOW["StartTime"] + timedelta(days=day + 1),
            }
        query = {"Id": "m1", "MetricStat": stat}
        answer = ask(session, "cloudwatch:GetMetricData", MetricDataQueries=[query], **window)
        total += sum(answer["MetricDataResults"][0]["Values"])
    assert total == pytest.approx(84_000 * 14, abs=14)


def test_log_queries_are_answered_from_report_lines(ask: Ask, session: DemoSession) -> None:
    text = (
        "filter @type = 'REPORT' | stats count(*) as runs, count(@initDuration) as cold, "
        "max(@maxMemoryUsed / 1000 / 1000) as used, pct(@duration, 99) as p99, "
        "sum(strcontains(@message, 'Status: timeout')) as timeouts by @log"
    )
    query = ask(session, "logs:StartQuery", queryString=text)["queryId"]
    answer = ask(session, "logs:GetQueryResults", queryId=query)
    rows = [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
    assert rows[1] == {
        "@log": f"{ACCOUNT}:/aws/lambda/payment-webhook",
        "runs": "434000",
        "cold": "21700",
        "used": "127",
        "p99": "2890",
        "timeouts": "29400",
    }


def test_log_queries_without_statistics_give_lines(ask: Ask, session: DemoSession) -> None:
    query = ask(session, "logs:StartQuery", queryString="fields @message | limit 2")["queryId"]
    rows = ask(session, "logs:GetQueryResults", queryId=query)["results"]
    assert [cell["field"] for cell in rows[0]] == ["@message", "@log", "@ptr"]
    assert len(rows) == 2


def test_lambda_insights_measure_functions_that_mount_the_layer(ask: Ask, session: DemoSession) -> None:
    def used(function: str) -> list[float]:
        dimensions = [{"Name": "function_name", "Value": function}]
        metric = {"Namespace": "LambdaInsights", "MetricName": "used_memory_max", "Dimensions": dimensions}
        query = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 14 * 86_400, "Stat": "Maximum"}}
        answer = ask(session, "cloudwatch:GetMetricData", MetricDataQueries=[query])
        values: list[float] = answer["MetricDataResults"][0]["Values"]
        return values

    assert used("order-api") == [330.0]
    assert used("cart-api") == []


def test_too_many_queries_are_refused(ask: Ask, session: DemoSession) -> None:
    queries = [{**METRIC, "Id": f"m{index}"} for index in range(501)]
    with pytest.raises(ClientError) as error:
        ask(session, "cloudwatch:GetMetricData", MetricDataQueries=queries)
    assert error.value.response["Error"]["Code"] == "ValidationError"
