"""Functions on Lambda Managed Instances bear runs beside each other, and the loss of a zone."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
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
from auditor.deployed import counted
from auditor.model import CodeFacts, EnvironmentLimits, Reason

ITEM = ChecklistItem.CONCURRENCY
ELSEWHERE = "Not on Managed Instances"
SHARED_STATE = frozenset({"mutable-global", "global-cache"})
# Environments that Lambda keeps of a version where nothing is set:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html
DEFAULT_LEAST = 3


@check(
    item=ITEM, severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, codes=("CFG-03",), effort="Code change"
)
def shared_environment_unsafe(function: Function) -> Verdict:
    """Managed Instances run code at once that keeps state.

    ## Why it matters
    On Managed Instances one execution environment serves several invocations at the same time. In Node.js
    they share a thread: module-level state that a handler changes is then shared between requests. Python
    gives each of them a process of its own, which shares the files below /tmp alone.

    ## How to fix
    Keep state of a request out of module level, or allow one run at a time for each environment:
    `aws lambda update-function-configuration --region REGION --function-name NAME --capacity-provider-config file://FILE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-python-runtime.html
    """
    if not function.is_managed_instance:
        return not_applicable(ELSEWHERE)
    several = function.max_concurrency_per_environment
    if several == 1:
        return passed("1 run at a time for each environment")
    runs = f"{several} runs" if several is not None else "the default number of runs"
    if function.runtime.startswith("python"):
        return passed(f"{runs} at a time for each environment, each in a process of its own")
    code: CodeFacts = known(function.code)
    state = [fact for fact in known(code.facts) if fact.kind in SHARED_STATE]
    if not state:
        return passed(f"{runs} at a time for each environment; no module-level state seen")
    details = tuple(
        Detail(
            subject=fact.what or fact.kind,
            text="changed by several runs at once",
            at=f"{fact.file}:{fact.line}",
        )
        for fact in state
    )
    return warned(
        f"{runs} at a time for each environment, {counted(len(state), 'place keeps', 'places keep')} state",
        details=details,
    )


@check(item=ITEM, severity=Severity.MEDIUM, codes=("CFG-03",), effort="One setting")
def instances_in_single_zone(
    function: Function, region: Region, *, zones: int = 2, environments: int = 2
) -> Verdict:
    """Managed Instances do not survive the loss of a zone.

    ## Why it matters
    Instances start in the subnets of the capacity provider alone: with all of them in one zone, the loss of
    the zone is the loss of the function. A version that keeps a single environment runs in one zone as long
    as it is quiet, and Lambda starts no other for a request that finds none: it scales by load.

    ## How to fix
    Make a capacity provider with subnets of several zones, and publish the function to it:
    `aws lambda create-capacity-provider --region REGION --capacity-provider-name PROVIDER --vpc-config SubnetIds=SUBNETS,SecurityGroupIds=GROUPS --permissions-config file://FILE`
    Keep an environment in each of two zones or more:
    `aws lambda put-function-scaling-config --region REGION --function-name NAME --qualifier VERSION --function-scaling-config MinExecutionEnvironments=COUNT`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-best-practices.html
    - https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html
    """
    if not function.is_managed_instance:
        return not_applicable(ELSEWHERE)
    wanted = known(known(region.capacity_provider(function.capacity_provider_arn)).subnet_ids)
    subnets = [subnet for subnet in known(region.subnets) if subnet.id in wanted]
    found = sorted({subnet.zone for subnet in subnets})
    spread = (
        f"{counted(len(wanted), 'subnet', 'subnets')} in {counted(len(found), 'zone', 'zones')} "
        f"({', '.join(found)}), {zones} wanted"
    )
    if len(found) < zones:
        if len(subnets) < len(wanted):
            known(_undescribed(len(subnets), len(wanted)))
        return failed(f"Capacity provider {_name(function)}: {spread}")
    kept = [one for one in known(function.environment_limits) if one.most != 0]
    few = [one for one in kept if _least(one) < environments]
    if few:
        return warned(
            f"{few[0].qualifier} keeps {counted(_least(few[0]), 'environment', 'environments')} at least, "
            f"{environments} wanted",
            details=tuple(Detail(subject=one.qualifier, text=f"at least {_least(one)}") for one in few),
        )
    least = f"; at least {min(map(_least, kept))} environments, {environments} wanted" if kept else ""
    return passed(f"Capacity provider {_name(function)}: {spread}{least}")


def _name(function: Function) -> str:
    return function.capacity_provider_arn.rsplit(":", 1)[-1]


def _least(one: EnvironmentLimits) -> int:
    return DEFAULT_LEAST if one.least is None else one.least


def _undescribed(seen: int, wanted: int) -> Unavailable:
    """Why zones are missing: subnets belong to another account that shares its VPC."""
    return Unavailable(
        reason=Reason.OTHER_ACCOUNT,
        operation="ec2:DescribeSubnets",
        note=f"{wanted - seen} of {wanted} were not described, as in a VPC that another account shares",
    )
