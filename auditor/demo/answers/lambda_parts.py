"""lambda: what hangs on a function: policies, URLs, aliases, mappings, concurrency, signing."""

import json
from collections.abc import Callable
from typing import Any

from auditor.demo.account import World
from auditor.demo.answers.functions import find, hash_of, stamp
from auditor.demo.errors import AwsError
from auditor.demo.paging import Lazy
from auditor.demo.specs import FunctionSpec

Json = dict[str, Any]


def policy_document(world: World, spec: FunctionSpec, qualifier: str) -> Json | None:
    """Resource-based policy of one qualifier ("" is the unqualified function), None where it has none."""
    rows = [row for row in spec.policy if str(row.get("at", "")) == qualifier]
    if not rows:
        return None
    resource = f"{spec.arn}:{qualifier}" if qualifier else spec.arn
    statements = [_statement(world, row, resource, index) for index, row in enumerate(rows, 1)]
    return {"Version": "2012-10-17", "Id": "default", "Statement": statements}


def _statement(world: World, row: Json, resource: str, index: int) -> Json:
    """Write one grant as AddPermission does; `from` is a service's short name, `raw` a statement verbatim."""
    if "raw" in row:
        return {"Sid": f"grant-{index}", "Effect": "Allow", "Resource": resource, **row["raw"]}
    service = row["from"]
    statement: Json = {
        "Sid": f"{service}-{index}",
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": resource,
    }
    condition: Json = {}
    if row.get("account", service == "s3"):
        condition["StringEquals"] = {"AWS:SourceAccount": world.id}
    if "source" in row:
        condition["ArnLike"] = {"AWS:SourceArn": row["source"]}
    return {**statement, "Condition": condition} if condition else statement


def _get_policy(world: World, region: str, params: Json) -> Json:
    spec, qualifier = find(world, region, params)
    document = policy_document(world, spec, qualifier)
    if document is None:
        raise AwsError(
            "ResourceNotFoundException", "No policy is associated with the given resource.", status=404
        )
    return {"Policy": json.dumps(document), "RevisionId": f"{hash_of(spec.name):032x}"[:32]}


def _list_urls(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    return {"FunctionUrlConfigs": [_url(world, spec, row) for row in spec.urls]}


def _url(world: World, spec: FunctionSpec, row: Json) -> Json:
    on = row.get("at", "")
    label = f"{hash_of(spec.name + on):032x}"[:32]
    url = {
        "FunctionUrl": f"https://{label}.lambda-url.{spec.region}.on.aws/",
        "FunctionArn": f"{spec.arn}:{on}" if on else spec.arn,
        "AuthType": row["auth"],
        "CreationTime": stamp(world, spec.age),
        "LastModifiedTime": stamp(world, spec.changed),
        "InvokeMode": row.get("mode", "BUFFERED"),
    }
    return {**url, "Cors": row["cors"]} if "cors" in row else url


def _list_async(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    return {"FunctionEventInvokeConfigs": [_async(world, spec, row) for row in spec.asynchronous]}


def _async(world: World, spec: FunctionSpec, row: Json) -> Json:
    targets = {
        name: {"Destination": row[key]}
        for name, key in (("OnSuccess", "success"), ("OnFailure", "failure"))
        if key in row
    }
    config: Json = {
        "FunctionArn": f"{spec.arn}:{row.get('at', '$LATEST')}",
        "LastModified": world.date(spec.changed),
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}, **targets},
    }
    for name, key in (("MaximumRetryAttempts", "retries"), ("MaximumEventAgeInSeconds", "age")):
        if key in row:
            config[name] = row[key]
    return config


def _list_aliases(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    return {"Aliases": [_alias(spec, name, row) for name, row in spec.aliases.items()]}


def _alias(spec: FunctionSpec, name: str, row: Json) -> Json:
    alias: Json = {
        "AliasArn": f"{spec.arn}:{name}",
        "Name": name,
        "FunctionVersion": str(row["version"]),
        "Description": row.get("does", ""),
        "RevisionId": f"{hash_of(spec.name + name):032x}"[:32],
    }
    if "weights" in row:
        alias["RoutingConfig"] = {"AdditionalVersionWeights": {str(k): v for k, v in row["weights"].items()}}
    return alias


def _list_provisioned(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    return {
        "ProvisionedConcurrencyConfigs": [
            _provisioned(world, spec, on, row) for on, row in spec.provisioned.items()
        ]
    }


def _provisioned(world: World, spec: FunctionSpec, on: str, row: Json) -> Json:
    config = {
        "FunctionArn": f"{spec.arn}:{on}",
        "RequestedProvisionedConcurrentExecutions": row["asked"],
        "AvailableProvisionedConcurrentExecutions": row.get("ready", row["asked"]),
        "AllocatedProvisionedConcurrentExecutions": row.get("ready", row["asked"]),
        "Status": row.get("status", "READY"),
        "LastModified": stamp(world, spec.changed),
    }
    return {**config, "StatusReason": row["reason"]} if "reason" in row else config


def _get_provisioned(world: World, region: str, params: Json) -> Json:
    spec, qualifier = find(world, region, params)
    if qualifier not in spec.provisioned:
        raise AwsError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            status=404,
        )
    config = _provisioned(world, spec, qualifier, spec.provisioned[qualifier])
    return {key: value for key, value in config.items() if key != "FunctionArn"}


def _environments(world: World, region: str, params: Json) -> Json:
    spec, qualifier = find(world, region, params)
    if qualifier not in spec.environments:
        raise AwsError("ResourceNotFoundException", f"Function not found: {spec.arn}:{qualifier}", status=404)
    given = spec.environments[qualifier]
    return {
        "FunctionArn": f"{spec.arn}:{qualifier}",
        "AppliedFunctionScalingConfig": given,
        "RequestedFunctionScalingConfig": given,
    }


def _list_mappings(world: World, region: str, params: Json) -> Json:
    if "FunctionName" in params:
        specs = [find(world, region, params)[0]]
    else:
        specs = list(world.region_functions(region).values())
    source = params.get("EventSourceArn")
    rows = [
        (spec, row, index)
        for spec in specs
        for index, row in enumerate(spec.mappings)
        if source in {None, row.get("EventSourceArn")}
    ]
    return {"EventSourceMappings": Lazy(rows, lambda row: _mapping(world, *row))}


def _mapping(world: World, spec: FunctionSpec, row: Json, index: int) -> Json:
    """Lay a mapping's own keys over AWS's defaults for its kind of source."""
    uuid = f"{hash_of(spec.name + str(index)):016x}"
    uuid = f"{uuid[:8]}-{uuid[8:12]}-4{uuid[12:15]}-8000-{uuid[:12]}"
    service = row.get("EventSourceArn", "arn:aws:kafka").split(":")[2]
    on = row.get("at", "")
    mapping: Json = {
        "UUID": uuid,
        "EventSourceMappingArn": f"arn:aws:lambda:{spec.region}:{spec.account}:event-source-mapping:{uuid}",
        "FunctionArn": f"{spec.arn}:{on}" if on else spec.arn,
        "BatchSize": 10 if service == "sqs" else 100,
        "MaximumBatchingWindowInSeconds": 0,
        "State": "Enabled",
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": world.date(spec.changed),
        "FunctionResponseTypes": [],
    }
    if service in {"kinesis", "dynamodb"}:
        mapping |= {
            "StartingPosition": "TRIM_HORIZON",
            "ParallelizationFactor": 1,
            "MaximumRecordAgeInSeconds": -1,
            "MaximumRetryAttempts": -1,
            "BisectBatchOnFunctionError": False,
            "TumblingWindowInSeconds": 0,
            "DestinationConfig": {"OnFailure": {}},
            "LastProcessingResult": "OK",
        }
    if service == "kafka":
        mapping |= {"StartingPosition": "LATEST", "LastProcessingResult": "OK"}
    return {**mapping, **{key: value for key, value in row.items() if key != "at"}}


def _signing_of(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    if spec.signing is None:
        return {"FunctionName": spec.name, "CodeSigningConfigArn": ""}
    return {"FunctionName": spec.name, "CodeSigningConfigArn": _signing_arn(world, region, spec.signing)}


def _signing_arn(world: World, region: str, name: str) -> str:
    return f"arn:aws:lambda:{region}:{world.id}:code-signing-config:{world.presets['signing'][name]['id']}"


def _signing_config(world: World, region: str, name: str) -> Json:
    row = world.presets["signing"][name]
    return {
        "CodeSigningConfigId": world.presets["signing"][name]["id"],
        "CodeSigningConfigArn": _signing_arn(world, region, name),
        "Description": row["does"],
        "AllowedPublishers": {"SigningProfileVersionArns": row["profiles"]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": row["untrusted"]},
        "LastModified": stamp(world, "@-300d"),
    }


def _list_signing(world: World, region: str, _: Json) -> Json:
    used = {spec.signing for spec in world.region_functions(region).values() if spec.signing}
    return {"CodeSigningConfigs": [_signing_config(world, region, name) for name in sorted(used)]}


def _get_signing(world: World, region: str, params: Json) -> Json:
    return {"CodeSigningConfig": _signing_config(world, region, _signing_name(world, params))}


def _signing_name(world: World, params: Json) -> str:
    wanted = params["CodeSigningConfigArn"].rsplit(":", 1)[1]
    for name, row in world.presets["signing"].items():
        if row["id"] == wanted:
            return str(name)
    raise AwsError("ResourceNotFoundException", "The code signing configuration cannot be found.", status=404)


def _functions_by_signing(world: World, region: str, params: Json) -> Json:
    name = _signing_name(world, params)
    return {
        "FunctionArns": [spec.arn for spec in world.region_functions(region).values() if spec.signing == name]
    }


def _runtime_management(world: World, region: str, params: Json) -> Json:
    spec, qualifier = find(world, region, params)
    answer = {"UpdateRuntimeOn": "Auto", "FunctionArn": f"{spec.arn}:{qualifier}" if qualifier else spec.arn}
    return {**answer, **(spec.runtime_update or {})}


def _recursion(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    return {"RecursiveLoop": spec.recursion}


HANDLERS: dict[str, Callable[[World, str, Json], Json]] = {
    "lambda:GetPolicy": _get_policy,
    "lambda:ListFunctionUrlConfigs": _list_urls,
    "lambda:ListFunctionEventInvokeConfigs": _list_async,
    "lambda:ListAliases": _list_aliases,
    "lambda:ListProvisionedConcurrencyConfigs": _list_provisioned,
    "lambda:GetProvisionedConcurrencyConfig": _get_provisioned,
    "lambda:GetFunctionScalingConfig": _environments,
    "lambda:ListEventSourceMappings": _list_mappings,
    "lambda:GetFunctionCodeSigningConfig": _signing_of,
    "lambda:ListCodeSigningConfigs": _list_signing,
    "lambda:GetCodeSigningConfig": _get_signing,
    "lambda:ListFunctionsByCodeSigningConfig": _functions_by_signing,
    "lambda:GetRuntimeManagementConfig": _runtime_management,
    "lambda:GetFunctionRecursionConfig": _recursion,
}
