"""What a function costs a month, from what it did in the measured window and dated list prices."""

from auditor.model import Function, Reason, Record, Region, ReportLines, SnapStart, Unavailable, Usage
from auditor.model.invocation import is_edge
from auditor.reference import Reference, RegionPrices
from auditor.served import serving_memory_mb

SECONDS_A_MONTH = 30 * 86_400
MB_A_GB = 1_024
# Logs are billed by decimal or binary GB depending on the page; the smaller number of bytes is taken.
BYTES_A_GB = 1_000_000_000
MILLION = 1_000_000
# Free share of ephemeral storage: https://aws.amazon.com/lambda/pricing/
EPHEMERAL_FREE_MB = 512
# A mean from fewer sampled runs is not preferred to the Duration metric of all runs.
REPORTS_FOR_A_MEAN = 100
REMEMBERED = "monthly_cost"
TOTALS = "gb_seconds_of_architectures"
# SnapStart of the Java runtimes is free of charge: https://aws.amazon.com/lambda/pricing/
JAVA = "java"

EDGE = Unavailable(
    reason=Reason.NOT_SUPPORTED, operation="lambda:Invoke", note="Lambda@Edge is billed where viewers are"
)
MANAGED = Unavailable(
    reason=Reason.NOT_SUPPORTED,
    operation="lambda:Invoke",
    note="Managed Instances are billed by the instance, not by the run",
)
ARM64 = "arm64"


class MonthlyCost(Record, frozen=True, kw_only=True):
    """On-demand cost of one function in US dollars for a month of 30 days at the rate of the window.

    List prices with the tiers of the region's compute, without the free tier, savings plans and credits.
    `unseen` are parts whose evidence is missing, so that the total is a lower bound; `assumptions` are
    sentences.
    """

    requests_usd: float
    compute_usd: float
    provisioned_usd: float = 0.0
    ephemeral_usd: float = 0.0
    snapstart_usd: float = 0.0
    log_ingestion_usd: float = 0.0
    log_storage_usd: float = 0.0
    runs: float = 0.0
    gb_seconds: float = 0.0
    billed_ms: float = 0.0
    unseen: tuple[Unavailable, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def running_usd(self) -> float:
        """Requests, compute and ephemeral storage: what grows with the runs."""
        return self.requests_usd + self.compute_usd + self.ephemeral_usd

    @property
    def logs_usd(self) -> float:
        """Ingestion and storage of logs."""
        return self.log_ingestion_usd + self.log_storage_usd

    @property
    def total_usd(self) -> float:
        """All parts."""
        return self.running_usd + self.provisioned_usd + self.snapstart_usd + self.logs_usd


def monthly_cost(function: Function, region: Region, reference: Reference) -> MonthlyCost | Unavailable:
    """Estimate what a function costs a month.

    `Unavailable` where its metrics could not be read, and for Lambda@Edge and Managed Instances, whose prices
    do not hang on what is measured here. Computed once for a function in its region.
    """
    remembered: tuple[Region, Reference, MonthlyCost | Unavailable] | None = function.__dict__.get(REMEMBERED)
    if remembered is not None and remembered[0] is region and remembered[1] is reference:
        return remembered[2]
    cost = _monthly_cost(function, region, reference.prices.of(region.name))
    function.__dict__[REMEMBERED] = (region, reference, cost)
    return cost


def compute_price(architecture: str, prices: RegionPrices) -> float:
    """US dollars for a GB-second of on-demand compute."""
    return prices.arm64_gb_second if architecture == ARM64 else prices.x86_gb_second


def idle_provisioned_usd(function: Function, environments: float, prices: RegionPrices) -> float:
    """US dollars a month for keeping execution environments initialised, whether they run or not."""
    arm = function.architecture == ARM64
    price = prices.provisioned_arm64_gb_second if arm else prices.provisioned_x86_gb_second
    return environments * function.memory_mb / MB_A_GB * SECONDS_A_MONTH * price


def mean_billed_ms(function: Function, usage: Usage) -> float | None:
    """Mean billed milliseconds of a run: of sampled REPORT lines (which include initialisation) where there
    are enough, else of the Duration metric, None where nothing ran.
    """
    lines = function.report_lines
    if isinstance(lines, ReportLines) and lines.billed_ms is not None and lines.runs >= REPORTS_FOR_A_MEAN:
        return lines.billed_ms / lines.runs
    return usage.average_ms


def _monthly_cost(function: Function, region: Region, prices: RegionPrices) -> MonthlyCost | Unavailable:
    usage = function.usage
    if isinstance(usage, Unavailable):
        return usage
    if is_edge(function) is True:
        return EDGE
    if function.is_managed_instance:
        return MANAGED
    billed_ms = mean_billed_ms(function, usage)
    if billed_ms is None and usage.invocations:
        return Unavailable(
            reason=Reason.NO_DATA, operation="cloudwatch:GetMetricData", note="no durations in the window"
        )
    billed_ms = billed_ms or 0.0
    runs = usage.invocations * usage.per_month
    seconds = runs * billed_ms / 1_000
    gb_seconds = _gb_seconds(function, region)
    extra_gb = max(0, function.ephemeral_mb - EPHEMERAL_FREE_MB) / MB_A_GB
    unseen: list[Unavailable] = []
    ingestion, storage = _logs(function, region, usage, prices, unseen)
    return MonthlyCost(
        requests_usd=runs / MILLION * prices.requests_per_million,
        compute_usd=_compute_usd(function, usage, gb_seconds, prices)
        * (1 - discount(region, function.architecture, prices)),
        provisioned_usd=_provisioned_usd(function, prices, unseen),
        ephemeral_usd=seconds * extra_gb * prices.ephemeral_gb_second,
        snapstart_usd=_snapstart_usd(function, prices, unseen),
        log_ingestion_usd=ingestion,
        log_storage_usd=storage,
        runs=runs,
        gb_seconds=gb_seconds,
        billed_ms=billed_ms,
        unseen=tuple(unseen),
        assumptions=_assumptions(function, region, usage, prices),
    )


def discount(region: Region, architecture: str, prices: RegionPrices) -> float:
    """Share (0 to 1) that the tiers take off the compute of a region's functions of one architecture.

    Tiers count the month's GB-seconds of all of them together, and of a whole organisation where it is billed
    as one, so that the true discount may be larger. Computed once for a region.
    """
    remembered: dict[str, float] = region.__dict__.setdefault(TOTALS, {})
    if architecture not in remembered:
        functions = () if isinstance(region.functions, Unavailable) else region.functions
        remembered[architecture] = sum(
            _gb_seconds(one, region) for one in functions if one.architecture == architecture
        )
    total = remembered[architecture]
    tiers = prices.arm64_tiers if architecture == ARM64 else prices.x86_tiers
    limits = (*(limit for limit, _ in tiers[1:]), max(total, *(limit for limit, _ in tiers)))
    saved = sum(
        share * max(0.0, min(total, above) - limit)
        for (limit, share), above in zip(tiers, limits, strict=True)
    )
    return saved / total if total else 0.0


def _gb_seconds(function: Function, region: Region) -> float:
    """GB-seconds of a month at the rate of the window, 0 where they are not known or not billed so."""
    usage = function.usage
    if isinstance(usage, Unavailable) or is_edge(function) is True or function.is_managed_instance:
        return 0.0
    seconds = usage.invocations * usage.per_month * (mean_billed_ms(function, usage) or 0.0) / 1_000
    return seconds * serving_memory_mb(function, region) / MB_A_GB


def _snapstart_usd(function: Function, prices: RegionPrices, unseen: list[Unavailable]) -> float:
    """The cache of snapshots: for each published version that has one, all month; that of Java is free."""
    if isinstance(function.versions, Unavailable):
        if _is_snapped(function.snap_start) and not function.runtime.startswith(JAVA):
            unseen.append(function.versions)
        return 0.0
    cached_mb = sum(
        one.memory_mb
        for one in function.versions
        if _is_snapped(one.snap_start) and not one.runtime.startswith(JAVA)
    )
    return cached_mb / MB_A_GB * SECONDS_A_MONTH * prices.snapstart_cache_gb_second


def _is_snapped(setting: SnapStart | None) -> bool:
    return setting is not None and setting.apply_on != "None"


def _compute_usd(function: Function, usage: Usage, gb_seconds: float, prices: RegionPrices) -> float:
    """Price runs on provisioned environments at their own, lower rate."""
    warm = min(1.0, usage.provisioned_invocations / usage.invocations) if usage.invocations else 0.0
    on_demand = compute_price(function.architecture, prices)
    provisioned = (
        prices.provisioned_arm64_compute_gb_second
        if function.architecture == ARM64
        else prices.provisioned_x86_compute_gb_second
    )
    return gb_seconds * ((1 - warm) * on_demand + warm * provisioned)


def _provisioned_usd(function: Function, prices: RegionPrices, unseen: list[Unavailable]) -> float:
    if isinstance(function.provisioned, Unavailable):
        unseen.append(function.provisioned)
        return 0.0
    environments = sum(one.allocated or one.requested for one in function.provisioned)
    return idle_provisioned_usd(function, environments, prices) if environments else 0.0


def _logs(
    function: Function, region: Region, usage: Usage, prices: RegionPrices, unseen: list[Unavailable]
) -> tuple[float, float]:
    """Ingestion and storage, each function's even share of a log group that several write to."""
    name = function.log_group
    if isinstance(name, Unavailable):
        unseen.append(name)
        return 0.0, 0.0
    share = 1 / max(1, region.log_group_writers[name])
    ingestion = storage = 0.0
    if isinstance(function.log_usage, Unavailable):
        unseen.append(function.log_usage)
    else:
        monthly = function.log_usage.incoming_bytes * usage.per_month
        ingestion = monthly / BYTES_A_GB * prices.log_ingestion_gb * share
    group = region.log_group_named(name)
    if isinstance(group, Unavailable):
        unseen.append(group)
    elif group is not None:
        storage = group.stored_bytes / BYTES_A_GB * prices.log_storage_gb_month * share
    return ingestion, storage


def _assumptions(function: Function, region: Region, usage: Usage, prices: RegionPrices) -> tuple[str, ...]:
    said = [f"{usage.window_days:.0f} days of metrics scaled to 30, list prices, no free tier"]
    taken_off = discount(region, function.architecture, prices)
    if taken_off:
        said.append(f"{taken_off:.1%} off for the tiers of the region's compute on {function.architecture}")
    name = function.log_group
    if isinstance(name, str) and region.log_group_writers[name] > 1:
        said.append(f"{region.log_group_writers[name]} functions share the log group evenly")
    if _is_snapped(function.snap_start) and not function.runtime.startswith(JAVA):
        price = prices.snapstart_restore_gb
        said.append(f"restores of snapshots, {price:.7f} USD a GB each, are in no metric and not included")
    if function.is_durable:
        price = prices.durable_operations_per_million
        said.append(f"durable operations, {price:.2f} USD a million, are in no metric and not included")
    return tuple(said)
