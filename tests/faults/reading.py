"""Which members of answers a scan reads, and answers with one member spoilt."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from auditor.collect.operations import Operation
from auditor.collect.session import Absent, Api
from auditor.model import Unavailable

Path = tuple[str, ...]
Member = tuple[str, Path]


class _Watched(dict[str, Any]):
    """A part of an answer that notes which of its members are asked for."""

    def __init__(self, part: Mapping[str, Any], at: Member, read: set[Member]) -> None:
        super().__init__(
            {name: watched(value, (at[0], (*at[1], name)), read) for name, value in part.items()}
        )
        self._at, self._read = at, read

    def _note(self, name: str) -> None:
        self._read.add((self._at[0], (*self._at[1], name)))

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._note(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        for name in super().__iter__():
            self._note(name)
            yield name

    def copy(self) -> Self:
        """Return itself: what is read of a copy is read of it."""
        return self


def watched(value: Any, at: Member, read: set[Member]) -> Any:
    if isinstance(value, dict):
        return _Watched(value, at, read)
    if isinstance(value, list):
        return [watched(row, (at[0], (*at[1], "[]")), read) for row in value]
    return value


class ReadingApi(Api):
    """Asks as any other, keeps the answers, and notes what is read of them."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.read: set[Member] = set()
        self.answers: dict[str, list[dict[str, Any]]] = {}

    def call(
        self, operation: Operation, region: str, **parameters: object
    ) -> dict[str, Any] | Absent | Unavailable:
        answer = super().call(operation, region, **parameters)
        if not isinstance(answer, dict):
            return answer
        name = f"{operation.service}:{operation.name}"
        self.answers.setdefault(name, []).append(answer)
        found: dict[str, Any] = watched(answer, (name, ()), self.read)
        return found
