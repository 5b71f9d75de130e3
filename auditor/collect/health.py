"""Changes of Lambda that AWS has announced to the account and what they concern, where its support plan lets
them be read.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.collect.shapes import whole, word
from auditor.model import Announcement, Unavailable
from auditor.model.account import unqualified

DESCRIBE_EVENTS = Operation(
    service="health",
    name="DescribeEvents",
    actions=("health:DescribeEvents",),
    tier=Tier.DEEP,
    requires=("events", *each("events[]", "arn eventScopeCode eventTypeCode region statusCode")),
    is_global=True,
)
DESCRIBE_ENTITIES = Operation(
    service="health",
    name="DescribeAffectedEntities",
    actions=("health:DescribeAffectedEntities",),
    tier=Tier.DEEP,
    requires=("entities", *each("entities[]", "eventArn entityValue")),
    page_size=100,
    is_global=True,
)
OPERATIONS = (DESCRIBE_EVENTS, DESCRIBE_ENTITIES)

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
# https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeAffectedEntities.html
EVENTS_A_CALL = 10
# https://docs.aws.amazon.com/health/latest/APIReference/API_AffectedEntity.html
STATES = ("IMPAIRED", "UNIMPAIRED", "UNKNOWN", "PENDING", "RESOLVED")

Affected = tuple[tuple[str, str], ...]


def announcements(api: Api) -> tuple[Announcement, ...] | Unavailable:
    """Read the open changes that concern functions of the account in the regions of the scan, with what they
    concern.
    """
    home = HOMES.get(api.partition, api.regions[0])
    rows = listed(api.pages(DESCRIBE_EVENTS, home, "events", filter=WANTED))
    if isinstance(rows, Unavailable):
        without_plan = rows.code == NO_PLAN
        return replace(rows, note="needs a Business support plan or higher") if without_plan else rows
    seen = {*api.regions, EVERYWHERE}
    found = [
        _announcement(row)
        for row in rows
        if word(row["eventScopeCode"], *SCOPES) == OWN and row["region"] in seen
    ]
    return tuple(_with_affected(api, home, found))


def _announcement(row: Mapping[str, Any]) -> Announcement:
    return Announcement(
        arn=row["arn"],
        event=row["eventTypeCode"],
        region=row["region"],
        status=row["statusCode"],
        starts_at=row.get("startTime"),
    )


def _with_affected(api: Api, home: str, announced: Sequence[Announcement]) -> Iterator[Announcement]:
    for start in range(0, len(announced), EVENTS_A_CALL):
        several = announced[start : start + EVENTS_A_CALL]
        affected = whole(DESCRIBE_ENTITIES)(_affected)(api, home, [one.arn for one in several])
        for one in several:
            known = affected if isinstance(affected, Unavailable) else affected.get(one.arn, ())
            yield replace(one, affected=known)


def _affected(api: Api, home: str, events: Sequence[str]) -> dict[str, Affected] | Unavailable:
    """What each of some events concerns, as (ARN or AWS's name, state)."""
    rows = listed(api.pages(DESCRIBE_ENTITIES, home, "entities", filter={"eventArns": list(events)}))
    if isinstance(rows, Unavailable):
        return rows
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        state = word(row.get("statusCode", "UNKNOWN"), *STATES)
        found[row["eventArn"]].append((_resource(row["entityValue"]), state))
    return {event: tuple(dict.fromkeys(several)) for event, several in found.items()}


def _resource(value: str) -> str:
    return unqualified(value) if ":function:" in value else value
