"""Usage is measured whole or unknown, and no more is asked than there can be answers."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from auditor.collect.edge import collect_edge_usage, with_edge_usage
from auditor.collect.metrics import DAY_S, QUERIES_A_CALL, Query, fetch, window_before
from auditor.collect.session import Api
from auditor.collect.usage import collect_log_usage, collect_peak_concurrency, collect_usage
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.demo.account import load_world
from auditor.model import (
    Account,
    EventSourceMapping,
    Function,
    LogUsage,
    Principal,
    ProvisionedConcurrency,
    PublishedVersion,
    Reason,
    Region,
    Role,
    RoleEvidence,
    Statement,
    Unavailable,
    Usage,
)
from auditor.testing import healthy_function

ACCOUNT = "123456789012"
REGION = "eu-west-1"
WINDOW = window_before(DEMO_NOW)
DECLARED = load_world(DEMO_NOW).functions[REGION]


def demo(*faults: Fault) -> Api:
    return Api(
        session=demo_session(faults=faults),
        account=ACCOUNT,
        regions=(REGION, "us-east-1"),
        pace=1e9,
        pause=lambda _: None,
    )


def function(name: str, **changes: Any) -> Function:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return msgspec.structs.replace(healthy_function(), name=name, arn=arn, versions=(), **changes)


def mapping(name: str, kind: str) -> EventSourceMapping:
    return EventSourceMapping(
        uuid="u", function_arn=f"{function(name).arn}:live", source_arn="arn", kind=kind, state="Enabled"
    )


def measured(api: Api, found: Function, *mappings: EventSourceMapping) -> Usage | Unavailable:
    return collect_usage(api, REGION, [found], mappings, WINDOW)[found.arn]


def usage(api: Api, found: Function, *mappings: EventSourceMapping) -> Usage:
    result = measured(api, found, *mappings)
    assert isinstance(result, Usage)
    return result


class _Asked:
    """Remembers what was asked of CloudWatch, and may spoil the answers."""

    def __init__(self, api: Api, **spoilt: Any) -> None:
        self.queries: list[tuple[str, str, int]] = []
        self.sizes: list[int] = []
        self._spoilt = spoilt
        events = api.session.events
        events.register_first("before-parameter-build.cloudwatch.GetMetricData", self.ask)
        events.register_last("after-call.cloudwatch.GetMetricData", self.answer)

    def ask(self, *, params: dict[str, Any], **_: object) -> None:
        self.sizes.append(len(params["MetricDataQueries"]))
        for query in params["MetricDataQueries"]:
            stat = query["MetricStat"]
            self.queries.append((stat["Metric"]["MetricName"], stat["Stat"], stat["Period"]))

    def answer(self, *, parsed: dict[str, Any], **_: object) -> None:
        for row in parsed.get("MetricDataResults", ()):
            row.update(self._spoilt.get("row", {}))
        parsed.update(self._spoilt.get("answer", {}))

    @property
    def metrics(self) -> set[str]:
        return {metric for metric, _, _ in self.queries}


def test_the_window_ends_at_the_last_full_hour() -> None:
    now = datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)
    assert window_before(now) == (datetime(2026, 2, 18, 15, tzinfo=UTC), datetime(2026, 3, 4, 15, tzinfo=UTC))


def test_sums_durations_and_days() -> None:
    declared = DECLARED["payment-webhook"].usage
    found = usage(demo(), function("payment-webhook"))
    assert (found.invocations, found.errors) == (14 * declared.runs, 14 * declared.errors)
    assert (found.duration_p50_ms, found.duration_p99_ms) == (declared.p50, declared.p99)
    assert found.longest_ms == declared.max
    assert found.average_ms is not None
    assert declared.p50 < found.average_ms < declared.p99
    assert len(found.daily) == 14
    assert sum(day.invocations for day in found.daily) == found.invocations
    assert found.daily[0].day == WINDOW.start
    assert found.daily[0].duration_p95_ms == declared.p95


def test_percentiles_are_of_the_window_and_never_of_days() -> None:
    api = demo()
    asked = _Asked(api)
    usage(api, function("payment-webhook"))
    assert {period for metric, stat, period in asked.queries if stat == "p99"} == {WINDOW.seconds}


def test_an_idle_function_costs_three_metrics() -> None:
    api = demo()
    asked = _Asked(api)
    found = usage(api, function("legacy-soap-bridge"))
    assert (found.invocations, found.duration_p99_ms, found.daily) == (0, None, ())
    assert asked.queries == [
        ("Invocations", "Sum", DAY_S),
        ("Throttles", "Sum", DAY_S),
        ("AsyncEventsReceived", "Sum", WINDOW.seconds),
    ]


def test_what_the_report_draws_by_day_is_asked_by_day_and_nothing_else() -> None:
    api = demo()
    asked = _Asked(api)
    usage(api, function("image-resizer"))
    by_day = {(metric, stat) for metric, stat, period in asked.queries if period == DAY_S}
    assert by_day == {
        ("Invocations", "Sum"),
        ("Errors", "Sum"),
        ("Throttles", "Sum"),
        ("Duration", "p95"),
    }


STREAM = {"IteratorAge", "DestinationDeliveryFailures", "RecursiveInvocationsDropped"}
ASYNC = {"AsyncEventsDropped", "DeadLetterErrors", "AsyncEventAge", "DestinationDeliveryFailures"}
PROVISIONED = {"ProvisionedConcurrencyInvocations", "ProvisionedConcurrencyUtilization"}
VERSION = PublishedVersion(
    version="1", runtime="", timeout_s=3, memory_mb=128, code_sha256="", code_size_bytes=0, role_arn=""
)
GATES: tuple[tuple[str, str, tuple[str, ...], int, set[str], set[str]], ...] = (
    # id, function, kinds of mapping, versions, asked, not asked
    ("synchronous", "payment-webhook", (), 0, {"Duration", "Errors"}, STREAM | ASYNC | PROVISIONED),
    ("asynchronous", "image-resizer", (), 0, ASYNC, {"IteratorAge", "OffsetLag"}),
    ("stream", "payment-webhook", ("kinesis",), 0, STREAM, {"OffsetLag", "DeadLetterErrors"}),
    ("kafka", "payment-webhook", ("kafka",), 0, {"OffsetLag"}, {"IteratorAge"}),
    ("queue", "payment-webhook", ("sqs",), 0, {"RecursiveInvocationsDropped"}, {"IteratorAge"}),
    ("versioned", "payment-webhook", (), 1, PROVISIONED, STREAM),
)


@pytest.mark.parametrize(
    ("name", "kinds", "versioned", "wanted", "unwanted"),
    [row[1:] for row in GATES],
    ids=[r[0] for r in GATES],
)
def test_only_metrics_that_can_exist_are_asked(
    name: str,
    kinds: tuple[str, ...],
    versioned: int,
    wanted: set[str],
    unwanted: set[str],
) -> None:
    api = demo()
    asked = _Asked(api)
    found = msgspec.structs.replace(function(name), versions=(VERSION,) * versioned)
    usage(api, found, *(mapping(name, kind) for kind in kinds))
    assert wanted <= asked.metrics
    assert not unwanted & asked.metrics


def test_unread_mappings_rule_nothing_out() -> None:
    api = demo()
    asked = _Asked(api)
    unread = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListEventSourceMappings")
    collect_usage(api, REGION, [function("payment-webhook")], unread, WINDOW)
    assert asked.metrics >= STREAM | {"OffsetLag"}


def test_provisioned_concurrency_is_measured_where_it_is() -> None:
    config = ProvisionedConcurrency(qualifier="live", requested=10)
    found = usage(
        demo(), msgspec.structs.replace(function("order-api"), versions=(VERSION,), provisioned=(config,))
    )
    assert found.provisioned_invocations > 0
    assert found.provisioned_utilization == pytest.approx(DECLARED["order-api"].usage.utilization)


SPOILT: tuple[tuple[str, dict[str, Any], Reason, str], ...] = (
    # id, what is put into the answer, reason, code
    ("partial", {"row": {"StatusCode": "PartialData"}}, Reason.API_ERROR, "PartialData"),
    ("internal", {"row": {"StatusCode": "InternalError"}}, Reason.API_ERROR, "InternalError"),
    ("unknown status", {"row": {"StatusCode": "Foo"}}, Reason.API_ERROR, "Foo"),
    (
        "message on the metric",
        {"row": {"Messages": [{"Code": "Late", "Value": "x"}]}},
        Reason.API_ERROR,
        "Late",
    ),
    (
        "message on the call",
        {"answer": {"Messages": [{"Code": "Cut", "Value": "x"}]}},
        Reason.API_ERROR,
        "Cut",
    ),
    ("another metric", {"row": {"Id": "other"}}, Reason.MALFORMED_RESPONSE, ""),
)


@pytest.mark.parametrize(
    ("spoilt", "reason", "code"), [row[1:] for row in SPOILT], ids=[r[0] for r in SPOILT]
)
def test_a_spoilt_series_is_unknown(spoilt: dict[str, Any], reason: Reason, code: str) -> None:
    api = demo()
    _Asked(api, **spoilt)
    found = measured(api, function("payment-webhook"))
    assert isinstance(found, Unavailable)
    assert (found.reason, found.code, found.operation) == (reason, code, "cloudwatch:GetMetricData")


@pytest.mark.parametrize(
    "kind", [FaultKind.DENIED, FaultKind.ERROR_500, FaultKind.LOOPING_TOKEN, FaultKind.HTML]
)
def test_a_failed_call_is_no_idle_function(kind: FaultKind) -> None:
    found = measured(
        demo(Fault(operation="cloudwatch:GetMetricData", kind=kind)), function("payment-webhook")
    )
    assert isinstance(found, Unavailable)


def test_calls_are_full_and_their_price_is_booked() -> None:
    api = demo()
    asked = _Asked(api)
    queries = [
        Query("AWS/Lambda", "Duration", (("FunctionName", f"f{index}"),), stat, DAY_S)
        for index in range(300)
        for stat in ("p50", "p99")
    ]
    found = fetch(api, REGION, queries, WINDOW)
    assert set(found) == set(queries)
    assert max(asked.sizes) == QUERIES_A_CALL
    # Two statistics of one metric are billed once: 300 metrics, and none of them twice for being split.
    booked = next(row.usd for row in api.spending() if row.operation == "cloudwatch:GetMetricData")
    assert booked == pytest.approx(300 * 0.01 / 1000)


def test_the_account_and_its_logs_are_measured() -> None:
    api = demo()
    busiest = max(spec.usage.peak for spec in DECLARED.values() if spec.usage.runs)
    peak = collect_peak_concurrency(api, REGION, WINDOW)
    assert isinstance(peak, int)
    assert peak >= busiest
    found = collect_log_usage(api, REGION, ["/aws/lambda/payment-webhook", "/nothing/here"], WINDOW)
    assert found["/nothing/here"] == LogUsage(incoming_bytes=0, incoming_events=0)
    assert isinstance(measured_log := found["/aws/lambda/payment-webhook"], LogUsage)
    assert measured_log.incoming_bytes > 0


EDGE_RUNS = {"eu-west-1": 10.0, "us-east-1": 30.0}
EDGE_P99_MS = {"eu-west-1": 90.0, "us-east-1": 40.0}


class _EdgeAnswers:
    """Lets a Lambda@Edge function have run in two regions, under its edge name."""

    def __init__(self, api: Api) -> None:
        self.names: set[str] = set()
        api.session.events.register_first("before-parameter-build.cloudwatch.GetMetricData", self.ask)
        api.session.events.register_last("after-call.cloudwatch.GetMetricData", self.answer)

    def ask(self, *, params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        for query in params["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            self.names |= {pair["Value"] for pair in metric["Dimensions"]}
        context["asked"] = {
            query["Id"]: (query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"])
            for query in params["MetricDataQueries"]
        }

    def answer(self, *, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        region = context["client_region"]
        values = {
            ("Invocations", "Sum"): EDGE_RUNS[region],
            ("Duration", "Sum"): EDGE_RUNS[region] * 20,
            ("Duration", "SampleCount"): EDGE_RUNS[region],
            ("Duration", "p99"): EDGE_P99_MS[region],
        }
        for row in parsed["MetricDataResults"]:
            value = values.get(context["asked"][row["Id"]])
            if value is not None:
                row.update(Timestamps=[WINDOW.start], Values=[value])


def test_edge_functions_are_measured_in_every_region_under_their_edge_name() -> None:
    api = demo()
    answers = _EdgeAnswers(api)
    found = collect_edge_usage(api, [function("headers", region="us-east-1")], WINDOW)
    result = next(iter(found.values()))
    assert answers.names == {"us-east-1.headers"}
    assert isinstance(result, Usage)
    assert (result.invocations, result.average_ms, result.duration_p99_ms) == (40, 20, 90)
    assert [day.invocations for day in result.daily] == [40]


def edge_account(trusted: str, found: Function) -> Account:
    """An account with one function in us-east-1 whose role trusts a service."""
    principal = Principal(kind="Service", value=trusted)
    trust = Statement(index=1, effect="Allow", actions=("sts:AssumeRole",), principals=(principal,))
    role = Role(arn=found.role_arn, name="edge", trust=(trust,))
    return Account(
        id=ACCOUNT,
        regions=(Region(account=ACCOUNT, name="us-east-1", functions=(found,)),),
        roles=(RoleEvidence(arn=found.role_arn, role=role),),
    )


@pytest.mark.parametrize(
    ("trusted", "invocations"), [("edgelambda.amazonaws.com", 45), ("lambda.amazonaws.com", 5)]
)
def test_the_trust_of_its_role_makes_a_function_one_of_the_edge(trusted: str, invocations: int) -> None:
    api = demo()
    _EdgeAnswers(api)
    own = Usage(window_start=WINDOW.start, window_end=WINDOW.end, invocations=5)
    account = with_edge_usage(
        api, edge_account(trusted, function("headers", region="us-east-1", usage=own)), WINDOW
    )
    functions = account.regions[0].functions
    assert isinstance(functions, tuple)
    assert isinstance(functions[0].usage, Usage)
    assert functions[0].usage.invocations == invocations


def test_an_unread_region_makes_edge_usage_unknown() -> None:
    api = demo(Fault(operation="cloudwatch:GetMetricData", kind=FaultKind.DENIED, region="us-east-1"))
    found = collect_edge_usage(api, [function("headers", region="us-east-1")], WINDOW)
    assert all(isinstance(one, Unavailable) for one in found.values())


def test_refused_percentiles_take_no_counts_along() -> None:
    # moto answers sums and maxima and fails on percentiles.
    percentiles = {"MetricDataQueries": "*'Stat': 'p[0-9]*"}
    api = demo(Fault(operation="cloudwatch:GetMetricData", kind=FaultKind.ERROR_500, when=percentiles))
    declared = DECLARED["payment-webhook"].usage
    found = usage(api, function("payment-webhook"))
    assert (found.invocations, found.longest_ms) == (14 * declared.runs, declared.max)
    for missing in (found.duration_p50_ms, found.duration_p99_ms, found.daily[0].duration_p95_ms):
        assert isinstance(missing, Unavailable)
        assert missing.operation == "cloudwatch:GetMetricData"
