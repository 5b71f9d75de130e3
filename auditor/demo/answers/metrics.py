"""cloudwatch: metric data computed from what each function is declared to do in a day."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from auditor.demo.account import World
from auditor.demo.errors import AwsError
from auditor.demo.specs import FunctionSpec, UsageSpec

Json = dict[str, Any]
_DAY_S = 86_400
_MOST_QUERIES = 500
_BAD_DAY = 3  # days back, so that no edge of a window cuts it
# How busy the shop is, from the newest day (a Sunday) back to Monday; the mean is 1.
_WEEK = (0.8, 0.85, 1.05, 1.06, 1.08, 1.08, 1.08)


class Counter(NamedTuple):
    """A metric that is counted: `day` a day over `samples` points; the newest day may differ."""

    day: float
    samples: float
    last_day: float = 1
    bad_day: float = 0


class Gauge(NamedTuple):
    """A metric that is measured: quantiles (share, value), `samples` a day, growth in the newest week."""

    quantiles: tuple[tuple[float, float], ...]
    samples: float
    last_day: float = 1
    slower: float = 1


Series = Counter | Gauge


def _function_series(usage: UsageSpec, metric: str) -> Series | None:
    """Series of one function's metric: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html."""
    counters = {
        "Invocations": usage.runs,
        "Errors": usage.errors,
        "Throttles": usage.throttles,
        "AsyncEventsReceived": usage.queued,
        "AsyncEventsDropped": usage.dropped,
        "DeadLetterErrors": usage.dlq_errors,
        "DestinationDeliveryFailures": usage.destination_errors,
        "RecursiveInvocationsDropped": usage.recursive,
        "ProvisionedConcurrencyInvocations": usage.provisioned_runs,
        "ProvisionedConcurrencySpilloverInvocations": usage.spillover,
    }
    if metric in counters:
        always = metric in {"Invocations", "Errors", "Throttles"}
        if not counters[metric] and not (always and usage.runs):
            return None
        bad = usage.bad_day if metric == "Errors" else 0
        return Counter(counters[metric], usage.runs or counters[metric], usage.last_day, bad)
    if metric == "Duration" and usage.runs:
        return Gauge(durations(usage), usage.runs, usage.last_day, usage.slower)
    levels = {
        "ConcurrentExecutions": usage.peak if usage.runs else None,
        "IteratorAge": usage.age,
        "OffsetLag": usage.lag,
        "AsyncEventAge": usage.async_age or None,
        "ProvisionedConcurrencyUtilization": usage.utilization,
    }
    level = levels.get(metric)
    return (
        None if level is None else Gauge(((0, 0), (0.5, level * 0.4), (0.99, level * 0.95), (1, level)), 1440)
    )


def durations(usage: UsageSpec) -> tuple[tuple[float, float], ...]:
    """Quantiles of run times in milliseconds; what is not declared lies between what is."""
    p95 = usage.p95 or (usage.p50 + usage.p99) / 2 or usage.p50
    p99 = usage.p99 or p95
    return ((0, usage.p50 * 0.4), (0.5, usage.p50), (0.95, p95), (0.99, p99), (1, usage.max or p99))


def _log_series(world: World, region: str, name: str, metric: str) -> Series | None:
    spec = world.log_owners.get((region, name))
    if spec is None or spec.log.get("missing"):
        return None
    usage = spec.usage
    events = usage.log_events if usage.log_events is not None else usage.runs * 4
    mb = usage.log_mb if usage.log_mb is not None else events * 0.0003
    day = {"IncomingBytes": mb * 1_000_000, "IncomingLogEvents": events}.get(metric)
    return Counter(day, 1440) if day else None


def _find(world: World, region: str, metric: Json) -> Series | None:
    dimensions = {row["Name"]: row["Value"] for row in metric.get("Dimensions", [])}
    namespace, name = metric["Namespace"], metric["MetricName"]
    if namespace == "AWS/Lambda" and not dimensions:
        return _row_series(world, region, namespace, name, {}) or _account_series(world, region, name)
    if namespace == "AWS/Lambda" and "FunctionName" in dimensions:
        spec = world.region_functions(region).get(dimensions["FunctionName"])
        return None if spec is None else _function_series(_share(spec, dimensions), name)
    if namespace == "AWS/Logs" and "LogGroupName" in dimensions:
        return _log_series(world, region, dimensions["LogGroupName"], name)
    if namespace == "LambdaInsights":
        return _insights_series(world, region, dimensions, name)
    return _row_series(world, region, namespace, name, dimensions)


def _share(spec: FunctionSpec, dimensions: dict[str, str]) -> UsageSpec:
    """Usage under a Resource dimension: all of it on the qualifier that callers use, nothing elsewhere."""
    resource = dimensions.get("Resource", spec.name)
    _, _, qualifier = resource.partition(":")
    if not qualifier or qualifier == spec.usage.qualifier:
        return spec.usage
    return UsageSpec()


def _account_series(world: World, region: str, name: str) -> Series | None:
    specs = world.region_functions(region).values()
    if name in {"ConcurrentExecutions", "UnreservedConcurrentExecutions", "ClaimedAccountConcurrency"}:
        free = (spec for spec in specs if name == "ConcurrentExecutions" or spec.reserved is None)
        peak = sum(spec.usage.peak for spec in free if spec.usage.runs)
        if name == "ClaimedAccountConcurrency":
            peak += sum(spec.reserved or 0 for spec in specs)
        return Gauge(((0, 0), (0.5, peak * 0.3), (0.99, peak * 0.9), (1, peak)), 1440) if peak else None
    totals = [series for spec in specs if (series := _function_series(spec.usage, name))]
    days = sum(series.day for series in totals if isinstance(series, Counter))
    return Counter(days, days) if days else None


def _insights_series(world: World, region: str, dimensions: dict[str, str], name: str) -> Series | None:
    spec = world.region_functions(region).get(dimensions.get("function_name", ""))
    if spec is None or spec.report is None:
        return None
    mounted = [world.presets["layers"].get(name, name) for name in spec.layers]
    if not any("LambdaInsightsExtension" in arn for arn in mounted):
        return None
    report = spec.report
    levels = {
        "used_memory_max": report.used,
        "total_memory": spec.memory,
        "memory_utilization": 100 * report.used / spec.memory,
        "init_duration": report.init,
        "tmp_used": (report.tmp or 0) * 1_048_576,
    }
    level = levels.get(name)
    return (
        None if level is None else Gauge(((0, level * 0.6), (0.95, level * 0.9), (1, level)), spec.usage.runs)
    )


def _row_series(
    world: World, region: str, namespace: str, name: str, dimensions: dict[str, str]
) -> Series | None:
    for row in world.rows("metrics", region):
        if row["namespace"] == namespace and row["name"] == name and row.get("dimensions", {}) == dimensions:
            if "day" in row:
                return Counter(row["day"], row["day"])
            level = row["level"]
            return Gauge(((0, level * 0.5), (1, level)), 288)
    return None


def _value(series: Series, stat: str, period_s: int, ends: float) -> float | None:
    """Value of one period that ends `ends` seconds before the demo's now (negative: after it)."""
    if isinstance(series, Counter):
        return _counted(series, stat, period_s, ends)
    grown = series.slower if 0 <= ends < 7 * _DAY_S else 1
    if stat == "SampleCount":
        return math.floor(series.samples * period_s / _DAY_S)
    if stat == "Average":
        return grown * average(series.quantiles)
    if stat == "Sum":
        return grown * average(series.quantiles) * math.floor(series.samples * period_s / _DAY_S)
    shares = {"Minimum": 0.0, "Maximum": 1.0}
    share = shares[stat] if stat in shares else float(stat.removeprefix("p")) / 100
    return grown * _quantile(series.quantiles, share)


def _counted(series: Counter, stat: str, period_s: int, ends: float) -> float:
    """Whole counts whose sum over any run of whole weeks is the declared rate, to one."""
    total = round(series.day * _days(ends + period_s)) - round(series.day * _days(ends))
    total += round((series.last_day - 1) * series.day * _WEEK[0] * _share_of_day(0, period_s, ends))
    total += round(series.bad_day * _share_of_day(_BAD_DAY, period_s, ends))
    samples = max(1, round(series.samples * period_s / _DAY_S))
    if stat == "Sum":
        return float(total)
    if stat == "SampleCount":
        return float(samples)
    return total / samples if stat == "Average" else float(min(total, 1))


def _share_of_day(day: int, period_s: int, ends: float) -> float:
    """Share (0 to 1) of the day `day` days back that lies in a period."""
    return max(0.0, min(ends + period_s, (day + 1) * _DAY_S) - max(ends, day * _DAY_S)) / _DAY_S


def _days(seconds: float) -> float:
    """Count the days back from the demo's now, each weighed by how busy the shop is on it."""
    days = seconds / _DAY_S
    whole = math.floor(days)
    weeks, rest = divmod(whole, len(_WEEK))
    return weeks * sum(_WEEK) + sum(_WEEK[:rest]) + (days - whole) * _WEEK[rest]


def average(quantiles: tuple[tuple[float, float], ...]) -> float:
    """Mean of values that spread evenly between the quantiles."""
    return sum((right[0] - left[0]) * (left[1] + right[1]) / 2 for left, right in pairwise(quantiles))


def _quantile(quantiles: tuple[tuple[float, float], ...], share: float) -> float:
    for left, right in pairwise(quantiles):
        if share <= right[0]:
            width = right[0] - left[0]
            return left[1] + (right[1] - left[1]) * ((share - left[0]) / width if width else 0)
    return quantiles[-1][1]


def _get_metric_data(world: World, region: str, params: Json) -> Json:
    queries = params["MetricDataQueries"]
    if len(queries) > _MOST_QUERIES:
        raise AwsError(
            "ValidationError",
            f"The collection MetricDataQueries must not have a size greater than {_MOST_QUERIES}.",
        )
    start, end = _at(params["StartTime"]), _at(params["EndTime"])
    newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    rows = [
        _result(world, region, query, (start, end), newest_first=newest_first)
        for query in queries
        if query.get("ReturnData", True)
    ]
    return {"MetricDataResults": rows, "Messages": []}


def _result(
    world: World, region: str, query: Json, window: tuple[datetime, datetime], *, newest_first: bool
) -> Json:
    start, end = window
    if "MetricStat" not in query:
        raise AwsError("ValidationError", "the demo account evaluates MetricStat queries only")
    asked = query["MetricStat"]
    metric = asked["Metric"]
    series = _find(world, region, metric)
    times: list[datetime] = []
    values: list[float] = []
    period = asked["Period"]
    count = math.ceil((end - start).total_seconds() / period) if series is not None else 0
    for back in range(count):
        at = start + timedelta(seconds=period * (count - 1 - back))
        ends = (world.now - at).total_seconds() - period
        value = _value(series, asked["Stat"], period, ends) if series is not None else None
        if value is not None:
            times.append(at)
            values.append(value)
    if not newest_first:
        times.reverse()
        values.reverse()
    label = query.get("Label") or metric["MetricName"]
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": times,
        "Values": values,
        "StatusCode": "Complete",
    }


def _at(value: Any) -> datetime:  # noqa: ANN401 - boto3 takes datetimes, numbers and text
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


HANDLERS: dict[str, Callable[[World, str, Json], Json]] = {
    "cloudwatch:GetMetricData": _get_metric_data,
}
