"""Where the handler's event goes: into own functions that take it whole, and into the names of its fields."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from auditor.code.program import Program, Target
from auditor.code.syntax import MODULE_SCOPE, Kind, Scope, Site, Value, dotted, mentioned, method_of
from auditor.code.words import words

_MOST = 200
_RECEIVERS = frozenset({"self", "cls", "this"})
# Calls whose answer is still what the caller sent.
_READING = words(
    "get pop loads parse assign decode b64decode from toString decodeURIComponent unquote unquote_plus lower "
    "upper strip split trim str int float Number String parseInt parseFloat copy deepcopy dict list keys "
    "values items entries toLowerCase toUpperCase json"
)


def holders(program: Program, start: Mapping[Target, str]) -> dict[Target, frozenset[str]]:
    """The parameters that hold the whole event, by own function; `start` are those that the runtime fills."""
    found: dict[Target, set[str]] = {}
    waiting = [(target, name) for target, name in start.items() if name]
    while waiting and len(found) < _MOST:
        target, name = waiting.pop()
        if name in found.setdefault(target, set()):
            continue
        found[target].add(name)
        waiting += _passed_on(program, target, name)
    return {target: frozenset(names) for target, names in found.items()}


def _passed_on(program: Program, target: Target, name: str) -> Iterator[tuple[Target, str]]:
    path, number = target
    index = program.indexes[path]
    for site in index.module.calls:
        if not any(value.kind is Kind.NAME and value.text == name for _, value in site.value.parts):
            continue
        if number not in index.chain(site.place.scope):
            continue
        called = program.target(path, site.place.scope, site.value.callee)
        scope = program.scope(called) if called else None
        if called is not None and scope is not None:
            yield from ((called, parameter) for parameter in _filled(scope, site, name))


def _filled(scope: Scope, site: Site, name: str) -> Iterator[str]:
    """The parameters of a function that a call gives a name to."""
    parameters = (
        scope.parameters[1:]
        if scope.parameters[:1] and scope.parameters[0] in _RECEIVERS
        else scope.parameters
    )
    for position, value in enumerate(site.value.arguments):
        if value.kind is Kind.NAME and value.text == name and position < len(parameters):
            yield parameters[position]
    for label, value in site.value.parts:
        if value.kind is Kind.NAME and value.text == name and label in parameters:
            yield label


def derived(program: Program, path: str, scope: int, names: frozenset[str]) -> frozenset[str]:
    """Names that stand for a field of the event, or for the event read in another form, in one function."""
    index = program.indexes[path]
    found = set(names)
    for assignment in index.module.assignments:
        if assignment.place.scope == scope and scope != MODULE_SCOPE and _reads(assignment.value, found):
            found.add(assignment.target)
    return frozenset(found - names)


def _reads(value: Value, names: AbstractSet[str]) -> bool:
    """Whether an expression only picks from what the names hold, or changes its form."""
    if value.kind is Kind.CALL:
        return method_of(value) in _READING and not names.isdisjoint(mentioned(value))
    if value.kind in {Kind.DICT, Kind.TEMPLATE, Kind.FUNCTION, Kind.STRING}:
        return False
    head = dotted(value).partition(".")[0]
    if head:
        return head in names
    return any(_reads(part, names) for _, part in value.parts)
