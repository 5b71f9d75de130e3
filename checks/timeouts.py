"""Timeout values are realistic, with safety margins."""

from statistics import median

from auditor import (
    Account,
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    InvocationClass,
    Reference,
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
from auditor.advice import FLAGGED_SHARE, timeouts_flagged
from auditor.callers import callers_waiting, unasked_waits, unread_waits
from auditor.deployed import counted, require_whole, without_source
from auditor.model.invocation import invocation_classes
from auditor.queries import DURATIONS, LONGEST_RUNS, TIMEOUTS
from auditor.served import LATEST, Served, first_bad, in_traffic, served
from auditor.timeout_chain import chain, p99_s, patience, picture

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
DEFAULT_TIMEOUT_S = 3
MAXIMUM_TIMEOUT_S = 900
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
MANAGED_MAXIMUM_TIMEOUT_S = 5_400
# https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
DURABLE_MAXIMUM_S = 31_622_400
DAY_S = 86_400


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.HIGH, codes=("REL-17",), effort="One setting")
def timeout_near_limit(
    function: Function, region: Region, *, margin: float = 0.2, minimum_runs: int = 100
) -> Verdict:
    """Longest runs come close to the timeout.

    ## Why it matters
    A run that reaches its timeout is cut off mid-work: the caller sees an error, the event is retried,
    half-done writes stay behind.

    ## How to fix
    Raise the timeout, or find out what the longest runs wait for:
    `aws lambda update-function-configuration --region REGION --function-name NAME --timeout SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    """
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{usage.invocations:,} runs in the window; a ratio needs {minimum_runs}")
    p99_ms = known(usage.duration_p99_ms)
    if p99_ms is None:
        return not_applicable("No durations in the window")
    tightest = _tightest(known(served(function, region)))
    p99_s = p99_ms / 1_000
    spare = 1 - p99_s / tightest.timeout_s
    where = "" if tightest.version == LATEST else f" of {tightest.label}"
    said = (
        f"p99 run {p99_s:.1f} s of {tightest.timeout_s} s{where}: {spare:.0%} to spare, {margin:.0%} wanted"
    )
    if spare >= margin:
        return passed(said, query=DURATIONS)
    wanted_s = int(p99_s / (1 - margin)) + 1
    return failed(
        said,
        details=(Detail(subject="Timeout that leaves the margin", text=f"{wanted_s} s"),),
        query=LONGEST_RUNS,
    )


def _tightest(found: tuple[Served, ...]) -> Served:
    return min(in_traffic(found), key=lambda one: one.timeout_s)


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.HIGH, codes=("REL-18",), effort="Find the slow call")
def runs_timing_out(  # noqa: PLR0913 - thresholds by name
    function: Function,
    region: Region,
    account: Account,
    reference: Reference,
    *,
    tolerated: float = 0.01,
    minimum_runs: int = 100,
) -> Verdict:
    """Runs are cut off by the timeout.

    ## Why it matters
    Every such run is paid for in full, gives its caller an error, and may leave half of its work done.
    With retries, the same event is cut off several times. What Trusted Advisor flags stands beside the metrics,
    which know the timeout of today; what it does not flag proves nothing.

    ## How to fix
    Find the call that the runs wait for, give that call a timeout of its own with room for a retry, and
    only then raise the function's timeout:
    `aws lambda update-function-configuration --region REGION --function-name NAME --timeout SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    """
    usage = known(function.usage)
    longest_ms = usage.longest_ms
    if not usage.invocations or longest_ms is None:
        return not_applicable("No runs in the window")
    timeouts = sorted({one.timeout_s for one in in_traffic(known(served(function, region)))})
    lines = function.report_lines
    cut_off = lines if isinstance(lines, Unavailable) else lines.timeouts
    longest = f"Longest run {longest_ms / 1_000:.1f} s"
    flagged = timeouts_flagged(function, account, reference)
    beside = f"; {flagged}" if flagged else ""
    if longest_ms < timeouts[0] * 1_000:
        return passed(f"{longest}, below the timeout of {timeouts[0]} s{beside}")
    # Versions have timeouts of their own, and the metric does not tell whose run it was.
    if longest_ms < timeouts[-1] * 1_000 and not known(cut_off):
        return passed(
            f"{longest}, timeouts of {timeouts[0]} s to {timeouts[-1]} s; no sampled run was cut off{beside}"
        )
    said = f"{longest} with a timeout of {timeouts[-1]} s"
    if isinstance(lines, Unavailable) or isinstance(cut_off, Unavailable) or lines.runs < minimum_runs:
        return failed(
            f"{said}{beside or '; how many runs met it is in the logs'}",
            severity=None if flagged and tolerated <= FLAGGED_SHARE else Severity.MEDIUM,
            query=TIMEOUTS,
        )
    share = cut_off / lines.runs
    sampled = (
        f"{said}; {cut_off:,} of {lines.runs:,} sampled runs cut off ({share:.1%}), {tolerated:.0%} tolerated"
    )
    return failed(
        f"{sampled}{beside}", severity=None if share > tolerated else Severity.MEDIUM, query=TIMEOUTS
    )


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.LOW, codes=("REL-19",), effort="One setting")
def timeout_left_at_default(
    function: Function, region: Region, *, used: float = 0.5, minimum_runs: int = 100
) -> Verdict:
    """Timeout is the default of 3 seconds.

    ## Why it matters
    Three seconds are what nobody chose. A slow dependency or a cold network connection eats them, and the
    run is cut off although nothing was wrong.

    ## How to fix
    Choose a timeout from the measured durations, with a margin:
    `aws lambda update-function-configuration --region REGION --function-name NAME --timeout SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    """
    found = first_bad(function, region, lambda one: one.timeout_s == DEFAULT_TIMEOUT_S)
    if found is None:
        return passed(f"Timeout {function.timeout_s} s, not the default of {DEFAULT_TIMEOUT_S} s")
    where = f"{found.label}: timeout {DEFAULT_TIMEOUT_S} s, the default"
    usage = known(function.usage)
    p99_ms = known(usage.duration_p99_ms)
    if usage.invocations < minimum_runs or p99_ms is None:
        return warned(
            f"{where}; {usage.invocations:,} runs are too few to tell whether it fits",
            severity=Severity.INFO,
            query=DURATIONS,
        )
    share = p99_ms / 1_000 / DEFAULT_TIMEOUT_S
    said = f"{where}; p99 run {p99_ms / 1_000:.2f} s uses {share:.0%} of it, {used:.0%} is the limit"
    return failed(said, query=DURATIONS) if share > used else passed(said, query=DURATIONS)


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.LOW, codes=("REL-20",), effort="One setting")
def timeout_at_maximum(function: Function, region: Region) -> Verdict:
    """Timeout is the longest that Lambda grants.

    ## Why it matters
    A run that hangs is paid for until the very end, and nobody notices for a quarter of an hour. Work
    that truly needs that long sits one slow day away from being cut off, with no room to raise the limit.

    ## How to fix
    Choose a timeout from the measured durations. Work that outgrows it is split, for example with Step
    Functions or a durable function:
    `aws lambda update-function-configuration --region REGION --function-name NAME --timeout SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
    """
    maximum = MANAGED_MAXIMUM_TIMEOUT_S if function.is_managed_instance else MAXIMUM_TIMEOUT_S
    found = first_bad(function, region, lambda one: one.timeout_s >= maximum)
    if found is None:
        return passed(f"Timeout {function.timeout_s} s of at most {maximum} s")
    said = f"{found.label}: timeout {found.timeout_s} s of at most {maximum} s"
    longest = None if isinstance(function.usage, Unavailable) else function.usage.longest_ms
    measured = f"; longest run {longest / 1_000:.1f} s" if longest is not None else ""
    return failed(said + measured, query=LONGEST_RUNS)


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.MEDIUM, codes=("REL-16",), effort="One setting")
def timeout_beyond_caller(function: Function, region: Region, account: Account) -> Verdict:
    """Function may run longer than its caller waits.

    ## Why it matters
    The caller gives up with an error while the function goes on working, and is paid for it. The client
    retries, so the same work runs twice. So it is with a task of a state machine: it waits as long as its
    TimeoutSeconds say, 99,999,999 where there are none, and no longer than its execution may take, which is
    300 seconds for Express.

    ## How to fix
    Set the timeout below the least patient caller, raise TimeoutSeconds of the task above it, or answer at
    once and do the work asynchronously:
    `aws lambda update-function-configuration --region REGION --function-name NAME --timeout SECONDS`

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    - https://docs.aws.amazon.com/lambda/latest/dg/services-alb.html
    - https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
    - https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
    """
    callers = known(callers_waiting(function, region, account.distributions))
    if not callers and unread_waits(function, region, MANAGED_MAXIMUM_TIMEOUT_S) is None:
        return not_applicable(f"No caller that waits a limited time{unasked_waits(region)}")
    longest = max(in_traffic(known(served(function, region))), key=lambda one: one.timeout_s)
    timeout_s = longest.timeout_s
    unread = unread_waits(function, region, timeout_s)
    if not callers and unread is None:
        return not_applicable(f"No caller that waits a limited time{unasked_waits(region)}")
    # Only what is certain is said in spite of a state machine that may be less patient.
    if unread is not None and (not callers or timeout_s <= callers[0].limit_s or callers[0].assumed):
        known(unread)
    first, limit_s = callers[0], callers[0].limit_s
    said = f"Timeout {timeout_s} s, {first.name} waits {first.limit_text} s"
    links = chain(function, region, callers, longest)
    p99 = p99_s(function)
    if timeout_s <= limit_s:
        return passed(f"{said}{unasked_waits(region)}", details=links)
    evidence = (picture(links),)
    if first.assumed:
        return warned(f"{said} (assumed)", evidence=evidence, confidence=Confidence.LOW, query=LONGEST_RUNS)
    if p99 is not None and p99 > limit_s:
        said = f"{said}; p99 run {p99:.1f} s, so callers do go away unanswered"
        return failed(said, evidence=evidence, severity=Severity.HIGH, query=LONGEST_RUNS)
    others = known(invocation_classes(function, region)) - {InvocationClass.SYNCHRONOUS}
    if others:
        kinds = " and ".join(sorted(kind.value for kind in others))
        said = f"{said}; {kinds} invocations may need the longer timeout"
        return warned(said, evidence=evidence, query=LONGEST_RUNS)
    return failed(said, evidence=evidence, query=LONGEST_RUNS)


@check(
    item=ChecklistItem.TIMEOUTS,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("REL-16", "CODE-08"),
    effort="Code change",
)
def sdk_retries_outlast_timeout(function: Function, region: Region) -> Verdict:
    """Retries of an SDK client outlast the timeout.

    ## Why it matters
    A client that waits longer, all attempts together, than the function may run never gets to its last
    attempt or to the code that deals with the failure: the run is cut off in the middle.

    ## How to fix
    Set the read timeout and the attempts of the client so that their product stays below the function's
    timeout, with room for the rest of the work.

    ## References
    - https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    unread = without_source(function)
    if unread:
        return not_applicable(unread)
    set_here = patience(known(known(function.code).facts))
    timeout_s = min(one.timeout_s for one in in_traffic(known(served(function, region))))
    if not set_here:
        require_whole(function)
        return not_applicable("No SDK client with a read timeout of its own seen")
    most = max(set_here, key=lambda one: one.total_s)
    said = (
        f"The client at {most.at} waits up to {most.total_s:g} s, {most.attempts} attempts of {most.seconds:g} s, "
        f"timeout {timeout_s} s"
    )
    late = [one for one in set_here if one.total_s >= timeout_s]
    if not late:
        require_whole(function)
        return passed(said)
    details = tuple(
        Detail(subject="SDK client", text=f"{one.attempts} attempts of {one.seconds:g} s", at=one.at)
        for one in late
    )
    return warned(said, details=details, query=LONGEST_RUNS)


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.LOW, codes=("REL-21",), effort="One setting")
def timeout_far_above_runs(
    function: Function, region: Region, *, share: float = 0.1, above_s: int = 10, minimum_runs: int = 100
) -> Verdict:
    """Timeout is far above the longest run.

    ## Why it matters
    A run that hangs is paid for until its timeout, keeps its place among the concurrent executions, and
    delays the retry. A generous timeout hides the hang.

    ## How to fix
    Bring the timeout near to the longest run, with a margin:
    `aws lambda update-function-configuration --region REGION --function-name NAME --timeout SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    """
    timeout_s = max(one.timeout_s for one in in_traffic(known(served(function, region))))
    if timeout_s <= above_s:
        return passed(f"Timeout {timeout_s} s, not above {above_s} s")
    usage = known(function.usage)
    if usage.invocations < minimum_runs or usage.longest_ms is None:
        return not_applicable(f"{usage.invocations:,} runs in the window; a ratio needs {minimum_runs}")
    longest_s = usage.longest_ms / 1_000
    used = longest_s / timeout_s
    said = f"Longest run {longest_s:.1f} s uses {used:.0%} of {timeout_s} s, {share:.0%} is the limit"
    return failed(said, query=LONGEST_RUNS) if used < share else passed(said, query=LONGEST_RUNS)


@check(
    item=ChecklistItem.TIMEOUTS,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("PERF-13",),
    effort="Find what grew",
)
def durations_growing(  # noqa: PLR0913 - thresholds by name
    function: Function,
    *,
    growth: float = 0.5,
    least_ms: float = 50.0,
    days: int = 7,
    least_days: int = 3,
    minimum_runs: int = 100,
) -> Verdict:
    """Runs take longer from week to week.

    ## Why it matters
    Durations that grow are a timeout to come, and a bill that grows without more traffic: a table that is
    scanned, a dependency that slows down, a connection that is no longer reused.

    ## How to fix
    Compare the two weeks in CloudWatch Logs Insights or X-Ray, and look at what was deployed between
    them:
    `aws lambda list-versions-by-function --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    usage = known(function.usage)
    busy = [day for day in usage.daily if day.invocations >= minimum_runs]
    asked = [known(day.duration_p95_ms) for day in busy]
    values = [value for value in asked if value is not None]
    before, after = values[:-days], values[-days:]
    if len(before) < least_days:
        return not_applicable(
            f"{len(values)} days with {minimum_runs} runs or more; a comparison needs {days + least_days}"
        )
    old, recent = median(before[-days:]), median(after)
    said = f"Median daily p95 {recent:.0f} ms in the last {days} days, {old:.0f} ms before"
    if recent > old * (1 + growth) and recent - old >= least_ms:
        return warned(f"{said}: more than {growth:.0%} growth", query=DURATIONS)
    return passed(f"{said}: within {growth:.0%} growth or {least_ms:.0f} ms", query=DURATIONS)


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.LOW, codes=("REL-33",), effort="One setting")
def durable_timeout_inconsistent(function: Function) -> Verdict:
    """Durable execution timeout does not fit the function.

    ## Why it matters
    A durable execution that ends before one of its invocations may end is cut off mid-step. One that may
    last a year keeps its history, its waits and its mistakes for a year.

    ## How to fix
    Set an execution timeout that covers the whole workflow and no more, and keep its history as long as a
    failed execution may need looking into. Both are set with `DurableConfig` of the function, as in:
    `aws lambda update-function-configuration --region REGION --function-name NAME --durable-config ExecutionTimeout=SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
    - https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
    """
    execution_s = function.durable_execution_timeout_s
    if execution_s is None:
        return not_applicable("Not a durable function")
    kept = function.durable_retention_days
    history = f", history kept {counted(kept, 'day', 'days')}" if kept is not None else ""
    said = f"Executions last at most {execution_s:,} s, invocations {function.timeout_s} s{history}"
    if execution_s < function.timeout_s:
        return failed(f"{said}: an execution ends before its invocation may")
    if execution_s >= DURABLE_MAXIMUM_S:
        return warned(f"{said}: {DURABLE_MAXIMUM_S:,} s is the service's maximum")
    return passed(f"{said} ({execution_s / DAY_S:.1f} days)")


@check(item=ChecklistItem.ERROR_HANDLING, severity=Severity.MEDIUM, codes=("REL-33",), effort="Fix the cause")
def durable_executions_failing(function: Function) -> Verdict:
    """Durable executions fail or run out of time.

    ## Why it matters
    A durable execution stands for a whole workflow. One that fails leaves it half-done, after the retries of its
    steps are used up, and nobody is told.

    ## How to fix
    Look at what failed, mend the step, and start it again from its input:
    `aws lambda list-durable-executions-by-function --region REGION --function-name NAME --reverse-order`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
    """
    failures = known(function.durable_failures)
    if failures is None:
        return not_applicable("Not a durable function")
    kept = function.durable_retention_days
    history = f", of a history of {counted(kept, 'day', 'days')}" if kept is not None else ""
    said = f"{counted(failures, 'execution', 'executions')} failed or timed out{history}"
    return failed(said) if failures else passed(said)
