"""Alarms of every make are read with their metrics; rules of composite alarms name their children."""

import os
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from auditor.collect.alarms import children_of, collect_alarms
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import Alarm, AlarmMetric, Unavailable

REGION = "eu-west-1"
RULES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("one", "ALARM(errors)", ("errors",)),
    ("quoted", 'ALARM("orders api: errors")', ("orders api: errors",)),
    ("arn", "OK(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors)", ("errors",)),
    ("several", "ALARM(a) AND (NOT OK(b) OR INSUFFICIENT_DATA(a))", ("a", "b")),
    ("at least", 'AT_LEAST(2, ALARM, (a, "b c", d))', ("a", "b c", "d")),
    ("at least a share", "AT_LEAST(50%, OK, (a, b))", ("a", "b")),
    ("escaped quote", 'ALARM("say \\"hi\\"")', ('say "hi"',)),
    ("constant", "TRUE", ()),
    ("none", "", ()),
)


@pytest.mark.parametrize(("rule", "children"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_a_rule_names_its_children(rule: str, children: tuple[str, ...]) -> None:
    assert children_of(rule) == children


@pytest.fixture
def moto_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        yield Api(
            session=boto3.Session(region_name=REGION), account="123456789012", regions=(REGION,), pace=1e9
        )


def found_by_name(api: Api) -> dict[str, Alarm]:
    alarms = collect_alarms(api, REGION)
    assert isinstance(alarms, tuple)
    return {alarm.name: alarm for alarm in alarms}


def test_metric_and_expression_alarms(moto_api: Api) -> None:
    cloudwatch = moto_api.session.client("cloudwatch", region_name=REGION)
    common = {"EvaluationPeriods": 3, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0}
    dimensions = [{"Name": "FunctionName", "Value": "orders"}]
    cloudwatch.put_metric_alarm(
        AlarmName="slow",
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=dimensions,
        ExtendedStatistic="p99",
        Period=60,
        AlarmActions=["arn:aws:sns:eu-west-1:123456789012:on-call"],
        ActionsEnabled=False,
        **common,
    )
    errors = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}
    cloudwatch.put_metric_alarm(
        AlarmName="rate",
        Metrics=[
            {"Id": "e", "MetricStat": {"Metric": errors, "Period": 300, "Stat": "Sum"}, "ReturnData": False},
            {"Id": "r", "Expression": "100*e", "ReturnData": True},
        ],
        **common,
    )
    alarms = found_by_name(moto_api)
    assert alarms["slow"].metrics == (
        AlarmMetric(
            namespace="AWS/Lambda",
            metric="Duration",
            dimensions=(("FunctionName", "orders"),),
            statistic="p99",
            period_s=60,
        ),
    )
    assert not alarms["slow"].actions_enabled
    assert alarms["slow"].alarm_actions == ("arn:aws:sns:eu-west-1:123456789012:on-call",)
    assert (alarms["slow"].threshold, alarms["slow"].evaluation_periods) == (5.0, 3)
    assert [(metric.id, metric.expression) for metric in alarms["rate"].metrics] == [
        ("e", ""),
        ("r", "100*e"),
    ]
    assert [metric.return_data for metric in alarms["rate"].metrics] == [False, True]


def demo(*faults: Fault) -> Api:
    return Api(session=demo_session(faults=faults), account="123456789012", regions=(REGION,), pace=1e9)


def test_composite_alarms_stand_beside_their_children() -> None:
    alarms = found_by_name(demo())
    composite = [alarm for alarm in alarms.values() if alarm.is_composite]
    assert composite
    for alarm in composite:
        assert alarm.children
        assert alarm.children == children_of(alarm.rule)
        assert set(alarm.children) <= set(alarms)
        assert alarm.metrics == ()


@pytest.mark.parametrize("after", [0, 1], ids=["metric alarms refused", "composite alarms refused"])
def test_half_of_the_alarms_is_none(after: int) -> None:
    kind = ("MetricAlarm", "CompositeAlarm")[after]
    fault = Fault(operation="cloudwatch:DescribeAlarms", kind=FaultKind.DENIED, when={"AlarmTypes": kind})
    assert isinstance(collect_alarms(demo(fault), REGION), Unavailable)
