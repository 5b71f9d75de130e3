"""What findings about a role's policies are made of: one record, and the words that they share."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from auditor.iam import actions
from auditor.iam.actions import Level
from auditor.iam.conditions import Caller
from auditor.iam.patterns import arn, arn_intersects, plain
from auditor.iam.privileges import Grant, place
from auditor.model import PolicyKind, Record
from auditor.verdict import Severity


class Overreach(Record, frozen=True, kw_only=True):
    """One place of a policy that grants more than it has to.

    `text` is one sentence on what the place reaches, with counts; `fix` the narrowest change that ends it.
    `actions` are the actions meant, as AWS writes them; `statement` is 0 where a whole policy is meant.
    """

    severity: Severity
    policy: str
    text: str
    fix: str
    statement: int = 0
    sid: str = ""
    written: str = ""
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Policy and statement, as a message names them."""
        return place(self.policy, self.statement, self.sid) if self.statement else self.policy


class _Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str
    actions: tuple[str, ...]


class _Names(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str
    names: tuple[str, ...]


class _Successors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str
    names: dict[str, str]


class _Sensitive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    runtime: _Listed
    execution_policies: _Names
    deprecated_policies: _Successors
    secrets: _Listed
    data: _Listed
    exposure: _Listed
    credentials: _Listed


@cache
def sensitive() -> _Sensitive:
    """The lists of `sensitive.yaml`."""
    return msgspec.yaml.decode(files("auditor.iam").joinpath("sensitive.yaml").read_bytes(), type=_Sensitive)


@cache
def runtime_keys() -> frozenset[str]:
    """Keys of the actions that a function needs to run at all."""
    return frozenset(action.lower() for action in sensitive().runtime.actions)


@cache
def sensitive_keys() -> frozenset[str]:
    """Keys of every action that reads secrets or data, opens resources, or returns credentials."""
    lists = sensitive()
    listed = (
        *lists.secrets.actions,
        *lists.data.actions,
        *lists.exposure.actions,
        *lists.credentials.actions,
    )
    return frozenset(action.lower() for action in listed) | {"iam:passrole", "sts:assumerole"}


def by_aws(grant: Grant) -> bool:
    """Whether a grant comes from a policy that AWS made for execution roles."""
    return grant.kind is PolicyKind.AWS_MANAGED and grant.policy in sensitive().execution_policies.names


def by_statement(grants: Iterable[Grant]) -> list[tuple[Grant, ...]]:
    """Grants grouped by the statement they come from, in the order met."""
    groups: dict[tuple[str, PolicyKind, int], list[Grant]] = {}
    for grant in grants:
        groups.setdefault((grant.policy, grant.kind, grant.statement), []).append(grant)
    return [tuple(group) for group in groups.values()]


def overreach(severity: Severity, group: tuple[Grant, ...], *, text: str, fix: str) -> Overreach:
    """An overreach of the statement that a group of grants shares."""
    first = group[0]
    return Overreach(
        severity=severity,
        policy=first.policy,
        statement=first.statement,
        sid=first.sid,
        written=first.written,
        text=text,
        fix=fix,
        actions=tuple(grant.action for grant in group),
        resources=tuple(dict.fromkeys(written for grant in group for written in grant.resources)),
        notes=tuple(dict.fromkeys(note for grant in group for note in grant.notes)),
    )


def counted(grants: tuple[Grant, ...]) -> str:
    """How many actions of each access level, as in `3 Write and 1 Permissions management`."""
    counts = {level: sum(grant.level is level for grant in grants) for level in reversed(Level)}
    parts = [f"{count:,} {level.value}" for level, count in counts.items() if count]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def number(count: int, noun: str) -> str:
    """A count with its noun, as in `1 action` and `2,000 actions`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def some(names: Iterable[str], limit: int = 5) -> str:
    """The first few of many names, with the number of the rest."""
    listed = list(dict.fromkeys(names))
    rest = len(listed) - limit
    return ", ".join(listed[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def arns_wanted(grants: Iterable[Grant], caller: Caller, limit: int = 3) -> str:
    """The first few forms of ARN that a narrower Resource would hold for some grants, in the caller's
    account.
    """
    forms: list[str] = []
    for grant in grants:
        form = _form(grant, caller)
        if form and form not in forms:
            forms.append(form)
        if len(forms) == limit:
            break
    return ", ".join(forms)


def _form(grant: Grant, caller: Caller) -> str:
    action = actions.find(grant.key)
    if action is None or not action.types:
        return ""
    written = tuple(arn(plain(one)) for one in grant.resources if one != "*")
    fitting = (kind for kind in action.types if any(arn_intersects(kind.pattern, one) for one in written))
    form = next(fitting, actions.main_types(action)[0]).arn
    for name, value in (("Partition", caller.partition), ("Account", caller.account)):
        form = form.replace(f"${{{name}}}", value) if value != "*" else form
    return form


def whole_service(pattern: str) -> bool:
    """Whether a pattern as written stands for all actions of its service, or of every service."""
    folded = plain(pattern)
    return folded == "*" or folded.partition(":")[2] == "*"
