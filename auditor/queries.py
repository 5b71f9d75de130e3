"""CloudWatch queries that show a finding's fact in the console: of logs, and of metrics.

Each reads both log formats: the REPORT line of text logs, with the fields that Logs Insights discovers in it
(`@duration` in ms, `@maxMemoryUsed` and `@memorySize` in bytes), and the `platform.report` event of JSON logs
(`record.metrics`, in ms and MB). JSON logs hold that event where the system log level is INFO or finer.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html

What no log tells is a metric: `metric` gives a query for the console's metrics page.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
"""

from auditor.model import Function

REPORTS = 'filter @type = "REPORT" or type = "platform.report"'
DURATION = "coalesce(@duration, record.metrics.durationMs)"
BILLED = "coalesce(@billedDuration, record.metrics.billedDurationMs)"
INIT = "coalesce(@initDuration, record.metrics.initDurationMs)"
USED_MB = "coalesce(@maxMemoryUsed / 1000 / 1000, record.metrics.maxMemoryUsedMB)"
SIZE_MB = "coalesce(@memorySize / 1000 / 1000, record.metrics.memorySizeMB)"

DURATIONS = f"""{REPORTS}
| fields {DURATION} as run_ms
| stats count(*) as runs, pct(run_ms, 50) as p50_ms, pct(run_ms, 99) as p99_ms, max(run_ms) as longest_ms
    by bin(1h)"""

LONGEST_RUNS = f"""{REPORTS}
| fields @timestamp, coalesce(@requestId, record.requestId) as request, {DURATION} as run_ms
| sort run_ms desc
| limit 20"""

TIMEOUTS = """filter @message like /Task timed out after/ or record.status = "timeout"
| stats count(*) as timeouts by bin(1h)"""

MEMORY = f"""{REPORTS}
| fields {USED_MB} as used_mb, {SIZE_MB} as size_mb
| stats count(*) as runs, pct(used_mb, 95) as p95_used_mb, max(used_mb) as max_used_mb,
    max(size_mb) as memory_mb by bin(1d)"""

OUT_OF_MEMORY = f"""filter (@type = "REPORT" or type = "platform.report") and {USED_MB} >= {SIZE_MB}
| fields @timestamp, coalesce(@requestId, record.requestId) as request, {USED_MB} as used_mb
| sort @timestamp desc
| limit 20"""

COLD_STARTS = f"""{REPORTS}
| fields {INIT} as init_ms
| stats count(*) as runs, count(init_ms) as cold_starts, pct(init_ms, 50) as init_p50_ms,
    pct(init_ms, 99) as init_p99_ms by bin(1d)"""

BILLED_TIME = f"""{REPORTS}
| fields {BILLED} as billed_ms, {SIZE_MB} as size_mb
| stats count(*) as runs, sum(billed_ms) / 1000 as billed_s,
    sum(billed_ms * size_mb) / 1000 / 1024 as gb_seconds by bin(1d)"""

FAILED_TIME = f"""filter (@type = "REPORT" and @message like /Status: (error|timeout)/)
    or (type = "platform.report" and record.status != "success")
| fields {BILLED} as billed_ms
| stats count(*) as failed_runs, sum(billed_ms) / 1000 as billed_s by bin(1d)"""

PLAIN_LINES = """filter @message not like /^\\s*\\{/
| stats count(*) as plain_lines by bin(1d)"""

ERRORS = """filter level = "ERROR" or @message like /(?i)\\b(error|exception)\\b/
| fields @timestamp, @requestId, @message
| sort @timestamp desc
| limit 50"""

LOG_VOLUME = """stats count(*) as events, sum(strlen(@message)) / 1000000 as mb by bin(1d)"""

DEBUG_LINES = """filter level in ["DEBUG", "TRACE"] or @message like /\\b(DEBUG|TRACE)\\b/
| stats count(*) as lines, sum(strlen(@message)) / 1000000 as mb by bin(1d)"""


def metric(statistic: str, name: str, function: Function) -> str:
    """Metrics Insights query for one metric of one function; `statistic` is SUM, MAX, MIN, AVG or COUNT."""
    # A text for a person to paste; the name is one that Lambda admits, letters, digits, - and _.
    asked = f'SELECT {statistic}({name}) FROM SCHEMA("AWS/Lambda", FunctionName)'  # noqa: S608
    return f"{asked} WHERE FunctionName = '{function.name}'"


def metric_of_region(statistic: str, name: str) -> str:
    """Metrics Insights query for a Lambda metric of all functions of a region together."""
    return f'SELECT {statistic}({name}) FROM SCHEMA("AWS/Lambda")'  # noqa: S608


def storage_used(function: Function) -> str:
    """Logs Insights query for the use of /tmp, on the log group `/aws/lambda-insights` of Lambda Insights.

    Fields, in bytes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-metrics.html
    """
    return f"""filter function_name = "{function.name}"
| stats max(tmp_used) / 1000 / 1000 as used_mb, max(tmp_max) / 1000 / 1000 as size_mb by bin(1d)"""
