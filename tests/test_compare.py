"""Comparison of two reports: what each change of status is called, and a score of like with like."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from auditor.compare import Comparison, compare, history, lines, newly_failing
from auditor.report import Report
from auditor.score import floored
from auditor.verdict import Finding, Severity, Status
from tests.render.export_sample import MUTE, NOW, audited, small

CHANGE_KINDS = ("fixed", "new", "worse", "better", "gone", "visibility_lost", "visibility_gained")


def subject(report: Report) -> Finding:
    """Return a finding that weighs: one high in severity, of the spoilt function."""
    return next(
        finding
        for finding in report.findings
        if finding.function == "spoilt" and finding.severity is Severity.HIGH
    )


def with_statuses(statuses: Mapping[str, Status | None]) -> Report:
    """Return the small report with the findings of some checks changed, or left out."""
    report = small()
    kept = (finding for finding in report.findings if statuses.get(finding.check, finding.status) is not None)
    findings = tuple(
        replace(finding, status=status, reason=None)
        for finding in kept
        if (status := statuses.get(finding.check, finding.status)) is not None
    )
    return replace(report, findings=findings)


def told(comparison: Comparison) -> dict[str, int]:
    return {kind: len(found) for kind in CHANGE_KINDS if (found := getattr(comparison, kind))}


def one_finding(status: Status | None) -> Report:
    """Return the small report with one finding alone, in a status, or with none."""
    report = small()
    only = replace(subject(report), status=status or Status.PASS, muted=None)
    return replace(report, findings=(only,) if status else ())


CALLED = [
    (Status.FAIL, Status.PASS, "fixed"),
    (Status.WARN, Status.PASS, "fixed"),
    (Status.FAIL, Status.NOT_APPLICABLE, "fixed"),
    (Status.PASS, Status.FAIL, "new"),
    (Status.NOT_APPLICABLE, Status.WARN, "new"),
    (None, Status.FAIL, "new"),
    (Status.WARN, Status.FAIL, "worse"),
    (Status.FAIL, Status.WARN, "better"),
    (Status.FAIL, None, "gone"),
    (Status.FAIL, Status.UNKNOWN, "visibility_lost"),
    (Status.PASS, Status.UNKNOWN, "visibility_lost"),
    (Status.UNKNOWN, Status.FAIL, "visibility_gained"),
    (Status.UNKNOWN, Status.PASS, "visibility_gained"),
    (Status.PASS, Status.NOT_APPLICABLE, ""),
    (Status.PASS, None, ""),
    (Status.FAIL, Status.FAIL, ""),
    (Status.FAIL, Status.MANUAL, "visibility_lost"),
    (Status.MANUAL, Status.PASS, "visibility_gained"),
    (Status.MANUAL, Status.UNKNOWN, ""),
]


@pytest.mark.parametrize(("was", "now", "kind"), CALLED, ids=str)
def test_changes_are_called_by_what_they_are(was: Status | None, now: Status | None, kind: str) -> None:
    found = told(compare(one_finding(was), one_finding(now)))
    assert found == ({kind: 1} if kind else {})


def test_a_report_compared_with_itself_shows_nothing() -> None:
    found = compare(small(), small())
    assert told(found) == {}
    assert (found.delta, found.checks_added, found.checks_removed, found.checks_changed) == (0, (), (), ())


def test_like_for_like_of_an_unchanged_report_is_its_score() -> None:
    found = compare(audited(), audited())
    assert floored(found.like_before) == floored(found.like_after) == audited().score


def test_losing_sight_never_raises_the_score() -> None:
    check = subject(small()).check
    failing, unseen = with_statuses({check: Status.FAIL}), with_statuses({check: Status.UNKNOWN})
    assert compare(with_statuses({check: Status.PASS}), unseen).delta <= 0
    assert (
        compare(failing, unseen).like_after
        <= compare(failing, with_statuses({check: Status.PASS})).like_after
    )


def test_a_fix_raises_the_score_and_a_check_that_was_added_does_not_lower_it() -> None:
    check = subject(small()).check
    failing, mended = with_statuses({check: Status.FAIL}), with_statuses({check: Status.PASS})
    assert compare(failing, mended).like_after > compare(failing, mended).like_before
    without = replace(
        mended,
        checks=tuple(one for one in mended.checks if one.id != check),
        findings=tuple(one for one in mended.findings if one.check != check),
    )
    found = compare(without, failing)
    assert found.checks_added == (check,)
    assert found.new == ()
    assert found.like_before == found.like_after
    assert compare(failing, without).checks_removed == (check,)


def test_a_check_judged_otherwise_is_told_and_does_not_move_the_score() -> None:
    check = subject(small()).check
    milder = replace(
        small(),
        checks=tuple(
            replace(one, severity=Severity.LOW) if one.id == check else one for one in small().checks
        ),
        findings=tuple(
            replace(one, severity=Severity.LOW) if one.check == check else one for one in small().findings
        ),
    )
    found = compare(milder, small())
    (change,) = found.checks_changed
    assert (change.check, change.before.split(",")[0], change.after.split(",")[0]) == (check, "low", "high")
    assert found.like_before == found.like_after


def test_functions_that_came_and_went_are_named() -> None:
    fewer = replace(small(), functions=small().functions[:1], findings=small().findings)
    gone = tuple(function.arn for function in small().functions[1:])
    assert compare(small(), fewer).functions_removed == gone
    assert compare(fewer, small()).functions_added == gone


NEWLY = [
    (Status.PASS, Status.FAIL, 1),
    (Status.UNKNOWN, Status.FAIL, 1),
    (Status.WARN, Status.FAIL, 1),
    (None, Status.FAIL, 1),
    (Status.FAIL, Status.FAIL, 0),
    (Status.PASS, Status.WARN, 0),
    (Status.PASS, Status.UNKNOWN, 0),
]


@pytest.mark.parametrize(("was", "now", "count"), NEWLY, ids=str)
def test_newly_failing(was: Status | None, now: Status, count: int) -> None:
    assert len(newly_failing(one_finding(was), one_finding(now))) == count


def test_what_is_accepted_is_not_newly_failing() -> None:
    now = one_finding(Status.FAIL)
    accepted = replace(now, findings=(replace(now.findings[0], muted=MUTE),))
    assert newly_failing(one_finding(Status.PASS), accepted) == ()


def test_history_carries_the_run_before() -> None:
    found = history(compare(one_finding(Status.PASS), one_finding(Status.FAIL)))
    assert (found.new, found.fixed, found.since) == (1, 0, NOW)
    assert [point.score for point in found.trend] == [small().score]
    again = replace(one_finding(Status.FAIL), history=found)
    assert len(history(compare(again, again)).trend) == 2


def test_lines_name_changes_and_count_the_rest() -> None:
    failing = with_statuses({check.id: Status.FAIL for check in small().checks})
    found = compare(with_statuses({check.id: Status.PASS for check in small().checks}), failing)
    said = lines(found, shown=3)
    assert f"New: {len(found.new)}" in said
    assert f"  and {len(found.new) - 3} more" in said
    assert lines(compare(small(), small()))[1].endswith("(+0)")


def test_a_changed_profile_is_said() -> None:
    said = lines(compare(replace(small(), score_profile="2025.1"), small()))
    assert any("profile changed" in line for line in said)


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(st.sampled_from([*Status, None]), min_size=12, max_size=12),
    after=st.lists(st.sampled_from([*Status, None]), min_size=12, max_size=12),
)
def test_comparing_the_other_way_round_swaps_the_words(
    before: list[Status | None], after: list[Status | None]
) -> None:
    names = [check.id for check in small().checks[:12]]
    old = with_statuses(dict(zip(names, before, strict=True)))
    new = with_statuses(dict(zip(names, after, strict=True)))
    there, back = compare(old, new), compare(new, old)
    assert len(there.worse) == len(back.better)
    assert there.delta == -back.delta
    assert {change.check for change in there.fixed} <= {change.check for change in (*back.new, *back.worse)}
    assert {change.resource for change in there.gone} <= {change.resource for change in back.new}
