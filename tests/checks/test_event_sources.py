"""Queues and streams: one table a check."""

from typing import Any

import pytest

from auditor.model import (
    EventSourceMapping,
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
    REGION,
    Case,
    case,
    healthy_function,
    healthy_region,
    healthy_usage,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")
SOURCE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders-dead"
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
        case("five receives", "PASS", region=mapped(queue=source())),
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
            "fifteen hours of a week",
            "PASS",
            function=healthy_function(usage=healthy_usage(iterator_age_ms=54_000_000.0)),
            region=healthy_region(
                mappings=(
                    EventSourceMapping(
                        uuid="u", function_arn=ARN, source_arn=CLICKS, kind="kinesis", state="Enabled"
                    ),
                ),
                streams=(Stream(arn=CLICKS, retention_h=168),),
            ),
        ),
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
        case("failing", "FAIL", region=mapped(queue=source(), last_result="PROBLEM: Function call failed")),
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
