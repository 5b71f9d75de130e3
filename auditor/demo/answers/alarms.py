"""cloudwatch: alarms, laid over the defaults that most of them share."""

from typing import Any

from auditor.demo.account import World

Json = dict[str, Any]


def _describe_alarms(world: World, region: str, params: Json) -> Json:
    kinds = params.get("AlarmTypes") or ["MetricAlarm"]
    rows = [one for row in world.rows("alarms", region) for one in _each(row)]
    names = params.get("AlarmNames")
    chosen = [row for row in rows if names is None or row["AlarmName"] in names]
    metric = [_alarm(world, region, row) for row in chosen if "AlarmRule" not in row]
    composite = [_alarm(world, region, row) for row in chosen if "AlarmRule" in row]
    return {
        "MetricAlarms": metric if "MetricAlarm" in kinds else [],
        "CompositeAlarms": composite if "CompositeAlarm" in kinds else [],
    }


def _each(row: Json) -> list[Json]:
    """Write a row for several functions as one alarm a function."""
    shared = {key: value for key, value in row.items() if key != "each"}
    if "each" not in row:
        return [shared]
    return [{**shared, "AlarmName": f"{name}-{row['AlarmName']}", "function": name} for name in row["each"]]


def _alarm(world: World, region: str, row: Json) -> Json:
    common = {
        "AlarmArn": f"arn:aws:cloudwatch:{region}:{world.id}:alarm:{row['AlarmName']}",
        "ActionsEnabled": True,
        "AlarmActions": [],
        "OKActions": [],
        "InsufficientDataActions": [],
        "StateValue": "OK",
        "StateUpdatedTimestamp": world.date("@-9d"),
    }
    if "AlarmRule" in row:
        return {**common, **row}
    metric: Json = {
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Dimensions": [],
    }
    if "Metrics" not in row:
        metric |= {"Namespace": "AWS/Lambda", "Period": 300}
        metric |= {} if "ExtendedStatistic" in row else {"Statistic": "Sum"}
    shown = {key: value for key, value in row.items() if key != "function"}
    if "function" in row:
        metric["Dimensions"] = [{"Name": "FunctionName", "Value": row["function"]}]
    return {**common, **metric, **shown}


HANDLERS = {"cloudwatch:DescribeAlarms": _describe_alarms}
