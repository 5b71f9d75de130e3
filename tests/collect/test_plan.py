"""A plan comes close to what a scan then sends."""

import pytest

from auditor.collect import ScanRequest
from auditor.collect.inventory import collect_account
from auditor.collect.operations import Tier, declared
from auditor.collect.plan import FORMULAS, Counts, plan, planned
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW, demo_session


@pytest.mark.parametrize("tier", list(Tier))
def test_a_plan_is_near_what_is_sent(tier: Tier) -> None:
    request = ScanRequest(tier=tier)
    expected = plan(request, demo_session(functions=200, check=False))
    api, _ = open_account(request, demo_session(functions=200, check=False))
    collect_account(api, _, request, DEMO_NOW, Steps(None))
    sent = sum(row.requests for row in api.spending())
    assert 0.6 < expected.requests / sent < 1.6
    assert expected.functions > 150
    planned_of = {row.operation: row.requests for row in expected.operations}
    often = {row.operation: row.requests for row in api.spending() if row.requests > expected.functions / 2}
    assert all(0.6 < planned_of[name] / requests < 1.6 for name, requests in often.items())
    if not expected.notes:
        usd = sum(row.usd for row in api.spending())
        assert 0.3 * usd <= expected.usd <= 3 * usd


def test_a_plan_lists_functions_and_nothing_else() -> None:
    session = demo_session(check=False)
    plan(ScanRequest(), session)
    assert set(session.calls) == {"sts:GetCallerIdentity", "lambda:ListFunctions"}


def test_get_policy_sets_the_time_of_a_large_account() -> None:
    whole = planned(Tier.STANDARD, [Counts(functions=10_000, configurations=10_000, roles=5_000)], 1.0)
    assert whole.seconds == pytest.approx(10_000 / 15, rel=0.05)
    slower = planned(Tier.STANDARD, [Counts(functions=10_000, configurations=10_000, roles=5_000)], 0.5)
    assert slower.seconds == pytest.approx(2 * whole.seconds)


def test_regions_share_no_quota() -> None:
    one = Counts(functions=1000, configurations=1000, roles=10)
    assert planned(Tier.STANDARD, [one, one], 1.0).seconds == planned(Tier.STANDARD, [one], 1.0).seconds


def test_every_formula_is_about_a_declared_operation() -> None:
    assert set(FORMULAS) <= {f"{one.service}:{one.name}" for one in declared()}
