"""Every operation is refused in turn: its evidence is missing, and no check passes that needs it."""

import pytest

from auditor.demo import Fault, FaultKind
from tests.faults.fault_scans import LISTING, OPERATIONS, clean, harmless, scan


def test_the_sample_sends_everything_that_is_declared() -> None:
    assert clean().calls - {"sts:GetCallerIdentity"} == set(OPERATIONS)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one != LISTING])
def test_a_refused_operation_costs_its_evidence_alone(operation: str) -> None:
    harmless(scan(Fault(operation=operation, kind=FaultKind.DENIED)))
