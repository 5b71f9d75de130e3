"""lambda: functions and their configurations."""

from typing import Any

from auditor.demo import packages
from auditor.demo.account import World
from auditor.demo.errors import AwsError
from auditor.demo.paging import Lazy
from auditor.demo.specs import FunctionSpec

Json = dict[str, Any]
# ListFunctions and ListVersionsByFunction leave these out:
# https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
_NOT_LISTED = (
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "RuntimeVersionConfig",
)


def find(world: World, region: str, params: Json) -> tuple[FunctionSpec, str]:
    """Return the function and the qualifier ("" where none) that a call is about, or raise not-found."""
    asked = params["FunctionName"]
    qualifier = params.get("Qualifier", "")
    name = asked
    if asked.startswith("arn:"):
        name, _, tail = asked.split(":function:")[1].partition(":")
        qualifier = qualifier or tail
    spec = world.region_functions(region).get(name)
    if spec is None:
        arn = f"arn:aws:lambda:{region}:{world.id}:function:{name}"
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", status=404)
    return spec, qualifier


def configuration(world: World, spec: FunctionSpec, version: str = "$LATEST") -> Json:
    """Make the FunctionConfiguration of a version, state included."""
    frozen = spec.versions.get(version, {})
    package = packages.facts(spec, frozen.get("code", spec.code))
    config: Json = {
        "FunctionName": spec.name,
        "FunctionArn": spec.arn if version == "$LATEST" else f"{spec.arn}:{version}",
        "Role": _role_arn(world, spec),
        "CodeSize": package.size,
        "CodeSha256": package.sha256,
        "Description": frozen.get("does", spec.does),
        "Timeout": frozen.get("timeout", spec.timeout),
        "MemorySize": frozen.get("memory", spec.memory),
        "LastModified": stamp(world, frozen.get("changed", spec.changed)),
        "Version": version,
        "TracingConfig": {"Mode": spec.tracing},
        "RevisionId": f"{abs(hash_of(spec.name + version)):032x}"[:32],
        "PackageType": "Image" if spec.image else "Zip",
        "Architectures": [spec.arch],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": _logging(spec),
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    if not spec.image:
        config["Runtime"] = frozen.get("runtime", spec.runtime)
        config["Handler"] = spec.handler
        config["RuntimeVersionConfig"] = {
            "RuntimeVersionArn": f"arn:aws:lambda:{spec.region}::runtime:demo0123"
        }
    config.update(_optional(world, spec, frozen))
    config.update(spec.aws)
    config.update(frozen.get("aws", {}))
    return config


def listed(config: Json) -> Json:
    """Leave out what listings do not show."""
    return {key: value for key, value in config.items() if key not in _NOT_LISTED}


def stamp(world: World, date: str) -> str:
    """Write a date as Lambda does."""
    return world.date(date).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def hash_of(text: str) -> int:
    """Give a number that is the same in every run."""
    return int(packages.digest(text.encode()).hex()[:16], 16)


def _role_arn(world: World, spec: FunctionSpec) -> str:
    role = world.roles.get(spec.role)
    return role.arn if role else f"arn:aws:iam::{world.id}:role/{spec.role}"


def _logging(spec: FunctionSpec) -> Json:
    config = {"LogFormat": spec.log.get("format", "Text"), "LogGroup": spec.log_group}
    if config["LogFormat"] == "JSON":
        config["ApplicationLogLevel"] = spec.log.get("level", "INFO")
        config["SystemLogLevel"] = spec.log.get("system", "INFO")
    return config


def _optional(world: World, spec: FunctionSpec, frozen: Json) -> Json:
    config: Json = {}
    env = frozen.get("env", spec.env)
    if env is not None:
        config["Environment"] = {"Variables": dict(env)}
    if spec.key:
        config["KMSKeyArn"] = spec.key
    if spec.layers and not spec.image:
        config["Layers"] = [
            {"Arn": world.presets["layers"].get(name, name), "CodeSize": 2_400_000} for name in spec.layers
        ]
    if spec.vpc:
        config["VpcConfig"] = dict(world.presets["vpcs"][spec.vpc])
    if spec.dlq:
        config["DeadLetterConfig"] = {"TargetArn": spec.dlq}
    return config


def _list_functions(world: World, region: str, params: Json) -> Json:
    rows = world.versions.get((region, params.get("FunctionVersion") == "ALL"), [])
    return {"Functions": Lazy(rows, lambda row: listed(configuration(world, *row)))}


def resolve(spec: FunctionSpec, qualifier: str) -> str:
    """Version that a qualifier leads to, or not-found."""
    if qualifier in {"", "$LATEST"}:
        return "$LATEST"
    if qualifier in spec.aliases:
        return str(spec.aliases[qualifier]["version"])
    if qualifier in spec.versions:
        return qualifier
    raise AwsError("ResourceNotFoundException", f"Function not found: {spec.arn}:{qualifier}", status=404)


def _get_function(world: World, region: str, params: Json) -> Json:
    spec, qualifier = find(world, region, params)
    version = resolve(spec, qualifier)
    answer: Json = {"Configuration": configuration(world, spec, version), "Code": _code(spec, version)}
    if spec.tags:
        answer["Tags"] = dict(spec.tags)
    if spec.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": spec.reserved}
    return answer


def _code(spec: FunctionSpec, version: str) -> Json:
    if spec.image:
        repository = spec.image.rsplit("@", 1)[0].rsplit(":", 1)[0]
        digest = packages.digest(spec.image.encode()).hex()
        resolved = spec.image if "@" in spec.image else f"{repository}@sha256:{digest}"
        return {"RepositoryType": "ECR", "ImageUri": spec.image, "ResolvedImageUri": resolved}
    code = spec.versions.get(version, {}).get("code", spec.code)
    return {"RepositoryType": "S3", "Location": packages.location(spec, code)}


def _get_configuration(world: World, region: str, params: Json) -> Json:
    spec, qualifier = find(world, region, params)
    return configuration(world, spec, resolve(spec, qualifier))


def _list_versions(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    return {
        "Versions": [listed(configuration(world, spec, version)) for version in ("$LATEST", *spec.versions)]
    }


def _list_tags(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, {"FunctionName": params["Resource"]})
    return {"Tags": dict(spec.tags or {})}


def _concurrency(world: World, region: str, params: Json) -> Json:
    spec, _ = find(world, region, params)
    return {} if spec.reserved is None else {"ReservedConcurrentExecutions": spec.reserved}


def _account_settings(world: World, region: str, _: Json) -> Json:
    specs = world.region_functions(region).values()
    limits: dict[str, int] = world.presets["limits"]
    limit = limits.get(region, limits["default"])
    reserved = sum(spec.reserved or 0 for spec in specs)
    stored = world.presets["stored"].get(region) or sum(
        packages.facts(spec, spec.code).size * (1 + len(spec.versions)) for spec in specs if not spec.image
    )
    return {
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": limit,
            "UnreservedConcurrentExecutions": limit - reserved,
        },
        "AccountUsage": {"TotalCodeSize": stored, "FunctionCount": len(specs)},
    }


def _coverage(world: World, region: str, _: Json) -> Json:
    """Functions as Inspector knows them: those that do not run it scans no more, and images not at all."""
    return {
        "coveredResources": [
            {
                "accountId": world.id,
                "resourceId": f"{spec.arn}:$LATEST",
                "resourceType": "AWS_LAMBDA_FUNCTION",
                "scanType": "PACKAGE",
                "scanStatus": {"statusCode": "ACTIVE", "reason": "SUCCESSFUL"}
                if spec.usage.runs
                else {"statusCode": "INACTIVE", "reason": "SCAN_ELIGIBILITY_EXPIRED"},
            }
            for spec in world.region_functions(region).values()
            if not spec.image
        ]
    }


HANDLERS = {
    "lambda:ListFunctions": _list_functions,
    "inspector2:ListCoverage": _coverage,
    "lambda:GetFunction": _get_function,
    "lambda:GetFunctionConfiguration": _get_configuration,
    "lambda:ListVersionsByFunction": _list_versions,
    "lambda:ListTags": _list_tags,
    "lambda:GetFunctionConcurrency": _concurrency,
    "lambda:GetAccountSettings": _account_settings,
}
