"""The numbers of facts: seconds of timeouts and pauses, counts of attempts."""

from typing import NamedTuple

import msgspec

from auditor.code.bound import constant_number
from auditor.code.program import Program
from auditor.code.syntax import Value
from auditor.model import Located


class At(NamedTuple):
    """Where an expression stands."""

    program: Program
    path: str
    scope: int


def with_seconds(at: At, found: Located, given: Value | None, unit: float = 1.0) -> Located:
    """A fact with the number that an expression stands for, None where that is not constant; `unit` is one
    of its units in seconds.
    """
    number = constant_number(at.program, at.path, at.scope, given) if given is not None else None
    return msgspec.structs.replace(found, number=None if number is None else number * unit)
