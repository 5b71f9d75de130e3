"""What sends events to functions: rules, schedules, subscriptions; asked by the cheaper way."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from auditor.collect.events import collect_rules, collect_schedules, collect_subscriptions
from auditor.collect.gates import invokable, sources
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import (
    Alias,
    Condition,
    EventRule,
    Function,
    Principal,
    QueueRedrive,
    Reason,
    ResourcePolicy,
    Statement,
    Unavailable,
)
from auditor.testing import healthy_function

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HERE = f"{REGION}:{ACCOUNT}"
UNREAD = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy")


def lets_in(service: str, source: str = "", qualifier: str = "") -> ResourcePolicy:
    conditions = (Condition(operator="ArnLike", key="AWS:SourceArn", values=(source,)),) if source else ()
    principal = Principal(kind="Service", value=f"{service}.amazonaws.com")
    statement = Statement(index=1, effect="Allow", principals=(principal,), conditions=conditions)
    return ResourcePolicy(qualifier=qualifier, statements=(statement,))


def function(name: str, *policies: ResourcePolicy, **changes: Any) -> Function:
    arn = f"arn:aws:lambda:{HERE}:function:{name}"
    return msgspec.structs.replace(healthy_function(), name=name, arn=arn, policies=policies, **changes)


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


def sent(api: Api) -> dict[str, int]:
    return {row.operation: row.requests for row in api.spending()}


EVERYONE = ResourcePolicy(
    qualifier="",
    statements=(Statement(index=1, effect="Allow", principals=(Principal(kind="*", value="*"),)),),
)
DENIED = ResourcePolicy(
    qualifier="",
    statements=(
        Statement(
            index=1, effect="Deny", principals=(Principal(kind="Service", value="events.amazonaws.com"),)
        ),
    ),
)
ARN = f"arn:aws:lambda:{HERE}:function:f"
INVOKABLE: tuple[tuple[str, Function, tuple[str, ...]], ...] = (
    ("named", function("f", lets_in("events")), (ARN,)),
    ("at an alias", function("f", lets_in("events", qualifier="live")), (f"{ARN}:live",)),
    ("another service", function("f", lets_in("s3")), ()),
    ("everyone", function("f", EVERYONE), (ARN,)),
    ("denied", function("f", DENIED), ()),
    ("no policy", function("f"), ()),
    (
        "unread",
        msgspec.structs.replace(function("f"), policies=UNREAD, aliases=(Alias(name="live", version="1"),)),
        (ARN, f"{ARN}:live"),
    ),
)


@pytest.mark.parametrize(("found", "arns"), [row[1:] for row in INVOKABLE], ids=[row[0] for row in INVOKABLE])
def test_who_may_be_invoked(found: Function, arns: tuple[str, ...]) -> None:
    assert invokable([found], "events") == arns


def test_sources_that_policies_name() -> None:
    named = function("a", lets_in("apigateway", "arn:aws:execute-api:r:a:id1/*"))
    unlimited = function("b", lets_in("apigateway"))
    assert sources([named], "apigateway") == frozenset({"arn:aws:execute-api:r:a:id1/*"})
    assert sources([named, unlimited], "apigateway") is None
    assert sources([named, msgspec.structs.replace(named, policies=UNREAD)], "apigateway") is None
    assert sources([function("c", lets_in("s3"))], "apigateway") == frozenset()


def test_nothing_is_asked_where_nobody_is_let_in() -> None:
    api = demo()
    closed = [function("f", lets_in("s3"))]
    assert collect_rules(api, REGION, closed) == ()
    assert collect_subscriptions(api, REGION, closed) == ()
    assert sent(api) == {}


@pytest.fixture
def moto_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        yield Api(session=boto3.Session(region_name=REGION), account=ACCOUNT, regions=(REGION,), pace=1e9)


def seed_rules(api: Api, count: int) -> None:
    """Make rules of which the first invokes the function `report`, the others a queue."""
    events = api.session.client("events", region_name=REGION)
    events.create_event_bus(Name="shop")
    for index in range(count):
        events.put_rule(
            Name=f"r{index}", EventBusName="shop", EventPattern='{"source": ["shop"]}', State="DISABLED"
        )
        target: Any = {"Id": "1", "Arn": f"arn:aws:sqs:{HERE}:queue"}
        if index == 0:
            target = {
                "Id": "1",
                "Arn": f"arn:aws:lambda:{HERE}:function:report",
                "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{HERE}:failed"},
                "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 600},
            }
        events.put_targets(Rule=f"r{index}", EventBusName="shop", Targets=[target])


@pytest.mark.parametrize(
    ("rules", "way"),
    [(1, "events:ListTargetsByRule"), (6, "events:ListRuleNamesByTarget")],
    ids=["few", "many"],
)
def test_rules_of_every_bus_by_the_cheaper_way(moto_api: Api, rules: int, way: str) -> None:
    seed_rules(moto_api, rules)
    found = collect_rules(moto_api, REGION, [function("report", lets_in("events"))])
    assert found == (
        EventRule(
            arn=f"arn:aws:events:{HERE}:rule/shop/r0",
            name="r0",
            bus="shop",
            enabled=False,
            function_arn=f"arn:aws:lambda:{HERE}:function:report",
            dead_letter_arn=f"arn:aws:sqs:{HERE}:failed",
            max_retries=2,
            max_age_s=600,
        ),
    )
    assert way in sent(moto_api)
    assert sent(moto_api)["events:ListTargetsByRule"] == 1


def test_schedules_of_functions_alone(moto_api: Api) -> None:
    scheduler = moto_api.session.client("scheduler", region_name=REGION)
    for name, arn in (
        ("report", f"arn:aws:lambda:{HERE}:function:report"),
        ("queue", f"arn:aws:sqs:{HERE}:q"),
    ):
        scheduler.create_schedule(
            Name=name,
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": arn,
                "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/s",
                "RetryPolicy": {"MaximumRetryAttempts": 4},
            },
        )
    found = collect_schedules(moto_api, REGION)
    assert isinstance(found, tuple)
    assert [(one.name, one.enabled, one.expression, one.max_retries) for one in found] == [
        ("report", True, "rate(1 day)", 4)
    ]
    assert sent(moto_api)["scheduler:GetSchedule"] == 1


def test_subscriptions_of_functions_with_their_redrive(moto_api: Api) -> None:
    sns = moto_api.session.client("sns", region_name=REGION)
    topic = sns.create_topic(Name="orders")["TopicArn"]
    redrive = f'{{"deadLetterTargetArn": "arn:aws:sqs:{HERE}:failed"}}'
    sns.subscribe(
        TopicArn=topic,
        Protocol="lambda",
        Endpoint=f"arn:aws:lambda:{HERE}:function:a",
        Attributes={"RedrivePolicy": redrive},
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"arn:aws:lambda:{HERE}:function:b")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{HERE}:q")
    found = collect_subscriptions(moto_api, REGION, [function("a", lets_in("sns"))])
    assert isinstance(found, tuple)
    assert [(one.endpoint.rsplit(":", 1)[1], one.redrive) for one in found] == [
        ("a", QueueRedrive(dead_letter_arn=f"arn:aws:sqs:{HERE}:failed")),
        ("b", None),
    ]


REFUSED = ("events:ListEventBuses", "events:ListRules", "events:ListTargetsByRule")


@pytest.mark.parametrize("operation", REFUSED)
def test_some_rules_are_not_all_rules(operation: str) -> None:
    api = demo(Fault(operation=operation, kind=FaultKind.DENIED))
    opened = [function(f"f{index}", lets_in("events")) for index in range(40)]
    found = collect_rules(api, REGION, opened)
    assert isinstance(found, Unavailable)
    assert found.operation == operation


def test_a_refused_schedule_spoils_the_list_and_a_refused_redrive_only_itself() -> None:
    schedules = collect_schedules(
        demo(Fault(operation="scheduler:GetSchedule", kind=FaultKind.DENIED)), REGION
    )
    assert isinstance(schedules, Unavailable)
    api = demo(Fault(operation="sns:GetSubscriptionAttributes", kind=FaultKind.DENIED))
    found = collect_subscriptions(api, REGION, [function("f", lets_in("sns"))])
    assert isinstance(found, tuple)
    assert found
    assert all(isinstance(one.redrive, Unavailable) for one in found)
