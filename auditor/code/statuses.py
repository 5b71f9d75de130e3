"""HTTP status codes that a returned value carries, also through an own function that builds the response."""

from collections.abc import Iterator
from http import HTTPStatus

from auditor.code.program import Program, Target
from auditor.code.syntax import Kind, Scope, Site, Value, last, method_of

_SERVER_ERROR = 500
_LEAST, _MOST = 100, 599
_RESPONSES = frozenset({"Response", "APIGatewayProxyResponse", "JSONResponse", "jsonify", "HttpResponse"})
_KEYS = ("statusCode", "status_code", "status")


def statuses(program: Program, path: str, site: Site) -> tuple[int, ...]:
    """The status codes that a return carries: written out, by a name, or as an own builder's argument."""
    found = dict.fromkeys(
        status
        for value in _values(program, path, site)
        for status in (*_written(value), *_built(program, path, site.place.scope, value))
        if _LEAST <= status <= _MOST
    )
    return tuple(found)


def _values(program: Program, path: str, site: Site) -> Iterator[Value]:
    """The returned value, or what its name is bound to in the same branch."""
    if site.value.kind is not Kind.NAME:
        yield site.value
        return
    bound = program.indexes[path].assigned.get((site.place.scope, site.value.text), ())
    beside = [found for found in bound if found.place == site.place]
    yield from (found.value for found in beside or bound)


def _written(value: Value) -> Iterator[int]:
    for part in value.walk():
        if part.kind is Kind.DICT:
            yield from _numbers(_status_of(part))
        elif part.kind is Kind.CALL:
            status = part.part("status_code") or part.part("statusCode")
            if status is None and method_of(part) in _RESPONSES:
                status = part.argument(0)
            yield from _numbers(status)


def _status_of(value: Value) -> Value | None:
    return next((found for found in (value.part(key) for key in _KEYS) if found is not None), None)


def _numbers(value: Value | None) -> Iterator[int]:
    for part in value.walk() if value is not None else ():
        if part.kind in {Kind.NUMBER, Kind.STRING} and part.text.isdigit():
            yield int(part.text)
        elif part.kind is Kind.NAME and "HTTPStatus." in part.text:
            name = part.text.removesuffix(".value")
            yield HTTPStatus[last(name)].value if last(name) in HTTPStatus.__members__ else _SERVER_ERROR


def _built(program: Program, path: str, scope: int, value: Value) -> Iterator[int]:
    """Codes of an own function that answers: those it writes, and the argument that it takes one from."""
    target = program.target(path, scope, value.callee) if value.kind is Kind.CALL else None
    builder = program.scope(target) if target else None
    if target is None or builder is None:
        return
    for site in program.indexes[target[0]].returns_by_scope.get(target[1], ()):
        for part in site.value.walk():
            status = _status_of(part) if part.kind is Kind.DICT else None
            if status is None:
                continue
            if status.kind is Kind.NAME and status.text in builder.parameters:
                yield from _numbers(_argument(program, target, builder, status.text, value))
            else:
                yield from _numbers(status)


def _argument(program: Program, target: Target, builder: Scope, name: str, call: Value) -> Value | None:
    position = builder.parameters.index(name) - (builder.parameters[0] in {"self", "cls"})
    given = call.argument(max(position, 0), name)
    defaults = program.indexes[target[0]].assigned.get((target[1], name), ())
    return given or next((found.value for found in defaults if found.how == "default"), None)
