"""Answers that are not built as AWS documents them: a missing or strange part is missing evidence."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from auditor.collect.operations import Operation
from auditor.model import Reason, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
# What reading a row raises where a member is missing or is of another type than documented.
STRANGE = (KeyError, IndexError, TypeError, ValueError, AttributeError)


def whole(operation: Operation) -> Callable[[Callable[P, T]], Callable[P, T | Unavailable]]:
    """Make a reader of answers return `Unavailable` where a part of an answer is missing or strange.

    Only the kind of the error and, for a missing member, its name are kept: values may be secret.
    """

    def around(read: Callable[P, T]) -> Callable[P, T | Unavailable]:
        @wraps(read)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T | Unavailable:
            try:
                return read(*args, **kwargs)
            except STRANGE as error:
                return strange(operation, error)

        return guarded

    return around


def strange(operation: Operation, error: Exception) -> Unavailable:
    """Return the word for an answer that could not be taken apart."""
    missing = error.args[0] if isinstance(error, KeyError) and error.args else ""
    known = isinstance(missing, str) and missing.isidentifier()
    return Unavailable(
        reason=Reason.MALFORMED_RESPONSE,
        operation=operation.label,
        code="MissingField" if known else type(error).__name__,
        note=f"the answer lacks {missing}" if known else "the answer is not built as documented",
    )


def hold(item: Mapping[str, object], *names: str) -> None:
    """Raise `KeyError` with the first of these members that an item lacks: what AWS always sends of its
    kind.
    """
    for name in names:
        if item.get(name) is None or item[name] == "":
            raise KeyError(name)


def word(found: object, *known: str) -> str:
    """Return a word on which a verdict hangs. Raises `ValueError` where it is none of the documented ones, so
    that one newer than this program never counts as the harmless one.
    """
    if found not in known:
        raise ValueError
    return str(found)
