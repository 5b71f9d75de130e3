"""The newest lines of logs, reduced to facts as they arrive: JSON or not, whose request, events, secrets.

No line is kept.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from auditor.collect.failures import malformed
from auditor.collect.kept import kept
from auditor.collect.metrics import Window
from auditor.collect.operations import Operation, Tier
from auditor.collect.report_logs import last_day, refusal, writers_of
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole
from auditor.model import (
    Function,
    LoggedSecret,
    LogGroup,
    LogSample,
    LogUsage,
    Reason,
    SecretVerdict,
    Unavailable,
)
from auditor.secrets import classify_line

FILTER_EVENTS = Operation(
    service="logs",
    name="FilterLogEvents",
    actions=("logs:FilterLogEvents",),
    tier=Tier.DEEP,
    requires=("events",),
    absent=("ResourceNotFoundException",),
    family="logs:FilterLogEvents",
)
OPERATIONS = (FILTER_EVENTS,)

# The other classes give their lines to queries alone:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
READABLE = frozenset({"STANDARD"})
MOST_LINES = 200
# A page may be empty though more follows; that many are asked for before the log is taken as read.
MOST_PAGES = 3
# Characters of a line that are looked at.
LONGEST = 4_096

# What Lambda itself writes beside the lines of the function.
PLATFORM = re.compile(r"(?:START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION|TELEMETRY|XRAY)\b")
PLATFORM_TYPE = re.compile(r'"type"\s*:\s*"platform\.')
# The runtimes put the id between tabs; JSON has it under one of the usual keys.
REQUEST = re.compile(
    r"(?:^|\t)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?:\t|$)"
    r"|[\"']?(?i:requestid|request_id|aws_?request_?id|function_request_id|correlation_?id)[\"']?\s*[:=]",
    re.MULTILINE,
)
# Members that whole events of services have and plain messages do not.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
EVENT = re.compile(
    r"\\?[\"'](?:requestContext|eventSource|eventSourceARN|EventSubscriptionArn|detail-type)\\?[\"']\s*:"
)


class _Line(NamedTuple):
    """What is kept of one line."""

    is_json: bool
    names_request: bool
    is_event: bool
    secrets: frozenset[tuple[str, str, str, bool]]

    @property
    def has_secret(self) -> bool:
        """Whether it holds a secret, and not only what may be one."""
        return any(certain for _, _, _, certain in self.secrets)


def collect_log_samples(
    api: Api,
    region: str,
    functions: Collection[Function],
    groups: Collection[LogGroup] | Unavailable,
    window: Window,
) -> dict[str, LogSample | Unavailable] | Unavailable:
    """Read the newest lines that each function logged in the last day, by function ARN.

    A function that logged nothing has none, and is not asked about. A log group that several functions write
    to tells nothing of one of them.
    """
    if isinstance(groups, Unavailable):
        return groups
    if not api.tier.covers(FILTER_EVENTS.tier):
        return Unavailable(
            reason=Reason.NOT_COLLECTED,
            operation=FILTER_EVENTS.label,
            note="not collected: log lines are read in the deep tier",
        )
    classes = {group.name: group.log_class for group in groups}
    writers = writers_of(functions)

    def sample(function: Function) -> LogSample | Unavailable:
        if _is_silent(function):
            return LogSample(lines=0)
        why = refusal(function, classes, writers, FILTER_EVENTS, READABLE)
        return why or _sample(api, region, str(function.log_group), last_day(window))

    return dict(zip((one.arn for one in functions), api.map(sample, functions), strict=True))


def _is_silent(function: Function) -> bool:
    usage = function.log_usage
    return isinstance(usage, LogUsage) and not usage.incoming_events


@kept
@whole(FILTER_EVENTS)
def _sample(api: Api, region: str, group: str, window: Window) -> LogSample | Unavailable:
    asked: dict[str, Any] = {
        "logGroupName": group,
        "startTime": int(window.start.timestamp() * 1000),
        "endTime": int(window.end.timestamp() * 1000),
        "limit": MOST_LINES,
        "startFromHead": False,
    }
    lines: list[_Line] = []
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        answer = api.call(FILTER_EVENTS, region, **asked)
        if isinstance(answer, Absent):
            return _nothing("the log group is gone since it was listed")
        if isinstance(answer, Unavailable):
            return answer
        # Only these facts leave this loop: the text is gone with the page.
        lines += _lines(str(event.get("message", "")) for event in answer["events"])
        token = str(answer.get("nextToken", ""))
        if not token or len(lines) >= MOST_LINES:
            return _facts(lines[:MOST_LINES])
        if token in seen:
            return malformed(FILTER_EVENTS, "a page token that repeats")
        seen.add(token)
        asked["nextToken"] = token
    return _facts(lines) if lines else _nothing(f"no line in the first {MOST_PAGES} pages")


def _nothing(note: str) -> Unavailable:
    return Unavailable(reason=Reason.NO_DATA, operation=FILTER_EVENTS.label, note=note)


def _lines(messages: Iterable[str]) -> list[_Line]:
    return [
        _Line(
            is_json=_is_json(message),
            names_request=REQUEST.search(message) is not None,
            is_event=EVENT.search(message) is not None,
            secrets=_secrets(message),
        )
        for message in messages
        if not PLATFORM.match(message) and not PLATFORM_TYPE.search(message[:LONGEST])
    ]


def _secrets(message: str) -> frozenset[tuple[str, str, str, bool]]:
    """Secrets of a line, each once: of hits that overlap, the one that begins first."""
    found: set[tuple[str, str, str, bool]] = set()
    at = 0
    for hit in classify_line(message[:LONGEST]):
        if hit.start >= at:
            judged = hit.judged
            found.add((hit.name, judged.rule, judged.kind, judged.verdict is SecretVerdict.FAIL))
        at = max(at, hit.end)
    return frozenset(found)


def _is_json(message: str) -> bool:
    if not message.lstrip().startswith("{"):
        return False
    try:
        json.loads(message)
    except (ValueError, RecursionError):
        return False
    return True


def _facts(lines: list[_Line]) -> LogSample:
    counts = Counter(secret for line in lines for secret in line.secrets)
    return LogSample(
        lines=len(lines),
        json_lines=sum(line.is_json for line in lines),
        request_lines=sum(line.names_request for line in lines),
        event_lines=sum(line.is_event for line in lines),
        secret_lines=sum(line.has_secret for line in lines),
        doubtful_lines=sum(bool(line.secrets) and not line.has_secret for line in lines),
        secrets=tuple(
            LoggedSecret(name=name, rule=rule, kind=kind, certain=certain, lines=count)
            for (name, rule, kind, certain), count in sorted(counts.items())
        ),
    )
