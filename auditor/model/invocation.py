"""How a function is invoked: the classes that most checks depend on."""

from enum import Enum
from fnmatch import fnmatchcase

from auditor.model.account import Region
from auditor.model.evidence import Unavailable
from auditor.model.function import Function
from auditor.model.role import ResourcePolicy


class InvocationClass(Enum):
    """Who waits for the answer. A function may be in several classes."""

    SYNCHRONOUS = "synchronous"
    ASYNCHRONOUS = "asynchronous"
    POLL = "poll-based"
    EDGE = "edge"
    SCHEDULED = "scheduled"


# Services that invoke asynchronously and those that wait, by their service principal:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
ASYNCHRONOUS_PRINCIPALS = frozenset(
    {
        "s3",
        "sns",
        "events",
        "iot",
        "ses",
        "logs",
        "config",
        "codecommit",
        "cloudformation",
        "scheduler",
        "codepipeline",
    }
)
SYNCHRONOUS_PRINCIPALS = frozenset(
    {
        "apigateway",
        "elasticloadbalancing",
        "cognito-idp",
        "alexa-appkit",
        "alexa-connectedhome",
        "lex",
        "lexv2",
        "connect",
        "bedrock",
        "appsync",
        "vpc-lattice",
        "states",
    }
)


# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
EDGE_HOME = "us-east-1"
# CloudFront's service that copies a version to the edge is granted on the version:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-permissions.html
EDGE_PRINCIPALS = frozenset({"edgelambda", "replicator"})
INVOKE = "lambda:invokefunction"
# Conditions under which only calls of a function URL are let in:
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
BY_URL = frozenset({"lambda:functionurlauthtype", "lambda:invokedviafunctionurl"})
Classes = frozenset[InvocationClass] | Unavailable
REMEMBERED = "invocation_classes"
REMEMBERED_SERVICES = "invoking_services"


def invocation_classes(function: Function, region: Region) -> Classes:
    """Classes of a function, from resource-based policies, URLs, API routes, event source mappings, rules
    and metrics.

    `Unavailable` where the resource-based policy, the mappings or the routes could not be read: a class may
    then be missing. Computed once for a function in its region: dozens of checks ask.
    """
    remembered: tuple[Region, Classes] | None = function.__dict__.get(REMEMBERED)
    if remembered is not None and remembered[0] is region:
        return remembered[1]
    classes = _classes(function, region)
    function.__dict__[REMEMBERED] = (region, classes)
    return classes


def _classes(function: Function, region: Region) -> Classes:
    if isinstance(function.policies, Unavailable):
        return function.policies
    mappings = region.mappings_of(function)
    if isinstance(mappings, Unavailable):
        return mappings
    found: set[InvocationClass] = {InvocationClass.POLL} if mappings else set()
    services = set(invoking_services(function))
    schedules = region.schedules_of(function)
    # EventBridge Scheduler invokes by a role of its own: no resource-based policy tells of it.
    scheduled = not isinstance(schedules, Unavailable) and any(one.enabled for one in schedules)
    if services & ASYNCHRONOUS_PRINCIPALS or scheduled or _received(function):
        found.add(InvocationClass.ASYNCHRONOUS)
    if scheduled or ("events" in services and _has_timed_rule(function, region)):
        found.add(InvocationClass.SCHEDULED)
    # AppSync, and API Gateway where it is told to, invoke by roles of their own.
    routes = region.integrations_of(function)
    awaited = any(isinstance(found, tuple) and found for found in (function.urls, routes))
    if not (services & SYNCHRONOUS_PRINCIPALS or awaited) and isinstance(routes, Unavailable):
        return routes
    if services & SYNCHRONOUS_PRINCIPALS or awaited:
        found.add(InvocationClass.SYNCHRONOUS)
    if not EDGE_PRINCIPALS.isdisjoint(services) or function.is_edge_replica:
        found.add(InvocationClass.EDGE)
    return frozenset(found)


def is_edge(function: Function) -> bool | Unavailable:
    """Whether CloudFront runs the function: a replica, or one of us-east-1 that CloudFront may replicate.

    `Unavailable` where the resource-based policy of a function in us-east-1 could not be read; elsewhere
    nothing can be associated with CloudFront.
    """
    if function.is_edge_replica:
        return True
    if function.region != EDGE_HOME:
        return False
    if isinstance(function.policies, Unavailable):
        return function.policies
    return not EDGE_PRINCIPALS.isdisjoint(invoking_services(function))


def invoking_services(function: Function) -> tuple[str, ...]:
    """First labels of the service principals that a readable resource-based policy allows (`s3`, `events`
    …). Computed once for a function.
    """
    remembered: tuple[str, ...] | None = function.__dict__.get(REMEMBERED_SERVICES)
    if remembered is None:
        remembered = function.__dict__[REMEMBERED_SERVICES] = _invoking_services(function)
    return remembered


def _invoking_services(function: Function) -> tuple[str, ...]:
    if isinstance(function.policies, Unavailable):
        return ()
    return tuple(sorted({name for policy in function.policies for name in services_of(policy)}))


def services_of(policy: ResourcePolicy) -> frozenset[str]:
    """First labels of the service principals that one policy allows."""
    return frozenset(
        principal.value.split(".")[0]
        for statement in policy.statements
        if statement.effect == "Allow"
        for principal in statement.principals
        if principal.kind == "Service"
    )


def lets_in(function: Function, service: str) -> bool | Unavailable:
    """Whether a resource-based policy lets a service invoke a function, by name or with everybody.

    `Unavailable` where it could not be read.
    """
    if isinstance(function.policies, Unavailable):
        return function.policies
    return any(
        statement.effect == "Allow"
        and any(one.value == "*" or one.value.split(".")[0] == service for one in statement.principals)
        and (not statement.actions or any(fnmatchcase(INVOKE, one.lower()) for one in statement.actions))
        and not any(one.key.lower() in BY_URL for one in statement.conditions)
        for policy in function.policies
        for statement in policy.statements
    )


def _received(function: Function) -> bool:
    return not isinstance(function.usage, Unavailable) and function.usage.async_received > 0


def _has_timed_rule(function: Function, region: Region) -> bool:
    rules = region.rules_of(function)
    return not isinstance(rules, Unavailable) and any(rule.schedule for rule in rules)
