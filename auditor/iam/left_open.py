"""Whom the Deny statements of a resource-based policy leave of those that an Allow lets in."""

from auditor.iam.conditions import operator
from auditor.iam.patterns import covers, intersects, plain
from auditor.iam.pins import Pins, pins
from auditor.model import Condition, Principal, Statement


def left_by(statement: Statement, denies: tuple[Statement, ...]) -> Pins:
    """What an Allow's callers are pinned to."""
    return pins(narrowed(statement, denies))


def narrowed(statement: Statement, denies: tuple[Statement, ...]) -> tuple[Condition, ...]:
    """The conditions that an Allow's callers meet: its own, and that of each Deny for everybody who does not
    meet one.
    """
    turned = tuple(
        condition
        for deny in denies
        if names_everybody(deny) and _takes_all(deny, statement)
        for condition in _turned(deny)
    )
    return (*statement.conditions, *turned)


def _turned(deny: Statement) -> tuple[Condition, ...]:
    """The condition that whoever a Deny leaves out meets: where it has one, and that one negated."""
    if len(deny.conditions) != 1:
        return ()
    condition = deny.conditions[0]
    op = operator(condition.operator)
    if not op.negated or op.quantifier:
        return ()
    return (Condition(operator=op.base, key=condition.key, values=condition.values),)


def names_everybody(statement: Statement) -> bool:
    """Whether `*` is among a statement's principals."""
    return any(one.value == "*" for one in statement.principals)


def _takes(deny: Statement, action: str) -> bool:
    """Whether a Deny is about all that an action pattern stands for."""
    wanted = plain(action.lower())
    if deny.not_actions:
        return not any(intersects(plain(one.lower()), wanted) for one in deny.not_actions)
    return any(covers(plain(one.lower()), wanted) for one in deny.actions)


def let_in(statement: Statement, denies: tuple[Statement, ...]) -> tuple[Principal, ...]:
    """The principals of an Allow; of everybody only those that a Deny with NotPrincipal spares."""
    named = statement.principals or ((Principal(kind="*", value="*"),) if statement.not_principals else ())
    spared = next(
        (
            deny.not_principals
            for deny in denies
            if deny.not_principals and not deny.conditions and _takes_all(deny, statement)
        ),
        (),
    )
    return tuple(
        one for principal in named for one in (spared if spared and principal.value == "*" else (principal,))
    )


def _takes_all(deny: Statement, statement: Statement) -> bool:
    return bool(statement.actions) and all(_takes(deny, action) for action in statement.actions)


def silenced(statement: Statement, denies: tuple[Statement, ...]) -> bool:
    """Whether unconditional Deny statements for everybody take all of a statement's actions."""
    everybody = [deny for deny in denies if names_everybody(deny) and not deny.conditions]
    return bool(statement.actions) and all(
        any(_takes(deny, action) for deny in everybody) for action in statement.actions
    )
