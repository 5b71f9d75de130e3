"""What a scan will ask, before it asks: requests by operation, expected time and price."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from itertools import chain
from typing import NamedTuple

import boto3

from auditor.collect.accounts import ACCOUNTS_AT_ONCE, targets
from auditor.collect.changes import CODE, EVENTS_A_PAGE, MOST_PAGES
from auditor.collect.failures import CollectError
from auditor.collect.names import no_names
from auditor.collect.operations import Tier, declared
from auditor.collect.pace import DEFAULT_PACE, QUOTAS, UNPUBLISHED, family
from auditor.collect.progress import Steps
from auditor.collect.region import Listing, list_region
from auditor.collect.request import ScanRequest, open_account
from auditor.collect.workflows import MOST_MACHINES
from auditor.model import Function, Record, Unavailable

# What cannot be counted before it is asked, for each function. Measured on accounts of web applications; the
# prices and times that follow are estimates.
GROUPS, ALARMS, MAPPINGS, ASYNCHRONOUS, WITH_URL, DEAD_LETTERS = 1.0, 2.0, 0.5, 0.3, 0.05, 0.2
FED_BY_LOGS, MACHINES = 0.02, 0.05
# Changes of a function in 90 days, of each name that CloudTrail has for them.
CHANGES, CHANGE_NAMES = 1.0, len(CODE) + 1
# Metrics of an idle and of a busy function lie at 3 and 12; two more for its log group.
METRICS = 9
USD_A_METRIC = 0.01 / 1000
QUERIES_A_CALL = 500
# A page of this many rows; https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
FUNCTIONS_A_PAGE, ROLES_A_PAGE, ROWS_A_PAGE, GROUPS_A_PAGE = 50, 100, 100, 50


class Counts(NamedTuple):
    """What the listing of one region tells: functions, those with published versions, distinct packages,
    layers and roles, whether any function is in a VPC, and functions on Managed Instances with their capacity
    providers.
    """

    functions: int
    published: int = 0
    configurations: int = 0
    packages: int = 0
    layers: int = 0
    roles: int = 0
    in_vpc: bool = False
    on_instances: int = 0
    providers: int = 0


class PlannedRequests(Record, frozen=True, kw_only=True):
    """Requests of one operation (`service:Operation`), and their price in US dollars."""

    operation: str
    requests: int
    usd: float = 0.0


class Plan(Record, frozen=True, kw_only=True):
    """What a scan is expected to take: its requests, seconds at the chosen pace, and US dollars.

    `notes` name what cannot be known yet.
    """

    functions: int
    regions: int
    tier: str
    operations: tuple[PlannedRequests, ...]
    seconds: float
    usd: float
    notes: tuple[str, ...] = ()

    @property
    def requests(self) -> int:
        """All requests together."""
        return sum(row.requests for row in self.operations)


# https://aws.amazon.com/cloudwatch/pricing/
LOGS_NOTE = (
    "Logs Insights takes USD 0.005 and more for each GB that it reads; how much that is, the metrics tell"
)

Formula = Callable[[Counts], float]


def _pages(rows: float, of: int) -> int:
    return max(1, math.ceil(rows / of))


# Requests in one region. Operations without a line are asked once a region, or once an account.
FORMULAS: Mapping[str, Formula] = {
    "lambda:ListFunctions": lambda n: _pages(n.configurations, FUNCTIONS_A_PAGE),
    "lambda:GetFunction": lambda n: n.functions,
    "lambda:GetPolicy": lambda n: n.functions + n.published,
    "lambda:ListAliases": lambda n: n.published,
    "lambda:ListProvisionedConcurrencyConfigs": lambda n: n.published,
    "lambda:ListFunctionUrlConfigs": lambda n: n.functions * WITH_URL,
    "lambda:ListFunctionEventInvokeConfigs": lambda n: n.functions * ASYNCHRONOUS,
    "lambda:ListEventSourceMappings": lambda n: _pages(n.functions * MAPPINGS, ROWS_A_PAGE),
    "lambda:ListVersionsByFunction": lambda _: 0,
    "lambda:GetLayerVersionByArn": lambda n: n.layers,
    "lambda:ListLayerVersions": lambda n: n.layers,
    "lambda:GetLayerVersionPolicy": lambda n: n.layers / 4,
    "lambda:GetRuntimeManagementConfig": lambda n: n.functions + n.published,
    "lambda:ListDurableExecutionsByFunction": lambda _: 0,
    "lambda:GetFunctionRecursionConfig": lambda n: n.functions,
    "lambda:GetCapacityProvider": lambda n: n.providers,
    "lambda:GetFunctionScalingConfig": lambda n: n.on_instances,
    "logs:DescribeLogGroups": lambda n: _pages(n.functions * GROUPS, GROUPS_A_PAGE),
    "logs:FilterLogEvents": lambda n: n.functions * GROUPS,
    "logs:DescribeSubscriptionFilters": lambda n: n.functions * FED_BY_LOGS,
    "logs:DescribeAccountPolicies": lambda _: 2,
    "cloudwatch:DescribeAlarms": lambda n: 1 + _pages(n.functions * ALARMS, ROWS_A_PAGE),
    "cloudwatch:GetMetricData": lambda n: 1 + _pages(n.functions * METRICS, QUERIES_A_CALL),
    "sqs:GetQueueUrl": lambda n: n.functions * DEAD_LETTERS,
    "sqs:GetQueueAttributes": lambda n: n.functions * DEAD_LETTERS,
    "ec2:DescribeSubnets": lambda n: n.in_vpc or n.providers > 0,
    "ec2:DescribeSecurityGroups": lambda n: n.in_vpc,
    "ec2:DescribeRouteTables": lambda n: n.in_vpc,
    "ec2:DescribeVpcEndpoints": lambda n: n.in_vpc,
    "cloudtrail:LookupEvents": lambda n: (
        CHANGE_NAMES * min(MOST_PAGES, _pages(n.functions * CHANGES, EVENTS_A_PAGE))
    ),
    # Some 500 checks, 200 on a page; of the handful about functions, those that flag some.
    "trustedadvisor:ListRecommendations": lambda _: 3,
    "trustedadvisor:ListChecks": lambda _: 3,
    "trustedadvisor:ListRecommendationResources": lambda _: 4,
    "iam:GetAccountAuthorizationDetails": lambda n: _pages(n.roles, ROLES_A_PAGE),
    "iam:GetRole": lambda _: 0,
    "iam:ListRolePolicies": lambda _: 0,
    "iam:GetRolePolicy": lambda _: 0,
    "iam:ListAttachedRolePolicies": lambda _: 0,
    "iam:GetPolicy": lambda n: min(n.roles, 20),
    "iam:GetPolicyVersion": lambda n: min(n.roles, 20),
    "iam:GenerateServiceLastAccessedDetails": lambda n: n.roles,
    "iam:GetServiceLastAccessedDetails": lambda n: 2 * n.roles,
    # A request or more for each Web Function, of which most regions have none.
    "lambda-web:ListWebFunctionEndpoints": lambda _: 0,
    "lambda-web:GetWebFunctionEndpoint": lambda _: 0,
    "lambda-web:GetResourcePolicy": lambda _: 0,
    "stepfunctions:DescribeStateMachine": lambda n: min(n.functions * MACHINES, MOST_MACHINES),
    "organizations:ListAccountsForParent": lambda _: 0,
    "organizations:ListOrganizationalUnitsForParent": lambda _: 0,
    "sts:AssumeRole": lambda _: 0,
    "ec2:DescribeRegions": lambda _: 0,
    "ce:GetCostAndUsage": lambda _: 0,
}
# What the deep tier asks more often than the others: a package's address is good for ten minutes.
DEEPER: Mapping[str, Formula] = {
    "lambda:GetFunction": lambda n: n.packages,
    "lambda:GetLayerVersionByArn": lambda n: n.layers,
}


def plan(request: ScanRequest, session: boto3.Session | None = None) -> Plan:
    """List the functions that a request selects, which is all that this asks, and plan the scan of them.

    Raises `CollectError` where a scan cannot begin. A region whose functions cannot be listed counts none;
    neither does an account that cannot be entered, which the notes name.
    """
    session, several = targets(request, session)
    if not several:
        return _account_plan(request, session)
    found, notes = [], []
    for target in several:
        try:
            found.append(_account_plan(target.request, session))
        except CollectError as error:
            notes.append(f"account {target.account} is not counted: {error}")
    return _together(found, tuple(notes), request.tier)


def _account_plan(request: ScanRequest, session: boto3.Session | None) -> Plan:
    api, _ = open_account(request, session)
    listings = api.map(
        lambda region: list_region(api, region, request.selection, Steps(None), no_names), api.regions
    )
    api.close()
    share = DEFAULT_PACE if request.pace is None else request.pace
    return planned(request.tier, [_counted(listing) for listing in listings], share)


def _together(plans: list[Plan], notes: tuple[str, ...], tier: Tier) -> Plan:
    """Add up the plans of several accounts, of which some are scanned at once."""
    requests: Counter[str] = Counter()
    usd: defaultdict[str, float] = defaultdict(float)
    for row in chain.from_iterable(one.operations for one in plans):
        requests[row.operation] += row.requests
        usd[row.operation] += row.usd
    seconds = [one.seconds for one in plans]
    return Plan(
        functions=sum(one.functions for one in plans),
        regions=sum(one.regions for one in plans),
        tier=tier.value,
        operations=tuple(
            PlannedRequests(operation=name, requests=requests[name], usd=usd[name])
            for name in sorted(requests)
        ),
        seconds=max([sum(seconds) / ACCOUNTS_AT_ONCE, *seconds]),
        usd=sum(one.usd for one in plans),
        notes=(*notes, *dict.fromkeys(chain.from_iterable(one.notes for one in plans))),
    )


def planned(tier: Tier, regions: list[Counts], pace: float) -> Plan:
    """Plan the scan of regions of which these counts are known."""
    totals: Counter[str] = Counter()
    busiest = 0.0
    for index, counts in enumerate(regions):
        asked = {
            name: math.ceil(_formula(name)(counts) + (_deeper(name)(counts) if tier is Tier.DEEP else 0))
            for name, is_global in _asked(tier)
            if index == 0 or not is_global
        }
        totals.update(asked)
        busiest = max(busiest, _seconds(asked, pace))
    metrics = sum(counts.functions for counts in regions) * METRICS
    usd = {"cloudwatch:GetMetricData": metrics * USD_A_METRIC}
    rows = tuple(
        PlannedRequests(operation=name, requests=requests, usd=usd.get(name, 0.0))
        for name, requests in sorted(totals.items())
        if requests
    )
    return Plan(
        functions=sum(counts.functions for counts in regions),
        regions=len(regions),
        tier=tier.value,
        operations=rows,
        seconds=busiest,
        usd=sum(row.usd for row in rows),
        notes=(LOGS_NOTE,) if tier.covers(Tier.DEEP) else (),
    )


def _asked(tier: Tier) -> list[tuple[str, bool]]:
    return [(f"{one.service}:{one.name}", one.is_global) for one in declared() if tier.covers(one.tier)]


def _formula(name: str) -> Formula:
    return FORMULAS.get(name, lambda _: 1)


def _deeper(name: str) -> Formula:
    return DEEPER.get(name, lambda _: 0)


def _seconds(asked: Mapping[str, int], pace: float) -> float:
    """Return the time that the slowest quota takes; the others are asked beside it."""
    families: Counter[str] = Counter()
    for name, requests in asked.items():
        families[family(name)] += requests
    return max(count / (QUOTAS.get(name, UNPUBLISHED) * pace) for name, count in families.items())


def _counted(listing: Listing) -> Counts:
    functions: tuple[Function, ...] = listing.found
    versions = [
        0 if isinstance(function.versions, Unavailable) else len(function.versions) for function in functions
    ]
    return Counts(
        functions=len(functions),
        published=sum(1 for number in versions if number),
        configurations=len(functions) + sum(versions),
        packages=len({one.code_sha256 for one in functions if not one.is_image}),
        layers=len({use.arn for function in functions for use in function.layers}),
        roles=len({function.role_arn for function in functions}),
        in_vpc=any(function.vpc is not None for function in functions),
        on_instances=sum(function.is_managed_instance for function in functions),
        providers=len({one.capacity_provider_arn for one in functions if one.is_managed_instance}),
    )
