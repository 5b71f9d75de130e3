"""Execution roles and policies, parsed into statements."""

from datetime import datetime
from enum import Enum

from auditor.model.evidence import NOT_COLLECTED, Record, Unavailable


class Condition(Record, frozen=True, kw_only=True):
    """One key of a statement's Condition block: operator, key and values as written (bool and numbers as
    text).

    The value of a key that is itself a credential (`sts:ExternalId`, `lambda:EventSourceToken`,
    `aws:Referer`) is `***`.
    """

    operator: str
    key: str
    values: tuple[str, ...]


class Principal(Record, frozen=True, kw_only=True):
    """A principal of a resource-based or trust policy: `kind` is `AWS`, `Service`, `Federated`,
    `CanonicalUser` or `*`.
    """

    kind: str
    value: str


class Statement(Record, frozen=True, kw_only=True):
    """One policy statement. Either side of Action/NotAction, Resource/NotResource, Principal/NotPrincipal
    may be empty.

    `index` counts from 1 within the document, as messages name it.
    """

    index: int
    effect: str
    sid: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    conditions: tuple[Condition, ...] = ()


class PolicyKind(Enum):
    """Where a policy lives."""

    INLINE = "inline"
    CUSTOMER_MANAGED = "customer-managed"
    AWS_MANAGED = "aws-managed"
    SERVICE_CONTROL = "service-control"


class Policy(Record, frozen=True, kw_only=True):
    """An identity policy (or boundary) and its statements, of the default version."""

    name: str
    kind: PolicyKind
    arn: str = ""
    statements: tuple[Statement, ...] | Unavailable = NOT_COLLECTED


class ResourcePolicy(Record, frozen=True, kw_only=True):
    """The resource-based policy of one qualifier ("" is the unqualified function) or layer version."""

    qualifier: str
    statements: tuple[Statement, ...]


class ServiceUse(Record, frozen=True, kw_only=True):
    """When a role last used a service, and the actions that IAM tracks one by one (None: never in the
    tracking period).
    """

    service: str
    last_used: datetime | None = None
    tracked_actions: tuple[tuple[str, datetime | None], ...] = ()


class LastAccessed(Record, frozen=True, kw_only=True):
    """Last-accessed data of a role: every service its policies allow."""

    generated_at: datetime
    services: tuple[ServiceUse, ...]


class UnusedPermission(Record, frozen=True, kw_only=True):
    """Permissions of one service that Access Analyzer found unused: these actions, all of the service's where
    none is named. `last_used` is when the service was, None for never in the tracking period.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionDetails.html
    """

    service: str
    actions: tuple[str, ...] = ()
    last_used: datetime | None = None


class UnusedAccess(Record, frozen=True, kw_only=True):
    """Active findings of an analyzer of unused access about a role: `findings` are their ids, `days` the
    analyzer's tracking period, `role_unused` whether one says that nobody assumed the role in it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
    """

    analyzer_arn: str
    days: int
    findings: tuple[str, ...] = ()
    role_unused: bool = False
    permissions: tuple[UnusedPermission, ...] = ()


class ControlLevel(Record, frozen=True, kw_only=True):
    """Service control policies attached to one target: the organisation's root, an organisational unit, or
    the account. Each level has to allow an action by itself, and a Deny at any takes it away.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """

    target: str
    policies: tuple[Policy, ...]


class Role(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """An IAM role with all of its policies. `policies` covers inline and attached ones; a policy whose
    document could
    not be read carries `Unavailable` statements, and the whole is `Unavailable` where the list itself could
    not be read. `unused_access` is None where no analyzer of unused access looks at the account.
    """

    arn: str
    name: str
    path: str = "/"
    created_at: datetime | None = None
    trust: tuple[Statement, ...] | Unavailable = NOT_COLLECTED
    policies: tuple[Policy, ...] | Unavailable = NOT_COLLECTED
    boundary: Policy | None | Unavailable = NOT_COLLECTED
    last_used: datetime | None | Unavailable = NOT_COLLECTED
    last_accessed: LastAccessed | Unavailable = NOT_COLLECTED
    unused_access: UnusedAccess | None | Unavailable = NOT_COLLECTED


class Identity(Record, frozen=True, kw_only=True):
    """A user or role (`kind`) of the account whose policies speak of changing or invoking functions.

    The policies, those of a user's groups among them, and the boundary are cut down to what they say of that.
    `administrator` is whether some statement allows everything.
    """

    arn: str
    name: str
    kind: str
    administrator: bool | Unavailable = False
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None | Unavailable = None


class RoleEvidence(Record, frozen=True, kw_only=True):
    """What was found at a role ARN that a function names: the role, None where IAM says it does not exist,
    or why not.
    """

    arn: str
    role: Role | None | Unavailable
