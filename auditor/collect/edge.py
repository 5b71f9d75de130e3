"""What Lambda@Edge functions did: their metrics stand in the region nearest to each viewer."""

from collections.abc import Iterable, Sequence

from auditor.collect.metrics import Window
from auditor.collect.session import Api
from auditor.collect.usage import measure, subject_of
from auditor.model import DailyUsage, Function, Unavailable, Usage


def collect_edge_usage(
    api: Api, functions: Iterable[Function], window: Window
) -> dict[str, Usage | Unavailable]:
    """Measure Lambda@Edge functions over all regions of the scan, and return their usage by function ARN.

    Counts are added; of percentiles and peaks, those of the worst region are told, because percentiles cannot
    be joined. A region that cannot be read makes the usage `Unavailable`. Names of the metrics:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-testing-debugging.html
    """
    subjects = [
        subject_of(function, {})._replace(name=f"{function.region}.{function.name}") for function in functions
    ]
    by_region = [measure(api, region, subjects, window) for region in api.regions]
    return {subject.arn: _joined([found[subject.arn] for found in by_region]) for subject in subjects}


def _joined(parts: Sequence[Usage | Unavailable]) -> Usage | Unavailable:
    usages: list[Usage] = []
    for part in parts:
        if isinstance(part, Unavailable):
            return part
        usages.append(part)
    runs = sum(usage.invocations for usage in usages)
    spent = sum((usage.average_ms or 0) * usage.invocations for usage in usages)
    return Usage(
        window_start=usages[0].window_start,
        window_end=usages[0].window_end,
        invocations=runs,
        errors=sum(usage.errors for usage in usages),
        throttles=sum(usage.throttles for usage in usages),
        duration_p50_ms=_worst([usage.duration_p50_ms for usage in usages]),
        duration_p95_ms=_worst([usage.duration_p95_ms for usage in usages]),
        duration_p99_ms=_worst([usage.duration_p99_ms for usage in usages]),
        longest_ms=max((u.longest_ms for u in usages if u.longest_ms is not None), default=None),
        average_ms=spent / runs if runs else None,
        peak_concurrency=max(
            (u.peak_concurrency for u in usages if u.peak_concurrency is not None), default=None
        ),
        async_received=sum(usage.async_received for usage in usages),
        async_dropped=sum(usage.async_dropped for usage in usages),
        daily=_days(usages),
    )


def _worst(values: Sequence[float | None | Unavailable]) -> float | None | Unavailable:
    found: list[float] = []
    for value in values:
        if isinstance(value, Unavailable):
            return value
        if value is not None:
            found.append(value)
    return max(found, default=None)


def _days(usages: Sequence[Usage]) -> tuple[DailyUsage, ...]:
    days = sorted({day.day for usage in usages for day in usage.daily})
    of_day = {at: [day for usage in usages for day in usage.daily if day.day == at] for at in days}
    return tuple(
        DailyUsage(
            day=at,
            invocations=sum(day.invocations for day in same),
            errors=sum(day.errors for day in same),
            throttles=sum(day.throttles for day in same),
            duration_p95_ms=_worst([day.duration_p95_ms for day in same]),
        )
        for at, same in of_day.items()
    )
