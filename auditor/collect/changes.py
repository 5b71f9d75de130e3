"""Who last changed the code and the configuration of functions, as CloudTrail's event history has it.

Of an event only its time, its name, the function and the identity leave this module: what was asked for may
hold secrets.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from auditor.collect.failures import malformed
from auditor.collect.metrics import Window
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Absent, Api
from auditor.model import Change, ChangeHistory, Function, Unavailable
from auditor.model.account import unqualified
from auditor.secrets import redact

LOOKUP_EVENTS = Operation(
    service="cloudtrail",
    name="LookupEvents",
    actions=("cloudtrail:LookupEvents",),
    tier=Tier.DEEP,
    requires=("Events", *each("Events[]", "EventName EventTime CloudTrailEvent")),
    family="cloudtrail:LookupEvents",
)
OPERATIONS = (LOOKUP_EVENTS,)

# As CloudTrail spells them: https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
CODE = ("UpdateFunctionCode20150331v2", "CreateFunction20150331")
CONFIGURATION = "UpdateFunctionConfiguration20150331v2"
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
HISTORY_DAYS = 90
EVENTS_A_PAGE = 50
# At two thirds of two requests a second this is a quarter of a minute for each name of an event.
MOST_PAGES = 20
FUNCTION_TYPE = "AWS::Lambda::Function"
YES = "true"

Json = Mapping[str, Any]


class _Read(NamedTuple):
    """What was read of the events of one name: changes, and since when none is missing."""

    changes: tuple[Change, ...]
    since: datetime
    is_whole: bool


def collect_changes(
    api: Api, region: str, functions: Collection[Function], window: Window
) -> ChangeHistory | Unavailable:
    """Read the last change of each kind of each function, as far back as a cap on pages lets."""
    begin = window.end - timedelta(days=HISTORY_DAYS)
    if not functions:
        return ChangeHistory(since=begin, is_whole=True, changes=())
    ours = {function.arn: function.arn for function in functions}
    ours |= {function.name: function.arn for function in functions}
    changes: list[Change] = []
    since, is_whole = begin, True
    for name in (*CODE, CONFIGURATION):
        found = _read(api, region, name, ours, begin)
        if isinstance(found, Unavailable):
            return found
        changes += found.changes
        since, is_whole = max(since, found.since), is_whole and found.is_whole
    # Before that, an event of another name may have been the last.
    return ChangeHistory(
        since=since, is_whole=is_whole, changes=_last([one for one in changes if one.at >= since])
    )


def _read(api: Api, region: str, name: str, ours: Mapping[str, str], begin: datetime) -> _Read | Unavailable:
    """Read events of one name, the newest first; what a page holds besides the facts is gone with it."""
    asked: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
        "MaxResults": EVENTS_A_PAGE,
    }
    changes: list[Change] = []
    since, named = begin, True
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        answer = api.call(LOOKUP_EVENTS, region, **asked)
        if isinstance(answer, Absent | Unavailable):
            return malformed(LOOKUP_EVENTS, "no events") if isinstance(answer, Absent) else answer
        for event in answer["Events"]:
            since = event["EventTime"]
            change, is_named = _change(event, ours)
            changes += [change] if change else []
            named = named and is_named
        token = str(answer.get("NextToken", ""))
        if not token:
            return _Read(tuple(changes), begin, named)
        if token in seen:
            return malformed(LOOKUP_EVENTS, "a page token that repeats")
        seen.add(token)
        asked["NextToken"] = token
    return _Read(tuple(changes), since, is_whole=False)


def _change(event: Json, ours: Mapping[str, str]) -> tuple[Change | None, bool]:
    """What an event changed of our functions, and whether it says which function it was about."""
    record = _record(event["CloudTrailEvent"])
    # What was refused, and what was only tried, changed nothing.
    if "errorCode" in record or (record.get("requestParameters") or {}).get("dryRun") is True:
        return None, True
    names = _names(event, record)
    arn = next((ours[name] for name in names if name in ours), "")
    if not arn:
        return None, bool(names)
    identity = record["userIdentity"]
    return Change(
        function_arn=arn,
        is_code=event["EventName"] in CODE,
        at=event["EventTime"],
        identity=str(identity["type"]),
        who=_who(str(identity.get("arn", ""))),
        service=str(identity.get("invokedBy", "")),
        in_console=record.get("sessionCredentialFromConsole") == YES,
    ), True


def _who(arn: str) -> str:
    """ARN of an identity; whoever assumes a role names the session as they like."""
    of, slash, name = arn.rpartition("/")
    return f"{of}{slash}{redact(name)}"


def _record(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError from error
    if not isinstance(found, dict):
        raise TypeError
    return found


def _names(event: Json, record: Json) -> tuple[str, ...]:
    """Names and ARNs of the function that an event was about."""
    arn = (record.get("responseElements") or {}).get("functionArn", "")
    listed = (
        str(one.get("ResourceName", ""))
        for one in event.get("Resources", ())
        if one.get("ResourceType", FUNCTION_TYPE) == FUNCTION_TYPE
    )
    return tuple(unqualified(name) for name in (arn, *listed) if name)


def _last(changes: Collection[Change]) -> tuple[Change, ...]:
    """The last change of each kind of each function."""
    last: dict[tuple[str, bool], Change] = {}
    for change in sorted(changes, key=lambda one: one.at):
        last[change.function_arn, change.is_code] = change
    return tuple(last[key] for key in sorted(last))
