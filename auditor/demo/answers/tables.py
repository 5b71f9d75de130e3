"""Services whose answers are rows of a table in AWS's own shape, listed, filtered or looked up by a key."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from auditor.demo.account import World
from auditor.demo.errors import AwsError

Json = dict[str, Any]


class Rows(NamedTuple):
    """An operation that lists `table` under `key`.

    `lists` maps a list parameter to the row key that it selects, `equal` a plain parameter to one; a row key
    that starts with `_` is only there to be selected by. `scalar` lists the bare values of one row key.
    """

    table: str
    key: str
    lists: Mapping[str, str] = {}
    equal: Mapping[str, str] = {}
    scalar: str = ""
    missing: str = ""


class One(NamedTuple):
    """An operation that describes one row of `table`, under `key` ("" is the answer itself)."""

    table: str
    key: str
    equal: Mapping[str, str]
    missing: str = "ResourceNotFoundException"
    status: int = 404


_EC2_FILTERS = {
    "vpc-id": "VpcId",
    "subnet-id": "SubnetId",
    "group-id": "GroupId",
    "association.subnet-id": "",
}

TABLES: Mapping[str, Rows | One] = {
    "ec2:DescribeRegions": Rows("regions", "Regions", {"RegionNames": "RegionName"}),
    "ec2:DescribeSubnets": Rows(
        "subnets", "Subnets", {"SubnetIds": "SubnetId"}, missing="InvalidSubnetID.NotFound"
    ),
    "ec2:DescribeVpcs": Rows("vpcs", "Vpcs", {"VpcIds": "VpcId"}, missing="InvalidVpcID.NotFound"),
    "ec2:DescribeRouteTables": Rows("route_tables", "RouteTables", {"RouteTableIds": "RouteTableId"}),
    "ec2:DescribeVpcEndpoints": Rows("endpoints", "VpcEndpoints", {"VpcEndpointIds": "VpcEndpointId"}),
    "ec2:DescribeSecurityGroups": Rows(
        "security_groups", "SecurityGroups", {"GroupIds": "GroupId"}, missing="InvalidGroup.NotFound"
    ),
    "events:ListEventBuses": Rows("buses", "EventBuses"),
    "scheduler:ListSchedules": Rows("schedules", "Schedules", equal={"GroupName": "GroupName"}),
    "scheduler:GetSchedule": One("schedules", "", {"Name": "Name"}),
    "apigateway:GetRestApis": Rows("rest_apis", "items"),
    "apigateway:GetStages": Rows("rest_stages", "item", equal={"restApiId": "_api"}),
    "apigatewayv2:GetApis": Rows("http_apis", "Items"),
    "apigatewayv2:GetRoutes": Rows("http_routes", "Items", equal={"ApiId": "_api"}),
    "apigatewayv2:GetIntegrations": Rows("http_integrations", "Items", equal={"ApiId": "_api"}),
    "elbv2:DescribeTargetGroups": Rows(
        "target_groups", "TargetGroups", {"TargetGroupArns": "TargetGroupArn"}
    ),
    "elbv2:DescribeLoadBalancers": Rows(
        "load_balancers", "LoadBalancers", {"LoadBalancerArns": "LoadBalancerArn"}
    ),
    "elbv2:DescribeListeners": Rows("listeners", "Listeners", equal={"LoadBalancerArn": "LoadBalancerArn"}),
    "elbv2:DescribeRules": Rows("listener_rules", "Rules", equal={"ListenerArn": "_listener"}),
    "kinesis:DescribeStreamSummary": One(
        "streams",
        "StreamDescriptionSummary",
        {"StreamName": "StreamName", "StreamARN": "StreamARN"},
        status=400,
    ),
    "dynamodbstreams:DescribeStream": One(
        "table_streams", "StreamDescription", {"StreamArn": "StreamArn"}, status=400
    ),
    "dynamodb:DescribeTable": One("dynamodb_tables", "Table", {"TableName": "TableName"}, status=400),
    "application-autoscaling:DescribeScalableTargets": Rows(
        "scalable_targets",
        "ScalableTargets",
        {"ResourceIds": "ResourceId"},
        {"ServiceNamespace": "ServiceNamespace", "ScalableDimension": "ScalableDimension"},
    ),
    "kms:ListAliases": Rows("key_aliases", "Aliases", equal={"KeyId": "TargetKeyId"}),
    "kms:DescribeKey": One("keys", "KeyMetadata", {"KeyId": "Arn"}, "NotFoundException", 400),
    "cloudformation:ListStacks": Rows("stacks", "StackSummaries", {"StackStatusFilter": "StackStatus"}),
    "cloudformation:DescribeStacks": Rows("stacks", "Stacks", equal={"StackName": "StackName"}),
    "ecr:DescribeRepositories": Rows(
        "repositories",
        "repositories",
        {"repositoryNames": "repositoryName"},
        missing="RepositoryNotFoundException",
    ),
    "secretsmanager:ListSecrets": Rows("secrets", "SecretList"),
    "ssm:DescribeParameters": Rows("parameters", "Parameters"),
    "cloudtrail:DescribeTrails": Rows("trails", "trailList", {"trailNameList": "Name"}),
    "logs:DescribeAccountPolicies": Rows(
        "account_policies", "accountPolicies", equal={"policyType": "policyType"}
    ),
    "codepipeline:ListPipelines": Rows("pipelines", "pipelines"),
    "lambda:GetCapacityProvider": One(
        "capacity_providers", "CapacityProvider", {"CapacityProviderName": "CapacityProviderArn"}
    ),
    "xray:GetSamplingRules": Rows("sampling_rules", "SamplingRuleRecords"),
}

PRUNED = (*TABLES, "events:ListRules", "apigateway:GetResources")
"""Operations of this module: their rows are cut to the operation's shape."""


def _rows(rows: Rows, world: World, region: str, params: Json) -> Json:
    found = [row for row in world.rows(rows.table, region) if _equal(row, rows.equal, params)]
    for name, key in rows.lists.items():
        wanted = params.get(name)
        if wanted:
            known = {row[key] for row in found}
            lost = [item for item in wanted if item not in known]
            if lost and rows.missing:
                raise AwsError(rows.missing, f"The ID '{lost[0]}' does not exist")
            found = [row for row in found if row[key] in wanted]
    for narrowed in params.get("Filters") or []:
        found = [row for row in found if _passes(row, narrowed)]
    return {rows.key: [row[rows.scalar] for row in found] if rows.scalar else found}


def _passes(row: Json, narrowed: Any) -> bool:  # noqa: ANN401 - filters of several services
    key = _EC2_FILTERS.get(narrowed.get("Name", ""))
    return key is None or row.get(key) in narrowed.get("Values", [])


def _one(one: One, world: World, region: str, params: Json) -> Json:
    for row in world.rows(one.table, region):
        if _equal(row, one.equal, params):
            return {one.key: row} if one.key else dict(row)
    raise AwsError(one.missing, "The resource that you requested does not exist.", status=one.status)


def _equal(row: Json, equal: Mapping[str, str], params: Json) -> bool:
    return all(name not in params or row.get(key) == params[name] for name, key in equal.items())


def _handler(table: Rows | One) -> Callable[[World, str, Json], Json]:
    if isinstance(table, Rows):
        return lambda world, region, params: _rows(table, world, region, params)
    return lambda world, region, params: _one(table, world, region, params)


def _list_rules(world: World, region: str, params: Json) -> Json:
    bus = params.get("EventBusName", "default").rsplit("/", 1)[-1]
    return {"Rules": [row for row in world.rows("rules", region) if row["EventBusName"] == bus]}


def _resources(world: World, region: str, params: Json) -> Json:
    """List resources; without `embed=methods` their methods are only named."""
    rows = [row for row in world.rows("rest_resources", region) if row["_api"] == params["restApiId"]]
    if "methods" in params.get("embed", ()):
        return {"items": rows}
    named = [
        {**row, "resourceMethods": {verb: {} for verb in row.get("resourceMethods", ())}} for row in rows
    ]
    return {"items": named}


def _targets_by_rule(world: World, region: str, params: Json) -> Json:
    for row in world.rows("rules", region):
        if row["Name"] == params["Rule"] and row.get("EventBusName") == params.get("EventBusName", "default"):
            return {"Targets": row.get("targets", [])}
    raise AwsError("ResourceNotFoundException", f"Rule {params['Rule']} does not exist.")


def _rules_by_target(world: World, region: str, params: Json) -> Json:
    return {
        "RuleNames": [
            row["Name"]
            for row in world.rows("rules", region)
            if any(target["Arn"] == params["TargetArn"] for target in row.get("targets", []))
        ]
    }


def _integration(world: World, region: str, params: Json) -> Json:
    for row in world.rows("rest_resources", region):
        if row["_api"] == params["restApiId"] and row["id"] == params["resourceId"]:
            method = row.get("resourceMethods", {}).get(params["httpMethod"])
            if method and "methodIntegration" in method:
                return dict(method["methodIntegration"])
    raise AwsError("NotFoundException", "Invalid Integration identifier specified", status=404)


def _target_health(world: World, region: str, params: Json) -> Json:
    for row in world.rows("target_groups", region):
        if row["TargetGroupArn"] == params["TargetGroupArn"]:
            return {
                "TargetHealthDescriptions": [
                    {
                        "Target": {"Id": arn},
                        "TargetHealth": {"State": "unavailable", "Reason": "Target.HealthCheckDisabled"},
                    }
                    for arn in row.get("_targets", [])
                ]
            }
    raise AwsError("TargetGroupNotFound", "One or more target groups not found")


HANDLERS: dict[str, Callable[[World, str, Json], Json]] = {
    **{operation: _handler(table) for operation, table in TABLES.items()},
    "events:ListRules": _list_rules,
    "apigateway:GetResources": _resources,
    "events:ListTargetsByRule": _targets_by_rule,
    "events:ListRuleNamesByTarget": _rules_by_target,
    "apigateway:GetIntegration": _integration,
    "elbv2:DescribeTargetHealth": _target_health,
}
