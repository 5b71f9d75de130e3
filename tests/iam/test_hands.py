"""Policies cut down to what they say of functions, and who has hands on how many."""

from datetime import date

import pytest

from auditor.iam.hands import allows_everything, hands, narrowed
from auditor.model import Condition, Identity, Policy, PolicyKind, Reason, Statement, Unavailable
from auditor.testing import statement

ACCOUNT = "123456789012"
CODE, SETTINGS, OPEN, INVOKE = (
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:AddPermission",
    "lambda:InvokeFunction",
)
ALL = (CODE, SETTINGS, OPEN, INVOKE)
MFA = (Condition(operator="Bool", key="aws:MultiFactorAuthPresent", values=("true",)),)
ARNS = tuple(f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}" for name in ("a", "b", "shop-c"))


def policy(*statements: Statement) -> Policy:
    return Policy(name="own", kind=PolicyKind.INLINE, statements=statements)


def without(*spared: str) -> Statement:
    return Statement(index=1, effect="Allow", not_actions=spared, resources=("*",))


NARROWED: tuple[tuple[str, Statement, tuple[str, ...]], ...] = (
    ("everything", statement("*"), ALL),
    ("all of Lambda", statement("LAMBDA:*"), ALL),
    ("by wildcard", statement("lambda:Update*", "lambda:Get*"), (CODE, SETTINGS)),
    ("by exclusion", without("iam:*"), ALL),
    ("all but Lambda", without("lambda:*"), ()),
    ("another service", statement("s3:*"), ()),
    ("reading alone", statement("lambda:GetFunction"), ()),
    ("a denial", statement("lambda:Invoke*", effect="Deny"), (INVOKE,)),
    ("a person's condition", statement(CODE, conditions=MFA), (CODE,)),
    ("a denial that a person can lift", statement("*", effect="Deny", conditions=MFA), ()),
)


@pytest.mark.parametrize(("given", "left"), [row[1:] for row in NARROWED], ids=[row[0] for row in NARROWED])
def test_what_is_left_of_a_statement(given: Statement, left: tuple[str, ...]) -> None:
    cut = narrowed(policy(given))
    if not left:
        assert cut is None
        return
    assert cut is not None
    assert isinstance(cut.statements, tuple)
    (found,) = cut.statements
    assert (found.actions, found.not_actions, found.conditions) == (left, (), ())
    assert (found.effect, found.resources) == (given.effect, given.resources)


def test_a_policy_that_was_not_read_stays() -> None:
    unread = Policy(
        name="p",
        kind=PolicyKind.INLINE,
        statements=Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:GetPolicyVersion"),
    )
    assert narrowed(unread) == unread


@pytest.mark.parametrize(
    ("given", "all_of_it"),
    [
        (statement("*"), True),
        (statement("*:*"), True),
        (statement("*", conditions=MFA), False),
        (statement("*", resources=("arn:aws:s3:::x",)), False),
        (statement("*", effect="Deny"), False),
        (statement("lambda:*"), False),
    ],
)
def test_who_may_do_everything(given: Statement, *, all_of_it: bool) -> None:
    assert allows_everything([policy(given)]) is all_of_it


def counted(*statements: Statement, boundary: Policy | None = None) -> tuple[int, int]:
    identity = Identity(
        arn=f"arn:aws:iam::{ACCOUNT}:user/mila",
        name="mila",
        kind="user",
        policies=(policy(*statements),),
        boundary=boundary,
    )
    found = hands([identity], ARNS, as_of=date(2026, 11, 23))
    return (found[0].changes, found[0].invokes) if found else (0, 0)


def lambda_(pattern: str) -> tuple[str, ...]:
    return (f"arn:aws:lambda:*:{ACCOUNT}:function:{pattern}",)


HANDS: tuple[tuple[str, tuple[int, int], tuple[int, int]], ...] = (
    ("all", counted(statement(CODE, INVOKE)), (3, 3)),
    ("by name", counted(statement(CODE, resources=lambda_("shop-*"))), (1, 0)),
    ("two that overlap", counted(statement(CODE), statement(SETTINGS, resources=lambda_("a"))), (3, 0)),
    ("denied again", counted(statement(CODE), statement(CODE, effect="Deny")), (0, 0)),
    (
        "denied in part",
        counted(statement(CODE), statement(CODE, effect="Deny", resources=lambda_("shop-*"))),
        (2, 0),
    ),
    ("within a boundary", counted(statement(CODE, INVOKE), boundary=policy(statement(INVOKE))), (0, 3)),
    ("outside a boundary", counted(statement(CODE), boundary=policy()), (0, 0)),
)


@pytest.mark.parametrize(("found", "wanted"), [row[1:] for row in HANDS], ids=[row[0] for row in HANDS])
def test_how_many_functions_are_in_reach(found: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert found == wanted
