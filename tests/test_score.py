"""Score: the invariants that must hold for any findings, and the rules of the profile."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model import Reason, Unavailable
from auditor.score import floored, grade, profile, score
from auditor.verdict import ChecklistItem, Confidence, Finding, Mute, Severity, Status

ACCOUNT = "123456789012"
DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")
ACCEPTED = Mute(
    id="M-1", kind="accepted_risk", reason="known and accepted", owner="shop", expires="2027-01-01"
)


def finding(
    function: str, check: str, status: Status, severity: Severity, confidence: Confidence = Confidence.HIGH
) -> Finding:
    return Finding(
        check=check,
        resource=f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{function}" if function else "account",
        function=function,
        region="eu-west-1",
        account=ACCOUNT,
        status=status,
        severity=severity,
        confidence=confidence,
        item=list(ChecklistItem)[len(check) % 12],
        message="seen",
        reason=DENIED if status is Status.UNKNOWN else None,
    )


@st.composite
def estates(draw: st.DrawFn) -> tuple[Finding, ...]:
    names = ["", *draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True))]
    return tuple(
        finding(
            name,
            f"check-{'x' * number}",
            draw(st.sampled_from(list(Status))),
            draw(st.sampled_from(list(Severity))),
            draw(st.sampled_from(list(Confidence))),
        )
        for name in names
        for number in range(draw(st.integers(1, 6)))
    )


def capped(findings: tuple[Finding, ...]) -> float:
    return score(findings, {}, [ACCOUNT]).capped


def with_status(findings: tuple[Finding, ...], index: int, status: Status) -> tuple[Finding, ...]:
    changed = msgspec.structs.replace(
        findings[index], status=status, reason=DENIED if status is Status.UNKNOWN else None
    )
    return (*findings[:index], changed, *findings[index + 1 :])


@settings(max_examples=150, deadline=None)
@given(estates(), st.data())
def test_a_failure_that_is_no_longer_seen_earns_nothing(
    findings: tuple[Finding, ...], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(findings) - 1))
    before = score(with_status(findings, index, Status.FAIL), {}, [ACCOUNT])
    after = score(with_status(findings, index, Status.UNKNOWN), {}, [ACCOUNT])
    raw_before = {found.resource: found.tally.raw for found in before.resources}
    assert all(found.tally.raw <= raw_before[found.resource] + 1e-9 for found in after.resources)
    assert after.coverage <= before.coverage + 1e-9


@settings(max_examples=150, deadline=None)
@given(estates(), st.data())
def test_passing_is_never_worse(findings: tuple[Finding, ...], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(findings) - 1))
    passed = capped(with_status(findings, index, Status.PASS))
    for status in (Status.WARN, Status.FAIL, Status.UNKNOWN):
        assert capped(with_status(findings, index, status)) <= passed + 1e-9


@settings(max_examples=150, deadline=None)
@given(estates(), st.data())
def test_accepting_a_risk_buys_nothing(findings: tuple[Finding, ...], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(findings) - 1))
    failed = with_status(findings, index, Status.FAIL)
    muted = msgspec.structs.replace(failed[index], muted=ACCEPTED)
    assert capped((*failed[:index], muted, *failed[index + 1 :])) == capped(failed)


@settings(max_examples=150, deadline=None)
@given(estates())
def test_points_and_caps_add_up_to_what_is_missing(findings: tuple[Finding, ...]) -> None:
    total = score(findings, {}, [ACCOUNT])
    if not total.resources:
        assert total.capped == 0
        return
    lost = sum(found.points for found in total.findings)
    assert lost + total.caps_points == pytest.approx(100 - total.capped)
    assert sum(item.lost + item.unseen for item in total.items) == pytest.approx(lost)


@settings(max_examples=150, deadline=None)
@given(estates())
def test_the_truth_lies_between_proven_and_possible(findings: tuple[Finding, ...]) -> None:
    total = score(findings, {}, [ACCOUNT])
    for truth in (Status.PASS, Status.FAIL):
        seen = tuple(
            msgspec.structs.replace(found, status=truth, reason=None)
            if found.status is Status.UNKNOWN
            else found
            for found in findings
        )
        resolved = {found.resource: found.tally.raw for found in score(seen, {}, [ACCOUNT]).resources}
        for found in total.resources:
            assert found.tally.raw - 1e-9 <= resolved[found.resource] <= found.tally.reachable + 1e-9
    assert total.capped <= total.possible + 1e-9


@settings(max_examples=50, deadline=None)
@given(estates())
def test_no_finding_is_lost_and_order_stays(findings: tuple[Finding, ...]) -> None:
    scored = score(findings, {}, [ACCOUNT]).findings
    assert [(found.check, found.resource, found.status) for found in scored] == [
        (found.check, found.resource, found.status) for found in findings
    ]


CAPS = {
    "critical failed": ((Status.FAIL, Severity.CRITICAL), 49),
    "high failed": ((Status.FAIL, Severity.HIGH), 79),
    "critical unknown": ((Status.UNKNOWN, Severity.CRITICAL), 89),
}


@pytest.mark.parametrize(("bad", "ceiling"), CAPS.values(), ids=CAPS)
def test_one_bad_finding_holds_a_function_down(bad: tuple[Status, Severity], ceiling: int) -> None:
    many = tuple(finding("a", f"check-{n}", Status.PASS, Severity.CRITICAL) for n in range(200))
    total = score((*many, finding("a", "bad", *bad)), {}, [ACCOUNT])
    assert total.accounts[0].functions[0].score == ceiling
    assert total.accounts[0].functions[0].tally.raw > ceiling


def test_a_deprecated_runtime_holds_a_function_at_69() -> None:
    many = tuple(finding("a", f"check-{n}", Status.PASS, Severity.CRITICAL) for n in range(200))
    total = score((*many, finding("a", "runtime-deprecated", Status.FAIL, Severity.MEDIUM)), {}, [ACCOUNT])
    assert total.accounts[0].functions[0].score == 69


GRADES = {
    "exemplary": (98, 99.0, False, "A+"),
    "exemplary but capped": (98, 99.0, True, "A"),
    "exemplary with little coverage": (98, 94.0, False, "A"),
    "A": (90, 100.0, False, "A"),
    "B": (89, 100.0, False, "B"),
    "C": (79, 100.0, False, "C"),
    "D": (69, 100.0, False, "D"),
    "F": (49, 100.0, False, "F"),
    "nothing to judge by": (100, 59.9, False, "-"),
}


@pytest.mark.parametrize(("points", "coverage", "held", "letter"), GRADES.values(), ids=GRADES)
def test_letters(points: int, coverage: float, held: bool, letter: str) -> None:  # noqa: FBT001 - a table's column
    assert grade(points, coverage, capped=held)[0] == letter


def test_scores_round_down() -> None:
    assert floored(99.9999) == 99
    assert floored(100.0) == 100
    assert floored(72.00000000001) == 72


def test_every_cap_has_a_reason() -> None:
    rules = (*profile().function_caps, *profile().account_caps)
    assert all(rule.why and 0 < rule.ceiling < 100 for rule in rules)


def test_accounts_without_functions_are_scored_by_their_own_checks() -> None:
    total = score((finding("", "budget-missing", Status.FAIL, Severity.LOW),), {}, [ACCOUNT])
    assert total.capped == 0
    assert total.coverage == 100


def test_criticality_weighs_functions() -> None:
    findings = (
        finding("a", "one", Status.PASS, Severity.HIGH),
        finding("b", "one", Status.FAIL, Severity.MEDIUM),
    )
    heavy = {findings[0].resource: 3.0}
    assert score(findings, heavy, [ACCOUNT]).raw == pytest.approx(75.0)
