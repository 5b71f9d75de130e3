"""Who waits for a function's answer, and for how long."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.model import Distribution, Function, Reason, Record, Region, Unavailable, WorkflowTask
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
# From here on a number of seconds is written out.
MANY_S = 1_000_000

Distributions = tuple[Distribution, ...] | Unavailable


class Waiting(Record, frozen=True, kw_only=True):
    """A caller that waits, and how many seconds. `assumed` where the limit is the service's default."""

    name: str
    limit_s: float
    assumed: bool = False

    @property
    def limit_text(self) -> str:
        """The limit as a number of seconds, in digits."""
        return f"{self.limit_s:g}" if self.limit_s < MANY_S else f"{self.limit_s:,.0f}"


def callers_waiting(
    function: Function, region: Region, distributions: Distributions = ()
) -> tuple[Waiting, ...] | Unavailable:
    """Return the callers of a function that wait a limited time for its answer, the least patient first.

    `Unavailable` where the resource-based policy, the APIs, the load balancers, the function's URLs or the
    distributions before them could not be read. Of state machines those that are known to call it are listed;
    `unread_waits` tells whether there may be others.
    """
    integrations = region.integrations_of(function)
    groups = region.target_groups_of(function)
    for evidence in (function.policies, integrations, groups):
        if isinstance(evidence, Unavailable):
            return evidence
    behind = _behind_cloudfront(function, distributions)
    if isinstance(behind, Unavailable):
        return behind
    found: list[Waiting] = [*behind, *_tasks(function, region)]
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


def unread_waits(function: Function, region: Region, timeout_s: int) -> Unavailable | None:
    """Return why a state machine may give up on a function before its timeout, None where none does unseen.

    A scan that did not ask for state machines, which only the deep tier does, misses none.
    """
    tasks = region.workflow_tasks_of(function)
    if isinstance(tasks, Unavailable):
        return None if tasks.reason is Reason.NOT_COLLECTED else tasks
    for task in tasks:
        if isinstance(task.timeout_s, Unavailable):
            return task.timeout_s
        if not task.function_arn and min(task.timeout_s, task.execution_s or task.timeout_s) < timeout_s:
            return _nameless(task)
    return next((why for _, why in region.unread_workflows), None)


def unasked_waits(region: Region) -> str:
    """Say that callers of one kind were not looked for, "" where they were, or could not be read."""
    tasks = region.workflow_tasks
    asked = not isinstance(tasks, Unavailable) or tasks.reason is not Reason.NOT_COLLECTED
    return "" if asked else "; tasks of state machines are read with --tier deep alone"


def _nameless(task: WorkflowTask) -> Unavailable:
    return Unavailable(
        reason=Reason.NO_DATA,
        operation="states:DescribeStateMachine",
        note=f"which function the state {task.state} of {task.machine} invokes, only its input tells",
    )


def _tasks(function: Function, region: Region) -> Iterator[Waiting]:
    """The tasks of state machines that name the function, with what ends first: the task or its execution."""
    tasks = region.workflow_tasks_of(function)
    for task in () if isinstance(tasks, Unavailable) else tasks:
        if not task.function_arn:
            continue
        own = None if isinstance(task.timeout_s, Unavailable) else task.timeout_s
        if own is not None:
            name = f"the state {task.state} of the state machine {task.machine}"
            yield Waiting(name=name, limit_s=float(own))
        if task.execution_s is not None and (own is None or task.execution_s < own):
            yield Waiting(
                name=f"an execution of the state machine {task.machine}", limit_s=float(task.execution_s)
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
