"""Alarms: one table a check."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from auditor.model import (
    Alarm,
    AlarmMetric,
    AsyncConfig,
    Condition,
    EventSourceMapping,
    Function,
    Principal,
    Queue,
    QueueRedrive,
    Reason,
    Region,
    ResourcePolicy,
    Subscription,
    Topic,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    NAME,
    NOW,
    REGION,
    TOPIC,
    Case,
    case,
    healthy_alarm,
    healthy_function,
    healthy_region,
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

KEPT = AsyncConfig(qualifier="", on_failure_arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders-failed")
SOURCE = Queue(
    arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders",
    redrive=QueueRedrive(dead_letter_arn=KEPT.on_failure_arn, max_receive_count=5),
)
QUEUED = msgspec.structs.replace(STREAM, kind="sqs", source_arn=SOURCE.arn)
DEPTH = healthy_alarm(
    "depth",
    metrics=(
        AlarmMetric(
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions=(("QueueName", "orders-failed"),),
        ),
    ),
)
WHOLE_ACCOUNT = AlarmMetric(namespace="AWS/Lambda", metric="ConcurrentExecutions", statistic="Maximum")

TABLES: dict[str, tuple[Case, ...]] = {
    "core-metrics-unwatched": (
        case("no alarm", "FAIL", region=watching(), says="0 of 3"),
        case("alarms of another function", "FAIL", region=watching(math(FunctionName="other"))),
        case("one on errors", "PASS", region=watching(healthy_alarm("Errors")), says="1 of 3"),
        case("metric math", "PASS", region=watching(math(FunctionName=NAME))),
        case("on an alias", "PASS", region=watching(math(FunctionName=NAME, Resource=f"{NAME}:live"))),
        case("on the account as a whole", "PASS", region=watching(math())),
        case(
            "Metrics Insights over it and another",
            "PASS",
            region=watching(
                insights(
                    'SELECT SUM(Errors) FROM "AWS/Lambda" '
                    "WHERE FunctionName = 'other' OR FunctionName = 'orders-api'"
                )
            ),
        ),
        case(
            "Metrics Insights over functions with a tag",
            "WARN",
            region=watching(
                insights(
                    "SELECT SUM(Errors) FROM \"AWS/Lambda\" WHERE tag.env = 'prod' GROUP BY FunctionName"
                )
            ),
            says="not resolved",
        ),
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
        case(
            "failures that wait unseen",
            "FAIL",
            function=healthy_function(policies=(SNS,), async_configs=(KEPT,)),
            region=watching(*ALL, healthy_alarm("AsyncEventsDropped")),
            says="depth of orders-failed",
        ),
        case(
            "failures that wait and are seen",
            "PASS",
            function=healthy_function(policies=(SNS,), async_configs=(KEPT,)),
            region=watching(*ALL, healthy_alarm("AsyncEventsDropped"), DEPTH),
        ),
        case(
            "the dead-letter queue of the source queue",
            "FAIL",
            region=watching(*ALL, mappings=(QUEUED,), queues=(SOURCE,)),
            says="depth of orders-failed",
        ),
        case(
            "the source queue could not be read",
            "UNKNOWN",
            region=watching(*ALL, mappings=(QUEUED,), unread_queues=((SOURCE.arn, DENIED),)),
        ),
        case(
            "concurrency of the account, not of the function",
            "FAIL",
            region=watching(*ALL[:3], healthy_alarm("ConcurrentExecutions", metrics=(WHOLE_ACCOUNT,))),
            says="missing: ConcurrentExecutions",
        ),
        case(
            "a Kafka topic without its lag",
            "FAIL",
            region=watching(*ALL, mappings=(msgspec.structs.replace(STREAM, kind="kafka"),)),
            says="OffsetLag",
        ),
        case(
            "reserved concurrency could not be read",
            "UNKNOWN",
            function=healthy_function(reserved_concurrency=DENIED),
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
            says="for 7 days",
        ),
        case(
            "made yesterday",
            "PASS",
            region=watching(
                healthy_alarm("Errors", state="INSUFFICIENT_DATA", state_changed_at=NOW - timedelta(days=1))
            ),
            says="1 wait",
        ),
        case("seeing", "PASS"),
        case("no alarm of its own", "NOT_APPLICABLE", region=watching()),
        case("no run", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=0))),
        case("metrics could not be read", "UNKNOWN", function=healthy_function(usage=DENIED)),
        UNREAD,
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
