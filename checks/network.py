"""Functions in a VPC survive the loss of a zone, and reach what they need."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Privileges,
    Region,
    Severity,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.model import Endpoint, RouteTable, Subnet

ITEM = ChecklistItem.ERROR_HANDLING
OUTSIDE = "Not attached to a VPC"
# Services with gateway or interface endpoints that functions call most.
QUIET_SERVICES = frozenset({"logs", "xray", "ec2", "cloudwatch"})


def _subnets(function: Function, region: Region) -> tuple[Subnet, ...]:
    """Return the function's subnets; one that is not described belongs to another account of a shared VPC."""
    wanted = function.vpc.subnet_ids if function.vpc else ()
    return tuple(subnet for subnet in known(region.subnets) if subnet.id in wanted)


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
    if function.is_edge_replica:
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
    said = (
        f"{len(function.vpc.subnet_ids)} subnets in {len(found)} zones ({', '.join(found)}), {zones} wanted"
    )
    if len(found) >= zones:
        return passed(said)
    if len(subnets) < len(function.vpc.subnet_ids):
        return not_applicable("Subnets of a shared VPC cannot be described from this account")
    return failed(said)


@check(item=ITEM, severity=Severity.MEDIUM, codes=("SEC-16",), effort="One setting")
def subnet_nearly_full(function: Function, region: Region, *, least_free: int = 16) -> Verdict:
    """Subnet has few addresses left.

    ## Why it matters
    Each combination of subnet and security groups takes network interfaces. Without a free address Lambda
    cannot scale out,
    and invocations fail.

    ## How to fix
    Add a larger subnet of the same zone:
    `aws lambda update-function-configuration --region REGION --function-name NAME --vpc-config SubnetIds=SUBNETS,SecurityGroupIds=GROUPS`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if function.vpc is None:
        return not_applicable(OUTSIDE)
    subnets = _subnets(function, region)
    if not subnets:
        return not_applicable("Subnets of a shared VPC cannot be described from this account")
    fullest = min(subnets, key=lambda subnet: subnet.free_addresses)
    said = f"{fullest.id} has {fullest.free_addresses} free addresses, {least_free} wanted"
    return failed(said) if fullest.free_addresses < least_free else passed(said)


@check(item=ITEM, severity=Severity.HIGH, codes=("SEC-16",), effort="One setting")
def unreachable_services(function: Function, region: Region, privileges: Privileges) -> Verdict:
    """Function in a VPC cannot reach AWS.

    ## Why it matters
    In a public subnet a function gets no public address: the internet gateway does not help it. Without NAT
    or an endpoint
    of the service every call waits until the timeout.

    ## How to fix
    Move the function to private subnets with a NAT gateway, or add endpoints of the services that it calls:
    `aws ec2 create-vpc-endpoint --region REGION --vpc-id VPC --service-name SERVICE`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
    """
    if function.vpc is None:
        return not_applicable(OUTSIDE)
    tables = known(region.route_tables)
    routes = {subnet: _way_out(subnet, function.vpc.vpc_id, tables) for subnet in function.vpc.subnet_ids}
    closed = {subnet: way for subnet, way in routes.items() if not way or way.startswith("igw-")}
    if not closed:
        return passed(
            f"{len(routes)} subnets, each with a way out by {', '.join(sorted(set(routes.values())))}"
        )
    endpoints = _endpoints(known(region.endpoints), function.vpc.vpc_id)
    called = sorted(set(privileges.services) - QUIET_SERVICES)
    missing = [service for service in called if service not in endpoints]
    ways = ", ".join(f"{subnet} by {way or 'nothing'}" for subnet, way in closed.items())
    if missing:
        return failed(
            f"{len(closed)} of {len(routes)} subnets lead nowhere ({ways}); no endpoint of {', '.join(missing[:5])}",
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
    return {endpoint.service.rsplit(".", 1)[-1] for endpoint in endpoints if endpoint.vpc_id == vpc}


@check(
    item=ITEM, severity=Severity.LOW, confidence=Confidence.MEDIUM, codes=("SEC-16",), effort="One setting"
)
def security_group_wide(function: Function, region: Region) -> Verdict:
    """Security group allows every outbound connection.

    ## Why it matters
    A function that is broken into can send data anywhere. The default security group shares its rules with
    whatever else
    uses it.

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
    return passed(f"{len(groups)} security groups, none of them open to everywhere")
