"""The network around functions: where routes lead, which groups are open, and nothing asked without need."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from auditor.collect.network import Network, collect_network
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import Unavailable, VpcConfig

REGION = "eu-west-1"
DEMO_VPC = VpcConfig(vpc_id="vpc-0a1b2c3d", subnet_ids=("subnet-0a01",), security_group_ids=("sg-0a10",))


@pytest.fixture
def moto_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        yield Api(
            session=boto3.Session(region_name=REGION), account="123456789012", regions=(REGION,), pace=1e9
        )


def test_routes_groups_and_endpoints(moto_api: Api) -> None:
    ec2 = moto_api.session.client("ec2", region_name=REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(GroupName="functions", Description="x", VpcId=vpc)["GroupId"]
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway")
    config = VpcConfig(vpc_id=vpc, subnet_ids=(subnet, "subnet-99999999"), security_group_ids=(group,))

    network = collect_network(moto_api, REGION, [config])
    found: dict[str, Any] = {name: getattr(network, name) for name in network.__struct_fields__}
    assert [row.id for row in found["subnets"]] == [subnet]
    assert found["subnets"][0].free_addresses > 200
    routes = {row.id: row for row in found["route_tables"]}
    assert (routes[table].default_route, routes[table].subnet_ids) == (gateway, (subnet,))
    assert [row.main for row in routes.values()].count(True) == 1
    assert [(row.id, row.open_egress, row.open_ingress) for row in found["security_groups"]] == [
        (group, True, False)
    ]
    assert [row.service for row in found["endpoints"]] == [f"com.amazonaws.{REGION}.s3"]


def demo(*faults: Fault) -> Api:
    return Api(session=demo_session(faults=faults), account="123456789012", regions=(REGION,), pace=1e9)


def test_without_functions_in_a_vpc_nothing_is_asked() -> None:
    api = demo()
    assert collect_network(api, REGION, []) == Network()
    assert api.spending() == ()


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ("DescribeSubnets", "subnets"),
        ("DescribeRouteTables", "route_tables"),
        ("DescribeVpcEndpoints", "endpoints"),
        ("DescribeSecurityGroups", "security_groups"),
    ],
)
def test_a_refusal_takes_only_its_own_evidence(operation: str, field: str) -> None:
    network = collect_network(
        demo(Fault(operation=f"ec2:{operation}", kind=FaultKind.DENIED)), REGION, [DEMO_VPC]
    )
    fields = set(network.__struct_fields__)
    assert {name for name in fields if isinstance(getattr(network, name), Unavailable)} == {field}


def test_a_black_hole_is_no_way_out() -> None:
    api = demo()

    def blackhole(*, parsed: dict[str, Any], **_: object) -> None:
        for table in parsed["RouteTables"]:
            for route in table.get("Routes", ()):
                route["State"] = "blackhole"

    api.session.events.register_last("after-call.ec2.DescribeRouteTables", blackhole)
    network = collect_network(api, REGION, [DEMO_VPC])
    assert isinstance(network.route_tables, tuple)
    assert {table.default_route for table in network.route_tables} == {""}
