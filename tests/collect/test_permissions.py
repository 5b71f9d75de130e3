"""The printed policy is enough for a scan and not an action too wide, held against moto's enforcement."""

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

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
from auditor.model import Spending

REGION = "eu-west-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
# Operations of the seeded account whose first action moto enforces by IAM's name.
ENFORCED = (
    "lambda:ListFunctions",
    "lambda:GetFunction",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctionEventInvokeConfigs",
    "iam:GetAccountAuthorizationDetails",
    "iam:ListAccountAliases",
    "logs:DescribeLogGroups",
    "logs:DescribeMetricFilters",
    "application-autoscaling:DescribeScalableTargets",
    "sqs:GetQueueUrl",
    "cloudtrail:DescribeTrails",
    "organizations:DescribeOrganization",
)

Spent = dict[str, Spending]


@pytest.fixture(scope="module")
def scan_with() -> Iterator[Callable[[dict[str, Any]], Spent]]:
    """Return a scan by a user who has one policy and nothing else."""
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    from moto import settings  # noqa: PLC0415 - moto reads the environment when imported
    from moto.iam.access_control import IAMRequestBase  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    patch = pytest.MonkeyPatch()
    # moto signs GET requests with a query otherwise than AWS; who asks it still takes from the key.
    patch.setattr(IAMRequestBase, "check_signature", lambda _: None)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    key = seed(endpoint)

    def scan(policy: dict[str, Any]) -> Spent:
        patch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", float("inf"))
        client("iam", endpoint).put_user_policy(
            UserName="auditor", PolicyName="only", PolicyDocument=json.dumps(policy)
        )
        patch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        session = boto3.Session(
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            region_name=REGION,
        )
        request = ScanRequest(endpoint_url=endpoint, tier=Tier.STANDARD)
        api, caller = open_account(request, session, pause=lambda _: None)
        collect_account(api, caller, request, DEMO_NOW, Steps(None))
        api.close()
        return {row.operation: row for row in api.spending()}

    yield scan
    patch.undo()
    server.stop()


def client(service: str, endpoint: str) -> Any:
    maker: Any = boto3
    return maker.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="owner",
        aws_secret_access_key="owner",  # noqa: S106 - moto asks for none
    )


def seed(endpoint: str) -> dict[str, str]:
    """Make two functions with all that leads to further questions; return the key of the user who scans."""
    iam, functions = client("iam", endpoint), client("lambda", endpoint)
    role = iam.create_role(RoleName="run", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    queue = client("sqs", endpoint).create_queue(QueueName="failed")["QueueUrl"].rsplit("/", 1)[-1]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 1")
    for name in ("one", "two"):
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": code.getvalue()},
        )
    functions.publish_version(FunctionName="one")
    functions.create_alias(FunctionName="one", Name="live", FunctionVersion="1")
    functions.add_permission(
        FunctionName="two", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    functions.create_event_source_mapping(
        FunctionName="two", EventSourceArn=f"arn:aws:sqs:{REGION}:123456789012:{queue}"
    )
    iam.create_user(UserName="auditor")
    key: dict[str, str] = iam.create_access_key(UserName="auditor")["AccessKey"]
    return key


def policy_without(action: str) -> dict[str, Any]:
    (policy,) = iam_policies(Tier.STANDARD)
    statements = [
        {**one, "Action": [name for name in one["Action"] if name != action]} for one in policy["Statement"]
    ]
    own = {"Effect": "Allow", "Action": spelt_otherwise_by_moto(), "Resource": "*"}
    return {**policy, "Statement": [*statements, own]}


def spelt_otherwise_by_moto() -> list[str]:
    """Return what moto enforces under a name that is no IAM action, as apigateway:GetApis for apigateway:GET.

    It joins the service that signs and the operation. All of them are granted, whatever a test takes away,
    since one denied answer opens gates: without a policy to look in, both kinds of API are asked for.
    """
    models = botocore.session.get_session()
    spelt = {f"{models.get_service_model(one.service).signing_name}:{one.name}" for one in declared()}
    return sorted(spelt - set(iam_actions(Tier.DEEP)))


def denied(spent: Spent) -> set[str]:
    return {operation for operation, row in spent.items() if row.denied}


def test_the_policy_is_enough(scan_with: Callable[[dict[str, Any]], Spent]) -> None:
    spent = scan_with(policy_without("nothing"))
    assert not denied(spent)
    assert {f"{one.service}:{one.name}" for one in declared()} >= set(spent)


@pytest.mark.parametrize("operation", ENFORCED)
def test_without_an_action_its_operation_is_denied_and_no_other(
    scan_with: Callable[[dict[str, Any]], Spent], operation: str
) -> None:
    (action,) = [one.label for one in declared() if f"{one.service}:{one.name}" == operation]
    assert denied(scan_with(policy_without(action))) == {operation}
