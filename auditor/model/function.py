"""A Lambda function, its published versions and what is configured on them."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import msgspec

from auditor.model.code import CodeFacts
from auditor.model.evidence import NOT_COLLECTED, Record, Unavailable
from auditor.model.role import ResourcePolicy
from auditor.model.usage import LogSample, LogUsage, ReportLines, Usage


class Tag(Record, frozen=True, kw_only=True):
    """One resource tag. What the classifier takes for a secret is stored as `***secret***`."""

    key: str
    value: str


class SecretVerdict(Enum):
    """What the classifier says of one value: a secret, perhaps one, or not one."""

    FAIL = "fail"
    WARN = "warn"
    CLEAR = "clear"


class Variable(Record, frozen=True, kw_only=True):
    """One environment variable, reduced to facts. The value itself is never stored.

    `size_bytes` counts name and value in UTF-8, as the 4 KB limit does. `refers_to` is the value where it
    is an ARN, an AWS resource URL or a `{{resolve:…}}`/`ssm:` reference, which name a resource and hold no
    secret. `setting` is the value of a few well-known public switches (LOG_LEVEL, POWERTOOLS_*,
    AWS_LAMBDA_EXEC_WRAPPER, DD_LAMBDA_HANDLER …), else "".
    """

    name: str
    verdict: SecretVerdict
    rule: str = ""
    kind: str = ""
    length_bucket: str = ""
    public_prefix: str = ""
    fingerprint: str = ""
    size_bytes: int = 0
    encrypted: bool = False
    refers_to: str = ""
    setting: str = ""


class Logging(Record, frozen=True, kw_only=True):
    """LoggingConfig. `format` is `Text` or `JSON`; levels are "" where AWS sets none (they need JSON)."""

    format: str
    group: str
    application_level: str = ""
    system_level: str = ""


class VpcConfig(Record, frozen=True, kw_only=True):
    """The VPC a function is attached to."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


class LayerUse(Record, frozen=True, kw_only=True):
    """A layer version that a function mounts. `size_bytes` is the zipped size."""

    arn: Annotated[str, msgspec.Meta(pattern=r"^[^:]+(:[^:]*){5}:[^:]+:\d+$")]
    size_bytes: int = 0

    @property
    def account(self) -> str:
        """Account that publishes the layer."""
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """Name of the layer without its version."""
        return self.arn.split(":")[6]

    @property
    def layer_arn(self) -> str:
        """ARN of the layer without its version."""
        return self.arn.rsplit(":", 1)[0]

    @property
    def version(self) -> int:
        """Number of the layer version."""
        return int(self.arn.rsplit(":", 1)[1])


class SnapStart(Record, frozen=True, kw_only=True):
    """SnapStart: `apply_on` is `None` or `PublishedVersions`, `status` `On` or `Off`."""

    apply_on: str
    status: str


class FileSystem(Record, frozen=True, kw_only=True):
    """A mounted file system access point."""

    arn: str
    mount_path: str


class DeploymentState(Record, frozen=True, kw_only=True):
    """State and last update of a function, with AWS's reason codes ("" where there is none)."""

    state: str
    reason_code: str = ""
    reason: str = ""
    last_update_status: str = ""
    last_update_reason_code: str = ""


class FunctionUrl(Record, frozen=True, kw_only=True):
    """A function URL. `qualifier` is "" for the unqualified function, else an alias."""

    qualifier: str
    auth_type: str
    url: str = ""
    invoke_mode: str = ""
    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    allow_credentials: bool = False


class AsyncConfig(Record, frozen=True, kw_only=True):
    """Asynchronous invocation settings of one qualifier; `None` means the service default (2 retries,
    21,600 s).
    """

    qualifier: str
    max_retries: int | None = None
    max_age_s: int | None = None
    on_failure_arn: str = ""
    on_success_arn: str = ""


class Alias(Record, frozen=True, kw_only=True):
    """An alias; `extra_weights` are the shares (0 to 1) of versions beside the main one."""

    name: str
    version: str
    description: str = ""
    extra_weights: tuple[tuple[str, float], ...] = ()


class ProvisionedConcurrency(Record, frozen=True, kw_only=True):
    """Provisioned concurrency of one alias or version, in execution environments."""

    qualifier: str
    requested: int
    allocated: int = 0
    available: int = 0
    status: str = ""
    status_reason: str = ""
    scaled: bool | Unavailable = NOT_COLLECTED


class EnvironmentLimits(Record, frozen=True, kw_only=True):
    """How many execution environments Managed Instances keep of one version; `None` means AWS's default."""

    qualifier: str
    least: int | None = None
    most: int | None = None


class RuntimeManagement(Record, frozen=True, kw_only=True):
    """How runtime patches reach a function: `Auto`, `FunctionUpdate` or `Manual`."""

    update_on: str
    runtime_version_arn: str = ""
    qualifier: str = ""


class CodeSigning(Record, frozen=True, kw_only=True):
    """The code signing configuration of a function; `untrusted` is `Enforce` or `Warn`."""

    arn: str
    untrusted: str


class ImageFacts(Record, frozen=True, kw_only=True):
    """A container image: where it is, whether its repository scans and locks tags, and when it was pushed."""

    uri: str
    resolved_uri: str = ""
    pushed_at: datetime | None | Unavailable = NOT_COLLECTED
    scan_on_push: bool | Unavailable = NOT_COLLECTED
    immutable_tags: bool | Unavailable = NOT_COLLECTED
    scan_findings: tuple[tuple[str, int], ...] | Unavailable = NOT_COLLECTED


class PublishedVersion(Record, frozen=True, kw_only=True):
    """A published version, with the settings that are frozen into it. `code` is asked for where the version
    is in use and its package is not that of `$LATEST`.
    """

    version: str
    runtime: str
    timeout_s: int
    memory_mb: int
    code_sha256: str
    code_size_bytes: int
    role_arn: str
    last_modified: datetime | None = None
    layers: tuple[LayerUse, ...] = ()
    environment: tuple[Variable, ...] | Unavailable = ()
    snap_start: SnapStart | None = None
    description: str = ""
    dead_letter_arn: str | Unavailable = NOT_COLLECTED
    tracing: str | Unavailable = NOT_COLLECTED
    handler: str = ""
    architecture: str = "x86_64"
    code: CodeFacts | Unavailable = NOT_COLLECTED


class Function(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """A function as `$LATEST` has it, and everything else that was asked about it.

    `runtime` and `handler` are "" for container images. `policies`, `urls` and `async_configs` hold one
    entry for each
    qualifier that has one: "" is the unqualified function. `edge_master_arn` is set on Lambda@Edge replicas.
    """

    arn: str
    name: str
    account: str
    region: str
    role_arn: str
    package_type: str
    runtime: str
    handler: str
    timeout_s: int
    memory_mb: int
    code_size_bytes: int
    code_sha256: str
    description: str = ""
    partition: str = "aws"
    last_modified: datetime | None = None
    ephemeral_mb: int = 512
    architecture: str = "x86_64"
    kms_key_arn: str = ""
    layers: tuple[LayerUse, ...] = ()
    vpc: VpcConfig | None = None
    tracing: str | Unavailable = "PassThrough"
    logging: Logging | Unavailable = NOT_COLLECTED
    snap_start: SnapStart | None = None
    dead_letter_arn: str | Unavailable = ""
    file_systems: tuple[FileSystem, ...] = ()
    environment: tuple[Variable, ...] | Unavailable = ()
    edge_master_arn: str = ""
    signing_profile_version_arn: str = ""
    capacity_provider_arn: str = ""
    max_concurrency_per_environment: int | None = None
    durable_execution_timeout_s: int | None = None
    durable_retention_days: int | None = None
    tenant_isolation: str = ""
    custom_runtime_arn: str = ""

    # What GetFunction adds to a listing.
    tags: tuple[Tag, ...] | Unavailable = NOT_COLLECTED
    reserved_concurrency: int | None | Unavailable = NOT_COLLECTED
    state: DeploymentState | Unavailable = NOT_COLLECTED
    image: ImageFacts | None | Unavailable = None

    # one call each, asked where other evidence does not already answer
    policies: tuple[ResourcePolicy, ...] | Unavailable = NOT_COLLECTED
    urls: tuple[FunctionUrl, ...] | Unavailable = NOT_COLLECTED
    async_configs: tuple[AsyncConfig, ...] | Unavailable = NOT_COLLECTED
    aliases: tuple[Alias, ...] | Unavailable = NOT_COLLECTED
    versions: tuple[PublishedVersion, ...] | Unavailable = NOT_COLLECTED
    provisioned: tuple[ProvisionedConcurrency, ...] | Unavailable = NOT_COLLECTED
    environment_limits: tuple[EnvironmentLimits, ...] | Unavailable = NOT_COLLECTED
    code_signing: CodeSigning | None | Unavailable = NOT_COLLECTED
    runtime_management: tuple[RuntimeManagement, ...] | Unavailable = NOT_COLLECTED
    recursive_loop: str | Unavailable = NOT_COLLECTED
    durable_failures: int | None | Unavailable = NOT_COLLECTED

    # measured
    usage: Usage | Unavailable = NOT_COLLECTED
    log_usage: LogUsage | Unavailable = NOT_COLLECTED
    report_lines: ReportLines | Unavailable = NOT_COLLECTED
    log_sample: LogSample | Unavailable = NOT_COLLECTED
    code: CodeFacts | Unavailable = NOT_COLLECTED

    @property
    def log_group(self) -> str | Unavailable:
        """Name of the log group that the function writes to."""
        if isinstance(self.logging, Unavailable):
            return self.logging
        return self.logging.group

    @property
    def is_image(self) -> bool:
        """Whether the function is a container image."""
        return self.package_type == "Image"

    @property
    def is_edge_replica(self) -> bool:
        """Whether this is a Lambda@Edge replica of a function in us-east-1."""
        return bool(self.edge_master_arn)

    @property
    def is_managed_instance(self) -> bool:
        """Whether the function runs on Lambda Managed Instances."""
        return bool(self.capacity_provider_arn)

    @property
    def is_durable(self) -> bool:
        """Whether the function is a durable function."""
        return self.durable_execution_timeout_s is not None

    def tag(self, key: str) -> str | None | Unavailable:
        """Value of a tag, None where the function does not carry it."""
        if isinstance(self.tags, Unavailable):
            return self.tags
        return next((tag.value for tag in self.tags if tag.key == key), None)
