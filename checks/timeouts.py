"""Timeout values are realistic, with safety margins."""

from auditor import ChecklistItem, Function, Severity, Verdict, check, failed, known, not_applicable, passed


@check(item=ChecklistItem.TIMEOUTS, severity=Severity.HIGH, codes=("REL-17",), effort="One setting")
def timeout_near_limit(function: Function, *, margin: float = 0.2, minimum_runs: int = 100) -> Verdict:
    """Longest runs come close to the timeout.

    ## Why it matters
    A run that reaches its timeout is cut off mid-work: the caller sees an error, the event is retried, half-done writes
    stay behind.

    ## How to fix
    Raise the timeout, or find out what the longest runs wait for:
    `aws lambda update-function-configuration --function-name NAME --timeout SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    """
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{usage.invocations} runs in the window; a ratio needs {minimum_runs}")
    p99_s = known(usage.duration_p99_ms)
    if p99_s is None:
        return not_applicable("No durations in the window")
    p99_s /= 1000
    spare = 1 - p99_s / function.timeout_s
    said = f"p99 run {p99_s:.1f} s of {function.timeout_s} s: {spare:.0%} to spare, {margin:.0%} wanted"
    return failed(said) if spare < margin else passed(said)
