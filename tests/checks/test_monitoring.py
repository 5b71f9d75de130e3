"""Monitoring: one table a check."""

from typing import Any

import msgspec
import pytest

from auditor.model import (
    Alarm,
    AlarmMetric,
    Condition,
    EventSourceMapping,
    Function,
    LayerUse,
    Logging,
    LogUsage,
    MetricFilter,
    Principal,
    Reason,
    Region,
    ResourcePolicy,
    Subscription,
    Topic,
    Trail,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    NAME,
    REGION,
    TOPIC,
    Case,
    case,
    healthy_alarm,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_usage,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="cloudwatch:DescribeAlarms", code="AccessDenied")
CORE = ("Errors", "Throttles", "Duration", "ConcurrentExecutions")
EDGE = case("an edge replica", "NOT_APPLICABLE", function=healthy_function(edge_master_arn="x"))
UNREAD = case("alarms could not be read", "UNKNOWN", region=healthy_region(alarms=DENIED))


def watching(*alarms: Alarm, **changes: Any) -> Region:
    return healthy_region(alarms=alarms, **changes)


def insights(query: str) -> Alarm:
    return healthy_alarm("Errors", metrics=(AlarmMetric(id="q1", expression=query, period_s=300),))


def math(**dimensions: str) -> Alarm:
    metric = AlarmMetric(
        id="m1",
        namespace="AWS/Lambda",
        metric="Errors",
        dimensions=tuple(dimensions.items()),
        statistic="Sum",
        return_data=False,
    )
    rate = AlarmMetric(id="e1", expression="100 * m1 / m2")
    return healthy_alarm("Errors", metrics=(metric, rate))


def composite(child: Alarm, *actions: str) -> Alarm:
    return Alarm(
        arn=f"{child.arn}-any",
        name=f"{child.name}-any",
        rule=f'ALARM("{child.name}")',
        children=(child.name,),
        alarm_actions=actions,
    )


def subscribed(*, confirmed: bool) -> Topic:
    return Topic(
        arn=TOPIC,
        subscriptions=(
            Subscription(arn="x", topic_arn=TOPIC, protocol="email", endpoint="***", confirmed=confirmed),
        ),
    )


def listened(function: Function, topic: Topic | Unavailable) -> Region:
    topics = topic if isinstance(topic, Unavailable) else (topic,)
    return msgspec.structs.replace(healthy_region(function), topics=topics)


SILENT = healthy_alarm("Errors", alarm_actions=())
STREAM = EventSourceMapping(
    uuid="1",
    function_arn=ARN,
    source_arn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks",
    kind="kinesis",
    state="Enabled",
)
SNS = ResourcePolicy(
    qualifier="",
    statements=(
        statement(
            "lambda:InvokeFunction",
            resources=(ARN,),
            principals=(Principal(kind="Service", value="sns.amazonaws.com"),),
            conditions=(Condition(operator="ArnLike", key="aws:SourceArn", values=(TOPIC,)),),
        ),
    ),
)
ALL = tuple(healthy_alarm(metric) for metric in CORE)

TABLES: dict[str, tuple[Case, ...]] = {
    "core-metrics-unwatched": (
        case("no alarm", "FAIL", region=watching(), says="0 of 3"),
        case("alarms of another function", "FAIL", region=watching(math(FunctionName="other"))),
        case("one on errors", "PASS", region=watching(healthy_alarm("Errors")), says="1 of 3"),
        case("metric math", "PASS", region=watching(math(FunctionName=NAME))),
        case("on an alias", "PASS", region=watching(math(FunctionName=NAME, Resource=f"{NAME}:live"))),
        case("on the account as a whole", "PASS", region=watching(math())),
        case(
            "Metrics Insights over all functions",
            "PASS",
            region=watching(
                insights('SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName')
            ),
        ),
        case(
            "Metrics Insights over another function",
            "FAIL",
            region=watching(insights("SELECT SUM(Errors) FROM \"AWS/Lambda\" WHERE FunctionName = 'other'")),
        ),
        case(
            "a search",
            "PASS",
            region=watching(
                insights("SUM(SEARCH('{AWS/Lambda,FunctionName} MetricName=\"Errors\"', 'Sum', 300))")
            ),
        ),
        EDGE,
        UNREAD,
    ),
    "alarms-incomplete": (
        case("errors only", "FAIL", region=watching(healthy_alarm("Errors")), says="Throttles"),
        case(
            "a stream without its age", "FAIL", region=watching(*ALL, mappings=(STREAM,)), says="IteratorAge"
        ),
        case(
            "events without their drops",
            "FAIL",
            function=healthy_function(policies=(SNS,)),
            says="AsyncEventsDropped",
        ),
        case("all that matter", "PASS", says="4 of 4"),
        case(
            "a stream with its age",
            "PASS",
            region=watching(*ALL, healthy_alarm("IteratorAge"), mappings=(STREAM,)),
        ),
        EDGE,
        UNREAD,
        case("mappings could not be read", "UNKNOWN", region=healthy_region(mappings=DENIED)),
    ),
    "silent-alarm": (
        case("no action", "FAIL", region=watching(SILENT), says="no action"),
        case(
            "actions switched off",
            "FAIL",
            region=watching(healthy_alarm("Errors", actions_enabled=False)),
            says="switched off",
        ),
        case(
            "a topic that nobody confirmed",
            "FAIL",
            region=listened(healthy_function(), subscribed(confirmed=False)),
            says="0 confirmed",
        ),
        case(
            "a threshold above the timeout",
            "FAIL",
            region=watching(healthy_alarm("Duration", threshold=12_000.0)),
            says="timeout of 10,000 ms",
        ),
        case(
            "silent, but part of a composite alarm", "PASS", region=watching(SILENT, composite(SILENT, TOPIC))
        ),
        case("silent, and so is its composite", "FAIL", region=watching(SILENT, composite(SILENT))),
        case("heard", "PASS"),
        case(
            "an action that is no topic",
            "PASS",
            region=watching(healthy_alarm("Errors", alarm_actions=(ARN,))),
        ),
        case("no alarm of its own", "NOT_APPLICABLE", region=watching()),
        case("the topic could not be read", "UNKNOWN", region=listened(healthy_function(), DENIED)),
        UNREAD,
    ),
    "alarm-without-data": (
        case(
            "blind while the function runs",
            "FAIL",
            region=watching(healthy_alarm("Errors", state="INSUFFICIENT_DATA")),
        ),
        case("seeing", "PASS"),
        case("no alarm of its own", "NOT_APPLICABLE", region=watching()),
        case("no run", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=0))),
        case("metrics could not be read", "UNKNOWN", function=healthy_function(usage=DENIED)),
        UNREAD,
    ),
    "enhanced-metrics-missing": (
        case("no layer", "WARN", function=healthy_function(layers=())),
        case(
            "another layer first",
            "WARN",
            function=healthy_function(
                layers=(LayerUse(arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:1"),)
            ),
        ),
        case("Lambda Insights", "PASS"),
        case(
            "another vendor",
            "PASS",
            function=healthy_function(
                layers=(LayerUse(arn=f"arn:aws:lambda:{REGION}:464622532012:layer:Datadog-Extension:60"),)
            ),
        ),
        case(
            "a container image",
            "NOT_APPLICABLE",
            function=healthy_function(package_type="Image", runtime="", layers=()),
        ),
        EDGE,
    ),
    "runs-without-logs": (
        case(
            "runs, and no event",
            "FAIL",
            function=healthy_function(log_usage=LogUsage(incoming_bytes=0, incoming_events=0)),
            says="0 log events",
        ),
        case("runs, and events", "PASS"),
        case(
            "quiet by its own choice",
            "PASS",
            function=healthy_function(
                log_usage=LogUsage(incoming_bytes=0, incoming_events=0),
                logging=Logging(format="JSON", group="/x", application_level="ERROR", system_level="WARN"),
            ),
        ),
        case("few runs", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=20))),
        case("log volume could not be read", "UNKNOWN", function=healthy_function(log_usage=DENIED)),
        EDGE,
    ),
    "business-metrics-missing": (
        case("none", "WARN", region=healthy_region(metric_filters=())),
        case("a metric filter", "PASS"),
        case(
            "a filter on another group, code not read",
            "UNKNOWN",
            function=healthy_function(code=DENIED),
            region=healthy_region(metric_filters=(MetricFilter(name="x", log_group="/other", metrics=()),)),
        ),
        case("filters could not be read", "UNKNOWN", region=healthy_region(metric_filters=DENIED)),
    ),
    "invocations-unaudited": (
        case("no trail", "FAIL", region=healthy_region(services=healthy_services(trails=()))),
        case(
            "a trail without data events",
            "FAIL",
            region=healthy_region(
                services=healthy_services(
                    trails=(
                        Trail(
                            arn="a",
                            name="a",
                            logging=True,
                            multi_region=True,
                            organization=False,
                            lambda_data_events=(),
                        ),
                    )
                )
            ),
        ),
        case("recorded", "PASS", region=healthy_region()),
        case(
            "trails could not be read",
            "UNKNOWN",
            region=healthy_region(services=healthy_services(trails=DENIED)),
        ),
    ),
    "guardduty-lambda-off": (
        case("off", "FAIL", region=healthy_region(services=healthy_services(guardduty_lambda=False))),
        case("on", "PASS", region=healthy_region()),
        case(
            "could not be read",
            "UNKNOWN",
            region=healthy_region(services=healthy_services(guardduty_lambda=DENIED)),
        ),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
