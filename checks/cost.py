"""Cost is known, attributed and watched."""

from statistics import median

from auditor import (
    Account,
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
from auditor.cost import BYTES_A_GB, MonthlyCost, monthly_cost
from auditor.model.invocation import is_edge
from auditor.queries import BILLED_TIME, FAILED_TIME, LOG_VOLUME

ACTIVE = "Active"
# Cost filters of a budget that cover Lambda's charges. https://docs.aws.amazon.com/cost-management/latest/userguide/
LAMBDA_SERVICES = frozenset({"AWS Lambda", "Amazon Lambda"})
# Keys by which teams split a bill, without case and separators.
COST_KEYS = (
    "costcenter",
    "costcentre",
    "costallocation",
    "billing",
    "project",
    "product",
    "service",
    "application",
    "app",
    "team",
    "owner",
    "department",
)


def _is_priced_elsewhere(function: Function) -> bool:
    """Whether the function is billed by what is not measured here: at the edge, or by the instance."""
    return function.is_managed_instance or known(is_edge(function))


@check(item=ChecklistItem.COST, severity=Severity.INFO, codes=("COST-01",), effort="Look at the parts")
def monthly_cost_high(
    function: Function, region: Region, reference: Reference, *, limit_usd: float = 500.0
) -> Verdict:
    """Function costs much a month.

    ## Why it matters
    The estimate shows where the money goes: requests, compute, warm capacity, logs. It is worth an hour
    of somebody's time where the amount is high; the limit is yours to set.

    ## How to fix
    Take the largest part first: memory and run time for compute, log level and retention for logs, the
    measured use for warm capacity. Compare with the bill:
    `aws ce get-cost-and-usage --time-period Start=DATE,End=DATE --granularity MONTHLY --metrics BlendedCost`

    ## References
    - https://aws.amazon.com/lambda/pricing/
    - https://aws.amazon.com/cloudwatch/pricing/
    """
    if _is_priced_elsewhere(function):
        return not_applicable("Billed at the edge or by the instance")
    cost = known(monthly_cost(function, region, reference))
    at_least = "at least " if cost.unseen else ""
    said = f"{at_least}{cost.total_usd:.2f} USD a month, {limit_usd:.2f} USD is the limit"
    details = _parts(cost)
    if cost.total_usd > limit_usd:
        return warned(said, details=details, query=BILLED_TIME, usd_month=cost.total_usd)
    for unseen in cost.unseen:
        known(unseen)
    return passed(said, details=details, query=BILLED_TIME)


def _parts(cost: MonthlyCost) -> tuple[Detail, ...]:
    parts = (
        ("Requests", cost.requests_usd, f"{cost.runs:,.0f} a month"),
        ("Compute", cost.compute_usd, f"{cost.gb_seconds:,.0f} GB-s a month, {cost.billed_ms:.0f} ms a run"),
        ("Provisioned concurrency", cost.provisioned_usd, "kept warm all month"),
        ("Ephemeral storage", cost.ephemeral_usd, "above 512 MB"),
        ("SnapStart cache", cost.snapstart_usd, "each published version that has a snapshot"),
        ("Log ingestion", cost.log_ingestion_usd, ""),
        ("Log storage", cost.log_storage_usd, "an upper bound: stored bytes are compressed"),
    )
    return (
        *(
            Detail(subject=name, text=f"{usd:.2f} USD" + (f", {what}" if what else ""))
            for name, usd, what in parts
            if usd
        ),
        *(Detail(subject="Assumption", text=assumption) for assumption in cost.assumptions),
        *(Detail(subject="Not seen", text=str(unseen)) for unseen in cost.unseen),
    )


@check(item=ChecklistItem.COST, severity=Severity.MEDIUM, codes=("COST-02",), effort="Log level, retention")
def log_cost_exceeds_compute(
    function: Function, region: Region, reference: Reference, *, worth_usd: float = 1.0
) -> Verdict:
    """Logs cost more than the runs.

    ## Why it matters
    A gigabyte of logs costs as much as 30,000 GB-seconds of compute. Events dumped whole, or debug lines
    left on, make the by-product dearer than the product.

    ## How to fix
    Log less: raise the level, drop dumps of whole events, sample debug lines:
    `aws lambda update-function-configuration --region REGION --function-name NAME --logging-config LogFormat=JSON,ApplicationLogLevel=INFO,SystemLogLevel=WARN`

    ## References
    - https://aws.amazon.com/cloudwatch/pricing/
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
    """
    if _is_priced_elsewhere(function):
        return not_applicable("Billed at the edge or by the instance")
    cost = known(monthly_cost(function, region, reference))
    known(function.log_usage)
    known(function.log_group)
    said = f"Logs {cost.log_ingestion_usd:.2f} USD a month, runs {cost.running_usd:.2f} USD"
    over = cost.log_ingestion_usd - cost.running_usd
    if over <= 0:
        return passed(said, query=LOG_VOLUME)
    if cost.log_ingestion_usd < worth_usd:
        return passed(f"{said}; below {worth_usd:.2f} USD it is not worth an hour", query=LOG_VOLUME)
    return failed(said, details=_parts(cost), query=LOG_VOLUME, usd_month=over)


@check(item=ChecklistItem.COST, severity=Severity.MEDIUM, codes=("OPS-08",), effort="One command")
def log_retention_never(
    function: Function, region: Region, reference: Reference, *, least_days: int = 7, most_days: int = 3_653
) -> Verdict:
    """Logs are kept for ever, or not for long enough.

    ## Why it matters
    Storage grows with every run and is paid for each month anew. Old logs are also data that nobody looks
    after.

    ## How to fix
    Keep them as long as somebody reads them or a rule asks for it. Where an account-level retention policy
    sets the days, it wins over the group's own, and is what to change:
    `aws logs put-retention-policy --region REGION --log-group-name LOG_GROUP --retention-in-days DAYS`

    ## References
    - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html
    """
    group = known(region.log_group_named(known(function.log_group)))
    if group is None:
        return not_applicable("No log group yet")
    stored = f"{group.stored_bytes / BYTES_A_GB:.2f} GB stored"
    by = f" by the account policy {group.retention_policy}" if group.retention_policy else ""
    if group.retention_days is not None:
        said = f"{stored}, kept {group.retention_days} days{by}, {least_days} to {most_days} wanted"
        if least_days <= group.retention_days <= most_days:
            return passed(said)
        return warned(said, severity=Severity.LOW, query=LOG_VOLUME)
    usd = group.stored_bytes / BYTES_A_GB * reference.prices.of(region.name).log_storage_gb_month
    command = (
        f"aws logs put-retention-policy --region {region.name} --log-group-name {group.name} "
        "--retention-in-days DAYS"
    )
    return failed(
        f"{stored} for up to {usd:.2f} USD a month, kept for ever{by}",
        # The group's own retention would change nothing beneath a policy of the account.
        commands=() if by else (command,),
        query=LOG_VOLUME,
    )


@check(item=ChecklistItem.COST, severity=Severity.LOW, codes=("OPS-13",), effort="A few tags")
def cost_tags_missing(function: Function, *, required: tuple[str, ...] = ()) -> Verdict:
    """Tags do not tell whose cost it is.

    ## Why it matters
    A bill without tags can be split by nobody, and an unused function has nobody to ask.

    ## How to fix
    Tag the function in the template that makes it, and activate the keys as cost allocation tags. Until
    then:
    `aws lambda tag-resource --region REGION --resource arn:aws:lambda:REGION:ACCOUNT:function:NAME --tags owner=TEAM,cost-center=CODE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
    - https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html
    """
    if function.is_edge_replica:
        return not_applicable("A replica at the edge carries no tags")
    keys = [tag.key for tag in known(function.tags) if not tag.key.startswith("aws:")]
    missing = [key for key in required if key not in keys]
    if missing:
        return failed(f"{len(missing)} of {len(required)} required tags missing: {', '.join(missing)}")
    if required:
        return passed(f"All {len(required)} required tags are there")
    if not keys:
        return failed("0 tags of your own")
    telling = [key for key in keys if _plain(key).endswith(COST_KEYS)]
    if telling:
        return passed(f"{len(keys)} tags, {telling[0]} tells whose cost it is")
    return warned(f"{len(keys)} tags ({', '.join(keys[:5])}), none names an owner or cost centre")


def _plain(key: str) -> str:
    return "".join(letter for letter in key.lower() if letter.isalnum())


@check(
    item=ChecklistItem.COST,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("COST-03",),
    effort="Find the caller",
)
def invocation_surge(function: Function, *, factor: float = 3.0, minimum_runs: int = 1_000) -> Verdict:
    """Invocations jumped.

    ## Why it matters
    A loop, a retry storm or a crawler shows here first, and on the bill a month later.

    ## How to fix
    See who calls since the day of the jump; a reserved concurrency holds the bill meanwhile:
    `aws lambda put-function-concurrency --function-name NAME --reserved-concurrent-executions COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    runs = [day.invocations for day in known(function.usage).daily]
    if len(runs) < 4:
        return not_applicable(f"{len(runs)} days with invocations; a comparison needs 4")
    recent, usual = max(runs[-2:]), median(runs[:-2])
    said = f"{recent:,} invocations on the busier of the last two days, {usual:,.0f} on a usual day before"
    if recent > factor * usual and recent >= minimum_runs:
        return warned(f"{said}; {factor:g} times is the limit", query=BILLED_TIME)
    return passed(said)


@check(item=ChecklistItem.COST, severity=Severity.LOW, codes=("COST-06",), effort="Fix the cause")
def spend_on_failed_runs(  # noqa: PLR0913 - thresholds by name
    function: Function,
    region: Region,
    reference: Reference,
    *,
    share: float = 0.05,
    worth_usd: float = 1.0,
    minimum_runs: int = 100,
) -> Verdict:
    """Money goes into runs that fail.

    ## Why it matters
    A run that fails or times out is billed like one that succeeds, and its retries are billed again.

    ## How to fix
    Find the commonest error and the longest of the failed runs, and give outbound calls short timeouts of
    their own:
    `aws logs start-query --region REGION --log-group-name LOG_GROUP --start-time START --end-time END --query-string QUERY`

    ## References
    - https://aws.amazon.com/lambda/pricing/
    """
    if _is_priced_elsewhere(function):
        return not_applicable("Billed at the edge or by the instance")
    usage = known(function.usage)
    if usage.invocations < minimum_runs:
        return not_applicable(f"{usage.invocations:,} runs in the window; a ratio needs {minimum_runs}")
    if not usage.errors:
        return passed(f"No errors in {usage.invocations:,} runs")
    lines = known(function.report_lines)
    lost_share, source = usage.errors / usage.invocations, "by error count"
    if lines.failed_billed_ms is not None and lines.billed_ms:
        lost_share, source = lines.failed_billed_ms / lines.billed_ms, "by billed time"
    usd = lost_share * known(monthly_cost(function, region, reference)).running_usd
    said = f"{lost_share:.1%} of the spend {source}, {usd:.2f} USD a month, goes into failed runs"
    if lost_share > share and usd >= worth_usd:
        return failed(f"{said}; {share:.0%} is the limit", query=FAILED_TIME, usd_month=usd)
    return passed(said, query=FAILED_TIME)


@check(item=ChecklistItem.COST, severity=Severity.LOW, codes=("COST-04",), effort="One budget")
def budget_missing(account: Account) -> Verdict:
    """No budget or anomaly monitor watches the spend.

    ## Why it matters
    A loop between two functions can cost thousands in a night. Without an alert the bill tells, a month
    later.

    ## How to fix
    Make a monthly budget with an alert, and a cost anomaly monitor:
    `aws budgets create-budget --account-id ACCOUNT --budget file://FILE --notifications-with-subscribers file://FILE`

    ## References
    - https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
    - https://docs.aws.amazon.com/cost-management/latest/userguide/manage-ad.html
    """
    if not isinstance(account.anomaly_monitors, Unavailable) and account.anomaly_monitors:
        return passed(f"{account.anomaly_monitors} cost anomaly monitors")
    budgets = [
        one for one in known(account.budgets) if not one.services or LAMBDA_SERVICES & set(one.services)
    ]
    alerting = [one for one in budgets if isinstance(one.notifications, int) and one.notifications]
    if alerting:
        return passed(
            f"Budget {alerting[0].name} of {alerting[0].limit_usd:.0f} USD covers Lambda and alerts"
        )
    known(account.anomaly_monitors)
    for one in budgets:
        known(one.notifications)
    if budgets:
        return warned(f"Budget {budgets[0].name} covers Lambda, but alerts nobody")
    return failed("No budget covers Lambda, and there is no cost anomaly monitor")


@check(item=ChecklistItem.COST, severity=Severity.INFO, codes=("COST-05",), effort="One command")
def compute_optimizer_off(region: Region) -> Verdict:
    """Compute Optimizer is not enrolled.

    ## Why it matters
    It recommends memory sizes from CPU that no metric shows, free of charge.

    ## How to fix
    Enrol the account:
    `aws compute-optimizer update-enrollment-status --region REGION --status Active`

    ## References
    - https://docs.aws.amazon.com/compute-optimizer/latest/ug/view-lambda-recommendations.html
    """
    if not known(region.functions):
        return not_applicable("No functions in the region")
    status = known(region.services.compute_optimizer)
    said = f"Compute Optimizer: {status or 'not enrolled'}"
    return passed(said) if status == ACTIVE else failed(said)
