"""CloudWatch alarms of every make: on a metric, on an expression, on other alarms."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.collect.shapes import hold
from auditor.model import Alarm, AlarmMetric, Unavailable

# What AWS sends of every alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
OF_AN_ALARM = "AlarmArn AlarmName ActionsEnabled AlarmActions AlarmActions[] StateValue"
DESCRIBE_ALARMS = Operation(
    service="cloudwatch",
    name="DescribeAlarms",
    actions=("cloudwatch:DescribeAlarms",),
    tier=Tier.QUICK,
    requires=(
        *each("MetricAlarms[]", OF_AN_ALARM),
        *each("MetricAlarms[].Dimensions[]", "Name Value"),
        *each("MetricAlarms[].Metrics[]", "Id"),
        *each("MetricAlarms[].Metrics[].MetricStat", "Metric Period Stat"),
        *each("MetricAlarms[].Metrics[].MetricStat.Metric", "Namespace MetricName"),
        *each("MetricAlarms[].Metrics[].MetricStat.Metric.Dimensions[]", "Name Value"),
        *each("CompositeAlarms[]", f"{OF_AN_ALARM} AlarmRule"),
    ),
)
OPERATIONS = (DESCRIBE_ALARMS,)

MOST_ALARMS = 100
# Words of an alarm rule that are no alarm's name:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
RULE_WORDS = frozenset({"ALARM", "OK", "INSUFFICIENT_DATA", "AND", "OR", "NOT", "TRUE", "FALSE", "AT_LEAST"})
RULE_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s(),"]+)')
NUMBER = re.compile(r"\d+%?")

Json = Mapping[str, Any]


def collect_alarms(api: Api, region: str) -> tuple[Alarm, ...] | Unavailable:
    """Read every metric, metric-math and composite alarm of a region."""
    metric = listed(
        api.rows(
            DESCRIBE_ALARMS,
            region,
            "MetricAlarms",
            _alarm,
            AlarmTypes=["MetricAlarm"],
            MaxRecords=MOST_ALARMS,
        )
    )
    if isinstance(metric, Unavailable):
        return metric
    composite = listed(
        api.rows(
            DESCRIBE_ALARMS,
            region,
            "CompositeAlarms",
            _alarm,
            AlarmTypes=["CompositeAlarm"],
            MaxRecords=MOST_ALARMS,
        )
    )
    if isinstance(composite, Unavailable):
        return composite
    return (*metric, *composite)


def children_of(rule: str) -> tuple[str, ...]:
    """Names of the alarms that a composite alarm's rule refers to, in order; an ARN is told by its name."""
    names = [
        quoted.replace('\\"', '"') or bare
        for quoted, bare in RULE_TOKEN.findall(rule)
        if quoted or not (bare.upper() in RULE_WORDS or NUMBER.fullmatch(bare))
    ]
    return tuple(dict.fromkeys(name.rsplit(":alarm:", 1)[-1] for name in names))


def _alarm(row: Json) -> Alarm:
    rule = row.get("AlarmRule", "")
    if not rule:
        _hold_measured(row)
    return Alarm(
        arn=row["AlarmArn"],
        name=row["AlarmName"],
        metrics=() if rule else tuple(_metrics(row)),
        rule=rule,
        children=children_of(rule),
        comparison=row.get("ComparisonOperator", ""),
        threshold=row.get("Threshold"),
        evaluation_periods=row.get("EvaluationPeriods", 0),
        datapoints_to_alarm=row.get("DatapointsToAlarm", row.get("EvaluationPeriods", 0)),
        treat_missing_data=row.get("TreatMissingData", ""),
        actions_enabled=row["ActionsEnabled"],
        alarm_actions=tuple(row["AlarmActions"]),
        state=row["StateValue"],
        state_changed_at=row.get("StateTransitionedTimestamp") or row.get("StateUpdatedTimestamp"),
    )


def _hold_measured(row: Json) -> None:
    """Raise `KeyError` where an alarm lacks what AWS sends of its kind; those on PromQL have none of it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    if "EvaluationCriteria" in row:
        return
    hold(row, "ComparisonOperator", "EvaluationPeriods")
    # An alarm on a band of expected values names the band.
    if "ThresholdMetricId" not in row:
        hold(row, "Threshold")
    hold(row, *(("Namespace", "Period", "Dimensions") if row.get("MetricName") else ("Metrics",)))


def _metrics(row: Json) -> Iterable[AlarmMetric]:
    if row.get("MetricName"):
        yield _metric(row, row, statistic=row.get("ExtendedStatistic") or row["Statistic"])
    for query in row.get("Metrics", ()):
        asked = query.get("MetricStat")
        if asked is None:
            yield AlarmMetric(
                id=query["Id"],
                expression=query["Expression"],
                period_s=query.get("Period", 0),
                return_data=query.get("ReturnData", True),
            )
        else:
            yield _metric(
                asked["Metric"],
                asked,
                statistic=asked["Stat"],
                name=query["Id"],
                return_data=query.get("ReturnData", True),
            )


def _metric(
    metric: Json, timing: Json, *, statistic: str, name: str = "", return_data: bool = True
) -> AlarmMetric:
    return AlarmMetric(
        id=name,
        namespace=metric["Namespace"],
        metric=metric["MetricName"],
        dimensions=tuple((pair["Name"], pair["Value"]) for pair in metric["Dimensions"]),
        statistic=statistic,
        period_s=timing["Period"],
        return_data=return_data,
    )
