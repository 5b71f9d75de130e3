"""The printed policy is enough for a scan and not an action too wide, held against moto's enforcement."""

import json
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple

import boto3
import botocore.session
import pytest

from auditor.collect import ScanRequest
from auditor.collect.inventory import collect_account
from auditor.collect.operations import Tier, declared
from auditor.collect.permissions import iam_actions, iam_policies
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW
from auditor.demo.specs import HOME
from auditor.model import Account
from auditor.verdict import Finding, Status
from tests.faults.fault_scans import judged
from tests.hosts import emulators
from tests.hosts.small_account import copy_to

# Operations that a scan of the small account sends and that moto enforces by IAM's name of the action, each
# with a check that cannot be judged without it ("" where the account shows none).
ENFORCED = {
    "application-autoscaling:DescribeScalableTargets": "",
    "cloudformation:ListStacks": "",
    "cloudtrail:DescribeTrails": "invocations-unaudited",
    "codedeploy:ListApplications": "traffic-shifted-at-once",
    "codepipeline:ListPipelines": "delivery-untraceable",
    "elbv2:DescribeTargetGroups": "unauthenticated-api",
    "events:ListEventBuses": "undelivered-events-lost",
    "events:ListRules": "undelivered-events-lost",
    "events:ListTargetsByRule": "undelivered-events-lost",
    "guardduty:ListDetectors": "guardduty-lambda-off",
    "iam:GetAccountAuthorizationDetails": "",
    "iam:GetPolicy": "administrator-role",
    "iam:GetPolicyVersion": "administrator-role",
    "iam:GetRole": "administrator-role",
    "iam:ListAccountAliases": "",
    "inspector2:BatchGetAccountStatus": "",
    "lambda:GetFunction": "concurrency-unlimited",
    "lambda:GetPolicy": "public-function",
    "lambda:ListAliases": "cold-start-slow",
    "lambda:ListEventSourceMappings": "batch-failures-ignored",
    "lambda:ListFunctionEventInvokeConfigs": "failed-events-lost",
    "lambda:ListFunctions": "",
    "logs:DescribeLogGroups": "",
    "logs:DescribeMetricFilters": "",
    "organizations:DescribeOrganization": "",
    "scheduler:ListSchedules": "failed-events-lost",
    "secretsmanager:ListSecrets": "",
    "sns:GetSubscriptionAttributes": "undelivered-events-lost",
    "sns:GetTopicAttributes": "",
    "sns:ListSubscriptions": "undelivered-events-lost",
    "sns:ListSubscriptionsByTopic": "silent-alarm",
    "sqs:GetQueueAttributes": "failure-destination-unsound",
    "sqs:GetQueueUrl": "failure-destination-unsound",
    "ssm:DescribeParameters": "",
}
# Operations that it sends too, of which moto cannot say what they need.
NOT_IMPLEMENTED = "answers that it has no such operation before it looks at permissions"
OTHER_NAME = "enforces under a name that is no IAM action"
NOT_ENFORCED = {
    "apigateway:GetRestApis": OTHER_NAME,
    "apigatewayv2:GetApis": OTHER_NAME,
    "budgets:DescribeBudgets": OTHER_NAME,
    "ce:GetAnomalyMonitors": NOT_IMPLEMENTED,
    "cloudwatch:DescribeAlarms": OTHER_NAME,
    "cloudwatch:GetMetricData": OTHER_NAME,
    "compute-optimizer:GetEnrollmentStatus": NOT_IMPLEMENTED,
    "lambda-web:ListWebFunctions": NOT_IMPLEMENTED,
    "lambda:GetAccountSettings": NOT_IMPLEMENTED,
    "lambda:ListCodeSigningConfigs": NOT_IMPLEMENTED,
    "lambda:ListFunctionUrlConfigs": NOT_IMPLEMENTED,
    "lambda:ListProvisionedConcurrencyConfigs": NOT_IMPLEMENTED,
    "logs:DescribeAccountPolicies": NOT_IMPLEMENTED,
    "sts:GetCallerIdentity": "lets everybody, as AWS does",
}
LABELS = {f"{one.service}:{one.name}": one.label for one in declared()}
NOT_OFFERED = {LABELS[name] for name, why in NOT_ENFORCED.items() if why == NOT_IMPLEMENTED}


class Seen(NamedTuple):
    """What a scan by a user with one policy saw, what it sent, and what of that was denied."""

    account: Account
    sent: frozenset[str]
    denied: frozenset[str]


class Auditor:
    """A user who has one policy and nothing else, in the small account on a moto that enforces."""

    def __init__(self, host: emulators.Moto) -> None:
        make: Any = boto3
        self._iam = make.client(
            "iam",
            region_name=HOME,
            endpoint_url=host.endpoint,
            aws_access_key_id=host.key,
            aws_secret_access_key=host.secret,
        )
        self._iam.create_user(UserName="auditor")
        key = self._iam.create_access_key(UserName="auditor")["AccessKey"]
        self._request = ScanRequest(endpoint_url=host.endpoint)
        session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=HOME)
        self._allow()
        # One for all scans: to make the clients of so many services takes longer than to ask them.
        self._api, self._caller = open_account(self._request, session, pause=lambda _: None)

    def scan(self, without: str = "") -> Seen:
        """Scan with the printed policy, an action left out."""
        self._allow(without)
        before = {row.operation: (row.requests, row.denied) for row in self._api.spending()}
        account = collect_account(self._api, self._caller, self._request, DEMO_NOW, Steps(None)).account
        assert account is not None
        rows = [(row, *before.get(row.operation, (0, 0))) for row in self._api.spending()]
        return Seen(
            account,
            frozenset(row.operation for row, requests, _ in rows if row.requests > requests),
            frozenset(row.operation for row, _, denied in rows if row.denied > denied),
        )

    @cached_property
    def whole(self) -> Seen:
        """What it sees with the whole policy."""
        return self.scan()

    @cached_property
    def verdicts(self) -> dict[tuple[str, str], Finding]:
        """What the checks make of that."""
        return judged(self.whole.account)

    def _allow(self, without: str = "") -> None:
        (policy,) = iam_policies(Tier.STANDARD)
        statements = [
            {**one, "Action": [name for name in one["Action"] if name != without]}
            for one in policy["Statement"]
        ]
        own = {"Effect": "Allow", "Action": spelt_otherwise_by_moto(), "Resource": "*"}
        document = json.dumps({**policy, "Statement": [*statements, own]})
        self._iam.put_user_policy(UserName="auditor", PolicyName="only", PolicyDocument=document)


@cache
def spelt_otherwise_by_moto() -> tuple[str, ...]:
    """Return what moto enforces under a name that is no IAM action, as apigateway:GetApis for apigateway:GET.

    It joins the service that signs and the operation. All of them are granted, whatever a test takes away,
    since one denied answer opens gates: without a policy to look in, both kinds of API are asked for.
    """
    models = botocore.session.get_session()
    spelt = {f"{models.get_service_model(one.service).signing_name}:{one.name}" for one in declared()}
    return tuple(sorted(spelt - set(iam_actions(Tier.DEEP))))


@pytest.fixture(scope="module")
def auditor() -> Iterator[Auditor]:
    with emulators.moto(enforced=True) as host:
        copy_to(host.endpoint, host.key, host.secret)
        yield Auditor(host)


def test_the_policy_is_enough(auditor: Auditor) -> None:
    assert not auditor.whole.denied


def test_what_the_tables_name_is_sent(auditor: Auditor) -> None:
    assert ENFORCED.keys() | NOT_ENFORCED.keys() <= auditor.whole.sent | {"sts:GetCallerIdentity"}


def test_what_no_table_names_costs_at_most_itself(auditor: Auditor) -> None:
    for operation in auditor.whole.sent - ENFORCED.keys() - NOT_ENFORCED.keys():
        assert auditor.scan(without=LABELS[operation]).denied <= {operation}


@pytest.mark.parametrize("operation", ENFORCED)
def test_without_an_action_exactly_its_dependents_are_unknown(auditor: Auditor, operation: str) -> None:
    action = LABELS[operation]
    found = auditor.scan(without=action)
    assert found.denied == {operation}
    if operation == "lambda:ListFunctions":
        return  # without functions there are no rows to compare: the scan is incomplete
    before, after = auditor.verdicts, judged(found.account)
    assert after.keys() == before.keys()
    moved = {key: one for key, one in after.items() if one.status is not before[key].status}
    others = [one for one in moved.values() if not (one.status is Status.UNKNOWN and one.reason)]
    assert not others
    # More questions are asked where one was denied; what moto does not offer of them is unknown as well.
    reasons = {one.reason.operation for one in moved.values() if one.reason} - NOT_OFFERED
    assert reasons <= {action}
    assert not ENFORCED[operation] or ENFORCED[operation] in {check for check, _ in moved}
