"""What a function's own configuration asks of its execution role."""

from collections.abc import Iterator

from auditor.iam.privileges import Privileges
from auditor.model import EventSourceMapping, Function, Record, Unavailable, known


class Need(Record, frozen=True, kw_only=True):
    """An action that a setting needs: on a resource ARN, or on any at all where that is "".

    `any_of` are ARNs of which one will do, where AWS asks for a resource in more than one form;
    `granted_on` is the pattern that a policy would name, where that is not the ARN. An `optional` one is used
    where it is granted, and not missed where it is not.
    """

    action: str
    resource: str
    why: str
    any_of: tuple[str, ...] = ()
    granted_on: str = ""
    optional: bool = False

    @property
    def pattern(self) -> str:
        """Resource that a policy would name, "" where the setting does not tell."""
        return self.granted_on or self.resource


_ENI = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
)
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
# https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
_POLLING = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "kinesis": (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ),
    "dynamodb": ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
}
_AT_REST = frozenset({"Disabled", "Disabling", "Deleting"})
_SENDING = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}


def configuration_needs(
    function: Function, mappings: tuple[EventSourceMapping, ...] = ()
) -> tuple[Need, ...]:
    """What the settings of a function, and the event source mappings that feed it, need its role to allow.

    Logs, network interfaces, tracing, dead-letter queue, destinations, event sources, the key of its
    environment, file systems. Settings that were not read raise `EvidenceMissingError`. Sources that a
    cluster's own credentials open (Kafka, MQ, DocumentDB) are not judged.
    """
    return tuple(
        dict.fromkeys(
            (
                *_logs(function),
                *_network(function),
                *_tracing(function),
                *_failures(function),
                *_sources(mappings),
                *_storage(function),
            )
        )
    )


def log_needs(function: Function) -> tuple[Need, ...]:
    """What writing to the function's log group needs."""
    return tuple(_logs(function))


def optional_needs(function: Function) -> tuple[Need, ...]:
    """What Lambda does with the role where it may: make the log group anew once it is gone."""
    group = known(function.log_group)
    stem = f"arn:{function.partition}:logs:{function.region}:{function.account}:log-group:{group}"
    why = f"makes {group} if it is gone"
    return (
        Need(action="logs:CreateLogGroup", resource=stem, why=why, granted_on=f"{stem}:*", optional=True),
    )


def missing_actions(privileges: Privileges, needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """The needs that the role does not meet by its identity policies.

    Raises `EvidenceMissingError` where a policy or boundary that was not read may turn the answer. A
    resource-based policy of the target that names the role may allow what is missing here.
    """
    answers = [(need, _met(privileges, need)) for need in needs]
    missing = tuple(need for need, met in answers if met is False)
    if not missing:
        for _, met in answers:
            known(met)
    return missing


def _met(privileges: Privileges, need: Need) -> bool | Unavailable:
    answers = [privileges.allows(need.action, resource) for resource in (need.any_of or (need.resource,))]
    if True in answers:
        return True
    return next((answer for answer in answers if isinstance(answer, Unavailable)), False)


def _logs(function: Function) -> Iterator[Need]:
    group = known(function.log_group)
    stem = f"arn:{function.partition}:logs:{function.region}:{function.account}:log-group:{group}"
    why = f"logs to {group}"
    stream = f"{stem}:log-stream:stream"
    yield Need(
        action="logs:CreateLogStream",
        resource=stem,
        why=why,
        any_of=(stream, f"{stem}:*", stem),
        granted_on=f"{stem}:*",
    )
    yield Need(action="logs:PutLogEvents", resource=stream, why=why, granted_on=f"{stem}:*")


def _network(function: Function) -> Iterator[Need]:
    if function.vpc is not None:
        yield from (
            Need(action=action, resource="", why=f"attached to {function.vpc.vpc_id}") for action in _ENI
        )


def _tracing(function: Function) -> Iterator[Need]:
    if known(function.tracing) == "Active":
        yield Need(action="xray:PutTraceSegments", resource="", why="tracing is Active")
        yield Need(action="xray:PutTelemetryRecords", resource="", why="tracing is Active")


def _failures(function: Function) -> Iterator[Need]:
    dead_letter = known(function.dead_letter_arn)
    if dead_letter:
        yield from _sending(dead_letter, "dead-letter target")
    for config in known(function.async_configs):
        for arn, why in (
            (config.on_failure_arn, "on-failure destination"),
            (config.on_success_arn, "on-success destination"),
        ):
            if arn:
                yield from _sending(arn, f"{why} of {config.qualifier or '$LATEST'}")


def _sending(arn: str, why: str) -> Iterator[Need]:
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    if service in _SENDING:
        if service == "s3":
            yield Need(action="s3:PutObject", resource=f"{arn}/key", why=why, granted_on=f"{arn}/*")
        else:
            yield Need(action=_SENDING[service], resource=arn, why=why)


def _sources(mappings: tuple[EventSourceMapping, ...]) -> Iterator[Need]:
    for mapping in mappings:
        if mapping.state in _AT_REST:
            continue
        for action in _POLLING.get(mapping.kind, ()):
            yield _polling(action, mapping)
        if mapping.on_failure_arn:
            yield from _sending(mapping.on_failure_arn, f"on-failure destination of mapping {mapping.uuid}")


def _polling(action: str, mapping: EventSourceMapping) -> Need:
    why = f"event source {mapping.source_arn}"
    if "/consumer/" in mapping.source_arn:
        # An enhanced fan-out consumer is read with SubscribeToShard, the stream behind it is only described.
        stream = mapping.source_arn.partition("/consumer/")[0]
        return Need(action=action, resource=stream, why=why, any_of=(stream, mapping.source_arn))
    return Need(action=action, resource=mapping.source_arn, why=why)


def _storage(function: Function) -> Iterator[Need]:
    if function.kms_key_arn:
        yield Need(
            action="kms:Decrypt",
            resource=function.kms_key_arn,
            why="environment encrypted with a customer key",
        )
    for system in function.file_systems:
        if ":elasticfilesystem:" in system.arn:
            # Policies name the file system, which the access point's ARN does not tell.
            yield Need(action="elasticfilesystem:ClientMount", resource="", why=f"mounts {system.arn}")
