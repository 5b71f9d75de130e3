"""Concurrency limits are chosen, and hold for the load."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Region,
    Severity,
    Unavailable,
    Usage,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.model import EventSourceMapping, Variable
from auditor.model.invocation import is_edge
from auditor.queries import DURATIONS, metric, metric_of_region

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
LEAST_UNRESERVED = 100
DEFAULT_QUOTA = 1_000
# Requests a second that each unit of concurrency admits:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
REQUESTS_PER_UNIT = 10
DAY_S = 86_400
# Words in the names of variables that point to a store with few connections. DynamoDB is none.
STORE_WORDS = frozenset(
    {"DB", "DATABASE", "POSTGRES", "POSTGRESQL", "MYSQL", "AURORA", "RDS", "PGHOST", "MONGO", "MONGODB"}
    | {"REDIS", "JDBC"}
)
ENABLED = frozenset({"Enabled", "Enabling", "Updating", "Creating"})


@check(
    item=ChecklistItem.CONCURRENCY,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("REL-10",),
    effort="One setting",
)
def concurrency_unlimited(function: Function, region: Region, *, share: float = 0.5) -> Verdict:
    """No concurrency limit where something needs shelter.

    ## Why it matters
    Without a limit one function may take the whole pool of the account, or open a database connection for
    each of a thousand environments. Most functions need no limit: it is asked for only where the measured
    peak takes much of the pool, a queue drives the function, or something behind it bears few
    connections.

    ## How to fix
    For a queue, limit the mapping, which leaves messages in the queue instead of failing them:
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --scaling-config MaximumConcurrency=COUNT`
    For a store behind the function, reserve what the store bears:
    `aws lambda put-function-concurrency --region REGION --function-name NAME --reserved-concurrent-executions COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    if _has_no_limit_to_set(function):
        return not_applicable("Concurrency is not limited by the function")
    reserved = known(function.reserved_concurrency)
    if reserved is not None:
        return passed(f"{reserved} executions reserved")
    usage, limit = known(function.usage), known(region.concurrency_limit)
    mappings = known(region.mappings_of(function))
    peak = usage.peak_concurrency or 0
    taken = f"No limit; peak {peak} of the account's {limit} ({peak / max(limit, 1):.0%})"
    if peak >= share * limit:
        said = f"{taken}, {share:.0%} is the limit"
        return failed(said, confidence=Confidence.HIGH, query=metric("MAX", "ConcurrentExecutions", function))
    needs = _queues_without_limit(mappings) or _few_connections(known(function.environment))
    if needs:
        query = metric("MAX", "ConcurrentExecutions", function)
        return warned(f"{taken}; {needs[0].text}", details=needs, query=query)
    return passed(f"{taken}, nothing seen that needs shelter")


def _has_no_limit_to_set(function: Function) -> bool:
    """Whether neither reserved concurrency nor the account's pool concern the function."""
    return function.is_managed_instance or known(is_edge(function))


def _queues_without_limit(mappings: tuple[EventSourceMapping, ...]) -> tuple[Detail, ...]:
    return tuple(
        Detail(subject=one.source_arn.rsplit(":", 1)[-1], text="a queue drives it without MaximumConcurrency")
        for one in mappings
        if one.kind == "sqs" and one.max_concurrency is None and not one.source_arn.endswith(".fifo")
    )


def _few_connections(variables: tuple[Variable, ...]) -> tuple[Detail, ...]:
    found = [one.name for one in variables if STORE_WORDS & set(one.name.upper().split("_"))]
    return tuple(
        Detail(subject=name, text=f"variable {name} names a store that bears few connections (a heuristic)")
        for name in found
    )


@check(
    item=ChecklistItem.CONCURRENCY, severity=Severity.HIGH, codes=("REL-11",), effort="Raise the right limit"
)
def throttled(
    function: Function, region: Region, *, tolerated: float = 0.01, minimum_attempts: int = 100
) -> Verdict:
    """Invocations are turned away by a concurrency limit.

    ## Why it matters
    A caller that waits gets an error 429. Asynchronous events and queue messages are tried later, and in
    the end dropped or moved aside.

    ## How to fix
    Raise the limit that is named in the finding: the reserved concurrency of the function, or the
    account's quota:
    `aws lambda put-function-concurrency --region REGION --function-name NAME --reserved-concurrent-executions COUNT`
    `aws service-quotas request-service-quota-increase --region REGION --service-code lambda --quota-code L-B99A9384 --desired-value COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    - https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    """
    usage = known(function.usage)
    attempts = usage.invocations + usage.throttles
    if not attempts:
        return not_applicable("No invocations in the window")
    rate = usage.throttles / attempts
    said = (
        f"{usage.throttles:,} of {attempts:,} invocations throttled ({rate:.2%}), {tolerated:.0%} tolerated"
    )
    if not usage.throttles:
        return passed(said)
    details = (Detail(subject="Limit that was met", text=_cause(function, region, usage)), *_worst_day(usage))
    query = metric("SUM", "Throttles", function)
    if rate > tolerated and attempts >= minimum_attempts:
        return failed(said, details=details, query=query)
    return warned(said, details=details, severity=Severity.LOW, query=query)


def _cause(function: Function, region: Region, usage: Usage) -> str:
    reserved, peak = function.reserved_concurrency, usage.peak_concurrency or 0
    if isinstance(reserved, int):
        if reserved == 0:
            return "reserved concurrency is 0: every invocation is turned away"
        if peak >= 0.9 * reserved:
            return f"reserved concurrency: peak {peak} of {reserved}"
        return f"peak {peak} of {reserved} reserved: more likely a burst of short runs"
    pool, limit = region.peak_concurrency, region.concurrency_limit
    if isinstance(reserved, Unavailable) or isinstance(limit, Unavailable) or not isinstance(pool, int):
        return "not seen: the limits could not be read"
    if pool >= 0.9 * limit:
        return f"the account's pool: peak {pool} of {limit}"
    return (
        f"peak {pool} of the account's {limit}: more likely a burst above the scaling rate of 1,000 in 10 s"
    )


def _worst_day(usage: Usage) -> tuple[Detail, ...]:
    worst = max(usage.daily, key=lambda day: day.throttles, default=None)
    if worst is None or not worst.throttles:
        return ()
    return (Detail(subject=f"Worst day {worst.day:%Y-%m-%d}", text=f"{worst.throttles:,} throttled"),)


@check(item=ChecklistItem.CONCURRENCY, severity=Severity.HIGH, codes=("REL-14",), effort="One command")
def reserved_concurrency_zero(function: Function, region: Region) -> Verdict:
    """Reserved concurrency of 0 switches the function off.

    ## Why it matters
    Nothing runs. Often it was set to stop an incident and then forgotten, while events still arrive and
    are lost.

    ## How to fix
    Give the function back its share, or delete it with what invokes it:
    `aws lambda delete-function-concurrency --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    if _has_no_limit_to_set(function):
        return not_applicable("Concurrency is not limited by the function")
    reserved = known(function.reserved_concurrency)
    if reserved is None or reserved > 0:
        return passed("Not switched off" if reserved is None else f"{reserved} executions reserved")
    arriving = _arriving(function, region)
    if arriving:
        query = metric("SUM", "Throttles", function)
        return failed("Reserved concurrency 0, and events still arrive", details=arriving, query=query)
    for evidence in _what_may_arrive(function, region):
        known(evidence)
    query = metric("SUM", "Throttles", function)
    return warned("Reserved concurrency 0; nothing was seen to arrive", query=query)


def _what_may_arrive(function: Function, region: Region) -> tuple[object, ...]:
    return (
        function.usage,
        region.mappings_of(function),
        region.rules_of(function),
        region.schedules_of(function),
    )


def _arriving(function: Function, region: Region) -> tuple[Detail, ...]:
    """What still wants to invoke the function, as far as it was seen."""
    found = []
    if isinstance(function.usage, Usage) and function.usage.throttles:
        found.append(
            Detail(subject="Throttles", text=f"{function.usage.throttles:,} invocations turned away")
        )
    mappings = region.mappings_of(function)
    found += [
        Detail(subject=one.source_arn, text=f"event source mapping is {one.state}")
        for one in (() if isinstance(mappings, Unavailable) else mappings)
        if one.state in ENABLED
    ]
    found += [
        Detail(subject=one.name, text="enabled rule or schedule")
        for several in (region.rules_of(function), region.schedules_of(function))
        if not isinstance(several, Unavailable)
        for one in several
        if one.enabled
    ]
    return tuple(found)


@check(item=ChecklistItem.CONCURRENCY, severity=Severity.MEDIUM, codes=("REL-15",), effort="One setting")
def mapping_concurrency_exceeds_reserved(function: Function, region: Region) -> Verdict:
    """Queues may start more runs than are reserved.

    ## Why it matters
    The pollers take messages for which no execution is left. The function is throttled, the messages come
    back after the visibility timeout, and end in the dead-letter queue although nothing was wrong with
    them.

    ## How to fix
    Keep the sum of the mappings' maximum concurrency at or below the reserved concurrency:
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --scaling-config MaximumConcurrency=COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    mappings = [
        one
        for one in known(region.mappings_of(function))
        if one.kind == "sqs" and not one.source_arn.endswith(".fifo")
    ]
    if not mappings:
        return not_applicable("No standard queue drives the function")
    reserved = known(function.reserved_concurrency)
    if reserved is None:
        return not_applicable(f"Nothing reserved; {len(mappings)} queues share the account's pool")
    details = tuple(
        Detail(
            subject=one.source_arn.rsplit(":", 1)[-1],
            text="no MaximumConcurrency" if one.max_concurrency is None else f"at most {one.max_concurrency}",
        )
        for one in mappings
    )
    if any(one.max_concurrency is None for one in mappings):
        return warned(f"{reserved} reserved, and a queue without MaximumConcurrency", details=details)
    total = sum(one.max_concurrency or 0 for one in mappings)
    said = f"Queues start at most {total} runs, {reserved} reserved"
    return failed(said, details=details) if total > reserved else passed(said, details=details)


@check(
    item=ChecklistItem.CONCURRENCY, severity=Severity.MEDIUM, codes=("REL-10", "REL-11"), effort="One setting"
)
def concurrency_below_demand(function: Function, *, room: float = 0.2, minimum_runs: int = 100) -> Verdict:
    """Reserved concurrency is too small for the load.

    ## Why it matters
    Runs needed at once are requests a second times seconds a run (Little's law). Where the reserve is
    hardly more than that, the next busy hour is throttled. A unit of concurrency also admits no more than
    10 requests a second.

    ## How to fix
    Reserve the demand and a margin, or shorten the runs:
    `aws lambda put-function-concurrency --region REGION --function-name NAME --reserved-concurrent-executions COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    """
    if _has_no_limit_to_set(function):
        return not_applicable("Concurrency is not limited by the function")
    reserved = known(function.reserved_concurrency)
    if not reserved:
        return not_applicable("Nothing reserved" if reserved is None else "Switched off by a reserve of 0")
    usage = known(function.usage)
    if usage.invocations < minimum_runs or usage.average_ms is None:
        return not_applicable(f"{usage.invocations:,} runs in the window; demand needs {minimum_runs}")
    rate = max((day.invocations for day in usage.daily), default=0) / DAY_S
    by_law = rate * usage.average_ms / 1_000
    by_rate = rate / REQUESTS_PER_UNIT
    peak = usage.peak_concurrency or 0
    demand = max(by_law, by_rate, float(peak))
    details = (
        Detail(subject="Measured peak", text=f"{peak} at once"),
        Detail(
            subject="Little's law, mean of the busiest day",
            text=f"{rate:.2f} requests/s x {usage.average_ms / 1_000:.2f} s = {by_law:.1f} at once",
        ),
        Detail(
            subject="Request rate", text=f"{rate:.2f} requests/s need {by_rate:.1f}, at 10 requests/s each"
        ),
        Detail(subject="Reserve with the margin", text=f"{int(demand / (1 - room)) + 1}"),
    )
    said = f"Demand {demand:.1f} of {reserved} reserved ({demand / reserved:.0%}), {room:.0%} room wanted"
    if demand <= reserved * (1 - room):
        return passed(said, details=details, query=DURATIONS)
    if usage.throttles and demand >= reserved:
        return failed(f"{said}; {usage.throttles:,} throttled", details=details, query=DURATIONS)
    return warned(said, details=details, query=DURATIONS)


@check(item=ChecklistItem.CONCURRENCY, severity=Severity.HIGH, codes=("REL-12",), effort="Quota request")
def account_pool_nearly_used(region: Region, *, limit: float = 0.8) -> Verdict:
    """Account's concurrency is nearly used up.

    ## Why it matters
    All functions of the region share this pool. When it is empty, every one of them is throttled, the
    important with the unimportant.

    ## How to fix
    Ask for a higher quota before it is needed, and find the function that takes most of the pool:
    `aws service-quotas request-service-quota-increase --region REGION --service-code lambda --quota-code L-B99A9384 --desired-value COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    - https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html
    """
    if not known(region.functions):
        return not_applicable("No functions in the region")
    quota, peak = known(region.concurrency_limit), known(region.peak_concurrency)
    if peak is None:
        return not_applicable("Nothing ran in the window")
    said = f"Peak {peak} of {quota} ({peak / max(quota, 1):.0%}), {limit:.0%} is the limit"
    query = metric_of_region("MAX", "ConcurrentExecutions")
    if peak > limit * quota:
        raised = "" if region.concurrency_quota_default is not True else "; the quota was never raised"
        return failed(said + raised, query=query)
    if quota < LEAST_UNRESERVED:
        return warned(f"{said}; the quota is that of a new account, {DEFAULT_QUOTA} is usual", query=query)
    return passed(said, query=query)


@check(
    item=ChecklistItem.CONCURRENCY, severity=Severity.MEDIUM, codes=("REL-13",), effort="Quota or reserves"
)
def reserved_starves_pool(region: Region) -> Verdict:
    """Reserves leave too little for all other functions.

    ## Why it matters
    What is reserved for some is taken from all others, used or not. Functions without a reserve share the
    rest, and are throttled together when it is small.

    ## How to fix
    Give back reserves that nobody needs, or ask for a higher quota:
    `aws lambda delete-function-concurrency --region REGION --function-name NAME`
    `aws service-quotas request-service-quota-increase --region REGION --service-code lambda --quota-code L-B99A9384 --desired-value COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    functions = known(region.functions)
    quota, free = known(region.concurrency_limit), known(region.unreserved_concurrency)
    if free >= quota:
        return not_applicable(f"Nothing reserved of {quota}")
    sharing = [known(one.usage) for one in functions if not _limited(known(one.reserved_concurrency), one)]
    peaks = [usage.peak_concurrency or 0 for usage in sharing]
    largest, together = max(peaks, default=0), sum(peaks)
    said = (
        f"{free} of {quota} left for {len(peaks)} functions without a reserve; "
        f"largest peak {largest}, sum of their peaks {together}"
    )
    query = metric_of_region("MAX", "UnreservedConcurrentExecutions")
    if peaks and (largest >= free or free <= min(LEAST_UNRESERVED, quota - 1) < together):
        return failed(said, details=_reserves(functions), query=query)
    if together > free:
        return warned(f"{said} (peaks need not meet)", details=_reserves(functions), query=query)
    return passed(said)


def _limited(reserved: int | None, function: Function) -> bool:
    return reserved is not None or function.is_managed_instance or function.is_edge_replica


def _reserves(functions: tuple[Function, ...], most: int = 10) -> tuple[Detail, ...]:
    """List the largest reserves, with the peak that was measured of each."""
    reserves = [(one, one.reserved_concurrency) for one in functions]
    found = [(size, one) for one, size in reserves if isinstance(size, int) and size]
    found.sort(key=lambda pair: (-pair[0], pair[1].name))
    return tuple(
        Detail(subject=one.name, text=f"{size} reserved, peak {_peak(one)}") for size, one in found[:most]
    )


def _peak(function: Function) -> str:
    return str(function.usage.peak_concurrency or 0) if isinstance(function.usage, Usage) else "not seen"
