"""Queues and streams that feed functions lose nothing, and hold nothing up."""

from auditor import (
    ChecklistItem,
    Detail,
    Function,
    Region,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.model import EventSourceMapping, Queue

ITEM = ChecklistItem.ERROR_HANDLING
# Receives that Lambda recommends before a message is given up:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
LEAST_RECEIVES = 5
VISIBILITY_FACTOR = 6


def _of_kinds(function: Function, region: Region, *kinds: str) -> tuple[EventSourceMapping, ...]:
    return tuple(one for one in known(region.mappings_of(function)) if one.kind in kinds)


def _short(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-04",), effort="One setting")
def stream_failures_lost(function: Function, region: Region) -> Verdict:
    """Stream mapping without failure destination.

    ## Why it matters
    A batch that is given up is skipped, and without an on-failure destination nobody knows which records it
    held.

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
        return passed(f"{len(streams)} stream mappings, each with an on-failure destination")
    return failed(
        f"{len(bare)} of {len(streams)} stream mappings have no on-failure destination",
        details=tuple(
            Detail(subject=_short(one.source_arn), text=f"{one.kind}, mapping {one.uuid}") for one in bare
        ),
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-06",), effort="One setting")
def poison_record_blocks(function: Function, region: Region) -> Verdict:
    """One bad record can block a shard for days.

    ## Why it matters
    With endless retries, no bound on age and no splitting of batches, one record that always fails holds up
    its shard until
    the stream forgets it, and everything behind it.

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
        return passed(f"{len(streams)} stream mappings, each bounded by retries, age or bisection")
    return failed(
        f"{len(endless)} of {len(streams)} stream mappings retry without end, without age limit or bisection",
        details=tuple(Detail(subject=_short(one.source_arn), text=f"mapping {one.uuid}") for one in endless),
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-05",), effort="Code change")
def whole_batch_retried(function: Function, region: Region) -> Verdict:
    """One failed record sends its whole batch back.

    ## Why it matters
    Without partial batch responses every record of the batch is processed again, those that went well too.

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
            f"{len(whole)} of {len(mappings)} mappings lack ReportBatchItemFailures, batches of up to "
            f"{max(one.batch_size for one in whole):,}",
            details=tuple(
                Detail(
                    subject=_short(one.source_arn), text=f"batch of {one.batch_size:,}, mapping {one.uuid}"
                )
                for one in whole
            ),
        )
    return passed(f"{len(mappings)} mappings report partial batches")


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-07",), effort="One setting")
def queue_visibility_too_short(
    function: Function, region: Region, *, factor: int = VISIBILITY_FACTOR
) -> Verdict:
    """Queue shows messages again while they are worked on.

    ## Why it matters
    A visibility timeout below the function's timeout lets a second run take the same message. Lambda
    recommends six times
    the function's timeout, so that throttled batches can be tried again in between.

    ## How to fix
    `aws sqs set-queue-attributes --region REGION --queue-url QUEUE_URL --attributes VisibilityTimeout=SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    mappings = _of_kinds(function, region, "sqs")
    if not mappings:
        return not_applicable("No queue feeds the function")
    found = [(one, queue) for one in mappings if (queue := known(region.queue(one.source_arn))) is not None]
    if not found:
        return not_applicable("The source queue does not exist")
    short = [(one, queue) for one, queue in found if queue.visibility_s < function.timeout_s]
    tight = [
        (one, queue)
        for one, queue in found
        if queue.visibility_s < factor * function.timeout_s + one.batching_window_s
    ]
    one, queue = (short or tight or found)[0]
    wanted = factor * function.timeout_s + one.batching_window_s
    said = f"{_short(queue.arn)}: visible again after {queue.visibility_s} s, timeout {function.timeout_s} s"
    if short:
        return failed(said)
    if tight:
        return warned(f"{said}; {wanted} s wanted ({factor} times the timeout)", severity=Severity.MEDIUM)
    return passed(f"{said}; {wanted} s wanted")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-08",), effort="One setting")
def queue_without_redrive(
    function: Function, region: Region, *, least_receives: int = LEAST_RECEIVES
) -> Verdict:
    """Source queue never gives up a bad message.

    ## Why it matters
    Without a redrive policy a message that always fails comes back until it expires, and takes capacity
    each time. Fewer
    than five receives send messages away that were only throttled.

    ## How to fix
    `aws sqs set-queue-attributes --region REGION --queue-url QUEUE_URL --attributes file://redrive.json`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    mappings = _of_kinds(function, region, "sqs")
    if not mappings:
        return not_applicable("No queue feeds the function")
    queues = [queue for one in mappings if (queue := known(region.queue(one.source_arn))) is not None]
    if not queues:
        return not_applicable("The source queue does not exist")
    faults = [(queue, fault) for queue in queues if (fault := _redrive_fault(queue, region, least_receives))]
    if faults:
        return failed(
            f"{_short(faults[0][0].arn)} {faults[0][1]}",
            details=tuple(Detail(subject=_short(queue.arn), text=fault) for queue, fault in faults),
        )
    receives = min(queue.redrive.max_receive_count for queue in queues if queue.redrive)
    return passed(
        f"{len(queues)} source queues give up after {receives} receives or more, {least_receives} wanted"
    )


def _redrive_fault(queue: Queue, region: Region, least: int) -> str:
    if queue.redrive is None:
        return "has no redrive policy"
    if queue.redrive.max_receive_count < least:
        return f"gives up after {queue.redrive.max_receive_count} receives, {least} wanted"
    target = region.queue(queue.redrive.dead_letter_arn)
    return "redrives to a queue that does not exist" if target is None else ""


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-26",), effort="Code change")
def stream_falls_behind(function: Function, region: Region, *, share: float = 0.5) -> Verdict:
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
    if not streams:
        return not_applicable("No Kinesis or DynamoDB stream feeds the function")
    age_ms = known(function.usage).iterator_age_ms
    if age_ms is None:
        return not_applicable("No record was read in the window")
    kept_h = min(_retention_h(one, region) for one in streams)
    behind_h = age_ms / 3_600_000
    said = f"oldest record {behind_h:.1f} h old when read, kept for {kept_h} h"
    if behind_h > share * kept_h:
        return failed(f"{said}; {share:.0%} of it is the limit")
    return passed(f"{said}; {share:.0%} of it is the limit")


def _retention_h(mapping: EventSourceMapping, region: Region) -> int:
    """Return how long a stream keeps records; 24 h where it is not told, the least that AWS offers."""
    stream = known(region.stream(mapping.source_arn))
    return stream.retention_h if stream else 24


@check(item=ITEM, severity=Severity.MEDIUM, codes=("REL-27",), effort="One setting")
def mapping_idle(function: Function, region: Region) -> Verdict:
    """Event source mapping is off or failing.

    ## Why it matters
    A mapping that is disabled, or whose last poll failed, delivers nothing: messages pile up or expire.

    ## How to fix
    `aws lambda get-event-source-mapping --region REGION --uuid UUID`
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --enabled`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    mappings = known(region.mappings_of(function))
    if not mappings:
        return not_applicable("No event source mapping feeds the function")
    bad = [
        one
        for one in mappings
        if one.state in {"Disabled", "Disabling"} or "PROBLEM" in one.last_result.upper()
    ]
    if bad:
        return failed(
            f"{len(bad)} of {len(mappings)} mappings deliver nothing: {_short(bad[0].source_arn)} {bad[0].state}",
            details=tuple(
                Detail(subject=_short(one.source_arn), text=f"{one.state}, {one.last_result or 'no result'}")
                for one in bad
            ),
        )
    return passed(f"{len(mappings)} mappings are enabled and their last poll went well")


@check(item=ITEM, severity=Severity.LOW, codes=("REL-30",), effort="One setting")
def mapping_settings_inconsistent(function: Function, region: Region) -> Verdict:
    """Event source mapping has settings that do not go together.

    ## Why it matters
    Settings that exclude each other, or that a FIFO queue does not take, are ignored or refused at the next change.

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
    return passed(f"{len(mappings)} mappings, their settings go together")


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
