"""Queues and streams that feed functions lose nothing, and hold nothing up."""

from typing import NamedTuple

from auditor import (
    ChecklistItem,
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
from auditor.model import EventSourceMapping, Queue, Reason, Stream
from auditor.queries import ERRORS, metric
from auditor.served import Served, in_traffic, qualifier_of, served, version_at
from auditor.timeout_chain import chain, picture

ITEM = ChecklistItem.ERROR_HANDLING
# Receives that Lambda recommends before a message is given up:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
LEAST_RECEIVES = 5
VISIBILITY_FACTOR = 6
DAY_S = 86_400
MS_AN_HOUR = 3_600_000
# What LastProcessingResult says of a poll that went wrong:
# https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
PROBLEM = "PROBLEM"
FUNCTION_FAILED = "Function call failed"
# Kinds of sources whose service was asked for each of them.
ASKED = frozenset({"sqs", "kinesis", "dynamodb"})


def _of_kinds(function: Function, region: Region, *kinds: str) -> tuple[EventSourceMapping, ...]:
    return tuple(one for one in known(region.mappings_of(function)) if one.kind in kinds)


def _short(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-04",), effort="One setting")
def stream_failures_lost(function: Function, region: Region) -> Verdict:
    """Stream mapping without failure destination.

    ## Why it matters
    A batch that is given up is skipped, and without an on-failure destination nobody knows which records
    it held.

    ## How to fix
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --destination-config OnFailure={Destination=QUEUE_ARN}`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    streams = _of_kinds(function, region, "kinesis", "dynamodb", "kafka")
    if not streams:
        return not_applicable("No stream feeds the function")
    bare = [one for one in streams if not one.on_failure_arn]
    if not bare:
        said = counted(len(streams), "stream mapping", "stream mappings")
        return passed(f"{said}, each with an on-failure destination")
    return failed(
        f"Stream mappings without an on-failure destination: {len(bare)} of {len(streams)}",
        details=tuple(
            Detail(subject=_short(one.source_arn), text=f"{one.kind}, mapping {one.uuid}") for one in bare
        ),
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-06",), effort="One setting")
def poison_record_blocks(function: Function, region: Region) -> Verdict:
    """One bad record can block a shard for days.

    ## Why it matters
    With endless retries, no bound on age and no splitting of batches, one record that always fails holds
    up its shard until the stream forgets it, and everything behind it.

    ## How to fix
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --maximum-retry-attempts 3 --maximum-record-age-in-seconds 3600 --bisect-batch-on-function-error`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
    """
    streams = _of_kinds(function, region, "kinesis", "dynamodb")
    if not streams:
        return not_applicable("No Kinesis or DynamoDB stream feeds the function")
    endless = [
        one
        for one in streams
        if one.max_retries in {None, -1} and one.max_record_age_s in {None, -1} and not one.bisect
    ]
    if not endless:
        said = counted(len(streams), "stream mapping", "stream mappings")
        return passed(f"{said}, each bounded by retries, age or bisection")
    return failed(
        f"Stream mappings without a limit of retries or age, or bisection: {len(endless)} of {len(streams)}",
        details=tuple(Detail(subject=_short(one.source_arn), text=f"mapping {one.uuid}") for one in endless),
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-05",), effort="Code change")
def whole_batch_retried(function: Function, region: Region) -> Verdict:
    """One failed record sends its whole batch back.

    ## Why it matters
    Without partial batch responses every record of the batch is processed again, those that went well
    too.

    ## How to fix
    Return batchItemFailures from the handler, then tell the mapping:
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --function-response-types ReportBatchItemFailures`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    mappings = [
        one for one in _of_kinds(function, region, "sqs", "kinesis", "dynamodb") if one.batch_size > 1
    ]
    if not mappings:
        return not_applicable("No queue or stream feeds the function in batches")
    whole = [one for one in mappings if not one.partial_batch]
    if whole:
        return failed(
            f"Mappings without ReportBatchItemFailures: {len(whole)} of {len(mappings)}, batches of up to "
            f"{max(one.batch_size for one in whole):,}",
            details=tuple(
                Detail(
                    subject=_short(one.source_arn), text=f"batch of {one.batch_size:,}, mapping {one.uuid}"
                )
                for one in whole
            ),
        )
    return passed(f"{counted(len(mappings), 'mapping reports', 'mappings report')} partial batches")


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-07",), effort="One setting")
def queue_visibility_too_short(
    function: Function, region: Region, *, factor: int = VISIBILITY_FACTOR
) -> Verdict:
    """Queue shows messages again while they are worked on.

    ## Why it matters
    A visibility timeout below the function's timeout lets a second run take the same message. Lambda
    recommends six times the function's timeout, so that throttled batches can be tried again in between.

    ## How to fix
    `aws sqs set-queue-attributes --region REGION --queue-url QUEUE_URL --attributes VisibilityTimeout=SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    mappings = _of_kinds(function, region, "sqs")
    if not mappings:
        return not_applicable("No queue feeds the function")
    configurations = known(served(function, region))
    asked = [(one, region.queue(one.source_arn)) for one in mappings]
    links = [
        _Link(one, queue, _timeout_s(one, configurations), factor)
        for one, queue in asked
        if isinstance(queue, Queue)
    ]
    short = [link for link in links if link.queue.visibility_s < link.timeout_s]
    details = tuple(link.detail for link in links)
    longest = max(in_traffic(configurations), key=lambda one: one.timeout_s)
    evidence = (picture(chain(function, region, (), longest)),)
    if short:
        return failed(short[0].said, details=details, evidence=evidence)
    for _, queue in asked:
        known(queue)
    if not links:
        return not_applicable("The source queue does not exist")
    tight = [link for link in links if link.queue.visibility_s < link.wanted_s]
    if tight:
        said = f"{tight[0].said}; {tight[0].wanted_s} s wanted ({factor} times the timeout)"
        return warned(said, details=details, evidence=evidence, severity=Severity.MEDIUM)
    return passed(f"{links[0].said}; {links[0].wanted_s} s wanted")


class _Link(NamedTuple):
    """A mapping with its queue, the timeout of the configuration that it invokes, and Lambda's factor."""

    mapping: EventSourceMapping
    queue: Queue
    timeout_s: int
    factor: int

    @property
    def wanted_s(self) -> int:
        return self.factor * self.timeout_s + self.mapping.batching_window_s

    @property
    def said(self) -> str:
        return (
            f"{_short(self.queue.arn)}: visible again after {self.queue.visibility_s} s, "
            f"timeout {self.timeout_s} s"
        )

    @property
    def detail(self) -> Detail:
        return Detail(
            subject=_short(self.queue.arn),
            text=f"visible again after {self.queue.visibility_s} s, {self.wanted_s} s wanted: {self.factor} "
            f"times {self.timeout_s} s and a batching window of {self.mapping.batching_window_s} s",
        )


def _timeout_s(mapping: EventSourceMapping, configurations: tuple[Served, ...]) -> int:
    reached = version_at(configurations, qualifier_of(mapping.function_arn)) or configurations[:1]
    return max(one.timeout_s for one in reached)


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-08",), effort="One setting")
def queue_without_redrive(
    function: Function, region: Region, *, least_receives: int = LEAST_RECEIVES
) -> Verdict:
    """Source queue never gives up a bad message, or loses it.

    ## Why it matters
    Without a redrive policy a message that always fails comes back until it expires, and takes capacity
    each time. Fewer than five receives send messages away that were only throttled. In a dead-letter
    queue the age of a message goes on counting, so that it has to keep messages for longer than its
    source.

    ## How to fix
    Name a dead-letter queue of the same type, with a longer retention, and five receives or more:
    `aws sqs set-queue-attributes --region REGION --queue-url QUEUE_URL --attributes file://redrive.json`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    mappings = _of_kinds(function, region, "sqs")
    if not mappings:
        return not_applicable("No queue feeds the function")
    asked = [region.queue(one.source_arn) for one in mappings]
    queues = [queue for queue in asked if isinstance(queue, Queue)]
    faults = [(queue, fault) for queue in queues if (fault := _redrive_fault(queue, region, least_receives))]
    if faults:
        return failed(
            f"{_short(faults[0][0].arn)} {faults[0][1]}",
            details=tuple(Detail(subject=_short(queue.arn), text=fault) for queue, fault in faults),
        )
    for queue in asked:
        known(queue)
    if not queues:
        return not_applicable("The source queue does not exist")
    forgetful = [(queue, fault) for queue in queues if (fault := _forgets(queue, region))]
    if forgetful:
        return warned(
            f"{_short(forgetful[0][0].arn)} {forgetful[0][1]}",
            details=tuple(Detail(subject=_short(queue.arn), text=fault) for queue, fault in forgetful),
            severity=Severity.LOW,
        )
    receives = min(queue.redrive.max_receive_count for queue in queues if queue.redrive)
    return passed(
        f"{counted(len(queues), 'source queue gives', 'source queues give')} up after {receives} receives "
        f"or more, {least_receives} wanted"
    )


def _redrive_fault(queue: Queue, region: Region, least: int) -> str:
    if queue.redrive is None:
        return "has no redrive policy"
    if queue.redrive.max_receive_count < least:
        return f"gives up after {queue.redrive.max_receive_count} receives, {least} wanted"
    target = region.queue(queue.redrive.dead_letter_arn)
    name = _short(queue.redrive.dead_letter_arn)
    if target is None:
        return f"redrives to {name}, which does not exist"
    if queue.fifo is not name.endswith(".fifo"):
        return f"redrives to {name}: one of them is a FIFO queue and the other is not"
    known(target)
    return ""


def _forgets(queue: Queue, region: Region) -> str:
    """Whether the dead-letter queue of a standard queue forgets before the queue itself would.

    The clock of a message runs from its first sending, also in a dead-letter queue:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
    """
    dead = region.queue(queue.redrive.dead_letter_arn) if queue.redrive else None
    if queue.fifo or not isinstance(dead, Queue) or dead.retention_s > queue.retention_s:
        return ""
    return (
        f"keeps messages for {queue.retention_s / DAY_S:.1f} days, its dead-letter queue "
        f"{_short(dead.arn)} for {dead.retention_s / DAY_S:.1f} days from the same start"
    )


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-26",), effort="Code change")
def stream_falls_behind(
    function: Function, region: Region, *, share: float = 0.5, attention_h: float = 2.0, lag: int = 100_000
) -> Verdict:
    """Stream consumer falls behind.

    ## Why it matters
    Records older than the stream's retention are gone. The age of the oldest unread record says how near
    that is.

    ## How to fix
    Read faster, with more workers for each shard or larger batches:
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --parallelization-factor 10`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#performance-metrics
    """
    streams = _of_kinds(function, region, "kinesis", "dynamodb")
    topics = _of_kinds(function, region, "kafka")
    if not streams and not topics:
        return not_applicable("No stream or Kafka topic feeds the function")
    usage = known(function.usage)
    if usage.iterator_age_ms is None or not streams:
        return _kafka_lag(usage.offset_lag, function, lag)
    kept_h = min(_retention_h(one, region) for one in streams)
    behind_h = usage.iterator_age_ms / MS_AN_HOUR
    said = f"Oldest record {behind_h:.1f} h old when read, kept for {kept_h} h"
    query = metric("MAX", "IteratorAge", function)
    if behind_h > share * kept_h:
        return failed(f"{said}; {share:.0%} of it is the limit", query=query)
    if behind_h > attention_h:
        return warned(f"{said}; {attention_h:g} h ask for attention", query=query)
    if topics and (usage.offset_lag or 0) > lag:
        return _kafka_lag(usage.offset_lag, function, lag)
    return passed(f"{said}; {share:.0%} of it is the limit", query=query)


def _kafka_lag(behind: float | None, function: Function, lag: int) -> Verdict:
    """Kafka tells how many records wait, and not for how long."""
    if behind is None:
        return not_applicable("No record was read in the window")
    said = f"At most {behind:,.0f} Kafka records waited, {lag:,} are the limit (a heuristic)"
    query = metric("MAX", "OffsetLag", function)
    return warned(said, query=query) if behind > lag else passed(said, query=query)


def _retention_h(mapping: EventSourceMapping, region: Region) -> int:
    """Return how long a stream keeps records; 24 h where it is not told, the least that AWS offers."""
    stream = known(region.stream(mapping.source_arn))
    return stream.retention_h if stream else 24


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-27",), effort="One setting")
def mapping_idle(function: Function, region: Region) -> Verdict:
    """Event source mapping is off, failing, or without a source.

    ## Why it matters
    A mapping that is disabled, whose poll fails or whose queue was deleted delivers nothing: messages
    pile up, expire, or never come. Where the function itself failed on the last batch, the batch is tried
    again.

    ## How to fix
    `aws lambda get-event-source-mapping --region REGION --uuid UUID`
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --enabled`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    mappings = known(region.mappings_of(function))
    if not mappings:
        return not_applicable("No event source mapping feeds the function")
    faults = [(one, *fault) for one in mappings if (fault := _idle_fault(one, region))]
    if not faults:
        for one in mappings:
            _known_source(one, region)
        return passed(f"{counted(len(mappings), 'mapping is', 'mappings are')} on, with a source that exists")
    faults.sort(key=lambda fault: fault[1].rank)
    one, severity, text = faults[0]
    verdict = warned if severity is Severity.LOW else failed
    return verdict(
        f"{len(faults)} of {len(mappings)} mappings: {_short(one.source_arn)} {text}",
        details=tuple(
            Detail(subject=_short(bad.source_arn), text=f"{why}, mapping {bad.uuid}")
            for bad, _, why in faults
        ),
        severity=severity,
        query=ERRORS if FUNCTION_FAILED in one.last_result else "",
    )


def _idle_fault(one: EventSourceMapping, region: Region) -> tuple[Severity, str] | None:
    """What keeps a mapping from delivering, with how much harm it does."""
    reason = f" ({one.state_reason})" if one.state_reason else ""
    since = f" since {one.last_modified:%Y-%m-%d}" if one.last_modified else ""
    if _is_gone(one, region):
        return Severity.HIGH, "does not exist any more, and the mapping still does"
    if one.state in {"Disabled", "Disabling"}:
        return Severity.MEDIUM, f"is {one.state}{since}{reason}"
    if FUNCTION_FAILED in one.last_result:
        return Severity.LOW, f"is {one.state}, and its last batch failed in the function"
    if PROBLEM in one.last_result.upper():
        return Severity.MEDIUM, f"is {one.state}, and its last poll failed: {one.last_result}"
    return None


def _source(one: EventSourceMapping, region: Region) -> Queue | Stream | None | Unavailable:
    return region.queue(one.source_arn) if one.kind == "sqs" else region.stream(one.source_arn)


def _is_gone(one: EventSourceMapping, region: Region) -> bool:
    """Whether the service of the source says that there is none; what could not be asked counts as there."""
    return one.kind in ASKED and _source(one, region) is None


def _known_source(one: EventSourceMapping, region: Region) -> None:
    """Ask for the source where it can be asked for: of one in another account the polls tell."""
    found = _source(one, region) if one.kind in ASKED else None
    if isinstance(found, Unavailable) and found.reason is not Reason.OTHER_ACCOUNT:
        known(found)


@check(item=ITEM, severity=Severity.LOW, codes=("REL-30",), effort="One setting")
def mapping_settings_inconsistent(function: Function, region: Region) -> Verdict:
    """Event source mapping has settings that do not go together.

    ## Why it matters
    Settings that exclude each other, or that a FIFO queue does not take, are ignored or refused at the
    next change.

    ## How to fix
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --batch-size COUNT --maximum-batching-window-in-seconds SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
    """
    mappings = known(region.mappings_of(function))
    if not mappings:
        return not_applicable("No event source mapping feeds the function")
    faults = [(one, fault) for one in mappings if (fault := _mapping_fault(one))]
    if faults:
        return failed(
            f"{_short(faults[0][0].source_arn)}: {faults[0][1]}",
            details=tuple(Detail(subject=_short(one.source_arn), text=fault) for one, fault in faults),
        )
    return passed(f"{counted(len(mappings), 'mapping', 'mappings')}, the settings go together")


def _mapping_fault(one: EventSourceMapping) -> str:
    """Return what of a queue's mapping contradicts: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html."""
    if one.kind != "sqs":
        return ""
    fifo = one.source_arn.endswith(".fifo")
    if fifo and one.batch_size > 10:
        return f"a batch of {one.batch_size} from a FIFO queue, 10 is the limit"
    if fifo and one.batching_window_s:
        return f"a batching window of {one.batching_window_s} s on a FIFO queue, which has none"
    if one.batch_size > 10 and one.batching_window_s < 1:
        return f"a batch of {one.batch_size} without a batching window, 1 s is the least"
    if one.max_concurrency is not None and one.max_pollers is not None:
        return "maximum concurrency and provisioned pollers exclude each other"
    return ""
