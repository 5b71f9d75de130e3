"""Who may change functions: one table a check."""

from typing import Any

import pytest

from auditor.model import Account, Identity, Policy, PolicyKind, Reason, Statement, Unavailable
from auditor.testing import (
    ACCOUNT,
    ROLE,
    Case,
    case,
    healthy_account,
    healthy_region,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:GetAccountAuthorizationDetails")
CHANGE, INVOKE = "lambda:UpdateFunctionCode", "lambda:InvokeFunction"


def one(kind: str, name: str, *given: Statement, **changes: Any) -> Identity:
    policy = Policy(name="own", kind=PolicyKind.INLINE, statements=given)
    arn = f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"
    return Identity(**{"arn": arn, "name": name, "kind": kind, "policies": (policy,), **changes})


def deployers(count: int) -> tuple[Identity, ...]:
    return tuple(one("role", f"deploy-{number}", statement(CHANGE)) for number in range(count))


def held(*identities: Identity, **changes: Any) -> Account:
    return healthy_account(identities=identities, **changes)


ELSEWHERE = f"arn:aws:lambda:*:{ACCOUNT}:function:x"
MILA = one("user", "mila", statement(CHANGE))
RUNNING = one("role", "orders", statement(CHANGE), arn=ROLE)
UNREAD = one("role", "hidden", policies=(Policy(name="p", kind=PolicyKind.INLINE, statements=DENIED),))

TABLES: dict[str, tuple[Case, ...]] = {
    "functions-open-to-change": (
        case(
            "an execution role may",
            "FAIL",
            account=held(RUNNING, MILA),
            says="1 execution role (orders), and 1 user (mila) may change functions",
        ),
        case("an execution role may, and more is unread", "FAIL", account=held(RUNNING, UNREAD)),
        case(
            "a user may", "WARN", account=held(one("user", "mila", statement(CHANGE))), says="1 user (mila)"
        ),
        case("many roles may", "WARN", account=held(*deployers(6)), says="6 roles"),
        case(
            "few roles may",
            "PASS",
            account=held(*deployers(2), one("role", "api", statement(INVOKE))),
            says="2 roles may change functions, administrators not counted, at most 5 wanted;"
            " no user and no execution role may; 1 identities may invoke one",
        ),
        case(
            "an administrator may do all",
            "PASS",
            account=held(one("user", "chief", statement(CHANGE), administrator=True)),
        ),
        case(
            "only functions that are not here",
            "PASS",
            account=held(one("user", "mila", statement(CHANGE, resources=(ELSEWHERE,)))),
        ),
        case(
            "no functions",
            "NOT_APPLICABLE",
            region=healthy_region(functions=()),
        ),
        case("a policy was not read", "UNKNOWN", account=held(UNREAD)),
        case("nobody was read", "UNKNOWN", account=healthy_account(identities=DENIED)),
        case("no function was read", "UNKNOWN", region=healthy_region(functions=DENIED)),
    ),
}


@pytest.mark.parametrize(("check", "case"), rows(TABLES), ids=row_id)
def test_verdicts(check: str, case: Case) -> None:
    hold(check, case)
