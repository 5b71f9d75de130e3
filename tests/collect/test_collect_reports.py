"""REPORT lines: from the cheapest source that has them, paid only in the deep tier, never guessed."""

from typing import Any

import msgspec
import pytest

from auditor.collect.log_queries import DEADLINE_S
from auditor.collect.logs import collect_log_groups
from auditor.collect.metrics import window_before
from auditor.collect.operations import Tier
from auditor.collect.reports import collect_report_lines, expected_cost_usd
from auditor.collect.session import Api
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.demo.account import load_world
from auditor.model import Function, LayerUse, Logging, LogGroup, LogUsage, Reason, ReportLines, Unavailable
from auditor.testing import healthy_function, healthy_usage

ACCOUNT = "123456789012"
REGION = "eu-west-1"
WINDOW = window_before(DEMO_NOW)
DECLARED = load_world(DEMO_NOW).functions[REGION]
INSIGHTS = LayerUse(arn="arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:31")


def demo(*faults: Fault, **options: Any) -> Api:
    return Api(
        session=demo_session(faults=faults),
        account=ACCOUNT,
        regions=(REGION,),
        pace=1e9,
        **{"pause": lambda _: None, **options},
    )


def function(name: str, *, runs: int = 1000, mb: float | None = 1, **changes: Any) -> Function:
    measured = None if mb is None else LogUsage(incoming_bytes=round(mb * 1e6), incoming_events=1)
    return msgspec.structs.replace(
        healthy_function(),
        name=name,
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        logging=Logging(format="JSON", group=f"/aws/lambda/{name}"),
        usage=healthy_usage(invocations=runs),
        log_usage=measured or Unavailable(reason=Reason.THROTTLED, operation="cloudwatch:GetMetricData"),
        layers=(),
        **changes,
    )


def lines(api: Api, *functions: Function, groups: Any = None) -> list[ReportLines | Unavailable]:
    known = collect_log_groups(api, REGION) if groups is None else groups
    found = collect_report_lines(api, REGION, functions, known, WINDOW)
    return [found[one.arn] for one in functions]


class _Queries:
    """Remembers the queries that were started."""

    def __init__(self, api: Api) -> None:
        self.started: list[tuple[int, int]] = []
        api.session.events.register_first("before-parameter-build.cloudwatch-logs.StartQuery", self.note)

    def note(self, *, params: dict[str, Any], **_: object) -> None:
        days = (params["endTime"] - params["startTime"]) // 86_400
        self.started.append((len(params["logGroupNames"]), days))


def test_logs_say_what_runs_needed() -> None:
    declared = DECLARED["payment-webhook"].report
    found = lines(demo(), function("payment-webhook"))[0]
    assert declared is not None
    assert isinstance(found, ReportLines)
    assert found.source == "Logs Insights"
    assert found.runs > 100
    assert found.max_memory_used_mb == pytest.approx(declared.used)
    assert found.cold_starts == pytest.approx(found.runs * declared.cold, rel=0.01)
    assert found.timeouts == declared.timeouts
    assert found.out_of_memory == declared.oom
    assert (found.json_share, found.request_id_share) == (declared.json, declared.request_id)


def test_an_idle_function_has_no_lines_and_costs_nothing() -> None:
    api = demo()
    found = lines(api, function("payment-webhook", runs=0), groups=())[0]
    assert found == ReportLines(source="", runs=0, cold_starts=0)
    assert api.spending() == ()


def test_logs_are_queried_in_the_deep_tier_only() -> None:
    api = demo(tier=Tier.STANDARD)
    found = lines(api, function("payment-webhook"))[0]
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.NOT_COLLECTED
    assert "logs:StartQuery" not in {row.operation for row in api.spending()}


def test_lambda_insights_answers_in_every_tier() -> None:
    declared = DECLARED["order-api"].report
    assert declared is not None
    watched = msgspec.structs.replace(function("order-api"), layers=(INSIGHTS,))
    found = lines(demo(tier=Tier.STANDARD), watched)[0]
    assert isinstance(found, ReportLines)
    assert (found.source, found.max_memory_used_mb) == ("Lambda Insights", declared.used)
    assert isinstance(found.out_of_memory, Unavailable)
    assert isinstance(found.timeouts, Unavailable)
    both = lines(demo(), watched)[0]
    assert isinstance(both, ReportLines)
    assert (both.source, both.tmp_used_mb) == ("Logs Insights", found.tmp_used_mb)


def test_small_logs_are_read_whole_and_others_for_a_day() -> None:
    api = demo()
    queries = _Queries(api)
    lines(
        api, function("payment-webhook", mb=1), function("order-api", mb=500), function("cart-api", mb=None)
    )
    # Reports of the small one, of the two others, and the lines of all for a day.
    assert sorted(queries.started) == [(1, 14), (2, 1), (3, 1)]


def test_what_queries_cost_is_booked_and_told_before() -> None:
    api = demo()
    lines(api, function("payment-webhook"))
    booked = {row.operation: row.usd for row in api.spending()}
    assert booked["logs:StartQuery"] > 0
    # 280 MB over 14 days: 20 MB a day are read twice.
    assert expected_cost_usd([function("a", mb=280)], WINDOW) == pytest.approx(2 * 20e6 * 0.005 / 1e9)
    # 14 MB are read whole for reports, and a day of them for lines.
    assert expected_cost_usd([function("a", mb=14)], WINDOW) == pytest.approx(15e6 * 0.005 / 1e9)
    assert expected_cost_usd([function("a", runs=0)], WINDOW) == 0


def group(name: str, log_class: str = "STANDARD") -> LogGroup:
    return LogGroup(name=f"/aws/lambda/{name}", log_class=log_class)


REFUSED: tuple[tuple[str, tuple[Function, ...], Any, Reason], ...] = (
    ("no log group", (function("order-api"),), (), Reason.NO_DATA),
    ("class", (function("order-api"),), (group("order-api", "DELIVERY"),), Reason.NOT_SUPPORTED),
    (
        "shared",
        (
            function("order-api"),
            msgspec.structs.replace(
                function("cart-api"), logging=Logging(format="JSON", group="/aws/lambda/order-api")
            ),
        ),
        (group("order-api"),),
        Reason.NOT_SUPPORTED,
    ),
    (
        "groups unread",
        (function("order-api"),),
        Unavailable(reason=Reason.ACCESS_DENIED, operation="logs:DescribeLogGroups"),
        Reason.ACCESS_DENIED,
    ),
)


@pytest.mark.parametrize(
    ("functions", "groups", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_logs_that_cannot_tell(functions: tuple[Function, ...], groups: Any, reason: Reason) -> None:
    api = demo()
    for found in lines(api, *functions, groups=groups):
        assert isinstance(found, Unavailable)
        assert found.reason is reason
    assert api.spending() == ()


@pytest.mark.parametrize("operation", ["logs:StartQuery", "logs:GetQueryResults"])
def test_a_refused_query_is_no_silent_log(operation: str) -> None:
    found = lines(demo(Fault(operation=operation, kind=FaultKind.DENIED)), function("payment-webhook"))[0]
    assert isinstance(found, Unavailable)
    assert found.operation == operation


def test_a_refused_query_of_lines_is_no_log_without_lines() -> None:
    fault = Fault(operation="logs:StartQuery", kind=FaultKind.DENIED, after=1)
    found = lines(demo(fault), function("payment-webhook"))[0]
    assert isinstance(found, ReportLines)
    assert isinstance(found.json_share, Unavailable)
    assert isinstance(found.request_id_share, Unavailable)


@pytest.mark.parametrize(
    ("status", "reason"),
    [("Failed", Reason.API_ERROR), ("Timeout", Reason.API_ERROR), ("Running", Reason.TIMEOUT)],
)
def test_a_query_that_does_not_complete(status: str, reason: Reason) -> None:
    ticks = iter(range(0, 100_000, 100))
    api = demo(clock=lambda: float(next(ticks)))

    def put(*, parsed: dict[str, Any], **_: object) -> None:
        parsed["status"] = status

    api.session.events.register_last("after-call.cloudwatch-logs.GetQueryResults", put)
    found = lines(api, function("payment-webhook"))[0]
    assert isinstance(found, Unavailable)
    assert found.reason is reason
    assert (f"{DEADLINE_S:.0f} s" in found.note) == (reason is Reason.TIMEOUT)
