"""What is asked of one function after the bulk listings, each question only where no other answer settles
it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from auditor.collect.concurrency import provisioned
from auditor.collect.functions import with_details
from auditor.collect.instances import GET_SCALING, environment_limits
from auditor.collect.names import Names, no_names
from auditor.collect.operations import Tier, not_asked
from auditor.collect.packages import code_unread
from auditor.collect.policies import GET_POLICY, policies
from auditor.collect.session import Api
from auditor.collect.triggers import LIST_ASYNC, LIST_URLS, async_configs, urls
from auditor.collect.versions import (
    GET_RECURSION,
    GET_RUNTIME_MANAGEMENT,
    LIST_ALIASES,
    LIST_DURABLE,
    aliases,
    durable_failures,
    recursive_loop,
    runtime_management,
    versions,
)
from auditor.model import (
    Alias,
    CodeSigning,
    EventSourceMapping,
    Function,
    PublishedVersion,
    Reason,
    ResourcePolicy,
    Unavailable,
    Usage,
)
from auditor.model.invocation import ASYNCHRONOUS_PRINCIPALS, invoking_services


@dataclass(frozen=True)
class Surroundings:
    """What the region's bulk questions already said.

    `trusts_listing` is whether the listing shows published versions. `usage` gives the metrics of a function
    by its ARN, and waits for them.
    """

    tier: Tier
    mappings: Mapping[str, tuple[EventSourceMapping, ...]]
    signing: Mapping[str, CodeSigning] | Unavailable
    scaled: frozenset[str] | Unavailable
    trusts_listing: bool
    usage: Callable[[str], Usage | Unavailable]
    names: Names = no_names


def complete(api: Api, region: str, function: Function, around: Surroundings) -> Function | None:
    """Return a function with everything that the tier asks of it; None where it was deleted meanwhile."""
    if not around.tier.covers(Tier.STANDARD):
        return _left_out(function, around)
    found = with_details(api, region, function)
    if found is None:
        return None
    named = _with_versions(api, region, found, around)
    opened = msgspec.structs.replace(
        named, policies=_policies(api, region, named, around), **_signing(named, around)
    )
    asked = msgspec.structs.replace(
        opened,
        urls=urls(api, region, opened) if _may_have_url(opened, around) else (),
        provisioned=provisioned(api, region, opened, around.scaled) if _is_published(opened) else (),
        usage=around.usage(function.arn),
        durable_failures=durable_failures(api, region, opened),
        environment_limits=environment_limits(api, region, opened, _mapped(function, around)),
    )
    queued = async_configs(api, region, asked) if _may_be_asynchronous(asked, around) else ()
    return _deep(api, region, msgspec.structs.replace(asked, async_configs=queued), around)


def _policies(
    api: Api, region: str, function: Function, around: Surroundings
) -> tuple[ResourcePolicy, ...] | Unavailable:
    """Return the policies of all qualifiers, none of them while an alias may hide one."""
    if isinstance(function.aliases, Unavailable):
        return function.aliases
    return policies(api, region, function, _qualifiers(function.aliases, function, around))


def _left_out(function: Function, around: Surroundings) -> Function:
    return msgspec.structs.replace(
        function,
        tags=_standard("lambda:ListTags"),
        reserved_concurrency=_standard("lambda:GetFunction"),
        state=_standard("lambda:GetFunction"),
        policies=not_asked(GET_POLICY),
        urls=not_asked(LIST_URLS),
        async_configs=not_asked(LIST_ASYNC),
        aliases=not_asked(LIST_ALIASES),
        provisioned=_standard("lambda:ListProvisionedConcurrencyConfigs"),
        runtime_management=not_asked(GET_RUNTIME_MANAGEMENT),
        recursive_loop=not_asked(GET_RECURSION),
        durable_failures=not_asked(LIST_DURABLE) if function.is_durable else None,
        environment_limits=not_asked(GET_SCALING) if function.is_managed_instance else (),
        code=code_unread(function),
        usage=around.usage(function.arn),
        **_signing(function, around),
    )


@cache
def _standard(label: str) -> Unavailable:
    return Unavailable(
        reason=Reason.NOT_COLLECTED, operation=label, note="not collected: needs --tier standard"
    )


def _signing(function: Function, around: Surroundings) -> dict[str, CodeSigning | None | Unavailable]:
    signing = around.signing
    return {"code_signing": signing if isinstance(signing, Unavailable) else signing.get(function.arn)}


def _with_versions(api: Api, region: str, function: Function, around: Surroundings) -> Function:
    listed: tuple[PublishedVersion, ...] | Unavailable = function.versions
    if not listed and not around.trusts_listing:
        listed = versions(api, region, function, around.names)
    # An alias may also stand for $LATEST; where nothing was published, only a caller's ARN tells of it.
    may_have_alias = bool(listed) or bool(_mapped(function, around))
    found: tuple[Alias, ...] | Unavailable = aliases(api, region, function) if may_have_alias else ()
    return msgspec.structs.replace(function, versions=listed, aliases=found)


def _is_published(function: Function) -> bool:
    return bool(function.versions)


def _qualifiers(aliases_of: tuple[Alias, ...], function: Function, around: Surroundings) -> tuple[str, ...]:
    """Return aliases, and versions that a mapping points to: the qualifiers that callers may use."""
    return tuple(dict.fromkeys((*(alias.name for alias in aliases_of), *_mapped(function, around))))


def _mapped(function: Function, around: Surroundings) -> tuple[str, ...]:
    """Return the qualifiers that event source mappings point to."""
    mapped = (
        mapping.function_arn.removeprefix(f"{function.arn}:")
        for mapping in around.mappings.get(function.arn, ())
    )
    return tuple(
        qualifier for qualifier in mapped if not qualifier.startswith("arn:") and qualifier != "$LATEST"
    )


def _may_have_url(function: Function, around: Surroundings) -> bool:
    """Whether anybody may be let in through a URL.

    A URL admits the public only through a policy statement that speaks of URLs. One without such a
    statement answers to
    identities that IAM grants it to, and to nobody else:
    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    if isinstance(function.policies, Unavailable) or not around.trusts_listing:
        return True
    return any(
        "functionurl" in action.lower() or action in {"*", "lambda:*"} or "*" in action
        for policy in function.policies
        for statement in policy.statements
        for action in statement.actions
    ) or any(
        condition.key.lower() in {"lambda:functionurlauthtype", "lambda:invokedviafunctionurl"}
        for policy in function.policies
        for statement in policy.statements
        for condition in statement.conditions
    )


def _may_be_asynchronous(function: Function, around: Surroundings) -> bool:
    """Whether events may be queued for a function: a principal that invokes so, events received, or no way
    to know.
    """
    if isinstance(function.policies, Unavailable) or not around.trusts_listing:
        return True
    if set(invoking_services(function)) & ASYNCHRONOUS_PRINCIPALS:
        return True
    usage = function.usage
    return isinstance(usage, Unavailable) or usage.async_received > 0


def _deep(api: Api, region: str, function: Function, around: Surroundings) -> Function:
    if not around.tier.covers(Tier.DEEP):
        return msgspec.structs.replace(
            function,
            runtime_management=not_asked(GET_RUNTIME_MANAGEMENT),
            recursive_loop=not_asked(GET_RECURSION),
            code=code_unread(function),
        )
    return msgspec.structs.replace(
        function,
        runtime_management=() if function.is_image else runtime_management(api, region, function),
        recursive_loop=recursive_loop(api, region, function),
    )
