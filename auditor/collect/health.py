"""Changes of Lambda that AWS has announced to the account, where its support plan lets them be read."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import Api
from auditor.collect.shapes import word
from auditor.model import Announcement, Unavailable

DESCRIBE_EVENTS = Operation(
    service="health",
    name="DescribeEvents",
    actions=("health:DescribeEvents",),
    tier=Tier.DEEP,
    is_global=True,
)
OPERATIONS = (DESCRIBE_EVENTS,)

# Below a Business plan the API is closed: https://docs.aws.amazon.com/health/latest/APIReference/Welcome.html
NO_PLAN = "SubscriptionRequiredException"
# The one region of a partition that has the API, where botocore knows no endpoint for all of them.
HOMES = {"aws-us-gov": "us-gov-west-1"}
WANTED = {
    "services": ["LAMBDA"],
    "eventTypeCategories": ["scheduledChange"],
    "eventStatusCodes": ["open", "upcoming"],
}
OWN, EVERYWHERE = "ACCOUNT_SPECIFIC", "global"
# https://docs.aws.amazon.com/health/latest/APIReference/API_Event.html
SCOPES = ("PUBLIC", OWN, "NONE")


def announcements(api: Api) -> tuple[Announcement, ...] | Unavailable:
    """Read the open changes that concern functions of the account in the regions of the scan."""
    home = HOMES.get(api.partition, api.regions[0])
    rows = listed(api.pages(DESCRIBE_EVENTS, home, "events", filter=WANTED))
    if isinstance(rows, Unavailable):
        without_plan = rows.code == NO_PLAN
        return replace(rows, note="needs a Business support plan or higher") if without_plan else rows
    seen = {*api.regions, EVERYWHERE}
    return tuple(
        _announcement(row)
        for row in rows
        if word(row["eventScopeCode"], *SCOPES) == OWN and row["region"] in seen
    )


def _announcement(row: Mapping[str, Any]) -> Announcement:
    return Announcement(
        arn=row["arn"],
        event=row["eventTypeCode"],
        region=row["region"],
        status=row["statusCode"],
        starts_at=row.get("startTime"),
    )
