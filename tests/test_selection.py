"""Asking some checks only: what is asked, and that what is not asked is never taken for judged."""

import pytest

from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.selection import Selection
from auditor.settings import SettingsError
from auditor.testing import healthy_account, inventory_of
from auditor.verdict import ChecklistItem, Severity
from tests.render.export_sample import NOW


def asked(selection: Selection, ruleset: str = "recommended") -> set[str]:
    rules = load_rules(RuleFiles(selection=selection, ruleset=ruleset), NOW)
    return {check.id for check in rules.checks if rules.settings.enabled(check)}


def all_checks() -> set[str]:
    return asked(Selection())


def test_patterns_take_and_leave() -> None:
    taken = asked(Selection(checks=("timeout-*",)))
    assert taken == {name for name in all_checks() if name.startswith("timeout-")}
    assert asked(Selection(skipped=("timeout-*",))) == all_checks() - taken
    assert asked(Selection(checks=("timeout-*",), skipped=("timeout-near-limit",))) == taken - {
        "timeout-near-limit"
    }


def test_each_kind_narrows() -> None:
    highs = asked(Selection(severities=(Severity.HIGH,)))
    of_item = asked(Selection(items=(ChecklistItem.TIMEOUTS,)))
    assert highs
    assert of_item
    assert asked(Selection(severities=(Severity.HIGH,), items=(ChecklistItem.TIMEOUTS,))) == highs & of_item


def test_a_framework_takes_the_checks_of_its_controls() -> None:
    rules = load_rules(RuleFiles(), NOW)
    framework = rules.frameworks[1]
    named = {check for control in framework.controls for check in control.checks}
    assert asked(Selection(frameworks=(framework.framework,))) == named & all_checks()


def test_a_check_that_is_named_is_asked_even_where_the_rule_set_leaves_it_out() -> None:
    left_out = sorted(asked(Selection(), "strict") - asked(Selection(), "essential"))
    assert left_out
    assert asked(Selection(checks=(left_out[0],)), "essential") == {left_out[0]}


REFUSED = {
    "a check that is not there": (
        Selection(checks=("timeout-near-limits",)),
        "did you mean 'timeout-near-limit'",
    ),
    "a pattern that fits none": (Selection(skipped=("xyz-*",)), "xyz"),
    "a framework that is not there": (Selection(frameworks=("production-checklst",)), "production-checklist"),
    "nothing left": (Selection(checks=("timeout-*",), skipped=("timeout-*",)), "no check is left"),
}


@pytest.mark.parametrize(("selection", "says"), REFUSED.values(), ids=REFUSED)
def test_a_slip_is_refused(selection: Selection, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        asked(selection)


def test_what_was_not_asked_proves_no_control() -> None:
    report = audit(
        inventory_of(healthy_account()),
        load_rules(RuleFiles(selection=Selection(checks=("timeout-near-limit",))), NOW),
        NOW,
    )
    assert {finding.check for finding in report.findings} == {"timeout-near-limit"}
    assert [check.id for check in report.checks if check.asked] == ["timeout-near-limit"]
    controls = [control for framework in report.frameworks for control in framework.controls]
    for control in controls:
        if "timeout-near-limit" not in control.checks:
            assert control.status == "NOT_ASSESSED"
        elif len(control.checks) > 1:
            assert control.status != "PASS"
    assert report.selection == ("check timeout-near-limit",)
    assert any("1 of" in note and "timeout-near-limit" in note for note in report.notes)
