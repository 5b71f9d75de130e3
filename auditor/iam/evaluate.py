"""A role's policies, judged together as IAM judges them: what is left after Deny, boundary and service
control.

The order follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html:
an Allow in any policy grants, a Deny in any takes away, a boundary and service control policies only ever
take away.
"""

from collections.abc import Iterator
from datetime import date

import msgspec

from auditor.iam import actions
from auditor.iam.actions import Action
from auditor.iam.conditions import Caller, Narrowing, read_allow
from auditor.iam.limits import Scoped, Share, after_deny, keys_of, scoped, share_of, under
from auditor.iam.privileges import Grant, Missing, Privileges, Rule
from auditor.iam.scope import WHOLE_TYPE
from auditor.model import (
    NOT_COLLECTED,
    ControlLevel,
    Policy,
    Record,
    Role,
    Statement,
    Unavailable,
    known,
)

Controls = tuple[ControlLevel, ...] | Unavailable


def privileges(role: Role, *, as_of: date, controls: Controls = NOT_COLLECTED) -> Privileges:
    """What a role may do on a day, across all of its policies, under the service control policies above it.

    Raises `EvidenceMissingError` where the list of its policies was not read. A single policy, the boundary
    or the service control policies that were not read are told in the result.
    """
    caller = caller_of(role, as_of=as_of)
    policies = known(role.policies)
    rules = _rules(policies)
    boundary, boundary_unread = _boundary(role)
    levels, control_unread = _service_control(controls)
    above = (boundary, *levels)
    limits = _Limits(
        caller=caller,
        denies=tuple(scoped(rule) for part in (rules, *above) for rule in part if _denies(rule)),
        ceilings=tuple(
            tuple(scoped(rule) for rule in level if not _denies(rule))
            for level in ((boundary, *levels) if _stands(role, boundary_unread) else levels)
            if not any(map(_allows_everything, level))
        ),
    )
    return Privileges(
        caller=caller,
        role_name=role.name,
        grants=tuple(grant for rule in rules if not _denies(rule) for grant in _granted(rule, limits)),
        rules=rules,
        unread=tuple(
            Missing(part=f"policy {policy.name}", why=policy.statements)
            for policy in policies
            if isinstance(policy.statements, Unavailable)
        ),
        boundary_unread=boundary_unread,
        control_unread=control_unread,
    )


def _stands(role: Role, unread: Missing | None) -> bool:
    """Whether the role has a boundary, and it was read."""
    return isinstance(role.boundary, Policy) and unread is None


def caller_of(role: Role, *, as_of: date) -> Caller:
    """The role as the caller of its functions' requests."""
    parts = role.arn.split(":")
    told = len(parts) >= len(("arn", "partition", "iam", "", "account", "role"))
    return Caller(
        role_arn=role.arn,
        partition=parts[1] if told else "*",
        account=parts[4] if told else "*",
        as_of=as_of,
    )


class _Limits(Record, frozen=True, kw_only=True):
    """What may take away from an Allow. A ceiling is a set of rules of which one has to allow the action as
    well.
    """

    caller: Caller
    denies: tuple[Scoped, ...]
    ceilings: tuple[tuple[Scoped, ...], ...]


class _About(Record, frozen=True, kw_only=True):
    """The denies and, ceiling by ceiling, the allowing rules that are about one action."""

    denies: tuple[Rule, ...]
    ceilings: tuple[tuple[Rule, ...], ...]
    conditional: bool


def _denies(rule: Rule) -> bool:
    return rule.statement.effect == "Deny"


def _allows_everything(rule: Rule) -> bool:
    """Whether a rule of a ceiling takes nothing away, and its ceiling with it: as FullAWSAccess does."""
    statement = rule.statement
    whole = {"*", "*:*"} & set(statement.actions) and "*" in statement.resources
    return statement.effect == "Allow" and bool(whole) and not statement.conditions


def _rules(policies: tuple[Policy, ...]) -> tuple[Rule, ...]:
    return tuple(
        Rule(policy=policy.name, kind=policy.kind, arn=policy.arn, statement=statement)
        for policy in policies
        if not isinstance(policy.statements, Unavailable)
        for statement in policy.statements
    )


def _boundary(role: Role) -> tuple[tuple[Rule, ...], Missing | None]:
    if role.boundary is None:
        return (), None
    if isinstance(role.boundary, Unavailable):
        return (), Missing(part="permissions boundary", why=role.boundary)
    if isinstance(role.boundary.statements, Unavailable):
        return (), Missing(part=f"permissions boundary {role.boundary.name}", why=role.boundary.statements)
    return _rules((role.boundary,)), None


def _service_control(controls: Controls) -> tuple[tuple[tuple[Rule, ...], ...], Missing | None]:
    """The rules of each level that was read whole; what was read of the others still denies."""
    part = "service control policies"
    if isinstance(controls, Unavailable):
        return (), Missing(part=part, why=controls)
    levels = tuple(_level(level) for level in controls)
    unread = (one.statements for level in controls for one in level.policies)
    why = next((one for one in unread if isinstance(one, Unavailable)), None)
    return levels, Missing(part=part, why=why) if why else None


def _level(level: ControlLevel) -> tuple[Rule, ...]:
    rules = _rules(level.policies)
    if any(isinstance(one.statements, Unavailable) for one in level.policies):
        # What was not read may allow anything: such a level only takes away what it is seen to deny.
        everything = Statement(index=0, effect="Allow", actions=("*",), resources=("*",))
        first = level.policies[0]
        return (*rules, Rule(policy=first.name, kind=first.kind, arn=first.arn, statement=everything))
    return rules


def _granted(rule: Rule, limits: _Limits) -> Iterator[Grant]:
    """The grants of one Allow, one for each action.

    Actions of a shape, about which the same other rules are, fare the same: each such case is judged once.
    """
    keys = keys_of(rule.statement)
    conditional = bool(rule.statement.conditions)
    marks = _marks(keys, limits)
    about: dict[int, _About] = {}
    cases: dict[object, Grant | None] = {}
    for key, written in keys.items():
        action = actions.by_key(key)
        mark = marks.get(key, 0) if action else _unknown_mark(key, limits)
        others = about.get(mark) or about.setdefault(mark, _about(mark, limits))
        case = _case(key, action, mark, conditional=conditional or others.conditional)
        if case not in cases:
            cases[case] = _prototype(rule, action, others, limits.caller)
        grant = cases[case]
        if grant is not None:
            yield _named(grant, action, key, written)


def _case(key: str, action: Action | None, mark: int, *, conditional: bool) -> object:
    if action is None:
        return key
    if not conditional:
        return (action.shape, mark) if mark else action.shape
    # What a condition means may hang on the keys that the action knows, and for some on the action itself.
    return (action.shape, mark, action.conditions, key if action.service == "iam" else "")


def _marks(keys: dict[str, str], limits: _Limits) -> dict[str, int]:
    """For each key the other rules about it, as the bits of a number, in the order of `_flat`."""
    marks: dict[str, int] = {}
    for place, other in enumerate(_flat(limits)):
        for key in keys.keys() & other.keys.keys():
            marks[key] = marks.get(key, 0) | 1 << place
    return marks


def _unknown_mark(key: str, limits: _Limits) -> int:
    return sum(1 << place for place, other in enumerate(_flat(limits)) if other.about_unknown(key))


def _flat(limits: _Limits) -> tuple[Scoped, ...]:
    return (*limits.denies, *(one for ceiling in limits.ceilings for one in ceiling))


def _about(mark: int, limits: _Limits) -> _About:
    bits = iter(range(len(_flat(limits))))
    denies = tuple(one.rule for one in limits.denies if mark >> next(bits) & 1)
    ceilings = tuple(
        tuple(one.rule for one in ceiling if mark >> next(bits) & 1) for ceiling in limits.ceilings
    )
    every = (*denies, *(rule for ceiling in ceilings for rule in ceiling))
    return _About(
        denies=denies, ceilings=ceilings, conditional=any(rule.statement.conditions for rule in every)
    )


def _prototype(rule: Rule, action: Action | None, about: _About, caller: Caller) -> Grant | None:
    share = share_of(rule.statement, action, caller)
    if share is not None and rule.statement.conditions:
        reading = read_allow(rule.statement.conditions, action, caller)
        dead = reading.narrowing is Narrowing.DEAD
        share = None if dead else msgspec.structs.replace(share, reading=reading)
    for ceiling in about.ceilings:
        share = under(action, share, ceiling, caller) if share else None
    for deny in about.denies:
        share = after_deny(action, share, deny, caller) if share else None
    return _grant(rule, share) if share else None


def _grant(rule: Rule, share: Share) -> Grant:
    breadth = max(piece.breadth for piece in share.pieces)
    return Grant(
        action="",
        key="",
        documented=True,
        level=actions.Level.WRITE,
        policy=rule.policy,
        kind=rule.kind,
        statement=rule.statement.index,
        sid=rule.statement.sid,
        written="",
        resources=tuple(dict.fromkeys(piece.written for piece in share.pieces)),
        breadth=breadth,
        broad=breadth >= WHOLE_TYPE and share.reading.narrowing is not Narrowing.STRONG,
        narrowing=share.reading.narrowing,
        sole=share.pieces[0].sole,
        negated=bool(rule.statement.not_resources),
        passed_to=share.reading.passed_to,
        not_passed_to=share.reading.not_passed_to,
        within=share.within,
        excluded=share.excluded,
        notes=share.notes,
    )


def _named(like: Grant, action: Action | None, key: str, written: str) -> Grant:
    # Field by field: msgspec's replace takes several times as long, and there may be 22,000 of them.
    return Grant(
        action=action.name if action else written,
        key=key,
        documented=action is not None,
        level=action.level if action else actions.level(key),
        policy=like.policy,
        kind=like.kind,
        statement=like.statement,
        sid=like.sid,
        written=written,
        resources=like.resources,
        breadth=like.breadth,
        broad=like.broad,
        narrowing=like.narrowing,
        sole=like.sole,
        negated=like.negated,
        passed_to=like.passed_to,
        not_passed_to=like.not_passed_to,
        within=like.within,
        excluded=like.excluded,
        notes=like.notes,
    )
