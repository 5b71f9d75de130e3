"""What a role may do, as records that checks can ask."""

from collections.abc import Iterator
from functools import cached_property

from auditor.iam import actions
from auditor.iam.conditions import Caller, Narrowing
from auditor.iam.patterns import arn, arn_matches, has_variable, plain
from auditor.model import EvidenceMissingError, PolicyKind, Reason, Record, Statement, Unavailable, known


class Room(Record, frozen=True, kw_only=True):
    """Resources that something else leaves a grant: those that some pattern matches and no excluded one
    does.
    """

    patterns: tuple[str, ...]
    excluded: tuple[str, ...] = ()

    def holds(self, resource: str) -> bool:
        """Whether a resource ARN is among them. A policy variable may be anything where it grants, and is
        nothing where it takes away.
        """
        taken = tuple(pattern for pattern in self.excluded if not has_variable(plain(pattern)))
        return _any_matches(self.patterns, resource) and not _any_matches(taken, resource)


class Grant(Record, frozen=True, kw_only=True, gc=False):
    """One action that one statement of one policy grants, after Deny, boundary and service control policies.

    `action` is as AWS writes it, `key` the same in lower case, `documented` whether the action data know it,
    `written` the pattern of the statement that matched. `resources` are the statement's patterns that concern
    the action, `breadth` the widest of what is left of them (0 to 3, see `scope`), `broad` tells that it
    reaches every resource of a type or more, with no condition that pins the target, `sole` that the
    action takes no other resource than `*`, `negated` that the statement has NotResource. `within` holds
    further sets of rooms of which each has to have one that holds the resource (boundary, Deny with
    NotResource), `excluded` patterns that an unconditional Deny takes out. `notes` are sentences on what
    narrows the grant without ending it.
    """

    action: str
    key: str
    level: actions.Level
    documented: bool
    policy: str
    kind: PolicyKind
    statement: int
    sid: str
    written: str
    resources: tuple[str, ...]
    breadth: float
    broad: bool
    narrowing: Narrowing = Narrowing.NONE
    sole: bool = False
    negated: bool = False
    passed_to: tuple[str, ...] = ()
    not_passed_to: tuple[str, ...] = ()
    within: tuple[tuple[Room, ...], ...] = ()
    excluded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """Service prefix of the action."""
        return self.key.partition(":")[0]

    @property
    def place(self) -> str:
        """Policy and statement, as a message names them."""
        return place(self.policy, self.statement, self.sid)

    def reaches(self, resource: str) -> bool:
        """Whether the grant matches one resource ARN; policy variables may be anything."""
        if self.sole:
            return True
        own = Room(patterns=self.resources, excluded=self.excluded)
        return own.holds(resource) and all(
            any(room.holds(resource) for room in rooms) for rooms in self.within
        )


def place(policy: str, statement: int, sid: str) -> str:
    """Policy and statement, as a message names them."""
    return f"{policy}, statement {statement}" + (f" ({sid})" if sid else "")


def _any_matches(patterns: tuple[str, ...], resource: str) -> bool:
    named = arn(plain(resource))
    return any(arn_matches(arn(plain(pattern)), named) for pattern in patterns)


def _may_grant(statement: Statement, key: str) -> bool:
    if statement.effect != "Allow":
        return False
    if statement.not_actions:
        return not actions.covered(key, statement.not_actions)
    return actions.covered(key, statement.actions)


class Missing(Record, frozen=True, kw_only=True):
    """A part of the evidence that could not be read: a policy's document, the boundary, the service control
    policies.
    """

    part: str
    why: Unavailable


class Rule(Record, frozen=True, kw_only=True):
    """A statement with the policy that it stands in."""

    policy: str
    kind: PolicyKind
    arn: str
    statement: Statement

    @property
    def place(self) -> str:
        """Policy and statement, as a message names them."""
        return place(self.policy, self.statement.index, self.statement.sid)


class Privileges(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """Everything that a role may do by its identity policies.

    `rules` are the readable statements as written, `unread` policies whose document could not be read (they
    may grant more), `boundary_unread` a boundary that could not (it may take away), `control_unread`
    service control policies that were not evaluated (they may take away; severity is never lowered for
    them).
    """

    caller: Caller
    role_name: str
    grants: tuple[Grant, ...]
    rules: tuple[Rule, ...]
    unread: tuple[Missing, ...] = ()
    boundary_unread: Missing | None = None
    control_unread: Missing | None = None

    @cached_property
    def by_action(self) -> dict[str, tuple[Grant, ...]]:
        """Grants by the action's name in lower case."""
        index: dict[str, list[Grant]] = {}
        for grant in self.grants:
            index.setdefault(grant.key, []).append(grant)
        return {action: tuple(grants) for action, grants in index.items()}

    @cached_property
    def services(self) -> dict[str, int]:
        """Number of granted actions by service prefix."""
        counts: dict[str, int] = {}
        for action in self.by_action:
            service = action.partition(":")[0]
            counts[service] = counts.get(service, 0) + 1
        return counts

    def of(self, action: str) -> tuple[Grant, ...]:
        """Grants of an action, its name in any case."""
        return self.by_action.get(action.lower(), ())

    def allows(self, action: str, resource: str = "") -> bool | Unavailable:
        """Whether the role may do an action on a resource ARN, or on any resource at all where none is
        named.

        A grant under a condition counts: it may apply. `Unavailable` where a part that was not read could
        turn the answer: a policy for a no, the boundary for a yes.
        """
        granted = any(not resource or grant.reaches(resource) for grant in self.of(action))
        if granted:
            return self.boundary_unread.why if self.boundary_unread else True
        if self.unread:
            return self.unread[0].why
        return self._of_unknown(action) if actions.find(action) is None else False

    def _of_unknown(self, action: str) -> bool | Unavailable:
        # Expansion covers what the data know; a pattern may cover an action that they do not.
        if any(_may_grant(rule.statement, action.lower()) for rule in self.rules):
            return Unavailable(reason=Reason.NOT_SUPPORTED, operation=action, note="not in the action data")
        return False

    def broad(self, action: str) -> tuple[Grant, ...]:
        """Grants of an action that reach every resource of a type, or more."""
        return tuple(grant for grant in self.of(action) if grant.broad)

    def sure(self) -> Iterator[Grant]:
        """All grants; raises `EvidenceMissingError` where the boundary was not read, since it may take any
        away.
        """
        if self.boundary_unread and self.grants:
            known(self.boundary_unread.why)
        return iter(self.grants)

    def conclude(self) -> None:
        """Say that nothing was found: raises `EvidenceMissingError` where a policy that was not read may
        hold more.
        """
        if self.unread:
            raise EvidenceMissingError(self.unread[0].why)
