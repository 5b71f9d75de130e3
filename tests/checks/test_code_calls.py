"""Calls that code makes: one table a check."""

import pytest

from auditor.model import Function
from auditor.testing import Case, case, code_cases, fact, function_with, hold, row_id, rows

UNREAD = fact("unread-file", file="old.py", line=0, what="PACKAGE_UNREADABLE")


def patient(*kinds: str) -> Function:
    return function_with(*kinds, timeout_s=300)


TABLES: dict[str, tuple[Case, ...]] = {
    "synchronous-lambda-call": (
        case("waits", "WARN", function=function_with("sync-invoke"), says="1 call waits"),
        case("does not wait", "PASS", function=function_with("async-invoke")),
        case("unsure whether it waits", "PASS", function=function_with("invoke-of-unknown-type")),
        case("a file was not read", "UNKNOWN", function=function_with(UNREAD), says="old.py"),
        case("a minified file", "PASS", function=function_with("minified"), says="app.py is minified"),
        *code_cases(),
    ),
    "self-invocation": (
        case("invokes itself", "WARN", function=function_with("self-invoke"), says="app.py:21"),
        case("invokes another", "PASS", function=function_with("sync-invoke")),
        *code_cases(),
    ),
    "call-without-timeout": (
        case("waits for ever", "FAIL", function=function_with("http-no-timeout", timeout_s=60)),
        case(
            "waits for ever, in a short function",
            "WARN",
            function=function_with("http-no-timeout"),
            says="timeout 10 s ends them early, below 30 s",
        ),
        case(
            "a short function counts as long",
            "FAIL",
            function=function_with("http-no-timeout"),
            thresholds={"patient_s": 5},
        ),
        case(
            "waits longer than the function",
            "FAIL",
            function=function_with(fact("http-timeout", number=30.0)),
            says="0 calls without a timeout, 1 with one beyond",
        ),
        case("an SDK client that does", "FAIL", function=function_with(fact("sdk-timeout", number=10.0))),
        case("waits less", "PASS", function=function_with(fact("http-timeout", number=9.9))),
        case("a timeout that is not constant", "PASS", function=function_with("http-timeout")),
        case("options are passed on", "PASS", function=function_with("http-timeout-unknown")),
        *code_cases(),
    ),
    "retry-without-jitter": (
        case("none", "WARN", function=function_with("retry-without-jitter")),
        case("jitter beside none", "WARN", function=function_with("retry-without-jitter", "retry-library")),
        case("jitter", "PASS", function=function_with("retry-with-jitter"), says="app.py:21"),
        case("jitter, and a file not read", "UNKNOWN", function=function_with("retry-with-jitter", UNREAD)),
        case("a pause that is no retry", "PASS", function=function_with("sleep")),
        *code_cases(),
    ),
    "remaining-time-ignored": (
        case("a loop", "WARN", function=patient("batch-loop"), says="timeout 300 s"),
        case("a loop that asks", "PASS", function=patient("batch-loop", "remaining-time")),
        case("no loop", "PASS", function=patient()),
        case("a loop within 10 s", "NOT_APPLICABLE", function=function_with("batch-loop")),
        case("10 s are long", "WARN", function=function_with("batch-loop"), thresholds={"long_s": 10}),
        case(
            "a loop, and a file not read",
            "UNKNOWN",
            function=function_with("batch-loop", UNREAD, timeout_s=300),
        ),
        *code_cases(),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
