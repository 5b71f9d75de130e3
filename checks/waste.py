"""Nothing is paid for or kept that nobody uses."""

from datetime import UTC, datetime, time, timedelta

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
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
from auditor.cost import ARM64, EPHEMERAL_FREE_MB, monthly_cost
from auditor.deployed import counted
from auditor.model import CodeFacts, PackageFacts
from auditor.model.invocation import is_edge
from auditor.queries import BILLED_TIME, metric, storage_used
from auditor.served import served

# https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
ARM64_DISCOUNT = "arm64 is billed at 80 % of x86_64 for each GB-second"
# Words in the names that the CDK and hand-written templates give to functions behind custom resources.
CUSTOM_RESOURCES = ("CustomResource", "LogRetention", "BucketNotificationsHandler", "frameworkonEvent")
STREAMS = frozenset({"kinesis", "dynamodb"})


@check(item=ChecklistItem.COST, severity=Severity.LOW, codes=("OPS-15",), effort="Delete or document")
def unused_function(
    function: Function, region: Region, reference: Reference, *, days: int = 14, standby_tag: str = "standby"
) -> Verdict:
    """Function is never invoked.

    ## Why it matters
    Code that nobody runs still has a role, a runtime that ages, secrets, and a place in every review.
    What is kept on purpose, for recovery or for a stack's own use, is told so by a tag.

    ## How to fix
    Ask its owner, then delete the function with what belongs to it, or tag it as a standby:
    `aws lambda delete-function --region REGION --function-name NAME`
    `aws lambda tag-resource --region REGION --resource arn:aws:lambda:REGION:ACCOUNT:function:NAME --tags standby=true`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    if known(is_edge(function)):
        return not_applicable("Lambda@Edge runs where its viewers are")
    usage = known(function.usage)
    if usage.invocations:
        return passed(f"{usage.invocations:,} invocations in {usage.window_days:.0f} days")
    if usage.throttles:
        return not_applicable(f"{usage.throttles:,} invocations were tried, and throttled")
    if usage.window_days < days:
        return not_applicable(f"Metrics of {usage.window_days:.0f} days; {days} are needed")
    if function.last_modified is None:
        return not_applicable("No date of the last change")
    age = (datetime.combine(reference.as_of, time.min, UTC) - function.last_modified) / timedelta(days=1)
    if age < days:
        return not_applicable(f"Changed {age:.0f} days ago; {days} are needed")
    if known(function.tag(standby_tag)) is not None:
        return not_applicable(f"Tagged {standby_tag}")
    if _is_custom_resource(function):
        return not_applicable("A custom resource of its stack, which runs at deployments only (a heuristic)")
    return _unused(function, region, reference, usage.window_days, age)


def _is_custom_resource(function: Function) -> bool:
    """Whether the stack's own name for the function says that it serves the stack."""
    logical_id = known(function.tag("aws:cloudformation:logical-id")) or ""
    return any(word in logical_id for word in CUSTOM_RESOURCES)


def _unused(
    function: Function, region: Region, reference: Reference, window_days: float, age: float
) -> Verdict:
    cost = monthly_cost(function, region, reference)
    usd = 0.0 if isinstance(cost, Unavailable) else cost.total_usd
    said = f"No invocation in {window_days:.0f} days, last changed {age:.0f} days ago, {usd:.2f} USD a month"
    mappings, rules = region.mappings_of(function), region.rules_of(function)
    waiting = tuple(
        Detail(subject=one.source_arn, text=f"event source mapping is {one.state}")
        for one in (() if isinstance(mappings, Unavailable) else mappings)
    ) + tuple(
        Detail(subject=one.name, text=f"rule is {'enabled' if one.enabled else 'disabled'}")
        for one in (() if isinstance(rules, Unavailable) else rules)
    )
    return failed(said, details=waiting, query=metric("SUM", "Invocations", function), usd_month=usd)


@check(
    item=ChecklistItem.COST,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("PERF-11",),
    effort="One setting and a test",
)
def x86_where_arm64_fits(
    function: Function, region: Region, reference: Reference, *, worth_usd: float = 1.0
) -> Verdict:
    """Runs on x86_64 where arm64 would do.

    ## Why it matters
    The same run costs a fifth less on arm64, and often takes less time. What is compiled for x86_64, in
    the package, a layer or an image, has to be built anew.

    ## How to fix
    Build the package for arm64, try it behind an alias, then switch over:
    `aws lambda update-function-code --region REGION --function-name NAME --architectures arm64 --zip-file fileb://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
    - https://aws.amazon.com/lambda/pricing/
    """
    if function.architecture == ARM64:
        return passed("Runs on arm64")
    if known(is_edge(function)):
        return not_applicable("Lambda@Edge runs on x86_64 only")
    if function.is_managed_instance:
        return not_applicable("Managed Instances follow their capacity provider")
    life = reference.runtimes.life(function.runtime)
    if life is not None and not life.arm64:
        return not_applicable(f"{function.runtime} is not offered on arm64")
    cost = known(monthly_cost(function, region, reference))
    prices = reference.prices.of(region.name)
    saved = cost.compute_usd * (1 - prices.arm64_gb_second / prices.x86_gb_second)
    said = f"x86_64 compute {cost.compute_usd:.2f} USD a month; arm64 saves {saved:.2f} USD at equal run time"
    if saved < worth_usd:
        return passed(f"{said}, below {worth_usd:.2f} USD not worth a test", query=BILLED_TIME)
    return warned(said, details=_obstacles(function), query=BILLED_TIME, usd_month=saved)


def _obstacles(function: Function) -> tuple[Detail, ...]:
    """What has to be built anew, as far as it was seen."""
    found = [Detail(subject="Price", text=ARM64_DISCOUNT)]
    if function.is_image:
        found.append(Detail(subject="Image", text="needs a build for arm64"))
    package = function.code.package if isinstance(function.code, CodeFacts) else None
    if isinstance(package, PackageFacts):
        found += [
            Detail(subject=one.what or one.kind, text="compiled", at=one.file)
            for one in package.wrong_binaries
        ]
    found += [Detail(subject=layer.arn, text="has to offer arm64") for layer in function.layers]
    return tuple(found)


@check(item=ChecklistItem.COST, severity=Severity.LOW, codes=("PERF-14",), effort="One setting")
def ephemeral_storage_unused(
    function: Function, region: Region, reference: Reference, *, share: float = 0.5, minimum_runs: int = 100
) -> Verdict:
    """Ephemeral storage is larger than what runs write.

    ## Why it matters
    Above 512 MB it is paid for with every millisecond, and it rules out SnapStart.

    ## How to fix
    Set it to what the fullest run needs:
    `aws lambda update-function-configuration --region REGION --function-name NAME --ephemeral-storage Size=N`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
    """
    extra_mb = function.ephemeral_mb - EPHEMERAL_FREE_MB
    if extra_mb <= 0:
        return passed(
            f"Ephemeral storage {function.ephemeral_mb} MB, nothing above the free {EPHEMERAL_FREE_MB} MB"
        )
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{usage.invocations:,} runs in the window; {minimum_runs} are needed")
    lines = known(function.report_lines)
    if lines.tmp_used_mb is None:
        return not_applicable(
            f"Ephemeral storage {function.ephemeral_mb} MB; its use shows only in Lambda Insights"
        )
    used = lines.tmp_used_mb / function.ephemeral_mb
    said = (
        f"Fullest run {lines.tmp_used_mb:.0f} MB of {function.ephemeral_mb} MB ({used:.0%}), "
        f"{share:.0%} is the limit"
    )
    if used >= share:
        return passed(said)
    cost = monthly_cost(function, region, reference)
    usd = None if isinstance(cost, Unavailable) else cost.ephemeral_usd
    return failed(said, query=storage_used(function), usd_month=usd)


@check(item=ChecklistItem.COST, severity=Severity.LOW, codes=("OPS-21",), effort="Delete old versions")
def old_versions_kept(function: Function, region: Region, *, most: int = 20) -> Verdict:
    """Many published versions that nothing points to.

    ## Why it matters
    Each keeps its package in the account's code storage, its environment variables and its ageing
    runtime, and can still be invoked by number.

    ## How to fix
    Delete what no alias points to, and let the deployment do so from now on:
    `aws lambda delete-function --region REGION --function-name NAME --qualifier VERSION`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
    - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    versions = known(function.versions)
    if not versions:
        return not_applicable("No published versions")
    used = {one.version for one in known(served(function, region))}
    unused = [one for one in versions if one.version not in used]
    megabytes = sum(one.code_size_bytes for one in unused) / 1_000_000
    said = f"{len(unused)} of {len(versions)} versions unused, {megabytes:.0f} MB; {most} is the limit"
    return failed(said) if len(unused) > most else passed(said)


@check(item=ChecklistItem.COST, severity=Severity.MEDIUM, codes=("OPS-21",), effort="Delete old versions")
def code_storage_nearly_full(region: Region, *, limit: float = 0.8) -> Verdict:
    """Account's code storage is nearly full.

    ## Why it matters
    When it is full no function can be deployed any more, not even a fix.

    ## How to fix
    Delete old versions and layer versions, or ask for a higher quota:
    `aws lambda delete-function --region REGION --function-name NAME --qualifier VERSION`
    `aws service-quotas request-service-quota-increase --region REGION --service-code lambda --quota-code L-2ACBD22F --desired-value COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    if not known(region.functions):
        return not_applicable("No functions in the region")
    size, quota = known(region.code_size_bytes), known(region.code_size_limit_bytes)
    said = (
        f"{size / 1e9:.1f} GB of {quota / 1e9:.1f} GB ({size / max(quota, 1):.0%}), {limit:.0%} is the limit"
    )
    return failed(said) if size > limit * quota else passed(said)


@check(
    item=ChecklistItem.COST,
    severity=Severity.INFO,
    confidence=Confidence.LOW,
    codes=("PERF-12",),
    effort="One setting",
)
def stream_without_batching_window(
    function: Function, region: Region, *, short_ms: float = 1_000.0, busy_runs: int = 10_000
) -> Verdict:
    """Stream is read in many small batches.

    ## Why it matters
    Without a batching window a run starts as soon as there is one record. Many short runs cost more than
    few full ones. The sizes of batches are in no metric: many short runs are the sign, so this is a
    heuristic.

    ## How to fix
    Wait a few seconds for a fuller batch where the delay does not matter:
    `aws lambda update-event-source-mapping --region REGION --uuid UUID --maximum-batching-window-in-seconds SECONDS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    streams = [one for one in known(region.mappings_of(function)) if one.kind in STREAMS]
    if not streams:
        return not_applicable("Reads no stream")
    without = [one for one in streams if not one.batching_window_s and one.batch_size > 1]
    if not without:
        return passed(f"{counted(len(streams), 'stream', 'streams')}, each with a batching window")
    usage = known(function.usage)
    if not usage.invocations or usage.average_ms is None:
        return not_applicable("No runs in the window")
    said = (
        f"{counted(len(without), 'stream', 'streams')} without a window; {usage.invocations:,} runs of "
        f"{usage.average_ms:.0f} ms, {busy_runs:,} of less than {short_ms:.0f} ms are the limit"
    )
    if usage.invocations < busy_runs or usage.average_ms >= short_ms:
        return passed(said)
    details = tuple(
        Detail(subject=one.source_arn, text=f"batch size {one.batch_size}, window 0 s") for one in without
    )
    return warned(said, details=details, query=BILLED_TIME)


@check(item=ChecklistItem.COST, severity=Severity.MEDIUM, codes=("REL-29",), effort="One setting")
def recursive_loop_allowed(function: Function) -> Verdict:
    """Recursive loops are let run.

    ## Why it matters
    A function that writes to the queue, topic or bucket that invokes it, runs until the account's
    concurrency and the budget are used up. Lambda stops such loops after about 16 rounds unless told not
    to.

    ## How to fix
    Take the protection back in, and write results to another resource than the events come from:
    `aws lambda put-function-recursion-config --region REGION --function-name NAME --recursive-loop Terminate`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    if known(is_edge(function)):
        return not_applicable("Loop detection does not concern Lambda@Edge")
    setting = known(function.recursive_loop)
    return (
        failed("Recursive loops are allowed") if setting == "Allow" else passed("Recursive loops are stopped")
    )


@check(item=ChecklistItem.COST, severity=Severity.HIGH, codes=("REL-29",), effort="Another target")
def recursive_loop_stopped(function: Function) -> Verdict:
    """Lambda had to stop a recursive loop.

    ## Why it matters
    The function invokes itself through a queue, a topic, a bucket or another function. Lambda breaks the
    loop after about 16 rounds and drops the event, so work is lost, and the rounds are paid for.

    ## How to fix
    Write results to another resource than the events come from. Events that were dropped are in the
    dead-letter queue or the on-failure destination, where there is one:
    `aws lambda get-function-event-invoke-config --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    usage = known(function.usage)
    said = f"{usage.recursive_dropped:,} invocations dropped to break a loop, 0 is the limit"
    if usage.recursive_dropped:
        return failed(said, query=metric("SUM", "RecursiveInvocationsDropped", function))
    if not usage.invocations:
        return not_applicable("No invocations in the window")
    return passed(said)
