"""Files of Node.js that hand on what others export, and exports that only running the code would show."""

from collections.abc import Iterator

from auditor.code.javascript_values import is_require
from auditor.code.program import Program
from auditor.code.syntax import Kind, Value, dotted, last

# Calls that fill a module's exports: https://www.typescriptlang.org/docs/handbook/modules/reference.html
_FILLING = frozenset({"__exportStar", "__reExport", "assign", "defineProperty", "defineProperties"})
# esbuild's own way to export what it lists beside.
_LISTED = frozenset({"__toCommonJS"})


def handed_on(program: Program, path: str) -> tuple[tuple[str, ...], bool]:
    """The own files whose exports a file hands on as a whole, and whether it may export more than is seen."""
    own: dict[str, None] = {}
    unseen = _computed(program, path)
    for module in _sources(program, path):
        found = program.resolved(path, module)
        if found is None:
            unseen = True
        else:
            own.setdefault(found)
    return tuple(own), unseen


def _sources(program: Program, path: str) -> Iterator[str]:
    index = program.indexes[path]
    yield from (entry.module for entry in index.module.imports if entry.symbol == "*" and entry.local == "*")
    whole = index.exports.get("default")
    if whole is not None and whole.kind in {Kind.CALL, Kind.DICT}:
        yield from _required(whole)
    for site in index.module.calls:
        if last(dotted(site.value.callee)) in _FILLING:
            yield from _required(site.value)


def _required(value: Value) -> Iterator[str]:
    return filter(None, (is_require(part) for part in value.walk() if part.kind is Kind.CALL))


def _computed(program: Program, path: str) -> bool:
    """Whether names are exported that are not written out."""
    index = program.indexes[path]
    whole = index.exports.get("default")
    made = whole is not None and whole.kind is Kind.CALL and not is_require(whole)
    if made and whole is not None and last(dotted(whole.callee)) not in _LISTED:
        return True
    if any(found.target in {"exports[]", "module.exports[]"} for found in index.module.assignments):
        return True
    return any(_fills(site.value) for site in index.module.calls)


def _fills(call: Value) -> bool:
    """Whether a call gives a module's exports names; the mark of compiled modules is none."""
    if last(dotted(call.callee)) not in _FILLING or not call.arguments:
        return False
    onto = any(dotted(value) in {"exports", "module.exports"} for value in call.arguments)
    return onto and not any(value.text == "__esModule" for value in call.arguments)
