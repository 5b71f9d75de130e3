"""sqs and sns: queues, topics and subscriptions."""

import json
from typing import Any

from auditor.demo.account import World
from auditor.demo.errors import AwsError

Json = dict[str, Any]


def _queue_url(world: World, region: str, name: str) -> str:
    return f"https://sqs.{region}.amazonaws.com/{world.id}/{name}"


def _no_queue() -> AwsError:
    return AwsError(
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
        shape="QueueDoesNotExist",
    )


def _get_queue_url(world: World, region: str, params: Json) -> Json:
    owner = params.get("QueueOwnerAWSAccountId", world.id)
    if owner != world.id:
        raise AwsError(
            "AccessDenied", "Access to the resource is denied.", status=403, shape="AccessDeniedException"
        )
    name = params["QueueName"]
    if not any(row["name"] == name for row in world.rows("queues", region)):
        raise _no_queue()
    return {"QueueUrl": _queue_url(world, region, name)}


def _get_queue_attributes(world: World, region: str, params: Json) -> Json:
    owner, name = params["QueueUrl"].rsplit("/", 2)[1:]
    if owner != world.id:
        raise AwsError(
            "AccessDenied", "Access to the resource is denied.", status=403, shape="AccessDeniedException"
        )
    row = next((row for row in world.rows("queues", region) if row["name"] == name), None)
    if row is None:
        raise _no_queue()
    attributes = {
        "QueueArn": f"arn:aws:sqs:{region}:{world.id}:{name}",
        "VisibilityTimeout": "30",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "SqsManagedSseEnabled": "true",
        "CreatedTimestamp": str(int(world.date("@-400d").timestamp())),
        "LastModifiedTimestamp": str(int(world.date("@-100d").timestamp())),
    }
    for key, value in row.get("attributes", {}).items():
        attributes[key] = json.dumps(value) if isinstance(value, dict) else str(value)
    asked = set(params.get("AttributeNames") or [])
    if "All" not in asked:
        attributes = {key: value for key, value in attributes.items() if key in asked}
    return {"Attributes": attributes} if attributes else {}


def _topic(world: World, region: str, arn: str) -> Json:
    for row in world.rows("topics", region):
        if arn == f"arn:aws:sns:{region}:{world.id}:{row['name']}":
            return row
    raise AwsError("NotFound", "Topic does not exist", status=404, shape="NotFoundException")


def _get_topic_attributes(world: World, region: str, params: Json) -> Json:
    arn = params["TopicArn"]
    row = _topic(world, region, arn)
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish", "SNS:Subscribe"],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": world.id}},
    }
    policy = {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": row.get("policy", [statement]),
    }
    confirmed = [line for line in row.get("subscriptions", []) if not line.get("pending")]
    attributes = {
        "TopicArn": arn,
        "Owner": world.id,
        "Policy": json.dumps(policy),
        "DisplayName": "",
        "SubscriptionsConfirmed": str(len(confirmed)),
        "SubscriptionsPending": str(len(row.get("subscriptions", [])) - len(confirmed)),
        "SubscriptionsDeleted": "0",
    }
    return {"Attributes": {**attributes, **({"KmsMasterKeyId": row["key"]} if "key" in row else {})}}


def _subscriptions(world: World, region: str) -> list[tuple[Json, Json]]:
    found = []
    for topic in world.rows("topics", region):
        arn = f"arn:aws:sns:{region}:{world.id}:{topic['name']}"
        for index, row in enumerate(topic.get("subscriptions", []), 1):
            name = f"{arn}:00000000-0000-4000-8000-{index:012d}"
            shown = {
                "SubscriptionArn": "PendingConfirmation" if row.get("pending") else name,
                "Owner": world.id,
                "Protocol": row["protocol"],
                "Endpoint": row["to"],
                "TopicArn": arn,
            }
            found.append((shown, row))
    return found


def _list_subscriptions(world: World, region: str, _: Json) -> Json:
    return {"Subscriptions": [shown for shown, _ in _subscriptions(world, region)]}


def _list_by_topic(world: World, region: str, params: Json) -> Json:
    _topic(world, region, params["TopicArn"])
    return {
        "Subscriptions": [
            shown for shown, _ in _subscriptions(world, region) if shown["TopicArn"] == params["TopicArn"]
        ]
    }


def _subscription_attributes(world: World, region: str, params: Json) -> Json:
    for shown, row in _subscriptions(world, region):
        if shown["SubscriptionArn"] == params["SubscriptionArn"]:
            attributes = {**shown, "PendingConfirmation": "false", "RawMessageDelivery": "false"}
            if "dlq" in row:
                attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": row["dlq"]})
            return {"Attributes": attributes}
    raise AwsError("NotFound", "Subscription does not exist", status=404, shape="NotFoundException")


HANDLERS = {
    "sqs:GetQueueUrl": _get_queue_url,
    "sqs:GetQueueAttributes": _get_queue_attributes,
    "sns:GetTopicAttributes": _get_topic_attributes,
    "sns:ListSubscriptions": _list_subscriptions,
    "sns:ListSubscriptionsByTopic": _list_by_topic,
    "sns:GetSubscriptionAttributes": _subscription_attributes,
}
