"""Function configurations as AWS lists them, turned into records; secret values end here.

Thousands of functions have the same roles, runtimes and layers: `intern` keeps each text once.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any

from auditor.collect.names import Names
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

# Without these a configuration cannot be judged at all.
CORE = (
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
    "EphemeralStorage",
    "LastModified",
)
CORE_OF_ZIP = ("Runtime", "Handler")
LISTING = "lambda:ListFunctions"
LATEST = "$LATEST"


def hold_whole(item: Mapping[str, Any]) -> None:
    """Raise `KeyError` with the name of what a listed configuration lacks of all that AWS always sends."""
    for key in CORE if item.get("PackageType") == "Image" else (*CORE, *CORE_OF_ZIP):
        if key not in item:
            raise KeyError(key)


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
        package_type=intern(item.get("PackageType", "Zip")),
        runtime=intern(item.get("Runtime", "")),
        handler=intern(item.get("Handler", "")),
        timeout_s=item["Timeout"],
        memory_mb=item["MemorySize"],
        code_size_bytes=item["CodeSize"],
        code_sha256=intern(item["CodeSha256"]),
        description=intern(redact(item.get("Description", ""))),
        last_modified=moment(item.get("LastModified")),
        ephemeral_mb=item.get("EphemeralStorage", {}).get("Size", 512),
        architecture=intern(next(iter(item.get("Architectures", ())), "x86_64")),
        kms_key_arn=intern(item.get("KMSKeyArn", "")),
        layers=layers(item),
        vpc=vpc(item),
        tracing=tracing(item),
        logging=logging(item),
        snap_start=snap_start(item),
        dead_letter_arn=item.get("DeadLetterConfig", {}).get("TargetArn", ""),
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


def version_record(item: Mapping[str, Any], names: Names) -> PublishedVersion:
    """Return the record of a published version."""
    return PublishedVersion(
        version=item["Version"],
        runtime=intern(item.get("Runtime", "")),
        timeout_s=item["Timeout"],
        memory_mb=item["MemorySize"],
        code_sha256=intern(item["CodeSha256"]),
        code_size_bytes=item["CodeSize"],
        role_arn=intern(item["Role"]),
        last_modified=moment(item.get("LastModified")),
        layers=layers(item),
        environment=environment(item, names),
        snap_start=snap_start(item),
        description=intern(redact(item.get("Description", ""))),
        dead_letter_arn=item.get("DeadLetterConfig", {}).get("TargetArn", ""),
        tracing=tracing(item),
        handler=intern(item.get("Handler", "")),
        architecture=intern(next(iter(item.get("Architectures", ())), "x86_64")),
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
        LayerUse(arn=intern(layer["Arn"]), size_bytes=layer.get("CodeSize", 0))
        for layer in item.get("Layers", ())
    )


def vpc(item: Mapping[str, Any]) -> VpcConfig | None:
    """Return the VPC of a configuration; AWS sends empty lists where there is none."""
    given = item.get("VpcConfig", {})
    if not given.get("SubnetIds"):
        return None
    return VpcConfig(
        vpc_id=intern(given["VpcId"]),
        subnet_ids=tuple(map(intern, given["SubnetIds"])),
        security_group_ids=tuple(map(intern, given.get("SecurityGroupIds", ()))),
    )


def logging(item: Mapping[str, Any]) -> Logging | Unavailable:
    """Return the log settings; AWS always sends them, so their absence is not a default."""
    given = item.get("LoggingConfig")
    if not given or "LogFormat" not in given:
        return _left_out("LoggingConfig")
    return Logging(
        format=intern(given["LogFormat"]),
        group=intern(given.get("LogGroup", f"/aws/lambda/{item['FunctionName']}")),
        application_level=intern(given.get("ApplicationLogLevel", "")),
        system_level=intern(given.get("SystemLogLevel", "")),
    )


def tracing(item: Mapping[str, Any]) -> str | Unavailable:
    """Return the tracing mode; AWS always sends it."""
    mode = item.get("TracingConfig", {}).get("Mode")
    return intern(str(mode)) if mode else _left_out("TracingConfig")


def snap_start(item: Mapping[str, Any]) -> SnapStart | None:
    """Return SnapStart, None where the answer does not speak of it."""
    given = item.get("SnapStart")
    if not given:
        return None
    return _snap_start(given.get("ApplyOn", "None"), given.get("OptimizationStatus", "Off"))


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


def moment(value: object) -> datetime | None:
    """Return a time that AWS sends as text or as a time, None where it is neither."""
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value).replace("+0000", "+00:00"))
    except ValueError:
        return None
