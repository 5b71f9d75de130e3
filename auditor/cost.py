"""What a function costs a month, from what it did in the measured window and dated list prices."""

from auditor.model import Function, Reason, Record, Region, ReportLines, Unavailable, Usage
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

    List prices of the first tier, without the free tier, savings plans and credits. `unseen` are parts whose
    evidence is missing: the total is then a lower bound. `assumptions` are sentences.
    """

    requests_usd: float
    compute_usd: float
    provisioned_usd: float = 0.0
    ephemeral_usd: float = 0.0
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
        return self.running_usd + self.provisioned_usd + self.logs_usd


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
    gb_seconds = seconds * serving_memory_mb(function, region) / MB_A_GB
    extra_gb = max(0, function.ephemeral_mb - EPHEMERAL_FREE_MB) / MB_A_GB
    unseen: list[Unavailable] = []
    ingestion, storage = _logs(function, region, usage, prices, unseen)
    return MonthlyCost(
        requests_usd=runs / MILLION * prices.requests_per_million,
        compute_usd=_compute_usd(function, usage, gb_seconds, prices),
        provisioned_usd=_provisioned_usd(function, prices, unseen),
        ephemeral_usd=seconds * extra_gb * prices.ephemeral_gb_second,
        log_ingestion_usd=ingestion,
        log_storage_usd=storage,
        runs=runs,
        gb_seconds=gb_seconds,
        billed_ms=billed_ms,
        unseen=tuple(unseen),
        assumptions=_assumptions(function, region, usage),
    )


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


def _assumptions(function: Function, region: Region, usage: Usage) -> tuple[str, ...]:
    said = [f"{usage.window_days:.0f} days of metrics scaled to 30, first-tier list prices, no free tier"]
    name = function.log_group
    if isinstance(name, str) and region.log_group_writers[name] > 1:
        said.append(f"{region.log_group_writers[name]} functions share the log group evenly")
    if function.snap_start is not None and function.snap_start.apply_on != "None":
        said.append("SnapStart caching and restores are not included")
    if function.is_durable:
        said.append("operations of durable executions are not included")
    return tuple(said)
