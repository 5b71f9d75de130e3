"""Event source mappings, function URLs and asynchronous invocation settings."""

from collections.abc import Mapping
from sys import intern
from typing import Any

from auditor.collect.kept import kept
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import hold, whole, word
from auditor.model import AsyncConfig, EventSourceMapping, Function, FunctionUrl, Unavailable
from auditor.secrets import redact

LIST_MAPPINGS = Operation(
    service="lambda",
    name="ListEventSourceMappings",
    actions=("lambda:ListEventSourceMappings",),
    tier=Tier.QUICK,
    requires=(
        "EventSourceMappings",
        *each("EventSourceMappings[]", "UUID FunctionArn State BatchSize"),
    ),
)
LIST_URLS = Operation(
    service="lambda",
    name="ListFunctionUrlConfigs",
    actions=("lambda:ListFunctionUrlConfigs",),
    requires=("FunctionUrlConfigs", *each("FunctionUrlConfigs[]", "FunctionArn AuthType FunctionUrl")),
    absent=("ResourceNotFoundException",),
)
LIST_ASYNC = Operation(
    service="lambda",
    name="ListFunctionEventInvokeConfigs",
    actions=("lambda:ListFunctionEventInvokeConfigs",),
    requires=("FunctionEventInvokeConfigs", "FunctionEventInvokeConfigs[].FunctionArn"),
    absent=("ResourceNotFoundException",),
)
OPERATIONS = (LIST_MAPPINGS, LIST_URLS, LIST_ASYNC)

KINDS = {
    "sqs": "sqs",
    "kinesis": "kinesis",
    "dynamodb": "dynamodb",
    "kafka": "kafka",
    "mq": "mq",
    "rds": "documentdb",
}
# Sources of whose mappings AWS always sends these, -1 and false where nobody set them:
# https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
STREAMS = frozenset({"kinesis", "dynamodb"})
OF_A_STREAM = (
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "ParallelizationFactor",
    "StartingPosition",
)


@whole(LIST_MAPPINGS)
def mappings(api: Api, region: str) -> tuple[EventSourceMapping, ...] | Unavailable:
    """Return every event source mapping of a region."""
    found = api.rows(LIST_MAPPINGS, region, "EventSourceMappings", _mapping)
    if isinstance(found, Unavailable):
        return found
    return () if isinstance(found, Absent) else tuple(found)


def _mapping(item: Mapping[str, Any]) -> EventSourceMapping:
    source = item.get("EventSourceArn", "")
    kind, pollers = _kind(item, source), item.get("ProvisionedPollerConfig", {})
    if kind in STREAMS:
        hold(item, *OF_A_STREAM)
    return EventSourceMapping(
        uuid=item["UUID"],
        function_arn=intern(item["FunctionArn"]),
        source_arn=source,
        kind=kind,
        state=item["State"],
        batch_size=item["BatchSize"],
        batching_window_s=item.get("MaximumBatchingWindowInSeconds", 0) or 0,
        max_retries=item.get("MaximumRetryAttempts"),
        max_record_age_s=item.get("MaximumRecordAgeInSeconds"),
        bisect=bool(item.get("BisectBatchOnFunctionError", False)),
        parallelization=item.get("ParallelizationFactor", 1) or 1,
        on_failure_arn=item.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "") or "",
        partial_batch="ReportBatchItemFailures" in item.get("FunctionResponseTypes", ()),
        max_concurrency=item.get("ScalingConfig", {}).get("MaximumConcurrency"),
        min_pollers=pollers.get("MinimumPollers"),
        max_pollers=pollers.get("MaximumPollers"),
        starting_position=item.get("StartingPosition", ""),
        tumbling_window_s=item.get("TumblingWindowInSeconds", 0) or 0,
        filtered=bool(item.get("FilterCriteria", {}).get("Filters")),
        last_result=redact(item.get("LastProcessingResult", "")),
        state_reason=redact(item.get("StateTransitionReason", "")),
        last_modified=item.get("LastModified"),
    )


def _kind(item: Mapping[str, Any], source: str) -> str:
    if item.get("SelfManagedEventSource"):
        return "kafka"
    if not source:
        raise KeyError("EventSourceArn")
    service = source.split(":")[2] if source.count(":") >= 5 else ""  # noqa: PLR2004 - colons of an ARN
    return KINDS.get(service, service or "unknown")


@kept
@whole(LIST_URLS)
def urls(api: Api, region: str, function: Function) -> tuple[FunctionUrl, ...] | Unavailable:
    """Return the URLs of a function and of its aliases."""
    items = api.pages(LIST_URLS, region, "FunctionUrlConfigs", FunctionName=function.name)
    if isinstance(items, Unavailable):
        return items
    return () if isinstance(items, Absent) else tuple(_url(item, function) for item in items)


def _url(item: Mapping[str, Any], function: Function) -> FunctionUrl:
    cors = item.get("Cors", {})
    return FunctionUrl(
        qualifier=_qualifier(item["FunctionArn"], function),
        # https://docs.aws.amazon.com/lambda/latest/api/API_FunctionUrlConfig.html
        auth_type=word(item["AuthType"], "NONE", "AWS_IAM"),
        url=item["FunctionUrl"],
        invoke_mode=item.get("InvokeMode", ""),
        allow_origins=tuple(cors.get("AllowOrigins", ())),
        allow_methods=tuple(cors.get("AllowMethods", ())),
        allow_headers=tuple(cors.get("AllowHeaders", ())),
        allow_credentials=bool(cors.get("AllowCredentials", False)),
    )


@kept
@whole(LIST_ASYNC)
def async_configs(api: Api, region: str, function: Function) -> tuple[AsyncConfig, ...] | Unavailable:
    """Return the asynchronous settings of a function's qualifiers."""
    items = api.pages(LIST_ASYNC, region, "FunctionEventInvokeConfigs", FunctionName=function.name)
    if isinstance(items, Unavailable):
        return items
    return () if isinstance(items, Absent) else tuple(_async(item, function) for item in items)


def _async(item: Mapping[str, Any], function: Function) -> AsyncConfig:
    destinations = item.get("DestinationConfig", {})
    return AsyncConfig(
        qualifier=_qualifier(item["FunctionArn"], function),
        max_retries=item.get("MaximumRetryAttempts"),
        max_age_s=item.get("MaximumEventAgeInSeconds"),
        on_failure_arn=destinations.get("OnFailure", {}).get("Destination", "") or "",
        on_success_arn=destinations.get("OnSuccess", {}).get("Destination", "") or "",
    )


def _qualifier(arn: str, function: Function) -> str:
    """Return the qualifier of an ARN, "" for the unqualified function and for `$LATEST`."""
    qualifier = arn.removeprefix(function.arn).lstrip(":")
    return "" if qualifier == "$LATEST" else qualifier
