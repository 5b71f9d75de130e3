"""API routes and load balancers in front of functions, and only of APIs that some policy lets in."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from auditor.collect.balancers import collect_target_groups
from auditor.collect.integrations import collect_integrations
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import (
    ApiIntegration,
    Condition,
    Function,
    Principal,
    ResourcePolicy,
    Statement,
    TargetGroup,
    Unavailable,
)
from auditor.testing import healthy_function

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HERE = f"{REGION}:{ACCOUNT}"
ORDERS = f"arn:aws:lambda:{HERE}:function:orders"


def lets_in(service: str, *source_arns: str) -> Function:
    conditions = (
        (Condition(operator="ArnLike", key="AWS:SourceArn", values=source_arns),) if source_arns else ()
    )
    principal = Principal(kind="Service", value=f"{service}.amazonaws.com")
    statement = Statement(index=1, effect="Allow", principals=(principal,), conditions=conditions)
    policy = ResourcePolicy(qualifier="", statements=(statement,))
    return msgspec.structs.replace(healthy_function(), name="orders", arn=ORDERS, policies=(policy,))


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


def sent(api: Api) -> dict[str, int]:
    return {row.operation: row.requests for row in api.spending()}


@pytest.fixture
def moto_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        yield Api(session=boto3.Session(region_name=REGION), account=ACCOUNT, regions=(REGION,), pace=1e9)


def uri(arn: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


def rest_api(api: Api, verb: str, target: str, **integration: Any) -> str:
    client = api.session.client("apigateway", region_name=REGION)
    made = client.create_rest_api(name="shop", endpointConfiguration={"types": ["PRIVATE"]})["id"]
    root = client.get_resources(restApiId=made)["items"][0]["id"]
    part = client.create_resource(restApiId=made, parentId=root, pathPart="orders")["id"]
    client.put_method(
        restApiId=made, resourceId=part, httpMethod=verb, authorizationType="AWS_IAM", apiKeyRequired=True
    )
    client.put_integration(
        restApiId=made,
        resourceId=part,
        httpMethod=verb,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=target,
        **integration,
    )
    return str(made)


def test_a_rest_route(moto_api: Api) -> None:
    made = rest_api(moto_api, "POST", uri(f"{ORDERS}:live"), timeoutInMillis=5000)
    rest_api(moto_api, "GET", uri(ORDERS))
    function = lets_in("apigateway", f"arn:aws:execute-api:{HERE}:{made}/*/POST/orders")
    assert collect_integrations(moto_api, REGION, [function]) == (
        ApiIntegration(
            api_id=made,
            api_name="shop",
            kind="REST",
            route="POST /orders",
            function_arn=f"{ORDERS}:live",
            authorization="AWS_IAM",
            timeout_ms=5000,
            api_key_required=True,
            private=True,
        ),
    )
    assert sent(moto_api)["apigateway:GetResources"] == 1


def test_a_stage_variable_names_no_function(moto_api: Api) -> None:
    rest_api(moto_api, "GET", uri(f"arn:aws:lambda:{HERE}:function:${{stageVariables.name}}"))
    assert collect_integrations(moto_api, REGION, [lets_in("apigateway")]) == ()


def test_routes_of_http_apis(moto_api: Api) -> None:
    client = moto_api.session.client("apigatewayv2", region_name=REGION)
    made = client.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    integration = client.create_integration(
        ApiId=made,
        IntegrationType="AWS_PROXY",
        IntegrationUri=ORDERS,
        PayloadFormatVersion="2.0",
        TimeoutInMillis=8000,
    )["IntegrationId"]
    client.create_route(ApiId=made, RouteKey="GET /orders", Target=f"integrations/{integration}")
    client.create_route(ApiId=made, RouteKey="$default")
    found = collect_integrations(moto_api, REGION, [lets_in("apigateway")])
    assert isinstance(found, tuple)
    assert [(one.kind, one.route, one.function_arn, one.timeout_ms, one.authorization) for one in found] == [
        ("HTTP", "GET /orders", ORDERS, 8000, "NONE")
    ]


@pytest.mark.parametrize("service", ["s3", "elasticloadbalancing"])
def test_without_a_policy_for_api_gateway_nothing_is_asked(service: str) -> None:
    api = demo()
    assert collect_integrations(api, REGION, [lets_in(service)]) == ()
    assert sent(api) == {}


@pytest.mark.parametrize(
    ("source", "resources"),
    [("shop01/*/GET/cart", 1), ("another/*", 0), ("*/prod/GET/cart", 1)],
    ids=["that API", "another API", "any API"],
)
def test_only_apis_that_are_let_in_are_asked_for_routes(source: str, resources: int) -> None:
    api = demo()
    found = collect_integrations(api, REGION, [lets_in("apigateway", f"arn:aws:execute-api:{HERE}:{source}")])
    assert isinstance(found, tuple)
    assert ("apigateway:GetResources" in sent(api)) == bool(resources)


REFUSED = (
    "apigateway:GetRestApis",
    "apigateway:GetResources",
    "apigatewayv2:GetApis",
    "apigatewayv2:GetRoutes",
    "apigatewayv2:GetIntegrations",
)


@pytest.mark.parametrize("operation", REFUSED)
def test_some_routes_are_not_all_routes(operation: str) -> None:
    api = demo(Fault(operation=operation, kind=FaultKind.DENIED))
    found = collect_integrations(api, REGION, [lets_in("apigateway")])
    assert isinstance(found, Unavailable)
    assert found.operation == "apigateway:GET"


def balancer(api: Api, *, authenticates: bool) -> str:
    """Make an internet-facing load balancer with an idle timeout of 30 s before a function."""
    ec2 = api.session.client("ec2", region_name=REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")[
            "Subnet"
        ]
        for index, zone in enumerate("ab")
    ]
    client = api.session.client("elbv2", region_name=REGION)
    group = client.create_target_group(Name="orders", TargetType="lambda")["TargetGroups"][0][
        "TargetGroupArn"
    ]
    client.register_targets(TargetGroupArn=group, Targets=[{"Id": ORDERS}])
    made = client.create_load_balancer(
        Name="front", Subnets=[subnet["SubnetId"] for subnet in subnets], Scheme="internet-facing"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    client.modify_load_balancer_attributes(
        LoadBalancerArn=made, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "30"}]
    )
    login = {
        "Type": "authenticate-cognito",
        "Order": 1,
        "AuthenticateCognitoConfig": {
            "UserPoolArn": f"arn:aws:cognito-idp:{HERE}:userpool/{REGION}_abc",
            "UserPoolClientId": "client",
            "UserPoolDomain": "shop",
        },
    }
    forward = {"Type": "forward", "Order": 2, "TargetGroupArn": group}
    client.create_listener(
        LoadBalancerArn=made,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[login, forward] if authenticates else [forward],
    )
    return str(group)


@pytest.mark.parametrize("authenticates", [True, False], ids=["with login", "open"])
def test_a_load_balancer_before_a_function(moto_api: Api, *, authenticates: bool) -> None:
    group = balancer(moto_api, authenticates=authenticates)
    assert collect_target_groups(moto_api, REGION, [lets_in("elasticloadbalancing")]) == (
        TargetGroup(
            arn=group,
            function_arn=ORDERS,
            internet_facing=True,
            idle_timeout_s=30,
            authenticated=authenticates,
        ),
    )


def test_without_a_policy_for_load_balancers_nothing_is_asked() -> None:
    api = demo()
    assert collect_target_groups(api, REGION, [lets_in("apigateway")]) == ()
    assert sent(api) == {}


@pytest.mark.parametrize(
    "name",
    [
        "DescribeTargetGroups",
        "DescribeTargetHealth",
        "DescribeLoadBalancers",
        "DescribeLoadBalancerAttributes",
        "DescribeListeners",
        "DescribeRules",
    ],
)
def test_half_a_load_balancer_is_unknown(name: str) -> None:
    api = demo(Fault(operation=f"elbv2:{name}", kind=FaultKind.DENIED))
    found = collect_target_groups(api, REGION, [lets_in("elasticloadbalancing")])
    assert isinstance(found, Unavailable)
    assert found.operation == f"elasticloadbalancing:{name}"
