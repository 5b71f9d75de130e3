"""Calls that code makes end in time, and do not wait for other functions."""

from auditor import (
    ChecklistItem,
    Confidence,
    Function,
    Severity,
    Verdict,
    check,
    failed,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import (
    counted,
    facts_of,
    nothing_seen,
    places,
    require_whole,
    surest,
    where,
    without_source,
)
from auditor.model import Located


@check(
    item=ChecklistItem.SINGLE_RESPONSIBILITY,
    severity=Severity.MEDIUM,
    codes=("CODE-07",),
    effort="Code change",
)
def synchronous_lambda_call(function: Function) -> Verdict:
    """Function waits for another function.

    ## Why it matters
    Both are paid for while one waits, the caller needs the callee's time on top of its own, and an error or
    throttle of the callee is one of the caller.

    ## How to fix
    Put a queue, a topic, an event bus or a state machine between them, or call the code as a library. Where
    no answer is needed, invoke with the invocation type Event.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/concepts-event-driven-architectures.html
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    waits = facts_of(function, "sync-invoke")
    if waits:
        said = (
            f"{counted(len(waits), 'call waits', 'calls wait')} for another function's answer: {where(waits)}"
        )
        return warned(said, details=places(waits, "waits for the answer"), confidence=surest(waits))
    return nothing_seen(function, "No call seen that waits for another function")


@check(
    item=ChecklistItem.SINGLE_RESPONSIBILITY,
    severity=Severity.MEDIUM,
    codes=("CODE-07",),
    effort="Code change",
)
def self_invocation(function: Function) -> Verdict:
    """Function invokes itself.

    ## Why it matters
    One wrong condition makes it a loop that runs until the account's concurrency or budget is used up.
    Lambda's own protection stops some loops after about 16 turns, and not those of direct invocation.

    ## How to fix
    Let a queue or a state machine hold the work that is left, or a durable function. As a brake, reserve
    little concurrency:
    `aws lambda put-function-concurrency --region REGION --function-name NAME --reserved-concurrent-executions N`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    own = facts_of(function, "self-invoke")
    if own:
        return warned(
            f"{counted(len(own), 'call invokes', 'calls invoke')} the function itself: {where(own)}",
            details=places(own, "invokes itself"),
            confidence=surest(own),
        )
    return nothing_seen(function, "No call seen that invokes the function itself")


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.MEDIUM, codes=("CODE-08",), effort="Code change")
def call_without_timeout(function: Function, *, patient_s: int = 30) -> Verdict:
    """Outbound call may wait as long as the function.

    ## Why it matters
    A server that does not answer holds the run until the function's timeout: it is cut off without a chance
    to log, to answer or to try again, and every second of it is paid for. A function with a short timeout
    loses little.

    ## How to fix
    Give each call a timeout that leaves time to deal with its failure: the timeout argument of an HTTP
    library, an AbortSignal for fetch, connect and read timeouts in the configuration of an SDK client.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    - https://requests.readthedocs.io/en/latest/user/advanced/#timeouts
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    endless = facts_of(function, "http-no-timeout")
    late = _beyond(function, "http-timeout", "sdk-timeout")
    faults = (*endless, *late)
    limit = f"timeout {function.timeout_s} s"
    if not faults:
        return nothing_seen(function, f"No call seen that may wait as long as the function ({limit})")
    said = (
        f"{counted(len(endless), 'call', 'calls')} without a timeout, {len(late)} "
        f"with one beyond the function's ({where(faults)})"
    )
    details = (*places(endless, "may wait for ever"), *places(late, f"gives up after the function's {limit}"))
    if not late and function.timeout_s < patient_s:
        return warned(f"{said}; {limit} ends them early, below {patient_s} s", details=details)
    return failed(f"{said}; {limit}", details=details, confidence=surest(faults))


def _beyond(function: Function, *kinds: str) -> tuple[Located, ...]:
    """Timeouts that a call cannot reach, because the function's comes first."""
    return tuple(
        fact
        for fact in facts_of(function, *kinds)
        if fact.number is not None and fact.number >= function.timeout_s
    )


@check(
    item=ChecklistItem.ERROR_HANDLING,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("CODE-08",),
    effort="Code change",
)
def retry_without_jitter(function: Function) -> Verdict:
    """Retries pause for the same time everywhere.

    ## Why it matters
    Runs that were throttled together come back together, and are throttled again. The pause is paid for, and
    the SDK's own retries wait with exponential backoff and jitter already.

    ## How to fix
    Leave retries to the SDK or to a library, or add a random part to a pause that doubles. Let throttled
    events go back to their queue instead of sleeping.

    ## References
    - https://docs.aws.amazon.com/general/latest/gr/api-retries.html
    - https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    plain = facts_of(function, "retry-without-jitter")
    if plain:
        said = (
            f"{counted(len(plain), 'retry pauses', 'retries pause')} "
            f"without jitter: {where(plain)} (a heuristic)"
        )
        return warned(said, details=places(plain), confidence=surest(plain))
    good = facts_of(function, "retry-with-jitter", "retry-library")
    if good:
        require_whole(function)
        return passed(f"Retries pause with jitter or by a library: {where(good)}")
    return nothing_seen(function, "No retry of the code's own seen")


@check(
    item=ChecklistItem.TIMEOUTS,
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    codes=("CODE-12",),
    effort="Code change",
)
def remaining_time_ignored(function: Function, *, long_s: int = 60) -> Verdict:
    """Batch loop does not look at the time that is left.

    ## Why it matters
    A run that works through many records or pages is cut off wherever it stands when the time is over. One
    that asks for the remaining time can stop between two records and say how far it came.

    ## How to fix
    Before each turn ask the context for the remaining milliseconds, and stop with a checkpoint while some
    are left.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    - https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    asks = facts_of(function, "remaining-time")
    if asks:
        return passed(f"The remaining time is asked for at {where(asks)}")
    if function.timeout_s < long_s:
        return not_applicable(f"Timeout {function.timeout_s} s, below {long_s} s: batches are small")
    loops = facts_of(function, "batch-loop")
    if not loops:
        return nothing_seen(function, "No loop over records or pages that calls out seen")
    require_whole(function)
    said = (
        f"{counted(len(loops), 'loop calls', 'loops call')} out "
        f"({where(loops)}), timeout {function.timeout_s} s"
    )
    return warned(
        f"{said}, and the remaining time is not asked for (a heuristic)",
        details=places(loops, "calls out at each turn"),
    )
