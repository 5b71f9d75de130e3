"""The words of the account's YAML file: what may be declared of functions, roles, usage and answers."""

from typing import Any

import msgspec

Json = dict[str, Any]
HOME = "eu-west-1"


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the declarations: a key that nobody reads is an error with its path."""


class UsageSpec(Spec, frozen=True, kw_only=True):
    """What a function does in a day. Durations and ages in milliseconds, `errors` and `throttles` a day."""

    runs: float = 0
    errors: float = 0
    throttles: float = 0
    p50: float = 0
    p95: float = 0
    p99: float = 0
    max: float = 0
    peak: float = 1
    age: float | None = None
    lag: float | None = None
    queued: float = 0
    dropped: float = 0
    async_age: float = 0
    dlq_errors: float = 0
    destination_errors: float = 0
    recursive: float = 0
    provisioned_runs: float = 0
    spillover: float = 0
    utilization: float | None = None
    log_mb: float | None = None
    log_events: float | None = None
    last_day: float = 1
    slower: float = 1
    bad_day: float = 0
    qualifier: str = ""


class ReportSpec(Spec, frozen=True, kw_only=True):
    """What a function's REPORT lines and log lines say over 14 days. Memory in MB, times in milliseconds."""

    runs: int | None = None
    used: float = 0
    used_p95: float | None = None
    cold: float = 0.01
    init: float = 250
    init_p99: float | None = None
    timeouts: int = 0
    oom: int = 0
    tmp: float | None = None
    json: float | None = None
    request_id: float | None = None


class FunctionSpec(Spec, frozen=True, kw_only=True):
    """One function. `aws` holds FunctionConfiguration keys verbatim and wins over everything else."""

    name: str
    region: str = HOME
    does: str = ""
    runtime: str | None = None
    handler: str = "app.handler"
    role: str = ""
    timeout: int = 3
    memory: int = 128
    arch: str = "x86_64"
    size_mb: float | None = None
    age: str = "@-400d"
    changed: str = "@-20d"
    env: dict[str, str] | None = None
    layers: list[str] = []
    vpc: str | None = None
    key: str | None = None
    tracing: str = "PassThrough"
    dlq: str | None = None
    log: Json = {}
    image: str | None = None
    tags: dict[str, str] | None = None
    reserved: int | None = None
    policy: list[Json] = []
    urls: list[Json] = []
    asynchronous: list[Json] = []
    versions: dict[str, Json] = {}
    aliases: dict[str, Json] = {}
    provisioned: dict[str, Json] = {}
    environments: dict[str, Json] = {}
    mappings: list[Json] = []
    signing: str | None = None
    runtime_update: Json | None = None
    recursion: str = "Terminate"
    usage: UsageSpec = UsageSpec()
    report: ReportSpec | None = None
    code: str | None = None
    aws: Json = {}
    account: str = ""

    @property
    def arn(self) -> str:
        """ARN without qualifier."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def log_group(self) -> str:
        """Name of the log group that the function writes to."""
        return str(self.log.get("group", f"/aws/lambda/{self.name}"))


class RoleSpec(Spec, frozen=True, kw_only=True):
    """One role. Statements are written without Effect where they allow."""

    name: str
    path: str = "/"
    age: str = "@-400d"
    trust: list[Json] | None = None
    inline: dict[str, list[Json]] = {}
    attached: list[str] = []
    logs: list[str] = []
    boundary: str | None = None
    used: str | None = "@-1d"
    accessed: dict[str, str | None] = {}
    actions: dict[str, dict[str, str | None]] = {}
    account: str = ""

    @property
    def arn(self) -> str:
        """ARN with path."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


class Answer(Spec, frozen=True, kw_only=True):
    """One verbatim answer, or an error, for the calls that fit."""

    region: str = "*"
    when: dict[str, str] = {}
    answer: Json = {}
    error: str = ""
    message: str = ""
    status: int = 400
