"""Failures are seen, kept, and do not block what comes after."""

from collections.abc import Iterator

from auditor import (
    ChecklistItem,
    Confidence,
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
from auditor.destinations import entrances, is_asynchronous, is_open
from auditor.model import AsyncConfig, Queue, Topic
from auditor.model.invocation import is_edge
from auditor.queries import ERRORS, metric
from auditor.served import served

ITEM = ChecklistItem.ERROR_HANDLING
DAY_S = 86_400
# A day is told where it is worse than the window by a percentage point.
A_POINT = 0.01
# Defaults of asynchronous invocation: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
DEFAULT_AGE_S = 21_600
DEFAULT_RETRIES = 2


def _short(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-01",), effort="One setting")
def failed_events_lost(function: Function, region: Region) -> Verdict:
    """Asynchronous function without failure destination.

    ## Why it matters
    After its retries Lambda drops an event that keeps failing. Without an on-failure destination or a
    dead-letter queue it is gone, and nobody knows what it was.

    ## How to fix
    Send what fails to a queue, and put an alarm on its depth:
    `aws lambda put-function-event-invoke-config --region REGION --function-name NAME --destination-config OnFailure={Destination=QUEUE_ARN}`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    if known(is_edge(function)):
        return not_applicable("CloudFront waits for the answer")
    if not is_asynchronous(function, region):
        return not_applicable("Nothing invokes the function asynchronously")
    ways = entrances(function, region)
    bare = [way for way in ways if not way.targets]
    if not bare:
        targets = dict.fromkeys(_short(arn) for way in ways for arn in way.targets)
        return passed(f"Failed events go to {', '.join(targets)}")
    usage = function.usage
    received = (
        "" if isinstance(usage, Unavailable) else f"; {usage.async_received:,} events received in the window"
    )
    elsewhere = [one.qualifier for one in known(function.async_configs) if one.on_failure_arn]
    return failed(
        f"Events come in by {bare[0].label}: no on-failure destination, no dead-letter queue{received}",
        details=(
            *(Detail(subject=way.label, text="failed events are dropped") for way in bare),
            *(
                Detail(subject=name or "unqualified", text="has a destination, which holds for it alone")
                for name in elsewhere
            ),
        ),
        query=metric("SUM", "AsyncEventsReceived", function),
    )


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-02", "SEC-23"), effort="One setting")
def failure_destination_unsound(
    function: Function, region: Region, *, retention_days: int = 4, waiting: int = 0
) -> Verdict:
    """Failure destination is gone, full, open or forgotten.

    ## Why it matters
    A destination that does not exist loses the events; one whose messages nobody fetches loses them when
    they expire. What failed is often a whole order or customer record, so that an open or unencrypted
    destination tells it to others.

    ## How to fix
    Look at what waits, then replay or delete it; keep messages for longer than a weekend:
    `aws sqs set-queue-attributes --region REGION --queue-url QUEUE_URL --attributes MessageRetentionPeriod=1209600`

    ## References
    - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    dead = [
        known(function.dead_letter_arn),
        *(known(one.dead_letter_arn) for one in known(served(function, region))),
    ]
    configured = [one.on_failure_arn for one in known(function.async_configs)]
    mapped = [one.on_failure_arn for one in known(region.mappings_of(function))]
    judged = [arn for arn in dict.fromkeys((*dead, *configured, *mapped)) if ":sqs:" in arn or ":sns:" in arn]
    if not judged:
        return not_applicable("No queue or topic receives failures")
    faults = [(arn, *fault) for arn in judged for fault in _faults(arn, region, retention_days, waiting)]
    if not faults:
        return passed(
            f"{counted(len(judged), 'failure destination', 'failure destinations')}, sound and drained"
        )
    faults.sort(key=lambda fault: fault[1].rank)
    arn, severity, text = faults[0]
    verdict = warned if severity is Severity.LOW else failed
    return verdict(
        f"{_short(arn)} {text}",
        details=tuple(Detail(subject=_short(arn), text=text, at=arn) for arn, _, text in faults),
        severity=severity,
    )


Fault = tuple[Severity, str]


def _faults(arn: str, region: Region, retention_days: int, waiting: int) -> Iterator[Fault]:
    """What is wrong with one destination, each with how much harm it does."""
    target = known(region.topic(arn)) if ":sns:" in arn else known(region.queue(arn))
    if target is None:
        yield Severity.HIGH, "does not exist"
    elif isinstance(target, Topic):
        yield from _topic_faults(target, region.account)
    else:
        yield from _queue_faults(target, region.account, retention_days, waiting)


def _topic_faults(topic: Topic, account: str) -> Iterator[Fault]:
    confirmed = sum(one.confirmed for one in known(topic.subscriptions))
    if not confirmed:
        yield Severity.HIGH, "has 0 confirmed subscriptions, so it keeps nothing"
    if is_open(known(topic.policy), account):
        yield Severity.HIGH, "has a policy that lets everybody in"
    if not known(topic.kms_key_id):
        yield Severity.LOW, "is not encrypted at rest"


def _queue_faults(queue: Queue, account: str, retention_days: int, waiting: int) -> Iterator[Fault]:
    if queue.visible > waiting:
        yield Severity.HIGH, f"holds {queue.visible:,} messages, {waiting} are expected"
    if is_open(queue.policy, account):
        yield Severity.HIGH, "has a policy that lets everybody in"
    if not known(queue.encrypted):
        yield Severity.MEDIUM, "is not encrypted at rest"
    days = queue.retention_s / DAY_S
    if days < retention_days:
        yield Severity.MEDIUM, f"keeps messages for {days:.1f} days, {retention_days} are wanted"


@check(
    item=ITEM, severity=Severity.LOW, confidence=Confidence.MEDIUM, codes=("REL-03",), effort="One setting"
)
def asynchronous_retries_default(function: Function, region: Region) -> Verdict:
    """Retries and age of events are left at their defaults.

    ## Why it matters
    By default a failed event is tried twice more, within six hours. An order from six hours ago may be
    worse than none, and what is not idempotent must not run three times. A heuristic: the defaults may be
    right.

    ## How to fix
    `aws lambda put-function-event-invoke-config --region REGION --function-name NAME --maximum-retry-attempts COUNT --maximum-event-age-in-seconds SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    if not is_asynchronous(function, region):
        return not_applicable("Nothing invokes the function asynchronously")
    set_to = [
        (
            DEFAULT_AGE_S if one.max_age_s is None else one.max_age_s,
            DEFAULT_RETRIES if one.max_retries is None else one.max_retries,
        )
        for one in known(function.async_configs)
    ]
    own = [pair for pair in set_to if pair != (DEFAULT_AGE_S, DEFAULT_RETRIES)]
    if own:
        age, retries = own[0]
        return passed(f"Events live {age:,} s, with {retries} retries")
    return warned(f"Events live {DEFAULT_AGE_S:,} s, with {DEFAULT_RETRIES} retries: the defaults")


@check(item=ITEM, severity=Severity.LOW, codes=("REL-09",), effort="One setting")
def undelivered_events_lost(function: Function, region: Region) -> Verdict:
    """Rule, schedule or subscription has no dead-letter queue.

    ## Why it matters
    An event that cannot be delivered at all, because the function is throttled or its permission is gone,
    never reaches Lambda, so no destination of the function keeps it.

    ## How to fix
    `aws events put-targets --region REGION --rule RULE --targets Id=ID,Arn=FUNCTION_ARN,DeadLetterConfig={Arn=QUEUE_ARN}`

    ## References
    - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    rules = [rule for rule in known(region.rules_of(function)) if rule.enabled]
    schedules = [one for one in known(region.schedules_of(function)) if one.enabled]
    subscriptions = known(region.subscriptions_of(function))
    bare = [
        *(
            Detail(subject=rule.name, text="rule target without dead-letter queue")
            for rule in rules
            if not rule.dead_letter_arn
        ),
        *(
            Detail(subject=one.name, text="schedule without dead-letter queue")
            for one in schedules
            if not one.dead_letter_arn
        ),
        *(
            Detail(subject=_short(one.topic_arn), text="subscription without redrive policy")
            for one in subscriptions
            if known(one.redrive) is None
        ),
    ]
    count = len(rules) + len(schedules) + len(subscriptions)
    if not count:
        return not_applicable("No rule, schedule or subscription invokes the function")
    if bare:
        return failed(
            f"Rules, schedules and subscriptions without a dead-letter queue: {len(bare)} of {count}",
            details=tuple(bare),
        )
    said = counted(count, "rule, schedule or subscription", "rules, schedules and subscriptions")
    return passed(f"{said}, each with a dead-letter queue")


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-22",), effort="Code change")
def error_rate_high(
    function: Function, *, limit: float = 0.10, attention: float = 0.01, minimum_runs: int = 100
) -> Verdict:
    """Many invocations fail.

    ## Why it matters
    Failed runs are retried and paid for again; behind an API each is a customer who got an error.

    ## How to fix
    Read what fails:
    `aws logs tail /aws/lambda/NAME --region REGION --since 1d --filter-pattern ERROR`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{usage.invocations:,} runs in the window; a ratio needs {minimum_runs}")
    days = [(day.errors / day.invocations, day) for day in usage.daily if day.invocations >= minimum_runs]
    overall = usage.errors / usage.invocations
    worst = max(days, key=lambda found: found[0], default=None)
    rate = max(overall, worst[0]) if worst else overall
    on = f" on {worst[1].day:%d %B}" if worst and worst[0] > overall + A_POINT else ""
    said = f"{usage.errors:,} of {usage.invocations:,} runs failed ({overall:.2%})"
    if on and worst:
        said += f", {worst[0]:.1%}{on}"
    if rate > limit:
        return failed(f"{said}; {limit:.0%} is the limit", query=ERRORS)
    if rate > attention:
        return warned(f"{said}; {attention:.0%} asks for attention", query=ERRORS)
    return passed(f"{said}; {limit:.0%} is the limit")


@check(item=ITEM, severity=Severity.CRITICAL, codes=("REL-25",), effort="One setting")
def events_dropped(function: Function, region: Region, *, share: float = 0.5) -> Verdict:
    """Events were dropped or could not be delivered.

    ## Why it matters
    These counts are lost work: events that Lambda gave up, and failures that could not even be written to
    their destination.

    ## How to fix
    See that the destination exists and the role may write to it:
    `aws lambda get-function-event-invoke-config --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#invocation-metrics
    """
    usage = known(function.usage)
    counts = {
        "dropped": usage.async_dropped,
        "not written to the dead-letter queue": usage.dead_letter_errors,
        "not written to a destination": usage.destination_errors,
    }
    lost = {what: count for what, count in counts.items() if count}
    days = f"{usage.window_days:.0f} days"
    if lost:
        said = ", ".join(f"{count:,} {what}" for what, count in lost.items())
        return failed(
            f"Events in {days}: {said}; 0 is the limit", query=metric("SUM", "AsyncEventsDropped", function)
        )
    mappings = known(region.mappings_of(function))
    if not usage.async_received and not any(one.on_failure_arn for one in mappings):
        return not_applicable(f"No asynchronous event in {days}")
    age_ms = known(usage.async_age_p99_ms)
    age_s, limit_s = (age_ms or 0.0) / 1_000, share * _age_limit_s(known(function.async_configs))
    said = (
        f"0 events dropped or undeliverable in {days}; p99 waits {age_s:.0f} s, {limit_s:.0f} s is the limit"
    )
    if age_s > limit_s:
        return warned(said, severity=Severity.MEDIUM, query=metric("MAX", "AsyncEventAge", function))
    return passed(said)


def _age_limit_s(configs: tuple[AsyncConfig, ...]) -> int:
    """After how many seconds Lambda gives an event up, the least of all qualifiers."""
    return min((one.max_age_s or DEFAULT_AGE_S for one in configs), default=DEFAULT_AGE_S)


@check(item=ITEM, severity=Severity.HIGH, codes=("REL-28",), effort="One setting")
def function_not_active(function: Function) -> Verdict:
    """Function cannot run, or its last update failed.

    ## Why it matters
    A failed function answers nothing; after a failed update it runs old code while everybody believes it
    runs the new one.

    ## How to fix
    `aws lambda get-function-configuration --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    state = known(function.state)
    if state.last_update_status == "Failed":
        return failed(f"The last update failed ({state.last_update_reason_code or 'no reason given'})")
    if state.state in {"Failed", "Deactivated", "ActiveNonInvocable"}:
        return failed(f"State {state.state} ({state.reason_code or 'no reason given'})")
    if state.state == "Deactivating":
        return warned(f"State Deactivating ({state.reason_code or 'no reason given'}): soon it cannot run")
    if state.state == "Inactive":
        return warned("State Inactive: Lambda took its resources back after weeks without a run")
    return passed(f"State {state.state}, last update {state.last_update_status or 'unknown'}")
