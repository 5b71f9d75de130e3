"""Who changed functions: one table."""

from datetime import timedelta

import pytest

from auditor.catalogue import load
from auditor.model import Change, ChangeHistory, Reason, Region, Unavailable
from auditor.testing import (
    ACCOUNT,
    NOW,
    Case,
    ask,
    case,
    healthy_change,
    healthy_function,
    healthy_region,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="cloudtrail:LookupEvents", code="AccessDeniedException"
)
JO = f"arn:aws:iam::{ACCOUNT}:user/jo"
SAM = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developer_0a1b2c/sam"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/github/run"
BY_CONSOLE = healthy_change(identity="IAMUser", who=JO, service="", in_console=True)


def changed(*changes: Change, days: int = 90, is_whole: bool = True) -> Region:
    """A region whose history reaches back some days and has these changes."""
    history = ChangeHistory(since=NOW - timedelta(days=days), is_whole=is_whole, changes=changes)
    return healthy_region(healthy_function(), changes=history)


TABLES: dict[str, tuple[Case, ...]] = {
    "changed-by-hand": (
        case(
            "in the console",
            "FAIL",
            region=changed(BY_CONSOLE),
            says="Code last changed 2026-10-14, 40 days before 2026-11-23, in a console session of user/jo",
        ),
        case(
            "in the console after a deployment",
            "FAIL",
            region=changed(
                healthy_change(),
                healthy_change(is_code=False, who=SAM, service="", in_console=True, at=NOW),
            ),
            says="Configuration last changed 2026-11-23, 0 days before",
        ),
        case(
            "by the root user",
            "FAIL",
            region=changed(healthy_change(identity="Root", who=f"arn:aws:iam::{ACCOUNT}:root", service="")),
            says="by root",
        ),
        case(
            "by a role for people",
            "WARN",
            region=changed(healthy_change(who=SAM, service="")),
            says="by assumed-role/AWSReservedSSO_Developer_0a1b2c/sam",
        ),
        case(
            "by a user of Identity Center",
            "WARN",
            region=changed(healthy_change(identity="IdentityCenterUser", who="", service="")),
            says="by IdentityCenterUser",
        ),
        case(
            "by an access key of a user",
            "NOT_APPLICABLE",
            region=changed(healthy_change(identity="IAMUser", who=JO, service="")),
            says="by user/jo, and CloudTrail does not tell whether a person did it",
        ),
        case(
            "by a kind of identity that nobody knows yet",
            "NOT_APPLICABLE",
            region=changed(healthy_change(identity="Robot", who="", service="")),
        ),
        case(
            "by CloudFormation for somebody in the console",
            "PASS",
            region=changed(healthy_change(who=SAM, in_console=True)),
            says="by cloudformation.amazonaws.com for assumed-role/AWSReservedSSO_Developer_0a1b2c/sam",
        ),
        case(
            "by another role",
            "PASS",
            region=changed(healthy_change(who=ROLE, service="")),
            says="by assumed-role/github/run, no sign of a person",
        ),
        case("not in 90 days", "NOT_APPLICABLE", region=changed(), says="since 2026-08-25, 90 days"),
        case(
            "before what was read",
            "UNKNOWN",
            region=changed(days=20, is_whole=False),
            says="the newest events reach back 20 days, and none that was read is about the function",
        ),
        case(
            "in the days that were read, by an event that was not",
            "UNKNOWN",
            function=healthy_function(last_modified=NOW - timedelta(days=20)),
            region=changed(days=20, is_whole=False),
        ),
        case(
            "before CloudTrail's history",
            "NOT_APPLICABLE",
            function=healthy_function(last_modified=NOW - timedelta(days=91)),
            region=changed(days=20, is_whole=False),
            says="Last changed 91 days ago; CloudTrail's event history holds 90 days",
        ),
        case("a replica at the edge", "NOT_APPLICABLE", function=healthy_function(edge_master_arn="x")),
        case("denied", "UNKNOWN", region=healthy_region(healthy_function(), changes=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)


def test_a_heuristic_is_less_sure_than_what_cloudtrail_tells() -> None:
    check = next(one for one in load() if one.id == "changed-by-hand")
    told = ask(check, region=changed(BY_CONSOLE))
    guessed = ask(check, region=changed(healthy_change(who=SAM, service="")))
    assert (told.confidence.value, guessed.confidence.value) == ("high", "medium")
