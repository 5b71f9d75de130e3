"""Who last changed functions: what is read of CloudTrail's events, and what of them is never kept."""

import json
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from auditor.collect.changes import CODE, CONFIGURATION, LOOKUP_EVENTS, MOST_PAGES, collect_changes
from auditor.collect.metrics import window_before
from auditor.collect.operations import Tier
from auditor.collect.pace import Pace
from auditor.collect.session import Api
from auditor.collect.shapes import whole as guarded
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.demo.secrets import PLANTED
from auditor.model import Change, ChangeHistory, Function, Reason, Unavailable
from auditor.testing import healthy_function
from tests.canaries import leaks

REGION = "eu-west-1"
ARN = f"arn:aws:lambda:{REGION}:123456789012:function"
LOOKUP = "cloudtrail:LookupEvents"
UPDATED, CREATED = CODE
WINDOW = window_before(DEMO_NOW, 14)
JO = {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/jo"}


def demo(*faults: Fault, tier: Tier = Tier.DEEP) -> Api:
    return Api(
        session=demo_session(faults=faults),
        account="123456789012",
        regions=(REGION,),
        pace=1e9,
        tier=tier,
        pause=lambda _: None,
    )


def function(name: str) -> Function:
    return healthy_function(name=name, arn=f"{ARN}:{name}")


def read(api: Api, *names: str) -> ChangeHistory | Unavailable:
    return collect_changes(api, REGION, [function(name) for name in names], WINDOW)


def whole(found: ChangeHistory | Unavailable) -> ChangeHistory:
    assert isinstance(found, ChangeHistory)
    return found


def event(days: int, *resources: str, name: str = UPDATED, **record: Any) -> dict[str, Any]:
    """An event some days before the scan, about resources; `record` is what its document says."""
    return {
        "EventName": name,
        "EventTime": DEMO_NOW - timedelta(days=days),
        "Resources": [
            {"ResourceType": "AWS::Lambda::Function", "ResourceName": resource} for resource in resources
        ],
        "CloudTrailEvent": json.dumps({"userIdentity": JO, **record}),
    }


def answering(*events: dict[str, Any], endless: bool = False) -> Api:
    """An API whose history has these events, on one page or again on every page."""
    api, pages = demo(), count()
    asked: list[str] = []

    def note(*, params: dict[str, Any], **_: object) -> None:
        asked[:] = [one["AttributeValue"] for one in params["LookupAttributes"]]
        # The token is none of the demo's own.
        params.pop("NextToken", None)

    def put(*, parsed: dict[str, Any], **_: object) -> None:
        parsed["Events"] = [one for one in events if one["EventName"] in asked]
        parsed.pop("NextToken", None)
        if endless:
            parsed["NextToken"] = str(next(pages))

    api.session.events.register_first("before-parameter-build.cloudtrail.LookupEvents", note)
    api.session.events.register_last("after-call.cloudtrail.LookupEvents", put)
    return api


def test_the_demo_shows_each_kind_of_hand() -> None:
    names = ("order-api", "legacy-soap-bridge", "hr-payroll-export", "report-nightly", "legacy-ftp-sync")
    found = whole(read(demo(), *names))
    assert found.is_whole
    assert found.since == WINDOW.end - timedelta(days=90)
    seen = {
        (one.function_arn.split(":")[-1], one.service, one.who.split(":")[-1], one.in_console)
        for one in found.changes
        if one.is_code
    }
    assert seen == {
        ("order-api", "cloudformation.amazonaws.com", "assumed-role/webshop-deploy/pipeline", False),
        ("legacy-soap-bridge", "", "user/jo", True),
        ("hr-payroll-export", "", "assumed-role/AWSReservedSSO_Developer_0a1b2c3d4e5f6071/sam", False),
        ("report-nightly", "", "user/ci", False),
    }


# A function is named by the answer that Lambda gave, or among the resources.
@pytest.mark.parametrize(
    "one",
    [
        event(3, "pay"),
        event(3, f"{ARN}:pay"),
        event(3, responseElements={"functionArn": f"{ARN}:pay:7"}),
        event(3, "other", responseElements={"functionArn": f"{ARN}:pay"}),
    ],
    ids=["name", "arn", "answer with a version", "answer first"],
)
def test_an_event_is_about_the_function_that_it_names(one: dict[str, Any]) -> None:
    found = whole(read(answering(one), "pay"))
    assert found.changes == (
        Change(
            function_arn=f"{ARN}:pay",
            is_code=True,
            at=DEMO_NOW - timedelta(days=3),
            identity="IAMUser",
            who=JO["arn"],
        ),
    )
    assert found.is_whole


@pytest.mark.parametrize(
    "one",
    [
        event(3, "other"),
        event(3, "pay", errorCode="AccessDenied"),
        event(3, "pay", requestParameters={"dryRun": True}),
    ],
    ids=["another function", "refused", "tried"],
)
def test_what_changed_nothing_of_ours_is_left_out(one: dict[str, Any]) -> None:
    found = whole(read(answering(one), "pay"))
    assert (found.changes, found.is_whole) == ((), True)


def test_the_last_change_of_each_kind_is_kept() -> None:
    events = (
        event(2, "pay", name=CONFIGURATION),
        event(5, "pay", name=UPDATED),
        event(9, "pay", name=CREATED),
        event(9, "pay", name=CONFIGURATION),
    )
    found = whole(read(answering(*events), "pay"))
    assert {(one.is_code, (DEMO_NOW - one.at).days) for one in found.changes} == {(True, 5), (False, 2)}


def test_an_event_that_names_nothing_leaves_the_history_open() -> None:
    found = whole(read(answering(event(3), event(5, "pay")), "pay"))
    assert [(DEMO_NOW - one.at).days for one in found.changes] == [5]
    assert not found.is_whole


def test_a_long_history_is_read_as_far_as_the_cap_and_says_so() -> None:
    api = answering(event(3, "pay"), event(21, "other"), endless=True)
    found = whole(read(api, "pay"))
    assert (found.is_whole, (DEMO_NOW - found.since).days) == (False, 21)
    (spent,) = api.spending()
    assert spent.requests == MOST_PAGES * 3


def test_what_may_not_have_been_the_last_change_is_left_out() -> None:
    events = (event(9, "pay", name=CONFIGURATION), event(3, "other"), event(3, "pay", name=CREATED))
    found = whole(read(answering(*events, endless=True), "pay"))
    assert [(DEMO_NOW - one.at).days for one in found.changes] == [3]


def test_nothing_that_was_asked_for_is_kept() -> None:
    asked = {"environment": {"variables": {"KEY": PLANTED["db_password"]}}}
    who = {"type": "AssumedRole", "arn": f"arn:aws:sts::123456789012:assumed-role/x/{PLANTED['stripe']}"}
    found = whole(read(answering(event(3, "pay", requestParameters=asked, userIdentity=who)), "pay"))
    assert [one.identity for one in found.changes] == ["AssumedRole"]
    assert leaks(msgspec.json.encode(found)) == []
    assert leaks(msgspec.json.encode(whole(read(demo(), "payment-webhook", "legacy-soap-bridge")))) == []


@pytest.mark.parametrize(
    "document", ["<html>", "[]", "{}", "[" * 100_000], ids=["no JSON", "a list", "nobody", "too deep"]
)
def test_an_event_that_cannot_be_read_is_not_nothing(document: str) -> None:
    api = answering({**event(3, "pay"), "CloudTrailEvent": document})
    found = guarded(LOOKUP_EVENTS)(read)(api, "pay")
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.DENIED, Reason.ACCESS_DENIED),
        (FaultKind.HTML, Reason.MALFORMED_RESPONSE),
        (FaultKind.LOOPING_TOKEN, Reason.MALFORMED_RESPONSE),
        (FaultKind.THROTTLED, Reason.THROTTLED),
    ],
)
def test_what_cannot_be_asked_is_not_nothing(kind: FaultKind, reason: Reason) -> None:
    found = read(demo(Fault(operation=LOOKUP, kind=kind)), "order-api")
    assert isinstance(found, Unavailable)
    assert found.reason is reason


def test_only_a_deep_scan_asks_and_only_where_there_are_functions() -> None:
    standard, deep = demo(tier=Tier.STANDARD), demo()
    found = read(standard, "order-api")
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.NOT_COLLECTED
    assert whole(read(deep)).changes == ()
    assert standard.spending() == deep.spending() == ()


def test_its_requests_have_a_pace_of_their_own() -> None:
    pace = Pace(0.5)
    assert pace.bucket(LOOKUP, REGION).rate == 1
    assert pace.bucket("cloudtrail:DescribeTrails", REGION).rate > 1
