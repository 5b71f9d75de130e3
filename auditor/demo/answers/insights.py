"""logs: groups, filters, and queries answered from what a function's log is declared to hold."""

from typing import Any

from auditor.demo.account import World
from auditor.demo.errors import AwsError
from auditor.demo.paging import Lazy
from auditor.demo.specs import FunctionSpec

Json = dict[str, Any]


def _group(world: World, region: str, name: str, declared: tuple[Json, FunctionSpec | None]) -> Json:
    log, spec = declared
    arn = f"arn:aws:logs:{region}:{world.id}:log-group:{name}"
    mb = (
        spec.usage.log_mb
        if spec and spec.usage.log_mb is not None
        else (spec.usage.runs * 0.0012 if spec else 1)
    )
    kept = log.get("retention", 30)
    row: Json = {
        "logGroupName": name,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "creationTime": int(world.date(spec.age if spec else "@-400d").timestamp() * 1000),
        "metricFilterCount": 0,
        "storedBytes": int(log.get("stored_mb", mb * (kept or 400)) * 1_000_000),
        "logGroupClass": log.get("class", "STANDARD"),
    }
    if kept:
        row["retentionInDays"] = kept
    if "key" in log:
        row["kmsKeyId"] = log["key"]
    return row


def _describe_groups(world: World, region: str, params: Json) -> Json:
    groups = world.log_groups.get(region, {})
    prefix = params.get("logGroupNamePrefix", "")
    names = [name for name in groups if name.startswith(prefix)]
    if "logGroupIdentifiers" in params:
        wanted = {name.split(":log-group:")[-1] for name in params["logGroupIdentifiers"]}
        names = [name for name in names if name in wanted]
    return {"logGroups": Lazy(names, lambda name: _group(world, region, name, groups[name]))}


def _metric_filters(world: World, region: str, params: Json) -> Json:
    rows = world.rows("metric_filters", region)
    group = params.get("logGroupName")
    return {"metricFilters": [row for row in rows if group in {None, row["logGroupName"]}]}


def _subscription_filters(world: World, region: str, params: Json) -> Json:
    group = params["logGroupName"]
    if group not in world.log_groups.get(region, {}):
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return {
        "subscriptionFilters": [
            row for row in world.rows("subscription_filters", region) if row["logGroupName"] == group
        ]
    }


HANDLERS = {
    "logs:DescribeLogGroups": _describe_groups,
    "logs:DescribeMetricFilters": _metric_filters,
    "logs:DescribeSubscriptionFilters": _subscription_filters,
}
