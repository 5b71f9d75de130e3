"""Who waits for a function's answer, and for how long."""

from urllib.parse import urlsplit

from auditor.model import Distribution, Function, Record, Region, Unavailable
from auditor.model.invocation import InvocationClass, invocation_classes, invoking_services

# Seconds that a service waits for a function, where nothing on our side of the call can be configured.
# https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
# https://docs.aws.amazon.com/lexv2/latest/dg/lambda.html
# https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html
# https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-and-response-json-reference.html
SERVICE_WAITS_S = {
    "cognito-idp": ("Cognito", 5.0),
    "lex": ("Lex", 30.0),
    "lexv2": ("Lex", 30.0),
    "connect": ("Connect", 8.0),
    "alexa-appkit": ("Alexa", 8.0),
    "alexa-connectedhome": ("Alexa", 8.0),
}
# Longest wait that API Gateway (HTTP APIs) and AppSync grant without a raised quota; used where the API
# itself is not among what was read, such as an API of another account.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
# https://docs.aws.amazon.com/general/latest/gr/appsync.html
ASSUMED_WAITS_S = {
    "apigateway": ("an API of API Gateway that was not read", 30.0),
    "appsync": ("an AppSync API that was not read", 30.0),
    "elasticloadbalancing": ("a load balancer that was not read, at its default", 60.0),
}
KINDS = {"rest": "REST API", "http": "HTTP API", "websocket": "WebSocket API", "appsync": "AppSync"}
APPSYNC = "appsync"

Distributions = tuple[Distribution, ...] | Unavailable


class Waiting(Record, frozen=True, kw_only=True):
    """A caller that waits, and how many seconds. `assumed` where the limit is the service's default."""

    name: str
    limit_s: float
    assumed: bool = False


def callers_waiting(
    function: Function, region: Region, distributions: Distributions = ()
) -> tuple[Waiting, ...] | Unavailable:
    """Return the callers of a function that wait a limited time for its answer, the least patient first.

    `Unavailable` where the resource-based policy, the APIs, the load balancers, the function's URLs or the
    distributions before them could not be read.
    """
    integrations = region.integrations_of(function)
    groups = region.target_groups_of(function)
    for evidence in (function.policies, integrations, groups):
        if isinstance(evidence, Unavailable):
            return evidence
    behind = _behind_cloudfront(function, distributions)
    if isinstance(behind, Unavailable):
        return behind
    found: list[Waiting] = [*behind]
    read: set[str] = set()
    for api in () if isinstance(integrations, Unavailable) else integrations:
        read.add("appsync" if api.kind.lower() == APPSYNC else "apigateway")
        kind = KINDS.get(api.kind.lower(), api.kind)
        found.append(Waiting(name=f"{kind} {api.api_name} {api.route}", limit_s=api.timeout_ms / 1_000))
    for group in () if isinstance(groups, Unavailable) else groups:
        read.add("elasticloadbalancing")
        name = group.arn.rsplit("targetgroup/", 1)[-1].split("/")[0]
        found.append(Waiting(name=f"load balancer of {name}", limit_s=float(group.idle_timeout_s)))
    for service in invoking_services(function):
        if service in SERVICE_WAITS_S:
            name, limit = SERVICE_WAITS_S[service]
            found.append(Waiting(name=name, limit_s=limit))
        elif service in ASSUMED_WAITS_S and service not in read:
            name, limit = ASSUMED_WAITS_S[service]
            found.append(Waiting(name=name, limit_s=limit, assumed=True))
    return tuple(sorted(found, key=lambda one: (one.limit_s, one.name)))


def _behind_cloudfront(function: Function, distributions: Distributions) -> tuple[Waiting, ...] | Unavailable:
    if isinstance(function.urls, Unavailable) or not function.urls:
        return function.urls if isinstance(function.urls, Unavailable) else ()
    if isinstance(distributions, Unavailable):
        return distributions
    hosts = {urlsplit(url.url).hostname for url in function.urls}
    return tuple(
        Waiting(name=f"CloudFront {one.domain}", limit_s=float(origin.read_timeout_s))
        for one in distributions
        for origin in one.origins
        if one.enabled and origin.domain in hosts
    )


def is_waited_for(function: Function, region: Region) -> bool | Unavailable:
    """Whether somebody waits for the function's answer: an API, a URL, a load balancer, another service.

    `Unavailable` where the evidence that would tell could not be read.
    """
    classes = invocation_classes(function, region)
    if isinstance(classes, Unavailable):
        return classes
    if InvocationClass.SYNCHRONOUS in classes:
        return True
    if isinstance(function.urls, Unavailable):
        return function.urls
    integrations = region.integrations_of(function)
    if isinstance(integrations, Unavailable):
        return integrations
    return bool(integrations)
