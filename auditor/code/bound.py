"""What stands behind the names in a call's arguments: dictionaries and constants that are bound once."""

import operator
import re
from collections.abc import Iterator

from auditor.code.program import Program
from auditor.code.syntax import Kind, Site, Value, dotted, method_of

_STEPS = 3
_DEEPEST = 6
_NUMBER = re.compile(r"\d[\d_]{0,12}(?:\.\d{1,6})?(?:e\d)?", re.IGNORECASE)
_ARITHMETIC = {"*": operator.mul, "+": operator.add, "-": operator.sub}
# Calls whose largest number is the time or the count that they stand for.
_HOLDERS = frozenset(
    {"Timeout", "ClientTimeout", "timeout", "Retry", "ConfiguredRetryStrategy", "int", "float", "Number"}
)


def bound(program: Program, path: str, scope: int, value: Value) -> Value:
    """The value that a plain name is bound to, in its function or around it, where that is one; else the name
    itself.
    """
    for _ in range(_STEPS):
        if value.kind is not Kind.NAME or "." in value.text:
            return value
        found = _once(program, path, scope, value.text)
        if found is None:
            return value
        value = found
    return value


def _once(program: Program, path: str, scope: int, name: str) -> Value | None:
    index = program.indexes[path]
    for number in index.chain(scope):
        inside = index.scopes.get(number)
        if inside is not None and name in inside.parameters:
            return None
        assigned = index.assigned.get((number, name), ())
        if assigned:
            return assigned[0].value if len(assigned) == 1 and assigned[0].how == "=" else None
    return None


def arguments_of(program: Program, path: str, site: Site) -> Iterator[Value]:
    """The arguments of a call, positional and by keyword, with names of dictionaries resolved."""
    for label, value in site.value.parts:
        if label != "()":
            found = bound(program, path, site.place.scope, value)
            yield found if found.kind in {Kind.DICT, Kind.CALL} else value


def given(program: Program, path: str, site: Site) -> Iterator[tuple[str, Value]]:
    """What a call is given by name, at any depth."""
    yield from ((label, value) for label, value in site.value.parts if label and label != "()")
    for argument in arguments_of(program, path, site):
        yield from (part for value in argument.walk() for part in value.parts)


def entry(program: Program, path: str, site: Site, label: str) -> Value | None:
    """What a call is given under a label: by keyword, in a dictionary at any depth, or set on it later."""
    named = site.value.part(label)
    if named is not None:
        return named
    for argument in arguments_of(program, path, site):
        found = next((value for part in argument.walk() for key, value in part.parts if key == label), None)
        if found is not None:
            return found
    return _set_later(program, path, site, label)


def _set_later(program: Program, path: str, site: Site, label: str) -> Value | None:
    index = program.indexes[path]
    for given, value in site.value.parts:
        name = dotted(value) if given != "()" else ""
        for number in index.chain(site.place.scope) if name else ():
            for target in (f"{name}.{label}", f"{name}[{label}]"):
                assigned = index.assigned.get((number, target), ())
                if assigned:
                    return assigned[-1].value
    return None


def open_ended(program: Program, path: str, site: Site) -> bool:
    """Whether a call may be given entries that are not written out: spreads, and names of unknown content."""
    if site.value.spreads:
        spread = [value for label, value in site.value.parts if label in {"*", "**"}]
        known = (bound(program, path, site.place.scope, value) for value in spread)
        if any(value.kind is not Kind.DICT or value.spreads for value in known):
            return True
    return any(
        value.kind in {Kind.NAME, Kind.MEMBER, Kind.CALL} or (value.kind is Kind.DICT and value.spreads)
        for label, value in (
            (key, bound(program, path, site.place.scope, part)) for key, part in site.value.parts
        )
        if not label
    )


def constant_number(program: Program, path: str, scope: int, value: Value, depth: int = 0) -> float | None:
    """The number that an expression stands for: written out, computed, or the largest of a pair or an object
    of numbers. None where it is not constant.
    """
    found = bound(program, path, scope, value)
    if depth > _DEEPEST:
        return None
    if found.kind is Kind.NUMBER:
        return float(found.text.replace("_", "")) if _NUMBER.fullmatch(found.text) else None
    several = [
        part
        for label, part in found.parts
        if label != "()" and part.kind not in {Kind.STRING, Kind.BOOL, Kind.NONE}
    ]
    numbers = [constant_number(program, path, scope, part, depth + 1) for part in several]
    known = [number for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        return None
    if found.kind is Kind.OPERATION:
        return _computed(found.text, known)
    holds = found.kind in {Kind.DICT, Kind.LIST} or (found.kind is Kind.CALL and method_of(found) in _HOLDERS)
    return max(known) if holds else None


def _computed(sign: str, numbers: list[float]) -> float | None:
    if len(numbers) == 1:
        return numbers[0]
    combine = _ARITHMETIC.get(sign)
    if combine is not None:
        return float(combine(numbers[0], numbers[1]))
    return numbers[0] / numbers[1] if sign == "/" and numbers[1] else None
