"""Log groups with their retention, what is read out of them, and where their lines go."""

from collections.abc import Collection, Mapping
from sys import intern
from typing import Any

import msgspec

from auditor.collect.answers import definite, listed
from auditor.collect.kept import kept
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.model import LogFilter, LogGroup, MetricFilter, Unavailable

DESCRIBE_LOG_GROUPS = Operation(
    service="logs",
    name="DescribeLogGroups",
    actions=("logs:DescribeLogGroups",),
    tier=Tier.QUICK,
    requires=("logGroups", *each("logGroups[]", "logGroupName arn storedBytes")),
)
DESCRIBE_METRIC_FILTERS = Operation(
    service="logs",
    name="DescribeMetricFilters",
    actions=("logs:DescribeMetricFilters",),
    tier=Tier.QUICK,
    requires=(
        "metricFilters",
        *each("metricFilters[]", "filterName logGroupName metricTransformations"),
        *each("metricFilters[].metricTransformations[]", "metricName metricNamespace"),
    ),
    family="logs:filters",
)
DESCRIBE_SUBSCRIPTION_FILTERS = Operation(
    service="logs",
    name="DescribeSubscriptionFilters",
    actions=("logs:DescribeSubscriptionFilters",),
    # A call for each group, at five a second: in the standard tier it would be the last to come to its end.
    tier=Tier.DEEP,
    requires=("subscriptionFilters", "subscriptionFilters[].destinationArn"),
    absent=("ResourceNotFoundException",),
    family="logs:filters",
)
OPERATIONS = (DESCRIBE_LOG_GROUPS, DESCRIBE_METRIC_FILTERS, DESCRIBE_SUBSCRIPTION_FILTERS)

MOST_GROUPS = 50


def collect_log_groups(api: Api, region: str) -> tuple[LogGroup, ...] | Unavailable:
    """Read every log group of a region: a page of 50 costs as much as one group."""
    found = listed(api.rows(DESCRIBE_LOG_GROUPS, region, "logGroups", _log_group, limit=MOST_GROUPS))
    return found if isinstance(found, Unavailable) else tuple(found)


def _log_group(row: Mapping[str, Any]) -> LogGroup:
    return LogGroup(
        name=intern(row["logGroupName"]),
        arn=row["arn"].removesuffix(":*"),
        retention_days=row.get("retentionInDays"),
        stored_bytes=row["storedBytes"],
        kms_key_id=row.get("kmsKeyId", ""),
        log_class=intern(row.get("logGroupClass", "STANDARD")),
        retention_policy=intern(row.get("retentionPolicyName", "")),
    )


def collect_metric_filters(api: Api, region: str) -> tuple[MetricFilter, ...] | Unavailable:
    """Read every metric filter of a region, whatever log group it is on."""
    rows = listed(api.pages(DESCRIBE_METRIC_FILTERS, region, "metricFilters", limit=MOST_GROUPS))
    if isinstance(rows, Unavailable):
        return rows
    return tuple(
        MetricFilter(
            name=row["filterName"],
            log_group=row["logGroupName"],
            metrics=tuple(
                (metric["metricNamespace"], metric["metricName"]) for metric in row["metricTransformations"]
            ),
        )
        for row in rows
    )


def collect_subscriptions(
    api: Api, region: str, groups: tuple[LogGroup, ...] | Unavailable, names: Collection[str]
) -> tuple[LogGroup, ...] | Unavailable:
    """Put the subscription filters of their own into the log groups of these names: one call each."""
    if isinstance(groups, Unavailable):
        return groups
    wanted = set(names)
    asked = [group.name for group in groups if group.name in wanted]
    found = dict(zip(asked, api.map(lambda name: _subscriptions(api, region, name), asked), strict=True))
    return tuple(
        msgspec.structs.replace(group, subscription_filters=found[group.name])
        if group.name in found
        else group
        for group in groups
    )


@kept
def _subscriptions(api: Api, region: str, group: str) -> tuple[LogFilter, ...] | Unavailable:
    rows = definite(
        api.pages(DESCRIBE_SUBSCRIPTION_FILTERS, region, "subscriptionFilters", logGroupName=group),
        DESCRIBE_SUBSCRIPTION_FILTERS,
    )
    if isinstance(rows, Unavailable):
        return rows
    return tuple(
        LogFilter(destination_arn=row["destinationArn"], filtered=bool(row.get("filterPattern", "").strip()))
        for row in rows
    )
