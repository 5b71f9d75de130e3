"""The function that a handler string names, behind the wrappers of observability vendors and web adapters."""

import re
from collections.abc import Collection, Mapping

import msgspec

from auditor.code.layout import node_candidate, node_handler, python_handler
from auditor.code.program import Program, Target
from auditor.code.reexports import handed_on
from auditor.code.syntax import MODULE_SCOPE, NOTHING, Kind, Value, dotted, method_of, receiver_of
from auditor.model import Located, Reason, Record, Unavailable

# Handler strings of vendors, and the setting in which each keeps the function's own handler.
# https://docs.datadoghq.com/serverless/aws_lambda/installation/  DD_LAMBDA_HANDLER
# https://docs.newrelic.com/docs/serverless-function-monitoring/  NEW_RELIC_LAMBDA_HANDLER
# https://docs.lumigo.io/docs/lambda-layers                       LUMIGO_ORIGINAL_HANDLER
# https://docs.sentry.io/platforms/python/integrations/aws-lambda/ SENTRY_INITIAL_HANDLER
# https://www.ibm.com/docs/en/instana-observability                LAMBDA_HANDLER
_WRAPPERS = tuple(
    (re.compile(pattern), setting)
    for pattern, setting in (
        (r"datadog[_-]lambda|handler_redirector|datadog-lambda-js", "DD_LAMBDA_HANDLER"),
        (r"newrelic[_-](?:esm-)?lambda[_-]wrapper|newrelic-lambda", "NEW_RELIC_LAMBDA_HANDLER"),
        (r"lumigo_tracer|lumigo-auto-instrument", "LUMIGO_ORIGINAL_HANDLER"),
        (r"sentry_sdk\.integrations|sentry_lambda_handler|@sentry/", "SENTRY_INITIAL_HANDLER"),
        (r"epsagon", "EPSAGON_HANDLER"),
        (r"thundra|catchpoint", "THUNDRA_AGENT_LAMBDA_HANDLER"),
        (r"instana", "LAMBDA_HANDLER"),
        (r"iopipe", "IOPIPE_HANDLER"),
        (r"sls-sdk|serverless_sdk|serverless_aws_lambda_sdk", "SLS_HANDLER"),
        (r"rookout", "ROOKOUT_LAMBDA_HANDLER"),
        (r"site24x7|s247", "S247_LAMBDA_HANDLER"),
    )
)
_ADAPTERS = ("/opt/bootstrap",)
_MOST_FILES = 8
_SCRIPTS = (".sh", "bootstrap")


class Entry(Record, frozen=True, kw_only=True):
    """The handler that runs in the end: its string, its file ("" where there is none), and the wrapper in
    front.
    """

    handler: str
    file: str
    name: str
    wrapper: str = ""
    adapter: bool = False


def own_handler(handler: str, settings: Mapping[str, str]) -> tuple[str, str] | Unavailable:
    """The function's own handler string behind a vendor's, and the setting that named it ("" without a
    wrapper).

    `Unavailable` where the handler is a vendor's and the setting that names the own one is not known.
    """
    for pattern, setting in _WRAPPERS:
        if not pattern.search(handler):
            continue
        inner = settings.get(setting, "")
        if inner and inner != handler:
            return inner, setting
        note = f"the handler is a wrapper's, and {setting} does not tell which function it wraps"
        return Unavailable(reason=Reason.NO_DATA, operation="lambda:GetFunction", note=note)
    return handler, ""


def entry_of(
    handler: str, *, language: str, names: Collection[str], settings: Mapping[str, str]
) -> Entry | None | Unavailable:
    """Find the file of a handler among the members of a package; None where no member is that file."""
    own = own_handler(handler, settings)
    if isinstance(own, Unavailable):
        return own
    found, wrapper = own
    if settings.get("AWS_LAMBDA_EXEC_WRAPPER") in _ADAPTERS or found.endswith(_SCRIPTS):
        return _script(found, names)
    if language == "python":
        return _python_entry(found, wrapper, names)
    reference = node_handler(found)
    file = node_candidate(names, reference.stem) if reference else None
    if reference is None or file is None:
        return None
    return Entry(handler=found, file=file, name=reference.name, wrapper=wrapper)


def _script(handler: str, names: Collection[str]) -> Entry | None:
    """Lambda Web Adapter starts a script or program that the handler names, and sends it HTTP requests.

    https://github.com/awslabs/aws-lambda-web-adapter
    """
    file = handler.removeprefix("/var/task/").removeprefix("./")
    return Entry(handler=handler, file=file, name="", adapter=True) if file in names else None


def _python_entry(handler: str, wrapper: str, names: Collection[str]) -> Entry | None | Unavailable:
    reference = python_handler(handler)
    if reference is None:
        return None
    for file in (f"{reference.stem}.py", f"{reference.stem}/__init__.py"):
        if file in names:
            return Entry(handler=handler, file=file, name=reference.name, wrapper=wrapper)
    compiled = any(
        name in {f"{reference.stem}.pyc", f"{reference.stem}.so"}
        or (name.startswith(f"{reference.stem}.cpython-") and name.endswith((".so", ".pyc")))
        for name in names
    )
    if compiled:
        note = "the handler's module is compiled; there is no source to look at"
        return Unavailable(reason=Reason.NOT_SUPPORTED, operation="lambda:GetFunction", note=note)
    return None


class Found(Record, frozen=True, kw_only=True):
    """A handler in the program: the function's file and number, and the names of what wraps it."""

    file: str
    number: int
    line: int
    wraps: tuple[str, ...] = ()


def find_function(program: Program, entry: Entry, depth: int = 0) -> Found | None:
    """The function behind a handler's name; the module itself where the name is bound to something foreign.

    None where the module does not bind the name.
    """
    index = program.indexes[entry.file]
    value = index.exports.get(entry.name)
    if value is None and "." in entry.name:
        head, _, rest = entry.name.partition(".")
        value = index.exports.get(head)
        value = _nested(value, rest) if value is not None else None
    if value is None and index.module.language == "python":
        return _python_function(program, entry)
    if value is None:
        return _elsewhere(program, entry, depth)
    inside = _scope_of(program, entry.file, value)
    return _behind(program, entry.file, inside, value, ()) or Found(
        file=entry.file, number=MODULE_SCOPE, line=value.line, wraps=_callees(value)
    )


def _elsewhere(program: Program, entry: Entry, depth: int) -> Found | None:
    """The handler in a file whose exports this one hands on; the module where its exports cannot be seen."""
    own, unseen = handed_on(program, entry.file)
    for path in own if depth < _MOST_FILES else ():
        found = find_function(program, msgspec.structs.replace(entry, file=path), depth + 1)
        if found is not None:
            return found
    return Found(file=entry.file, number=MODULE_SCOPE, line=1) if unseen else None


def _scope_of(program: Program, path: str, value: Value) -> int:
    """The function in which an exported name is bound, as bundlers put each file in one; else the module."""
    index = program.indexes[path]
    named = value.kind is Kind.NAME and "." not in value.text
    bound = [number for number, name in (*index.assigned, *index.functions) if named and name == value.text]
    if not bound or MODULE_SCOPE in bound or value.text in index.imported:
        return MODULE_SCOPE
    before = [number for number in bound if number == MODULE_SCOPE or index.scopes[number].line <= value.line]
    return max(before, key=lambda number: index.scopes[number].line, default=MODULE_SCOPE)


def _nested(value: Value, rest: str) -> Value | None:
    found = value.part(rest) if value.kind is Kind.DICT else None
    return found or Value(kind=Kind.MEMBER, text=rest, parts=(("", value),), line=value.line)


def _python_function(program: Program, entry: Entry) -> Found | None:
    index = program.indexes[entry.file]
    function = index.functions.get((MODULE_SCOPE, entry.name))
    if function is not None:
        wraps = tuple(filter(None, (dotted(value) or dotted(value.callee) for value in function.decorators)))
        return Found(file=entry.file, number=function.number, line=function.line, wraps=wraps)
    assigned = index.assigned.get((MODULE_SCOPE, entry.name))
    if assigned:
        value = assigned[-1].value
        return _behind(program, entry.file, MODULE_SCOPE, value, ()) or Found(
            file=entry.file, number=MODULE_SCOPE, line=assigned[-1].line, wraps=_callees(value)
        )
    imported = index.imported.get(entry.name)
    if imported is not None:
        name = Value(kind=Kind.NAME, text=entry.name, line=imported.line)
        return _behind(program, entry.file, MODULE_SCOPE, name, ()) or Found(
            file=entry.file, number=MODULE_SCOPE, line=imported.line
        )
    starred = any(found.symbol == "*" for found in index.module.imports)
    dynamic = (MODULE_SCOPE, "__getattr__") in index.functions or "globals" in index.module.used
    if entry.name in index.classes or starred or dynamic:
        return Found(file=entry.file, number=MODULE_SCOPE, line=1)
    return None


def _behind(program: Program, path: str, scope: int, value: Value, wraps: tuple[str, ...]) -> Found | None:
    """Follow names, and calls with a function in them (`middy(handler).use(…)`), to an own function."""
    waiting = [(path, scope, value, wraps)]
    for _ in range(40):
        if not waiting:
            return None
        at, inside, found, around = waiting.pop(0)
        target = (
            program.target(at, inside, found)
            if found.kind in {Kind.NAME, Kind.MEMBER, Kind.FUNCTION}
            else None
        )
        if target is not None:
            function = program.scope(target)
            given = _getter(program, target) or (_made(program, target) if around else None)
            if given is not None:
                waiting.append((target[0], target[1], given, around))
                continue
            line = function.line if function else value.line
            return Found(file=target[0], number=target[1], line=line, wraps=around)
        waiting += _next(program, at, inside, found, around)
    return None


def _getter(program: Program, target: Target) -> Value | None:
    """What a function without parameters only names: bundlers export `() => handler`."""
    scope = program.scope(target)
    index = program.indexes[target[0]]
    returned = index.returns_by_scope.get(target[1], ())
    if scope is None or scope.parameters or len(returned) != 1 or index.calls_by_scope.get(target[1]):
        return None
    return returned[0].value if returned[0].value.kind is Kind.NAME else None


def _made(program: Program, target: Target) -> Value | None:
    """The function that a function makes and returns: `(metrics) => async (event) => …`, `def make(): …`."""
    index = program.indexes[target[0]]
    returned = index.returns_by_scope.get(target[1], ())
    value = returned[-1].value if returned else NOTHING
    inner = program.target(target[0], target[1], value) if value.kind in {Kind.NAME, Kind.FUNCTION} else None
    scope = program.scope(inner) if inner else None
    return value if scope is not None and scope.parent == target[1] else None


def _factory(program: Program, path: str, scope: int, call: Value) -> list[tuple[str, int, Value]]:
    """The function that an own function makes for its caller, unless it only puts it around one that it was
    given.
    """
    target = program.target(path, scope, call.callee)
    maker = program.scope(target) if target else None
    value = _made(program, target) if target else None
    if target is None or maker is None or value is None:
        return []
    inner = program.target(target[0], target[1], value)
    event = program.scope(inner).parameters[:1] if inner else ()  # type: ignore[union-attr]
    index = program.indexes[target[0]]
    wraps = any(
        dotted(site.value.callee) in maker.parameters
        and any(argument.kind is Kind.NAME and argument.text in event for argument in site.value.arguments)
        for site in index.module.calls
    )
    return [] if wraps else [(target[0], target[1], value)]


def _next(
    program: Program, path: str, scope: int, value: Value, wraps: tuple[str, ...]
) -> list[tuple[str, int, Value, tuple[str, ...]]]:
    if value.kind is Kind.NAME:
        index = program.indexes[path]
        bound = [found for at in index.chain(scope) for found in index.assigned.get((at, value.text), ())]
        return [(path, found.place.scope, found.value, wraps) for found in bound[-2:] if found.how == "="]
    if value.kind is Kind.CALL:
        around = (*wraps, *filter(None, [dotted(value.callee).lstrip("().")]))
        inside = [value.callee.part("") or NOTHING] if value.callee.kind is Kind.MEMBER else []
        if method_of(value) == "bind":
            inside = [receiver_of(value)]
        made = [(*found, around) for found in _factory(program, path, scope, value)]
        called = program.by_origin(f"{program.origin(path, scope, value.callee)}().__call__")
        if called is not None:
            made.append((called[0], scope, Value(kind=Kind.FUNCTION, text=str(called[1])), around))
        given = [(path, scope, part, around) for part in (*value.arguments, *inside) if part is not NOTHING]
        return [*made, *given]
    if value.kind in {Kind.CHOICE, Kind.MEMBER}:
        return [(path, scope, part, wraps) for _, part in value.parts]
    return []


def _callees(value: Value) -> tuple[str, ...]:
    calls = (part for part in value.walk() if part.kind is Kind.CALL)
    return tuple(filter(None, (dotted(call.callee).lstrip("().") for call in calls)))


def located(entry: Entry, found: Found) -> Located:
    """The handler as a fact: `handler`, `handler-behind-wrapper` or `handler-object`."""
    kind = "handler-behind-wrapper" if entry.wrapper else "handler"
    if found.number == MODULE_SCOPE:
        kind = "handler-object"
    return Located(kind=kind, file=found.file, line=found.line, what=entry.handler)
