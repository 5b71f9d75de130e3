"""What AWS Health tells of functions, and what it keeps from accounts without a plan for it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.collect.health import announcements
from auditor.collect.operations import Tier
from auditor.collect.session import Api
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.model import Announcement, Reason, Unavailable

REGION = "eu-west-1"
WHEN = datetime(2027, 2, 1, tzinfo=UTC)


def demo(*faults: Fault, tier: Tier = Tier.DEEP, regions: tuple[str, ...] = (REGION,)) -> Api:
    session = demo_session(faults=faults)
    return Api(
        session=session, account="123456789012", regions=regions, pace=1e9, tier=tier, pause=lambda _: None
    )


def row(name: str, **changes: Any) -> dict[str, Any]:
    fields = {"eventTypeCode": "X", "region": REGION, "statusCode": "open", "startTime": WHEN}
    return {"arn": name, "eventScopeCode": "ACCOUNT_SPECIFIC", **fields, **changes}


def answering(*rows: dict[str, Any]) -> Api:
    api = demo()

    def put(*, parsed: dict[str, Any], **_: object) -> None:
        parsed["events"] = list(rows)

    api.session.events.register_last("after-call.health.DescribeEvents", put)
    return api


def test_the_demo_is_told_of_a_runtime() -> None:
    (found,) = known(announcements(demo()))
    assert (found.event, found.region) == ("AWS_LAMBDA_PLANNED_LIFECYCLE_EVENT", REGION)
    assert found.starts_at is not None
    assert (found.starts_at - DEMO_NOW).days == 69


def test_the_demo_is_told_which_functions_it_concerns() -> None:
    (found,) = known(announcements(demo()))
    assert found.concerned == tuple(
        f"arn:aws:lambda:{REGION}:123456789012:function:{name}" for name in ("cart-api", "customer-search")
    )
    assert isinstance(found.affected, tuple)
    assert ("clickstream-consumer", "RESOLVED") in [
        (arn.split(":")[-1], state) for arn, state in found.affected
    ]


def test_what_is_no_function_and_what_has_no_state_stays() -> None:
    api = answering(row("mine"), row("yours"))

    def put(*, parsed: dict[str, Any], **_: object) -> None:
        parsed["entities"] = [{"eventArn": "mine", "entityValue": "UNKNOWN"}]

    api.session.events.register_last("after-call.health.DescribeAffectedEntities", put)
    assert [one.affected for one in known(announcements(api))] == [(("UNKNOWN", "UNKNOWN"),), ()]


def test_ten_events_are_asked_about_at_once() -> None:
    api = answering(*(row(f"event-{number}") for number in range(21)))
    asked: list[list[str]] = []

    def note(*, params: dict[str, Any], **_: object) -> None:
        asked.append(params["filter"]["eventArns"])

    api.session.events.register_first("before-parameter-build.health.DescribeAffectedEntities", note)
    assert len(known(announcements(api))) == 21
    assert [one for several in asked for one in several][:21] == [f"event-{number}" for number in range(21)]
    assert max(map(len, asked)) == 10


def test_events_stay_where_what_they_concern_is_refused() -> None:
    refused = Fault(operation="health:DescribeAffectedEntities", kind=FaultKind.DENIED)
    (found,) = known(announcements(demo(refused)))
    assert isinstance(found.concerned, Unavailable)
    assert found.concerned.reason is Reason.ACCESS_DENIED


def known(found: tuple[Announcement, ...] | Unavailable) -> tuple[Announcement, ...]:
    assert isinstance(found, tuple)
    return found


def test_what_concerns_others_is_left_out() -> None:
    rows = (
        row("mine"),
        row("everywhere", region="global"),
        row("not dated", startTime=None),
        row("elsewhere", region="us-east-1"),
        row("everybody", eventScopeCode="PUBLIC"),
    )
    assert [one.arn for one in known(announcements(answering(*rows)))] == ["mine", "everywhere", "not dated"]


def test_open_changes_of_lambda_are_asked_for() -> None:
    asked: list[dict[str, Any]] = []
    api = demo()

    def note(*, params: dict[str, Any], **_: object) -> None:
        asked.append(params["filter"])

    api.session.events.register_first("before-parameter-build.health.DescribeEvents", note)
    announcements(api)
    assert asked == [
        {
            "services": ["LAMBDA"],
            "eventTypeCategories": ["scheduledChange"],
            "eventStatusCodes": ["open", "upcoming"],
        }
    ]


def test_without_a_plan_the_reason_is_said() -> None:
    api = demo()

    def closed(*, parsed: dict[str, Any], http_response: Any, **_: object) -> None:
        parsed["Error"] = {"Code": "SubscriptionRequiredException", "Message": ""}
        http_response.status_code = 400

    api.session.events.register_last("after-call.health.DescribeEvents", closed)
    found = announcements(api)
    assert isinstance(found, Unavailable)
    assert (found.reason, found.note) == (Reason.NOT_SUPPORTED, "needs a Business support plan or higher")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.DENIED, Reason.ACCESS_DENIED),
        (FaultKind.HTML, Reason.MALFORMED_RESPONSE),
        (FaultKind.THROTTLED, Reason.THROTTLED),
    ],
)
def test_what_cannot_be_read_is_not_nothing(kind: FaultKind, reason: Reason) -> None:
    found = announcements(demo(Fault(operation="health:DescribeEvents", kind=kind)))
    assert isinstance(found, Unavailable)
    assert found.reason is reason


def test_only_a_deep_scan_asks() -> None:
    api = demo(tier=Tier.STANDARD)
    found = announcements(api)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.NOT_COLLECTED
    assert api.spending() == ()
