"""Lookups into one module."""

from collections.abc import Iterable

from auditor.code.syntax import MODULE_SCOPE, Assignment, Import, Kind, Module, Scope, Site


class Index:
    """Lookups into one module, made once."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scopes: dict[int, Scope] = {scope.number: scope for scope in module.scopes}
        self.functions: dict[tuple[int, str], Scope] = {}
        self.methods: dict[tuple[str, str], Scope] = {}
        for scope in module.scopes:
            if scope.owner:
                self.methods[scope.owner, scope.name] = scope
            else:
                self.functions.setdefault((scope.parent, scope.name), scope)
        self.assigned: dict[tuple[int, str], list[Assignment]] = {}
        self.attributes: dict[tuple[str, str], Assignment] = {}
        for assignment in module.assignments:
            self._assign(assignment)
        for owner, name, value, place, line in module.fields:
            self.attributes.setdefault(
                (owner, name), Assignment(target=f"this.{name}", value=value, place=place, line=line)
            )
        self.imported: dict[str, Import] = {}
        for entry in module.imports:
            if entry.local and entry.local != "*":
                self.imported.setdefault(entry.local, entry)
        self.classes = dict(module.classes)
        self.exports = dict(module.exports)
        self.calls_by_scope: dict[int, list[Site]] = {}
        for site in module.calls:
            self.calls_by_scope.setdefault(site.place.scope, []).append(site)
        self.returns_by_scope: dict[int, list[Site]] = {}
        for site in module.returns:
            self.returns_by_scope.setdefault(site.place.scope, []).append(site)

    def _assign(self, assignment: Assignment) -> None:
        scope, target = assignment.place.scope, assignment.target
        if (scope, target) in self.module.declared_global:
            scope = MODULE_SCOPE
        self.assigned.setdefault((scope, target), []).append(assignment)
        head, _, name = target.partition(".")
        if head in {"self", "cls", "this"} and name:
            owner = self.owner_of(assignment.place.scope)
            if assignment.value.kind is not Kind.NONE:
                self.attributes.setdefault((owner, name), assignment)

    def owner_of(self, number: int) -> str:
        """Class of the method that a scope is or stands in, "" outside classes."""
        while (scope := self.scopes.get(number)) is not None:
            if scope.owner:
                return scope.owner
            number = scope.parent
        return ""

    def chain(self, number: int) -> Iterable[int]:
        """A scope and all that enclose it, the module last."""
        while (scope := self.scopes.get(number)) is not None:
            yield number
            number = scope.parent
        yield MODULE_SCOPE
