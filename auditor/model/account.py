"""Accounts, their regions, and the whole inventory."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Protocol, TypeVar

from auditor.model.changes import Change, ChangeHistory
from auditor.model.code import LayerVersion
from auditor.model.evidence import NOT_COLLECTED, DeniedBy, Record, Unavailable
from auditor.model.function import Function
from auditor.model.network import CapacityProvider, Endpoint, RouteTable, SecurityGroup, Subnet
from auditor.model.observability import Alarm, LogForwarding, LogGroup, MetricFilter
from auditor.model.role import ControlLevel, Identity, Role, RoleEvidence
from auditor.model.services import Advice, Announcement, ServiceStatus, TrustedAdvisor
from auditor.model.triggers import (
    ApiIntegration,
    Distribution,
    EventRule,
    EventSourceMapping,
    Queue,
    Schedule,
    Stream,
    Subscription,
    TargetGroup,
    Topic,
    WorkflowTask,
)

STAGES = frozenset(
    {"dev", "test", "qa", "uat", "stage", "staging", "preprod", "prod", "production", "live", "demo"}
)


def family_of(name: str) -> str:
    """Name of a function without the word for its stage: `orders-dev` and `orders-prod` are one."""
    words = name.lower().replace("_", "-").split("-")
    return "-".join(word for word in words if word not in STAGES)


class Caller(Record, frozen=True, kw_only=True):
    """Who asked: the identity that STS names."""

    account: str
    arn: str
    partition: str = "aws"


class Spending(Record, frozen=True, kw_only=True):
    """Requests that one operation took: sent, throttled and lost for good, and the estimated price in US
    dollars. `denied_by` counts the denials of which AWS said what denied them.
    """

    operation: str
    requests: int
    throttled: int = 0
    denied: int = 0
    lost: int = 0
    usd: float = 0.0
    denied_by: tuple[tuple[DeniedBy, int], ...] = ()


class Scan(Record, frozen=True, kw_only=True):
    """How the inventory came about. `interrupted` says why a run ended before its end, "" for a whole one;
    `notes` say which accounts it leaves out, and what of it an earlier run was told.
    """

    id: str
    tool_version: str
    started_at: datetime
    ended_at: datetime
    tier: str = "standard"
    interrupted: str = ""
    spending: tuple[Spending, ...] = ()
    skipped_regions: tuple[tuple[str, str], ...] = ()
    failed_accounts: tuple[tuple[str, str], ...] = ()
    filters: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Budget(Record, frozen=True, kw_only=True):
    """A cost budget; `services` is empty where it covers the whole account, `notifications` counts its
    alerts.
    """

    name: str
    limit_usd: float
    services: tuple[str, ...] = ()
    notifications: int | Unavailable = NOT_COLLECTED


class Organization(Record, frozen=True, kw_only=True):
    """The organisation of an account."""

    id: str
    management_account: str
    accounts: tuple[tuple[str, str], ...] | Unavailable = NOT_COLLECTED


class Region(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """Everything seen of one account in one region. Concurrency in execution environments, code size in
    bytes.
    """

    account: str
    name: str
    partition: str = "aws"
    functions: tuple[Function, ...] | Unavailable = NOT_COLLECTED
    concurrency_limit: int | Unavailable = NOT_COLLECTED
    unreserved_concurrency: int | Unavailable = NOT_COLLECTED
    concurrency_quota_default: bool | Unavailable = NOT_COLLECTED
    peak_concurrency: int | None | Unavailable = NOT_COLLECTED
    code_size_limit_bytes: int | Unavailable = NOT_COLLECTED
    code_size_bytes: int | Unavailable = NOT_COLLECTED
    mappings: tuple[EventSourceMapping, ...] | Unavailable = NOT_COLLECTED
    log_groups: tuple[LogGroup, ...] | Unavailable = NOT_COLLECTED
    metric_filters: tuple[MetricFilter, ...] | Unavailable = NOT_COLLECTED
    log_forwarding: tuple[LogForwarding, ...] | Unavailable = NOT_COLLECTED
    log_masking: tuple[str, ...] | Unavailable = NOT_COLLECTED
    alarms: tuple[Alarm, ...] | Unavailable = NOT_COLLECTED
    queues: tuple[Queue, ...] | Unavailable = NOT_COLLECTED
    unread_queues: tuple[tuple[str, Unavailable | None], ...] = ()
    topics: tuple[Topic, ...] | Unavailable = NOT_COLLECTED
    unread_topics: tuple[tuple[str, Unavailable | None], ...] = ()
    subscriptions: tuple[Subscription, ...] | Unavailable = NOT_COLLECTED
    streams: tuple[Stream, ...] | Unavailable = NOT_COLLECTED
    unread_streams: tuple[tuple[str, Unavailable | None], ...] = ()
    rules: tuple[EventRule, ...] | Unavailable = NOT_COLLECTED
    schedules: tuple[Schedule, ...] | Unavailable = NOT_COLLECTED
    integrations: tuple[ApiIntegration, ...] | Unavailable = NOT_COLLECTED
    target_groups: tuple[TargetGroup, ...] | Unavailable = NOT_COLLECTED
    workflow_tasks: tuple[WorkflowTask, ...] | Unavailable = NOT_COLLECTED
    unread_workflows: tuple[tuple[str, Unavailable], ...] = ()
    layers: tuple[LayerVersion, ...] | Unavailable = NOT_COLLECTED
    subnets: tuple[Subnet, ...] | Unavailable = NOT_COLLECTED
    route_tables: tuple[RouteTable, ...] | Unavailable = NOT_COLLECTED
    endpoints: tuple[Endpoint, ...] | Unavailable = NOT_COLLECTED
    security_groups: tuple[SecurityGroup, ...] | Unavailable = NOT_COLLECTED
    capacity_providers: tuple[CapacityProvider, ...] | Unavailable = NOT_COLLECTED
    services: ServiceStatus = ServiceStatus()
    changes: ChangeHistory | Unavailable = NOT_COLLECTED

    @property
    def arn(self) -> str:
        """Name of the region as a resource of findings."""
        return f"arn:{self.partition}:lambda:{self.name}:{self.account}:*"

    @cached_property
    def _mappings_by_function(self) -> dict[str, tuple[EventSourceMapping, ...]]:
        return _by_function(self.mappings)

    def mappings_of(self, function: Function) -> tuple[EventSourceMapping, ...] | Unavailable:
        """Event source mappings of a function, whatever qualifier they point to."""
        if isinstance(self.mappings, Unavailable):
            return self.mappings
        return self._mappings_by_function.get(function.arn, ())

    @cached_property
    def _rules_by_function(self) -> dict[str, tuple[EventRule, ...]]:
        return _by_function(self.rules)

    def rules_of(self, function: Function) -> tuple[EventRule, ...] | Unavailable:
        """EventBridge rules that invoke a function, whatever qualifier they point to."""
        if isinstance(self.rules, Unavailable):
            return self.rules
        return self._rules_by_function.get(function.arn, ())

    @cached_property
    def _schedules_by_function(self) -> dict[str, tuple[Schedule, ...]]:
        return _by_function(self.schedules)

    def schedules_of(self, function: Function) -> tuple[Schedule, ...] | Unavailable:
        """EventBridge Scheduler schedules that invoke a function, whatever qualifier they point to."""
        if isinstance(self.schedules, Unavailable):
            return self.schedules
        return self._schedules_by_function.get(function.arn, ())

    @cached_property
    def _subscriptions_by_function(self) -> dict[str, tuple[Subscription, ...]]:
        found: dict[str, list[Subscription]] = {}
        for one in () if isinstance(self.subscriptions, Unavailable) else self.subscriptions:
            if one.protocol == "lambda":
                found.setdefault(unqualified(one.endpoint), []).append(one)
        return {arn: tuple(several) for arn, several in found.items()}

    def subscriptions_of(self, function: Function) -> tuple[Subscription, ...] | Unavailable:
        """SNS subscriptions that invoke a function, whatever qualifier they point to."""
        if isinstance(self.subscriptions, Unavailable):
            return self.subscriptions
        return self._subscriptions_by_function.get(function.arn, ())

    @cached_property
    def _integrations_by_function(self) -> dict[str, tuple[ApiIntegration, ...]]:
        return _by_function(self.integrations)

    def integrations_of(self, function: Function) -> tuple[ApiIntegration, ...] | Unavailable:
        """API routes that invoke a function, whatever qualifier they point to."""
        if isinstance(self.integrations, Unavailable):
            return self.integrations
        return self._integrations_by_function.get(function.arn, ())

    @cached_property
    def _target_groups_by_function(self) -> dict[str, tuple[TargetGroup, ...]]:
        return _by_function(self.target_groups)

    def target_groups_of(self, function: Function) -> tuple[TargetGroup, ...] | Unavailable:
        """Load balancer target groups that invoke a function, whatever qualifier they point to."""
        if isinstance(self.target_groups, Unavailable):
            return self.target_groups
        return self._target_groups_by_function.get(function.arn, ())

    @cached_property
    def _workflow_tasks_by_function(self) -> dict[str, tuple[WorkflowTask, ...]]:
        return _by_function(self.workflow_tasks)

    def workflow_tasks_of(self, function: Function) -> tuple[WorkflowTask, ...] | Unavailable:
        """Tasks of state machines that invoke a function, whatever qualifier they name, and those that may:
        of these only the input of an execution names the function.
        """
        if isinstance(self.workflow_tasks, Unavailable):
            return self.workflow_tasks
        by_function = self._workflow_tasks_by_function
        return (*by_function.get(function.arn, ()), *by_function.get("", ()))

    @cached_property
    def _changes_by_function(self) -> dict[str, tuple[Change, ...]]:
        return _by_function(self.changes if isinstance(self.changes, Unavailable) else self.changes.changes)

    def changes_of(self, function: Function) -> tuple[Change, ...] | Unavailable:
        """The last change of a function's code and of its configuration, the later one first."""
        if isinstance(self.changes, Unavailable):
            return self.changes
        found = self._changes_by_function.get(function.arn, ())
        return tuple(sorted(found, key=lambda one: (one.at, one.is_code), reverse=True))

    @cached_property
    def recommendations(self) -> dict[str, tuple[str, int]]:
        """What Compute Optimizer finds of functions, by their ARN: its finding and the memory in MB."""
        found = self.services.compute_optimizer_findings
        rows = () if isinstance(found, Unavailable) else found
        return {unqualified(arn): (finding, memory_mb) for arn, finding, memory_mb in rows}

    @cached_property
    def log_group_writers(self) -> Counter[str]:
        """How many functions are configured to write to each log group."""
        functions = () if isinstance(self.functions, Unavailable) else self.functions
        groups = (function.log_group for function in functions)
        return Counter(group for group in groups if isinstance(group, str))

    @cached_property
    def unread_log_group(self) -> Unavailable | None:
        """Why the log group of some function is not known, so that `log_group_writers` may lack it."""
        if isinstance(self.functions, Unavailable):
            return self.functions
        groups = (function.log_group for function in self.functions)
        return next((group for group in groups if isinstance(group, Unavailable)), None)

    @cached_property
    def functions_by_code(self) -> dict[tuple[str, str], dict[str, list[str]]]:
        """Names of the functions that run the same code (hash of the package) by the same handler, in
        groups of those that differ by the word for their stage alone.
        """
        found: dict[tuple[str, str], dict[str, list[str]]] = {}
        for function in () if isinstance(self.functions, Unavailable) else self.functions:
            families = found.setdefault((function.code_sha256, function.handler), {})
            families.setdefault(family_of(function.name), []).append(function.name)
        return found

    @cached_property
    def _log_groups_by_name(self) -> dict[str, LogGroup]:
        return (
            {}
            if isinstance(self.log_groups, Unavailable)
            else {group.name: group for group in self.log_groups}
        )

    def log_group_named(self, name: str) -> LogGroup | None | Unavailable:
        """Log group of a name, None where there is none."""
        return (
            self.log_groups
            if isinstance(self.log_groups, Unavailable)
            else self._log_groups_by_name.get(name)
        )

    @cached_property
    def _queues_by_arn(self) -> dict[str, Queue | None | Unavailable]:
        found: dict[str, Queue | None | Unavailable] = dict(self.unread_queues)
        if not isinstance(self.queues, Unavailable):
            found.update({queue.arn: queue for queue in self.queues})
        return found

    def queue(self, arn: str) -> Queue | None | Unavailable:
        """A queue that some function names; None where SQS says that it does not exist."""
        if isinstance(self.queues, Unavailable):
            return self.queues
        return self._queues_by_arn.get(arn, NOT_COLLECTED)

    @cached_property
    def _topics_by_arn(self) -> dict[str, Topic | None | Unavailable]:
        found: dict[str, Topic | None | Unavailable] = dict(self.unread_topics)
        if not isinstance(self.topics, Unavailable):
            found.update({topic.arn: topic for topic in self.topics})
        return found

    def topic(self, arn: str) -> Topic | None | Unavailable:
        """A topic that some function or alarm names; None where SNS says that it does not exist."""
        if isinstance(self.topics, Unavailable):
            return self.topics
        return self._topics_by_arn.get(arn, NOT_COLLECTED)

    @cached_property
    def _streams_by_arn(self) -> dict[str, Stream | None | Unavailable]:
        found: dict[str, Stream | None | Unavailable] = dict(self.unread_streams)
        if not isinstance(self.streams, Unavailable):
            found.update({stream.arn: stream for stream in self.streams})
        return found

    def stream(self, arn: str) -> Stream | None | Unavailable:
        """A stream that some mapping reads; None where its service says that it does not exist."""
        if isinstance(self.streams, Unavailable):
            return self.streams
        return self._streams_by_arn.get(arn, NOT_COLLECTED)

    @cached_property
    def _layers_by_arn(self) -> dict[str, LayerVersion]:
        return {} if isinstance(self.layers, Unavailable) else {layer.arn: layer for layer in self.layers}

    def layer(self, arn: str) -> LayerVersion | Unavailable:
        """A layer version that some function mounts."""
        if isinstance(self.layers, Unavailable):
            return self.layers
        return self._layers_by_arn.get(arn, NOT_COLLECTED)

    def capacity_provider(self, arn: str) -> CapacityProvider | Unavailable:
        """A capacity provider that some function names."""
        if isinstance(self.capacity_providers, Unavailable):
            return self.capacity_providers
        return next((one for one in self.capacity_providers if one.arn == arn), NOT_COLLECTED)


class Account(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """Everything seen of one account. `lambda_bill_usd` is what Cost Explorer says that Lambda cost in the 30
    days before the scan, in US dollars. `service_control` are the levels of the organisation above the
    account and the account itself, empty where no service control policy applies to it: outside an
    organisation, and in its management account.
    """

    id: str
    partition: str = "aws"
    alias: str | Unavailable = NOT_COLLECTED
    caller: Caller | Unavailable = NOT_COLLECTED
    regions: tuple[Region, ...] = ()
    roles: tuple[RoleEvidence, ...] = ()
    identities: tuple[Identity, ...] | Unavailable = NOT_COLLECTED
    distributions: tuple[Distribution, ...] | Unavailable = NOT_COLLECTED
    budgets: tuple[Budget, ...] | Unavailable = NOT_COLLECTED
    anomaly_monitors: int | Unavailable = NOT_COLLECTED
    announcements: tuple[Announcement, ...] | Unavailable = NOT_COLLECTED
    trusted_advisor: TrustedAdvisor | Unavailable = NOT_COLLECTED
    lambda_bill_usd: float | Unavailable = NOT_COLLECTED
    organization: Organization | None | Unavailable = NOT_COLLECTED
    service_control: tuple[ControlLevel, ...] | Unavailable = NOT_COLLECTED

    @property
    def arn(self) -> str:
        """Name of the account as a resource of findings."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    @cached_property
    def _roles_by_arn(self) -> dict[str, Role | None | Unavailable]:
        return {evidence.arn: evidence.role for evidence in self.roles}

    def role(self, arn: str) -> Role | None | Unavailable:
        """The role at an ARN; None where IAM says that it does not exist."""
        return self._roles_by_arn.get(arn, NOT_COLLECTED)

    @cached_property
    def _advice_by_resource(self) -> dict[tuple[str, str], Advice]:
        found = self.trusted_advisor
        rows = () if isinstance(found, Unavailable) else found.flagged
        return {(one.resource, one.check): one for one in rows}

    def advice(self, function: Function, check: str) -> Advice | None:
        """What a check of Trusted Advisor flags of a function; None says nothing about the function."""
        return self._advice_by_resource.get((function.arn, check))

    @cached_property
    def functions_by_role(self) -> dict[str, tuple[Function, ...]]:
        """Functions of all regions by the ARN of their execution role."""
        found: dict[str, list[Function]] = {}
        for region in self.regions:
            for function in () if isinstance(region.functions, Unavailable) else region.functions:
                found.setdefault(function.role_arn, []).append(function)
        return {arn: tuple(functions) for arn, functions in found.items()}

    @cached_property
    def users_by_role(self) -> dict[str, tuple[tuple[Function, Region], ...]]:
        """Functions that run under a role, themselves or in a published version, with their regions."""
        found: dict[str, list[tuple[Function, Region]]] = {}
        for region in self.regions:
            for function in () if isinstance(region.functions, Unavailable) else region.functions:
                for arn in _roles_of(function):
                    found.setdefault(arn, []).append((function, region))
        return {arn: tuple(users) for arn, users in found.items()}


def _roles_of(function: Function) -> set[str]:
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    return {function.role_arn, *(version.role_arn for version in versions)}


class Inventory(Record, frozen=True, kw_only=True):
    """All that a scan saw: the only input of everything after collection."""

    scan: Scan
    accounts: tuple[Account, ...]
    schema_version: int = 1


def unqualified(function_arn: str) -> str:
    """ARN of a function without its qualifier."""
    return ":".join(function_arn.split(":")[:7])


class _PointsToFunction(Protocol):
    @property
    def function_arn(self) -> str: ...


T = TypeVar("T", bound=_PointsToFunction)


def _by_function(rows: Iterable[T] | Unavailable) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for row in () if isinstance(rows, Unavailable) else rows:
        found.setdefault(unqualified(row.function_arn), []).append(row)
    return {arn: tuple(several) for arn, several in found.items()}
