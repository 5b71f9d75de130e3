"""What the REPORT lines and the other lines of logs say of runs, by Logs Insights."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from auditor.collect.kept import keep_each, recall_each
from auditor.collect.log_queries import START_QUERY, LogQuery, Row, run
from auditor.collect.metrics import Window
from auditor.collect.operations import Operation
from auditor.collect.session import Api
from auditor.model import Function, LogGroup, LogUsage, Reason, ReportLines, Unavailable

SOURCE = "Logs Insights"
# Log volume over the window up to which all of it is read; of a bigger group, the last day.
WHOLE_WINDOW_BYTES = 100_000_000
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
GROUPS_A_QUERY = 50
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
QUERYABLE = frozenset({"STANDARD", "INFREQUENT_ACCESS"})

# Lambda writes REPORT lines as text, or as `platform.report` events where the log format is JSON:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
USED_MB = "coalesce(@maxMemoryUsed / 1000 / 1000, record.metrics.maxMemoryUsedMB)"
SIZE_MB = "coalesce(@memorySize / 1000 / 1000, record.metrics.memorySizeMB)"
INIT_MS = "coalesce(@initDuration, record.metrics.initDurationMs)"
BILLED_MS = "coalesce(@billedDuration, record.metrics.billedDurationMs)"
REPORTS = f"""filter @type = "REPORT" or type = "platform.report"
| parse @message /Status: (?<ended_text>\\w+)/
| parse @message /Error Type: (?<error_text>[\\w.]+)/
| fields coalesce(record.status, ended_text, "success") as ended,
    coalesce(record.errorType, error_text, "none") as error_type,
    {BILLED_MS} as billed, strcontains(ended, "success") as succeeded, {USED_MB} / {SIZE_MB} as filled
| stats count(*) as runs, count({INIT_MS}) as cold_starts,
    max({USED_MB}) as max_used_mb, pct({USED_MB}, 95) as p95_used_mb,
    pct({INIT_MS}, 50) as init_p50_ms, pct({INIT_MS}, 99) as init_p99_ms,
    sum({BILLED_MS}) as billed_ms, sum(billed * (1 - succeeded)) as failed_billed_ms,
    sum(strcontains(ended, "timeout")) as timeouts,
    sum(greatest(strcontains(error_type, "OutOfMemory"), strcontains(error_type, "ExitError")
    * floor(filled))) as out_of_memory
    by @log"""
# A line names its request where Lambda put the id in front, or where its JSON has one of the usual keys.
LINES = """filter @message not like /^(START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION|TELEMETRY|XRAY)/
| filter not ispresent(type) or type not like /^platform[.]/
| stats count(*) as lines, sum(strcontains(substr(@message, 0, 1), "{")) as json_lines,
    count(coalesce(@requestId, requestId, request_id, AWSRequestId, aws_request_id, function_request_id,
    correlation_id, correlationId)) as request_lines
    by @log"""


# What a query counted of a log group, None where it has no row of it.
Counts = Mapping[str, float] | None


class _Sort(NamedTuple):
    """What one query can say of several log groups: its text, their class and the time that it reads."""

    text: str
    log_class: str
    window: Window


def last_day(window: Window) -> Window:
    """Return the newest day of a window."""
    return Window(max(window.start, window.end - timedelta(days=1)), window.end)


def sampled(function: Function, window: Window) -> Window:
    """Return how much of a window is read of a function's log: all of a small one, a day of any other."""
    usage = function.log_usage
    small = isinstance(usage, LogUsage) and usage.incoming_bytes <= WHOLE_WINDOW_BYTES
    return window if small else last_day(window)


def from_logs(
    api: Api,
    region: str,
    functions: Collection[Function],
    groups: Collection[LogGroup] | Unavailable,
    window: Window,
) -> dict[str, ReportLines | Unavailable]:
    """Query the logs of functions and return what they say, by function ARN."""
    if isinstance(groups, Unavailable):
        return {function.arn: groups for function in functions}
    classes = {group.name: group.log_class for group in groups}
    writers = writers_of(functions)
    refused = {
        function.arn: why
        for function in functions
        if (why := refusal(function, classes, writers, START_QUERY, QUERYABLE)) is not None
    }
    asked = [function for function in functions if function.arn not in refused]
    reports = _queried(api, region, _sorts(asked, classes, REPORTS, lambda one: sampled(one, window)))
    lines = _queried(api, region, _sorts(asked, classes, LINES, lambda _: last_day(window)))
    read = {one.arn: _lines(reports[_group_of(one)], lines[_group_of(one)]) for one in asked}
    return {**refused, **read}


def _group_of(function: Function) -> str:
    return "" if isinstance(function.log_group, Unavailable) else function.log_group


def writers_of(functions: Iterable[Function]) -> Counter[str]:
    """Count the functions that write to each log group."""
    return Counter(_group_of(function) for function in functions)


def refusal(
    function: Function,
    classes: dict[str, str],
    writers: Counter[str],
    operation: Operation,
    readable: Collection[str],
) -> Unavailable | None:
    """Why an operation cannot read a function's log, of which it can read some classes; None where it can."""
    if isinstance(function.log_group, Unavailable):
        return function.log_group
    if function.log_group not in classes:
        return _missing(Reason.NO_DATA, "the log group does not exist", operation)
    if writers[function.log_group] > 1:
        return _missing(Reason.NOT_SUPPORTED, "several functions write to the log group", operation)
    if classes[function.log_group] not in readable:
        return _missing(Reason.NOT_SUPPORTED, "the class of the log group cannot be read", operation)
    return None


def _sorts(
    functions: Iterable[Function], classes: Mapping[str, str], text: str, read: Callable[[Function], Window]
) -> dict[_Sort, list[str]]:
    """Group logs of the same class and length; classes cannot be mixed in a query."""
    sorts: dict[_Sort, list[str]] = {}
    for function in functions:
        group = _group_of(function)
        sorts.setdefault(_Sort(text, classes[group], read(function)), []).append(group)
    return sorts


def _queried(api: Api, region: str, sorts: Mapping[_Sort, Sequence[str]]) -> dict[str, Counts | Unavailable]:
    """Return what queries say of log groups, by the name of the group."""
    found: dict[str, Counts | Unavailable] = {}
    batches: list[tuple[_Sort, Sequence[str]]] = []
    for sort, groups in sorts.items():
        found.update(recall_each(api, Counts, "report_logs", groups, region, sort))
        missing = [group for group in groups if group not in found]
        batches += (
            (sort, missing[first : first + GROUPS_A_QUERY])
            for first in range(0, len(missing), GROUPS_A_QUERY)
        )
    for answers in api.map(lambda batch: _answers(api, region, *batch), batches):
        found.update(answers)
    return found


def _answers(api: Api, region: str, sort: _Sort, groups: Sequence[str]) -> dict[str, Counts | Unavailable]:
    rows = run(api, region, LogQuery(sort.text, tuple(groups), sort.window))
    if isinstance(rows, Unavailable):
        return dict.fromkeys(groups, rows)
    # `@log` holds the account before the group.
    by_group = {row.get("@log", "").partition(":")[2]: _counts(row) for row in rows}
    found: dict[str, Counts | Unavailable] = {group: by_group.get(group) for group in groups}
    keep_each(api, "report_logs", found, region, sort)
    return found


def _counts(row: Row) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if not name.startswith("@") and value}


def _lines(row: Counts | Unavailable, lines: Counts | Unavailable) -> ReportLines | Unavailable:
    if isinstance(row, Unavailable):
        return row
    if row is None:
        return _missing(Reason.NO_DATA, "the log has no REPORT line in the sampled time")
    return ReportLines(
        source=SOURCE,
        runs=_count(row, "runs"),
        cold_starts=_count(row, "cold_starts"),
        max_memory_used_mb=row.get("max_used_mb"),
        p95_memory_used_mb=row.get("p95_used_mb"),
        init_p50_ms=row.get("init_p50_ms"),
        init_p99_ms=row.get("init_p99_ms"),
        billed_ms=row.get("billed_ms"),
        timeouts=_count(row, "timeouts"),
        out_of_memory=_count(row, "out_of_memory"),
        failed_billed_ms=row.get("failed_billed_ms"),
        json_share=_share(lines, "json_lines"),
        request_id_share=_share(lines, "request_lines"),
    )


def _share(row: Counts | Unavailable, name: str) -> float | None | Unavailable:
    if isinstance(row, Unavailable):
        return row
    lines = row.get("lines") if row else None
    return _count(row, name) / lines if row and lines else None


def _count(row: Mapping[str, float], name: str) -> int:
    return round(row.get(name, 0))


def _missing(reason: Reason, note: str, operation: Operation = START_QUERY) -> Unavailable:
    return Unavailable(reason=reason, operation=operation.label, note=note)
