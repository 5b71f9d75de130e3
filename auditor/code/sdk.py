"""AWS SDK objects told from the origin of a value: which client, and which operations a call of it means."""

import re

from auditor.code.operations import NOT_OPERATIONS, actions_of, prefix_of, waited_operation
from auditor.code.program import Program
from auditor.code.syntax import Site, last, method_of, receiver_of
from auditor.model import Record

_BOTO_CLIENT = re.compile(
    r"^(?:aio)?boto(?:3|core)(?:\.(?:session|DEFAULT_SESSION|_get_default_session\(\)|get_session\(\)|"
    r"Session\(\)))*"
    r"\.(?P<how>client|resource|create_client)\((?P<service>[\w.-]*)\)"
)
_NODE_V3 = re.compile(
    r"^@aws-sdk/(?:client-|lib-(?=dynamodb))(?P<service>[\w-]+)\.(?P<name>\w+?)(?P<from>\.from)?\(\)"
)
_NODE_V2 = re.compile(r"^aws-sdk(?:/clients/(?P<module>\w+))?(?P<name>(?:\.[A-Z]\w*)*)\(\)")
_XRAY = re.compile(r"^aws-xray-sdk(?:-core)?\.capture\w+\(\)")
_COMMAND = re.compile(r"^@aws-sdk/(?:client|lib)-(?P<service>[\w-]+)\.(?P<name>[A-Z]\w*)Command$")
_PAGINATE = re.compile(r"^@aws-sdk/(?:client|lib)-(?P<service>[\w-]+)\.paginate(?P<name>[A-Z]\w*)$")
_WAIT = re.compile(r"^@aws-sdk/client-(?P<service>[\w-]+)\.waitUntil(?P<name>[A-Z]\w*)$")
# Actions of boto3's resource classes, by class; from `resources-1.json` of boto3. "" stands for the service
# itself.
_RESOURCES: dict[str, dict[str, str]] = {
    "Object": {
        "put": "PutObject", "get": "GetObject", "delete": "DeleteObject", "load": "HeadObject",
        "copy_from": "CopyObject",
        "copy": "CopyObject", "upload_file": "PutObject", "upload_fileobj": "PutObject",
        "download_file": "GetObject",
        "download_fileobj": "GetObject", "wait_until_exists": "HeadObject", "Acl": "",
        "restore_object": "RestoreObject",
    },
    "ObjectSummary": {"get": "GetObject", "delete": "DeleteObject", "put": "PutObject", "load": "HeadObject",
    "copy_from": "CopyObject"},
    "Bucket": {
        "upload_file": "PutObject", "upload_fileobj": "PutObject", "put_object": "PutObject",
        "download_file": "GetObject",
        "download_fileobj": "GetObject", "copy": "CopyObject", "delete_objects": "DeleteObjects",
        "create": "CreateBucket",
        "delete": "DeleteBucket", "load": "ListBuckets",
    },
    "Table": {"reload": "DescribeTable", "wait_until_exists": "DescribeTable"},
    "Queue": {
        "send_message": "SendMessage", "send_messages": "SendMessageBatch",
        "receive_messages": "ReceiveMessage",
        "delete_messages": "DeleteMessageBatch", "purge": "PurgeQueue", "load": "GetQueueAttributes",
        "delete": "DeleteQueue",
        "change_message_visibility_batch": "ChangeMessageVisibilityBatch",
        "set_attributes": "SetQueueAttributes",
    },
    "Message": {"delete": "DeleteMessage", "change_visibility": "ChangeMessageVisibility"},
    "Topic": {"publish": "Publish", "subscribe": "Subscribe", "load": "GetTopicAttributes",
    "delete": "DeleteTopic"},
    "PlatformEndpoint": {"publish": "Publish", "delete": "DeleteEndpoint"},
    "Metric": {"put_data": "PutMetricData", "get_statistics": "GetMetricStatistics"},
    "Instance": {
        "start": "StartInstances", "stop": "StopInstances", "terminate": "TerminateInstances",
        "reboot": "RebootInstances",
        "load": "DescribeInstances", "create_tags": "CreateTags", "create_image": "CreateImage",
        "reload": "DescribeInstances",
    },
    "Snapshot": {"delete": "DeleteSnapshot", "create_tags": "CreateTags", "load": "DescribeSnapshots"},
    "Volume": {"delete": "DeleteVolume", "create_snapshot": "CreateSnapshot", "load": "DescribeVolumes"},
    "Image": {"deregister": "DeregisterImage", "load": "DescribeImages"},
}  # fmt: skip
_COLLECTIONS = {
    "objects": "ListObjectsV2", "object_versions": "ListObjectVersions", "buckets": "ListBuckets",
    "tables": "ListTables",
    "queues": "ListQueues", "topics": "ListTopics", "instances": "DescribeInstances",
    "snapshots": "DescribeSnapshots",
    "volumes": "DescribeVolumes", "images": "DescribeImages", "alarms": "DescribeAlarms",
    "metrics": "ListMetrics",
    "roles": "ListRoles", "users": "ListUsers", "stacks": "DescribeStacks", "vpcs": "DescribeVpcs",
    "subnets": "DescribeSubnets",
    "security_groups": "DescribeSecurityGroups", "network_interfaces": "DescribeNetworkInterfaces",
}  # fmt: skip
_ITEM_CLASSES = {"objects": "ObjectSummary", "receive_messages()": "Message", "instances": "Instance",
    "snapshots": "Snapshot",
                 "volumes": "Volume", "images": "Image", "buckets": "Bucket", "queues": "Queue",
                 "tables": "Table"}  # fmt: skip
# What calls of a resource give back, where that has actions of its own.
_MADE_BY = {"get_queue_by_name": "Queue", "create_queue": "Queue", "create_topic": "Topic",
    "create_table": "Table", "create_bucket": "Bucket", "put_object": "Object"}  # fmt: skip
_REQUESTING = frozenset({"all", "filter", "limit", "page_size", "pages", "delete"})


class Client(Record, frozen=True, kw_only=True):
    """An SDK client: the IAM prefix of its service ("" where it cannot be told), its SDK, and what follows in
    the origin.
    """

    service: str
    sdk: str
    rest: str = ""


def client_of(origin: str) -> Client | None:
    """The SDK client that an origin starts with; `rest` is what was done to it (`.Table()`,
    `.get_paginator(query)`).
    """
    origin = _XRAY.sub("aws-sdk", origin) if origin.startswith("aws-xray") else origin
    boto = _BOTO_CLIENT.match(origin)
    if boto:
        sdk = "boto3-resource" if boto["how"] == "resource" else "boto3"
        return Client(service=prefix_of(boto["service"]), sdk=sdk, rest=origin[boto.end() :])
    node = _NODE_V3.match(origin)
    if (
        node
        and (node["name"].endswith("Client") or node["from"] or node["name"][:1].isupper())
        and not node["name"].endswith("Command")
    ):
        return Client(service=prefix_of(node["service"]), sdk="v3", rest=origin[node.end() :])
    older = _NODE_V2.match(origin)
    if older and (older["module"] or older["name"]):
        name = older["module"] or older["name"].split(".")[1]
        return Client(service=prefix_of(name), sdk="v2", rest=origin[older.end() :])
    return None


def made_client(origin: str) -> Client | None:
    """The client that a call with this origin makes, None where the call is another."""
    client = client_of(origin)
    return client if client is not None and not client.rest else None


def operations(program: Program, path: str, site: Site) -> tuple[tuple[str, str], ...]:
    """The (IAM prefix, IAM action) pairs that one call means; empty where it is no call of an AWS SDK."""
    call, scope = site.value, site.place.scope
    callee = program.origin(path, scope, call.callee)
    found = _constructed(callee)
    if found:
        return found
    method = method_of(call)
    receiver = receiver_of(call)
    client = client_of(program.origin(path, scope, receiver)) if method and receiver.line else None
    if client is None:
        client = client_of(callee.rpartition(".")[0])
    if client is None or not client.service:
        return ()
    if client.service == "rds" and method in {"generate_db_auth_token", "getAuthToken"}:
        return (("rds-db", "connect"),)
    named = program.constant(path, scope, call.argument(0, "ClientMethod"))
    return tuple((client.service, action) for action in _actions(client, method or last(callee), named))


def _constructed(callee: str) -> tuple[tuple[str, str], ...]:
    """What JavaScript's commands, paginators, waiters and the upload library stand for."""
    for pattern in (_COMMAND, _PAGINATE):
        match = pattern.match(callee)
        if match:
            prefix = prefix_of(match["service"])
            return tuple((prefix, action) for action in actions_of(prefix, match["name"]))
    waiting = _WAIT.match(callee)
    if waiting:
        prefix = prefix_of(waiting["service"])
        return tuple(
            (prefix, action) for action in actions_of(prefix, waited_operation(prefix, waiting["name"]))
        )
    if callee == "@aws-sdk/lib-storage.Upload":
        return (("s3", "PutObject"),)
    if callee == "@aws-sdk/s3-presigned-post.createPresignedPost":
        return (("s3", "PutObject"),)
    return ()


def _actions(client: Client, method: str, named: str) -> tuple[str, ...]:
    rest = client.rest
    if method in {"generate_presigned_url", "getSignedUrl", "getSignedUrlPromise"}:
        return actions_of(client.service, named) if named else ()
    paginator = re.match(r"^\.get_paginator\((\w*)\)$", rest)
    if paginator:
        return (
            actions_of(client.service, paginator[1])
            if method in {"paginate", "build_full_result"} and paginator[1]
            else ()
        )
    waiter = re.match(r"^\.get_waiter\((\w*)\)$", rest)
    if waiter or method == "waitFor":
        return actions_of(client.service, waited_operation(client.service, waiter[1] if waiter else named))
    if client.sdk == "boto3-resource":
        return _resource_actions(client, method)
    if rest or method in NOT_OPERATIONS or method[:1].isupper():
        return ()
    return actions_of(client.service, method)


def _resource_actions(client: Client, method: str) -> tuple[str, ...]:
    rest = client.rest.removesuffix("[]")
    if rest.startswith(".meta.client"):
        inner = Client(service=client.service, sdk="boto3", rest=rest.removeprefix(".meta.client"))
        return _actions(inner, method, "")
    owner = last(rest).removesuffix("()")
    owner = _MADE_BY.get(owner, owner)
    if owner in _COLLECTIONS or (owner in _REQUESTING and rest.count(".") > 1):
        collection = owner if owner in _COLLECTIONS else rest.split(".")[-2]
        if client.rest.endswith("[]"):
            return _class_actions(client, _ITEM_CLASSES.get(collection, ""), method)
        listed = actions_of(client.service, _COLLECTIONS.get(collection, ""))
        removed = actions_of(client.service, "DeleteObjects") if method == "delete" else ()
        return (*listed, *removed) if method in _REQUESTING and owner in _COLLECTIONS else removed
    if owner == "receive_messages":
        return _class_actions(client, "Message", method)
    if owner == "batch_writer":
        return ("BatchWriteItem",) if method in {"put_item", "delete_item"} else ()
    return _class_actions(client, owner, method)


def _class_actions(client: Client, owner: str, method: str) -> tuple[str, ...]:
    if method[:1].isupper() or method in NOT_OPERATIONS:
        return ()
    known = _RESOURCES.get(owner, {}).get(method)
    if known is not None:
        return actions_of(client.service, known) if known else ()
    if owner in {"", "Table"} and not method.startswith("wait_until"):
        return actions_of(client.service, method)
    return ()
