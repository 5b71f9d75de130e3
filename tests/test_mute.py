"""Exceptions: what a mute file must say, and what a mute does."""

from datetime import date
from pathlib import Path

import pytest

from auditor.mute import MuteError, load_mutes, mute
from auditor.testing import ACCOUNT, ARN, healthy_account, inventory_of
from auditor.verdict import ChecklistItem, Confidence, Finding, Severity, Status

AS_OF = date(2026, 11, 23)
CHECKS = ("timeout-near-limit", "log-group-missing")
GOOD = {
    "id": "M-1",
    "check": "timeout-*",
    "kind": "accepted_risk",
    "reason": "batch job, measured in October",
    "owner": "data@example.com",
    "expires": "2027-01-31",
}


def written(folder: Path, **changes: str) -> Path:
    lines = "\n".join(f"    {key}: {value}" for key, value in {**GOOD, **changes}.items() if value)
    file = folder / "mutes.yaml"
    file.write_text(f"version: 1\nmutes:\n  -\n{lines}\n")
    return file


FAULTS = {
    "short reason": ({"reason": "because"}, "characters"),
    "no owner": ({"owner": "''"}, "owner"),
    "too far ahead": ({"expires": "2028-01-01"}, "365"),
    "no end": ({"expires": ""}, "expires"),
    "everything": ({"check": "'*'"}, "allow_all"),
    "everything, said otherwise": ({"check": "'*-*'"}, "allow_all"),
    "no resource": ({"resources": "[]"}, "resource"),
    "an empty resource": ({"resources": "['']"}, "resource"),
    "an empty id": ({"id": "''"}, "id"),
    "no such check": ({"check": "time-out"}, "there is no check"),
    "nearly a check": ({"check": "timeout-near-limits"}, "did you mean 'timeout-near-limit'"),
    "unknown kind": ({"kind": "wontfix"}, "wontfix"),
    "unknown key": ({"until": "2027-01-01"}, "until"),
}


@pytest.mark.parametrize(("changes", "says"), FAULTS.values(), ids=FAULTS)
def test_an_unusable_rule_is_named(tmp_path: Path, changes: dict[str, str], says: str) -> None:
    with pytest.raises(MuteError, match=says):
        load_mutes(written(tmp_path, **changes), AS_OF, CHECKS)


def test_a_file_of_today_goes_with_an_old_snapshot(tmp_path: Path) -> None:
    file = written(tmp_path, expires="2028-01-01")
    assert len(load_mutes(file, AS_OF, CHECKS, date(2027, 6, 1))) == 1


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MuteError, match="cannot be read"):
        load_mutes(tmp_path / "none.yaml", AS_OF, CHECKS)


def finding(status: Status = Status.FAIL, check: str = "timeout-near-limit") -> Finding:
    return Finding(
        check=check,
        resource=ARN,
        function="orders-api",
        region="eu-west-1",
        account=ACCOUNT,
        status=status,
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        item=ChecklistItem.TIMEOUTS,
        message="p99 run 9.5 s of 10 s",
    )


EFFECTS = {
    "an accepted risk keeps its status": ({}, finding(), Status.FAIL, True),
    "a false positive no longer applies": (
        {"kind": "false_positive"},
        finding(),
        Status.NOT_APPLICABLE,
        True,
    ),
    "another check is left alone": ({}, finding(check="log-group-missing"), Status.FAIL, False),
    "another resource is left alone": ({"resources": "['*:legacy-*']"}, finding(), Status.FAIL, False),
    "tags must be carried": ({"tags": "{owner: nobody}"}, finding(), Status.FAIL, False),
    "tags that are carried": ({"tags": "{owner: orders}"}, finding(), Status.FAIL, True),
    "an expired rule does nothing": ({"expires": "2026-11-22"}, finding(), Status.FAIL, False),
    "a pattern does not hide what is unknown": ({}, finding(Status.UNKNOWN), Status.UNKNOWN, False),
    "an exact rule may": ({"check": "timeout-near-limit"}, finding(Status.UNKNOWN), Status.UNKNOWN, True),
    "what is unknown is no false positive": (
        {"check": "timeout-near-limit", "kind": "false_positive"},
        finding(Status.UNKNOWN),
        Status.UNKNOWN,
        False,
    ),
    "a pass needs no mute": ({}, finding(Status.PASS), Status.PASS, False),
}


@pytest.mark.parametrize(("changes", "given", "status", "is_muted"), EFFECTS.values(), ids=EFFECTS)
def test_effects(
    tmp_path: Path, changes: dict[str, str], given: Finding, status: Status, *, is_muted: bool
) -> None:
    rules = load_mutes(written(tmp_path, **changes), AS_OF, CHECKS)
    found = mute((given,), rules, inventory_of(healthy_account()), AS_OF)
    assert found.findings[0].status is status
    assert (found.findings[0].muted is not None) is is_muted
    assert found.used == ({"M-1": 1} if is_muted else {})
