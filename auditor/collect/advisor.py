"""What Trusted Advisor flags of functions, where the support plan of the account lets it be read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.collect.shapes import word
from auditor.model import Advice, Reason, TrustedAdvisor, Unavailable
from auditor.model.account import unqualified

LIST_RECOMMENDATIONS = Operation(
    service="trustedadvisor",
    name="ListRecommendations",
    actions=("trustedadvisor:ListRecommendations",),
    tier=Tier.DEEP,
    requires=(
        "recommendationSummaries",
        *each("recommendationSummaries[]", "arn name status resourcesAggregates"),
        *each("recommendationSummaries[].resourcesAggregates", "warningCount errorCount"),
    ),
    page_size=200,
    is_global=True,
)
LIST_RESOURCES = Operation(
    service="trustedadvisor",
    name="ListRecommendationResources",
    actions=("trustedadvisor:ListRecommendationResources",),
    tier=Tier.DEEP,
    requires=(
        "recommendationResourceSummaries",
        *each("recommendationResourceSummaries[]", "awsResourceId regionCode status metadata lastUpdatedAt"),
    ),
    page_size=200,
    is_global=True,
)
LIST_CHECKS = Operation(
    service="trustedadvisor",
    name="ListChecks",
    actions=("trustedadvisor:ListChecks",),
    tier=Tier.DEEP,
    requires=("checkSummaries", *each("checkSummaries[]", "id metadata")),
    page_size=200,
    is_global=True,
)
OPERATIONS = (LIST_RECOMMENDATIONS, LIST_RESOURCES, LIST_CHECKS)

# Any region that offers the API tells of all: those of the scan come first, then this one.
HOME = "us-east-1"
# Checks of functions by id, beside those that name the service: error rates, timeouts, deprecated runtimes,
# zones, memory that is too much, memory that is too little.
# https://docs.aws.amazon.com/awssupport/latest/user/trusted-advisor-check-reference.html
OF_FUNCTIONS = frozenset({"L4dfs2Q3C2", "L4dfs2Q3C3", "L4dfs2Q4C5", "L4dfs2Q4C6", "COr6dfpM05", "COr6dfpM06"})
LAMBDA = "lambda"
OK = "ok"
# As the counts of a recommendation are called: those that are flagged.
COUNTS = {"warning": "warningCount", "error": "errorCount"}
EXCLUDED, INCLUDED = "excluded", "included"
# Columns that say what was measured, and neither cost nor name: the reports of the checks above have them.
MEASURED = (
    "Max Daily Timeout Rate",
    "Date of Max Daily Timeout Rate",
    "Max Daily Error Rate",
    "Date for Max Error Rate",
    "Runtime",
    "Days to Deprecation",
    "Deprecation Date",
    "Memory Size (MB)",
    "Recommended Memory Size (MB)",
)
ARN, NAME = "Function ARN", "Function Name"

Json = Mapping[str, Any]


def trusted_advisor(api: Api) -> TrustedAdvisor | Unavailable:
    """Read what Trusted Advisor flags of functions in the regions of the scan."""
    home = _home(api)
    if isinstance(home, Unavailable):
        return home
    # The name of the service is not filtered by: a spelling that AWS does not know would find nothing.
    rows = listed(api.pages(LIST_RECOMMENDATIONS, home, "recommendationSummaries", type="standard"))
    if isinstance(rows, Unavailable):
        return _with_plan(rows)
    ours = [row for row in rows if _is_ours(row)]
    if not ours:
        return Unavailable(
            reason=Reason.NO_DATA,
            operation=LIST_RECOMMENDATIONS.label,
            note=f"none of its {len(rows)} recommendations is about Lambda",
        )
    flagged = _flagged(api, home, [row for row in ours if word(row["status"], OK, *COUNTS) != OK])
    if isinstance(flagged, Unavailable):
        return flagged
    return TrustedAdvisor(checks=tuple(sorted(row["name"] for row in ours)), flagged=flagged)


def _home(api: Api) -> str | Unavailable:
    offered = api.session.get_available_regions("trustedadvisor", partition_name=api.partition)
    if HOME not in offered:
        return Unavailable(
            reason=Reason.NOT_SUPPORTED,
            operation=LIST_RECOMMENDATIONS.label,
            note=f"not offered in the partition {api.partition}",
        )
    return next((region for region in api.regions if region in offered), HOME)


def _with_plan(why: Unavailable) -> Unavailable:
    """Say that the plan may be missing where AWS's code does not tell it from a missing permission."""
    if why.reason is Reason.NOT_SUPPORTED and "Denied" in why.code:
        return replace(why, note="needs a Business Support+ plan or higher")
    if why.reason is Reason.ACCESS_DENIED and why.denied_by is None:
        return replace(why, note="access denied, or the support plan is below Business Support+")
    return why


def _is_ours(row: Json) -> bool:
    services = {str(service).lower() for service in row.get("awsServices", ())}
    return LAMBDA in services or _check(row) in OF_FUNCTIONS


def _check(row: Json) -> str:
    return str(row.get("checkArn", "")).rsplit("/", 1)[-1]


def _flagged(api: Api, home: str, recommendations: list[Json]) -> tuple[Advice, ...] | Unavailable:
    if not recommendations:
        return ()
    checks = listed(api.pages(LIST_CHECKS, home, "checkSummaries"))
    if isinstance(checks, Unavailable):
        return checks
    headings = {check["id"]: check["metadata"] for check in checks}
    found: list[Advice] = []
    for recommendation in recommendations:
        for status, count in COUNTS.items():
            if not recommendation["resourcesAggregates"][count]:
                continue
            rows = listed(
                api.pages(
                    LIST_RESOURCES,
                    home,
                    "recommendationResourceSummaries",
                    recommendationIdentifier=recommendation["arn"],
                    status=status,
                )
            )
            if isinstance(rows, Unavailable):
                return rows
            columns = headings.get(_check(recommendation), {})
            found.extend(_advice(api, recommendation, columns, _included(rows, api.regions)))
    return tuple(found)


def _included(rows: Iterable[Json], regions: tuple[str, ...]) -> Iterator[Json]:
    """Leave out what lies outside the regions of the scan, and what the owner has excluded."""
    for row in rows:
        exclusion = word(row.get("exclusionStatus", INCLUDED), INCLUDED, EXCLUDED)
        if exclusion == INCLUDED and row["regionCode"] in regions:
            yield row


def _advice(api: Api, recommendation: Json, columns: Json, rows: Iterable[Json]) -> Iterator[Advice]:
    for row in rows:
        values = {columns.get(key, ""): str(value) for key, value in row["metadata"].items()}
        yield Advice(
            check=_check(recommendation),
            name=recommendation["name"],
            region=row["regionCode"],
            resource=_resource(api, row, values),
            status=word(row["status"], *COUNTS),
            seen_at=row["lastUpdatedAt"],
            measured=tuple((name, values[name]) for name in MEASURED if name in values),
        )


def _resource(api: Api, row: Json, values: Mapping[str, str]) -> str:
    """ARN of the function, or what AWS calls the resource where it is none."""
    known = str(row["awsResourceId"])
    for text in (known, values.get(ARN, "")):
        if text.startswith("arn:") and ":function:" in text:
            return unqualified(text)
    name = values.get(NAME, "")
    if name:
        return f"arn:{api.partition}:lambda:{row['regionCode']}:{api.account}:function:{name}"
    return known
