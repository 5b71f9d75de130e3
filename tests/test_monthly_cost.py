"""What a function costs: each part against arithmetic by hand, and the laws that bind them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.cost import MonthlyCost, idle_provisioned_usd, monthly_cost
from auditor.model import (
    Function,
    LogGroup,
    LogUsage,
    Principal,
    ProvisionedConcurrency,
    Reason,
    ReportLines,
    ResourcePolicy,
    SnapStart,
    Unavailable,
    Usage,
)
from auditor.testing import (
    NAME,
    healthy_function,
    healthy_region,
    healthy_usage,
    healthy_version,
    reference,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="logs:DescribeLogGroups", code="AccessDenied")
QUIET: dict[str, Any] = {
    "log_usage": LogUsage(incoming_bytes=0, incoming_events=0),
    "report_lines": ReportLines(source="none", runs=0, cold_starts=0),
}
# 14 days of 1.4 million runs are 3 million a month.
USAGE = healthy_usage(invocations=1_400_000, average_ms=200.0)


def cost_of(function: Function, **region: Any) -> MonthlyCost:
    """Cost of a function in a region without log groups."""
    found = monthly_cost(function, healthy_region(function, **{"log_groups": (), **region}), reference())
    assert isinstance(found, MonthlyCost)
    return found


def sized(memory_mb: int, **changes: Any) -> Function:
    """A function without logs, `$LATEST` and its version of this size."""
    given: dict[str, Any] = {**QUIET, "usage": USAGE, **changes}
    return healthy_function(memory_mb=memory_mb, versions=(healthy_version(memory_mb=memory_mb),), **given)


def test_requests_and_compute_of_x86() -> None:
    cost = cost_of(sized(1_024, architecture="x86_64"))
    assert cost.requests_usd == pytest.approx(3 * 0.20)
    assert cost.gb_seconds == pytest.approx(600_000)
    assert cost.compute_usd == pytest.approx(600_000 * 0.0000166667)
    assert cost.total_usd == pytest.approx(10.60, abs=0.01)


def test_arm64_costs_a_fifth_less() -> None:
    x86, arm = cost_of(sized(1_024, architecture="x86_64")), cost_of(sized(1_024))
    assert arm.compute_usd / x86.compute_usd == pytest.approx(0.8, abs=0.001)


def test_billed_time_of_report_lines_goes_before_the_metric() -> None:
    lines = ReportLines(source="Logs Insights", runs=1_000, cold_starts=10, billed_ms=400_000.0)
    assert cost_of(sized(1_024, report_lines=lines)).gb_seconds == pytest.approx(1_200_000)


def test_too_few_report_lines_do_not() -> None:
    lines = ReportLines(source="Logs Insights", runs=99, cold_starts=10, billed_ms=400_000.0)
    assert cost_of(sized(1_024, report_lines=lines)).gb_seconds == pytest.approx(600_000)


def test_the_version_that_serves_is_priced() -> None:
    function = healthy_function(
        memory_mb=512, versions=(healthy_version(memory_mb=2_048),), **{**QUIET, "usage": USAGE}
    )
    assert cost_of(function).gb_seconds == pytest.approx(1_200_000)


def test_provisioned_concurrency_is_paid_for_all_month_and_runs_cheaper() -> None:
    warm = (ProvisionedConcurrency(qualifier="live", requested=10, allocated=10),)
    usage = msgspec.structs.replace(USAGE, provisioned_invocations=1_400_000)
    cost = cost_of(sized(1_024, provisioned=warm, usage=usage, architecture="x86_64"))
    assert cost.provisioned_usd == pytest.approx(10 * 2_592_000 * 0.0000041667)
    assert cost.compute_usd == pytest.approx(600_000 * 0.0000097222)


def test_ephemeral_storage_above_the_free_part() -> None:
    cost = cost_of(sized(1_024, ephemeral_mb=512 + 2_048))
    assert cost.ephemeral_usd == pytest.approx(600_000 * 2 * 0.0000000309)
    assert cost_of(sized(1_024)).ephemeral_usd == 0


def test_logs_are_ingested_and_stored() -> None:
    function = sized(1_024, log_usage=LogUsage(incoming_bytes=14_000_000_000, incoming_events=9))
    group = LogGroup(name=f"/aws/lambda/{NAME}", stored_bytes=100_000_000_000)
    cost = cost_of(function, log_groups=(group,))
    assert cost.log_ingestion_usd == pytest.approx(30 * 0.50)
    assert cost.log_storage_usd == pytest.approx(100 * 0.03)


def test_functions_share_a_log_group_evenly() -> None:
    function = sized(1_024, log_usage=LogUsage(incoming_bytes=14_000_000_000, incoming_events=9))
    other = msgspec.structs.replace(function, name="other", arn=f"{function.arn}-other")
    region = healthy_region(function, other, log_groups=())
    found = monthly_cost(function, region, reference())
    assert isinstance(found, MonthlyCost)
    assert found.log_ingestion_usd == pytest.approx(7.5)
    assert "2 functions share the log group evenly" in found.assumptions


def test_what_is_not_seen_is_named_and_the_rest_is_a_lower_bound() -> None:
    cost = cost_of(sized(1_024, log_usage=DENIED, provisioned=DENIED), log_groups=DENIED)
    assert cost.unseen == (DENIED, DENIED, DENIED)
    assert cost.logs_usd == cost.provisioned_usd == 0
    assert cost.total_usd == pytest.approx(cost.running_usd)


SNAP = SnapStart(apply_on="PublishedVersions", status="On")


@pytest.mark.parametrize(
    ("runtime", "usd"),
    [("python3.13", 2 * 30 * 86_400 * 0.0000015046), ("java21", 0.0)],
    ids=["Python pays for its cache", "Java does not"],
)
def test_snapshots_of_each_published_version_are_cached(runtime: str, usd: float) -> None:
    versions = tuple(
        healthy_version(version=name, runtime=runtime, memory_mb=1_024, snap_start=SNAP)
        for name in ("11", "12")
    )
    cost = cost_of(healthy_function(runtime=runtime, snap_start=SNAP, versions=versions, **QUIET))
    assert cost.snapstart_usd == pytest.approx(usd)
    assert any("restores" in said for said in cost.assumptions) is bool(usd)


def test_tiers_take_off_what_lies_above_them() -> None:
    """20 billion GB-seconds on arm64: 10 % off from 7.5, 20 % off from 18.75 billion."""
    usage = healthy_usage(invocations=round(20e9 / 30 * 14), average_ms=1_000.0)
    cost = cost_of(sized(1_024, usage=usage))
    assert cost.gb_seconds == pytest.approx(20e9)
    wanted = 0.0000133334 * (7.5e9 + 0.9 * 11.25e9 + 0.8 * 1.25e9)
    assert cost.compute_usd == pytest.approx(wanted)
    assert any("off for the tiers" in said for said in cost.assumptions)


def test_an_idle_function_costs_nothing_to_run() -> None:
    idle = healthy_usage(invocations=0, average_ms=None)
    assert cost_of(sized(1_024, usage=idle)).total_usd == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"usage": DENIED},
        {"usage": healthy_usage(average_ms=None)},
        {"capacity_provider_arn": "arn:aws:lambda:x"},
        {"edge_master_arn": "arn:aws:lambda:x"},
        {
            "region": "us-east-1",
            "policies": (
                ResourcePolicy(
                    qualifier="",
                    statements=(
                        statement(
                            "lambda:GetFunction",
                            principals=(Principal(kind="Service", value="edgelambda.amazonaws.com"),),
                        ),
                    ),
                ),
            ),
        },
    ],
    ids=["metrics denied", "runs without durations", "Managed Instances", "edge replica", "edge master"],
)
def test_no_cost_where_it_does_not_hang_on_what_is_measured(changes: dict[str, Any]) -> None:
    function = healthy_function(**{**QUIET, **changes})
    assert isinstance(monthly_cost(function, healthy_region(function), reference()), Unavailable)


@given(
    runs=st.integers(0, 10**9),
    average=st.floats(1, 900_000),
    memory=st.sampled_from([128, 512, 1_769, 10_240]),
    warm=st.integers(0, 10**9),
)
def test_cost_grows_with_runs_and_never_falls_below_zero(
    runs: int, average: float, memory: int, warm: int
) -> None:
    def priced(count: int) -> float:
        usage: Usage = healthy_usage(invocations=count, average_ms=average, provisioned_invocations=warm)
        return cost_of(sized(memory, usage=usage)).running_usd

    assert 0 <= priced(runs) <= priced(runs + 1_000_000)


def test_idle_environments_are_priced_by_architecture() -> None:
    prices = reference().prices.default
    arm, x86 = (healthy_function(architecture=one, memory_mb=1_024) for one in ("arm64", "x86_64"))
    assert idle_provisioned_usd(arm, 1, prices) == pytest.approx(
        0.8 * idle_provisioned_usd(x86, 1, prices), rel=0.001
    )
