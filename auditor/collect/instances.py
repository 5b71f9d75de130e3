"""Managed Instances: where a capacity provider starts them, and how many environments are kept."""

from collections.abc import Collection, Iterable

from auditor.collect.answers import definite
from auditor.collect.kept import kept
from auditor.collect.listing import LATEST
from auditor.collect.operations import Operation
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole
from auditor.model import CapacityProvider, EnvironmentLimits, Function, Unavailable, VpcConfig

GET_PROVIDER = Operation(
    service="lambda",
    name="GetCapacityProvider",
    actions=("lambda:GetCapacityProvider",),
    requires=("CapacityProvider", "CapacityProvider.VpcConfig", "CapacityProvider.VpcConfig.SubnetIds"),
    absent=("ResourceNotFoundException",),
)
GET_SCALING = Operation(
    service="lambda",
    name="GetFunctionScalingConfig",
    actions=("lambda:GetFunctionScalingConfig",),
    requires=("FunctionArn",),
    absent=("ResourceNotFoundException",),
)
OPERATIONS = (GET_PROVIDER, GET_SCALING)

# What runs where a caller names no version:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
UNQUALIFIED = "$LATEST.PUBLISHED"


def collect_providers(api: Api, region: str, functions: Iterable[Function]) -> tuple[CapacityProvider, ...]:
    """Read the capacity providers of functions, each once. One that could not be read is there, its subnets
    are not.
    """
    arns = sorted({one.capacity_provider_arn for one in functions if one.is_managed_instance})
    return tuple(api.map(lambda arn: _provider(api, region, arn), arns))


def provider_networks(providers: Iterable[CapacityProvider]) -> list[VpcConfig]:
    """Return the subnets of providers as something that is attached to them."""
    return [
        VpcConfig(vpc_id="", subnet_ids=one.subnet_ids, security_group_ids=())
        for one in providers
        if isinstance(one.subnet_ids, tuple)
    ]


def _provider(api: Api, region: str, arn: str) -> CapacityProvider:
    return CapacityProvider(arn=arn, subnet_ids=_subnets(api, region, arn))


@whole(GET_PROVIDER)
def _subnets(api: Api, region: str, arn: str) -> tuple[str, ...] | Unavailable:
    answer = definite(api.call(GET_PROVIDER, region, CapacityProviderName=arn), GET_PROVIDER)
    if isinstance(answer, Unavailable):
        return answer
    return tuple(answer["CapacityProvider"]["VpcConfig"]["SubnetIds"])


def environment_limits(
    api: Api, region: str, function: Function, qualifiers: Collection[str]
) -> tuple[EnvironmentLimits, ...] | Unavailable:
    """Return how many environments are kept of the versions that callers reach, among them those behind
    `qualifiers`; nothing for functions that run on no Managed Instances.
    """
    if not function.is_managed_instance:
        return ()
    if isinstance(function.aliases, Unavailable):
        return function.aliases
    pointed = {number for alias in function.aliases for number in (alias.version, *dict(alias.extra_weights))}
    named = {one for one in qualifiers if one.isdecimal()}
    found: list[EnvironmentLimits] = []
    for version in (UNQUALIFIED, *sorted((pointed | named) - {LATEST, UNQUALIFIED})):
        limits = _limits(api, region, function, version)
        if isinstance(limits, Unavailable):
            return limits
        if limits is not None:
            found.append(limits)
    return tuple(found)


@kept
@whole(GET_SCALING)
def _limits(
    api: Api, region: str, function: Function, version: str
) -> EnvironmentLimits | None | Unavailable:
    """What is applied to a version; what is asked for stands in while nothing is. None without any."""
    answer = api.call(GET_SCALING, region, FunctionName=function.name, Qualifier=version)
    if not isinstance(answer, dict):
        return None if isinstance(answer, Absent) else answer
    given = answer.get("AppliedFunctionScalingConfig") or answer.get("RequestedFunctionScalingConfig") or {}
    return EnvironmentLimits(
        qualifier=version,
        least=given.get("MinExecutionEnvironments"),
        most=given.get("MaxExecutionEnvironments"),
    )
