"""State that outlives an invocation, and shapes of handlers that the runtime does not run."""

import re
from collections.abc import Iterator

from auditor.code.index import Index
from auditor.code.subject import Subject, When, fact, memoised
from auditor.code.syntax import MODULE_SCOPE, Assignment, Kind, Place, dotted, last, method_of, receiver_of
from auditor.code.words import words
from auditor.model import Located

_MUTATORS = words(
    "append extend insert add update setdefault push unshift splice set clear pop remove appendleft"
)
_SECRETS = frozenset(
    {
        ("secretsmanager", "GetSecretValue"),
        ("ssm", "GetParameter"),
        ("ssm", "GetParameters"),
        ("ssm", "GetParametersByPath"),
    }
)
_CACHE_NAME = re.compile(
    r"cache|memo|client|conn|pool|_instance|singleton|session|secret|token|param|config|settings|loaded|"
    r"registry",
    re.IGNORECASE,
)
_FIRST_NODE_WITHOUT_CALLBACKS = 24
_CALLBACK_PARAMETERS = 3


def state(subject: Subject) -> Iterator[Located]:
    """`mutable-global`, `global-cache`, `cached-secret`."""
    containers = {
        (path, name) for path, module in subject.modules() for name in _containers(module.assignments)
    }
    for path, line, name in _mutations(subject):
        if (path, name) in containers and not _reset(subject, path, name):
            kind = "global-cache" if _CACHE_NAME.search(name) else "mutable-global"
            yield fact(kind, path, line, name, "medium")
    for path, module in subject.modules():
        for scope in module.scopes:
            if memoised(scope) and not any("ttl" in dotted(d.callee).lower() for d in scope.decorators):
                sites = [site for site in module.calls if site.place.scope == scope.number]
                if any(set(subject.operations(path, site)) & _SECRETS for site in sites):
                    yield fact("cached-secret", path, scope.line, scope.name, "medium")


def _containers(assignments: tuple[Assignment, ...]) -> Iterator[str]:
    for assignment in assignments:
        if assignment.place.scope != MODULE_SCOPE or assignment.how != "=" or "." in assignment.target:
            continue
        value = assignment.value
        made = value.kind is Kind.CALL and last(dotted(value.callee)) in {
            "list",
            "dict",
            "set",
            "defaultdict",
            "deque",
            "Map",
            "Set",
            "Counter",
            "OrderedDict",
            "Array",
        }
        if value.kind in {Kind.DICT, Kind.LIST} or made:
            yield assignment.target


def _mutations(subject: Subject) -> Iterator[tuple[str, int, str]]:
    for path, module in subject.modules():
        index = subject.program.indexes[path]
        for site in module.calls:
            name = dotted(receiver_of(site.value))
            mutates = method_of(site.value) in _MUTATORS and name and _runs(subject, path, site.place)
            if mutates and _is_global(index, site.place.scope, name):
                yield path, site.line, name
        for assignment in module.assignments:
            name, bracket, _ = assignment.target.partition("[")
            grows = bracket or assignment.how in {"+=", "|="}
            runs = grows and _runs(subject, path, assignment.place)
            if runs and _is_global(index, assignment.place.scope, name):
                yield path, assignment.line, name


def _runs(subject: Subject, path: str, place: Place) -> bool:
    """Whether code runs in invocations, in each of them: what is behind `if x is None` runs once."""
    return not place.guarded and subject.when(path, place) in {When.HANDLER, When.HELPER}


def _is_global(index: Index, scope: int, name: str) -> bool:
    return not any(
        (number, name) in index.assigned for number in index.chain(scope) if number != MODULE_SCOPE
    )


def _reset(subject: Subject, path: str, name: str) -> bool:
    """Whether an invocation starts by emptying the container."""
    module = subject.program.modules[path]
    cleared = any(
        method_of(site.value) == "clear" and dotted(receiver_of(site.value)) == name for site in module.calls
    )
    return cleared or any((scope.number, name) in module.declared_global for scope in module.scopes)


def handler_shape(subject: Subject) -> Iterator[Located]:
    """`async-handler` (Python does not await it), `callback-handler` (Node.js 24 does not call back)."""
    scope = subject.program.scope(subject.handler)
    if scope is None:
        return
    if subject.language == "python" and scope.asynchronous and not subject.found.wraps:
        yield fact("async-handler", subject.found.file, scope.line, scope.name)
    if (
        subject.language == "javascript"
        and len(scope.parameters) >= _CALLBACK_PARAMETERS
        and not scope.asynchronous
    ):
        number = re.match(r"nodejs(\d+)", subject.runtime)
        newer = bool(number) and int(number[1] if number else 0) >= _FIRST_NODE_WITHOUT_CALLBACKS
        kind = "callback-handler-unsupported" if newer else "callback-handler"
        yield fact(kind, subject.found.file, scope.line, scope.name)
