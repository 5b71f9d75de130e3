"""lambda: layers and their versions."""

import json
from typing import Any

from auditor.demo import packages
from auditor.demo.account import World
from auditor.demo.answers.functions import hash_of
from auditor.demo.errors import AwsError

Json = dict[str, Any]


def _list_layers(world: World, region: str, _: Json) -> Json:
    own = [row for row in world.rows("layers", region) if f":{world.id}:" in row["arn"]]
    newest: dict[str, Json] = {}
    for row in own:
        name = row["arn"].rsplit(":", 1)[0]
        if name not in newest or _number(row) > _number(newest[name]):
            newest[name] = row
    return {
        "Layers": [
            {"LayerName": arn.rsplit(":", 1)[1], "LayerArn": arn, "LatestMatchingVersion": _version(row)}
            for arn, row in newest.items()
        ]
    }


def _list_versions(world: World, region: str, params: Json) -> Json:
    name = params["LayerName"]
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{world.id}:layer:{name}"
    rows = [row for row in world.rows("layers", region) if row["arn"].rsplit(":", 1)[0] == arn]
    rows.sort(key=_number, reverse=True)
    return {"LayerVersions": [_version(row) for row in rows]}


def _number(row: Json) -> int:
    return int(row["arn"].rsplit(":", 1)[1])


def _version(row: Json) -> Json:
    return {
        "LayerVersionArn": row["arn"],
        "Version": _number(row),
        "Description": row.get("does", ""),
        "CreatedDate": row["created"].strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "CompatibleRuntimes": row.get("runtimes", []),
        "CompatibleArchitectures": row.get("architectures", ["x86_64", "arm64"]),
    }


def _find(world: World, region: str, params: Json) -> Json:
    if "Arn" in params:
        arn = params["Arn"]
    else:
        name = params["LayerName"]
        base = name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{world.id}:layer:{name}"
        arn = f"{base}:{params['VersionNumber']}"
    for row in world.rows("layers", region):
        if row["arn"] == arn:
            return row
    raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", status=404)


def _get(world: World, region: str, params: Json) -> Json:
    row = _find(world, region, params)
    facts = packages.layer_facts(row["arn"], row.get("code"))
    return {
        **_version(row),
        "LayerArn": row["arn"].rsplit(":", 1)[0],
        "Content": {
            "Location": packages.layer_location(row["arn"], row.get("code")),
            "CodeSha256": facts.sha256,
            "CodeSize": facts.size,
        },
    }


def _policy(world: World, region: str, params: Json) -> Json:
    row = _find(world, region, params)
    if "policy" not in row:
        raise AwsError(
            "ResourceNotFoundException", "No policy is associated with the given resource.", status=404
        )
    document = {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [{**row["policy"], "Resource": row["arn"]}],
    }
    return {"Policy": json.dumps(document), "RevisionId": f"{hash_of(row['arn']):032x}"[:32]}


HANDLERS = {
    "lambda:ListLayers": _list_layers,
    "lambda:ListLayerVersions": _list_versions,
    "lambda:GetLayerVersion": _get,
    "lambda:GetLayerVersionByArn": _get,
    "lambda:GetLayerVersionPolicy": _policy,
}
