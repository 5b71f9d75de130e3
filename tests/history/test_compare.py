"""Comparison of two reports: what each change of status is called, and a score of like with like."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from auditor.history import Comparison, standing
from auditor.history import compare as compared
from auditor.history.text import lines
from auditor.report import Report
from auditor.score import floored
from auditor.verdict import Finding, Severity, Status
from tests.render.export_sample import audited, small

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


def compare(old: Report, new: Report) -> Comparison:
    return compared(standing(old), new)


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
    assert (change.check, change.before, change.after) == (check, "severity low", "severity high")
    assert found.like_before == found.like_after


def test_a_threshold_that_changed_is_told() -> None:
    def with_margin(value: str) -> Report:
        return replace(
            small(),
            checks=tuple(
                replace(one, thresholds=(("margin", value),)) if one.id == subject(small()).check else one
                for one in small().checks
            ),
        )

    found = compare(with_margin("0.2"), with_margin("0.3"))
    assert [(change.before, change.after) for change in found.checks_changed] == [
        ("margin 0.2", "margin 0.3")
    ]


def without(report: Report, *, region: bool = False, filtered: bool = False) -> Report:
    """Return the report with no finding of the spoilt function, told why."""
    kept = tuple(finding for finding in report.findings if finding.function != "spoilt")
    accounts = tuple(replace(one, regions=()) for one in report.accounts) if region else report.accounts
    scan = replace(report.scan, filters=("function orders-*",) if filtered else ())
    return replace(report, findings=kept, accounts=accounts, scan=scan)


@pytest.mark.parametrize(
    ("later", "kind"),
    [
        (without(small()), "gone"),
        (without(small(), region=True), "visibility_lost"),
        (without(small(), filtered=True), "visibility_lost"),
    ],
    ids=["deleted", "region not scanned", "function not asked for"],
)
def test_what_was_not_looked_for_is_not_gone(later: Report, kind: str) -> None:
    there, back = compare(small(), later), compare(later, small())
    assert getattr(there, kind)
    assert not (there.gone if kind == "visibility_lost" else there.visibility_lost)
    assert bool(back.new) is (kind == "gone")
    assert bool(back.visibility_gained) is (kind == "visibility_lost")


def test_changes_come_with_the_worst_first_and_say_what_is_so_now() -> None:
    failing = with_statuses({check.id: Status.FAIL for check in small().checks})
    found = compare(with_statuses({check.id: Status.PASS for check in small().checks}), failing).new
    ranks = [change.severity.rank for change in found if change.severity]
    assert ranks == sorted(ranks)
    assert all(change.message for change in found)


def test_a_check_that_was_not_asked_is_no_news() -> None:
    check = subject(small()).check
    unasked = replace(
        small(),
        checks=tuple(replace(one, asked=one.id != check) for one in small().checks),
        findings=tuple(one for one in small().findings if one.check != check),
    )
    found = compare(unasked, with_statuses({check: Status.FAIL}))
    assert found.checks_added == (check,)
    assert check not in {change.check for change in found.new}


def test_functions_that_came_and_went_are_named() -> None:
    fewer = replace(small(), functions=small().functions[:1], findings=small().findings)
    gone = tuple(function.arn for function in small().functions[1:])
    assert compare(small(), fewer).functions_removed == gone
    assert compare(fewer, small()).functions_added == gone


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
