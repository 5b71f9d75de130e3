"""API Gateway routes and load balancers in front of functions."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from auditor.collect.answers import listed
from auditor.collect.balancers import OPERATIONS as BALANCER_OPERATIONS
from auditor.collect.gates import sources
from auditor.collect.kept import kept
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.collect.shapes import hold, whole
from auditor.model import ApiIntegration, Function, Unavailable
from auditor.secrets import redact

READ = ("apigateway:GET",)
NOT_FOUND = ("NotFoundException",)
GET_REST_APIS = Operation(
    service="apigateway",
    name="GetRestApis",
    actions=READ,
    requires=(
        "items",
        *each("items[]", "id name endpointConfiguration"),
        "items[].endpointConfiguration.types",
    ),
)
GET_RESOURCES = Operation(
    service="apigateway",
    name="GetResources",
    actions=READ,
    requires=(
        "items",
        "items[].path",
        *each("items[].resourceMethods{}", "authorizationType apiKeyRequired"),
        "items[].resourceMethods{}.methodIntegration.type",
    ),
    absent=NOT_FOUND,
)
GET_APIS = Operation(
    service="apigatewayv2",
    name="GetApis",
    actions=READ,
    requires=("Items", *each("Items[]", "ApiId Name ProtocolType")),
)
GET_ROUTES = Operation(
    service="apigatewayv2",
    name="GetRoutes",
    actions=READ,
    requires=("Items", *each("Items[]", "RouteKey AuthorizationType ApiKeyRequired")),
    absent=NOT_FOUND,
)
GET_INTEGRATIONS = Operation(
    service="apigatewayv2",
    name="GetIntegrations",
    actions=READ,
    requires=("Items", *each("Items[]", "IntegrationId IntegrationType")),
    absent=NOT_FOUND,
)
OPERATIONS = (
    GET_REST_APIS,
    GET_RESOURCES,
    GET_APIS,
    GET_ROUTES,
    GET_INTEGRATIONS,
    *BALANCER_OPERATIONS,
)

MOST_ROWS = 500
# Integrations that ask something: their address is always sent, and the time-out whether or not one was set.
# https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
ASKING = frozenset({"AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY"})
FUNCTION_IN_URI = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?")
EXECUTE_API = re.compile(r"arn:[^:]*:execute-api:[^:]*:[^:]*:([^/:]+)")

Json = Mapping[str, Any]


def collect_integrations(
    api: Api, region: str, functions: Collection[Function]
) -> tuple[ApiIntegration, ...] | Unavailable:
    """Read the routes of REST, HTTP and WebSocket APIs that invoke functions.

    Only APIs that some function's resource-based policy lets in are asked for their routes, and nothing at
    all where no policy names API Gateway. A function that a stage variable names cannot be told and is left
    out; so is, where no policy names API Gateway, an API that invokes by a role of its own.
    """
    named = sources(functions, "apigateway")
    if named is not None and not named:
        return ()
    wanted = _api_ids(named)
    found: list[ApiIntegration] = []
    for read in (_rest_apis, _http_apis):
        routes = read(api, region, wanted)
        if isinstance(routes, Unavailable):
            return routes
        found.extend(routes)
    return tuple(found)


def _api_ids(arns: Iterable[str] | None) -> frozenset[str] | None:
    """Ids of the APIs that source ARNs name; None where a pattern could stand for any."""
    if arns is None:
        return None
    ids = [match.group(1) if (match := EXECUTE_API.match(arn)) else "*" for arn in arns]
    return None if any("*" in found or "?" in found for found in ids) else frozenset(ids)


def _chosen(rows: Iterable[Json], key: str, wanted: frozenset[str] | None) -> list[Json]:
    return [row for row in rows if wanted is None or row[key] in wanted]


def _rest_apis(api: Api, region: str, wanted: frozenset[str] | None) -> list[ApiIntegration] | Unavailable:
    rows = listed(api.pages(GET_REST_APIS, region, "items", limit=MOST_ROWS))
    if isinstance(rows, Unavailable):
        return rows
    return _gathered(api, _chosen(rows, "id", wanted), lambda row: _rest_routes(api, region, row))


def _http_apis(api: Api, region: str, wanted: frozenset[str] | None) -> list[ApiIntegration] | Unavailable:
    rows = listed(api.pages(GET_APIS, region, "Items", MaxResults=str(MOST_ROWS)))
    if isinstance(rows, Unavailable):
        return rows
    return _gathered(api, _chosen(rows, "ApiId", wanted), lambda row: _http_routes(api, region, row))


def _gathered(
    api: Api, rows: Iterable[Json], read: Callable[[Json], list[ApiIntegration] | Unavailable]
) -> list[ApiIntegration] | Unavailable:
    found: list[ApiIntegration] = []
    for routes in api.map(read, rows):
        if isinstance(routes, Unavailable):
            return routes
        found.extend(routes)
    return found


@kept
@whole(GET_RESOURCES)
def _rest_routes(api: Api, region: str, row: Json) -> list[ApiIntegration] | Unavailable:
    resources = listed(
        api.pages(GET_RESOURCES, region, "items", restApiId=row["id"], embed=["methods"], limit=MOST_ROWS)
    )
    if isinstance(resources, Unavailable):
        return resources
    private = "PRIVATE" in row["endpointConfiguration"]["types"]
    return [
        ApiIntegration(
            api_id=row["id"],
            api_name=row["name"],
            kind="REST",
            route=redact(f"{verb} {path}"),
            function_arn=arn,
            authorization=method["authorizationType"],
            timeout_ms=method["methodIntegration"]["timeoutInMillis"],
            api_key_required=method["apiKeyRequired"],
            private=private,
            api_policy=bool(row.get("policy")),
        )
        for path, verb, method, arn in _methods(resources)
    ]


def _methods(resources: Iterable[Json]) -> Iterator[tuple[str, str, Json, str]]:
    for resource in resources:
        for verb, method in resource.get("resourceMethods", {}).items():
            integration = method.get("methodIntegration", {})
            if integration.get("type") in ASKING:
                hold(integration, "uri")
            arn = _function_in(integration.get("uri", ""))
            if arn:
                yield resource["path"], verb, method, arn


@kept
@whole(GET_INTEGRATIONS)
def _http_routes(api: Api, region: str, row: Json) -> list[ApiIntegration] | Unavailable:
    name = row["ApiId"]
    integrations = listed(api.pages(GET_INTEGRATIONS, region, "Items", ApiId=name, MaxResults=str(MOST_ROWS)))
    if isinstance(integrations, Unavailable):
        return integrations
    routes = listed(api.pages(GET_ROUTES, region, "Items", ApiId=name, MaxResults=str(MOST_ROWS)))
    if isinstance(routes, Unavailable):
        return routes
    by_target = {f"integrations/{found['IntegrationId']}": found for found in integrations}
    kind = row["ProtocolType"]
    return [
        ApiIntegration(
            api_id=name,
            api_name=row["Name"],
            kind=kind,
            route=redact(route["RouteKey"]),
            function_arn=arn,
            authorization=route["AuthorizationType"],
            timeout_ms=integration["TimeoutInMillis"],
            api_key_required=route["ApiKeyRequired"],
        )
        for route in routes
        if (integration := by_target.get(route.get("Target", "")))
        and (arn := _function_in(_uri(integration)))
    ]


def _uri(integration: Json) -> str:
    """Return what an integration asks; what asks another AWS service by a subtype has no address."""
    if integration["IntegrationType"] in ASKING and "IntegrationSubtype" not in integration:
        hold(integration, "IntegrationUri")
    return str(integration.get("IntegrationUri", ""))


def _function_in(uri: str) -> str:
    found = FUNCTION_IN_URI.search(uri)
    return found.group(0) if found and "${" not in uri else ""
