"""Concurrency: the account's limits and the provisioned concurrency of qualifiers."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from auditor.collect.answers import definite
from auditor.collect.kept import kept
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole
from auditor.model import Function, ProvisionedConcurrency, Unavailable
from auditor.secrets import redact

GET_ACCOUNT_SETTINGS = Operation(
    service="lambda",
    name="GetAccountSettings",
    actions=("lambda:GetAccountSettings",),
    tier=Tier.QUICK,
    requires=(
        "AccountLimit",
        *each("AccountLimit", "ConcurrentExecutions UnreservedConcurrentExecutions TotalCodeSize"),
        "AccountUsage",
        "AccountUsage.TotalCodeSize",
    ),
)
LIST_PROVISIONED = Operation(
    service="lambda",
    name="ListProvisionedConcurrencyConfigs",
    actions=("lambda:ListProvisionedConcurrencyConfigs",),
    requires=(
        "ProvisionedConcurrencyConfigs",
        *each(
            "ProvisionedConcurrencyConfigs[]",
            "FunctionArn RequestedProvisionedConcurrentExecutions AllocatedProvisionedConcurrentExecutions"
            " AvailableProvisionedConcurrentExecutions Status",
        ),
    ),
    absent=("ResourceNotFoundException",),
)
SCALABLE_TARGETS = Operation(
    service="application-autoscaling",
    name="DescribeScalableTargets",
    actions=("application-autoscaling:DescribeScalableTargets",),
    requires=("ScalableTargets", "ScalableTargets[].ResourceId"),
)
OPERATIONS = (GET_ACCOUNT_SETTINGS, LIST_PROVISIONED, SCALABLE_TARGETS)


def account_settings(api: Api, region: str) -> dict[str, Any]:
    """Return the fields of `Region` that the account's settings fill, each a number or `Unavailable`."""
    answer = definite(api.call(GET_ACCOUNT_SETTINGS, region), GET_ACCOUNT_SETTINGS)
    sources = {
        "concurrency_limit": ("AccountLimit", "ConcurrentExecutions"),
        "unreserved_concurrency": ("AccountLimit", "UnreservedConcurrentExecutions"),
        "code_size_limit_bytes": ("AccountLimit", "TotalCodeSize"),
        "code_size_bytes": ("AccountUsage", "TotalCodeSize"),
    }
    if isinstance(answer, Unavailable):
        return dict.fromkeys(sources, answer)
    return {field: answer[part][name] for field, (part, name) in sources.items()}


def provisioned(
    api: Api, region: str, function: Function, scaled: frozenset[str] | Unavailable
) -> tuple[ProvisionedConcurrency, ...] | Unavailable:
    """Return the provisioned concurrency of a function's qualifiers. `scaled` are resource ids with a
    scaling policy.
    """
    found = _configured(api, region, function)
    if isinstance(found, Unavailable):
        return found
    return tuple(
        replace(
            one,
            scaled=scaled
            if isinstance(scaled, Unavailable)
            else f"function:{function.name}:{one.qualifier}" in scaled,
        )
        for one in found
    )


@kept
@whole(LIST_PROVISIONED)
def _configured(
    api: Api, region: str, function: Function
) -> tuple[ProvisionedConcurrency, ...] | Unavailable:
    items = api.pages(LIST_PROVISIONED, region, "ProvisionedConcurrencyConfigs", FunctionName=function.name)
    if isinstance(items, Unavailable):
        return items
    return () if isinstance(items, Absent) else tuple(map(_provisioned, items))


def _provisioned(item: Mapping[str, Any]) -> ProvisionedConcurrency:
    return ProvisionedConcurrency(
        qualifier=str(item["FunctionArn"]).rsplit(":", 1)[-1],
        requested=item["RequestedProvisionedConcurrentExecutions"],
        allocated=item["AllocatedProvisionedConcurrentExecutions"],
        available=item["AvailableProvisionedConcurrentExecutions"],
        status=item["Status"],
        status_reason=redact(item.get("StatusReason", "")),
    )


@whole(SCALABLE_TARGETS)
def scaled_targets(api: Api, region: str) -> frozenset[str] | Unavailable:
    """Return the resource ids (`function:NAME:QUALIFIER`) whose provisioned concurrency is scaled."""
    items = api.pages(SCALABLE_TARGETS, region, "ScalableTargets", ServiceNamespace="lambda")
    if isinstance(items, Unavailable):
        return items
    return frozenset() if isinstance(items, Absent) else frozenset(item["ResourceId"] for item in items)
