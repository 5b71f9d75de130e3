"""CloudFront distributions that run functions at the edge, or have function URLs as origins."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.model import Distribution, Function, Region, Unavailable, UrlOrigin
from auditor.model.invocation import EDGE_HOME

ROW = "DistributionList.Items[]"
LIST_DISTRIBUTIONS = Operation(
    service="cloudfront",
    name="ListDistributions",
    actions=("cloudfront:ListDistributions",),
    requires=(
        "DistributionList",
        "DistributionList.Quantity",
        *each(ROW, "ARN DomainName Enabled DefaultCacheBehavior CacheBehaviors Origins"),
        *each(f"{ROW}.DefaultCacheBehavior", "LambdaFunctionAssociations"),
        *each(f"{ROW}.CacheBehaviors.Items[]", "LambdaFunctionAssociations"),
        *each(f"{ROW}.Origins", "Quantity Items"),
        *each(f"{ROW}.Origins.Items[]", "DomainName"),
    ),
    is_global=True,
)
OPERATIONS = (LIST_DISTRIBUTIONS,)

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


def _rows(counted: Json) -> Iterable[Json]:
    """Rows of a counted list, which is left out where it is empty: it is gone where the count says more."""
    rows: list[Json] = counted.get("Items", [])
    if counted["Quantity"] != len(rows):
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
    for behavior in (row["DefaultCacheBehavior"], *_rows(row["CacheBehaviors"])):
        for one in _rows(behavior["LambdaFunctionAssociations"]):
            yield one["LambdaFunctionARN"], one["EventType"]


def _origins(row: Json) -> Iterator[UrlOrigin]:
    for origin in _rows(row["Origins"]):
        if ".lambda-url." in origin["DomainName"]:
            yield UrlOrigin(
                domain=origin["DomainName"],
                signed=bool(origin.get("OriginAccessControlId")),
                read_timeout_s=origin["CustomOriginConfig"]["OriginReadTimeout"],
            )
