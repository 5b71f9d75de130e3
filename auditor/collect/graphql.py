"""AppSync APIs that ask functions: as data sources, which their own roles invoke, and as authorisers."""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.model import ApiIntegration, Unavailable

NOT_FOUND = ("NotFoundException",)
LIST_APIS = Operation(
    service="appsync",
    name="ListGraphqlApis",
    actions=("appsync:ListGraphqlApis",),
    requires=(
        "graphqlApis",
        *each("graphqlApis[]", "apiId name authenticationType"),
        "graphqlApis[].lambdaAuthorizerConfig.authorizerUri",
        "graphqlApis[].additionalAuthenticationProviders[].authenticationType",
        "graphqlApis[].additionalAuthenticationProviders[].lambdaAuthorizerConfig.authorizerUri",
    ),
    page_size=25,
)
LIST_SOURCES = Operation(
    service="appsync",
    name="ListDataSources",
    actions=("appsync:ListDataSources",),
    requires=(
        "dataSources",
        *each("dataSources[]", "name type"),
        "dataSources[].lambdaConfig.lambdaFunctionArn",
    ),
    absent=NOT_FOUND,
    page_size=25,
)
OPERATIONS = (LIST_APIS, LIST_SOURCES)

KIND = "APPSYNC"
LAMBDA, BY_LAMBDA, BY_KEY = "AWS_LAMBDA", "AWS_LAMBDA", "API_KEY"
# Milliseconds that a request, and an authoriser, may take:
# https://docs.aws.amazon.com/general/latest/gr/appsync.html
# https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
REQUEST_MS, AUTHORIZER_MS = 30_000, 10_000

Json = Mapping[str, Any]


def collect_graphql(api: Api, region: str) -> tuple[ApiIntegration, ...] | Unavailable:
    """Read the functions behind the AppSync APIs of a region, one record for each data source and authoriser.

    No resource-based policy tells of them, since AppSync invokes data sources by a role of its own. A region
    that AppSync is not in has none.
    """
    if region not in api.session.get_available_regions("appsync", partition_name=api.partition):
        return ()
    rows = listed(api.pages(LIST_APIS, region, "graphqlApis"))
    if isinstance(rows, Unavailable):
        return rows
    found: list[ApiIntegration] = []
    for row, sources in zip(rows, api.map(lambda row: _sources(api, region, row), rows), strict=True):
        if isinstance(sources, Unavailable):
            return sources
        found.extend(_integration(row, f"data source {name}", arn, REQUEST_MS) for name, arn in sources)
        found.extend(
            _integration(row, "authoriser", arn, AUTHORIZER_MS, BY_LAMBDA) for arn in _authorizers(row)
        )
    return tuple(found)


def _sources(api: Api, region: str, row: Json) -> list[tuple[str, str]] | Unavailable:
    """Name and function of each data source of an API that is a function."""
    rows = listed(api.pages(LIST_SOURCES, region, "dataSources", apiId=row["apiId"]))
    if isinstance(rows, Unavailable):
        return rows
    return [(one["name"], one["lambdaConfig"]["lambdaFunctionArn"]) for one in rows if one["type"] == LAMBDA]


def _authorizers(row: Json) -> Iterator[str]:
    for given in (row, *row.get("additionalAuthenticationProviders", ())):
        if given["authenticationType"] == BY_LAMBDA:
            yield str(given["lambdaAuthorizerConfig"]["authorizerUri"])


def _integration(row: Json, route: str, arn: str, timeout_ms: int, authorization: str = "") -> ApiIntegration:
    asked = authorization or str(row["authenticationType"])
    return ApiIntegration(
        api_id=row["apiId"],
        api_name=row["name"],
        kind=KIND,
        route=route,
        function_arn=arn,
        authorization=asked,
        timeout_ms=timeout_ms,
        api_key_required=asked == BY_KEY,
        private=row.get("visibility") == "PRIVATE",
    )
