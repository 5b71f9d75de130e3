"""What REPORT lines say of runs: memory used, cold starts, time-outs; from logs or from Lambda Insights."""

from collections.abc import Collection, Iterable

import msgspec

from auditor.collect import log_queries, log_sample
from auditor.collect.lambda_insights import from_metrics, has_insights
from auditor.collect.metrics import Window
from auditor.collect.operations import Tier
from auditor.collect.report_logs import from_logs, last_day, sampled
from auditor.collect.session import Api
from auditor.model import Function, LogGroup, LogUsage, Reason, ReportLines, Unavailable

OPERATIONS = (*log_queries.OPERATIONS, *log_sample.OPERATIONS)


NO_LINES = ReportLines(source="", runs=0, cold_starts=0)


def collect_report_lines(
    api: Api,
    region: str,
    functions: Collection[Function],
    groups: Collection[LogGroup] | Unavailable,
    window: Window,
) -> dict[str, ReportLines | Unavailable]:
    """Read what REPORT lines say, by function ARN.

    A function that did not run has none. One with the Lambda Insights layer is read from that layer's
    metrics, in every tier. Logs are queried in the deep tier: all of the window where they are small, the
    last day where not. A log group that several functions write to tells nothing of one of them.
    """
    found = dict.fromkeys((one.arn for one in functions if _is_idle(one)), NO_LINES)
    busy = [function for function in functions if function.arn not in found]
    measured = from_metrics(api, region, [one for one in busy if has_insights(one)], window)
    if not api.tier.covers(Tier.DEEP):
        not_asked = Unavailable(
            reason=Reason.NOT_COLLECTED,
            operation=log_queries.START_QUERY.label,
            note="not collected: logs are queried in the deep tier",
        )
        return {
            **dict.fromkeys((one.arn for one in functions), not_asked),
            **found,
            **{arn: _alone(line, not_asked) for arn, line in measured.items()},
        }
    queried = from_logs(api, region, busy, groups, window)
    return {**found, **{arn: _both(line, measured.get(arn)) for arn, line in queried.items()}}


def expected_cost_usd(functions: Iterable[Function], window: Window) -> float:
    """US dollars that the log queries of a deep scan will cost, by the measured volume of the logs."""
    return sum(
        function.log_usage.incoming_bytes
        * (sampled(function, window).seconds + last_day(window).seconds)
        / window.seconds
        * log_queries.USD_A_BYTE
        for function in functions
        if isinstance(function.log_usage, LogUsage) and not _is_idle(function)
    )


def _is_idle(function: Function) -> bool:
    return not isinstance(function.usage, Unavailable) and function.usage.invocations == 0


def _both(
    line: ReportLines | Unavailable, measured: ReportLines | Unavailable | None
) -> ReportLines | Unavailable:
    """Logs tell most; what only Lambda Insights has (use of /tmp) is put beside, or stands alone."""
    if not isinstance(measured, ReportLines):
        return line
    if isinstance(line, Unavailable):
        return _alone(measured, line)
    return msgspec.structs.replace(line, tmp_used_mb=measured.tmp_used_mb)


def _alone(measured: ReportLines | Unavailable, unread: Unavailable) -> ReportLines | Unavailable:
    """What Lambda Insights says where logs do not: how runs ended and what lines hold is not among it."""
    if isinstance(measured, Unavailable):
        return measured
    return msgspec.structs.replace(
        measured, timeouts=unread, out_of_memory=unread, json_share=unread, request_id_share=unread
    )
