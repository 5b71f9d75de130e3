"""One demo session for tests that only read, and a way to ask any operation with fitting parameters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config

from auditor.demo import DEMO_NOW, DemoSession, demo_session
from auditor.demo.account import World, load_world

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
    "accessanalyzer:GetFindingV2": {"analyzerArn": "a", "id": "0a-000000000001"},
    "accessanalyzer:ListFindingsV2": {"analyzerArn": "a"},
    "apigateway:GetIntegration": {"restApiId": "shop01", "resourceId": "r1", "httpMethod": "POST"},
    "apigateway:GetResources": {"restApiId": "shop01"},
    "apigateway:GetStages": {"restApiId": "shop01"},
    "apigatewayv2:GetIntegrations": {"ApiId": "shop02"},
    "apigatewayv2:GetRoutes": {"ApiId": "shop02"},
    "application-autoscaling:DescribeScalableTargets": {"ServiceNamespace": "lambda"},
    "appsync:ListDataSources": {"apiId": "shopgraph01"},
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
    "elbv2:DescribeLoadBalancerAttributes": {
        "LoadBalancerArn": f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/public/bbbbbbbbbbbbbbbb"
    },
    "events:ListRuleNamesByTarget": {"TargetArn": f"arn:aws:lambda:{HERE}:function:report-nightly"},
    "events:ListTargetsByRule": {"Rule": "nightly-report"},
    "guardduty:GetDetector": {"DetectorId": "0123456789abcdef0123456789abcdef"},
    "health:DescribeAffectedEntities": {
        "filter": {"eventArns": ["arn:aws:health:eu-west-1::event/LAMBDA/A/B"]}
    },
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
    "lambda:ListDurableExecutionsByFunction": {"FunctionName": "search-indexer"},
    "lambda:GetCapacityProvider": {"CapacityProviderName": f"arn:aws:lambda:{HERE}:capacity-provider:shop"},
    "lambda:GetFunctionScalingConfig": {"FunctionName": "fraud-rules", "Qualifier": "$LATEST.PUBLISHED"},
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
    "lambda-web:GetResourcePolicy": {"resourceArn": f"arn:aws:lambda:{HERE}:web-function/shop-front"},
    "lambda-web:GetWebFunctionEndpoint": {"functionName": "shop-front", "endpointName": "staff"},
    "lambda-web:ListWebFunctionEndpoints": {"functionName": "shop-front"},
    "logs:FilterLogEvents": {"logGroupName": "/aws/lambda/order-api", "startTime": 0},
    "logs:DescribeAccountPolicies": {"policyType": "SUBSCRIPTION_FILTER_POLICY"},
    "logs:GetQueryResults": {"queryId": "query"},
    "logs:StartQuery": {
        "logGroupNames": ["/aws/lambda/order-api", "/aws/lambda/payment-webhook"],
        "queryString": "filter @type = 'REPORT' | stats count(*) as runs by @log",
        "startTime": 1_763_000_000,
        "endTime": 1_763_000_000 + 14 * 86_400,
    },
    "logs:DescribeSubscriptionFilters": {"logGroupName": "/aws/lambda/payment-webhook"},
    "organizations:DescribePolicy": {"PolicyId": "p-FullAWSAccess"},
    "organizations:ListParents": {"ChildId": ACCOUNT},
    "organizations:ListPoliciesForTarget": {"TargetId": ACCOUNT, "Filter": "SERVICE_CONTROL_POLICY"},
    "scheduler:GetSchedule": {"Name": "month-end"},
    "service-quotas:GetAWSDefaultServiceQuota": {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"},
    "service-quotas:GetServiceQuota": {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"},
    "stepfunctions:DescribeStateMachine": {
        "stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:fulfilment"
    },
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
    "trustedadvisor:ListRecommendationResources": {
        "recommendationIdentifier": f"arn:aws:trustedadvisor::{ACCOUNT}:recommendation/ra-1-timeouts",
        "status": "warning",
    },
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


@pytest.fixture(scope="session", name="ask")
def asking() -> Callable[..., dict[str, Any]]:
    """Ask one operation of a session; keyword parameters are laid over those that fit the account."""
    return _ask


def _ask(
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
