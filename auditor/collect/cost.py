"""What watches over the bill: budgets and anomaly monitors; and, asked for, the bill of Lambda itself."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from auditor.collect.answers import definite, listed
from auditor.collect.kept import kept
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.model import Budget, Unavailable

DESCRIBE_BUDGETS = Operation(
    service="budgets",
    name="DescribeBudgets",
    actions=("budgets:ViewBudget",),
    requires=each("Budgets[]", "BudgetName BudgetType BudgetLimit.Amount"),
    absent=("NotFoundException",),
    is_global=True,
)
DESCRIBE_NOTIFICATIONS = Operation(
    service="budgets",
    name="DescribeNotificationsForBudget",
    actions=("budgets:ViewBudget",),
    absent=("NotFoundException",),
    is_global=True,
)
GET_ANOMALY_MONITORS = Operation(
    service="ce",
    name="GetAnomalyMonitors",
    actions=("ce:GetAnomalyMonitors",),
    is_global=True,
)
GET_COST = Operation(
    service="ce",
    name="GetCostAndUsage",
    actions=("ce:GetCostAndUsage",),
    tier=Tier.DEEP,
    requires=("ResultsByTime", "ResultsByTime[].Total"),
    is_global=True,
)
OPERATIONS = (DESCRIBE_BUDGETS, DESCRIBE_NOTIFICATIONS, GET_ANOMALY_MONITORS, GET_COST)

MOST_BUDGETS = 100
# US dollars a request: https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/
USD_A_COST_REQUEST = 0.01
LAMBDA = "AWS Lambda"

Json = Mapping[str, Any]


def collect_budgets(api: Api) -> tuple[Budget, ...] | Unavailable:
    """Read the cost budgets of the account with the number of their alerts.

    `services` names the services that a budget is limited to, and "only some KEY" for each other filter, so
    that a budget of one tag is not taken for one of the whole account.
    """
    rows = listed(
        api.pages(
            DESCRIBE_BUDGETS,
            api.regions[0],
            "Budgets",
            AccountId=api.account,
            MaxResults=MOST_BUDGETS,
            ShowFilterExpression=True,
        )
    )
    if isinstance(rows, Unavailable):
        return rows
    costs = [row for row in rows if row["BudgetType"] == "COST"]
    return tuple(api.map(lambda row: _budget(api, row), costs))


def collect_anomaly_monitors(api: Api) -> int | Unavailable:
    """Count the cost anomaly monitors of the account."""
    rows = listed(api.pages(GET_ANOMALY_MONITORS, api.regions[0], "AnomalyMonitors"))
    return rows if isinstance(rows, Unavailable) else len(rows)


@kept
def collect_lambda_bill(api: Api, now: datetime, days: int = 30) -> float | Unavailable:
    """What Lambda cost the account in the last whole days, in US dollars; the one request costs USD 0.01."""
    end = now.date()
    api.spend(GET_COST, USD_A_COST_REQUEST)
    answer = definite(
        api.call(
            GET_COST,
            api.regions[0],
            TimePeriod={"Start": (end - timedelta(days=days)).isoformat(), "End": end.isoformat()},
            Granularity="MONTHLY",
            Metrics=["UnblendedCost"],
            Filter={"Dimensions": {"Key": "SERVICE", "Values": [LAMBDA]}},
        ),
        GET_COST,
    )
    if isinstance(answer, Unavailable):
        return answer
    return sum(float(row["Total"]["UnblendedCost"]["Amount"]) for row in answer["ResultsByTime"])


def _budget(api: Api, row: Json) -> Budget:
    alerts = api.pages(
        DESCRIBE_NOTIFICATIONS,
        api.regions[0],
        "Notifications",
        AccountId=api.account,
        BudgetName=row["BudgetName"],
        MaxResults=MOST_BUDGETS,
    )
    known_alerts = listed(alerts)
    limit = row.get("BudgetLimit") or {}
    return Budget(
        name=row["BudgetName"],
        limit_usd=float(limit.get("Amount", 0)),
        services=tuple(dict.fromkeys((*_filters(row), *_expression(row.get("FilterExpression") or {})))),
        notifications=known_alerts if isinstance(known_alerts, Unavailable) else len(known_alerts),
    )


def _filters(row: Json) -> Iterator[str]:
    for key, values in (row.get("CostFilters") or {}).items():
        yield from _narrowing(key, values)


def _expression(expression: Json) -> Iterator[str]:
    """Yield what a filter expression narrows a budget to, through its And, Or and Not."""
    for key in ("Dimensions", "Tags", "CostCategories"):
        if key in expression:
            narrowed = expression[key]
            yield from _narrowing(narrowed.get("Key", key), narrowed.get("Values", ()))
    for part in (*expression.get("And", ()), *expression.get("Or", ())):
        yield from _expression(part)
    if "Not" in expression:
        yield "all but some"


def _narrowing(key: str, values: Iterable[str]) -> Iterator[str]:
    # `Service` in a cost filter, `SERVICE` in an expression.
    if key.lower() == "service":
        yield from values
    else:
        yield f"only some {key}"
