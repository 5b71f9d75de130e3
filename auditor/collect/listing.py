"""Function configurations as AWS lists them, turned into records; secret values end here.

Thousands of functions have the same roles, runtimes and layers: `intern` keeps each text once.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any

from auditor.collect.names import Names
from auditor.collect.shapes import hold
from auditor.model import (
    FileSystem,
    Function,
    LayerUse,
    Logging,
    PublishedVersion,
    Reason,
    SecretVerdict,
    SnapStart,
    Unavailable,
    Variable,
    VpcConfig,
)
from auditor.secrets import redact, variable

# What AWS sends of every configuration. What it sends of some kinds of function alone, readers demand.
# https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
CONFIGURATION = (
    "FunctionName",
    "FunctionArn",
    "Role",
    "Timeout",
    "MemorySize",
    "CodeSize",
    "CodeSha256",
    "Version",
    "PackageType",
    "Architectures",
    "Architectures[]",
    "EphemeralStorage",
    "EphemeralStorage.Size",
    "LastModified",
    "Layers[].Arn",
    "Layers[].CodeSize",
    "VpcConfig.SubnetIds",
    "VpcConfig.SecurityGroupIds",
    "SnapStart.ApplyOn",
    "SnapStart.OptimizationStatus",
    "FileSystemConfigs[].Arn",
    "FileSystemConfigs[].LocalMountPath",
    "CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig",
    "CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig.CapacityProviderArn",
    "TenancyConfig.TenantIsolationMode",
    "RuntimeConfig.RuntimeArn",
)
LISTING = "lambda:ListFunctions"
# https://docs.aws.amazon.com/lambda/latest/api/API_TracingConfigResponse.html
TRACING = ("Active", "PassThrough")
LATEST = "$LATEST"


def function_record(item: Mapping[str, Any], names: Names) -> Function:
    """Return the record of a listed `$LATEST` configuration."""
    arn = intern(str(item["FunctionArn"]).removesuffix(f":{LATEST}"))
    parts = [intern(part) for part in arn.split(":")]
    capacity = item.get("CapacityProviderConfig", {}).get("LambdaManagedInstancesCapacityProviderConfig", {})
    durable = item.get("DurableConfig", {})
    return Function(
        arn=arn,
        name=item["FunctionName"],
        account=parts[4],
        region=parts[3],
        partition=parts[1],
        role_arn=intern(item["Role"]),
        package_type=intern(item["PackageType"]),
        runtime=_of_zip(item, "Runtime"),
        handler=_of_zip(item, "Handler"),
        timeout_s=item["Timeout"],
        memory_mb=item["MemorySize"],
        code_size_bytes=item["CodeSize"],
        code_sha256=intern(item["CodeSha256"]),
        description=intern(redact(item.get("Description", ""))),
        last_modified=moment(item["LastModified"]),
        ephemeral_mb=item["EphemeralStorage"]["Size"],
        architecture=intern(item["Architectures"][0]),
        kms_key_arn=intern(item.get("KMSKeyArn", "")),
        layers=layers(item),
        vpc=vpc(item),
        tracing=tracing(item),
        logging=logging(item),
        snap_start=snap_start(item),
        dead_letter_arn=_dead_letter_arn(item),
        file_systems=tuple(
            FileSystem(arn=found["Arn"], mount_path=found["LocalMountPath"])
            for found in item.get("FileSystemConfigs", ())
        ),
        environment=environment(item, names),
        edge_master_arn=item.get("MasterArn", ""),
        signing_profile_version_arn=item.get("SigningProfileVersionArn", ""),
        capacity_provider_arn=capacity.get("CapacityProviderArn", ""),
        max_concurrency_per_environment=capacity.get("PerExecutionEnvironmentMaxConcurrency"),
        durable_execution_timeout_s=durable.get("ExecutionTimeout"),
        durable_retention_days=durable.get("RetentionPeriodInDays"),
        tenant_isolation=item.get("TenancyConfig", {}).get("TenantIsolationMode", ""),
        custom_runtime_arn=item.get("RuntimeConfig", {}).get("RuntimeArn", ""),
    )


def _of_zip(item: Mapping[str, Any], name: str) -> str:
    """Return what every package has but a container image, which needs none."""
    if item["PackageType"] != "Image":
        hold(item, name)
    return intern(item.get(name, ""))


def _dead_letter_arn(item: Mapping[str, Any]) -> str:
    """Return where failed events go, "" where AWS sends no such settings, or empty ones."""
    return str(item["DeadLetterConfig"]["TargetArn"]) if item.get("DeadLetterConfig") else ""


def version_record(item: Mapping[str, Any], names: Names) -> PublishedVersion:
    """Return the record of a published version."""
    return PublishedVersion(
        version=item["Version"],
        runtime=_of_zip(item, "Runtime"),
        timeout_s=item["Timeout"],
        memory_mb=item["MemorySize"],
        code_sha256=intern(item["CodeSha256"]),
        code_size_bytes=item["CodeSize"],
        role_arn=intern(item["Role"]),
        last_modified=moment(item["LastModified"]),
        layers=layers(item),
        environment=environment(item, names),
        snap_start=snap_start(item),
        description=intern(redact(item.get("Description", ""))),
        dead_letter_arn=_dead_letter_arn(item),
        tracing=tracing(item),
        handler=_of_zip(item, "Handler"),
        architecture=intern(item["Architectures"][0]),
    )


def environment(item: Mapping[str, Any], names: Names) -> tuple[Variable, ...] | Unavailable:
    """Return the variables as facts; `Unavailable` where Lambda could not decrypt them."""
    given = item.get("Environment", {})
    failure = given.get("Error")
    if failure:
        return Unavailable(
            reason=Reason.ACCESS_DENIED,
            operation="kms:Decrypt",
            code=str(failure.get("ErrorCode", "")),
            note="Lambda could not decrypt the environment",
        )
    if "Environment" in item and "Variables" not in given:
        return _left_out("Variables")
    values = given.get("Variables", {})
    return tuple(_variable(name, str(values[name]), names) for name in sorted(values))


def _variable(name: str, value: str, names: Names) -> Variable:
    found = variable(name, value)
    if found.verdict is SecretVerdict.CLEAR:
        return found
    return variable(name, value, known_names=names())


def layers(item: Mapping[str, Any]) -> tuple[LayerUse, ...]:
    """Return the layer versions that a configuration mounts."""
    return tuple(
        LayerUse(arn=intern(layer["Arn"]), size_bytes=layer["CodeSize"]) for layer in item.get("Layers", ())
    )


def vpc(item: Mapping[str, Any]) -> VpcConfig | None:
    """Return the VPC of a configuration; AWS sends empty lists where there is none."""
    given = item.get("VpcConfig", {})
    if not given.get("SubnetIds"):
        return None
    return VpcConfig(
        vpc_id=intern(given["VpcId"]),
        subnet_ids=tuple(map(intern, given["SubnetIds"])),
        security_group_ids=tuple(map(intern, given["SecurityGroupIds"])),
    )


def logging(item: Mapping[str, Any]) -> Logging | Unavailable:
    """Return the log settings; AWS always sends them, so their absence is not a default."""
    given = item.get("LoggingConfig", {})
    if not given.get("LogFormat") or not given.get("LogGroup"):
        return _left_out("LoggingConfig")
    return Logging(
        format=intern(given["LogFormat"]),
        group=intern(given["LogGroup"]),
        application_level=intern(given.get("ApplicationLogLevel", "")),
        system_level=intern(given.get("SystemLogLevel", "")),
    )


def tracing(item: Mapping[str, Any]) -> str | Unavailable:
    """Return the tracing mode; AWS always sends one of the two that there are."""
    mode = item.get("TracingConfig", {}).get("Mode")
    return intern(mode) if mode in TRACING else _left_out("TracingConfig")


def snap_start(item: Mapping[str, Any]) -> SnapStart | None:
    """Return SnapStart, None where the answer does not speak of it."""
    given = item.get("SnapStart")
    if not given:
        return None
    return _snap_start(given["ApplyOn"], given["OptimizationStatus"])


@lru_cache(maxsize=16)
def _snap_start(apply_on: str, status: str) -> SnapStart:
    return SnapStart(apply_on=apply_on, status=status)


def _left_out(field: str) -> Unavailable:
    return Unavailable(
        reason=Reason.MALFORMED_RESPONSE,
        operation=LISTING,
        code="MissingField",
        note=f"the answer lacks {field}",
    )


def moment(text: str) -> datetime:
    """Return a time that AWS sends as text. Raises `ValueError` where it is none."""
    return datetime.fromisoformat(text.replace("+0000", "+00:00"))
