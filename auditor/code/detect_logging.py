"""How the code logs: structured or not, with a request id, the whole event, metrics and traces."""

import re
from collections.abc import Iterator

from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import Kind, Role, Site, Value, dotted, last, method_of, receiver_of
from auditor.code.words import words
from auditor.model import Located

# Loggers that write JSON, by the origin of the call that makes them.
_STRUCTURED = (
    (re.compile(r"^aws_lambda_powertools(?:\.logging(?:\.logger)?)?\.Logger$"), "Powertools Logger"),
    (re.compile(r"^structlog(?:\.stdlib)?\.(?:get_logger|getLogger|wrap_logger|configure)$"), "structlog"),
    (re.compile(r"^(?:pythonjsonlogger(?:\.\w+)?|python_json_logger)\.\w*JsonFormatter$"),
    "python-json-logger"),
    (re.compile(r"^(?:json_log_formatter|jsonformatter|jsonlogging|json_logging)\.\w+$"), "JSON formatter"),
    (re.compile(r"^(?:aws_lambda_logging|lambda_logging)\.(?:setup|\w+)$"), "aws-lambda-logging"),
    (re.compile(r"^ecs_logging\.\w+$"), "ecs-logging"),
    (re.compile(r"^@aws-lambda-powertools/logger\.Logger$"), "Powertools Logger"),
    (re.compile(r"^pino(?:\.pino|\.default)?$"), "pino"),
    (re.compile(r"^bunyan\.createLogger$"), "bunyan"),
    (re.compile(r"^winston\.format\.json$"), "winston"),
    (re.compile(r"^lambda-log(?:\.\w+)?$"), "lambda-log"),
    (re.compile(r"^@dazn/lambda-powertools-logger(?:\.\w+)?$"), "lambda-powertools-logger"),
    (re.compile(r"^(?:tslog\.Logger|roarr\.\w+|loglayer\.\w+)$"), "JSON logger"),
)  # fmt: skip
_LEVELS = words("debug info warning warn error exception critical log fatal trace")
_IDS = (
    "aws_request_id",
    "awsRequestId",
    "requestId",
    "request_id",
    "correlation_id",
    "correlationId",
    "x_ray_trace_id",
)
_KEEPING = words(
    "bind bind_contextvars new child append_keys appendKeys appendPersistentKeys append_context_keys "
    "set_correlation_id addContext setContext LoggerAdapter extra contextualize withRequest set put"
)
_TELLING = re.compile(r"log|trace|context|audit|correlat|metric|report", re.IGNORECASE)
_ID_NAMES = frozenset({"aws_request_id", "awsRequestId"})
_METRICS = (
    (re.compile(r"^aws_lambda_powertools(?:\.\w+)*\.(?:Ephemeral)?Metrics$"), "Powertools Metrics"),
    (re.compile(r"^aws_lambda_powertools(?:\.\w+)*\.single_metric$"), "Powertools Metrics"),
    (re.compile(r"^@aws-lambda-powertools/metrics\.Metrics$"), "Powertools Metrics"),
    (re.compile(r"^(?:aws_embedded_metrics|aws-embedded-metrics)\b.*(?:metric_scope|metricScope|"
                r"createMetricsLogger|create_metrics_logger)$"), "embedded metrics"),
    (re.compile(r"^(?:datadog_lambda\.metric\.lambda_metric|datadog-lambda-js\.sendDistributionMetric\w*)$"),
    "Datadog metric"),
)  # fmt: skip
_TRACERS = re.compile(
    r"^(?:aws_lambda_powertools(?:\.tracing)?(?:\.\w+)*\.Tracer|@aws-lambda-powertools/tracer\.Tracer|"
    r"aws_xray_sdk\.core\.(?:patch_all|patch)"
    r"|aws_xray_sdk\.core\.xray_recorder\.\w+|aws-xray-sdk(?:-core)?\.capture\w+|"
    r"opentelemetry\.trace\.get_tracer|@opentelemetry/api\.trace\.getTracer)$"
)
_JSON_MAKERS = frozenset({"json.dumps", "JSON.stringify", "orjson.dumps", "ujson.dumps", "simplejson.dumps"})
_TEXT_MAKERS = frozenset({"dict", "str", "repr", "pformat", "format", "inspect", "String", "toString"}) | {
    last(name) for name in _JSON_MAKERS
}


def logging(subject: Subject) -> Iterator[Located]:
    """All kinds of logging facts of one package."""
    for path, site, when in subject.calls():
        origin = subject.origin(path, site)
        yield from _loggers(path, site, origin)
        yield from _printing(subject, path, site, when)
        yield from _telemetry(path, site, origin)
        yield from _set_up(path, site, when, origin)
    yield from _decorated(subject)
    yield from _request_ids(subject)
    yield from _embedded_metrics(subject)
    yield from _formatters(subject)
    if subject.settings.get("POWERTOOLS_LOGGER_LOG_EVENT", "").lower() in {
        "true",
        "1",
        "yes",
        "on",
        "y",
        "t",
    }:
        yield fact("logs-event", "", 0, "POWERTOOLS_LOGGER_LOG_EVENT")


def _loggers(path: str, site: Site, origin: str) -> Iterator[Located]:
    for pattern, name in _STRUCTURED:
        if pattern.match(origin):
            yield fact("structured-logger", path, site.line, name)
    if origin.startswith("loguru.logger.") and last(origin) in {"add", "configure"}:
        serialised = any(label == "serialize" for part in site.value.walk() for label, _ in part.parts)
        if serialised:
            yield fact("structured-logger", path, site.line, "loguru")
    if origin == "logging.getLogger":
        yield fact("stdlib-logging", path, site.line, "logging")
    if origin in {f"logging.{level}" for level in _LEVELS}:
        yield fact("stdlib-logging", path, site.line, "logging")
        yield fact("root-logging", path, site.line, origin)


def _printing(subject: Subject, path: str, site: Site, when: When) -> Iterator[Located]:
    logged = _is_logging(subject, path, site)
    if not logged:
        return
    name = dotted(site.value.callee)
    printed = name == "print"
    console = name.startswith("console.")
    arguments = site.value.arguments
    # The event as it came is JSON, but no log line that was made to be one.
    json_made = (
        len(arguments) == 1
        and _makes_json(arguments[0])
        and not _whole_event(subject, path, site, arguments[0])
    )
    if (printed or console) and json_made:
        yield fact("structured-print", path, site.line, name)
    elif printed and when is not When.LOADING:
        yield fact("print", path, site.line, name)
    elif console:
        yield fact("console-logging", path, site.line, name)
    if when is not When.LOADING and any(
        _whole_event(subject, path, site, value) for _, value in site.value.parts[1:]
    ):
        yield fact("logs-event", path, site.line, name or last(name), "high")


def _is_logging(subject: Subject, path: str, site: Site) -> bool:
    name = dotted(site.value.callee)
    if name == "print" or name.startswith("console."):
        return True
    if method_of(site.value) not in _LEVELS:
        return False
    receiver = receiver_of(site.value)
    origin = subject.program.origin(path, site.place.scope, receiver)
    text = dotted(receiver).lower()
    return "log" in text or origin.startswith(
        ("logging", "structlog", "loguru", "aws_lambda_powertools", "pino", "winston")
    )


def _makes_json(value: Value) -> bool:
    if value.kind is not Kind.CALL or dotted(value.callee) not in _JSON_MAKERS:
        return False
    made = value.argument(0)
    one_line = len(value.arguments) == 1 and value.part("indent") is None
    return one_line and made is not None and made.kind in {Kind.DICT, Kind.NAME, Kind.CALL}


def _whole_event(subject: Subject, path: str, site: Site, value: Value) -> bool:
    """Whether a logged value is the event in full: as it is, as text or JSON, in a template, under a key."""
    scope = site.place.scope
    if subject.is_event(path, scope, value):
        return True
    if value.kind is Kind.CALL and method_of(value) in _TEXT_MAKERS:
        return any(_whole_event(subject, path, site, part) for part in value.arguments)
    if value.kind in {Kind.TEMPLATE, Kind.LIST, Kind.DICT}:
        return any(_whole_event(subject, path, site, part) for _, part in value.parts)
    if value.kind is Kind.OPERATION and value.text in {"+", "%", "binary_operator"}:
        return any(_whole_event(subject, path, site, part) for part in value.arguments)
    return False


def _telemetry(path: str, site: Site, origin: str) -> Iterator[Located]:
    for pattern, name in _METRICS:
        if pattern.match(origin):
            yield fact("custom-metrics", path, site.line, name)
    if method_of(site.value) in {"put_metric_data", "putMetricData"} or origin.endswith(
        ".PutMetricDataCommand"
    ):
        yield fact("put-metric-data", path, site.line, method_of(site.value) or last(origin))
    if _TRACERS.match(origin):
        yield fact("tracing", path, site.line, origin)


def _set_up(path: str, site: Site, when: When, origin: str) -> Iterator[Located]:
    method = method_of(site.value)
    if method == "setLevel" or (origin == "logging.basicConfig" and site.value.part("level")):
        yield fact("log-level-set", path, site.line, method)
        level = site.value.argument(0, "level")
        if level is not None and level.text in {"DEBUG", "logging.DEBUG", "TRACE"}:
            yield fact("debug-level", path, site.line, method)
    if method == "addHandler" and when is When.HANDLER:
        yield fact("log-handler-added-in-handler", path, site.line, method)


def _decorated(subject: Subject) -> Iterator[Located]:
    scope = subject.program.scope(subject.handler)
    for decorator in scope.decorators if scope else ():
        name = dotted(decorator) or dotted(decorator.callee)
        if last(name) in {"inject_lambda_context", "injectLambdaContext"}:
            yield fact("request-id", subject.found.file, decorator.line, last(name))
            if _true(decorator.part("log_event")):
                yield fact("logs-event", subject.found.file, decorator.line, "log_event")
        if last(name) == "log_metrics":
            yield fact("custom-metrics", subject.found.file, decorator.line, "Powertools Metrics")
        if last(name) == "capture_lambda_handler":
            yield fact("tracing", subject.found.file, decorator.line, last(name))
    for path, site, _ in subject.calls():
        if method_of(site.value) in {"injectLambdaContext", "logEventIfEnabled", "addContext", "append_keys"}:
            options = [argument for argument in site.value.arguments if argument.kind is Kind.DICT]
            if method_of(site.value) in {"injectLambdaContext", "addContext"}:
                yield fact("request-id", path, site.line, method_of(site.value))
            if any(_true(option.part("logEvent")) for option in options):
                yield fact("logs-event", path, site.line, "logEvent")


def _true(value: Value | None) -> bool:
    return value is not None and value.kind is Kind.BOOL and value.text == "true"


def _request_ids(subject: Subject) -> Iterator[Located]:
    """The request id in what is logged, or read from the context anywhere in code that runs."""
    for path, module in subject.modules():
        for site in module.calls:
            if subject.when(path, site.place) in {None, When.LOADING}:
                continue
            names = [part.text for part in site.value.walk() if part.kind in {Kind.NAME, Kind.MEMBER}]
            found = next((last(name) for name in names if last(name) in _ID_NAMES), "")
            logged = _is_logging(subject, path, site)
            if not logged and not _joins_log(subject, path, site):
                continue
            labelled = logged and any(label in _IDS for part in site.value.walk() for label, _ in part.parts)
            if found or labelled:
                yield fact("request-id", path, site.line, found or "request id")
        for assignment in module.assignments:
            if last(dotted(assignment.value)) in _ID_NAMES and subject.when(path, assignment.place):
                yield fact("request-id", path, assignment.line, last(dotted(assignment.value)))


def _joins_log(subject: Subject, path: str, site: Site) -> bool:
    """Whether what a call is given may come to stand on log lines: kept for them, or given to own code whose
    name speaks of that.
    """
    if method_of(site.value) in _KEEPING or "log" in (dotted(site.value.callee) or "").lower():
        return True
    target = subject.program.target(path, site.place.scope, site.value.callee)
    own = subject.program.scope(target) if target else None
    return own is not None and bool(_TELLING.search(own.name))


def _embedded_metrics(subject: Subject) -> Iterator[Located]:
    """CloudWatch embedded metric format, written by hand: a `_aws` member with `CloudWatchMetrics`."""
    for path, module in subject.modules():
        for literal in module.literals:
            if literal.text == "CloudWatchMetrics" and literal.role in {Role.KEY, Role.PLAIN}:
                yield fact("custom-metrics", path, literal.line, "embedded metric format")


def _formatters(subject: Subject) -> Iterator[Located]:
    """A formatter that writes JSON: the package's own, or one that a configuration names in a text."""
    for path, module in subject.modules():
        for literal in module.literals:
            named = next((name for pattern, name in _STRUCTURED if pattern.match(literal.text)), "")
            if named and literal.role is Role.ENTRY and "ormatter" in literal.text:
                yield fact("structured-logger", path, literal.line, named)
        for name, bases in module.classes:
            if not any(last(base) in {"Formatter", "StreamHandler", "Handler"} for base in bases):
                continue
            methods = [scope for scope in module.scopes if scope.owner == name]
            for scope in methods:
                sites = [site for site in module.calls if site.place.scope == scope.number]
                if any(dotted(site.value.callee) in _JSON_MAKERS for site in sites):
                    yield fact("structured-logger", path, scope.line, name)


def unlevelled(found: list[Located]) -> Iterator[Located]:
    """`root-logging-without-level`: no level is set for the root logger, so that INFO lines are lost."""
    kinds = {located.kind for located in found}
    if "log-level-set" in kinds:
        return
    seen = (
        located
        for located in found
        if located.kind == "root-logging" and last(located.what) in {"info", "debug"}
    )
    first = next(seen, None)
    if first is not None:
        yield fact("root-logging-without-level", first.file, first.line, first.what, "medium")
