"""What Trusted Advisor tells of functions, and what it keeps from accounts without a plan for it."""

from typing import Any

import pytest

from auditor.collect.advisor import trusted_advisor
from auditor.collect.operations import Tier
from auditor.collect.session import Api
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.model import Reason, TrustedAdvisor, Unavailable

ACCOUNT = "123456789012"
REGION = "eu-west-1"
LISTING, RESOURCES = "ListRecommendations", "ListRecommendationResources"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"


def demo(*faults: Fault, tier: Tier = Tier.DEEP, partition: str = "aws", region: str = REGION) -> Api:
    return Api(
        session=demo_session(faults=faults),
        account=ACCOUNT,
        partition=partition,
        regions=(region,),
        pace=1e9,
        tier=tier,
        pause=lambda _: None,
    )


def answering(operation: str, key: str, *rows: dict[str, Any]) -> Api:
    api = demo()

    def put(*, parsed: dict[str, Any], **_: object) -> None:
        parsed[key] = list(rows)

    api.session.events.register_last(f"after-call.trustedadvisor.{operation}", put)
    return api


def recommending(**changes: Any) -> Api:
    row = {
        "arn": "arn:aws:trustedadvisor::123456789012:recommendation/ra-1-timeouts",
        "checkArn": "arn:aws:trustedadvisor:::check/L4dfs2Q3C3",
        "name": "Timeouts",
        "status": "warning",
        "awsServices": ["lambda"],
        "resourcesAggregates": {"okCount": 1, "warningCount": 1, "errorCount": 0},
    }
    return answering(LISTING, "recommendationSummaries", {**row, **changes})


def flagging(**changes: Any) -> Api:
    row = {
        "awsResourceId": f"{FUNCTION}:payment-webhook:$LATEST",
        "regionCode": REGION,
        "status": "warning",
        "metadata": {},
        "lastUpdatedAt": DEMO_NOW,
    }
    return answering(RESOURCES, "recommendationResourceSummaries", {**row, **changes})


def known(found: TrustedAdvisor | Unavailable) -> TrustedAdvisor:
    assert isinstance(found, TrustedAdvisor)
    return found


def test_the_demo_has_flagged_functions() -> None:
    found = known(trusted_advisor(demo()))
    assert len(found.checks) == 4
    assert [(one.check, one.resource.rsplit(":", 1)[-1], one.measured[0]) for one in found.flagged] == [
        ("L4dfs2Q3C3", "payment-webhook", ("Max Daily Timeout Rate", "11.4%")),
        ("L4dfs2Q3C2", "payment-webhook", ("Max Daily Error Rate", "13.9%")),
        ("L4dfs2Q4C5", "legacy-soap-bridge", ("Runtime", "python3.8")),
    ]


# By its service however AWS writes it, by the id of its check, or not ours.
@pytest.mark.parametrize(
    ("row", "ours"),
    [
        ({"awsServices": ["Lambda"], "checkArn": "arn:aws:trustedadvisor:::check/x"}, True),
        ({"awsServices": []}, True),
        ({"awsServices": ["EC2"], "checkArn": "arn:aws:trustedadvisor:::check/x"}, False),
    ],
    ids=["named", "by its check", "another service"],
)
def test_recommendations_about_functions_are_told_apart(row: dict[str, Any], *, ours: bool) -> None:
    found = trusted_advisor(recommending(**row))
    if ours:
        assert known(found).checks == ("Timeouts",)
    else:
        assert isinstance(found, Unavailable)
        assert (found.reason, found.note) == (
            Reason.NO_DATA,
            "none of its 1 recommendations is about Lambda",
        )


def test_nothing_more_is_asked_where_nothing_is_flagged() -> None:
    api = recommending(status="ok")
    assert known(trusted_advisor(api)).flagged == ()
    assert [row.operation for row in api.spending()] == [f"trustedadvisor:{LISTING}"]


@pytest.mark.parametrize(
    ("row", "resource"),
    [
        ({}, f"{FUNCTION}:payment-webhook"),
        ({"awsResourceId": "x", "metadata": {"1": f"{FUNCTION}:pay:7"}}, f"{FUNCTION}:pay"),
        ({"awsResourceId": "x"}, "x"),
    ],
    ids=["its id", "a column", "no function"],
)
def test_a_function_is_known_by_its_arn(row: dict[str, Any], resource: str) -> None:
    assert {one.resource for one in known(trusted_advisor(flagging(**row))).flagged} == {resource}


@pytest.mark.parametrize(
    "row", [{"exclusionStatus": "excluded"}, {"regionCode": "us-east-1"}], ids=["excluded", "elsewhere"]
)
def test_what_the_scan_is_not_about_is_left_out(row: dict[str, Any]) -> None:
    assert known(trusted_advisor(flagging(**row))).flagged == ()


@pytest.mark.parametrize(
    ("message", "reason", "note"),
    [
        (
            "Access denied due to support level",
            Reason.NOT_SUPPORTED,
            "needs a Business Support+ plan or higher",
        ),
        (
            "User is not authorized to perform: trustedadvisor:ListRecommendations",
            Reason.ACCESS_DENIED,
            "access denied, or the support plan is below Business Support+",
        ),
    ],
    ids=["plan", "permission"],
)
def test_a_missing_plan_is_told_from_a_missing_permission(message: str, reason: Reason, note: str) -> None:
    api = demo()

    def closed(*, parsed: dict[str, Any], http_response: Any, **_: object) -> None:
        parsed["Error"] = {"Code": "AccessDeniedException", "Message": message}
        http_response.status_code = 403

    api.session.events.register_last(f"after-call.trustedadvisor.{LISTING}", closed)
    found = trusted_advisor(api)
    assert isinstance(found, Unavailable)
    assert (found.reason, found.note) == (reason, note)
    (spent,) = api.spending()
    assert spent.denied == (reason is Reason.ACCESS_DENIED)


def test_a_partition_without_it_is_not_asked() -> None:
    api = demo(partition="aws-cn", region="cn-north-1")
    found = trusted_advisor(api)
    assert isinstance(found, Unavailable)
    assert (found.reason, found.note) == (Reason.NOT_SUPPORTED, "not offered in the partition aws-cn")
    assert api.spending() == ()


@pytest.mark.parametrize("operation", [LISTING, RESOURCES, "ListChecks"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [(FaultKind.DENIED, Reason.ACCESS_DENIED), (FaultKind.THROTTLED, Reason.THROTTLED)],
)
def test_what_cannot_be_read_is_not_nothing(operation: str, kind: FaultKind, reason: Reason) -> None:
    found = trusted_advisor(demo(Fault(operation=f"trustedadvisor:{operation}", kind=kind)))
    assert isinstance(found, Unavailable)
    assert found.reason is reason


def test_only_a_deep_scan_asks() -> None:
    api = demo(tier=Tier.STANDARD)
    found = trusted_advisor(api)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.NOT_COLLECTED
    assert api.spending() == ()
