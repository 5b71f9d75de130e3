"""Cold starts are measured, and kept away where somebody waits."""

from auditor import (
    ChecklistItem,
    Detail,
    Function,
    Reference,
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
from auditor.callers import is_waited_for
from auditor.cost import idle_provisioned_usd
from auditor.deployed import counted
from auditor.model import CodeFacts, PackageFacts, ProvisionedConcurrency
from auditor.queries import COLD_STARTS, metric
from auditor.served import Served, in_traffic, served

# Limits of a .zip package: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
UNZIPPED_LIMIT_BYTES = 262_144_000
MB = 1_000_000
# The initialisation phase without provisioned concurrency or SnapStart:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
INIT_LIMIT_MS = 10_000
# SnapStart refuses more: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
SNAPSTART_EPHEMERAL_MB = 512
READY = "READY"


@check(item=ChecklistItem.COLD_START, severity=Severity.LOW, codes=("PERF-07",), effort="Trim the package")
def heavy_package(
    function: Function, region: Region, *, heavy_mb: float = 10.0, too_heavy_mb: float = 50.0
) -> Verdict:
    """Package and layers are heavy.

    ## Why it matters
    Every new execution environment fetches and unpacks them before the first line runs, and every
    deployment uploads them.

    ## How to fix
    Leave out tests, documentation, the SDK that the runtime brings, and dependencies that nothing
    imports; bundle JavaScript. See what a package holds:
    `aws lambda get-function --region REGION --function-name NAME --query Code.Location`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    - https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html
    """
    if function.is_image:
        return not_applicable("Container images are loaded in parts, on demand")
    heaviest = max(in_traffic(known(served(function, region))), key=_zipped_bytes)
    layers = sum(layer.size_bytes for layer in heaviest.layers)
    total_mb = _zipped_bytes(heaviest) / MB
    said = (
        f"{heaviest.label}: {total_mb:.1f} MB zipped, of which "
        f"{counted(len(heaviest.layers), 'layer takes', 'layers take')} {layers / MB:.1f} MB"
    )
    if total_mb > too_heavy_mb:
        return failed(
            f"{said}; {too_heavy_mb:g} MB is the limit", details=_parts(function), query=COLD_STARTS
        )
    if total_mb > heavy_mb:
        return warned(f"{said}; {heavy_mb:g} MB is light", details=_parts(function), query=COLD_STARTS)
    return passed(f"{said}; {heavy_mb:g} MB is light")


def _zipped_bytes(one: Served) -> int:
    return one.code_size_bytes + sum(layer.size_bytes for layer in one.layers)


def _parts(function: Function) -> tuple[Detail, ...]:
    """What the weight is made of, as far as it was seen."""
    parts = [Detail(subject="package", text=f"{function.code_size_bytes / MB:.1f} MB zipped")]
    parts += [
        Detail(subject=layer.arn, text=f"{layer.size_bytes / MB:.1f} MB zipped") for layer in function.layers
    ]
    package = function.code.package if isinstance(function.code, CodeFacts) else None
    if isinstance(package, PackageFacts):
        share = package.unzipped_bytes / UNZIPPED_LIMIT_BYTES
        text = f"{package.unzipped_bytes / MB:.0f} MB, {share:.0%} of the service's limit with all layers"
        parts.append(Detail(subject="package unzipped", text=text))
        parts.append(
            Detail(subject="third-party packages", text=f"{len(package.dependencies)} in the package")
        )
    return tuple(parts)


@check(item=ChecklistItem.COLD_START, severity=Severity.MEDIUM, codes=("PERF-05",), effort="Slim the start")
def cold_start_slow(
    function: Function,
    region: Region,
    *,
    slow_ms: float = 1_000.0,
    tolerated: float = 0.01,
    minimum_runs: int = 100,
) -> Verdict:
    """Callers wait for slow cold starts.

    ## Why it matters
    Whoever meets a new execution environment waits for its initialisation on top of the run. It is judged
    only where somebody waits; events do not mind.

    ## How to fix
    Import less, create clients once and outside the handler, trim the package; then think of SnapStart or
    provisioned concurrency. More memory brings more CPU for the start:
    `aws lambda update-function-configuration --region REGION --function-name NAME --memory-size MEMORY_MB`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    - https://docs.aws.amazon.com/lambda/latest/operatorguide/execution-environments.html
    """
    if not known(is_waited_for(function, region)):
        return not_applicable("Nobody waits for the answer")
    usage = known(function.usage)
    if not usage.invocations:
        return not_applicable("No runs in the window")
    lines = known(function.report_lines)
    if lines.runs < minimum_runs:
        return not_applicable(f"{lines.runs:,} sampled runs; a ratio needs {minimum_runs}")
    rate = lines.cold_starts / lines.runs
    if lines.init_p99_ms is None:
        return passed(f"{lines.cold_starts:,} cold starts in {lines.runs:,} sampled runs", query=COLD_STARTS)
    said = (
        f"p99 initialisation {lines.init_p99_ms:.0f} ms in {rate:.2%} of {lines.runs:,} sampled runs; "
        f"{slow_ms:.0f} ms and {tolerated:.0%} are the limits"
    )
    if lines.init_p99_ms <= slow_ms:
        return passed(said, query=COLD_STARTS)
    return (failed if rate > tolerated else warned)(said, query=COLD_STARTS)


@check(item=ChecklistItem.COLD_START, severity=Severity.HIGH, codes=("PERF-06",), effort="Slim the start")
def init_near_limit(function: Function, *, share: float = 0.8, minimum_cold_starts: int = 10) -> Verdict:
    """Initialisation comes close to its limit of 10 seconds.

    ## Why it matters
    An initialisation that takes longer is cut off and begun again inside the first run, where it counts
    against the function's timeout. The function then fails exactly when load rises.

    ## How to fix
    Move work out of module level, load large files on first use, or start from a snapshot:
    `aws lambda update-function-configuration --region REGION --function-name NAME --snap-start ApplyOn=PublishedVersions`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    if function.is_managed_instance:
        return not_applicable("Managed Instances initialise for up to 15 minutes")
    usage = known(function.usage)
    if not usage.invocations:
        return not_applicable("No runs in the window")
    lines = known(function.report_lines)
    if lines.cold_starts < minimum_cold_starts or lines.init_p99_ms is None:
        return not_applicable(f"{lines.cold_starts:,} sampled cold starts; {minimum_cold_starts} are needed")
    used = lines.init_p99_ms / INIT_LIMIT_MS
    said = (
        f"p99 initialisation {lines.init_p99_ms:.0f} ms of {INIT_LIMIT_MS} ms ({used:.0%}), "
        f"{share:.0%} is the limit"
    )
    return failed(said, query=COLD_STARTS) if used > share else passed(said, query=COLD_STARTS)


@check(
    item=ChecklistItem.COLD_START,
    severity=Severity.LOW,
    codes=("PERF-10",),
    effort="SnapStart or warm capacity",
)
def latency_sensitive_without_warm_capacity(
    function: Function,
    region: Region,
    reference: Reference,
    *,
    budget_ms: float = 1_000.0,
    minimum_runs: int = 100,
) -> Verdict:
    """Callers meet cold starts, and nothing is kept warm.

    ## Why it matters
    Where a person or a service waits, the slowest hundredth of the answers is often the cold starts.
    SnapStart starts from a snapshot; provisioned concurrency keeps environments ready.

    ## How to fix
    Where the runtime allows it, publish versions with SnapStart and call them by an alias:
    `aws lambda update-function-configuration --region REGION --function-name NAME --snap-start ApplyOn=PublishedVersions`
    `aws lambda put-provisioned-concurrency-config --region REGION --function-name NAME --qualifier QUALIFIER --provisioned-concurrent-executions COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    - https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
    """
    if function.is_managed_instance:
        return not_applicable("Managed Instances keep environments running")
    if not known(is_waited_for(function, region)):
        return not_applicable("Nobody waits for the answer")
    warm = sum(one.requested for one in known(function.provisioned))
    if warm:
        return passed(f"{warm} execution environments provisioned")
    versions = in_traffic(known(served(function, region)))
    snapped = [one for one in versions if _has_snapshot(one)]
    if snapped:
        return passed(f"SnapStart serves {snapped[0].label}")
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{usage.invocations:,} runs in the window; a ratio needs {minimum_runs}")
    lines = known(function.report_lines)
    if lines.runs < minimum_runs or lines.init_p99_ms is None:
        return not_applicable(f"{lines.cold_starts:,} cold starts in {lines.runs:,} sampled runs")
    said = f"p99 initialisation {lines.init_p99_ms:.0f} ms, {budget_ms:.0f} ms is the limit"
    if lines.init_p99_ms <= budget_ms:
        return passed(said, query=COLD_STARTS)
    details = (Detail(subject="SnapStart", text=_snapstart(function, reference)),)
    return warned(
        f"{said}; neither SnapStart nor provisioned concurrency", details=details, query=COLD_STARTS
    )


def _has_snapshot(one: Served) -> bool:
    """Whether callers reach a snapshot: `$LATEST` never has one."""
    return one.version != "$LATEST" and one.snap_start is not None and one.snap_start.apply_on != "None"


def _snapstart(function: Function, reference: Reference) -> str:
    """Say whether SnapStart can be used."""
    if function.snap_start is not None and function.snap_start.apply_on != "None":
        return "is configured, but callers reach $LATEST, which has no snapshot"
    life = reference.runtimes.life(function.runtime)
    if function.is_image or life is None or not life.snapstart:
        return f"not offered for {function.runtime or 'container images'}; use provisioned concurrency"
    if function.file_systems or function.ephemeral_mb > SNAPSTART_EPHEMERAL_MB:
        return "not with a mounted file system or more than 512 MB of ephemeral storage"
    return f"offered for {function.runtime}, on published versions"


@check(item=ChecklistItem.COLD_START, severity=Severity.MEDIUM, codes=("PERF-08",), effort="One setting")
def provisioned_concurrency_idle(
    function: Function, region: Region, reference: Reference, *, used: float = 0.6
) -> Verdict:
    """Provisioned concurrency is mostly idle.

    ## Why it matters
    It is paid for by the second, whether it runs or not.

    ## How to fix
    Provision what the load needs, or let Application Auto Scaling follow it:
    `aws lambda put-provisioned-concurrency-config --region REGION --function-name NAME --qualifier QUALIFIER --provisioned-concurrent-executions COUNT`
    `aws application-autoscaling register-scalable-target --region REGION --service-namespace lambda --resource-id function:NAME:QUALIFIER --scalable-dimension lambda:function:ProvisionedConcurrency --min-capacity COUNT --max-capacity COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
    """
    configured = known(function.provisioned)
    environments = sum(one.allocated or one.requested for one in configured)
    if not environments:
        return not_applicable("No provisioned concurrency")
    usage = known(function.usage)
    share = usage.provisioned_utilization
    if share is None and usage.invocations:
        return not_applicable(f"{environments} environments provisioned; no measure of their use yet")
    share = share or 0.0
    said = f"At most {share:.0%} of {environments} provisioned environments in use, {used:.0%} is the limit"
    if share >= used:
        return passed(said, details=_scaling(configured))
    idle_usd = idle_provisioned_usd(function, environments * (1 - share), reference.prices.of(region.name))
    return failed(
        f"{said}; the idle ones cost {idle_usd:.2f} USD a month",
        details=_scaling(configured),
        query=metric("MAX", "ProvisionedConcurrencyUtilization", function),
        usd_month=idle_usd,
    )


def _scaling(configured: tuple[ProvisionedConcurrency, ...]) -> tuple[Detail, ...]:
    words = {True: "follows a scaling policy", False: "fixed, no scaling policy"}
    return tuple(
        Detail(
            subject=one.qualifier,
            text=f"{one.requested} requested, "
            + ("scaling policies not seen" if isinstance(one.scaled, Unavailable) else words[one.scaled]),
        )
        for one in configured
    )


@check(item=ChecklistItem.COLD_START, severity=Severity.MEDIUM, codes=("PERF-09",), effort="One setting")
def provisioned_concurrency_spilling(function: Function, *, tolerated: float = 0.01) -> Verdict:
    """Load goes beyond provisioned concurrency, or it failed.

    ## Why it matters
    What spills over meets cold starts: the very thing that was paid for to avoid. Provisioned concurrency
    that could not be allocated serves nobody.

    ## How to fix
    Provision the measured peak, or scale by schedule or use:
    `aws lambda put-provisioned-concurrency-config --region REGION --function-name NAME --qualifier QUALIFIER --provisioned-concurrent-executions COUNT`
    `aws lambda list-provisioned-concurrency-configs --region REGION --function-name NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
    """
    configured = known(function.provisioned)
    if not configured:
        return not_applicable("No provisioned concurrency")
    broken = tuple(
        Detail(subject=one.qualifier, text=f"{one.status}: {one.status_reason or 'no reason given'}")
        for one in configured
        if one.status and one.status != READY
    )
    if any(detail.text.startswith("FAILED") for detail in broken):
        return failed(
            "Provisioned concurrency could not be allocated",
            details=broken,
            query=metric("MAX", "ProvisionedConcurrentExecutions", function),
        )
    usage = known(function.usage)
    rate = _spilled(usage)
    said = f"{usage.provisioned_spillover} runs spilled over ({rate:.2%}), {tolerated:.0%} tolerated"
    if rate > tolerated:
        return failed(said, details=broken, query=COLD_STARTS)
    return warned(f"{said}; not ready yet", details=broken, query=COLD_STARTS) if broken else passed(said)


def _spilled(usage: Usage) -> float:
    served_runs = usage.provisioned_invocations + usage.provisioned_spillover
    return usage.provisioned_spillover / served_runs if served_runs else 0.0
