"""The network around functions in a VPC: subnets, routes, endpoints, security groups."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.collect.shapes import hold, word
from auditor.model import Endpoint, Record, RouteTable, SecurityGroup, Subnet, Unavailable, VpcConfig

DESCRIBE_SUBNETS = Operation(
    service="ec2",
    name="DescribeSubnets",
    actions=("ec2:DescribeSubnets",),
    requires=(
        "Subnets",
        *each("Subnets[]", "SubnetId VpcId AvailabilityZoneId AvailableIpAddressCount OwnerId"),
    ),
)
DESCRIBE_ROUTE_TABLES = Operation(
    service="ec2",
    name="DescribeRouteTables",
    actions=("ec2:DescribeRouteTables",),
    requires=(
        "RouteTables",
        *each("RouteTables[]", "RouteTableId VpcId Associations Associations[].Main Routes Routes[].State"),
    ),
)
DESCRIBE_ENDPOINTS = Operation(
    service="ec2",
    name="DescribeVpcEndpoints",
    actions=("ec2:DescribeVpcEndpoints",),
    requires=("VpcEndpoints", *each("VpcEndpoints[]", "VpcId VpcEndpointType")),
)
DESCRIBE_SECURITY_GROUPS = Operation(
    service="ec2",
    name="DescribeSecurityGroups",
    actions=("ec2:DescribeSecurityGroups",),
    requires=(
        "SecurityGroups",
        *each("SecurityGroups[]", "GroupId GroupName VpcId"),
        *(
            path
            for way in ("SecurityGroups[].IpPermissions", "SecurityGroups[].IpPermissionsEgress")
            for path in (
                way,
                *each(f"{way}[]", "IpProtocol IpRanges IpRanges[].CidrIp Ipv6Ranges Ipv6Ranges[].CidrIpv6"),
            )
        ),
    ),
)
OPERATIONS = (DESCRIBE_SUBNETS, DESCRIBE_ROUTE_TABLES, DESCRIBE_ENDPOINTS, DESCRIBE_SECURITY_GROUPS)

# Values of one filter: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html
VALUES_A_FILTER = 200
ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
ALL_PROTOCOLS = "-1"
# Keys under which a route names where it leads.
TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "OdbNetworkArn",
)

# Endpoints that lead to a resource or to a service network, and to no service:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
NAMELESS = frozenset({"Resource", "ServiceNetwork"})

Json = Mapping[str, Any]


class _Listing(NamedTuple):
    operation: Operation
    items: str
    narrowed_by: str


SUBNETS = _Listing(DESCRIBE_SUBNETS, "Subnets", "subnet-id")
GROUPS = _Listing(DESCRIBE_SECURITY_GROUPS, "SecurityGroups", "group-id")
ROUTES = _Listing(DESCRIBE_ROUTE_TABLES, "RouteTables", "vpc-id")
ENDPOINTS = _Listing(DESCRIBE_ENDPOINTS, "VpcEndpoints", "vpc-id")


class Network(Record, frozen=True, kw_only=True):
    """What was read of a region's VPCs; () throughout where no function is in one."""

    subnets: tuple[Subnet, ...] | Unavailable = ()
    route_tables: tuple[RouteTable, ...] | Unavailable = ()
    endpoints: tuple[Endpoint, ...] | Unavailable = ()
    security_groups: tuple[SecurityGroup, ...] | Unavailable = ()


def collect_network(api: Api, region: str, attached: Iterable[VpcConfig]) -> Network:
    """Read the subnets, security groups and VPCs to which functions of a region are attached.

    Listings are filtered rather than asked by id, so that one subnet or group that is gone, or that belongs
    to another account of a shared VPC, is missing from the answer without taking the others along.
    """
    configs = list(attached)
    if not configs:
        return Network()
    vpcs = {config.vpc_id for config in configs if config.vpc_id}
    subnet_ids = {subnet for config in configs for subnet in config.subnet_ids}
    group_ids = {group for config in configs for group in config.security_group_ids}
    subnets = _rows(api, region, SUBNETS, subnet_ids)
    groups = _rows(api, region, GROUPS, group_ids)
    routes = _rows(api, region, ROUTES, vpcs)
    endpoints = _rows(api, region, ENDPOINTS, vpcs)
    return Network(
        subnets=subnets if isinstance(subnets, Unavailable) else tuple(map(_subnet, subnets)),
        route_tables=routes if isinstance(routes, Unavailable) else tuple(map(_route_table, routes)),
        endpoints=endpoints if isinstance(endpoints, Unavailable) else tuple(map(_endpoint, endpoints)),
        security_groups=groups if isinstance(groups, Unavailable) else tuple(map(_group, groups)),
    )


def _rows(api: Api, region: str, listing: _Listing, values: Collection[str]) -> list[Any] | Unavailable:
    wanted = sorted(values)
    found: list[Any] = []
    for first in range(0, len(wanted), VALUES_A_FILTER):
        narrowed = [{"Name": listing.narrowed_by, "Values": wanted[first : first + VALUES_A_FILTER]}]
        rows = listed(api.pages(listing.operation, region, listing.items, Filters=narrowed))
        if isinstance(rows, Unavailable):
            return rows
        found.extend(rows)
    return found


def _subnet(row: Json) -> Subnet:
    return Subnet(
        id=row["SubnetId"],
        vpc_id=row["VpcId"],
        zone=row["AvailabilityZoneId"],
        free_addresses=row["AvailableIpAddressCount"],
        owner=row["OwnerId"],
    )


def _route_table(row: Json) -> RouteTable:
    associations = row["Associations"]
    return RouteTable(
        id=row["RouteTableId"],
        vpc_id=row["VpcId"],
        main=any(association["Main"] for association in associations),
        subnet_ids=tuple(found["SubnetId"] for found in associations if "SubnetId" in found),
        default_route=_default_route(row["Routes"]),
    )


def _default_route(routes: Iterable[Json]) -> str:
    """Target of the route to 0.0.0.0/0; a black hole leads nowhere."""
    for route in routes:
        if (
            route.get("DestinationCidrBlock") == "0.0.0.0/0"
            and word(route["State"], "active", "blackhole", "filtered") == "active"
        ):
            named = [str(route[key]) for key in TARGETS if route.get(key)]
            return named[0]
    return ""


def _endpoint(row: Json) -> Endpoint:
    if row["VpcEndpointType"] not in NAMELESS:
        hold(row, "ServiceName")
    return Endpoint(
        vpc_id=row["VpcId"],
        service=row.get("ServiceName", ""),
        kind=row["VpcEndpointType"],
    )


def _group(row: Json) -> SecurityGroup:
    return SecurityGroup(
        id=row["GroupId"],
        name=row["GroupName"],
        vpc_id=row["VpcId"],
        open_egress=_is_open(row["IpPermissionsEgress"]),
        open_ingress=_is_open(row["IpPermissions"]),
    )


def _is_open(permissions: Iterable[Json]) -> bool:
    return any(
        permission["IpProtocol"] == ALL_PROTOCOLS
        and ANYWHERE
        & {
            *(one["CidrIp"] for one in permission["IpRanges"]),
            *(one["CidrIpv6"] for one in permission["Ipv6Ranges"]),
        }
        for permission in permissions
    )
