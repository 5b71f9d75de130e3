"""Alias, organisation, quota, budgets: what the account is, and who watches its bill."""

from typing import Any

import pytest

from auditor.collect.account import collect_alias, collect_organization, collect_quota_default
from auditor.collect.cost import collect_anomaly_monitors, collect_budgets, collect_lambda_bill
from auditor.collect.session import Api
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.model import Organization, Reason, Unavailable

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


def answering(service: str, name: str, **answer: Any) -> Api:
    api = demo()

    def put(*, parsed: dict[str, Any], **_: object) -> None:
        parsed.update(answer)

    api.session.events.register_last(f"after-call.{service}.{name}", put)
    return api


def test_the_alias() -> None:
    assert collect_alias(demo()) == "webshop-prod"
    assert collect_alias(answering("iam", "ListAccountAliases", AccountAliases=[])) == ""


def test_an_account_of_no_organisation_has_none() -> None:
    api = demo()

    def none(*, parsed: dict[str, Any], http_response: Any, **_: object) -> None:
        parsed["Error"] = {"Code": "AWSOrganizationsNotInUseException", "Message": "none"}
        http_response.status_code = 400

    api.session.events.register_last("after-call.organizations.DescribeOrganization", none)
    assert collect_organization(api) is None


def test_a_member_sees_its_organisation_but_not_the_others() -> None:
    found = collect_organization(demo())
    assert isinstance(found, Organization)
    assert found.management_account not in {"", ACCOUNT}
    assert isinstance(found.accounts, Unavailable)
    assert found.accounts.operation == "organizations:ListAccounts"


@pytest.mark.parametrize(("limit", "is_default"), [(1000, True), (10, True), (1001, False)])
def test_the_quota_beside_what_aws_gives(limit: int, is_default: bool) -> None:  # noqa: FBT001 - a column
    assert collect_quota_default(demo(), REGION, limit) is is_default


def test_the_default_of_an_unknown_limit_is_not_asked() -> None:
    api = demo()
    unknown = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetAccountSettings")
    assert collect_quota_default(api, REGION, unknown) is unknown
    assert api.spending() == ()


def dimension(key: str, *values: str) -> dict[str, Any]:
    return {"Dimensions": {"Key": key, "Values": list(values), "MatchOptions": ["EQUALS"]}}


FILTERS: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    # id, keys of the budget, services
    ("whole account", {}, ()),
    ("service", {"CostFilters": {"Service": ["AWS Lambda", "Amazon S3"]}}, ("AWS Lambda", "Amazon S3")),
    ("tag", {"CostFilters": {"TagKeyValue": ["user:env$prod"]}}, ("only some TagKeyValue",)),
    ("expression", {"FilterExpression": dimension("SERVICE", "AWS Lambda")}, ("AWS Lambda",)),
    (
        "service in a region",
        {"FilterExpression": {"And": [dimension("SERVICE", "AWS Lambda"), dimension("REGION", "eu-west-1")]}},
        ("AWS Lambda", "only some REGION"),
    ),
    ("exclusion", {"FilterExpression": {"Not": dimension("SERVICE", "AWS Lambda")}}, ("all but some",)),
)


@pytest.mark.parametrize(("keys", "services"), [row[1:] for row in FILTERS], ids=[row[0] for row in FILTERS])
def test_what_a_budget_covers(keys: dict[str, Any], services: tuple[str, ...]) -> None:
    row = {"BudgetName": "shop", "BudgetType": "COST", "TimeUnit": "MONTHLY", **keys}
    row["BudgetLimit"] = {"Amount": "250.5", "Unit": "USD"}
    usage = {"BudgetName": "hours", "BudgetType": "USAGE", "TimeUnit": "MONTHLY"}
    budgets = collect_budgets(answering("budgets", "DescribeBudgets", Budgets=[row, usage]))
    assert isinstance(budgets, tuple)
    assert [(found.name, found.limit_usd, found.services) for found in budgets] == [("shop", 250.5, services)]
    assert budgets[0].notifications == 0


def test_unread_alerts_are_not_none() -> None:
    api = demo(Fault(operation="budgets:DescribeNotificationsForBudget", kind=FaultKind.DENIED))
    row = {"BudgetName": "shop", "BudgetType": "COST", "TimeUnit": "MONTHLY"}

    def put(*, parsed: dict[str, Any], **_: object) -> None:
        parsed["Budgets"] = [row]

    api.session.events.register_last("after-call.budgets.DescribeBudgets", put)
    budgets = collect_budgets(api)
    assert isinstance(budgets, tuple)
    assert isinstance(budgets[0].notifications, Unavailable)


def test_monitors_and_the_bill() -> None:
    api = demo()
    assert isinstance(collect_anomaly_monitors(api), int)
    bill = collect_lambda_bill(api, DEMO_NOW)
    assert isinstance(bill, float)
    assert bill > 0
    assert sum(row.usd for row in api.spending()) == pytest.approx(0.01)


def test_what_is_denied_is_unknown() -> None:
    api = demo(Fault(operation="*", kind=FaultKind.DENIED))
    for found in (
        collect_alias(api),
        collect_organization(api),
        collect_quota_default(api, REGION, 1000),
        collect_budgets(api),
        collect_anomaly_monitors(api),
        collect_lambda_bill(api, DEMO_NOW),
    ):
        assert isinstance(found, Unavailable)
        assert found.reason is Reason.ACCESS_DENIED
