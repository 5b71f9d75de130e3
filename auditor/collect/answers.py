"""Narrow the three kinds of answer to those that an operation can give."""

from typing import Any, TypeVar

from auditor.collect.operations import Operation
from auditor.collect.session import Absent
from auditor.model import Reason, Unavailable

T = TypeVar("T")


def definite(answer: T | Absent | Unavailable, operation: Operation) -> T | Unavailable:
    """Answer about something that another answer named: where it is gone meanwhile, nothing is known."""
    if isinstance(answer, Absent):
        return Unavailable(
            reason=Reason.NO_DATA,
            operation=operation.label,
            note="what was asked for is gone since it was listed",
        )
    return answer


def listed(answer: list[Any] | Absent | Unavailable) -> list[Any] | Unavailable:
    """Rows of a listing; the documented "there is none" is an empty one."""
    return [] if isinstance(answer, Absent) else answer
