"""Queues, topics and streams: their facts, and the queues behind them; absent is not unread."""

import json
import os
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from auditor.collect.queues import Messaging, collect_messaging, redrive_of
from auditor.collect.session import Api
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.demo.account import load_world
from auditor.model import Queue, QueueRedrive, Reason, Topic, Unavailable

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HERE = f"{REGION}:{ACCOUNT}"


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


@pytest.fixture
def moto_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        yield Api(session=boto3.Session(region_name=REGION), account=ACCOUNT, regions=(REGION,), pace=1e9)


def queues(found: Messaging) -> dict[str, Queue]:
    return {queue.arn.rsplit(":", 1)[1]: queue for queue in found.queues}


def test_a_queue_and_the_queue_behind_it(moto_api: Api) -> None:
    sqs = moto_api.session.client("sqs", region_name=REGION)
    sqs.create_queue(QueueName="failed", Attributes={"MessageRetentionPeriod": "1209600"})
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{HERE}:failed", "maxReceiveCount": 5}
    url = sqs.create_queue(
        QueueName="orders",
        Attributes={"VisibilityTimeout": "90", "DelaySeconds": "2", "RedrivePolicy": json.dumps(redrive)},
    )["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.add_permission(QueueUrl=url, Label="a", AWSAccountIds=[ACCOUNT], Actions=["SendMessage"])
    found = queues(collect_messaging(moto_api, [f"arn:aws:sqs:{HERE}:orders"]))
    assert set(found) == {"orders", "failed"}
    orders = found["orders"]
    assert (orders.visibility_s, orders.delay_s) == (90, 2)
    assert orders.redrive == QueueRedrive(dead_letter_arn=found["failed"].arn, max_receive_count=5)
    assert orders.policy
    assert (found["failed"].retention_s, found["failed"].policy, found["failed"].redrive) == (
        1_209_600,
        (),
        None,
    )


def test_topics_with_subscriptions_confirmed_or_not(moto_api: Api) -> None:
    sns = moto_api.session.client("sns", region_name=REGION)
    topic = sns.create_topic(Name="on-call", Attributes={"KmsMasterKeyId": "alias/aws/sns"})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{HERE}:orders")
    found = collect_messaging(moto_api, [topic]).topics[0]
    assert found.kms_key_id == "alias/aws/sns"
    assert isinstance(found.subscriptions, tuple)
    assert [(line.protocol, line.confirmed) for line in found.subscriptions] == [("sqs", True)]
    waiting = collect_messaging(demo(), [f"arn:aws:sns:{HERE}:nobody"]).topics[0]
    assert isinstance(waiting.subscriptions, tuple)
    assert [line.confirmed for line in waiting.subscriptions] == [False]


def test_streams_of_both_kinds(moto_api: Api) -> None:
    kinesis = moto_api.session.client("kinesis", region_name=REGION)
    kinesis.create_stream(StreamName="clicks", ShardCount=3)
    kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    clicks = collect_messaging(moto_api, [f"arn:aws:kinesis:{HERE}:stream/clicks"]).streams[0]
    assert (clicks.retention_h, clicks.shards) == (48, 3)
    declared = load_world(DEMO_NOW).rows("table_streams", REGION)[0]
    table = collect_messaging(demo(), [declared["StreamArn"]]).streams[0]
    assert (table.retention_h, table.shards) == (24, len(declared["Shards"]))


def test_what_is_gone_is_none_and_what_is_elsewhere_unknown() -> None:
    gone = (
        f"arn:aws:sqs:{HERE}:nowhere",
        f"arn:aws:sns:{HERE}:nowhere",
        f"arn:aws:kinesis:{HERE}:stream/nowhere",
        f"arn:aws:dynamodb:{HERE}:table/nowhere/stream/2026",
    )
    found = collect_messaging(
        demo(), [*gone, f"arn:aws:sqs:{REGION}:999999999999:orders", "", "arn:aws:s3:::x"]
    )
    unread = dict((*found.unread_queues, *found.unread_topics, *found.unread_streams))
    elsewhere = unread.pop(f"arn:aws:sqs:{REGION}:999999999999:orders")
    assert unread == dict.fromkeys(gone)
    assert isinstance(elsewhere, Unavailable)
    assert elsewhere.reason is Reason.OTHER_ACCOUNT


REFUSED = (
    ("sqs:GetQueueUrl", f"arn:aws:sqs:{HERE}:orders"),
    ("sqs:GetQueueAttributes", f"arn:aws:sqs:{HERE}:orders"),
    ("sns:*", f"arn:aws:sns:{HERE}:on-call"),
)


@pytest.mark.parametrize(("operation", "arn"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_refusal_is_told_apart_from_absence(operation: str, arn: str) -> None:
    found = collect_messaging(demo(Fault(operation=operation, kind=FaultKind.DENIED)), [arn])
    unread = dict((*found.unread_queues, *found.unread_topics))
    assert isinstance(unread[arn], Unavailable)
    assert (found.queues, found.topics) == ((), ())


def test_half_a_topic_is_still_a_topic() -> None:
    fault = Fault(operation="sns:GetTopicAttributes", kind=FaultKind.DENIED)
    found = collect_messaging(demo(fault), [f"arn:aws:sns:{HERE}:on-call"]).topics[0]
    assert isinstance(found, Topic)
    assert isinstance(found.kms_key_id, Unavailable)
    assert isinstance(found.policy, Unavailable)
    assert isinstance(found.subscriptions, tuple)


def test_a_queue_without_a_fact_is_unread() -> None:
    fault = Fault(operation="sqs:GetQueueAttributes", kind=FaultKind.MISSING_FIELD, field="VisibilityTimeout")
    found = collect_messaging(demo(fault), [f"arn:aws:sqs:{HERE}:stock"])
    unread = dict(found.unread_queues)[f"arn:aws:sqs:{HERE}:stock"]
    assert isinstance(unread, Unavailable)
    assert unread.reason is Reason.MALFORMED_RESPONSE


def test_each_is_asked_once() -> None:
    api = demo()
    collect_messaging(api, [f"arn:aws:sqs:{HERE}:orders", f"arn:aws:sqs:{HERE}:orders-failed"] * 3)
    sent = {row.operation: row.requests for row in api.spending()}
    assert sent == {"sqs:GetQueueUrl": 2, "sqs:GetQueueAttributes": 2}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, None),
        ("", None),
        ('{"deadLetterTargetArn": "a"}', QueueRedrive(dead_letter_arn="a")),
        (
            '{"deadLetterTargetArn": "a", "maxReceiveCount": "7"}',
            QueueRedrive(dead_letter_arn="a", max_receive_count=7),
        ),
    ],
    ids=["none", "empty", "without a count", "count as text"],
)
def test_redrive_policies(text: str | None, found: QueueRedrive | None) -> None:
    assert redrive_of(text) == found
