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
from auditor.iam.conditions import Caller, Narrowing, Reading, Truth, both, read_allow, read_deny
from auditor.iam.patterns import Arn, arn, arn_covers, arn_intersects, meet, plain
from auditor.iam.privileges import Grant, Missing, Privileges, Rule
from auditor.iam.scope import Piece, pieces
from auditor.model import Policy, Record, Role, Statement, Unavailable, known


def privileges(role: Role, *, as_of: date) -> Privileges:
    """What a role may do on a day, across all of its policies.

    Raises `EvidenceMissingError` where the list of its policies was not read. A single policy, the boundary
    or the service control policies that were not read are told in the result.
    """
    caller = caller_of(role, as_of=as_of)
    policies = known(role.policies)
    rules = _rules(policies)
    boundary, boundary_unread = _boundary(role)
    controls, control_unread = _service_control(role)
    limits = _Limits(
        caller=caller,
        denies=tuple(_Scoped.of(rule) for rule in (*rules, *boundary, *controls) if _denies(rule)),
        ceilings=tuple(
            tuple(_Scoped.of(rule) for rule in ceiling if not _denies(rule))
            for ceiling, stands in (
                (boundary, _stands(role.boundary)),
                (controls, bool(controls) and not control_unread),
            )
            if stands and not (ceiling is boundary and boundary_unread)
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


class _Scoped(Record, frozen=True, kw_only=True):
    """A rule with the keys of the actions that it is about, each with the pattern that matched."""

    rule: Rule
    keys: dict[str, str]

    @staticmethod
    def of(rule: Rule) -> "_Scoped":
        return _Scoped(rule=rule, keys=_keys(rule.statement))

    def about(self, key: str, action: Action | None) -> bool:
        if action is not None:
            return key in self.keys
        statement = self.rule.statement
        if statement.not_actions:
            return not actions.touched(key, statement.not_actions)
        return actions.covered(key, statement.actions)


class _Limits(Record, frozen=True, kw_only=True):
    """What may take away from an Allow. A ceiling is a set of rules of which one has to allow the action as
    well.
    """

    caller: Caller
    denies: tuple[_Scoped, ...]
    ceilings: tuple[tuple[_Scoped, ...], ...]


class _Share(Record, frozen=True, kw_only=True):
    """What is left of one statement's Allow of one action."""

    pieces: tuple[Piece, ...]
    reading: Reading = Reading()
    within: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _denies(rule: Rule) -> bool:
    return rule.statement.effect == "Deny"


def _stands(boundary: Policy | None | Unavailable) -> bool:
    return isinstance(boundary, Policy)


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


def _service_control(role: Role) -> tuple[tuple[Rule, ...], Missing | None]:
    part = "service control policies"
    if isinstance(role.service_control, Unavailable):
        return (), Missing(part=part, why=role.service_control)
    unread = next(
        (one.statements for one in role.service_control if isinstance(one.statements, Unavailable)), None
    )
    missing = Missing(part=part, why=unread) if isinstance(unread, Unavailable) else None
    return _rules(role.service_control), missing


def _keys(statement: Statement) -> dict[str, str]:
    if statement.not_actions:
        return dict.fromkeys(actions.complement(statement.not_actions), "NotAction")
    return actions.expand_all(statement.actions)


def _granted(rule: Rule, limits: _Limits) -> Iterator[Grant]:
    shapes: dict[str, _Share | None] = {}
    conditions = rule.statement.conditions
    for key, written in _keys(rule.statement).items():
        action = actions.find(key)
        shape = action.shape if action else key
        if shape not in shapes:
            shapes[shape] = _share(rule.statement, action, limits.caller)
        share = shapes[shape]
        if share is None:
            continue
        if conditions:
            reading = read_allow(conditions, action, limits.caller)
            if reading.narrowing is Narrowing.DEAD:
                continue
            share = msgspec.structs.replace(share, reading=reading)
        if limits.ceilings or limits.denies:
            share = _limited(key, action, share, limits)
            if share is None:
                continue
        yield _grant(rule, action.name if action else written, actions.level(key), written, share)


def _grant(rule: Rule, name: str, level: actions.Level, written: str, share: _Share) -> Grant:
    return Grant(
        action=name,
        level=level,
        policy=rule.policy,
        kind=rule.kind,
        statement=rule.statement.index,
        sid=rule.statement.sid,
        written=written,
        resources=tuple(dict.fromkeys(piece.written for piece in share.pieces)),
        breadth=max(piece.breadth for piece in share.pieces),
        narrowing=share.reading.narrowing,
        sole=share.pieces[0].sole,
        negated=bool(rule.statement.not_resources),
        passed_to=share.reading.passed_to,
        not_passed_to=share.reading.not_passed_to,
        within=share.within,
        excluded=share.excluded,
        notes=share.notes,
    )


def _share(statement: Statement, action: Action | None, caller: Caller) -> _Share | None:
    """What a statement's resources mean for an action, before conditions and limits."""
    if not statement.not_resources:
        found = tuple(piece for written in statement.resources for piece in pieces(written, action, caller))
        return _Share(pieces=found) if found else None
    return _without(_Share(pieces=pieces("*", action, caller)), statement.not_resources)


def _without(share: _Share, patterns: tuple[str, ...]) -> _Share | None:
    """What is left where patterns are taken out; what they only partly overlap stays, with the overlap
    noted.
    """
    taken = [(pattern, arn(plain(pattern))) for pattern in patterns]
    left = tuple(piece for piece in share.pieces if not any(_takes(pattern, piece) for _, pattern in taken))
    if not left:
        return None
    overlapping = tuple(
        written
        for written, pattern in taken
        if any(not piece.sole and arn_intersects(pattern, piece.pattern) for piece in left)
    )
    return msgspec.structs.replace(share, pieces=left, excluded=share.excluded + overlapping)


def _takes(pattern: Arn, piece: Piece) -> bool:
    # An action without resource types is asked with `*`, which nothing but `*` takes in.
    return arn_covers(pattern, piece.pattern)


def _only(share: _Share, patterns: tuple[str, ...], widths: tuple[Piece, ...]) -> _Share | None:
    """What is left where something else has to allow it too: the common part, as narrow as the narrower."""
    left: list[Piece] = []
    whole = True
    for piece in share.pieces:
        for width in widths:
            common = meet(piece.pattern, width.pattern)
            if common is not None:
                left.append(
                    msgspec.structs.replace(piece, pattern=common, breadth=min(piece.breadth, width.breadth))
                )
        whole = whole and any(arn_covers(width.pattern, piece.pattern) for width in widths)
    if not left:
        return None
    within = share.within if whole else (*share.within, patterns)
    return msgspec.structs.replace(share, pieces=tuple(left), within=within)


def _limited(key: str, action: Action | None, share: _Share, limits: _Limits) -> _Share | None:
    left: _Share | None = share
    for ceiling in limits.ceilings:
        left = _under(key, action, left, ceiling, limits.caller) if left else None
    for deny in limits.denies:
        if left is None:
            return None
        if deny.about(key, action):
            left = _denied(action, left, deny.rule, limits.caller)
    return left


def _under(
    key: str, action: Action | None, share: _Share, ceiling: tuple[_Scoped, ...], caller: Caller
) -> _Share | None:
    patterns: list[str] = []
    widths: list[Piece] = []
    readings: list[Reading] = []
    for scoped in ceiling:
        if not scoped.about(key, action):
            continue
        statement = scoped.rule.statement
        reading = read_allow(statement.conditions, action, caller)
        room = _share(statement, action, caller)
        if room is not None and reading.narrowing is not Narrowing.DEAD:
            patterns += statement.resources or ("*",)
            widths += room.pieces
            readings.append(reading)
    left = _only(share, tuple(patterns), tuple(widths))
    if left is None:
        return None
    loosest = min(readings, key=lambda reading: reading.narrowing.rank)
    return msgspec.structs.replace(left, reading=both(left.reading, loosest))


def _denied(action: Action | None, share: _Share, rule: Rule, caller: Caller) -> _Share | None:
    statement = rule.statement
    deny = read_deny(statement.conditions, action, caller)
    if deny.applies is Truth.NEVER:
        return share
    if deny.applies is Truth.ALWAYS:
        return _after_deny(action, share, rule, caller)
    rest = _after_deny(action, share, rule, caller)
    if rest is not None and rest.pieces == share.pieces and rest.excluded == share.excluded:
        return share
    # It takes hold only under its condition: all of the grant is still there, except where the Deny would
    # have ended it, unless its one condition leaves no more than what it names.
    reading = both(share.reading, deny.leaves) if rest is None else share.reading
    if reading.narrowing is Narrowing.DEAD:
        return None
    return msgspec.structs.replace(
        share, reading=reading, notes=(*share.notes, f"narrowed by a conditional Deny in {rule.place}")
    )


def _after_deny(action: Action | None, share: _Share, rule: Rule, caller: Caller) -> _Share | None:
    statement = rule.statement
    if not statement.not_resources:
        left = _without(share, statement.resources)
    else:
        spared = tuple(
            piece for pattern in statement.not_resources for piece in pieces(pattern, action, caller)
        )
        left = _only(share, statement.not_resources, spared)
    if left is None or (left.pieces == share.pieces and left.excluded == share.excluded):
        return left
    return msgspec.structs.replace(left, notes=(*share.notes, f"narrowed by a Deny in {rule.place}"))
