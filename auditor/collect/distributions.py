"""CloudFront distributions that run functions at the edge, or have function URLs as origins."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.collect.answers import listed
from auditor.collect.operations import Operation
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.model import Distribution, Function, Region, Unavailable, UrlOrigin
from auditor.model.invocation import EDGE_HOME

LIST_DISTRIBUTIONS = Operation(
    service="cloudfront",
    name="ListDistributions",
    actions=("cloudfront:ListDistributions",),
    requires=("DistributionList",),
    is_global=True,
)
OPERATIONS = (LIST_DISTRIBUTIONS,)

# Seconds that CloudFront waits where a distribution says nothing:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
READ_TIMEOUT_S = 30

Json = Mapping[str, Any]


@whole(LIST_DISTRIBUTIONS)
def collect_distributions(api: Api, regions: Iterable[Region]) -> tuple[Distribution, ...] | Unavailable:
    """Read the distributions that have to do with functions.

    Nothing is asked where no function has a URL and none is where the functions of the edge are made; where
    functions could not be listed, any may.
    """
    if not any(_may_hold_one_behind(region) for region in regions):
        return ()
    pages = listed(api.whole_pages(LIST_DISTRIBUTIONS, EDGE_HOME))
    if isinstance(pages, Unavailable):
        return pages
    found = (_distribution(row) for page in pages for row in _rows(page["DistributionList"]))
    return tuple(one for one in found if one.functions or one.origins)


def _may_hold_one_behind(region: Region) -> bool:
    return isinstance(region.functions, Unavailable) or any(map(_may_be_behind, region.functions))


def _may_be_behind(function: Function) -> bool:
    return isinstance(function.urls, Unavailable) or bool(function.urls) or function.region == EDGE_HOME


def _rows(page: Json) -> Iterable[Json]:
    """Rows of a page. An answer that is no list of distributions looks like an empty one without a count."""
    rows: list[Json] = page.get("Items", [])
    if page["Quantity"] != len(rows):
        raise ValueError
    return rows


def _distribution(row: Json) -> Distribution:
    return Distribution(
        arn=row["ARN"],
        domain=row["DomainName"],
        enabled=row["Enabled"],
        functions=tuple(dict.fromkeys(_at_edge(row))),
        origins=tuple(_origins(row)),
        firewall=bool(row["WebACLId"]),
    )


def _at_edge(row: Json) -> Iterator[tuple[str, str]]:
    for behavior in (row["DefaultCacheBehavior"], *row["CacheBehaviors"].get("Items", ())):
        for one in behavior.get("LambdaFunctionAssociations", {}).get("Items", ()):
            yield one["LambdaFunctionARN"], one["EventType"]


def _origins(row: Json) -> Iterator[UrlOrigin]:
    for origin in row["Origins"]["Items"]:
        if ".lambda-url." in origin["DomainName"]:
            yield UrlOrigin(
                domain=origin["DomainName"],
                signed=bool(origin.get("OriginAccessControlId")),
                read_timeout_s=origin.get("CustomOriginConfig", {}).get("OriginReadTimeout", READ_TIMEOUT_S),
            )
