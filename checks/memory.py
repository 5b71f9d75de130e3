"""Memory allocation fits what runs use, and what it costs."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Reference,
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
from auditor.cost import compute_price, monthly_cost
from auditor.model import ReportLines
from auditor.queries import DURATIONS, MEMORY, OUT_OF_MEMORY
from auditor.served import first_bad, served, serving_memory_mb
from auditor.sizing import MAXIMUM_MB, MINIMUM_MB, VCPU_MB, Candidate, candidates, smallest_fitting_mb, vcpus

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
MANAGED_MAXIMUM_MB = 32_768
# https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-lambda-recommendations.html
OVER_PROVISIONED = "MemoryOverprovisioned"
UNDER_PROVISIONED = "MemoryUnderprovisioned"
ACTIVE = "Active"


@check(item=ChecklistItem.MEMORY, severity=Severity.LOW, codes=("PERF-03",), effort="One setting")
def memory_at_default(
    function: Function,
    region: Region,
    *,
    used: float = 0.7,
    slow_ms: float = 1_000.0,
    minimum_runs: int = 100,
) -> Verdict:
    """Memory is the default of 128 MB.

    ## Why it matters
    Memory decides the share of CPU: 128 MB come with a fourteenth of a vCPU. What computes, decrypts or
    parses is slow there, and often dearer than with more memory, because it runs longer.

    ## How to fix
    Measure with a few sizes and keep the cheapest that is quick enough:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    found = first_bad(function, region, lambda one: one.memory_mb == MINIMUM_MB)
    if found is None:
        return passed(f"Memory {function.memory_mb} MB, not the default of {MINIMUM_MB} MB")
    where = f"{found.label}: memory {MINIMUM_MB} MB, the default"
    usage = known(function.usage)
    p95_ms = known(usage.duration_p95_ms)
    if usage.invocations < minimum_runs or p95_ms is None:
        said = f"{where}; {usage.invocations:,} runs are too few to tell whether it fits"
        return warned(said, severity=Severity.INFO, query=DURATIONS)
    if p95_ms >= slow_ms:
        return failed(
            f"{where}, with {vcpus(MINIMUM_MB):.2f} vCPU; p95 run "
            f"{p95_ms:.0f} ms, {slow_ms:.0f} ms is the limit",
            query=DURATIONS,
        )
    full = _max_used(known(function.report_lines), minimum_runs)
    if full is None:
        return warned(f"{where}; too few sampled runs", severity=Severity.INFO, query=MEMORY)
    share = full / MINIMUM_MB
    said = f"{where}; fullest run {full:.0f} MB ({share:.0%}), {used:.0%} is the limit"
    return failed(said, query=MEMORY) if share > used else passed(said, query=MEMORY)


def _max_used(lines: ReportLines, minimum_runs: int) -> float | None:
    """Memory of the fullest sampled run in MB, None where too few were sampled."""
    return lines.max_memory_used_mb if lines.runs >= minimum_runs else None


@check(item=ChecklistItem.MEMORY, severity=Severity.HIGH, codes=("REL-24",), effort="One setting")
def memory_nearly_full(
    function: Function, region: Region, *, limit: float = 0.9, minimum_runs: int = 100
) -> Verdict:
    """Fullest runs nearly use up the memory.

    ## Why it matters
    A run that needs more memory than there is, is killed without a word from the code. The next larger
    event does it, and garbage collection slows down long before.

    ## How to fix
    Raise the memory, or look for what grows from run to run:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    usage = known(function.usage)
    if not usage.invocations:
        return not_applicable("No runs in the window")
    lines = known(function.report_lines)
    used_mb = _max_used(lines, minimum_runs)
    if used_mb is None:
        return not_applicable(f"{lines.runs:,} sampled runs; a ratio needs {minimum_runs}")
    known(served(function, region))
    memory_mb = serving_memory_mb(function, region)
    share = used_mb / memory_mb
    said = f"Fullest run {used_mb:.0f} MB of {memory_mb} MB ({share:.0%}), {limit:.0%} is the limit"
    if share < limit:
        return passed(said, query=MEMORY)
    wanted = Detail(
        subject="Size that leaves room",
        text=f"{smallest_fitting_mb(used_mb, 1 - limit)} MB, by {lines.source}",
    )
    return failed(said, details=(wanted,), query=MEMORY)


@check(item=ChecklistItem.MEMORY, severity=Severity.HIGH, codes=("REL-23",), effort="One setting")
def out_of_memory(function: Function, region: Region, *, minimum_runs: int = 100) -> Verdict:
    """Runs are killed for lack of memory.

    ## Why it matters
    Such a run ends without a log line of its own and without clean-up. Asynchronous events and queue
    messages are tried again, and killed again.

    ## How to fix
    Raise the memory until the fullest run leaves a fifth of it free, then look for what grows from run to
    run:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    """
    usage = known(function.usage)
    if not usage.invocations:
        return not_applicable("No runs in the window")
    lines = known(function.report_lines)
    memory_mb = serving_memory_mb(function, region)
    killed = known(lines.out_of_memory)
    said = f"{killed:,} of {lines.runs:,} sampled runs killed at {memory_mb} MB"
    if killed:
        return failed(said, query=OUT_OF_MEMORY)
    if lines.runs < minimum_runs:
        return not_applicable(
            f"{lines.runs:,} sampled runs, none of them killed; {minimum_runs} are needed to tell"
        )
    return passed(said, query=MEMORY)


@check(
    item=ChecklistItem.MEMORY,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    codes=("PERF-01",),
    effort="Measure, then one setting",
)
def memory_oversized(  # noqa: PLR0913 - thresholds by name
    function: Function,
    region: Region,
    reference: Reference,
    *,
    share: float = 0.5,
    headroom: float = 0.2,
    worth_usd: float = 1.0,
    minimum_runs: int = 100,
) -> Verdict:
    """Much more memory than the fullest run needs.

    ## Why it matters
    Memory is the price of every millisecond. But it is CPU too: a function that computes gets slower with
    less of it, up to 1,769 MB, one vCPU. So the amount named is what is saved if runs take as long as
    now, which holds for functions that wait for others; each size is listed with the other bound as well.

    ## How to fix
    Try the next smaller size on a version behind an alias, and compare billed time times memory, for
    example with AWS Lambda Power Tuning:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    - https://docs.aws.amazon.com/lambda/latest/operatorguide/profile-functions.html
    """
    if function.is_managed_instance:
        return not_applicable("Managed Instances are billed by the instance")
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{usage.invocations:,} runs in the window; a ratio needs {minimum_runs}")
    lines = known(function.report_lines)
    used_mb = _max_used(lines, minimum_runs)
    if used_mb is None:
        return not_applicable(f"{lines.runs:,} sampled runs; a ratio needs {minimum_runs}")
    known(served(function, region))
    memory_mb = serving_memory_mb(function, region)
    used = used_mb / memory_mb
    said = f"Fullest run {used_mb:.0f} MB of {memory_mb} MB ({used:.0%}), {share:.0%} is the limit"
    if used >= share or memory_mb == MINIMUM_MB:
        return passed(said, query=MEMORY)
    cost = known(monthly_cost(function, region, reference))
    price = compute_price(function.architecture, reference.prices.of(region.name))
    sizes = candidates(memory_mb, cost, price, used_mb, headroom)
    now = next(one for one in sizes if one.memory_mb == memory_mb)
    best = min(sizes, key=lambda one: one.same_usd)
    saved = now.same_usd - best.same_usd
    if saved < worth_usd:
        return passed(f"{said}; a smaller size saves at most {saved:.2f} USD a month", query=MEMORY)
    said = f"{said}; {best.memory_mb} MB saves {saved:.2f} USD a month if runs take as long as now"
    verdict = failed if best.memory_mb >= VCPU_MB else warned
    return verdict(said, details=tuple(map(_size, sizes)), query=MEMORY, usd_month=saved)


def _size(one: Candidate) -> Detail:
    return Detail(
        subject=f"{one.memory_mb} MB, {vcpus(one.memory_mb):.2f} vCPU",
        text=(
            f"{one.same_usd:.2f} USD a month at the same run time, {one.cpu_bound_usd:.2f} USD if CPU-bound "
            f"on one thread; fullest run takes {one.used:.0%}"
        ),
    )


@check(
    item=ChecklistItem.MEMORY,
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    codes=("PERF-02",),
    effort="Measure, then one setting",
)
def memory_starves_cpu(
    function: Function,
    region: Region,
    *,
    small_mb: int = 256,
    slow_ms: float = 2_000.0,
    minimum_runs: int = 100,
) -> Verdict:
    """Little memory and long runs: the CPU share may be short.

    ## Why it matters
    Memory decides the share of CPU. A function that computes with a fraction of a vCPU takes longer and
    costs the same or more. Metrics cannot tell computing from waiting, so this is a heuristic.

    ## How to fix
    Double the memory once and compare: if the run time halves, the function computes, and it costs the
    same:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    if function.is_managed_instance:
        return not_applicable("Managed Instances set CPU apart from memory")
    known(served(function, region))
    memory_mb = serving_memory_mb(function, region)
    share = f"{memory_mb} MB with {vcpus(memory_mb):.2f} vCPU"
    if memory_mb > small_mb:
        return passed(f"{share}, above {small_mb} MB")
    usage = known(function.usage)
    p50_ms = known(usage.duration_p50_ms)
    if usage.invocations < minimum_runs or p50_ms is None:
        return not_applicable(f"{usage.invocations:,} runs in the window; a typical run needs {minimum_runs}")
    said = f"{share}; typical run {p50_ms:.0f} ms, {slow_ms:.0f} ms is the limit"
    if p50_ms < slow_ms:
        return passed(said, query=DURATIONS)
    return warned(f"{said} (a heuristic: the runs may as well wait for others)", query=DURATIONS)


@check(
    item=ChecklistItem.MEMORY, severity=Severity.LOW, codes=("PERF-04",), effort="Measure, then one setting"
)
def memory_at_maximum(function: Function, region: Region) -> Verdict:
    """Memory is the most that Lambda grants.

    ## Why it matters
    Nothing can be raised any more when events grow, and every idle millisecond is paid at the highest
    price.

    ## How to fix
    Measure with less memory, split the work, or move it to a service made for large jobs:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    maximum = MANAGED_MAXIMUM_MB if function.is_managed_instance else MAXIMUM_MB
    found = first_bad(function, region, lambda one: one.memory_mb >= maximum)
    if found is None:
        return passed(f"Memory {function.memory_mb} MB of at most {maximum} MB")
    return failed(f"{found.label}: memory {found.memory_mb} MB of at most {maximum} MB", query=MEMORY)


@check(
    item=ChecklistItem.MEMORY,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("PERF-01", "PERF-02"),
    effort="One setting",
)
def memory_against_compute_optimizer(function: Function, region: Region) -> Verdict:
    """Compute Optimizer recommends another memory size.

    ## Why it matters
    AWS compares the function's own run times and memory with many others, and sees the CPU, which no
    metric shows.

    ## How to fix
    Take the recommended size after a trial:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-lambda-recommendations.html
    """
    status = known(region.services.compute_optimizer)
    if status != ACTIVE:
        return not_applicable(f"Compute Optimizer is {status or 'not enrolled'}")
    known(region.services.compute_optimizer_findings)
    found = region.recommendations.get(function.arn)
    if found is None:
        return not_applicable(
            "Compute Optimizer says nothing of this function; it wants 50 runs and at most 1,792 MB"
        )
    finding, recommended_mb = found
    if finding not in {OVER_PROVISIONED, UNDER_PROVISIONED}:
        return passed(f"Compute Optimizer: {finding}, memory {function.memory_mb} MB")
    return failed(
        f"Compute Optimizer: {finding}, memory {function.memory_mb} MB, recommended {recommended_mb} MB",
        query=MEMORY,
    )
