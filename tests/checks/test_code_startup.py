"""What code prepares before invocations: one table a check."""

import pytest

from auditor.model import SnapStart
from auditor.testing import Case, case, code_cases, fact, function_with, hold, row_id, rows

UNREAD = fact("partly-parsed", file="old.py", line=1, confidence="medium")
SNAPSHOT = SnapStart(apply_on="PublishedVersions", status="On")

TABLES: dict[str, tuple[Case, ...]] = {
    "client-in-handler": (
        case("in the handler", "FAIL", function=function_with("client-in-handler"), says="1 client is"),
        case(
            "perhaps in the handler",
            "WARN",
            function=function_with(fact("client-in-handler", confidence="medium")),
        ),
        case(
            "in a helper",
            "WARN",
            function=function_with(fact("client-in-helper", confidence="medium")),
            says="a heuristic",
        ),
        case("at module level", "PASS", function=function_with("client-at-module"), says="made once"),
        case("at first use", "PASS", function=function_with("client-cached")),
        case("with the caller's credentials", "PASS", function=function_with("client-per-credentials")),
        case(
            "at module level, and a file in part", "UNKNOWN", function=function_with("client-cached", UNREAD)
        ),
        case("nothing seen, and a file in part", "UNKNOWN", function=function_with(UNREAD), says="old.py"),
        *code_cases(),
    ),
    "import-time-work": (
        case("a heavy import", "WARN", function=function_with("heavy-import"), says="1 heavy import:"),
        case("a call while loading", "WARN", function=function_with("load-time-call")),
        case("imports everything", "WARN", function=function_with("star-import")),
        case("heavy and unused", "WARN", function=function_with("unused-import")),
        case(
            "a heavy import before a snapshot",
            "PASS",
            function=function_with("heavy-import", snap_start=SNAPSHOT),
            says="SnapStart",
        ),
        case("heavy, where it is used", "PASS", function=function_with("lazy-import")),
        *code_cases(),
    ),
    "mutable-globals": (
        case("grows", "WARN", function=function_with("mutable-global"), says="1 place changes"),
        case("a cache", "PASS", function=function_with("global-cache"), says="1 cache"),
        *code_cases(),
    ),
    "secret-cached-for-ever": (
        case("kept", "WARN", function=function_with("cached-secret"), says="1 function keeps a secret"),
        case("read", "PASS", function=function_with("configuration-source")),
        *code_cases(),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
