"""Code logs through a logger, once, and not whatever callers send."""

from auditor import (
    ChecklistItem,
    Confidence,
    Function,
    Severity,
    Verdict,
    check,
    failed,
    not_applicable,
    warned,
)
from auditor.deployed import counted, facts_of, nothing_seen, places, surest, where, without_source

ITEM = ChecklistItem.STRUCTURED_LOGGING
PLAIN = ("print", "root-logging-without-level")


@check(
    item=ITEM, severity=Severity.LOW, confidence=Confidence.MEDIUM, codes=("CODE-13",), effort="Code change"
)
def print_logging(function: Function) -> Verdict:
    """Code prints, or logs without a level.

    ## Why it matters
    A printed line has no level and no request id, and the JSON log format does not give it any: it cannot be
    turned off or asked for. The root logger keeps WARNING as its level unless one is set, and INFO lines are
    lost.

    ## How to fix
    Use the logging module with a level, or the logger of Powertools. The JSON log format sets a level too:
    `aws lambda update-function-configuration --region REGION --function-name NAME --logging-config LogFormat=JSON,ApplicationLogLevel=INFO`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    found = facts_of(function, *PLAIN)
    if found:
        printed = sum(fact.kind == "print" for fact in found)
        said = (
            f"{counted(printed, 'call', 'calls')} of print, {len(found) - printed} "
            f"of a logger without a level: {where(found)}"
        )
        return warned(said, details=places(found), confidence=surest(found))
    return nothing_seen(function, "No print in code of an invocation, no logger without a level seen")


@check(item=ITEM, severity=Severity.LOW, codes=("CODE-13",), effort="Code change")
def log_lines_repeated(function: Function) -> Verdict:
    """Each invocation adds another log handler.

    ## Why it matters
    Handlers of a logger outlive the invocation: the tenth invocation of an execution environment writes each
    line ten times. It costs log volume, and counts errors too high.

    ## How to fix
    Set up the logger at module level, or leave it to the runtime's own handler, and set the level alone.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    added = facts_of(function, "log-handler-added-in-handler")
    if added:
        said = (
            f"{counted(len(added), 'log handler is', 'log handlers are')} "
            f"added at each invocation: {where(added)}"
        )
        return failed(said, details=places(added, "added at each invocation"), confidence=surest(added))
    return nothing_seen(function, "No log handler seen that is added at each invocation")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("CODE-13",), effort="Code change")
def whole_event_logged(function: Function) -> Verdict:
    """Whole events are logged.

    ## Why it matters
    An event holds whatever the caller sent: tokens in headers, addresses, passwords of a form. In the logs it
    is read by more people and kept for longer than where it came from, and its volume is paid for.

    ## How to fix
    Log the fields that identify a request. Where whole events are needed for a while, mask them on the log
    group:
    `aws logs put-data-protection-policy --region REGION --log-group-identifier LOG_GROUP --policy-document file://FILE`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    # A fact without a file is the setting POWERTOOLS_LOGGER_LOG_EVENT, which the check of variables judges.
    dumps = tuple(fact for fact in facts_of(function, "logs-event") if fact.file)
    if dumps:
        said = f"{counted(len(dumps), 'place logs', 'places log')} the whole event: {where(dumps)}"
        return warned(said, details=places(dumps, "logs the event"), confidence=surest(dumps))
    return nothing_seen(function, "No place seen that logs the whole event")


@check(
    item=ChecklistItem.MONITORING,
    severity=Severity.INFO,
    confidence=Confidence.MEDIUM,
    codes=("OPS-20",),
    effort="Code change",
)
def metrics_sent_by_call(function: Function) -> Verdict:
    """Metrics are sent by a call in each invocation.

    ## Why it matters
    PutMetricData adds a request to each invocation, is throttled under load and is paid for by the call. The
    embedded metric format writes a log line instead, and CloudWatch makes the metric from it.

    ## How to fix
    Write metrics in the embedded metric format, for example with the metrics utility of Powertools.

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    sent = facts_of(function, "put-metric-data")
    if sent:
        said = f"{counted(len(sent), 'call', 'calls')} of PutMetricData: {where(sent)}"
        return warned(said, details=places(sent, "one request more"), confidence=surest(sent))
    return nothing_seen(function, "No call of PutMetricData seen")
