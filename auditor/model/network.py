"""The parts of a VPC that a function depends on."""

from auditor.model.evidence import NOT_COLLECTED, Record, Unavailable


class Subnet(Record, frozen=True, kw_only=True):
    """A subnet; `zone` is the Availability Zone id (`euw1-az1`)."""

    id: str
    vpc_id: str
    zone: str
    free_addresses: int
    owner: str = ""


class Endpoint(Record, frozen=True, kw_only=True):
    """A VPC endpoint; `service` is the AWS name (`com.amazonaws.eu-west-1.s3`)."""

    vpc_id: str
    service: str
    kind: str


class RouteTable(Record, frozen=True, kw_only=True):
    """Where the default route of some subnets leads: `igw-…`, `nat-…`, `tgw-…`, another target, or ""."""

    id: str
    vpc_id: str
    main: bool
    subnet_ids: tuple[str, ...]
    default_route: str


class SecurityGroup(Record, frozen=True, kw_only=True):
    """A security group; `open_egress` is whether all traffic may leave to anywhere."""

    id: str
    name: str
    vpc_id: str
    open_egress: bool
    open_ingress: bool = False


class CapacityProvider(Record, frozen=True, kw_only=True):
    """Where Lambda starts Managed Instances: the subnets that a capacity provider names."""

    arn: str
    subnet_ids: tuple[str, ...] | Unavailable = NOT_COLLECTED
