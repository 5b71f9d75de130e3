"""Error handling: one table a check."""

from typing import Any

import msgspec
import pytest

from auditor.model import (
    AsyncConfig,
    Condition,
    DailyUsage,
    DeploymentState,
    EventRule,
    EventSourceMapping,
    Function,
    Principal,
    Queue,
    QueueRedrive,
    Reason,
    Region,
    ResourcePolicy,
    Schedule,
    Stream,
    Subscription,
    Topic,
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
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")
SOURCE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders-dead"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:failures"
EVENTS = ResourcePolicy(
    qualifier="",
    statements=(
        statement(
            "lambda:InvokeFunction",
            resources=(ARN,),
            principals=(Principal(kind="Service", value="events.amazonaws.com"),),
            conditions=(
                Condition(
                    operator="ArnLike",
                    key="aws:SourceArn",
                    values=(f"arn:aws:events:{REGION}:{ACCOUNT}:rule/x",),
                ),
            ),
        ),
    ),
)


def asynchronous(**changes: Any) -> Function:
    return healthy_function(**{"policies": (EVENTS,), **changes})


def sending(arn: str, **changes: Any) -> Function:
    return asynchronous(async_configs=(AsyncConfig(qualifier="", on_failure_arn=arn),), **changes)


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


def dead(**changes: Any) -> Queue:
    return Queue(**{"arn": DEAD, "retention_s": 1_209_600, **changes})


def rule(**changes: Any) -> Region:
    fields: dict[str, Any] = {
        "arn": "r",
        "name": "nightly",
        "bus": "default",
        "enabled": True,
        "function_arn": ARN,
    }
    return healthy_region(rules=(EventRule(**{**fields, **changes}),))


def with_topic(**changes: Any) -> Region:
    reader = Subscription(arn="s", topic_arn=TOPIC, protocol="sqs", endpoint=DEAD, confirmed=True)
    fields: dict[str, Any] = {"kms_key_id": "alias/own", "policy": (), "subscriptions": (reader,), **changes}
    return healthy_region(topics=(Topic(arn=TOPIC, **fields),))


def subscribed(endpoint: str) -> Subscription:
    return Subscription(
        arn="s", topic_arn=TOPIC, protocol="lambda", endpoint=endpoint, confirmed=True, redrive=None
    )


def failing(errors: int, *, daily: tuple[DailyUsage, ...] = ()) -> Function:
    return healthy_function(usage=healthy_usage(invocations=10_000, errors=errors, daily=daily))


SYNCHRONOUS = case("behind an API", "NOT_APPLICABLE")
POLICY = case("the policy could not be read", "UNKNOWN", function=healthy_function(policies=DENIED))
MAPPINGS = case("mappings could not be read", "UNKNOWN", region=healthy_region(mappings=DENIED))
USAGE = case("metrics could not be read", "UNKNOWN", function=healthy_function(usage=DENIED))

EVERYBODY = statement("*", principals=(Principal(kind="AWS", value="*"),))

TABLES: dict[str, tuple[Case, ...]] = {
    "failed-events-lost": (
        case("no destination", "FAIL", function=asynchronous()),
        case(
            "events received, whatever the policy says",
            "FAIL",
            function=healthy_function(usage=healthy_usage(async_received=9)),
        ),
        case("a destination", "PASS", function=sending(DEAD)),
        case("a dead-letter queue", "PASS", function=asynchronous(dead_letter_arn=DEAD)),
        case(
            "a destination of the unqualified function, events come by the alias",
            "FAIL",
            function=sending(DEAD, policies=(msgspec.structs.replace(EVENTS, qualifier="live"),)),
            says="by live",
        ),
        case(
            "a dead-letter queue of $LATEST, and none of the version that serves",
            "FAIL",
            function=asynchronous(
                dead_letter_arn=DEAD, policies=(msgspec.structs.replace(EVENTS, qualifier="live"),)
            ),
        ),
        case(
            "a dead-letter queue of the version that serves",
            "PASS",
            function=asynchronous(
                policies=(msgspec.structs.replace(EVENTS, qualifier="live"),),
                versions=(healthy_version(dead_letter_arn=DEAD),),
            ),
        ),
        case(
            "invoked by a schedule, whose role no policy of the function names",
            "FAIL",
            region=healthy_region(
                schedules=(Schedule(arn="s", name="hourly", enabled=True, function_arn=f"{ARN}:live"),)
            ),
            says="by live",
        ),
        case("schedules could not be read", "UNKNOWN", region=healthy_region(schedules=DENIED)),
        SYNCHRONOUS,
        case("a queue behind it", "NOT_APPLICABLE", region=mapped(queue=source())),
        case("an edge replica", "NOT_APPLICABLE", function=healthy_function(edge_master_arn="x")),
        POLICY,
        case("settings could not be read", "UNKNOWN", function=asynchronous(async_configs=DENIED)),
    ),
    "failure-destination-unsound": (
        case("gone", "FAIL", function=sending(DEAD), region=with_queues(None), says="does not exist"),
        case(
            "a topic that is gone",
            "FAIL",
            function=sending(TOPIC),
            region=healthy_region(unread_topics=((TOPIC, None),)),
        ),
        case(
            "full", "FAIL", function=sending(DEAD), region=with_queues(dead(visible=31)), says="31 messages"
        ),
        case(
            "short memory",
            "FAIL",
            function=sending(DEAD),
            region=with_queues(dead(retention_s=86_400)),
            says="1.0 days",
        ),
        case("sound", "PASS", function=sending(DEAD), region=with_queues(dead())),
        case("a topic", "PASS", function=sending(TOPIC), region=with_topic()),
        case(
            "a topic that nobody reads",
            "FAIL",
            function=sending(TOPIC),
            region=with_topic(subscriptions=()),
            says="0 confirmed subscriptions",
        ),
        case(
            "a topic in plain text",
            "WARN",
            function=sending(TOPIC),
            region=with_topic(kms_key_id=""),
            says="not encrypted",
        ),
        case(
            "a queue in plain text",
            "FAIL",
            function=sending(DEAD),
            region=with_queues(dead(encrypted=False)),
            says="not encrypted",
        ),
        case(
            "a queue open to everybody",
            "FAIL",
            function=sending(DEAD),
            region=with_queues(dead(policy=(EVERYBODY,))),
            says="lets everybody in",
        ),
        case(
            "a topic pinned to its owner, as SNS makes it",
            "PASS",
            function=sending(TOPIC),
            region=with_topic(
                policy=(
                    msgspec.structs.replace(
                        EVERYBODY,
                        conditions=(
                            Condition(operator="StringEquals", key="AWS:SourceOwner", values=(ACCOUNT,)),
                        ),
                    ),
                )
            ),
        ),
        case(
            "a sound dead-letter queue, and settings that could not be read",
            "UNKNOWN",
            function=asynchronous(dead_letter_arn=DEAD, async_configs=DENIED),
            region=with_queues(dead()),
        ),
        case("none", "NOT_APPLICABLE"),
        case("it could not be read", "UNKNOWN", function=sending(DEAD), region=with_queues(DENIED)),
        MAPPINGS,
    ),
    "asynchronous-retries-default": (
        case("defaults", "WARN", function=asynchronous()),
        case(
            "said, but the same",
            "WARN",
            function=asynchronous(
                async_configs=(AsyncConfig(qualifier="", max_retries=2, max_age_s=21_600),)
            ),
        ),
        case(
            "half said, but the same",
            "WARN",
            function=asynchronous(async_configs=(AsyncConfig(qualifier="", max_retries=2),)),
        ),
        case(
            "chosen",
            "PASS",
            function=asynchronous(async_configs=(AsyncConfig(qualifier="", max_retries=0, max_age_s=300),)),
            says="300 s",
        ),
        SYNCHRONOUS,
        POLICY,
    ),
    "undelivered-events-lost": (
        case("a bare rule", "FAIL", region=rule(), says="1 of 1"),
        case(
            "a bare schedule",
            "FAIL",
            region=healthy_region(
                schedules=(Schedule(arn="s", name="hourly", enabled=True, function_arn=ARN),)
            ),
        ),
        case(
            "a bare subscription",
            "FAIL",
            region=healthy_region(subscriptions=(subscribed(f"{ARN}:live"),)),
        ),
        case(
            "a subscription of a function whose name begins the same",
            "NOT_APPLICABLE",
            region=healthy_region(subscriptions=(subscribed(f"{ARN}-archive"),)),
        ),
        case("a queue behind the rule", "PASS", region=rule(dead_letter_arn=DEAD)),
        case("a rule that is off", "NOT_APPLICABLE", region=rule(enabled=False)),
        case("rules could not be read", "UNKNOWN", region=healthy_region(rules=DENIED)),
    ),
    "error-rate-high": (
        case("a fifth", "FAIL", function=failing(2_000), says="20.00%"),
        case(
            "one bad day",
            "FAIL",
            function=failing(300, daily=(DailyUsage(day=NOW, invocations=700, errors=250),)),
            says="35.7%",
        ),
        case("three in a hundred", "WARN", function=failing(300)),
        case("two in ten thousand", "PASS", function=failing(2)),
        case(
            "too few runs", "NOT_APPLICABLE", function=healthy_function(usage=healthy_usage(invocations=99))
        ),
        USAGE,
    ),
    "events-dropped": (
        case(
            "dropped",
            "FAIL",
            function=healthy_function(usage=healthy_usage(async_dropped=12)),
            says="12 dropped",
        ),
        case("undeliverable", "FAIL", function=healthy_function(usage=healthy_usage(dead_letter_errors=1))),
        case("none", "PASS", function=healthy_function(usage=healthy_usage(async_received=900))),
        case(
            "events wait for four of six hours",
            "WARN",
            function=healthy_function(
                usage=healthy_usage(async_received=900, async_age_p99_ms=14_400_000.0), async_configs=()
            ),
            says="14400 s",
        ),
        case("no asynchronous event", "NOT_APPLICABLE"),
        USAGE,
    ),
    "function-not-active": (
        case(
            "failed",
            "FAIL",
            function=healthy_function(
                state=DeploymentState(state="Failed", reason_code="SubnetOutOfIPAddresses")
            ),
        ),
        case(
            "a failed update",
            "FAIL",
            function=healthy_function(state=DeploymentState(state="Active", last_update_status="Failed")),
        ),
        case(
            "going to sleep", "WARN", function=healthy_function(state=DeploymentState(state="Deactivating"))
        ),
        case("asleep", "WARN", function=healthy_function(state=DeploymentState(state="Inactive"))),
        case("active", "PASS"),
        case("could not be read", "UNKNOWN", function=healthy_function(state=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
