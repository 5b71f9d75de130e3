"""What functions did in the measured window, from their CloudWatch metrics.

Two rounds: what every function has (invocations, throttles, asynchronous events), then the rest for those
that did anything. Percentiles travel apart from sums, so that a refused percentile takes no count along.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from auditor.collect import metrics
from auditor.collect.metrics import (
    DAY_S,
    WINDOW_DAYS,
    Dimensions,
    Query,
    Series,
    Window,
    fetch,
    highest,
    total,
)
from auditor.collect.session import Api
from auditor.model import (
    DailyUsage,
    EventSourceMapping,
    EvidenceMissingError,
    Function,
    LogUsage,
    Unavailable,
    Usage,
    known,
)

OPERATIONS = metrics.OPERATIONS

NAMESPACE = "AWS/Lambda"
# Functions whose series are held in memory at a time.
FUNCTIONS_A_BATCH = 500
# The points of a batch are held until it is measured through.
BATCHES_AT_ONCE = 2
# Two metrics each fill a call.
GROUPS_A_BATCH = metrics.QUERIES_A_CALL // 2
# Kinds of event source mapping with these metrics.
AGED = frozenset({"kinesis", "dynamodb", "documentdb"})
LAGGED = frozenset({"kafka"})
EVERY_KIND = AGED | LAGGED | {"sqs", "mq"}

Found = dict[Query, Series]


class Subject(NamedTuple):
    """A function by the name under which its metrics stand.

    `kinds` are those of its mappings, `qualifiers` those with provisioned concurrency; `versioned` is whether
    it can have any.
    """

    arn: str
    name: str
    kinds: frozenset[str]
    versioned: bool
    qualifiers: tuple[str, ...]

    def daily(self, metric: str) -> Query:
        """Sum of each day, for what the report draws by day."""
        return Query(NAMESPACE, metric, (("FunctionName", self.name),), "Sum", DAY_S)

    def once(self, metric: str, statistic: str, window: Window) -> Query:
        """One value over the whole window: percentiles of days cannot be joined, and of a count the days are
        fourteen points to send and read in place of one.
        """
        return Query(NAMESPACE, metric, (("FunctionName", self.name),), statistic, window.seconds)

    def slow_days(self) -> Query:
        """Slow runs of each day."""
        return Query(NAMESPACE, "Duration", (("FunctionName", self.name),), "p95", DAY_S)

    def utilizations(self, window: Window) -> tuple[Query, ...]:
        """Use of provisioned concurrency, which stands under each qualifier that has some."""
        metric = "ProvisionedConcurrencyUtilization"
        resources: list[Dimensions] = [(("Resource", f"{self.name}:{name}"),) for name in self.qualifiers]
        return tuple(
            Query(NAMESPACE, metric, (("FunctionName", self.name), *more), "Maximum", window.seconds)
            for more in resources or [()]
        )


def collect_usage(
    api: Api,
    region: str,
    functions: Iterable[Function],
    mappings: Iterable[EventSourceMapping] | Unavailable,
    window: Window,
) -> dict[str, Usage | Unavailable]:
    """Measure functions of one region and return their usage by function ARN.

    Asks 3 metrics of an idle function and 5 to 12 of a busy one: stream, asynchronous and provisioned
    concurrency metrics only where they can exist, or where the mappings could not be read. Sums are over all
    qualifiers, percentiles over the whole window.
    """
    kinds = _kinds_by_function(mappings)
    subjects = [subject_of(function, kinds) for function in functions]
    return measure(api, region, subjects, window)


def collect_peak_concurrency(api: Api, region: str, window: Window) -> int | None | Unavailable:
    """Most execution environments that ran at once in the region, None where nothing ran."""
    query = Query(NAMESPACE, "ConcurrentExecutions", (), "Maximum", DAY_S)
    peak = highest(fetch(api, region, [query], window)[query])
    return peak if isinstance(peak, Unavailable) else _rounded(peak)


def collect_log_usage(
    api: Api, region: str, groups: Iterable[str], window: Window
) -> dict[str, LogUsage | Unavailable]:
    """Measure what log groups took in, by the name of the group."""
    names = sorted(set(groups))
    measured: dict[str, LogUsage | Unavailable] = {}
    # A batch at a time: the points of all groups together would be the most that a scan ever holds.
    for first in range(0, len(names), GROUPS_A_BATCH):
        asked = {name: _log_queries(name, window) for name in names[first : first + GROUPS_A_BATCH]}
        found = fetch(api, region, (query for pair in asked.values() for query in pair), window)
        measured.update((name, _log_usage(*(found[query] for query in pair))) for name, pair in asked.items())
    return measured


def _log_queries(group: str, window: Window) -> tuple[Query, Query]:
    size, events = (
        Query("AWS/Logs", metric, (("LogGroupName", group),), "Sum", window.seconds)
        for metric in ("IncomingBytes", "IncomingLogEvents")
    )
    return size, events


def _log_usage(size: Series, events: Series) -> LogUsage | Unavailable:
    try:
        return LogUsage(incoming_bytes=known(total(size)), incoming_events=known(total(events)))
    except EvidenceMissingError as missing:
        return missing.unavailable


def _kinds_by_function(
    mappings: Iterable[EventSourceMapping] | Unavailable,
) -> dict[str, frozenset[str]] | Unavailable:
    if isinstance(mappings, Unavailable):
        return mappings
    found: dict[str, set[str]] = {}
    for mapping in mappings:
        found.setdefault(":".join(mapping.function_arn.split(":")[:7]), set()).add(mapping.kind)
    return {arn: frozenset(kinds) for arn, kinds in found.items()}


def subject_of(function: Function, kinds: dict[str, frozenset[str]] | Unavailable) -> Subject:
    """Reduce a function to what decides which metrics it can have; `kinds` are of mappings by its ARN."""
    provisioned = () if isinstance(function.provisioned, Unavailable) else function.provisioned
    return Subject(
        arn=function.arn,
        name=function.name,
        kinds=EVERY_KIND if isinstance(kinds, Unavailable) else kinds.get(function.arn, frozenset()),
        versioned=isinstance(function.versions, Unavailable) or bool(function.versions),
        qualifiers=tuple(found.qualifier for found in provisioned),
    )


def measure(
    api: Api, region: str, subjects: Sequence[Subject], window: Window
) -> dict[str, Usage | Unavailable]:
    """Measure subjects in one region, several batches at once, and return their usage by function ARN."""
    batches = [
        subjects[first : first + FUNCTIONS_A_BATCH] for first in range(0, len(subjects), FUNCTIONS_A_BATCH)
    ]
    found: dict[str, Usage | Unavailable] = {}
    for usages in api.map(lambda batch: _batch(api, region, batch, window), batches, threads=BATCHES_AT_ONCE):
        found.update(usages)
    return found


def _batch(
    api: Api, region: str, subjects: Sequence[Subject], window: Window
) -> dict[str, Usage | Unavailable]:
    first = (query for subject in subjects for query in _first_round(subject, window))
    found = fetch(api, region, first, window)
    for rest in (_sums, _percentiles):
        queries = (query for subject in subjects for query in rest(subject, found, window))
        found |= fetch(api, region, list(queries), window)
    return {subject.arn: _usage(subject, found, window) for subject in subjects}


def _first_round(subject: Subject, window: Window) -> tuple[Query, ...]:
    return (
        subject.daily("Invocations"),
        subject.daily("Throttles"),
        subject.once("AsyncEventsReceived", "Sum", window),
    )


def _happened(found: Found, query: Query) -> bool:
    """Whether a counted thing happened; of what could not be read, more is not asked."""
    count = total(found.get(query, ()))
    return not isinstance(count, Unavailable) and count > 0


def _sums(subject: Subject, found: Found, window: Window) -> Iterator[Query]:
    if _happened(found, subject.daily("Invocations")):
        yield subject.daily("Errors")
        for statistic in ("Sum", "SampleCount", "Maximum"):
            yield subject.once("Duration", statistic, window)
        yield subject.once("ConcurrentExecutions", "Maximum", window)
        if subject.versioned:
            yield subject.once("ProvisionedConcurrencyInvocations", "Sum", window)
            yield subject.once("ProvisionedConcurrencySpilloverInvocations", "Sum", window)
            yield from subject.utilizations(window)
    if subject.kinds & AGED:
        yield subject.once("IteratorAge", "Maximum", window)
    if subject.kinds & LAGGED:
        yield subject.once("OffsetLag", "Maximum", window)
    queued = _happened(found, subject.once("AsyncEventsReceived", "Sum", window))
    if queued:
        yield subject.once("AsyncEventsDropped", "Sum", window)
        yield subject.once("DeadLetterErrors", "Sum", window)
    if queued or subject.kinds & (AGED | LAGGED):
        yield subject.once("DestinationDeliveryFailures", "Sum", window)
    if queued or subject.kinds:
        yield subject.once("RecursiveInvocationsDropped", "Sum", window)


def _percentiles(subject: Subject, found: Found, window: Window) -> Iterator[Query]:
    if _happened(found, subject.daily("Invocations")):
        for statistic in ("p50", "p95", "p99"):
            yield subject.once("Duration", statistic, window)
        yield subject.slow_days()
    if _happened(found, subject.once("AsyncEventsReceived", "Sum", window)):
        yield subject.once("AsyncEventAge", "p99", window)


def _usage(subject: Subject, found: Found, window: Window) -> Usage | Unavailable:
    """Put a function's series together. A query that was not asked has nothing to count."""

    def by_day(metric: str) -> int:
        return known(total(found.get(subject.daily(metric), ())))

    def count(metric: str) -> int:
        return known(total(found.get(subject.once(metric, "Sum", window), ())))

    def peak(metric: str, statistic: str = "Maximum") -> float | None | Unavailable:
        return highest(found.get(subject.once(metric, statistic, window), ()))

    try:
        return Usage(
            window_start=window.start,
            window_end=window.end,
            invocations=by_day("Invocations"),
            errors=by_day("Errors"),
            throttles=by_day("Throttles"),
            duration_p50_ms=peak("Duration", "p50"),
            duration_p95_ms=peak("Duration", "p95"),
            duration_p99_ms=peak("Duration", "p99"),
            longest_ms=known(peak("Duration")),
            average_ms=_average(subject, found, window),
            peak_concurrency=_rounded(known(peak("ConcurrentExecutions"))),
            iterator_age_ms=known(peak("IteratorAge")),
            offset_lag=known(peak("OffsetLag")),
            dead_letter_errors=count("DeadLetterErrors"),
            destination_errors=count("DestinationDeliveryFailures"),
            async_received=count("AsyncEventsReceived"),
            async_dropped=count("AsyncEventsDropped"),
            async_age_p99_ms=peak("AsyncEventAge", "p99"),
            recursive_dropped=count("RecursiveInvocationsDropped"),
            provisioned_invocations=count("ProvisionedConcurrencyInvocations"),
            provisioned_spillover=count("ProvisionedConcurrencySpilloverInvocations"),
            provisioned_utilization=_utilization(subject, found, window),
            daily=_days(subject, found, window),
        )
    except EvidenceMissingError as missing:
        return missing.unavailable


def _average(subject: Subject, found: Found, window: Window) -> float | None:
    spent, runs = (
        known(found.get(subject.once("Duration", statistic, window), ()))
        for statistic in ("Sum", "SampleCount")
    )
    count = sum(value for _, value in runs)
    return sum(value for _, value in spent) / count if count else None


def _utilization(subject: Subject, found: Found, window: Window) -> float | None:
    points = [known(highest(found.get(query, ()))) for query in subject.utilizations(window)]
    return max((value for value in points if value is not None), default=None)


def _days(subject: Subject, found: Found, window: Window) -> tuple[DailyUsage, ...]:
    """Days of the window that have a point of any count."""
    runs, errors, throttles = (
        {at: round(value) for at, value in known(found.get(subject.daily(metric), ()))}
        for metric in ("Invocations", "Errors", "Throttles")
    )
    slow = found.get(subject.slow_days(), ())
    slowest = {} if isinstance(slow, Unavailable) else dict(slow)
    starts = _starts(window.start)
    return tuple(
        DailyUsage(
            day=starts.get(day, day),
            invocations=runs.get(day, 0),
            errors=errors.get(day, 0),
            throttles=throttles.get(day, 0),
            duration_p95_ms=slow if isinstance(slow, Unavailable) else slowest.get(day),
        )
        for day in sorted(runs.keys() | throttles.keys())
    )


@lru_cache(maxsize=8)
def _starts(first: datetime) -> Mapping[datetime, datetime]:
    """Return the days of a window by themselves: thousands of functions share these few instants."""
    return {start: start for start in (first + timedelta(days=day) for day in range(WINDOW_DAYS))}


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
