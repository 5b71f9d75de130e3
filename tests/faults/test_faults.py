"""Every operation fails in every way: evidence only turns into its reason, verdicts only into UNKNOWN."""

import pytest

from auditor.demo import Fault, FaultKind
from auditor.model import Reason, Unavailable
from tests.faults.fault_scans import (
    LISTING,
    OPERATIONS,
    clean,
    clean_verdicts,
    differences,
    doubled,
    harmless,
    scan,
    verdicts,
)

OTHERS = [operation for operation in OPERATIONS if operation != LISTING]
# Failures strike every other operation at a time; refusals of single operations have tests of their own.
GROUPS = [OTHERS[start::2] for start in range(2)]
WAYS = (
    FaultKind.THROTTLED,
    FaultKind.ERROR_500,
    FaultKind.BARE_404,
    FaultKind.TIMEOUT,
    FaultKind.RESET,
    FaultKind.MALFORMED,
    FaultKind.HTML,
    FaultKind.EMPTY_BODY,
    FaultKind.LOOPING_TOKEN,
)
# Longest that a scan may wait for one operation that is dead for good.
PATIENCE_S = 180


def test_the_sample_sends_everything_that_is_declared() -> None:
    assert clean().calls - {"sts:GetCallerIdentity"} == set(OPERATIONS)


@pytest.mark.parametrize("kind", WAYS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group[0]}-and-others")
def test_failing_operations_cost_evidence_and_little_time(kind: FaultKind, group: list[str]) -> None:
    found = scan(*(Fault(operation=operation, kind=kind) for operation in group))
    harmless(found)
    assert found.waited_s < PATIENCE_S * len(group)


@pytest.mark.parametrize("kind", [FaultKind.THROTTLED, FaultKind.ERROR_500])
def test_what_passes_by_itself_changes_nothing(kind: FaultKind) -> None:
    found = scan(*(Fault(operation=operation, kind=kind, times=2) for operation in OPERATIONS))
    harmless(found)
    assert found.account.regions[0].functions == clean().account.regions[0].functions


def test_an_empty_page_with_a_token_is_not_the_end_of_any_list() -> None:
    harmless(scan(*(Fault(operation=operation, kind=FaultKind.EMPTY_PAGE) for operation in OPERATIONS)))


# Pages so short that most lists have several.
FEW = 5
MOVED = (FaultKind.REPEATED_PAGE, FaultKind.REVERSED_PAGE)


@pytest.mark.parametrize("kind", MOVED, ids=lambda kind: kind.value)
def test_rows_that_move_between_pages_are_the_same_rows(kind: FaultKind) -> None:
    found = scan(*(Fault(operation=operation, kind=kind) for operation in OPERATIONS), page_rows=FEW)
    assert verdicts(found.account) == clean_verdicts()
    assert not list(doubled(found.account))


@pytest.mark.parametrize("kind", [FaultKind.DENIED, *WAYS], ids=lambda kind: kind.value)
def test_a_failed_listing_is_no_empty_account(kind: FaultKind) -> None:
    found = scan(Fault(operation=LISTING, kind=kind))
    (region,) = found.account.regions
    assert isinstance(region.functions, Unavailable)
    assert isinstance(region.rules, Unavailable)
    assert not list(differences(clean().account, found.account))


@pytest.mark.parametrize("after", [0, 3, 40, 150])
def test_expiring_credentials_keep_what_was_seen(after: int) -> None:
    found = scan(Fault(operation="*:*", kind=FaultKind.EXPIRED, after=1 + after))
    assert found.stopped == "the credentials expired during the scan"
    (region,) = found.account.regions
    if isinstance(region.functions, Unavailable):
        assert region.functions.reason is Reason.CREDENTIALS_EXPIRED
    assert not list(differences(clean().account, found.account))
