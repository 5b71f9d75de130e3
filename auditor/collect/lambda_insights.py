"""What the Lambda Insights extension measures of runs: memory, start-up, use of /tmp.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-metrics.html
"""

from collections.abc import Collection

from auditor.collect.metrics import Query, Series, Window, fetch, highest, total
from auditor.collect.session import Api
from auditor.model import EvidenceMissingError, Function, ReportLines, Unavailable, known

LAYER = ":layer:LambdaInsightsExtension"
SOURCE = "Lambda Insights"
MIB = 1_048_576


def has_insights(function: Function) -> bool:
    """Whether a function carries the extension as a layer; in a container image it cannot be seen."""
    return any(LAYER in layer.arn for layer in function.layers)


def from_metrics(
    api: Api, region: str, functions: Collection[Function], window: Window
) -> dict[str, ReportLines | Unavailable]:
    """Read the extension's metrics of functions that carry it, by function ARN."""
    queries = {function.arn: _queries(function.name, window) for function in functions}
    found = fetch(api, region, (query for asked in queries.values() for query in asked.values()), window)
    return {
        arn: _lines({name: found[query] for name, query in asked.items()}) for arn, asked in queries.items()
    }


def _queries(function: str, window: Window) -> dict[str, Query]:
    def asked(metric: str, statistic: str) -> Query:
        return Query("LambdaInsights", metric, (("function_name", function),), statistic, window.seconds)

    return {
        "runs": asked("used_memory_max", "SampleCount"),
        "used": asked("used_memory_max", "Maximum"),
        "cold_starts": asked("init_duration", "SampleCount"),
        "tmp": asked("tmp_used", "Maximum"),
        "used_p95": asked("used_memory_max", "p95"),
        "init_p50": asked("init_duration", "p50"),
        "init_p99": asked("init_duration", "p99"),
    }


def _lines(series: dict[str, Series]) -> ReportLines | Unavailable:
    try:
        tmp = known(highest(series["tmp"]))
        return ReportLines(
            source=SOURCE,
            runs=known(total(series["runs"])),
            cold_starts=known(total(series["cold_starts"])),
            max_memory_used_mb=known(highest(series["used"])),
            p95_memory_used_mb=known(highest(series["used_p95"])),
            init_p50_ms=known(highest(series["init_p50"])),
            init_p99_ms=known(highest(series["init_p99"])),
            tmp_used_mb=None if tmp is None else tmp / MIB,
        )
    except EvidenceMissingError as missing:
        return missing.unavailable
