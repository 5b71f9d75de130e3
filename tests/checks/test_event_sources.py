"""Queues and streams: one table a check."""

from typing import Any

import pytest

from auditor.model import (
    EventSourceMapping,
    Function,
    Queue,
    QueueRedrive,
    Reason,
    Region,
    Stream,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    NOW,
    REGION,
    Case,
    case,
    healthy_function,
    healthy_region,
    healthy_usage,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")
SOURCE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders-dead"
KAFKA = f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/clicks/1"
CLICKS = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/clicks"


def mapped(
    kind: str = "sqs",
    source: str = SOURCE,
    *,
    queue: Queue | None | Unavailable = None,
    streams: tuple[Stream, ...] | Unavailable = (),
    **changes: Any,
) -> Region:
    fields: dict[str, Any] = {"state": "Enabled", "batch_size": 10, "last_result": "OK", **changes}
    mapping = EventSourceMapping(uuid="u-1", function_arn=ARN, source_arn=source, kind=kind, **fields)
    return with_queues(queue, mappings=(mapping,), streams=streams)


def with_queues(queue: Queue | None | Unavailable, **changes: Any) -> Region:
    known = (queue,) if isinstance(queue, Queue) else ()
    unread = () if isinstance(queue, Queue) else ((SOURCE, queue), (DEAD, queue))
    return healthy_region(queues=known, unread_queues=unread, **changes)


def source(**changes: Any) -> Queue:
    fields: dict[str, Any] = {
        "arn": SOURCE,
        "visibility_s": 90,
        "redrive": QueueRedrive(dead_letter_arn=DEAD, max_receive_count=5),
    }
    return Queue(**{**fields, **changes})


def redriven(
    *,
    fifo: bool = False,
    dead: Queue | None | Unavailable = Queue(arn=DEAD, retention_s=1_209_600),  # noqa: B008 - frozen
) -> Region:
    """A source queue with five receives, and its dead-letter queue."""
    end = ".fifo" if fifo else ""
    target = dead.arn if isinstance(dead, Queue) else DEAD
    redrive = QueueRedrive(dead_letter_arn=target, max_receive_count=5)
    feeding = source(arn=f"{SOURCE}{end}", fifo=fifo, redrive=redrive)
    mapping = EventSourceMapping(
        uuid="u", function_arn=ARN, source_arn=feeding.arn, kind="sqs", state="Enabled"
    )
    queues = (feeding, dead) if isinstance(dead, Queue) else (feeding,)
    unread = () if isinstance(dead, Queue) else ((target, dead),)
    return healthy_region(mappings=(mapping,), queues=queues, unread_queues=unread)


def lagging(records: float) -> Function:
    return healthy_function(usage=healthy_usage(offset_lag=records))


def stream(**changes: Any) -> Region:
    return mapped("kinesis", CLICKS, **changes)


NO_QUEUE = case("no queue", "NOT_APPLICABLE")
NO_STREAM = case("no stream", "NOT_APPLICABLE")
MAPPINGS = case("mappings could not be read", "UNKNOWN", region=healthy_region(mappings=DENIED))

TABLES: dict[str, tuple[Case, ...]] = {
    "stream-failures-lost": (
        case("no destination", "FAIL", region=stream()),
        case("a destination", "PASS", region=stream(on_failure_arn=DEAD)),
        NO_STREAM,
        case("a queue, which redrives", "NOT_APPLICABLE", region=mapped(queue=source())),
        MAPPINGS,
    ),
    "poison-record-blocks": (
        case("without end", "FAIL", region=stream(max_retries=-1, max_record_age_s=-1)),
        case("bounded by age", "PASS", region=stream(max_retries=-1, max_record_age_s=3_600)),
        case("split", "PASS", region=stream(max_retries=-1, max_record_age_s=-1, bisect=True)),
        NO_STREAM,
        MAPPINGS,
    ),
    "whole-batch-retried": (
        case("a batch of ten", "FAIL", region=mapped(queue=source()), says="up to 10"),
        case("partial batches", "PASS", region=mapped(queue=source(), partial_batch=True)),
        case("one by one", "NOT_APPLICABLE", region=mapped(queue=source(), batch_size=1)),
        MAPPINGS,
    ),
    "queue-visibility-too-short": (
        case("below the timeout", "FAIL", region=mapped(queue=source(visibility_s=5)), says="5 s"),
        case(
            "below six times the timeout",
            "WARN",
            region=mapped(queue=source(visibility_s=30)),
            says="60 s wanted",
        ),
        case("long enough", "PASS", region=mapped(queue=source())),
        case("long enough but for the window", "WARN", region=mapped(queue=source(), batching_window_s=60)),
        case(
            "long enough for $LATEST, and not for the version that the mapping names",
            "WARN",
            function=healthy_function(versions=(healthy_version(timeout_s=60),)),
            region=with_queues(
                source(),
                mappings=(
                    EventSourceMapping(
                        uuid="u",
                        function_arn=f"{ARN}:live",
                        source_arn=SOURCE,
                        kind="sqs",
                        state="Enabled",
                    ),
                ),
            ),
            says="360 s wanted",
        ),
        case("the queue is gone", "NOT_APPLICABLE", region=mapped()),
        case("the queue could not be read", "UNKNOWN", region=mapped(queue=DENIED)),
        NO_QUEUE,
        MAPPINGS,
    ),
    "queue-without-redrive": (
        case("none", "FAIL", region=mapped(queue=source(redrive=None))),
        case(
            "two receives",
            "FAIL",
            region=mapped(queue=source(redrive=QueueRedrive(dead_letter_arn=DEAD, max_receive_count=2))),
            says="2 receives",
        ),
        case("five receives", "PASS", region=redriven()),
        case(
            "the dead-letter queue is gone",
            "FAIL",
            region=redriven(dead=None),
            says="orders-dead, which does not exist",
        ),
        case("the dead-letter queue could not be read", "UNKNOWN", region=redriven(dead=DENIED)),
        case(
            "the dead-letter queue forgets as soon as the queue",
            "WARN",
            region=redriven(dead=Queue(arn=DEAD, retention_s=345_600)),
            says="4.0 days",
        ),
        case(
            "a FIFO queue, whose dead-letter queue counts anew",
            "PASS",
            region=redriven(fifo=True, dead=Queue(arn=f"{DEAD}.fifo", retention_s=345_600, fifo=True)),
        ),
        case(
            "a FIFO queue that redrives to a standard one",
            "FAIL",
            region=redriven(fifo=True),
            says="FIFO queue and the other is not",
        ),
        case("the queue is gone", "NOT_APPLICABLE", region=mapped()),
        case("the queue could not be read", "UNKNOWN", region=mapped(queue=DENIED)),
        NO_QUEUE,
        MAPPINGS,
    ),
    "stream-falls-behind": (
        case(
            "fifteen hours",
            "FAIL",
            function=healthy_function(usage=healthy_usage(iterator_age_ms=54_000_000.0)),
            region=stream(streams=(Stream(arn=CLICKS, retention_h=24),)),
            says="15.0 h",
        ),
        case(
            "one hour of a week",
            "PASS",
            function=healthy_function(usage=healthy_usage(iterator_age_ms=3_600_000.0)),
            region=healthy_region(
                mappings=(
                    EventSourceMapping(
                        uuid="u", function_arn=ARN, source_arn=CLICKS, kind="kinesis", state="Enabled"
                    ),
                ),
                streams=(Stream(arn=CLICKS, retention_h=168),),
            ),
        ),
        case(
            "three hours, which a day of retention bears",
            "WARN",
            function=healthy_function(usage=healthy_usage(iterator_age_ms=10_800_000.0)),
            region=stream(streams=(Stream(arn=CLICKS, retention_h=24),)),
            says="2 h ask for attention",
        ),
        case(
            "a Kafka topic far behind",
            "WARN",
            function=lagging(250_000),
            region=mapped("kafka", KAFKA),
            says="250,000 Kafka records",
        ),
        case("a Kafka topic that is read", "PASS", function=lagging(40), region=mapped("kafka", KAFKA)),
        case("nothing read", "NOT_APPLICABLE", region=stream()),
        case(
            "the stream could not be read",
            "UNKNOWN",
            function=healthy_function(usage=healthy_usage(iterator_age_ms=54_000_000.0)),
            region=stream(streams=DENIED),
        ),
        NO_STREAM,
        case(
            "metrics could not be read", "UNKNOWN", function=healthy_function(usage=DENIED), region=stream()
        ),
    ),
    "mapping-idle": (
        case("off", "FAIL", region=mapped(queue=source(), state="Disabled")),
        case(
            "off, and why",
            "FAIL",
            region=mapped(queue=source(), state="Disabled", state_reason="User action", last_modified=NOW),
            says="Disabled since 2026-11-23 (User action)",
        ),
        case(
            "its last batch failed in the function",
            "WARN",
            region=mapped(queue=source(), last_result="PROBLEM: Function call failed"),
        ),
        case(
            "its poll is refused",
            "FAIL",
            region=mapped(queue=source(), last_result="PROBLEM: Lambda failed to assume role"),
            says="failed to assume role",
        ),
        case("its queue is gone", "FAIL", region=mapped(), says="does not exist any more"),
        case(
            "its stream is gone",
            "FAIL",
            region=healthy_region(mappings=stream().mappings, streams=(), unread_streams=((CLICKS, None),)),
            says="does not exist any more",
        ),
        case("on", "PASS", region=mapped(queue=source())),
        NO_QUEUE,
        MAPPINGS,
    ),
    "mapping-settings-inconsistent": (
        case(
            "a large batch from FIFO",
            "FAIL",
            region=mapped(source=f"{SOURCE}.fifo", batch_size=100),
            says="10 is the limit",
        ),
        case(
            "a large batch without a window", "FAIL", region=mapped(batch_size=100), says="1 s is the least"
        ),
        case("two limits at once", "FAIL", region=mapped(max_concurrency=5, max_pollers=10)),
        case("ten at a time", "PASS", region=mapped()),
        case("a stream", "PASS", region=stream(batch_size=1_000)),
        case("no mapping", "NOT_APPLICABLE"),
        MAPPINGS,
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
