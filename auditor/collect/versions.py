"""Aliases, published versions, and what is configured on them."""

from collections.abc import Mapping
from typing import Any

from auditor.collect.answers import definite
from auditor.collect.kept import kept
from auditor.collect.listing import CONFIGURATION, LATEST, version_record
from auditor.collect.names import Names, no_names
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole, word
from auditor.model import (
    Alias,
    CodeSigning,
    Function,
    PublishedVersion,
    Reason,
    RuntimeManagement,
    Unavailable,
)
from auditor.secrets import redact

LIST_ALIASES = Operation(
    service="lambda",
    name="ListAliases",
    actions=("lambda:ListAliases",),
    requires=("Aliases", "Aliases[].Name", "Aliases[].FunctionVersion"),
    absent=("ResourceNotFoundException",),
)
LIST_VERSIONS = Operation(
    service="lambda",
    name="ListVersionsByFunction",
    actions=("lambda:ListVersionsByFunction",),
    requires=("Versions", *(f"Versions[].{path}" for path in CONFIGURATION)),
    absent=("ResourceNotFoundException",),
)
GET_RUNTIME_MANAGEMENT = Operation(
    service="lambda",
    name="GetRuntimeManagementConfig",
    actions=("lambda:GetRuntimeManagementConfig",),
    tier=Tier.DEEP,
    requires=("UpdateRuntimeOn",),
)
GET_RECURSION = Operation(
    service="lambda",
    name="GetFunctionRecursionConfig",
    actions=("lambda:GetFunctionRecursionConfig",),
    tier=Tier.DEEP,
    requires=("RecursiveLoop",),
)
LIST_DURABLE = Operation(
    service="lambda",
    name="ListDurableExecutionsByFunction",
    actions=("lambda:ListDurableExecutionsByFunction",),
    tier=Tier.DEEP,
    requires=("DurableExecutions",),
    absent=("ResourceNotFoundException",),
)
LIST_CODE_SIGNING = Operation(
    service="lambda",
    name="ListCodeSigningConfigs",
    actions=("lambda:ListCodeSigningConfigs",),
    requires=(
        "CodeSigningConfigs",
        *each("CodeSigningConfigs[]", "CodeSigningConfigArn CodeSigningPolicies"),
        "CodeSigningConfigs[].CodeSigningPolicies.UntrustedArtifactOnDeployment",
    ),
)
LIST_SIGNED = Operation(
    service="lambda",
    name="ListFunctionsByCodeSigningConfig",
    actions=("lambda:ListFunctionsByCodeSigningConfig",),
    requires=("FunctionArns", "FunctionArns[]"),
)
OPERATIONS = (
    LIST_ALIASES,
    LIST_VERSIONS,
    GET_RUNTIME_MANAGEMENT,
    GET_RECURSION,
    LIST_DURABLE,
    LIST_CODE_SIGNING,
    LIST_SIGNED,
)


MOST_EXECUTIONS = 100


@kept
@whole(LIST_ALIASES)
def aliases(api: Api, region: str, function: Function) -> tuple[Alias, ...] | Unavailable:
    """Return the aliases of a function."""
    items = api.pages(LIST_ALIASES, region, "Aliases", FunctionName=function.name)
    if isinstance(items, Unavailable):
        return items
    return () if isinstance(items, Absent) else tuple(_alias(item) for item in items)


def _alias(item: Mapping[str, Any]) -> Alias:
    weights = item.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Alias(
        name=item["Name"],
        version=item["FunctionVersion"],
        description=redact(item.get("Description", "")),
        extra_weights=tuple(sorted((version, float(weight)) for version, weight in weights.items())),
    )


@whole(LIST_VERSIONS)
def versions(
    api: Api, region: str, function: Function, names: Names = no_names
) -> tuple[PublishedVersion, ...] | Unavailable:
    """Return the published versions of one function, where the bulk listing is not to be trusted."""
    items = api.pages(LIST_VERSIONS, region, "Versions", FunctionName=function.name)
    if isinstance(items, Unavailable):
        return items
    if isinstance(items, Absent):
        return ()
    return tuple(version_record(item, names) for item in items if item["Version"] != LATEST)


def runtime_management(
    api: Api, region: str, function: Function
) -> tuple[RuntimeManagement, ...] | Unavailable:
    """Return how runtime patches reach `$LATEST`, and each version that an alias points to."""
    if isinstance(function.aliases, Unavailable):
        return function.aliases
    pointed = {number for alias in function.aliases for number in (alias.version, *dict(alias.extra_weights))}
    found: list[RuntimeManagement] = []
    for version in ("", *sorted(pointed - {LATEST})):
        managed = _managed(api, region, function, version)
        if isinstance(managed, Unavailable):
            return managed
        found.append(managed)
    return tuple(found)


@kept
@whole(GET_RUNTIME_MANAGEMENT)
def _managed(api: Api, region: str, function: Function, version: str) -> RuntimeManagement | Unavailable:
    given = {"Qualifier": version} if version else {}
    answer = definite(
        api.call(GET_RUNTIME_MANAGEMENT, region, FunctionName=function.name, **given), GET_RUNTIME_MANAGEMENT
    )
    if isinstance(answer, Unavailable):
        return answer
    return RuntimeManagement(
        update_on=word(answer["UpdateRuntimeOn"], "Auto", "FunctionUpdate", "Manual"),
        runtime_version_arn=answer.get("RuntimeVersionArn", "") or "",
        qualifier=version,
    )


@kept
@whole(LIST_DURABLE)
def durable_failures(api: Api, region: str, function: Function) -> int | None | Unavailable:
    """Count the durable executions that failed or timed out, as far as their history is kept; None where the
    function is not durable. One page is asked for: more than `MOST_EXECUTIONS` are that many.
    """
    if not function.is_durable:
        return None
    answer = api.call(
        LIST_DURABLE,
        region,
        FunctionName=function.name,
        Statuses=["FAILED", "TIMED_OUT"],
        MaxItems=MOST_EXECUTIONS,
    )
    if isinstance(answer, Unavailable):
        return answer
    if isinstance(answer, Absent):
        return 0
    if not answer["DurableExecutions"] and answer.get("NextMarker"):
        return Unavailable(
            reason=Reason.NO_DATA,
            operation=LIST_DURABLE.label,
            note="the first page is empty and not the last",
        )
    return len(answer["DurableExecutions"])


@kept
@whole(GET_RECURSION)
def recursive_loop(api: Api, region: str, function: Function) -> str | Unavailable:
    """Return what Lambda does on a recursive loop: `Terminate` or `Allow`."""
    answer = api.call(GET_RECURSION, region, FunctionName=function.name)
    if isinstance(answer, Unavailable):
        return answer
    return "" if isinstance(answer, Absent) else word(answer["RecursiveLoop"], "Terminate", "Allow")


@whole(LIST_CODE_SIGNING)
def code_signing(api: Api, region: str) -> Mapping[str, CodeSigning] | Unavailable:
    """Return the code signing configuration of every function that has one, by function ARN."""
    configs = api.pages(LIST_CODE_SIGNING, region, "CodeSigningConfigs")
    if isinstance(configs, Unavailable):
        return configs
    found: dict[str, CodeSigning] = {}
    for config in [] if isinstance(configs, Absent) else configs:
        arns = api.pages(
            LIST_SIGNED, region, "FunctionArns", CodeSigningConfigArn=config["CodeSigningConfigArn"]
        )
        if isinstance(arns, Unavailable):
            return arns
        signing = CodeSigning(
            arn=config["CodeSigningConfigArn"],
            # https://docs.aws.amazon.com/lambda/latest/api/API_CodeSigningPolicies.html
            untrusted=word(config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"], "Warn", "Enforce"),
        )
        found.update(dict.fromkeys([] if isinstance(arns, Absent) else arns, signing))
    return found
