"""Log groups, metric filters and subscriptions: whole listings, and one answer a group where one is asked."""

import os
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from auditor.collect.logs import collect_log_groups, collect_metric_filters, collect_subscriptions
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import LogFilter, LogGroup, MetricFilter, Reason, Unavailable

REGION = "eu-west-1"
LAMBDA_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:shipper"


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account="123456789012", regions=(REGION,), pace=1e9, pause=lambda _: None)


@pytest.fixture
def moto_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        yield Api(
            session=boto3.Session(region_name=REGION), account="123456789012", regions=(REGION,), pace=1e9
        )


def groups_of(api: Api) -> tuple[LogGroup, ...]:
    groups = collect_log_groups(api, REGION)
    assert isinstance(groups, tuple)
    return groups


def test_every_group_with_its_retention(moto_api: Api) -> None:
    logs = moto_api.session.client("logs", region_name=REGION)
    for index in range(120):
        logs.create_log_group(logGroupName=f"/aws/lambda/f{index:03d}")
    logs.put_retention_policy(logGroupName="/aws/lambda/f119", retentionInDays=30)
    groups = {group.name: group for group in groups_of(moto_api)}
    assert len(groups) == 120
    assert groups["/aws/lambda/f119"].retention_days == 30
    assert groups["/aws/lambda/f000"].retention_days is None
    assert groups["/aws/lambda/f000"].arn.endswith(":log-group:/aws/lambda/f000")


def test_metric_filters_name_the_metrics_that_they_feed(moto_api: Api) -> None:
    logs = moto_api.session.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName="/aws/lambda/orders")
    logs.put_metric_filter(
        logGroupName="/aws/lambda/orders",
        filterName="failed",
        filterPattern="ERROR",
        metricTransformations=[{"metricNamespace": "Shop", "metricName": "Failed", "metricValue": "1"}],
    )
    assert collect_metric_filters(moto_api, REGION) == (
        MetricFilter(name="failed", log_group="/aws/lambda/orders", metrics=(("Shop", "Failed"),)),
    )


def test_subscriptions_are_asked_of_the_named_groups_only() -> None:
    api = demo()
    first, second, *others = groups_of(api)
    asked = collect_subscriptions(api, REGION, (first, second, *others), {second.name})
    assert isinstance(asked, tuple)
    assert isinstance(asked[0].subscription_filters, Unavailable)
    assert asked[0].subscription_filters.reason is Reason.NOT_COLLECTED
    assert isinstance(asked[1].subscription_filters, tuple)
    sent = {row.operation: row.requests for row in api.spending()}
    assert sent["logs:DescribeSubscriptionFilters"] == 1


def test_destinations_of_subscriptions() -> None:
    name = "/aws/lambda/payment-webhook"
    asked = collect_subscriptions(demo(), REGION, (LogGroup(name=name),), {name})
    assert isinstance(asked, tuple)
    shipper = "arn:aws:lambda:eu-west-1:123456789012:function:log-shipper"
    assert asked[0].subscription_filters == (LogFilter(destination_arn=shipper, filtered=True),)


def test_a_group_that_went_away_is_not_one_without_subscriptions() -> None:
    asked = collect_subscriptions(demo(), REGION, (LogGroup(name="/gone"),), {"/gone"})
    assert isinstance(asked, tuple)
    assert isinstance(asked[0].subscription_filters, Unavailable)
    assert asked[0].subscription_filters.reason is Reason.NO_DATA


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.LOOPING_TOKEN, FaultKind.MALFORMED])
def test_a_failed_listing_is_not_an_empty_one(kind: FaultKind) -> None:
    api = demo(Fault(operation="logs:Describe*", kind=kind))
    groups = collect_log_groups(api, REGION)
    assert isinstance(groups, Unavailable)
    assert isinstance(collect_metric_filters(api, REGION), Unavailable)
    assert collect_subscriptions(api, REGION, groups, {"any"}) is groups
