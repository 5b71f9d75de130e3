"""Who has their hands on functions: identities that may change them, open them to others, or invoke them."""

from collections.abc import Iterable
from datetime import date

import msgspec

from auditor.iam import actions
from auditor.iam.evaluate import privileges
from auditor.iam.patterns import anything
from auditor.iam.privileges import Grant, Privileges
from auditor.model import Identity, Policy, Record, Role, Statement, Unavailable

# What decides about the code that runs, and who may run it.
CHANGES = ("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission")
INVOKES = ("lambda:InvokeFunction",)
# A person can satisfy these; a function's own calls never do.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
OF_PERSONS = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage"})


class Hand(Record, frozen=True, kw_only=True):
    """An identity, how many of the functions it may change and invoke, and where that is granted.

    `unread` is evidence without which more, or less, may be so.
    """

    identity: Identity
    changes: int
    invokes: int
    grants: tuple[Grant, ...]
    unread: Unavailable | None = None


def narrowed(policy: Policy) -> Policy | None:
    """Cut a policy down to what it says of changing and invoking functions; None where it says nothing.

    A condition that only a person can satisfy is left out, and so is a Deny under one.
    """
    if isinstance(policy.statements, Unavailable):
        return policy
    kept = tuple(found for one in policy.statements if (found := _narrowed(one)) is not None)
    return msgspec.structs.replace(policy, statements=kept) if kept else None


def allows_everything(policies: Iterable[Policy]) -> bool | Unavailable:
    """Whether some statement of some policy allows every action on every resource."""
    several = tuple(policies)
    unread = next((one.statements for one in several if isinstance(one.statements, Unavailable)), None)
    return _allows_everything(several) or (unread if isinstance(unread, Unavailable) else False)


def _allows_everything(policies: Iterable[Policy]) -> bool:
    return any(
        one.effect == "Allow"
        and not one.conditions
        and any(anything(action.replace(":", "")) for action in one.actions)
        and any(anything(resource) for resource in one.resources)
        for policy in policies
        if not isinstance(policy.statements, Unavailable)
        for one in policy.statements
    )


def hands(identities: Iterable[Identity], function_arns: Iterable[str], *, as_of: date) -> tuple[Hand, ...]:
    """Say of each identity how many functions it may change and invoke; who may do neither is left out.

    Service control policies are not part of it: they may take away.
    """
    arns = tuple(function_arns)
    reached: dict[object, frozenset[str]] = {}
    found = (_hand(identity, arns, reached, as_of) for identity in identities)
    return tuple(hand for hand in found if hand.changes or hand.invokes or hand.unread)


def _narrowed(statement: Statement) -> Statement | None:
    named = tuple(action for action in (*CHANGES, *INVOKES) if _about(statement, action.lower()))
    personal = any(condition.key.lower() in OF_PERSONS for condition in statement.conditions)
    if not named or (personal and statement.effect == "Deny"):
        return None
    return msgspec.structs.replace(
        statement,
        actions=named,
        not_actions=(),
        conditions=tuple(one for one in statement.conditions if one.key.lower() not in OF_PERSONS),
    )


def _about(statement: Statement, key: str) -> bool:
    if statement.not_actions:
        return not actions.covered(key, statement.not_actions)
    return actions.covered(key, statement.actions)


def _hand(
    identity: Identity, arns: tuple[str, ...], reached: dict[object, frozenset[str]], as_of: date
) -> Hand:
    judged = privileges(_as_role(identity), as_of=as_of)
    grants = {name: [grant for action in names for grant in judged.of(action)] for name, names in _KINDS}
    counts = {
        name: len(frozenset().union(*(_reached(grant, arns, reached) for grant in several)))
        for name, several in grants.items()
    }
    return Hand(
        identity=identity,
        changes=counts["changes"],
        invokes=counts["invokes"],
        grants=tuple(grants["changes"] or grants["invokes"]),
        unread=_unread(judged),
    )


_KINDS = (("changes", CHANGES), ("invokes", INVOKES))


def _reached(grant: Grant, arns: tuple[str, ...], known: dict[object, frozenset[str]]) -> frozenset[str]:
    """Functions that a grant reaches; grants of the same patterns reach the same."""
    key = (grant.resources, grant.within, grant.excluded, grant.sole)
    if key not in known:
        known[key] = frozenset(arn for arn in arns if grant.reaches(arn))
    return known[key]


def _unread(judged: Privileges) -> Unavailable | None:
    if judged.unread:
        return judged.unread[0].why
    return judged.boundary_unread.why if judged.boundary_unread and judged.grants else None


def _as_role(identity: Identity) -> Role:
    return Role(
        arn=identity.arn,
        name=identity.name,
        policies=identity.policies,
        boundary=identity.boundary,
    )
