"""What Lambda@Edge functions did: their metrics stand in the region nearest to each viewer."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from auditor.collect.answers import definite
from auditor.collect.metrics import Window
from auditor.collect.session import REGIONS, Api
from auditor.collect.usage import measure, subject_of
from auditor.model import Account, DailyUsage, Function, Region, Role, Unavailable, Usage

# Lambda@Edge functions are made in this region alone:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
HOME = "us-east-1"
SERVICE = "edgelambda.amazonaws.com"
COUNTS = (
    "invocations",
    "errors",
    "throttles",
    "dead_letter_errors",
    "destination_errors",
    "async_received",
    "async_dropped",
    "recursive_dropped",
    "provisioned_invocations",
    "provisioned_spillover",
)
PEAKS = (
    "duration_p50_ms",
    "duration_p95_ms",
    "duration_p99_ms",
    "longest_ms",
    "peak_concurrency",
    "iterator_age_ms",
    "offset_lag",
    "async_age_p99_ms",
    "provisioned_utilization",
)


def with_edge_usage(api: Api, account: Account, window: Window) -> Account:
    """Add to the usage of Lambda@Edge functions what they did in every enabled region of the account.

    A function is taken for one where its role may be assumed by Lambda@Edge. Where the role could not be
    read, the function's own region is all that is told.
    """
    edge = [
        function
        for region in account.regions
        if region.name == HOME and not isinstance(region.functions, Unavailable)
        for function in region.functions
        if _serves_edge(account.role(function.role_arn))
    ]
    if not edge:
        return account
    elsewhere = collect_edge_usage(api, edge, window)
    usage = {one.arn: _joined([one.usage, elsewhere[one.arn]]) for one in edge}
    return msgspec.structs.replace(
        account, regions=tuple(_with_usage(region, usage) for region in account.regions)
    )


def collect_edge_usage(
    api: Api, functions: Iterable[Function], window: Window
) -> dict[str, Usage | Unavailable]:
    """Measure the replicas of Lambda@Edge functions in every enabled region, by the function's ARN.

    Counts are added; of percentiles and peaks, those of the worst region are told, because percentiles cannot
    be joined. A region that cannot be read makes the usage `Unavailable`. Names of the metrics:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-testing-debugging.html
    """
    subjects = [
        subject_of(function, {})._replace(name=f"{function.region}.{function.name}") for function in functions
    ]
    answer = definite(api.call(REGIONS, api.regions[0], AllRegions=False), REGIONS)
    if isinstance(answer, Unavailable):
        return {subject.arn: answer for subject in subjects}
    regions = [row["RegionName"] for row in answer["Regions"]]
    by_region = api.map(lambda region: measure(api, region, subjects, window), regions)
    return {subject.arn: _joined([found[subject.arn] for found in by_region]) for subject in subjects}


def _serves_edge(role: Role | None | Unavailable) -> bool:
    return (
        isinstance(role, Role)
        and not isinstance(role.trust, Unavailable)
        and any(principal.value == SERVICE for statement in role.trust for principal in statement.principals)
    )


def _with_usage(region: Region, usage: dict[str, Usage | Unavailable]) -> Region:
    if isinstance(region.functions, Unavailable):
        return region
    functions = tuple(
        msgspec.structs.replace(one, usage=usage[one.arn]) if one.arn in usage else one
        for one in region.functions
    )
    return msgspec.structs.replace(region, functions=functions)


def _joined(parts: Sequence[Usage | Unavailable]) -> Usage | Unavailable:
    usages: list[Usage] = []
    for part in parts:
        if isinstance(part, Unavailable):
            return part
        usages.append(part)
    runs = sum(usage.invocations for usage in usages)
    spent = sum((usage.average_ms or 0) * usage.invocations for usage in usages)
    counts = {name: sum(getattr(usage, name) for usage in usages) for name in COUNTS}
    peaks: dict[str, Any] = {name: _worst([getattr(usage, name) for usage in usages]) for name in PEAKS}
    return Usage(
        window_start=usages[0].window_start,
        window_end=usages[0].window_end,
        average_ms=spent / runs if runs else None,
        daily=_days(usages),
        **counts,
        **peaks,
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
