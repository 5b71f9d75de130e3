"""Which own functions run when others do."""

from collections.abc import Iterable

from auditor.code.program import Program, Target
from auditor.code.syntax import MODULE_SCOPE, NOTHING, Kind, method_of, receiver_of

_SHORTEST_UNIQUE_METHOD = 4
_CALLABLE = frozenset({Kind.NAME, Kind.MEMBER, Kind.FUNCTION})


def reach(program: Program, starts: Iterable[Target], *, guess: bool = True) -> frozenset[Target]:
    """All own functions that run when those do: called, passed on, nested, or put around them as decorators.

    With `guess`, functions that are passed on count as run, and a method that only one own class has is taken
    to be that one wherever it is called.
    """
    waiting = list(starts)
    reached: set[Target] = set()
    while waiting:
        found = waiting.pop()
        if found not in reached:
            reached.add(found)
            waiting += _next(program, found, guess=guess)
    return frozenset(reached)


def _next(program: Program, found: Target, *, guess: bool) -> Iterable[Target]:
    path, number = found
    index = program.indexes[path]
    if number != MODULE_SCOPE:
        yield from ((path, scope.number) for scope in index.module.scopes if scope.parent == number)
    scope = index.scopes.get(number)
    for decorator in scope.decorators if scope else ():
        called = decorator.callee if decorator.kind is Kind.CALL else decorator
        target = program.target(path, scope.parent if scope else MODULE_SCOPE, called)
        if target is not None:
            yield target
    for site in index.calls_by_scope.get(number, ()):
        passed = [part for label, part in site.value.parts if label != "()"] if guess else []
        for value in (site.value.callee, *passed):
            target = program.target(path, number, value) if value.kind in _CALLABLE else None
            if target is not None:
                yield target
        if guess and receiver_of(site.value) is not NOTHING:
            yield from _guessed(program, method_of(site.value))


def _guessed(program: Program, name: str) -> list[Target]:
    methods = program.methods_by_name.get(name, [])
    return methods if len(methods) == 1 and len(name) >= _SHORTEST_UNIQUE_METHOD else []
