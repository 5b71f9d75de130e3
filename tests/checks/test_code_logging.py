"""How code logs: one table a check."""

import pytest

from auditor.testing import Case, case, code_cases, fact, function_with, hold, row_id, rows

TABLES: dict[str, tuple[Case, ...]] = {
    "print-logging": (
        case("prints", "WARN", function=function_with("print"), says="1 call of print, 0 of a logger"),
        case(
            "no level", "WARN", function=function_with("root-logging-without-level"), says="0 calls of print"
        ),
        case("a logger with a level", "PASS", function=function_with("root-logging", "log-level-set")),
        case("prints JSON", "PASS", function=function_with("structured-print")),
        case("console of JavaScript", "PASS", function=function_with("console-logging")),
        *code_cases(),
    ),
    "log-lines-repeated": (
        case("added", "FAIL", function=function_with("log-handler-added-in-handler"), says="1 log handler "),
        case("not added", "PASS", function=function_with("stdlib-logging")),
        *code_cases(),
    ),
    "whole-event-logged": (
        case("logged", "WARN", function=function_with("logs-event"), says="1 place logs"),
        case("by a variable", "PASS", function=function_with(fact("logs-event", file="", line=0))),
        case("not logged", "PASS", function=function_with("structured-logger")),
        *code_cases(),
    ),
    "metrics-sent-by-call": (
        case("by a call", "WARN", function=function_with("put-metric-data"), says="1 call of PutMetricData"),
        case("by a log line", "PASS", function=function_with("custom-metrics")),
        *code_cases(),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
