"""Application Load Balancers whose target groups are functions."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from auditor.collect.answers import definite, listed
from auditor.collect.gates import invokable
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.collect.shapes import hold, word
from auditor.model import Function, TargetGroup, Unavailable


def _reading(name: str, *requires: str, absent: tuple[str, ...] = ()) -> Operation:
    """Declare an operation of Elastic Load Balancing whose action has its own name."""
    return Operation(
        service="elbv2",
        name=name,
        actions=(f"elasticloadbalancing:{name}",),
        requires=requires,
        absent=absent,
    )


DESCRIBE_TARGET_GROUPS = _reading(
    "DescribeTargetGroups",
    "TargetGroups",
    *each("TargetGroups[]", "TargetGroupArn TargetType LoadBalancerArns"),
)
DESCRIBE_TARGET_HEALTH = _reading(
    "DescribeTargetHealth",
    "TargetHealthDescriptions",
    "TargetHealthDescriptions[].Target",
    "TargetHealthDescriptions[].Target.Id",
    absent=("TargetGroupNotFound",),
)
DESCRIBE_LOAD_BALANCERS = _reading(
    "DescribeLoadBalancers", "LoadBalancers", "LoadBalancers[].LoadBalancerArn"
)
DESCRIBE_ATTRIBUTES = _reading("DescribeLoadBalancerAttributes", "Attributes", "Attributes[].Key")
DESCRIBE_LISTENERS = _reading(
    "DescribeListeners",
    "Listeners",
    "Listeners[].ListenerArn",
    absent=("LoadBalancerNotFound", "ListenerNotFound"),
)
DESCRIBE_RULES = _reading(
    "DescribeRules", "Rules", "Rules[].Actions", "Rules[].Actions[].Type", absent=("ListenerNotFound",)
)
OPERATIONS = (
    DESCRIBE_TARGET_GROUPS,
    DESCRIBE_TARGET_HEALTH,
    DESCRIBE_LOAD_BALANCERS,
    DESCRIBE_ATTRIBUTES,
    DESCRIBE_LISTENERS,
    DESCRIBE_RULES,
)

# Seconds: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
IDLE_TIMEOUT = "idle_timeout.timeout_seconds"
DEFAULT_IDLE_S = 60
FORWARDING = "forward"
AUTHENTICATING = frozenset({"authenticate-oidc", "authenticate-cognito", "jwt-validation"})

Json = Mapping[str, Any]


class _Balancer(NamedTuple):
    internet_facing: bool
    idle_s: int
    rules: tuple[tuple[Json, ...], ...]


def collect_target_groups(
    api: Api, region: str, functions: Collection[Function]
) -> tuple[TargetGroup, ...] | Unavailable:
    """Read the target groups of type lambda and the load balancers before them.

    Nothing is asked where no function lets Elastic Load Balancing in. A group is internet-facing where any of
    its load balancers is, authenticated where every rule that forwards to it authenticates first, and its
    idle timeout is the shortest.
    """
    if not invokable(functions, "elasticloadbalancing"):
        return ()
    rows = listed(api.pages(DESCRIBE_TARGET_GROUPS, region, "TargetGroups"))
    if isinstance(rows, Unavailable):
        return rows
    groups = [row for row in rows if row["TargetType"] == "lambda"]
    balancers = _balancers(api, region, {arn for row in groups for arn in row["LoadBalancerArns"]})
    if isinstance(balancers, Unavailable):
        return balancers
    found: list[TargetGroup] = []
    for several in api.map(lambda row: _groups(api, region, row, balancers), groups):
        if isinstance(several, Unavailable):
            return several
        found.extend(several)
    return tuple(found)


def _groups(
    api: Api, region: str, row: Json, balancers: Mapping[str, _Balancer]
) -> list[TargetGroup] | Unavailable:
    arn = row["TargetGroupArn"]
    answer = definite(api.call(DESCRIBE_TARGET_HEALTH, region, TargetGroupArn=arn), DESCRIBE_TARGET_HEALTH)
    if isinstance(answer, Unavailable):
        return answer
    before = [balancers[name] for name in row["LoadBalancerArns"] if name in balancers]
    rules = [rule for balancer in before for rule in balancer.rules if _forwards(rule, arn)]
    return [
        TargetGroup(
            arn=arn,
            function_arn=target["Target"]["Id"],
            internet_facing=any(balancer.internet_facing for balancer in before),
            idle_timeout_s=min((balancer.idle_s for balancer in before), default=DEFAULT_IDLE_S),
            authenticated=bool(rules) and all(_authenticates(rule) for rule in rules),
        )
        for target in answer["TargetHealthDescriptions"]
    ]


def _balancers(api: Api, region: str, arns: Collection[str]) -> dict[str, _Balancer] | Unavailable:
    if not arns:
        return {}
    rows = listed(api.pages(DESCRIBE_LOAD_BALANCERS, region, "LoadBalancers"))
    if isinstance(rows, Unavailable):
        return rows
    wanted = [row for row in rows if row["LoadBalancerArn"] in arns]
    found: dict[str, _Balancer] = {}
    for row, balancer in zip(wanted, api.map(lambda row: _balancer(api, region, row), wanted), strict=True):
        if isinstance(balancer, Unavailable):
            return balancer
        found[row["LoadBalancerArn"]] = balancer
    return found


def _balancer(api: Api, region: str, row: Json) -> _Balancer | Unavailable:
    arn = row["LoadBalancerArn"]
    answer = definite(api.call(DESCRIBE_ATTRIBUTES, region, LoadBalancerArn=arn), DESCRIBE_ATTRIBUTES)
    if isinstance(answer, Unavailable):
        return answer
    listeners = listed(api.pages(DESCRIBE_LISTENERS, region, "Listeners", LoadBalancerArn=arn))
    if isinstance(listeners, Unavailable):
        return listeners
    rules: list[tuple[Json, ...]] = []
    for listener in listeners:
        several = listed(api.pages(DESCRIBE_RULES, region, "Rules", ListenerArn=listener["ListenerArn"]))
        if isinstance(several, Unavailable):
            return several
        rules.extend(tuple(rule["Actions"]) for rule in several)
    attributes = {found["Key"]: found["Value"] for found in answer["Attributes"]}
    return _Balancer(
        internet_facing=word(row.get("Scheme"), "internet-facing", "internal") == "internet-facing",
        idle_s=int(attributes[IDLE_TIMEOUT]),
        rules=tuple(rules),
    )


def _forwards(actions: Iterable[Json], group: str) -> bool:
    return any(group in _targets(action) for action in actions)


def _targets(action: Json) -> set[str]:
    """Groups to which an action forwards: AWS names a single one both in itself and in its configuration."""
    found = {one["TargetGroupArn"] for one in action.get("ForwardConfig", {}).get("TargetGroups", ())}
    if action["Type"] == FORWARDING and not found:
        hold(action, "TargetGroupArn")
    return found | {str(action.get("TargetGroupArn", ""))}


def _authenticates(actions: Iterable[Json]) -> bool:
    return any(action["Type"] in AUTHENTICATING for action in actions)
