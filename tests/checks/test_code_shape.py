"""The shape of code: one table a check."""

from typing import Any

import pytest

from auditor.model import Function
from auditor.testing import (
    Case,
    case,
    code_cases,
    fact,
    function_with,
    healthy_code,
    healthy_function,
    hold,
    row_id,
    rows,
)

UNREAD = fact("unread-file", file="old.py", line=0, what="PACKAGE_UNREADABLE")
CALLS = tuple((service, "get", "app.py:3") for service in ("s3", "sqs", "sns", "dynamodb", "ses"))


def shaped(**changes: Any) -> Function:
    return healthy_function(code=healthy_code(**changes))


TABLES: dict[str, tuple[Case, ...]] = {
    "hard-coded-configuration": (
        case(
            "an account",
            "FAIL",
            function=function_with("hard-coded-account"),
            says="accounts and addresses 1,",
        ),
        case(
            "a queue beside a table",
            "FAIL",
            function=function_with("hard-coded-queue", "hard-coded-resource"),
        ),
        case("a table", "WARN", function=function_with(fact("hard-coded-resource", confidence="medium"))),
        case("a region", "WARN", function=function_with("hard-coded-region"), says="names and regions 1,"),
        case(
            "read from outside",
            "PASS",
            function=function_with("environment-read"),
            says="1 read from outside",
        ),
        case("a file was not read", "UNKNOWN", function=function_with(UNREAD)),
        *code_cases(),
    ),
    "handler-does-too-much": (
        case("two signs", "WARN", function=shaped(calls=CALLS, handler_lines=140), says="2 of 4 signs"),
        case("long and branched", "WARN", function=shaped(handler_lines=140, handler_complexity=22)),
        case(
            "routes by hand, and is long",
            "WARN",
            function=shaped(handler_lines=140, facts=(fact("router", number=4.0),)),
            says="4 branches of a router",
        ),
        case(
            "a framework routes, and it is long",
            "PASS",
            function=shaped(handler_lines=140, facts=(fact("router", number=4.0), fact("web-framework"))),
        ),
        case("one sign", "PASS", function=shaped(handler_lines=140), says="1 of 4 signs"),
        case(
            "one sign is enough",
            "WARN",
            function=shaped(handler_lines=140),
            thresholds={"least_signs": 1},
        ),
        case("no sign, and a file was not read", "UNKNOWN", function=shaped(facts=(UNREAD,))),
        *code_cases(),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
