"""What the auditor may ask AWS: every operation is declared beside its collector, and nothing else is ever
sent.
"""

from enum import Enum
from functools import cache
from importlib import import_module

from auditor.model import Reason, Record, Unavailable

COLLECTORS = (
    "session",
    "names",
    "functions",
    "policies",
    "versions",
    "concurrency",
    "instances",
    "triggers",
    "layers",
    "roles",
    "last_accessed",
    "unused_access",
    "service_control",
    "metrics",
    "usage",
    "logs",
    "log_policies",
    "alarms",
    "network",
    "queues",
    "account",
    "members",
    "cost",
    "health",
    "advisor",
    "events",
    "integrations",
    "balancers",
    "services",
    "changes",
    "graphql",
    "distributions",
    "workflows",
    "reports",
)


class Tier(Enum):
    """How much a scan asks: bulk calls, one or two calls a function, or everything."""

    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"

    @property
    def rank(self) -> int:
        """Place in the order, 0 for the least."""
        return list(Tier).index(self)

    def covers(self, other: "Tier") -> bool:
        """Whether a scan of this tier asks what belongs to another."""
        return self.rank >= other.rank


class Operation(Record, frozen=True, kw_only=True):
    """One operation of the AWS API.

    `service` and `name` are botocore's, `actions` the IAM actions that it needs, the telling one first.
    `requires` are the members that AWS always sends, as paths (`Items[].Cors.MaxAge`: wherever `Cors` stands,
    it holds a `MaxAge`): an answer without one of them, or with an empty one, is not whole. `absent` are the
    documented error codes that mean "there is none". `family` names the request quota that it counts against,
    where `pace` does not know one by the operation's name. `page_size` is the number of rows to ask for in a
    page, 0 for AWS's default. An operation with `is_global` is asked in one region for the whole account; one
    with `is_early` may be asked before its answer is needed.
    """

    service: str
    name: str
    actions: tuple[str, ...]
    tier: Tier = Tier.STANDARD
    requires: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    family: str = ""
    page_size: int = 0
    is_global: bool = False
    is_early: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Service and name, as the guard knows it."""
        return self.service, self.name

    @property
    def label(self) -> str:
        """The operation as findings name it: its first IAM action."""
        return self.actions[0] if self.actions else f"{self.service}:{self.name}"

    @property
    def bucket(self) -> str:
        """The request quota that the operation counts against."""
        return self.family or self.service


def each(parent: str, names: str) -> tuple[str, ...]:
    """Return the paths of several members of one parent, named in a row."""
    return tuple(f"{parent}.{name}" for name in names.split())


@cache
def not_asked(operation: Operation) -> Unavailable:
    """Say that a tier leaves an operation out: one word for all functions."""
    return Unavailable(
        reason=Reason.NOT_COLLECTED,
        operation=operation.label,
        note=f"not collected: needs --tier {operation.tier.value}",
    )


@cache
def declared() -> tuple[Operation, ...]:
    """Return every operation that some collector declares, each once."""
    found: dict[tuple[str, str], Operation] = {}
    for name in COLLECTORS:
        for operation in import_module(f"auditor.collect.{name}").OPERATIONS:
            found.setdefault(operation.key, operation)
    return tuple(found.values())
