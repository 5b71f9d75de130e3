"""Logs are structured, kept, and lead from one request to the next."""

from collections.abc import Iterator
from typing import TypeVar

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Region,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import counted
from auditor.log_routes import routes_of
from auditor.model import Located, Logging, LogGroup, Reason, SamplingRule
from auditor.model.invocation import is_edge
from auditor.queries import DEBUG_LINES, PLAIN_LINES
from auditor.served import Served, in_traffic, served

ITEM = ChecklistItem.STRUCTURED_LOGGING
# Runtimes on which the JSON log format concerns system lines alone; what the code writes stays as it is:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
PLAIN_RUNTIMES = ("provided", "go1.x", "custom")
STAGES = frozenset({"dev", "test", "sandbox", "qa", "stage", "staging"})
WRAPPERS = ("otel", "datadog", "newrelic", "dynatrace", "lumigo")
# Variables by which agents that need no layer, as in an image, are set up.
AGENT_VARIABLES = frozenset(
    {"DD_LAMBDA_HANDLER", "NEW_RELIC_LAMBDA_HANDLER", "OTEL_EXPORTER_OTLP_ENDPOINT", "LUMIGO_TRACER_TOKEN"}
)
ACTIVE = "tracing is Active"
# Kinds of APIs that decide by sampling rules which requests are traced:
# https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
DECIDING = frozenset({"REST", "APPSYNC"})
# Beginnings of the names of layers that trace.
TRACERS = ("aws-otel", "AWSOpenTelemetry", "Datadog", "NewRelic", "dynatrace", "lumigo")


def _group(function: Function, region: Region) -> LogGroup | None:
    return known(region.log_group_named(known(function.log_group)))


T = TypeVar("T")


def _asked(value: T | Unavailable) -> T | None:
    """Return evidence of a deeper tier, None where this scan did not ask for it; what failed stays missing."""
    if isinstance(value, Unavailable) and value.reason is Reason.NOT_COLLECTED:
        return None
    return known(value)


def _share(function: Function, name: str) -> float | None:
    """Return a share of the lines that queries counted, else of the newest lines; None where neither was
    asked for, or nothing was logged.
    """
    counted = _asked(function.report_lines)
    share: float | None = None if counted is None else _asked(getattr(counted, name))
    if share is not None:
        return share
    sample = _asked(function.log_sample)
    newest: float | None = None if sample is None else getattr(sample, name)
    return newest


def _formats_lines(function: Function) -> bool:
    """Whether the runtime itself writes the code's lines in the format that is set."""
    return not function.is_image and not function.runtime.startswith(PLAIN_RUNTIMES)


def _unsampled(function: Function) -> Unavailable:
    kind = "a container image" if function.is_image else function.runtime
    return Unavailable(
        reason=Reason.INSUFFICIENT_SAMPLES,
        operation="logs:StartQuery",
        note=f"on {kind} the JSON format need not reach the lines of the code, and none was sampled",
    )


def _facts(function: Function) -> tuple[Located, ...] | None:
    """Return the code's facts, None where this scan did not read code."""
    code = _asked(function.code)
    return None if code is None else _asked(code.facts)


@check(item=ITEM, severity=Severity.HIGH, codes=("OPS-07",), effort="Policy work")
def log_group_missing(function: Function, region: Region) -> Verdict:
    """Log group does not exist though the function runs.

    ## Why it matters
    The function runs and nothing is written down: when it fails there is nothing to read.

    ## How to fix
    Make the log group, with a retention, and let the role write to it:
    `aws logs create-log-group --region REGION --log-group-name /aws/lambda/NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    if known(is_edge(function)):
        return not_applicable("Lambda@Edge logs in the regions of its viewers")
    name = known(function.log_group)
    if _group(function, region) is not None:
        return passed(f"The log group {name} exists")
    runs = known(function.usage).invocations
    if not runs:
        return not_applicable(f"{name} is not there yet: the function did not run in the window")
    return failed(f"{name} does not exist, and the function ran {runs:,} times in the window")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("OPS-09", "OPS-10"), effort="One setting")
def log_format_text(function: Function, *, least_share: float = 0.8) -> Verdict:
    """Logs are written as plain text.

    ## Why it matters
    Plain lines can be read one by one; structured ones can be asked: all errors of one customer, the
    slowest tenth, one request through five functions.

    ## How to fix
    `aws lambda update-function-configuration --region REGION --function-name NAME --logging-config LogFormat=JSON,ApplicationLogLevel=INFO,SystemLogLevel=INFO`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    """
    form = known(function.logging).format
    if form == "JSON" and _formats_lines(function):
        return passed("Log format JSON")
    share = _share(function, "json_share")
    if share is not None:
        said = f"{share:.0%} of the sampled lines are JSON, {least_share:.0%} wanted; log format {form}"
        return passed(said, query=PLAIN_LINES) if share >= least_share else failed(said, query=PLAIN_LINES)
    if form == "JSON":
        known(_unsampled(function))
    facts = _facts(function)
    if facts is None:
        return warned("Log format Text; whether the code writes JSON by itself was not seen")
    structured = [fact for fact in facts if fact.kind == "structured-logger"]
    if structured:
        first = structured[0]
        return passed(f"Log format Text, and {first.what or 'a JSON logger'} at {first.file}:{first.line}")
    return warned(
        "Log format Text, and no JSON logger in the code (a heuristic)", confidence=Confidence.MEDIUM
    )


@check(
    item=ITEM, severity=Severity.LOW, confidence=Confidence.MEDIUM, codes=("OPS-11",), effort="Code change"
)
def request_id_missing(function: Function, *, least_share: float = 0.8) -> Verdict:
    """Log lines do not name their request.

    ## Why it matters
    Runs interleave in one log group. Without a request id on each line nobody can tell which lines belong
    together.

    ## How to fix
    The JSON log format adds it to every line of the runtime's loggers:
    `aws lambda update-function-configuration --region REGION --function-name NAME --logging-config LogFormat=JSON`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    """
    logging = known(function.logging)
    if logging.format == "JSON" and _formats_lines(function):
        return passed("The JSON log format names the request on each line")
    share = _share(function, "request_id_share")
    if share is not None:
        said = f"{share:.0%} of the sampled lines name a request, {least_share:.0%} wanted"
        return passed(said) if share >= least_share else failed(said)
    if logging.format == "JSON":
        known(_unsampled(function))
    facts = known(known(function.code).facts)
    named = [fact for fact in facts if fact.kind == "request-id"]
    if named:
        return passed(f"The code logs the request id at {named[0].file}:{named[0].line}")
    return warned("Log format Text, and the code does not log the request id")


@check(item=ITEM, severity=Severity.LOW, codes=("OPS-05",), effort="One setting")
def tracing_off(function: Function, region: Region) -> Verdict:
    """Tracing is not active.

    ## Why it matters
    A trace shows which call of which service took the time, across functions. With PassThrough only
    requests that somebody else chose to trace are. An API in front that traces decides for the function:
    where X-Ray's sampling rules record nothing, its requests leave no trace.

    ## How to fix
    `aws lambda update-function-configuration --region REGION --function-name NAME --tracing-config Mode=Active`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    if known(is_edge(function)):
        return not_applicable("Lambda@Edge has no tracing")
    traced = [(one, _tracer(one)) for one in in_traffic(known(served(function, region)))]
    dark = [one for one, tracer in traced if not tracer]
    if dark:
        return failed(
            f"{dark[0].label}: tracing is {known(dark[0].tracing)}, and no tracing layer, wrapper or agent is set",
            details=tuple(Detail(subject=one.label, text=f"tracing is {one.tracing}") for one in dark),
        )
    said = f"{traced[0][0].label}: {traced[0][1]}"
    lost = _unsampled_requests(function, region) if any(tracer == ACTIVE for _, tracer in traced) else ""
    if lost:
        return warned(f"{said}, but {lost}", confidence=Confidence.MEDIUM)
    return passed(said)


def _unsampled_requests(function: Function, region: Region) -> str:
    """Say whose requests leave no trace since the sampling rules record nothing, "" where some do.

    Rules decide for services that trace in front of functions, whose decision functions follow; requests
    that come without one are recorded at a rate that nobody can set:
    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    rules = region.services.sampling_rules
    if _may_record(rules):
        return ""
    apis = {one.api_name for one in known(region.integrations_of(function)) if one.kind in DECIDING}
    if not apis:
        return ""
    several = counted(len(known(rules)), "sampling rule records", "sampling rules record")
    return f"{several} 0 requests: where {', '.join(sorted(apis))} traces, its requests leave no trace"


def _may_record(rules: tuple[SamplingRule, ...] | Unavailable) -> bool:
    """Whether some rule records requests, or this scan did not ask for them."""
    if isinstance(rules, Unavailable):
        return rules.reason is Reason.NOT_COLLECTED
    return not rules or not all(rule.records_nothing for rule in rules)


def _tracer(one: Served) -> str:
    """What traces the runs of a configuration, "" where nothing does."""
    layers = [layer.name for layer in one.layers if layer.name.startswith(TRACERS)]
    if layers:
        return f"traced by the layer {layers[0]}"
    if known(one.tracing) == "Active":
        return ACTIVE
    variables = known(one.environment)
    wrappers = [found.setting for found in variables if found.name == "AWS_LAMBDA_EXEC_WRAPPER"]
    if any(word in wrapper.lower() for wrapper in wrappers for word in WRAPPERS):
        return f"traced through {wrappers[0]}"
    agents = [found.name for found in variables if found.name in AGENT_VARIABLES]
    return f"traced by an agent, as {agents[0]} tells" if agents else ""


@check(item=ITEM, severity=Severity.LOW, codes=("OPS-12",), effort="One setting")
def debug_logging(function: Function, *, quiet_tags: tuple[str, ...] = ("dev", "test", "sandbox")) -> Verdict:
    """Logs at debug level or dumps whole events.

    ## Why it matters
    Debug lines cost money by the gigabyte and tend to hold personal data; a dumped event holds whatever
    the caller sent.

    ## How to fix
    `aws lambda update-function-configuration --region REGION --function-name NAME --logging-config LogFormat=JSON,ApplicationLogLevel=INFO`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    variables = known(function.environment)
    settings = {one.name: one.setting.upper() for one in variables if one.setting}
    logging = known(function.logging)
    levels = {
        name: value
        for name, value in {**settings, "ApplicationLogLevel": logging.application_level}.items()
        if value in {"DEBUG", "TRACE"}
    }
    dumps = [
        name
        for name in ("POWERTOOLS_LOGGER_LOG_EVENT", "POWERTOOLS_DEV")
        if settings.get(name) in {"TRUE", "1", "ON"}
    ]
    if logging.system_level == "DEBUG":
        levels["SystemLogLevel"] = "DEBUG"
    if not levels and not dumps:
        return _enough(logging)
    said = ", ".join(
        [*(f"{name}={value}" for name, value in levels.items()), *(f"{name}=true" for name in dumps)]
    )
    stage = _stage(function)
    if stage and any(word in stage.lower() for word in quiet_tags):
        return not_applicable(f"{said}, on stage {stage}")
    return failed(said, query=DEBUG_LINES)


def _stage(function: Function) -> str:
    keys = {"env", "environment", "stage"}
    told = next((tag.value for tag in known(function.tags) if tag.key.lower() in keys), "")
    words = function.name.lower().replace("_", "-").split("-")
    return told or next((word for word in words if word in STAGES), "")


def _enough(logging: Logging) -> Verdict:
    """PASS, unless the system level leaves out the REPORT lines that tell of memory and cold starts."""
    said = f"Application log level {logging.application_level or 'not set'}"
    if logging.format == "JSON" and logging.system_level == "WARN":
        return warned(
            f"{said}, system log level WARN: no REPORT line tells of memory, cold starts and timeouts",
            severity=Severity.INFO,
        )
    return passed(f"{said}; no variable turns on debugging")


@check(
    item=ITEM, severity=Severity.HIGH, confidence=Confidence.MEDIUM, codes=("SEC-22",), effort="Code change"
)
def secret_in_logs(function: Function, region: Region) -> Verdict:
    """Log lines hold secrets.

    ## Why it matters
    Many more people read logs than secrets, logs are copied to other systems, and they are kept for
    months after the secret was changed, or was not.

    ## How to fix
    Change the secret, as it has been read. Then log named fields, never whole events or headers, and mask
    what still comes through:
    `aws logs put-data-protection-policy --region REGION --log-group-identifier /aws/lambda/NAME --policy-document file://policy.json`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    sample = known(function.log_sample)
    if not sample.lines:
        return not_applicable("No line was logged in the day before the scan")
    of = f"of the newest {sample.lines:,} lines"
    details = tuple(
        Detail(subject=one.name or one.kind, text=f"{one.kind} in {one.lines:,} {of}", at=one.rule)
        for one in sample.secrets
    )
    details = (*details, *_spread(function, region))
    kinds = ", ".join(
        dict.fromkeys(one.kind for one in sample.secrets if one.certain or not sample.secret_lines)
    )
    if sample.secret_lines:
        return failed(f"{sample.secret_lines:,} {of} hold a secret: {kinds}", details=details)
    if sample.secrets:
        return warned(f"{sample.doubtful_lines:,} {of} may hold a secret: {kinds}", details=details)
    if sample.event_lines:
        return warned(
            f"{sample.event_lines:,} {of} look like whole events, with whatever the caller sent (a heuristic)",
            details=details,
        )
    return passed(f"No secret in the newest {sample.lines:,} lines")


def _spread(function: Function, region: Region) -> Iterator[Detail]:
    """Say where the lines are copied to and what is masked in them, as far as it is known."""
    for route in routes_of(function, region).known:
        some = "lines that match its pattern" if route.filtered else "every line"
        yield Detail(subject=route.destination_arn, text=f"{some} sent on by {route.by}")
    masked = () if isinstance(region.log_masking, Unavailable) else region.log_masking
    if masked:
        yield Detail(subject="masked in all log groups", text=", ".join(masked))


@check(item=ITEM, severity=Severity.LOW, codes=("SEC-21",), effort="One setting")
def log_group_not_under_own_key(function: Function, region: Region, *, required: bool = False) -> Verdict:
    """Log group is not under a key of your own.

    ## Why it matters
    CloudWatch encrypts logs in any case. A key of your own adds control over who may read them; it fails
    only where the settings require it.

    ## How to fix
    `aws logs associate-kms-key --region REGION --log-group-name /aws/lambda/NAME --kms-key-id KEY_ARN`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    group = _group(function, region)
    if group is None:
        return not_applicable("The log group does not exist")
    if group.kms_key_id:
        return passed(f"{group.name} is under {group.kms_key_id}")
    said = f"{group.name} is under the key of CloudWatch"
    return failed(said) if required else not_applicable(f"{said}; an own key is not required by the settings")
