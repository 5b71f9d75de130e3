"""The demo account answers like AWS: in AWS's shapes, page by page, with AWS's errors."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import botocore.session
import msgspec
import pytest
import yaml
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

import auditor.collect
from auditor.demo import DEMO_NOW, DEMO_SECRETS, DemoSession, Fault, FaultKind, Faults, demo_session
from auditor.demo.account import FunctionSpec, World, load_world
from auditor.demo.answers import HANDLERS
from auditor.demo.answers.tables import TABLES
from auditor.demo.errors import UnknownOperationError
from auditor.demo.packages import build, demo_packages
from auditor.demo.shapes import ShapeError, validate

ACCOUNT = "123456789012"
HERE = f"eu-west-1:{ACCOUNT}"
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})
LAYER = f"arn:aws:lambda:{HERE}:layer:webshop-common:7"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-aaaa-4aaa-8aaa-000000000001"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:on-call"
FUNCTION = {"FunctionName": "order-api"}
METRIC = {
    "Id": "m1",
    "MetricStat": {
        "Metric": {
            "Namespace": "AWS/Lambda",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "FunctionName", "Value": "order-api"}],
        },
        "Period": 86_400,
        "Stat": "Sum",
    },
}
WINDOW = {"StartTime": DEMO_NOW - timedelta(days=14), "EndTime": DEMO_NOW}

# Parameters for operations that need some; the rest is asked without.
PARAMETERS: dict[str, dict[str, Any]] = {
    "apigateway:GetIntegration": {"restApiId": "shop01", "resourceId": "r1", "httpMethod": "POST"},
    "apigateway:GetResources": {"restApiId": "shop01"},
    "apigateway:GetStages": {"restApiId": "shop01"},
    "apigatewayv2:GetIntegrations": {"ApiId": "shop02"},
    "apigatewayv2:GetRoutes": {"ApiId": "shop02"},
    "application-autoscaling:DescribeScalableTargets": {"ServiceNamespace": "lambda"},
    "budgets:DescribeBudgets": {"AccountId": ACCOUNT},
    "budgets:DescribeNotificationsForBudget": {"AccountId": ACCOUNT, "BudgetName": "all"},
    "ce:GetCostAndUsage": {
        "TimePeriod": {"Start": "2026-10-24", "End": "2026-11-23"},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
    },
    "cloudtrail:GetEventSelectors": {"TrailName": "webshop-audit"},
    "cloudtrail:GetTrailStatus": {"Name": "webshop-audit"},
    "cloudwatch:GetMetricData": {"MetricDataQueries": [METRIC], **WINDOW},
    "codedeploy:BatchGetDeploymentGroups": {
        "applicationName": "webshop",
        "deploymentGroupNames": ["order-api"],
    },
    "codedeploy:GetDeploymentGroup": {"applicationName": "webshop", "deploymentGroupName": "order-api"},
    "codedeploy:ListDeploymentGroups": {"applicationName": "webshop"},
    "codepipeline:GetPipeline": {"name": "webshop-functions"},
    "dynamodb:DescribeTable": {"TableName": "orders"},
    "dynamodbstreams:DescribeStream": {
        "StreamArn": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders/stream/2025-02-01T00:00:00.000"
    },
    "ecr:DescribeImageScanFindings": {"repositoryName": "tax-calculator", "imageId": {"imageTag": "2.8.1"}},
    "ecr:DescribeImages": {"repositoryName": "tax-calculator"},
    "elbv2:DescribeTargetHealth": {
        "TargetGroupArn": f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/search/0123456789abcdef"
    },
    "events:ListRuleNamesByTarget": {"TargetArn": f"arn:aws:lambda:{HERE}:function:report-nightly"},
    "events:ListTargetsByRule": {"Rule": "nightly-report"},
    "guardduty:GetDetector": {"DetectorId": "0123456789abcdef0123456789abcdef"},
    "iam:GenerateServiceLastAccessedDetails": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/service/order-api"},
    "iam:GetPolicy": {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "iam:GetPolicyVersion": {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess", "VersionId": "v2"},
    "iam:GetRole": {"RoleName": "order-api"},
    "iam:GetRolePolicy": {"RoleName": "order-api", "PolicyName": "orders"},
    "iam:GetServiceLastAccessedDetails": {"JobId": "job"},
    "iam:ListAttachedRolePolicies": {"RoleName": "payment-admin"},
    "iam:ListRolePolicies": {"RoleName": "order-api"},
    "kms:DescribeKey": {"KeyId": KEY},
    "kms:GetKeyPolicy": {"KeyId": KEY},
    "kms:GetKeyRotationStatus": {"KeyId": KEY},
    "lambda:GetCodeSigningConfig": {
        "CodeSigningConfigArn": f"arn:aws:lambda:{HERE}:code-signing-config:csc-0123456789abcdef0"
    },
    "lambda:GetLayerVersion": {"LayerName": "webshop-common", "VersionNumber": 7},
    "lambda:GetLayerVersionByArn": {"Arn": LAYER},
    "lambda:GetLayerVersionPolicy": {"LayerName": "open-fonts", "VersionNumber": 4},
    "lambda:GetPolicy": {**FUNCTION, "Qualifier": "live"},
    "lambda:GetProvisionedConcurrencyConfig": {**FUNCTION, "Qualifier": "live"},
    "lambda:ListFunctionsByCodeSigningConfig": {
        "CodeSigningConfigArn": f"arn:aws:lambda:{HERE}:code-signing-config:csc-0123456789abcdef0"
    },
    "lambda:ListLayerVersions": {"LayerName": "webshop-common"},
    "lambda:ListTags": {"Resource": f"arn:aws:lambda:{HERE}:function:order-api"},
    "logs:DescribeAccountPolicies": {"policyType": "SUBSCRIPTION_FILTER_POLICY"},
    "logs:GetQueryResults": {"queryId": "query"},
    "logs:StartQuery": {
        "logGroupNames": ["/aws/lambda/order-api", "/aws/lambda/payment-webhook"],
        "queryString": "filter @type = 'REPORT' | stats count(*) as runs by @log",
        "startTime": 0,
        "endTime": 1,
    },
    "logs:DescribeSubscriptionFilters": {"logGroupName": "/aws/lambda/payment-webhook"},
    "scheduler:GetSchedule": {"Name": "month-end"},
    "service-quotas:GetAWSDefaultServiceQuota": {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"},
    "service-quotas:GetServiceQuota": {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"},
    "sts:AssumeRole": {
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/lambda-auditor",
        "RoleSessionName": "auditor",
    },
    "sns:GetSubscriptionAttributes": {"SubscriptionArn": f"{TOPIC}:00000000-0000-4000-8000-000000000001"},
    "sns:GetTopicAttributes": {"TopicArn": TOPIC},
    "sns:ListSubscriptionsByTopic": {"TopicArn": TOPIC},
    "sqs:GetQueueAttributes": {
        "QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/orders",
        "AttributeNames": ["All"],
    },
    "sqs:GetQueueUrl": {"QueueName": "orders"},
}
PER_FUNCTION = [
    "GetFunction",
    "GetFunctionConfiguration",
    "GetFunctionConcurrency",
    "GetFunctionCodeSigningConfig",
    "GetFunctionRecursionConfig",
    "GetRuntimeManagementConfig",
    "ListAliases",
    "ListFunctionEventInvokeConfigs",
    "ListFunctionUrlConfigs",
    "ListProvisionedConcurrencyConfigs",
    "ListVersionsByFunction",
]


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(DEMO_NOW)


@pytest.fixture(scope="module")
def session() -> DemoSession:
    return demo_session()


def answered_operations() -> list[str]:
    return sorted({*HANDLERS, *load_world(DEMO_NOW).answers} - {"organizations:ListAccounts"})


def ask(
    session: DemoSession,
    operation: str,
    region: str = "eu-west-1",
    **more: Any,
) -> dict[str, Any]:
    service, _, name = operation.partition(":")
    client: Any = session.client(service, region_name=region, config=ONCE)  # type: ignore[call-overload]
    known = PARAMETERS.get(operation, FUNCTION if service == "lambda" and name in PER_FUNCTION else {})
    answer: dict[str, Any] = getattr(client, xform_name(name))(**{**known, **more})
    return answer


def started(session: DemoSession, operation: str) -> dict[str, Any]:
    """Parameters that only another call can tell."""
    if operation == "iam:GetServiceLastAccessedDetails":
        return {"JobId": ask(session, "iam:GenerateServiceLastAccessedDetails")["JobId"]}
    if operation == "logs:GetQueryResults":
        return {"queryId": ask(session, "logs:StartQuery")["queryId"]}
    return {}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


@pytest.mark.parametrize("operation", answered_operations())
def test_every_operation_answers_in_its_output_shape(session: DemoSession, operation: str) -> None:
    answer = ask(session, operation, **started(session, operation))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_every_declared_operation_is_answered() -> None:
    declared = [
        f"{operation.service}:{operation.name}"
        for module in iter_modules(auditor.collect.__path__)
        for operation in getattr(import_module(f"auditor.collect.{module.name}"), "OPERATIONS", ())
    ]
    denied = {rule.operation for rule in load_world(DEMO_NOW).denied}
    assert declared
    assert sorted({*declared} - {*HANDLERS} - {*load_world(DEMO_NOW).answers} - denied) == []


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
@pytest.mark.parametrize("name", PER_FUNCTION)
def test_every_function_answers_every_question_about_it(
    session: DemoSession, world: World, region: str, name: str
) -> None:
    for spec in world.functions[region].values():
        answer = ask(session, f"lambda:{name}", region, FunctionName=spec.name)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_every_policy_is_json_that_names_its_qualifier(session: DemoSession, world: World) -> None:
    granted = [
        (spec.name, str(row.get("at", "")))
        for spec in world.functions["eu-west-1"].values()
        for row in spec.policy
        if spec.name != "hr-payroll-export"
    ]
    for name, qualifier in granted:
        more = {"Qualifier": qualifier} if qualifier else {}
        service: Any = session.client("lambda")
        document = json.loads(service.get_policy(FunctionName=name, **more)["Policy"])
        suffix = f":{qualifier}" if qualifier else ""
        assert {row["Resource"].split(":function:")[1] for row in document["Statement"]} == {name + suffix}


def test_pages_are_short_and_together_whole(session: DemoSession, world: World) -> None:
    pages = list(session.client("lambda").get_paginator("list_functions").paginate())
    names = [row["FunctionName"] for page in pages for row in page["Functions"]]
    assert [len(page["Functions"]) for page in pages[:-1]] == [20] * (len(pages) - 1)
    assert len(pages) == 3
    assert sorted(names) == sorted(world.functions["eu-west-1"])


def test_authorization_details_page_through_roles_and_policies(session: DemoSession, world: World) -> None:
    pages = (
        session.client("iam")
        .get_paginator("get_account_authorization_details")
        .paginate(Filter=["Role", "LocalManagedPolicy"])
    )
    roles, policies, last = set(), set(), None
    for page in pages:
        roles |= {role["RoleName"] for role in page["RoleDetailList"]}
        policies |= {policy["PolicyName"] for policy in page["Policies"]}
        last = page["IsTruncated"]
        for role in page["RoleDetailList"]:
            document: Any = role["AssumeRolePolicyDocument"]
            assert document["Statement"]
    assert (roles, policies, last) == ({*world.roles}, {*world.policies}, False)


def test_published_versions_are_listed_only_when_asked_for(session: DemoSession) -> None:
    service = session.client("lambda")
    every = [
        (row["FunctionName"], row["Version"], row["Runtime"])
        for page in service.get_paginator("list_functions").paginate(FunctionVersion="ALL")
        for row in page["Functions"]
        if row["FunctionName"] == "legacy-order-import"
    ]
    assert every == [
        ("legacy-order-import", "$LATEST", "python3.13"),
        ("legacy-order-import", "4", "python3.7"),
        ("legacy-order-import", "5", "python3.9"),
    ]


def test_listings_leave_out_the_state(session: DemoSession) -> None:
    listed = session.client("lambda").list_functions()["Functions"][0]
    assert "State" not in listed
    assert session.client("lambda").get_function(FunctionName=listed["FunctionName"])["Configuration"][
        "State"
    ]


METRICS = [
    pytest.param(
        "payment-webhook", "Invocations", "Sum", [24_800.0, 26_350.0, 32_550.0], id="counts follow the week"
    ),
    pytest.param("payment-webhook", "Errors", "Sum", [3_360.0, 3_570.0, 4_410.0], id="errors"),
    pytest.param("payment-webhook", "Duration", "p99", [2_890.0] * 3, id="a percentile"),
    pytest.param("payment-webhook", "Duration", "Maximum", [3_000.0] * 3, id="the longest"),
    pytest.param("payment-webhook", "ConcurrentExecutions", "Maximum", [40.0] * 3, id="the peak"),
    pytest.param(
        "cart-api", "Invocations", "Sum", [261_120.0, 81_600.0, 100_800.0], id="a surge on the last day"
    ),
    pytest.param("order-api", "DeadLetterErrors", "Sum", [], id="what never happened has no data point"),
    pytest.param("legacy-soap-bridge", "Invocations", "Sum", [], id="an idle function has no data points"),
    pytest.param("unheard-of", "Invocations", "Sum", [], id="an unknown function has no data points"),
]


@pytest.mark.parametrize(("function", "metric", "stat", "values"), METRICS)
def test_metrics_follow_the_declared_day(
    session: DemoSession, function: str, metric: str, stat: str, values: list[float]
) -> None:
    dimensions = [{"Name": "FunctionName", "Value": function}]
    query = {
        "Id": "m1",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
            "Period": 86_400,
            "Stat": stat,
        },
    }
    answer = ask(
        session,
        "cloudwatch:GetMetricData",
        MetricDataQueries=[query],
        StartTime=DEMO_NOW - timedelta(days=3),
        EndTime=DEMO_NOW,
    )
    assert answer["MetricDataResults"][0]["Values"] == pytest.approx(values)


@pytest.mark.parametrize("period", [300, 3_600, 86_400, 14 * 86_400])
def test_sums_are_the_same_whatever_the_period(session: DemoSession, period: int) -> None:
    stat = {**METRIC["MetricStat"], "Period": period}  # type: ignore[dict-item]
    total = 0.0
    for day in range(14) if period == 300 else [None]:
        window: dict[str, Any] = {**WINDOW}
        if day is not None:
            window = {
                "StartTime": WINDOW["StartTime"] + timedelta(days=day),
                "EndTime": WINDOW["StartTime"] + timedelta(days=day + 1),
            }
        query = {"Id": "m1", "MetricStat": stat}
        answer = ask(session, "cloudwatch:GetMetricData", MetricDataQueries=[query], **window)
        total += sum(answer["MetricDataResults"][0]["Values"])
    assert total == pytest.approx(84_000 * 14, abs=14)


def test_log_queries_are_answered_from_report_lines(session: DemoSession) -> None:
    text = (
        "filter @type = 'REPORT' | stats count(*) as runs, count(@initDuration) as cold, "
        "max(@maxMemoryUsed / 1000 / 1000) as used, pct(@duration, 99) as p99, "
        "sum(strcontains(@message, 'Status: timeout')) as timeouts by @log"
    )
    query = ask(session, "logs:StartQuery", queryString=text)["queryId"]
    answer = ask(session, "logs:GetQueryResults", queryId=query)
    rows = [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
    assert rows[1] == {
        "@log": f"{ACCOUNT}:/aws/lambda/payment-webhook",
        "runs": "434000",
        "cold": "21700",
        "used": "127",
        "p99": "2890",
        "timeouts": "29400",
    }


def test_log_queries_without_statistics_give_lines(session: DemoSession) -> None:
    query = ask(session, "logs:StartQuery", queryString="fields @message | limit 2")["queryId"]
    rows = ask(session, "logs:GetQueryResults", queryId=query)["results"]
    assert [cell["field"] for cell in rows[0]] == ["@message", "@log", "@ptr"]
    assert len(rows) == 2


def test_too_many_queries_are_refused(session: DemoSession) -> None:
    queries = [{**METRIC, "Id": f"m{index}"} for index in range(501)]
    with pytest.raises(ClientError) as error:
        ask(session, "cloudwatch:GetMetricData", MetricDataQueries=queries)
    assert code_of(error) == "ValidationError"


ERRORS = [
    pytest.param(
        "lambda:GetFunction", {"FunctionName": "nobody"}, "ResourceNotFoundException", 404, id="function"
    ),
    pytest.param(
        "lambda:GetPolicy", {**FUNCTION, "Qualifier": "8"}, "ResourceNotFoundException", 404, id="policy"
    ),
    pytest.param("iam:GetRole", {"RoleName": "old-ghost"}, "NoSuchEntity", 404, id="role"),
    pytest.param(
        "iam:GetRolePolicy", {"RoleName": "team-hr-payroll"}, "AccessDenied", 403, id="denied by design"
    ),
    pytest.param(
        "kms:DescribeKey", {"KeyId": KEY.replace("1111", "9999")}, "NotFoundException", 400, id="key"
    ),
    pytest.param(
        "sqs:GetQueueUrl", {"QueueName": "gone"}, "AWS.SimpleQueueService.NonExistentQueue", 400, id="queue"
    ),
    pytest.param("sns:GetTopicAttributes", {"TopicArn": TOPIC + "x"}, "NotFound", 404, id="topic"),
    pytest.param(
        "ec2:DescribeSubnets", {"SubnetIds": ["subnet-9"]}, "InvalidSubnetID.NotFound", 400, id="subnet"
    ),
]


@pytest.mark.parametrize("wire", [False, True])
@pytest.mark.parametrize(("operation", "params", "code", "status"), ERRORS)
def test_errors_are_those_of_aws(
    operation: str, params: dict[str, Any], code: str, status: int, *, wire: bool
) -> None:
    with pytest.raises(ClientError) as error:
        ask(demo_session(wire_all=wire), operation, **params)
    found = error.value.response
    assert (found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_an_operation_nobody_wrote_is_a_bug_and_not_an_answer(session: DemoSession) -> None:
    with pytest.raises(UnknownOperationError, match="waf:ListRules"):
        ask(session, "waf:ListRules", Limit=5)


@pytest.mark.parametrize(
    "operation", ["lambda:ListFunctions", "iam:GetRole", "ec2:DescribeSubnets", "sqs:GetQueueUrl"]
)
def test_the_wire_and_the_short_way_give_the_same(operation: str) -> None:
    short, wire = ask(demo_session(), operation), ask(demo_session(wire_all=True), operation)
    del short["ResponseMetadata"], wire["ResponseMetadata"]
    assert short == wire


FAULTS = [
    pytest.param(FaultKind.DENIED, "AccessDeniedException", id="denied"),
    pytest.param(FaultKind.THROTTLED, "TooManyRequestsException", id="throttled"),
    pytest.param(FaultKind.ERROR_500, "ServiceException", id="500"),
    pytest.param(FaultKind.BARE_404, "404", id="bare 404"),
    pytest.param(FaultKind.EXPIRED, "ExpiredTokenException", id="expired"),
    pytest.param(FaultKind.OPT_IN, "UnrecognizedClientException", id="region off"),
]


@pytest.mark.parametrize(("kind", "code"), FAULTS)
def test_error_faults_reach_the_caller_as_client_errors(kind: FaultKind, code: str) -> None:
    with pytest.raises(ClientError) as error:
        ask(
            demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=kind),)), "lambda:ListFunctions"
        )
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("kind", "raised"), [(FaultKind.TIMEOUT, ReadTimeoutError), (FaultKind.RESET, ConnectionClosedError)]
)
def test_transport_faults_are_botocores_own(kind: FaultKind, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        ask(demo_session(faults=(Fault(operation="iam:*", kind=kind),)), "iam:GetRole")


@pytest.mark.parametrize("kind", [FaultKind.MALFORMED, FaultKind.HTML, FaultKind.EMPTY_BODY])
def test_a_broken_body_with_200_is_an_empty_answer_to_botocore(kind: FaultKind) -> None:
    session = demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=kind),))
    assert [*ask(session, "lambda:ListFunctions")] == ["ResponseMetadata"]


def listed(faults: Faults) -> dict[str, Any]:
    return ask(demo_session(faults=faults), "lambda:ListFunctions")


def test_inside_faults_leave_a_well_formed_answer() -> None:
    one = "lambda:ListFunctions"
    empty = listed((Fault(operation=one, kind=FaultKind.EMPTY_PAGE),))
    assert (empty["Functions"], bool(empty["NextMarker"])) == ([], True)
    missing = listed((Fault(operation=one, kind=FaultKind.MISSING_FIELD, field="Timeout"),))
    assert not any("Timeout" in row for row in missing["Functions"])
    newer = listed((Fault(operation=one, kind=FaultKind.UNKNOWN_ENUM, field="PackageType"),))
    assert {row["PackageType"] for row in newer["Functions"]} == {"SOMETHING_NEWER_THAN_THIS_CLIENT"}


def test_an_empty_first_page_loses_nothing() -> None:
    session = demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=FaultKind.EMPTY_PAGE),))
    pages = [*session.client("lambda").get_paginator("list_functions").paginate()]
    assert (len(pages[0]["Functions"]), sum(len(page["Functions"]) for page in pages)) == (0, 49)


def test_a_looping_token_is_the_same_for_ever() -> None:
    session = demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=FaultKind.LOOPING_TOKEN),))
    first = ask(session, "lambda:ListFunctions")
    again = ask(session, "lambda:ListFunctions", Marker=first["NextMarker"])
    assert first["NextMarker"] == again["NextMarker"]


def test_faults_count_attempts_so_that_retries_see_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    session = demo_session(faults=(Fault(operation="lambda:GetPolicy", kind=FaultKind.THROTTLED, times=2),))
    service: Any = session.client(
        "lambda", config=Config(retries={"total_max_attempts": 4, "mode": "standard"})
    )
    assert service.get_policy(FunctionName="order-api", Qualifier="live")["Policy"]
    assert session.calls["lambda:GetPolicy"] == 3


def test_faults_can_start_late_and_mind_parameters_and_region() -> None:
    late = demo_session(faults=(Fault(operation="*", kind=FaultKind.EXPIRED, after=1),))
    assert ask(late, "iam:GetRole")["Role"]
    with pytest.raises(ClientError, match="ExpiredToken"):
        ask(late, "iam:GetRole")
    rule = Fault(
        operation="lambda:GetFunction", kind=FaultKind.DENIED, when={"FunctionName": "cart-*"}, region="eu-*"
    )
    narrow = demo_session(faults=(rule,))
    assert ask(narrow, "lambda:GetFunction")["Configuration"]
    with pytest.raises(ClientError, match="AccessDenied"):
        ask(narrow, "lambda:GetFunction", FunctionName="cart-api")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        ask(narrow, "lambda:GetFunction", "us-east-1", FunctionName="cart-api")


def test_packages_are_what_lambda_says_they_are(session: DemoSession) -> None:
    answer = session.client("lambda").get_function(FunctionName="order-api")
    data = session.fetch(answer["Code"]["Location"], 0, None)
    assert len(data) == answer["Configuration"]["CodeSize"]
    assert "app.py" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert session.fetch(answer["Code"]["Location"], 10, 20) == data[10:20]


def test_a_declared_size_pads_the_package_in_front(session: DemoSession) -> None:
    answer = session.client("lambda").get_function(FunctionName="pdf-renderer")
    size = answer["Configuration"]["CodeSize"]
    tail = session.fetch(answer["Code"]["Location"], size - 4_000, size)
    assert size == 61_200_000
    assert b"app.py" in tail
    assert len(tail) == 4_000


def test_packages_are_the_same_bytes_in_every_run() -> None:
    first = demo_packages()
    build.cache_clear()
    assert demo_packages() == first


def planted_places(world: World) -> Iterator[str]:
    yield msgspec.json.encode(world.functions).decode()
    yield msgspec.json.encode(world.roles).decode()
    for data in demo_packages().values():
        archive = zipfile.ZipFile(io.BytesIO(data))
        yield from (archive.read(name).decode() for name in archive.namelist())
    yield from (line for lines in world.log_lines.values() for line in lines)


def test_every_planted_secret_is_somewhere(world: World) -> None:
    places = [*planted_places(world)]
    assert [secret for secret in DEMO_SECRETS if not any(secret in place for place in places)] == []


def test_rows_have_no_key_that_no_answer_shows(world: World) -> None:
    core = botocore.session.Session()
    for operation, table in TABLES.items():
        service, _, name = operation.partition(":")
        core.get_service_model(service).operation_model(name)
        assert world.tables.get(table.table), table.table
    shown: dict[str, set[str]] = {}
    for operation, table in TABLES.items():
        service, _, name = operation.partition(":")
        shape: Any = core.get_service_model(service).operation_model(name).output_shape
        inner = shape.members[table.key] if table.key else shape
        members = inner.member.members if inner.type_name == "list" else inner.members
        shown.setdefault(table.table, set()).update(members)
    shown["rules"].add("targets")
    unknown = {
        (name, key)
        for name, keys in shown.items()
        for rows in world.tables[name].values()
        for row in rows
        for key in row
        if not key.startswith("_") and key not in keys
    }
    assert unknown == set()


SHAPES = [
    pytest.param({"Functions": [{"FunctionNam": "x"}]}, "FunctionNam", id="unknown key"),
    pytest.param({"Functions": [{"Timeout": "3"}]}, "Timeout", id="wrong type"),
    pytest.param({"Functions": [{"PackageType": "Tar"}]}, "PackageType", id="unknown enum value"),
    pytest.param({"Functions": [{"EphemeralStorage": {}}]}, "Size", id="required key missing"),
]


@pytest.mark.parametrize(("answer", "named"), SHAPES)
def test_an_answer_out_of_shape_is_an_error(answer: dict[str, Any], named: str) -> None:
    shape = (
        botocore.session.Session().get_service_model("lambda").operation_model("ListFunctions").output_shape
    )
    assert shape is not None
    with pytest.raises(ShapeError, match=named):
        validate(shape, answer, "answer")


def test_a_mistyped_declaration_is_named_with_its_path() -> None:
    declared = yaml.safe_load("{name: x, timout: 3}")
    with pytest.raises(msgspec.ValidationError, match="timout"):
        msgspec.convert(declared, FunctionSpec)


@pytest.mark.parametrize("count", [100, 1_000])
def test_the_account_grows_to_any_size(count: int) -> None:
    session = demo_session(functions=count)
    names = [
        row["FunctionName"]
        for region in ("eu-west-1", "us-east-1")
        for page in session.client("lambda", region_name=region).get_paginator("list_functions").paginate()
        for row in page["Functions"]
    ]
    assert len({*names}) == len(names) == count


def test_no_environment_of_the_machine_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert ask(demo_session(), "sts:GetCallerIdentity")["Account"] == ACCOUNT


def test_a_second_account_has_what_the_first_lacks() -> None:
    staging = demo_session(account="webshop-staging")
    assert ask(staging, "sts:GetCallerIdentity")["Account"] == "210987654321"
    assert ask(staging, "budgets:DescribeBudgets", AccountId="210987654321")["Budgets"]
    arns = [row["FunctionArn"] for row in ask(staging, "lambda:ListFunctions")["Functions"]]
    assert {arn.split(":")[4] for arn in arns} == {"210987654321"}
    assert len(arns) == 5
