"""Logs Insights queries name fields that exist, and read both log formats."""

import re
from pathlib import Path

import pytest

from auditor import queries
from auditor.testing import healthy_function

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
DISCOVERED = {
    "@billedDuration",
    "@duration",
    "@initDuration",
    "@maxMemoryUsed",
    "@memorySize",
    "@message",
    "@requestId",
    "@timestamp",
    "@type",
}
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
REPORT_EVENT = {
    "record.metrics.billedDurationMs",
    "record.metrics.durationMs",
    "record.metrics.initDurationMs",
    "record.metrics.maxMemoryUsedMB",
    "record.metrics.memorySizeMB",
    "record.requestId",
    "record.status",
}
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
METRICS = {
    "AsyncEventAge",
    "AsyncEventsDropped",
    "AsyncEventsReceived",
    "ConcurrentExecutions",
    "DeadLetterErrors",
    "DestinationDeliveryFailures",
    "Duration",
    "Errors",
    "Invocations",
    "IteratorAge",
    "OffsetLag",
    "ProvisionedConcurrencyUtilization",
    "ProvisionedConcurrentExecutions",
    "RecursiveInvocationsDropped",
    "Throttles",
    "UnreservedConcurrentExecutions",
}
COMMANDS = {"fields", "filter", "stats", "sort", "limit"}
QUERIES = {
    name: value
    for name, value in vars(queries).items()
    if name.isupper() and isinstance(value, str) and value.startswith(tuple(COMMANDS)) and "|" in value
}


@pytest.mark.parametrize("name", QUERIES)
def test_fields_exist(name: str) -> None:
    query = QUERIES[name]
    assert set(re.findall(r"@\w+", query)) <= DISCOVERED
    assert set(re.findall(r"\brecord(?:\.\w+)+", query)) <= REPORT_EVENT


@pytest.mark.parametrize("name", QUERIES)
def test_every_step_is_a_command(name: str) -> None:
    steps = re.split(r"\n\s*\| ", QUERIES[name])
    assert {step.split()[0] for step in steps} <= COMMANDS


def test_all_queries_are_looked_at() -> None:
    assert len(QUERIES) >= 9


def test_metrics_are_those_that_lambda_writes() -> None:
    """Names of the namespace AWS/Lambda, as the checks ask for them."""
    checks = Path(__file__).parent.parent / "checks"
    asked = {
        name
        for file in checks.glob("*.py")
        for name in re.findall(r'metric(?:_of_region)?\("[A-Z]+", "(\w+)"', file.read_text())
    }
    assert asked
    assert asked <= METRICS


def test_a_metric_query_names_the_function() -> None:
    assert queries.metric("SUM", "Throttles", healthy_function(name="orders")) == (
        "SELECT SUM(Throttles) FROM SCHEMA(\"AWS/Lambda\", FunctionName) WHERE FunctionName = 'orders'"
    )
