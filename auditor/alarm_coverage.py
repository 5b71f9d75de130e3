"""Which alarms watch which metric of which function, and whether they can fire and tell somebody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.model import Alarm, AlarmMetric, Function, Region, Unavailable

NAMESPACE = "AWS/Lambda"
EVERY_FUNCTION = "*"
# Functions that a query selects by what is not read here, such as a tag or a pattern.
SOME_FUNCTIONS = "?"
# Metrics that grow when a queue of failures fills. What a redrive policy moves counts in no other:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
QUEUES = "AWS/SQS"
FILLING = frozenset({"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"})
# SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName) WHERE FunctionName = 'orders':
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
SELECTED = re.compile(
    r"SELECT\s+\w+\(\s*\"?(\w+)\"?\s*\)\s+FROM\s+(?:SCHEMA\(\s*)?\"?AWS/Lambda\"?", re.IGNORECASE
)
SELECTED_FUNCTION = re.compile(r"FunctionName\s*=\s*'([^']+)'", re.IGNORECASE)
CONDITION = re.compile(
    r"\bWHERE\b(.*?)(?:\bGROUP\s+BY\b|\bORDER\s+BY\b|\bLIMIT\b|$)", re.IGNORECASE | re.DOTALL
)
SEARCHED = re.compile(r"SEARCH\(\s*'\{AWS/Lambda[^}]*\}([^']*)'", re.IGNORECASE)
SEARCHED_METRIC = re.compile(r"MetricName\s*=\s*\"?(\w+)\"?", re.IGNORECASE)
REMEMBERED = "alarm_coverage"


@dataclass(frozen=True)
class Watch:
    """One alarm on one metric of a function (`*`: of all functions, `?`: of some that are not known here).
    `expression` is set where the alarm computes.
    """

    alarm: Alarm
    metric: str
    function: str
    statistic: str = ""
    expression: str = ""


@dataclass(frozen=True)
class Coverage:
    """The alarms of a region by what they watch."""

    watches: dict[tuple[str, str], tuple[Watch, ...]]
    parents: dict[str, tuple[Alarm, ...]]
    queues: frozenset[str] = frozenset()
    by_function: dict[str, tuple[Watch, ...]] = field(default_factory=dict)

    def of(self, function: Function, metric: str) -> tuple[Watch, ...]:
        """Alarms on a Lambda metric of a function, those on all functions included."""
        return (
            *self.watches.get((metric, function.name), ()),
            *self.watches.get((metric, EVERY_FUNCTION), ()),
        )

    def perhaps(self, metric: str) -> tuple[Watch, ...]:
        """Alarms on a Lambda metric of functions that could not be told from the alarm."""
        return self.watches.get((metric, SOME_FUNCTIONS), ())

    def own(self, function: Function) -> tuple[Watch, ...]:
        """Alarms that name a function, on whatever metric."""
        return self.by_function.get(function.name, ())

    def actions(self, alarm: Alarm) -> tuple[str, ...]:
        """ARNs that are told when an alarm fires, by itself or through composite alarms."""
        told: list[str] = []
        seen: set[str] = set()
        pending = [alarm]
        while pending:
            one = pending.pop()
            if one.name in seen:
                continue
            seen.add(one.name)
            told += one.alarm_actions if one.actions_enabled else ()
            pending += self.parents.get(one.name, ())
        return tuple(dict.fromkeys(told))


def coverage(region: Region) -> Coverage | Unavailable:
    """Return what the alarms of a region watch; computed once a region."""
    if isinstance(region.alarms, Unavailable):
        return region.alarms
    remembered: Coverage | None = region.__dict__.get(REMEMBERED)
    if remembered is None:
        remembered = region.__dict__[REMEMBERED] = _coverage(region.alarms)
    return remembered


def _coverage(alarms: tuple[Alarm, ...]) -> Coverage:
    watches: dict[tuple[str, str], list[Watch]] = {}
    parents: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        for watch in _watches(alarm):
            watches.setdefault((watch.metric, watch.function), []).append(watch)
        for child in alarm.children:
            parents.setdefault(child.rsplit(":alarm:", 1)[-1], []).append(alarm)
    by_function: dict[str, list[Watch]] = {}
    for (_, name), found in watches.items():
        by_function.setdefault(name, []).extend(found)
    return Coverage(
        by_function={name: tuple(found) for name, found in by_function.items()},
        watches={key: tuple(found) for key, found in watches.items()},
        parents={name: tuple(found) for name, found in parents.items()},
        queues=frozenset(
            dict(metric.dimensions)["QueueName"]
            for alarm in alarms
            for metric in alarm.metrics
            if metric.namespace == QUEUES
            and metric.metric in FILLING
            and "QueueName" in dict(metric.dimensions)
        ),
    )


def _watches(alarm: Alarm) -> Iterator[Watch]:
    expressions = [metric.expression for metric in alarm.metrics if metric.expression]
    for metric in alarm.metrics:
        if metric.expression:
            yield from _selected(alarm, metric.expression)
        elif metric.namespace == NAMESPACE:
            yield from _plain(alarm, metric, expressions[0] if expressions else "")


def _plain(alarm: Alarm, metric: AlarmMetric, expression: str) -> Iterator[Watch]:
    dimensions = dict(metric.dimensions)
    name = dimensions.get("FunctionName") or dimensions.get("Resource", "").split(":")[0]
    yield Watch(
        alarm=alarm,
        metric=metric.metric,
        function=name or EVERY_FUNCTION,
        statistic=metric.statistic,
        expression=expression,
    )


def _selected(alarm: Alarm, expression: str) -> Iterator[Watch]:
    chosen = SELECTED.search(expression)
    if chosen:
        for function in _selection(expression):
            yield Watch(alarm=alarm, metric=chosen.group(1), function=function, expression=expression)
    for searched in SEARCHED.finditer(expression):
        metric = SEARCHED_METRIC.search(searched.group(1))
        if metric:
            yield Watch(alarm=alarm, metric=metric.group(1), function=EVERY_FUNCTION, expression=expression)


def _selection(expression: str) -> tuple[str, ...]:
    """Names of the functions that a query selects; the one that stands for all, or for some."""
    condition = CONDITION.search(expression)
    if condition is None:
        return (EVERY_FUNCTION,)
    terms = re.split(r"\s+OR\s+", condition.group(1).strip(), flags=re.IGNORECASE)
    named = [SELECTED_FUNCTION.fullmatch(term.strip("() ")) for term in terms]
    return tuple(one.group(1) if one else SOME_FUNCTIONS for one in named)


def out_of_reach(watch: Watch, function: Function, timeout_s: int) -> str:
    """Return why an alarm can never fire on a function, "" where nothing forbids it.

    `timeout_s` is the longest of the configurations in traffic. Only plain alarms are judged: what an
    expression can reach is not known.
    """
    alarm = watch.alarm
    if watch.expression or alarm.threshold is None or "LessThan" in alarm.comparison:
        return ""
    if watch.metric == "Duration":
        longest = timeout_s * 1000
        if alarm.threshold >= longest and watch.statistic != "Sum":
            return f"its threshold of {alarm.threshold:,.0f} ms is not below the timeout of {longest:,} ms"
    reserved = function.reserved_concurrency
    limited = watch.metric == "ConcurrentExecutions" and isinstance(reserved, int) and reserved > 0
    if limited and isinstance(reserved, int) and alarm.threshold >= reserved:
        return f"its threshold of {alarm.threshold:,.0f} is not below the {reserved} reserved"
    return ""


def listeners(region: Region, arn: str) -> int | None | Unavailable:
    """Return how many confirmed subscribers an action reaches: None for an action that is no topic, such as
    a Lambda.
    """
    if ":sns:" not in arn:
        return None
    topic = region.topic(arn)
    if topic is None:
        return 0
    if isinstance(topic, Unavailable):
        return topic
    if isinstance(topic.subscriptions, Unavailable):
        return topic.subscriptions
    return sum(subscription.confirmed for subscription in topic.subscriptions)
