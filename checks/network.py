"""Functions in a VPC survive the loss of a zone, and reach what they need."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Privileges,
    Region,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.deployed import counted
from auditor.model import Endpoint, Reason, RouteTable, Subnet
from auditor.model.invocation import is_edge

ITEM = ChecklistItem.ERROR_HANDLING
OUTSIDE = "Not attached to a VPC"
DESCRIBE_SUBNETS = "ec2:DescribeSubnets"
# Services that Lambda itself calls for the function, outside its VPC, or that agents call at their leisure.
QUIET_SERVICES = frozenset({"logs", "xray", "ec2", "cloudwatch"})
# Services whose actions guard connections inside the VPC: no way out is needed for them.
INSIDE_SERVICES = frozenset(
    {"rds-db", "elasticfilesystem", "elasticache", "kafka-cluster", "neptune-db", "dax", "memorydb", "es"}
)
# Endpoints by another name than the service's actions: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
ENDPOINT_NAMES = {
    "ecr.api": "ecr",
    "email-smtp": "ses",
    "git-codecommit": "codecommit",
    "monitoring": "cloudwatch",
}


def _subnets(function: Function, region: Region) -> tuple[Subnet, ...]:
    """Return the function's subnets, as far as they can be described."""
    wanted = function.vpc.subnet_ids if function.vpc else ()
    return tuple(subnet for subnet in known(region.subnets) if subnet.id in wanted)


def _shared(operation: str, seen: int, wanted: int) -> Unavailable:
    """Why parts of a VPC are missing: they belong to another account that shares it."""
    return Unavailable(
        reason=Reason.OTHER_ACCOUNT,
        operation=operation,
        note=f"{wanted - seen} of {wanted} were not described, as in a VPC that another account shares",
    )


@check(item=ITEM, severity=Severity.INFO, codes=("SEC-14",), effort="One setting")
def outside_vpc(function: Function, *, required: bool = False) -> Verdict:
    """Function is outside a VPC.

    ## Why it matters
    A VPC is needed to reach private resources, and is no protection by itself: it fails only where the
    settings require it.

    ## How to fix
    `aws lambda update-function-configuration --region REGION --function-name NAME --vpc-config SubnetIds=SUBNETS,SecurityGroupIds=GROUPS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if known(is_edge(function)):
        return not_applicable("Lambda@Edge cannot be attached to a VPC")
    if function.vpc:
        return passed(f"Attached to {function.vpc.vpc_id}")
    return failed(OUTSIDE) if required else not_applicable(f"{OUTSIDE}; not required by the settings")


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-15",), effort="One setting")
def single_zone(function: Function, region: Region, *, zones: int = 2) -> Verdict:
    """Function runs in a single Availability Zone.

    ## Why it matters
    With all subnets in one zone, the loss of the zone is the loss of the function.

    ## How to fix
    Add subnets of other zones:
    `aws lambda update-function-configuration --region REGION --function-name NAME --vpc-config SubnetIds=SUBNETS,SecurityGroupIds=GROUPS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if function.vpc is None:
        return not_applicable(OUTSIDE)
    subnets = _subnets(function, region)
    found = sorted({subnet.zone for subnet in subnets})
    wanted = len(function.vpc.subnet_ids)
    said = (
        f"{counted(wanted, 'subnet', 'subnets')} in {counted(len(found), 'zone', 'zones')} "
        f"({', '.join(found)}), {zones} wanted"
    )
    if len(found) >= zones:
        return passed(said)
    if len(subnets) < wanted:
        known(_shared(DESCRIBE_SUBNETS, len(subnets), wanted))
    return failed(said)


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-16",), effort="One setting")
def subnet_nearly_full(function: Function, region: Region, *, least_free: int = 16) -> Verdict:
    """Subnet has few addresses left.

    ## Why it matters
    Each combination of subnet and security groups takes network interfaces. Without a free address Lambda
    cannot scale out, and invocations fail.

    ## How to fix
    Add a larger subnet of the same zone:
    `aws lambda update-function-configuration --region REGION --function-name NAME --vpc-config SubnetIds=SUBNETS,SecurityGroupIds=GROUPS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if function.vpc is None:
        return not_applicable(OUTSIDE)
    subnets = _subnets(function, region)
    fullest = min(subnets, key=lambda subnet: subnet.free_addresses, default=None)
    if fullest is not None and fullest.free_addresses < least_free:
        return failed(f"{fullest.id} has {fullest.free_addresses} free addresses, {least_free} wanted")
    wanted = len(function.vpc.subnet_ids)
    if fullest is None or len(subnets) < wanted:
        return known(_shared(DESCRIBE_SUBNETS, len(subnets), wanted))
    return passed(f"{fullest.id} has {fullest.free_addresses} free addresses, {least_free} wanted")


@check(item=ITEM, severity=Severity.HIGH, codes=("SEC-16",), effort="One setting")
def unreachable_services(function: Function, region: Region, privileges: Privileges) -> Verdict:
    """Function in a VPC cannot reach AWS.

    ## Why it matters
    In a public subnet a function gets no public address: the internet gateway does not help it. Without
    NAT or an endpoint of the service every call waits until the timeout.

    ## How to fix
    Move the function to private subnets with a NAT gateway, or add endpoints of the services that it
    calls:
    `aws ec2 create-vpc-endpoint --region REGION --vpc-id VPC --service-name SERVICE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
    """
    if function.vpc is None:
        return not_applicable(OUTSIDE)
    tables = tuple(one for one in known(region.route_tables) if one.vpc_id == function.vpc.vpc_id)
    if not tables:
        known(_shared("ec2:DescribeRouteTables", 0, len(function.vpc.subnet_ids)))
    routes = {subnet: _way_out(subnet, function.vpc.vpc_id, tables) for subnet in function.vpc.subnet_ids}
    closed = {subnet: way for subnet, way in routes.items() if not way or way.startswith("igw-")}
    if not closed:
        return passed(
            f"{len(routes)} subnets, each with a way out by {', '.join(sorted(set(routes.values())))}"
        )
    endpoints = _endpoints(known(region.endpoints), function.vpc.vpc_id)
    called = sorted(set(privileges.services) - QUIET_SERVICES - INSIDE_SERVICES)
    missing = [service for service in called if service not in endpoints]
    ways = ", ".join(f"{subnet} by {way or 'no route'}" for subnet, way in closed.items())
    if missing:
        return failed(
            f"Subnets without a way out: {len(closed)} of {len(routes)} ({ways}); "
            f"no endpoint of {', '.join(missing[:5])}",
            details=tuple(
                Detail(subject=service, text="granted to the role, no VPC endpoint") for service in missing
            ),
        )
    privileges.conclude()
    return passed(f"{len(closed)} subnets without a way out, and endpoints of all {len(called)} services")


def _way_out(subnet: str, vpc: str, tables: tuple[RouteTable, ...]) -> str:
    own = next((table for table in tables if subnet in table.subnet_ids), None)
    main = next((table for table in tables if table.main and table.vpc_id == vpc), None)
    table = own or main
    return table.default_route if table else ""


def _endpoints(endpoints: tuple[Endpoint, ...], vpc: str) -> set[str]:
    """Services with an endpoint in a VPC, by the names of their actions: `com.amazonaws.eu-west-1.ecr.api`."""
    names = {one.service.split(".", 3)[-1] for one in endpoints if one.vpc_id == vpc}
    return {ENDPOINT_NAMES.get(name, name) for name in names}


@check(
    item=ITEM, severity=Severity.LOW, confidence=Confidence.MEDIUM, codes=("SEC-16",), effort="One setting"
)
def security_group_wide(function: Function, region: Region) -> Verdict:
    """Security group allows every outbound connection.

    ## Why it matters
    A function that is broken into can send data anywhere. The default security group shares its rules
    with whatever else uses it.

    ## How to fix
    `aws ec2 revoke-security-group-egress --region REGION --group-id GROUP --ip-permissions IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]`

    ## References
    - https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    if function.vpc is None:
        return not_applicable(OUTSIDE)
    groups = [group for group in known(region.security_groups) if group.id in function.vpc.security_group_ids]
    wide = [group for group in groups if group.open_egress]
    default = [group for group in groups if group.name == "default"]
    if default:
        return failed(f"{default[0].id} is the default security group of its VPC")
    if wide:
        return warned(f"{wide[0].id} allows all traffic to 0.0.0.0/0")
    wanted = len(function.vpc.security_group_ids)
    if len(groups) < wanted:
        known(_shared("ec2:DescribeSecurityGroups", len(groups), wanted))
    return passed(f"{counted(len(groups), 'security group', 'security groups')}, none open to everywhere")
