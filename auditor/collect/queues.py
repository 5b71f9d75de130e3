"""Queues, topics and streams that functions read from or fail to."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from auditor.collect.operations import Operation, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole, word
from auditor.iam.parse import PolicyError, parse_document
from auditor.model import (
    NOT_COLLECTED,
    Queue,
    QueueRedrive,
    Reason,
    Record,
    Statement,
    Stream,
    Subscription,
    Topic,
    Unavailable,
)
from auditor.secrets import redact

# SQS answers with the second code where the client speaks its older protocol:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html
NO_QUEUE = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
NO_TOPIC = ("NotFound", "NotFoundException")
# What AWS sends of every subscription; one that nobody confirmed has a word in place of its ARN.
# https://docs.aws.amazon.com/sns/latest/api/API_Subscription.html
SUBSCRIPTIONS = ("Subscriptions", *each("Subscriptions[]", "SubscriptionArn TopicArn Protocol"))
GET_QUEUE_URL = Operation(
    service="sqs", name="GetQueueUrl", actions=("sqs:GetQueueUrl",), requires=("QueueUrl",), absent=NO_QUEUE
)
GET_QUEUE_ATTRIBUTES = Operation(
    service="sqs",
    name="GetQueueAttributes",
    actions=("sqs:GetQueueAttributes",),
    requires=(
        "Attributes",
        *each(
            "Attributes",
            "VisibilityTimeout MessageRetentionPeriod DelaySeconds ApproximateNumberOfMessages"
            " ApproximateNumberOfMessagesNotVisible",
        ),
    ),
    absent=NO_QUEUE,
)
GET_TOPIC_ATTRIBUTES = Operation(
    service="sns",
    name="GetTopicAttributes",
    actions=("sns:GetTopicAttributes",),
    requires=("Attributes", "Attributes.Policy"),
    absent=NO_TOPIC,
)
LIST_SUBSCRIPTIONS_BY_TOPIC = Operation(
    service="sns",
    name="ListSubscriptionsByTopic",
    actions=("sns:ListSubscriptionsByTopic",),
    requires=SUBSCRIPTIONS,
    absent=NO_TOPIC,
)
DESCRIBE_KINESIS_STREAM = Operation(
    service="kinesis",
    name="DescribeStreamSummary",
    actions=("kinesis:DescribeStreamSummary",),
    requires=(
        "StreamDescriptionSummary",
        *each("StreamDescriptionSummary", "RetentionPeriodHours OpenShardCount StreamStatus"),
    ),
    absent=("ResourceNotFoundException",),
)
DESCRIBE_TABLE_STREAM = Operation(
    service="dynamodbstreams",
    name="DescribeStream",
    actions=("dynamodb:DescribeStream",),
    requires=(
        "StreamDescription",
        *each("StreamDescription", "StreamStatus Shards"),
        "StreamDescription.Shards[].SequenceNumberRange",
    ),
    absent=("ResourceNotFoundException",),
)
OPERATIONS = (
    GET_QUEUE_URL,
    GET_QUEUE_ATTRIBUTES,
    GET_TOPIC_ATTRIBUTES,
    LIST_SUBSCRIPTIONS_BY_TOPIC,
    DESCRIBE_KINESIS_STREAM,
    DESCRIBE_TABLE_STREAM,
)

# The operation that says most of a resource, by the service in its ARN.
ABOUT = {
    "sqs": GET_QUEUE_ATTRIBUTES,
    "sns": GET_TOPIC_ATTRIBUTES,
    "kinesis": DESCRIBE_KINESIS_STREAM,
    "dynamodb": DESCRIBE_TABLE_STREAM,
}
# Records of a DynamoDB stream are kept for 24 hours:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
TABLE_STREAM_HOURS = 24

T = TypeVar("T")
Json = Mapping[str, Any]
Unread = tuple[tuple[str, Unavailable | None], ...]


class Messaging(Record, frozen=True, kw_only=True):
    """What was read of a region's queues, topics and streams.

    What has no answer stands under `unread_…` with its ARN: None where the service says that it does not
    exist.
    """

    queues: tuple[Queue, ...] = ()
    unread_queues: Unread = ()
    topics: tuple[Topic, ...] = ()
    unread_topics: Unread = ()
    streams: tuple[Stream, ...] = ()
    unread_streams: Unread = ()


def collect_messaging(api: Api, arns: Iterable[str]) -> Messaging:
    """Read the queues, topics and streams among these ARNs, each once, and the dead-letter queues of queues.

    ARNs of other services are passed over. A resource is asked in the region of its ARN; one of another
    account is not asked.
    """
    wanted = set(arns)
    queues = _read(api, _of(wanted, "sqs"), _queue)
    behind = {
        found.redrive.dead_letter_arn
        for found in queues.values()
        if isinstance(found, Queue) and found.redrive
    }
    queues |= _read(api, _of(behind, "sqs") - queues.keys(), _queue)
    topics = _read(api, _of(wanted, "sns"), _topic)
    streams = _read(api, _of(wanted, "kinesis") | _of(wanted, "dynamodb"), _stream)
    return Messaging(
        queues=tuple(found for found in queues.values() if isinstance(found, Queue)),
        unread_queues=tuple((arn, found) for arn, found in queues.items() if not isinstance(found, Queue)),
        topics=tuple(found for found in topics.values() if isinstance(found, Topic)),
        unread_topics=tuple((arn, found) for arn, found in topics.items() if not isinstance(found, Topic)),
        streams=tuple(found for found in streams.values() if isinstance(found, Stream)),
        unread_streams=tuple((arn, found) for arn, found in streams.items() if not isinstance(found, Stream)),
    )


def subscription(row: Json, redrive: QueueRedrive | None | Unavailable = NOT_COLLECTED) -> Subscription:
    """One row of a listing of subscriptions; one that nobody confirmed has no ARN of its own."""
    arn = row["SubscriptionArn"]
    return Subscription(
        arn=arn,
        topic_arn=row["TopicArn"],
        protocol=row["Protocol"],
        endpoint=redact(row.get("Endpoint", "")),
        confirmed=arn.startswith("arn:"),
        redrive=redrive,
    )


def redrive_of(policy: str | None) -> QueueRedrive | None:
    """Redrive policy of a queue or subscription, from its JSON text. Raises `ValueError` for other text."""
    if not policy:
        return None
    decoded = json.loads(policy)
    return QueueRedrive(
        dead_letter_arn=str(decoded["deadLetterTargetArn"]),
        max_receive_count=int(decoded.get("maxReceiveCount", 0)),
    )


def _of(arns: Iterable[str], service: str) -> set[str]:
    return {arn for arn in arns if arn.startswith("arn:") and arn.split(":")[2] == service}


def _read(
    api: Api, arns: Iterable[str], read: Callable[[Api, str], T | None | Unavailable]
) -> dict[str, T | None | Unavailable]:
    wanted = sorted(arns)

    def one(arn: str) -> T | None | Unavailable:
        if arn.split(":")[4] != api.account:
            return _elsewhere(arn)
        return whole(ABOUT[arn.split(":")[2]])(read)(api, arn)

    return dict(zip(wanted, api.map(one, wanted), strict=True))


def _elsewhere(arn: str) -> Unavailable:
    service, account = arn.split(":")[2], arn.split(":")[4]
    return Unavailable(
        reason=Reason.OTHER_ACCOUNT,
        operation=ABOUT[service].label,
        note=f"it belongs to account {account}",
    )


def _queue(api: Api, arn: str) -> Queue | None | Unavailable:
    region, name = arn.split(":")[3], arn.split(":")[5]
    named = api.call(GET_QUEUE_URL, region, QueueName=name)
    if not isinstance(named, dict):
        return None if isinstance(named, Absent) else named
    url = named["QueueUrl"]
    answer = api.call(GET_QUEUE_ATTRIBUTES, region, QueueUrl=url, AttributeNames=["All"])
    if not isinstance(answer, dict):
        return None if isinstance(answer, Absent) else answer
    return _queue_of(arn, url, answer["Attributes"])


def _queue_of(arn: str, url: str, attributes: Mapping[str, str]) -> Queue:
    key = attributes.get("KmsMasterKeyId", "")
    return Queue(
        arn=arn,
        url=url,
        visibility_s=int(attributes["VisibilityTimeout"]),
        retention_s=int(attributes["MessageRetentionPeriod"]),
        delay_s=int(attributes["DelaySeconds"]),
        visible=int(attributes["ApproximateNumberOfMessages"]),
        in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        encrypted=bool(key) or _managed_encryption(attributes),
        kms_key_id=key,
        redrive=redrive_of(attributes.get("RedrivePolicy")),
        policy=parse_document(attributes["Policy"]) if attributes.get("Policy") else (),
        fifo=arn.endswith(".fifo"),
    )


@whole(GET_QUEUE_ATTRIBUTES)
def _managed_encryption(attributes: Mapping[str, str]) -> bool:
    """Whether SQS encrypts a queue by its own key; AWS always says so or no.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    return word(attributes["SqsManagedSseEnabled"].lower(), "true", "false") == "true"


def _topic(api: Api, arn: str) -> Topic | None | Unavailable:
    region = arn.split(":")[3]
    answer = api.call(GET_TOPIC_ATTRIBUTES, region, TopicArn=arn)
    rows = api.pages(LIST_SUBSCRIPTIONS_BY_TOPIC, region, "Subscriptions", TopicArn=arn)
    if isinstance(answer, Absent) or isinstance(rows, Absent):
        return None
    if isinstance(answer, Unavailable) and isinstance(rows, Unavailable):
        return answer
    subscriptions = rows if isinstance(rows, Unavailable) else tuple(subscription(row) for row in rows)
    if isinstance(answer, Unavailable):
        return Topic(arn=arn, kms_key_id=answer, policy=answer, subscriptions=subscriptions)
    attributes = answer["Attributes"]
    return Topic(
        arn=arn,
        kms_key_id=attributes.get("KmsMasterKeyId", ""),
        policy=_topic_policy(attributes["Policy"]),
        subscriptions=subscriptions,
    )


def _topic_policy(document: str) -> tuple[Statement, ...] | Unavailable:
    try:
        return parse_document(document)
    except PolicyError as error:
        return Unavailable(
            reason=Reason.MALFORMED_RESPONSE, operation=GET_TOPIC_ATTRIBUTES.label, note=str(error)
        )


def _stream(api: Api, arn: str) -> Stream | None | Unavailable:
    return _kinesis_stream(api, arn) if arn.split(":")[2] == "kinesis" else _table_stream(api, arn)


def _kinesis_stream(api: Api, arn: str) -> Stream | None | Unavailable:
    # A mapping of an enhanced fan-out consumer names the consumer behind its stream.
    stream = arn.split("/consumer/", maxsplit=1)[0]
    answer = api.call(DESCRIBE_KINESIS_STREAM, arn.split(":")[3], StreamARN=stream)
    if not isinstance(answer, dict):
        return None if isinstance(answer, Absent) else answer
    row = answer["StreamDescriptionSummary"]
    return Stream(
        arn=arn,
        retention_h=row["RetentionPeriodHours"],
        shards=row["OpenShardCount"],
        status=row["StreamStatus"],
    )


def _table_stream(api: Api, arn: str) -> Stream | None | Unavailable:
    region, shards, after = arn.split(":")[3], 0, dict[str, str]()
    while True:
        answer = api.call(DESCRIBE_TABLE_STREAM, region, StreamArn=arn, **after)
        if not isinstance(answer, dict):
            return None if isinstance(answer, Absent) else answer
        row = answer["StreamDescription"]
        shards += sum("EndingSequenceNumber" not in shard["SequenceNumberRange"] for shard in row["Shards"])
        last = row.get("LastEvaluatedShardId")
        if not last or after.get("ExclusiveStartShardId") == last:
            return Stream(arn=arn, retention_h=TABLE_STREAM_HOURS, shards=shards, status=row["StreamStatus"])
        after = {"ExclusiveStartShardId": last}
