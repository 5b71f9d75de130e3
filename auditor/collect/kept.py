"""Answers that an unfinished run was given, so that the next one asks only for what is not there.

What is written is what a snapshot holds: facts, and no secret value.
"""

import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache, reduce, wraps
from hashlib import blake2b
from operator import or_
from pathlib import Path
from threading import Lock
from types import UnionType
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar, get_args, get_type_hints

import msgspec

from auditor.collect.failures import CollectError
from auditor.model import NOT_COLLECTED, Function, Inventory, Reason, Unavailable

# Policies, aliases and URLs change without a deployment: older answers say little of today.
GOOD_FOR = timedelta(hours=24)
# What a whole answer may say of a part of it; any other reason stands for a part that another run might have.
SETTLED = frozenset(
    {
        Reason.NO_DATA,
        Reason.INSUFFICIENT_SAMPLES,
        Reason.OTHER_ACCOUNT,
        Reason.PACKAGE_TOO_LARGE,
        Reason.PACKAGE_UNREADABLE,
        Reason.IMAGE_NOT_INSPECTED,
        Reason.UNSUPPORTED_RUNTIME,
    }
)
NOTHING: Final = object()

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class _Head(msgspec.Struct, frozen=True):
    """The first line: when the run began, and what wrote the answers."""

    began: datetime
    program: str
    model: str


class _Line(msgspec.Struct, frozen=True):
    """Answers by the digest of their question; `question` is there for a reader's eyes."""

    question: str
    answers: dict[str, msgspec.Raw]


class Kept:
    """The answers of one account in a folder: a head, then a line of JSON for each question or batch of them.

    Those of another version of the program, and those of a run that began more than `GOOD_FOR` ago, are
    passed over: `note` then says so, and the file begins anew. `began` is the start of the run that asked
    first. Raises `CollectError` where the folder cannot be used.
    """

    def __init__(self, folder: Path, account: str, program: str, now: datetime) -> None:
        self._file: Path | None = folder / f"answers-{account}.jsonl"
        self._lock = Lock()
        self._answers: dict[str, msgspec.Raw] = {}
        head = _Head(now, program, _model())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lines = self._file.read_bytes().splitlines() if self._file.exists() else []
            found, fault = _usable(lines[0] if lines else b"", head)
            if fault or found is None:
                _write(self._file, msgspec.json.encode(head), os.O_TRUNC)
        except OSError as error:
            raise CollectError(f"{folder} cannot be used to resume from: {error.strerror}") from None
        if found is not None and not fault:
            for line in lines[1:]:
                self._answers.update(_answers(line))
        self.began = head.began if fault or found is None else found.began
        self.note = _said(account, self.began, fault, len(self._answers))

    def recall(self, kind: object, question: str, *subject: object) -> Any:  # noqa: ANN401 - of the type `kind`
        """Return the answer to a question about a subject, `NOTHING` where there is none of that type."""
        raw = self._answers.get(_key(question, subject))
        try:
            return NOTHING if raw is None else msgspec.json.decode(raw, type=kind)
        except msgspec.MsgspecError:
            return NOTHING

    def keep(self, question: str, answers: Iterable[tuple[tuple[object, ...], object]]) -> None:
        """Write answers down by their subjects, but for those of which a part was refused or lost.

        A full disk ends the keeping, not the scan.
        """
        whole = {_key(question, subject): found for subject, found in answers if not _is_lost(found)}
        if not whole:
            return
        line = msgspec.json.encode({"question": question, "answers": whole})
        with self._lock:
            if self._file is None:
                return
            try:
                # The newline in front parts the line from one that a killed run left half-written.
                _write(self._file, b"\n" + line, os.O_APPEND)
            except OSError:
                self._file = None


class Asks(Protocol):
    """What asks an account, and may have the answers that an earlier run was given."""

    kept: Kept | None


A = TypeVar("A", bound=Asks)


def kept(read: Callable[Concatenate[A, P], T]) -> Callable[Concatenate[A, P], T]:
    """Let a reader of one answer return what an earlier run was told, and keep what this one is told.

    All that the answer depends on must stand in the reader's arguments. Two answers about one function belong
    together while nothing was deployed in between.
    """
    question = f"{read.__module__.rpartition('.')[2]}.{read.__name__.lstrip('_')}"
    kind = _present(get_type_hints(read)["return"])

    @wraps(read)
    def recalled(api: A, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if api.kept is None:
            return read(api, *args, **kwargs)
        subject = (*args, *kwargs.values())
        known: T = api.kept.recall(kind, question, *subject)
        if known is not NOTHING:
            return known
        found = read(api, *args, **kwargs)
        api.kept.keep(question, [(subject, found)])
        return found

    return recalled


def recall_each(
    api: Asks, kind: object, question: str, subjects: Iterable[K], *around: object
) -> dict[K, Any]:
    """Return what an earlier run was told of some of the subjects, where one request asks about several."""
    if api.kept is None:
        return {}
    known = {one: api.kept.recall(kind, question, one, *around) for one in subjects}
    return {one: found for one, found in known.items() if found is not NOTHING}


def keep_each(api: Asks, question: str, answers: Mapping[K, object], *around: object) -> None:
    """Keep what a request told of several subjects."""
    if api.kept is not None:
        api.kept.keep(question, (((one, *around), found) for one, found in answers.items()))


def _usable(line: bytes, head: _Head) -> tuple[_Head | None, str]:
    """Return the head of a file, None where it has none, and why its answers cannot be used."""
    if not line:
        return None, ""
    try:
        found = msgspec.json.decode(line, type=_Head)
    except msgspec.MsgspecError:
        return None, "cannot be read"
    if (found.program, found.model) != (head.program, head.model):
        return found, "are of another version of the program"
    if not timedelta() <= head.began - found.began <= GOOD_FOR:
        return found, f"are not of the last {GOOD_FOR.total_seconds() / 3600:.0f} h"
    return found, ""


def _said(account: str, began: datetime, fault: str, answers: int) -> str:
    if fault:
        return f"The kept answers of account {account} {fault}: everything was asked anew"
    moment = f"{began:%Y-%m-%d %H:%M}"
    return f"What account {account} answered since {moment} UTC was not asked again" if answers else ""


def _answers(line: bytes) -> Mapping[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(line, type=_Line).answers
    except msgspec.MsgspecError:
        return {}


def _key(question: str, subject: Iterable[object]) -> str:
    named = [_identity(one) if isinstance(one, Function) else one for one in subject]
    return blake2b(msgspec.json.encode((question, named)), digest_size=16).hexdigest()


def _identity(function: Function) -> tuple[object, ...]:
    """Return what a deployment changes of a function, as the listing shows it."""
    variables = () if isinstance(function.environment, Unavailable) else function.environment
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    return (
        function.arn,
        function.code_sha256,
        function.last_modified,
        function.memory_mb,
        function.timeout_s,
        function.role_arn,
        [(one.name, one.size_bytes) for one in variables],
        [one.arn for one in function.layers],
        [one.version for one in versions],
    )


def _present(hint: Any) -> object:  # noqa: ANN401 - a type hint
    """Return the type of an answer that is there."""
    if not isinstance(hint, UnionType):
        return hint
    return reduce(or_, (one for one in get_args(hint) if one is not Unavailable))


def _is_lost(found: object) -> bool:
    """Whether an answer is none, or a part of it was refused or lost."""
    return isinstance(found, Unavailable) or _has_gap(found)


def _has_gap(found: object) -> bool:
    if isinstance(found, Unavailable):
        return found != NOT_COLLECTED and found.reason not in SETTLED
    if isinstance(found, msgspec.Struct):
        return any(_has_gap(getattr(found, name)) for name in found.__struct_fields__)
    return isinstance(found, tuple | list) and any(map(_has_gap, found))


@cache
def _model() -> str:
    """Return a digest of the records: one of other fields cannot be told from a default."""
    return blake2b(msgspec.json.encode(msgspec.json.schema(Inventory)), digest_size=8).hexdigest()


def _write(file: Path, line: bytes, how: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(line)
