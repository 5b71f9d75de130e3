"""Numbers and shapes of the HTML page: signs, units, sums that add up."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.render.html_charts import CUTS, calendar, cascade, cut, gauge, parts, trend
from auditor.render.html_checklist import checklist, gaps
from auditor.render.html_cost import cost
from auditor.render.html_words import COST_PARTS, counted, dollars, listed, mostly, points, span, support
from auditor.report import CostReport, Counts, RuntimeRow, TrendPoint
from tests.render.html_sample import AS_OF, NOW, sample


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7.14, "−7.1"),
        (0, "0"),
        (0.04, "−0.04"),
        (0.05, "−0.1"),
        (0.0499, "−0.05"),
        (0.001, "<0.01"),
        (100, "−100.0"),
    ],
)
def test_points_never_read_zero_where_something_is_lost(value: float, said: str) -> None:
    assert points(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "$0.00"), (0.004, "under $0.01"), (0.09, "$0.09"), (1234.5, "$1,234.50")]
)
def test_dollars(value: float, said: str) -> None:
    assert dollars(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.4, "0 s"), (48, "48 s"), (108, "1 min 48 s"), (7500, "2 h 5 min")]
)
def test_span(value: float, said: str) -> None:
    assert span(value) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (None, ("no date", "")),
        (-13, ("ended 13 d ago", "bad")),
        (0, ("0 d left", "soon")),
        (189, ("189 d left", "soon")),
        (190, ("190 d left", "")),
    ],
)
def test_support(left: int | None, said: tuple[str, str]) -> None:
    assert support(left) == said


def test_counted_and_listed() -> None:
    assert counted(1, "function") == "1 function"
    assert counted(1386, "request") == "1,386 requests"
    assert listed(("a", "b", "c"), 3) == "a, b, c"
    assert listed(("a", "b", "c"), 2) == "a, b and 1 more"


shares = st.lists(st.floats(0, 1000, allow_subnormal=False), min_size=1, max_size=6)


@given(shares)
def test_pieces_of_a_bar_fill_it(values: list[float]) -> None:
    pieces = cut([("fail", value) for value in values])
    total = sum(float(piece.width.rstrip("%")) for piece in pieces)
    assert not pieces or total == pytest.approx(100, abs=0.1)
    assert len(pieces) == sum(value > 0 for value in values)


def test_bar_keeps_the_order_of_urgency_and_leaves_out_what_does_not_count() -> None:
    pieces = parts(Counts(failed=1, warned=0, unknown=1, passed=2, not_applicable=50, manual=9))
    assert [(piece.kind, piece.x, piece.width) for piece in pieces] == [
        ("fail", "0%", "25%"),
        ("hatch", "25%", "25%"),
        ("pass", "50%", "50%"),
    ]


@pytest.mark.parametrize(
    ("score", "possible", "solid", "hatched"),
    [(0, 0, False, False), (0, 100, False, True), (72, 81, True, True), (100, 100, True, False)],
)
def test_gauge_draws_only_what_there_is(score: int, possible: int, *, solid: bool, hatched: bool) -> None:
    drawn = gauge(score, possible, "C")
    assert bool(drawn.proven) is solid
    assert bool(drawn.possible) is hatched
    assert len(drawn.cuts) == len(CUTS) == 4
    assert [text.words for text in drawn.letters] == ["F", "D", "C", "B", "A"]
    assert [text.words for text in drawn.letters if text.marked] == ["C"]


@pytest.mark.parametrize("size", [(1, 4), (10, 8), (42, 16), (60, 120)])
def test_cascade_leads_from_100_to_the_score(size: tuple[int, int]) -> None:
    report = sample(*size)
    rows = checklist(report)
    taken = sum(item.lost + item.unseen for item in report.items) + report.caps_points
    steps = [step for row in rows.rows for step in (row.step.lost, row.step.unseen) if step is not None]
    caps = [rows.falls.caps.lost] if rows.falls.caps.lost else []
    drawn = sum(float(step.width.rstrip("%")) for step in [*steps, *caps])
    assert drawn == pytest.approx(float(rows.falls.end.rstrip("%")), abs=0.2)
    assert rows.score == int(100 - taken)
    assert rows.falls.ticks[0].words == "100"
    costs = [item.lost + item.unseen for item in report.items]
    assert rows.rows[0].number == costs.index(max(costs)) + 1


def test_cascade_of_a_perfect_report_has_no_step() -> None:
    report = sample(0, 4)
    drawn = cascade(report, ())
    assert drawn.steps == ()
    assert drawn.end == "0%"


def test_trend_needs_two_runs_and_stays_in_the_picture() -> None:
    runs = [TrendPoint(at=NOW, score=score, possible=score + 9, coverage=90) for score in (61, 64, 72)]
    assert trend(runs[:1]) is None
    drawn = trend(runs)
    assert drawn is not None
    heights = [float(point.split(",")[1]) for point in drawn.line.split()]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= height <= 100 for height in heights)
    assert drawn.words == "61, 64, 72"


@pytest.mark.parametrize(
    ("dates", "phases"),
    [
        ((None, None, None), ["live"]),
        ((date(2026, 4, 30), None, None), ["old"]),
        ((date(2026, 4, 30), date(2027, 2, 1), date(2027, 3, 3)), ["old", "blocked", "dead"]),
        ((date(2027, 4, 30), date(2027, 6, 1), date(2027, 7, 1)), ["live", "old", "blocked", "dead"]),
        ((date(2021, 7, 15), date(2021, 7, 15), date(2022, 5, 30)), ["dead"]),
        ((date(2021, 7, 15), date(2021, 8, 15), None), ["blocked"]),
        ((date(2039, 1, 1), date(2039, 2, 1), date(2039, 3, 1)), ["live"]),
    ],
)
def test_calendar_shows_the_phases_in_their_order(dates: tuple[date | None, ...], phases: list[str]) -> None:
    ends, create, update = dates
    row = RuntimeRow(
        id="x",
        functions=("a",),
        deprecated=ends,
        create_blocked=create,
        update_blocked=update,
        days_left=None,
        successor="",
    )
    drawn = calendar([row], AS_OF)
    assert [phase.kind for phase in drawn.rows[0]] == phases
    assert sum(float(phase.width.rstrip("%")) for phase in drawn.rows[0]) == pytest.approx(100, abs=0.1)
    assert [tick.words for tick in drawn.ticks] == ["Jul 2026", "", "Jul 2027", "2028", "Jul 2028"]


def test_policy_to_copy_holds_the_refused_operations_only() -> None:
    said = gaps(sample(30, 8))
    assert '"cloudwatch:GetMetricData"' in said.policy
    assert '"iam:GetRolePolicy"' in said.policy
    assert "lambda:GetFunction" not in said.policy
    assert said.footer.startswith("2 permissions settle ")


def test_parts_of_the_cost_add_up_and_the_dearest_function_is_first() -> None:
    report = sample(42, 16)
    said = cost(report, {f.arn: f.name for f in report.functions})
    whole = sum(f.usd_month or 0 for f in report.functions)
    parts_usd = [
        float(part.usd.removeprefix("$").replace(",", "")) for part in said.parts if part.usd[0] == "$"
    ]
    assert sum(parts_usd) == pytest.approx(whole, abs=0.03)
    assert [part.name for part in said.parts] == [name for _, name in COST_PARTS]
    dearest = max(report.functions, key=lambda f: f.usd_month or 0)
    assert said.rows[0].name == dearest.name
    assert said.rows[0].width == "100%"
    assert said.more.startswith(
        f"{sum(f.usd_month is not None for f in report.functions) - 20} more functions"
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (None, ""),
        (CostReport(compute_usd=0, requests_usd=0), ""),
        (CostReport(compute_usd=1, requests_usd=0, log_ingestion_usd=2, log_storage_usd=1), "Logs 75 %"),
        (
            CostReport(compute_usd=5, requests_usd=5, provisioned_usd=80, snapstart_usd=10),
            "Provisioned concurrency and snapshots 90 %",
        ),
    ],
)
def test_largest_part_of_a_cost_is_named(parts: CostReport | None, said: str) -> None:
    assert mostly(parts) == said


def test_cost_says_what_has_no_price_and_why() -> None:
    report = sample(42, 16)
    said = cost(report, {f.arn: f.name for f in report.functions})
    unpriced = sum(f.usd_month is None for f in report.functions)
    assert unpriced
    count, why = said.unpriced[0]
    assert count == f"{unpriced} functions"
    assert "denied by a service control policy" in why
    assert f"of {len(report.functions)} functions" in said.lead


def test_cost_groups_by_what_tells_functions_apart() -> None:
    report = sample(42, 16)
    address = {f.arn: f.name for f in report.functions}
    assert cost(report, address).group_title == "By owner"
    alike = msgspec.structs.replace(
        report, functions=tuple(msgspec.structs.replace(f, owner="shop, web") for f in report.functions)
    )
    assert cost(alike, address).group_title == "By runtime"
    one = msgspec.structs.replace(alike.functions[0], owner="")
    mixed = msgspec.structs.replace(alike, functions=(one, report.functions[1], *alike.functions[2:]))
    groups = cost(mixed, address).groups
    assert {
        "#functions?owner=none&sort=usd&dir=desc",
        "#functions?owner=shop%252C%20web&sort=usd&dir=desc",
    } <= {group.href for group in groups}


def test_cost_of_a_function_list_without_prices_says_so() -> None:
    said = cost(sample(0, 8), {})
    assert said.lead == "No function could be priced: its runs were not seen."
    assert said.rows == ()
