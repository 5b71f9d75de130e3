"""One function as the report shows it: score, configuration at a glance, usage, connections."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from auditor.connections import connections, triggers
from auditor.cost import MonthlyCost, monthly_cost
from auditor.deployed import counted
from auditor.model import Function, Region, Unavailable, VpcConfig
from auditor.model.invocation import invocation_classes
from auditor.reference import Reference
from auditor.report import Chip, CostReport, Counts, FunctionReport, Measured
from auditor.score import ResourceScore, floored, grade, item_scores
from auditor.verdict import Finding, Severity, Status

OWNER_TAGS = ("owner", "Owner", "team", "Team")
SOON_DAYS = 190
UNSEEN = "not seen"

T = TypeVar("T")


def function_report(
    function: Function,
    region: Region,
    scored: ResourceScore | None,
    titles: Mapping[str, str],
    reference: Reference,
) -> FunctionReport:
    """Put together what the report says of one function."""
    findings = scored.findings if scored else ()
    worst = _worst(findings)
    points = scored.score if scored else 0
    coverage = scored.tally.coverage if scored else 0.0
    held = any(cap.held for cap in scored.caps) if scored else False
    letter, _, _ = grade(points, coverage, capped=held)
    ends = _support_ends(function, reference)
    cost = monthly_cost(function, region, reference)
    classes = invocation_classes(function, region)
    return FunctionReport(
        arn=function.arn,
        name=function.name,
        account=function.account,
        region=function.region,
        score=points,
        raw=scored.tally.raw if scored else 0.0,
        possible=floored(scored.possible) if scored else 0,
        coverage=floored(coverage),
        grade=letter,
        caps=scored.caps if scored else (),
        weight=scored.weight if scored else 1.0,
        counts=scored.tally.counts() if scored else Counts(),
        items=item_scores([_alone(scored)]) if scored else (),
        worst=worst.severity if worst else None,
        worst_title=titles.get(worst.check, "") if worst else "",
        worst_check=worst.check if worst else "",
        description=function.description,
        owner=_owner(function),
        role=function.role_arn.rsplit("/", 1)[-1],
        role_arn=function.role_arn,
        tags=tuple((tag.key, tag.value) for tag in function.tags)
        if not isinstance(function.tags, Unavailable)
        else (),
        runtime=function.runtime or ("container" if function.is_image else ""),
        support_ends=ends,
        days_left=(ends - reference.as_of).days if ends else None,
        architecture=function.architecture,
        package_type=function.package_type,
        memory_mb=function.memory_mb,
        timeout_s=function.timeout_s,
        triggers=triggers(function, region),
        invocation=()
        if isinstance(classes, Unavailable)
        else tuple(sorted(found.value for found in classes)),
        measured=_measured(function),
        usd_month=None if isinstance(cost, Unavailable) else cost.total_usd,
        cost=None if isinstance(cost, Unavailable) else _cost(cost),
        cost_unseen=cost.note or str(cost) if isinstance(cost, Unavailable) else "",
        chips=_chips(function, region, findings, reference.as_of, ends),
        connections=connections(function, region),
    )


def _alone(scored: ResourceScore) -> ResourceScore:
    return replace(scored, share=1.0)


def _worst(findings: Sequence[Finding]) -> Finding | None:
    open_ones = [
        found for found in findings if found.status is Status.FAIL and found.severity is not Severity.INFO
    ]
    return min(open_ones, key=lambda found: (found.severity.rank, -found.weight, found.check), default=None)


def _cost(cost: MonthlyCost) -> CostReport:
    return CostReport(
        compute_usd=cost.compute_usd,
        requests_usd=cost.requests_usd,
        provisioned_usd=cost.provisioned_usd,
        ephemeral_usd=cost.ephemeral_usd,
        snapstart_usd=cost.snapstart_usd,
        log_ingestion_usd=cost.log_ingestion_usd,
        log_storage_usd=cost.log_storage_usd,
        unseen=tuple(dict.fromkeys(map(str, cost.unseen))),
        assumptions=cost.assumptions,
    )


def _support_ends(function: Function, reference: Reference) -> date | None:
    life = reference.runtimes.life(function.runtime)
    return life.deprecated if life else None


def _owner(function: Function) -> str:
    if isinstance(function.tags, Unavailable):
        return UNSEEN
    by_key = {tag.key: tag.value for tag in function.tags}
    return next((by_key[key] for key in OWNER_TAGS if by_key.get(key)), "")


def _measured(function: Function) -> Measured:
    usage = function.usage
    lines = None if isinstance(function.report_lines, Unavailable) else function.report_lines
    if isinstance(usage, Unavailable):
        return Measured(unseen=str(usage))
    return Measured(
        window_start=usage.window_start,
        window_end=usage.window_end,
        runs=usage.invocations,
        errors=usage.errors,
        throttles=usage.throttles,
        p50_ms=_seen(usage.duration_p50_ms),
        p95_ms=_seen(usage.duration_p95_ms),
        p99_ms=_seen(usage.duration_p99_ms),
        longest_ms=_seen(usage.longest_ms),
        peak_concurrency=_seen(usage.peak_concurrency),
        memory_used_mb=lines.max_memory_used_mb if lines else None,
        cold_start_rate=lines.cold_start_rate if lines else None,
        init_p99_ms=lines.init_p99_ms if lines else None,
    )


def _seen(value: T | Unavailable) -> T | None:
    return None if isinstance(value, Unavailable) else value


def _chips(
    function: Function, region: Region, findings: Sequence[Finding], as_of: date, ends: date | None
) -> tuple[Chip, ...]:
    faults = {found.check for found in findings if found.status in {Status.FAIL, Status.WARN}}

    def chip(label: str, value: str, remark: str = "", *checks: str) -> Chip:
        return Chip(
            label=label, value=value, remark=remark, flagged=next((c for c in checks if c in faults), "")
        )

    return (
        chip(
            "Runtime",
            function.runtime or "container image",
            _days(ends, as_of),
            "runtime-deprecated",
            "runtime-ends-soon",
        ),
        chip("Architecture", function.architecture, "", "x86-where-arm64-fits"),
        chip(
            "Memory",
            f"{function.memory_mb:,} MB",
            "",
            "memory-nearly-full",
            "memory-oversized",
            "memory-at-default",
        ),
        chip(
            "Timeout",
            f"{function.timeout_s} s",
            "",
            "timeout-near-limit",
            "timeout-left-at-default",
            "timeout-at-maximum",
        ),
        chip("Trigger", ", ".join(triggers(function, region)) or "none found"),
        chip(
            "Concurrency",
            _concurrency(function),
            "",
            "reserved-concurrency-zero",
            "concurrency-unlimited",
            "throttled",
        ),
        _logging_chip(function, chip),
        chip(
            "Tracing",
            UNSEEN if isinstance(function.tracing, Unavailable) else function.tracing,
            "",
            "tracing-off",
        ),
        chip(
            "Network",
            f"VPC, {counted(len(function.vpc.subnet_ids), 'subnet', 'subnets')}"
            if function.vpc
            else "public",
            "",
            "single-zone",
        ),
        _environment_chip(function, chip),
        chip(
            "Package",
            "image" if function.is_image else _size(function.code_size_bytes),
            counted(len(function.layers), "layer", "layers") if function.layers else "",
            "heavy-package",
        ),
        *_alias_chips(function),
    )


def _subnets(vpc: VpcConfig) -> str:
    return counted(len(vpc.subnet_ids), "subnet", "subnets")


def _size(size_bytes: int) -> str:
    """Return a package size in the unit that shows it: kB below a tenth of a megabyte."""
    return f"{size_bytes / 1e6:.1f} MB zip" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.1f} kB zip"  # noqa: PLR2004


def _logging_chip(function: Function, chip: Callable[..., Chip]) -> Chip:
    if isinstance(function.logging, Unavailable):
        return chip("Log format", UNSEEN)
    return chip("Log format", function.logging.format, "", "log-format-not-json", "log-format-text")


def _environment_chip(function: Function, chip: Callable[..., Chip]) -> Chip:
    if isinstance(function.environment, Unavailable):
        return chip("Environment", UNSEEN)
    key = "own key" if function.kms_key_arn else "AWS owned key"
    count = len(function.environment)
    return chip(
        "Environment",
        f"{count} variable{'' if count == 1 else 's'}",
        key if count else "",
        "secret-in-environment",
        "environment-not-under-own-key",
    )


def _alias_chips(function: Function) -> tuple[Chip, ...]:
    if isinstance(function.aliases, Unavailable):
        return ()
    return tuple(
        Chip(label="Alias", value=f"{alias.name}, version {alias.version}") for alias in function.aliases[:3]
    )


def _concurrency(function: Function) -> str:
    reserved = function.reserved_concurrency
    if isinstance(reserved, Unavailable):
        return UNSEEN
    return "not reserved" if reserved is None else f"{reserved} reserved"


def _days(ends: date | None, as_of: date) -> str:
    if ends is None:
        return ""
    left = (ends - as_of).days
    if left < 0:
        return f"ended {-left} d ago"
    return f"{left} d left" if left <= SOON_DAYS else ""
