"""The files of a package linked together: where names come from, what is called from where, what the handler
reaches.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

from auditor.code.index import Index
from auditor.code.javascript_values import is_require
from auditor.code.syntax import (
    MODULE_SCOPE,
    NOTHING,
    Assignment,
    Import,
    Kind,
    Module,
    Scope,
    Site,
    Value,
    dotted,
    last,
)

_DEEPEST = 12
_NAMES_OF_NAMES = 4
# Tracers that give the client back: https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-nodejs-awssdkclients.html
_HANDING_THROUGH = frozenset({"captureAWSv3Client", "captureAWSClient"})
# An empty answer is remembered only where the search was not cut short by its depth.
_RELIABLE = 2
_JOINED_SOURCES = ("client", "resource", "get_paginator", "get_waiter", "get_service_resource")

Target = tuple[str, int]
# (importing path, module as written, leading dots) -> the own file it names, None where it is foreign.
Resolve = Callable[[str, str, int], str | None]


class Program:
    """The own files of a package by path, with a way to find the file that an import names."""

    def __init__(self, modules: Mapping[str, Module], resolve: Resolve) -> None:
        self.modules = dict(modules)
        self.indexes = {path: Index(module) for path, module in self.modules.items()}
        self._resolve = resolve
        self._origins: dict[tuple[str, int, str], str] = {}
        self._open: set[tuple[str, int, str]] = set()
        self._callers: dict[Target, list[tuple[str, Site]]] | None = None

    def imported_path(self, path: str, entry: Import) -> str | None:
        """The own file that an import loads, None where it is foreign."""
        return self._resolve(path, entry.module, entry.level)

    def resolved(self, path: str, module: str) -> str | None:
        """The own file that a file requires by a specifier, None where it is foreign."""
        return self._resolve(path, module, 0)

    def imported_paths(self, path: str, entry: Import) -> tuple[str, ...]:
        """All own files that an import loads: the module, and the module inside it that the symbol may be."""
        inside = f"{entry.module}.{entry.symbol}" if entry.module else entry.symbol
        found = (self._resolve(path, module, entry.level) for module in (entry.module, inside))
        return tuple(own for own in found if own)

    def callers(self) -> dict[Target, list[tuple[str, Site]]]:
        """The call sites of each own function."""
        if self._callers is not None:
            return self._callers
        self._callers = {}
        found: dict[Target, list[tuple[str, Site]]] = {}
        for path, module in self.modules.items():
            for site in module.calls:
                target = self.target(path, site.place.scope, site.value.callee)
                if target is not None:
                    found.setdefault(target, []).append((path, site))
        # What was looked up meanwhile did not know any caller.
        self._origins.clear()
        self._callers = found
        return found

    @cached_property
    def methods_by_name(self) -> dict[str, list[Target]]:
        """Own methods by their names."""
        found: dict[str, list[Target]] = {}
        for path, index in self.indexes.items():
            for (_, name), scope in index.methods.items():
                found.setdefault(name, []).append((path, scope.number))
        return found

    def origin(self, path: str, scope: int, value: Value, depth: int = 0) -> str:
        """Say where a value comes from, in a canonical text: `boto3.client(s3)`, `requests.Session()`,
        `own:app.py#Store()`.

        "" where it cannot be told. Literal arguments appear only for the few calls whose argument names a
        service.
        """
        if depth > _DEEPEST:
            return ""
        if value.kind is Kind.NAME:
            return self._name_origin(path, scope, value.text, depth + 1)
        if value.kind is Kind.CALL:
            return self._call_origin(path, scope, value, depth + 1)
        if value.kind is Kind.MEMBER:
            base = self.origin(path, scope, value.part("") or NOTHING, depth + 1)
            return self._step(base, value.text, depth)
        if value.kind is Kind.SUBSCRIPT:
            base = self.origin(path, scope, value.part("") or NOTHING, depth + 1)
            return f"{base}[]" if base else ""
        if value.kind is Kind.FUNCTION:
            return f"own:{path}#@{value.text}"
        if value.kind is Kind.CHOICE:
            return next(
                filter(None, (self.origin(path, scope, part, depth + 1) for part in value.arguments)), ""
            )
        return ""

    def _member(self, base: str, name: str, depth: int) -> str:
        if base.startswith("own:") and base.endswith("()"):
            owner_path, _, owner = base[4:-2].partition("#")
            attribute = self._attribute(owner_path, owner, name, depth)
            if attribute:
                return attribute
        return f"{base}.{name}"

    def _attribute(self, path: str, owner: str, name: str, depth: int) -> str:
        index = self.indexes.get(path)
        if index is None:
            return ""
        assignment = index.attributes.get((owner, name))
        if assignment is not None:
            return self.origin(path, assignment.place.scope, assignment.value, depth + 1)
        getter = index.methods.get((owner, name))
        if getter is not None and any("property" in dotted(value) for value in getter.decorators):
            return self._returned(path, getter.number, depth + 1)
        return ""

    def _name_origin(self, path: str, scope: int, text: str, depth: int) -> str:
        key = (path, scope, text)
        if key in self._origins:
            return self._origins[key]
        if key in self._open:
            return ""
        self._open.add(key)
        found = self._looked_up(path, scope, text, depth)
        self._open.discard(key)
        if found or depth <= _RELIABLE:
            self._origins[key] = found
        return found

    def _looked_up(self, path: str, scope: int, text: str, depth: int) -> str:
        index = self.indexes[path]
        head, _, rest = text.partition(".")
        if head in {"self", "cls", "this"} and rest:
            name, _, more = rest.partition(".")
            base = self._attribute(path, index.owner_of(scope), name, depth)
            return self._extended(base, more, depth)
        for number in index.chain(scope):
            whole = index.assigned.get((number, text)) if rest else None
            if whole:
                return self._assigned(path, whole, depth)
            assigned = index.assigned.get((number, head))
            if assigned:
                return self._extended(self._assigned(path, assigned, depth), rest, depth)
            if number in index.scopes and head in index.scopes[number].parameters:
                passed = self._passed(path, index.scopes[number], head, depth)
                # Nobody seen calls it: what a parameter of that name holds outside is the best guess.
                if passed or self._callers is None or (path, number) in self._callers:
                    return self._extended(passed, rest, depth)
                continue
            if (number, head) in index.functions:
                return self._extended(f"own:{path}#{head}", rest, depth)
        if head in index.classes:
            return self._extended(f"own:{path}#{head}", rest, depth)
        entry = index.imported.get(head)
        return (
            self._extended(self._imported(path, entry, depth), rest, depth) if entry else self._builtin(text)
        )

    def _builtin(self, text: str) -> str:
        return text

    def _extended(self, base: str, rest: str, depth: int) -> str:
        for name in rest.split(".") if rest else ():
            base = self._step(base, name, depth)
        return base

    def _step(self, base: str, name: str, depth: int) -> str:
        if not base:
            return ""
        if name == "default" and not base.startswith("own:"):
            return base
        if base.startswith("own:") and base.endswith("#"):
            return self._offered(base[4:-1], name, depth + 1) or base + name
        return self._member(base, name, depth)

    def _assigned(self, path: str, assignments: list[Assignment], depth: int) -> str:
        for assignment in assignments:
            origin = self.origin(path, assignment.place.scope, assignment.value, depth + 1)
            if origin:
                return f"{origin}[]" if assignment.how == "item" else origin
        return ""

    def _passed(self, path: str, scope: Scope, name: str, depth: int) -> str:
        """What a parameter holds, told by the first call that says."""
        defaults = self.indexes[path].assigned.get((scope.number, name))
        if depth > _DEEPEST // 2:
            return ""
        position = scope.parameters.index(name) - (
            1 if scope.owner and scope.parameters[0] in {"self", "cls"} else 0
        )
        for caller, site in self.callers().get((path, scope.number), ())[:4]:
            argument = site.value.argument(max(position, 0), name)
            origin = self.origin(caller, site.place.scope, argument, depth + 2) if argument else ""
            if origin:
                return origin
        return self._assigned(path, defaults, depth) if defaults else ""

    def _imported(self, path: str, entry: Import, depth: int) -> str:
        own = self.imported_path(path, entry)
        if own is None and entry.symbol:
            inside = f"{entry.module}.{entry.symbol}" if entry.module else entry.symbol
            own = self._resolve(path, inside, entry.level)
            if own is not None:
                return f"own:{own}#"
        if own is None:
            module = "." * entry.level + entry.module
            if entry.symbol == "default":
                return module
            return f"{module}.{entry.symbol}" if entry.symbol else module
        if not entry.symbol:
            return f"own:{own}#"
        submodule = self._resolve(
            path, f"{entry.module}.{entry.symbol}" if entry.module else entry.symbol, entry.level
        )
        return self.exported_origin(own, entry.symbol, depth + 1) or (
            f"own:{submodule}#" if submodule and submodule != own else f"own:{own}#{entry.symbol}"
        )

    def exported_origin(self, path: str, name: str, depth: int = 0) -> str:
        """Where a name that an own file offers comes from."""
        index = self.indexes.get(path)
        if index is None or depth > _DEEPEST:
            return ""
        if name in index.exports:
            return self.origin(path, MODULE_SCOPE, index.exports[name], depth + 1)
        return self._name_origin(path, MODULE_SCOPE, name, depth + 1) if self._defines(index, name) else ""

    def _offered(self, path: str, name: str, depth: int) -> str:
        """A name that an own file offers, or that its `module.exports = client` has."""
        found = self.exported_origin(path, name, depth)
        index = self.indexes.get(path)
        whole = index.exports.get("default") if index is not None else None
        if found or whole is None or whole.kind is Kind.DICT or depth > _DEEPEST:
            return found
        base = self.origin(path, MODULE_SCOPE, whole, depth + 1)
        return self._member(base, name, depth) if base else ""

    def _defines(self, index: Index, name: str) -> bool:
        return (
            (MODULE_SCOPE, name) in index.assigned
            or (MODULE_SCOPE, name) in index.functions
            or name in index.classes
            or name in index.imported
        )

    def _call_origin(self, path: str, scope: int, call: Value, depth: int) -> str:
        callee = self.origin(path, scope, call.callee, depth)
        if not callee:
            return ""
        if last(callee) in _HANDING_THROUGH and call.arguments:
            return self.origin(path, scope, call.arguments[0], depth)
        module = is_require(call)
        if module:
            own = self._resolve(path, module, 0)
            return f"own:{own}#" if own else module
        if callee.startswith("own:"):
            target = self.by_origin(callee)
            returned = self._returned(*target, depth) if target else ""
            return returned or f"{callee}()"
        if last(callee) in _JOINED_SOURCES:
            named = self.constant(path, scope, call.argument(0, "service_name"))
            return f"{callee}({named})"
        return f"{callee}()"

    def _returned(self, path: str, number: int, depth: int) -> str:
        if depth > _DEEPEST:
            return ""
        for site in self.indexes[path].returns_by_scope.get(number, ()):
            origin = self.origin(path, number, site.value, depth + 2)
            if origin:
                return origin
        return ""

    def constant(self, path: str, scope: int, value: Value | None, depth: int = 0) -> str:
        """The text of a literal, or of a name bound once to a literal; "" otherwise. Not for output."""
        if value is None or depth > _NAMES_OF_NAMES:
            return ""
        if value.kind is Kind.STRING:
            return value.text
        if value.kind is Kind.NAME:
            index = self.indexes[path]
            for number in index.chain(scope):
                bound = index.assigned.get((number, value.text), ())
                if bound:
                    return self.constant(path, number, bound[0].value, depth + 1) if len(bound) == 1 else ""
        return ""

    def by_origin(self, origin: str) -> Target | None:
        """The own function that an origin names: `own:app.py#load`, `own:app.py#Store().load`."""
        if not origin.startswith("own:"):
            return None
        path, _, name = origin[4:].partition("#")
        index = self.indexes.get(path)
        if index is None:
            return None
        if name.startswith("@"):
            # With more behind the number it is what the function returns, or holds.
            number = int(name[1:]) if name[1:].isdigit() else None
            return (path, number) if number in index.scopes else None
        if not name:
            default = index.exports.get("default")
            return self.target(path, MODULE_SCOPE, default) if default else None
        owner, _, method = name.partition("().")
        if method:
            return self._method(path, owner, method)
        if "." in name:
            return self._method(path, name.partition(".")[0], name.partition(".")[2])
        function = index.functions.get((MODULE_SCOPE, name))
        if function is None:
            function = next((found for (_, known), found in index.functions.items() if known == name), None)
        return (path, function.number) if function else None

    def _method(self, path: str, owner: str, method: str, depth: int = 0) -> Target | None:
        index = self.indexes[path]
        found = index.methods.get((owner, method))
        if found is not None:
            return path, found.number
        for base in index.classes.get(owner, ()) if depth < _DEEPEST else ():
            origin = self._name_origin(path, MODULE_SCOPE, base, depth + 1)
            if origin.startswith("own:"):
                base_path, _, base_owner = origin[4:].partition("#")
                inherited = (
                    self._method(base_path, base_owner, method, depth + 1)
                    if base_path in self.indexes
                    else None
                )
                if inherited:
                    return inherited
        return None

    def target(self, path: str, scope: int, callee: Value) -> Target | None:
        """The own function that a callee or a passed name stands for: a function, a method, a class's
        constructor.
        """
        if callee.kind is Kind.FUNCTION:
            return path, int(callee.text)
        if callee.kind is Kind.CALL:
            return None
        named = dotted(callee)
        if named.startswith(("self.", "cls.", "this.")):
            own = self._method(path, self.indexes[path].owner_of(scope), named.partition(".")[2])
            if own:
                return own
        origin = self.origin(path, scope, callee)
        return self.by_origin(origin) or self._constructor(origin)

    def _constructor(self, origin: str) -> Target | None:
        path, _, name = origin[4:].partition("#")
        if not origin.startswith("own:") or path not in self.indexes:
            return None
        return self._method(path, name, "__init__") or self._method(path, name, "constructor")

    def scope(self, target: Target) -> Scope | None:
        """The function at a target, None for module-level code."""
        return self.indexes[target[0]].scopes.get(target[1])
