"""What a function is connected to, by the names that people use: callers, sources, alarms."""

from collections.abc import Sequence

from auditor.model import Function, Region, Unavailable
from auditor.model.invocation import invoking_services
from auditor.report import Connection

UNSEEN = "not seen"
ARN_PARTS = 6

# Service principal to the name that people use.
SERVICE_NAMES = {
    "apigateway": "API Gateway",
    "s3": "S3",
    "sns": "SNS",
    "events": "EventBridge",
    "scheduler": "Scheduler",
    "elasticloadbalancing": "Load balancer",
    "cognito-idp": "Cognito",
    "logs": "CloudWatch Logs",
    "edgelambda": "CloudFront",
    "secretsmanager": "Secrets Manager",
    "iot": "IoT",
    "states": "Step Functions",
}
SOURCE_NAMES = {
    "sqs": "SQS",
    "kinesis": "Kinesis",
    "dynamodb": "DynamoDB stream",
    "kafka": "Kafka",
    "mq": "MQ",
    "documentdb": "DocumentDB",
}


def triggers(function: Function, region: Region) -> tuple[str, ...]:
    """Name what starts a function."""
    mappings = region.mappings_of(function)
    polled = (
        {SOURCE_NAMES.get(found.kind, found.kind) for found in mappings}
        if not isinstance(mappings, Unavailable)
        else set()
    )
    allowed = {SERVICE_NAMES.get(service, service) for service in invoking_services(function)}
    urls = {"Function URL"} if not isinstance(function.urls, Unavailable) and function.urls else set()
    flows = {SERVICE_NAMES["states"]} if _machines(function, region) else set()
    found = tuple(sorted(polled | allowed | urls | flows))
    return found or ((UNSEEN,) if isinstance(function.policies, Unavailable) else ())


def connections(function: Function, region: Region) -> tuple[Connection, ...]:
    """List what a function is connected to, leaving out what there is none of."""
    mappings = region.mappings_of(function)
    sources = (
        () if isinstance(mappings, Unavailable) else tuple(_short(found.source_arn) for found in mappings)
    )
    callers = tuple(dict.fromkeys((*_callers(function), *_machines(function, region))))
    fails_to = tuple(_failure_targets(function))
    group = function.log_group
    groups = () if isinstance(group, Unavailable) else (group,)
    alarms = (
        ()
        if isinstance(region.alarms, Unavailable)
        else tuple(
            alarm.name
            for alarm in region.alarms
            if any(("FunctionName", function.name) in metric.dimensions for metric in alarm.metrics)
        )
    )
    named = (
        ("Called by", callers),
        ("Reads from", sources),
        ("Fails to", fails_to),
        ("Role", (function.role_arn.rsplit("/", 1)[-1],)),
        ("Alarms", alarms),
        ("Logs", groups),
        ("Layers", tuple(f"{layer.name}:{layer.version}" for layer in function.layers)),
    )
    return tuple(Connection(label=label, values=values) for label, values in named if values)


def _callers(function: Function) -> list[str]:
    if isinstance(function.policies, Unavailable):
        return []
    found = dict.fromkeys(
        _caller(
            principal.kind,
            principal.value,
            [c.values for c in statement.conditions if c.key.lower() == "aws:sourcearn"],
        )
        for policy in function.policies
        for statement in policy.statements
        if statement.effect == "Allow"
        for principal in statement.principals
    )
    return list(found)


def _caller(kind: str, value: str, sources: Sequence[tuple[str, ...]]) -> str:
    if kind == "Service":
        service = value.split(".", maxsplit=1)[0]
        source = f" {_short(sources[0][0])}" if sources and sources[0] else ""
        return f"{SERVICE_NAMES.get(service, service)}{source}"
    return "everyone" if value == "*" else _short(value)


def _machines(function: Function, region: Region) -> tuple[str, ...]:
    """State machines that are known to invoke a function: no policy of its own tells of them."""
    tasks = region.workflow_tasks_of(function)
    named = () if isinstance(tasks, Unavailable) else (task for task in tasks if task.function_arn)
    return tuple(dict.fromkeys(f"{SERVICE_NAMES['states']} {_short(task.machine_arn)}" for task in named))


def _failure_targets(function: Function) -> list[str]:
    targets = [] if isinstance(function.dead_letter_arn, Unavailable) else [function.dead_letter_arn]
    if not isinstance(function.async_configs, Unavailable):
        targets += [found.on_failure_arn for found in function.async_configs]
    return list(dict.fromkeys(_short(arn) for arn in targets if arn))


def _short(arn: str) -> str:
    """Return the part of an ARN that people know a resource by."""
    parts = arn.split(":", 5)
    return parts[5] if len(parts) == ARN_PARTS and parts[5] else arn
