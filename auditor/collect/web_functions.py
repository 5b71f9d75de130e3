"""Web Functions: how many there are, and who may call their endpoints."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from auditor.collect.answers import definite, listed
from auditor.collect.authorization import parsed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole, word
from auditor.iam import Circle, Opening, openings
from auditor.model import ResourcePolicy, Statement, Unavailable, WebEndpoint

NOT_FOUND = ("ResourceNotFoundException",)
LIST_WEB_FUNCTIONS = Operation(
    service="lambda-web",
    name="ListWebFunctions",
    actions=("lambda:ListWebFunctions",),
    requires=("functions", *each("functions[]", "functionArn functionName")),
)
LIST_ENDPOINTS = Operation(
    service="lambda-web",
    name="ListWebFunctionEndpoints",
    actions=("lambda:ListWebFunctionEndpoints",),
    requires=("endpoints", *each("endpoints[]", "endpointArn endpointName endpointType authType")),
    absent=NOT_FOUND,
)
GET_ENDPOINT = Operation(
    service="lambda-web",
    name="GetWebFunctionEndpoint",
    actions=("lambda:GetWebFunctionEndpoint",),
    requires=("regionalEndpoints", "regionalEndpoints{}.authType"),
    absent=NOT_FOUND,
)
GET_WEB_POLICY = Operation(
    service="lambda-web",
    name="GetResourcePolicy",
    actions=("lambda:GetResourcePolicy",),
    requires=("policy",),
    absent=NOT_FOUND,
)
OPERATIONS = (LIST_WEB_FUNCTIONS, LIST_ENDPOINTS, GET_ENDPOINT, GET_WEB_POLICY)

# Whether Lambda asks who calls, or leaves that to the code, and where an endpoint answers:
# https://docs.aws.amazon.com/lambda/latest/dg/web-functions-endpoint-access-control.html
BY_CODE, BY_IAM = "ApplicationManaged", "IamAuth"
HERE, NEAREST, EACH = "HomeRegion", "MultiRegion", "PerRegion"
INVOKE = "lambda:InvokeWebFunctionEndpoint"

Json = Mapping[str, Any]


def web_functions(
    api: Api, region: str
) -> tuple[int | Unavailable, tuple[WebEndpoint, ...] | Unavailable] | Unavailable:
    """Count the Web Functions of a region, and read who may call their endpoints."""
    rows = listed(api.pages(LIST_WEB_FUNCTIONS, region, "functions"))
    if isinstance(rows, Unavailable):
        return rows
    return len(rows), whole(LIST_ENDPOINTS)(_endpoints)(api, region, rows)


def _endpoints(api: Api, region: str, functions: list[Json]) -> tuple[WebEndpoint, ...] | Unavailable:
    found: list[WebEndpoint] = []
    for several in api.map(lambda row: _of_function(api, region, row), functions):
        if isinstance(several, Unavailable):
            return several
        found.extend(several)
    return tuple(found)


def _of_function(api: Api, region: str, function: Json) -> list[WebEndpoint] | Unavailable:
    name = function["functionName"]
    rows = listed(api.pages(LIST_ENDPOINTS, region, "endpoints", functionName=name))
    if isinstance(rows, Unavailable):
        return rows
    modes = [_modes(api, region, name, row) for row in rows]
    unread = next((one for one in modes if isinstance(one, Unavailable)), None)
    if unread is not None:
        return unread
    known = [one for one in modes if not isinstance(one, Unavailable)]
    is_open: bool | Unavailable = False
    if any(BY_IAM in mode.values() for mode in known):
        is_open = _lets_everybody_in(api, region, function["functionArn"])
    if isinstance(is_open, Unavailable):
        return is_open
    return [
        WebEndpoint(
            arn=row["endpointArn"],
            function=name,
            name=row["endpointName"],
            unasked_regions=tuple(sorted(where for where, how in mode.items() if how == BY_CODE)),
            open_policy=is_open and BY_IAM in mode.values(),
        )
        for row, mode in zip(rows, known, strict=True)
    ]


def _modes(api: Api, region: str, function: str, row: Json) -> dict[str, str] | Unavailable:
    """How an endpoint authorises, by region: each replica may be set by itself."""
    how = word(row["authType"], BY_CODE, BY_IAM)
    if word(row["endpointType"], HERE, NEAREST, EACH) == HERE:
        return {region: how}
    answer = definite(
        api.call(GET_ENDPOINT, region, functionName=function, endpointName=row["endpointName"]), GET_ENDPOINT
    )
    if isinstance(answer, Unavailable):
        return answer
    replicas = answer["regionalEndpoints"].items()
    return {region: how, **{where: word(one["authType"], BY_CODE, BY_IAM) for where, one in replicas}}


def _lets_everybody_in(api: Api, region: str, arn: str) -> bool | Unavailable:
    answer = api.call(GET_WEB_POLICY, region, resourceArn=arn)
    if isinstance(answer, Absent):
        return False
    statements = answer if isinstance(answer, Unavailable) else parsed(answer["policy"], GET_WEB_POLICY)
    if isinstance(statements, Unavailable):
        return statements
    policy = ResourcePolicy(qualifier="", statements=tuple(_about_calls(statements)))
    return any(one.opening is Opening.PUBLIC for one in openings(policy, Circle(account=api.account)))


def _about_calls(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    """Yield what statements say of calls, and of nothing else."""
    for one in statements:
        if _speaks_of_calls(one.actions) or (one.not_actions and not _speaks_of_calls(one.not_actions)):
            yield msgspec.structs.replace(one, actions=(INVOKE,), not_actions=())


def _speaks_of_calls(actions: tuple[str, ...]) -> bool:
    return any(fnmatchcase(INVOKE.lower(), action.lower()) for action in actions)
