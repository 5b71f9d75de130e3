"""What the code does with errors: handles them, swallows them, or answers with a status code."""

from collections.abc import Iterator
from http import HTTPStatus

from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import NOTHING, Clause, Kind, Module, Site, Value, dotted, last, method_of
from auditor.code.words import words
from auditor.model import Located

_BROAD = frozenset({"Exception", "BaseException", "error", "?"})
_QUIET = frozenset({"pass", "continue", "break", "return"})
_LOGGING = words(
    "debug info warning warn error exception critical log print fatal trace captureException "
    "capture_exception "
    "notice_error noticeError recordException record_exception write print_exc"
)
_FAILURE_STATUS = 400
_SERVER_ERROR = 500
_RESPONSES = frozenset({"Response", "APIGatewayProxyResponse", "JSONResponse", "jsonify", "HttpResponse"})
_HTTP_ERRORS = words(
    "BadRequestError UnauthorizedError ForbiddenError NotFoundError InternalServerError ServiceError "
    "HTTPException "
    "HttpError createError ServiceUnavailableError RequestTimeoutError RequestEntityTooLargeError "
    "ChaliceViewError "
    "ConflictError UnprocessableEntityError MethodNotAllowedError"
)
_MIDDLEWARE = frozenset(
    {"httpErrorHandler", "@middy/http-error-handler", "exception_handler", "errorhandler", "errorHandler"}
)


def handling(subject: Subject) -> Iterator[Located]:
    """`handled`, `swallowed`, `bare-except`, `broad-except`, `catch-all-success`, `catch-all-status`, `error-
    middleware`.
    """
    for path, module in subject.modules():
        for clause in module.clauses:
            when = subject.when(path, clause.place)
            if when in {When.HANDLER, When.HELPER}:
                yield from _of_clause(path, module, clause, when)
    yield from _promises(subject)
    yield from _middleware(subject)


def _of_clause(path: str, module: Module, clause: Clause, when: When) -> Iterator[Located]:
    inside = _Inside(module, clause)
    what = ", ".join(clause.types) or "everything"
    broad = not clause.types or any(last(name) in _BROAD for name in clause.types)
    if not clause.types and module.language == "python":
        yield fact("bare-except", path, clause.line, what)
    elif broad and module.language == "python":
        yield fact("broad-except", path, clause.line, what)
    quiet = all(step in _QUIET for step in clause.does)
    if quiet and broad and not inside.acts:
        kind = "swallowed-in-handler" if when is When.HANDLER else "swallowed"
        around = clause.place.loop >= 0 and when is When.HANDLER
        yield fact(kind, path, clause.line, what, "high" if around or when is When.HANDLER else "medium")
    elif quiet and not inside.acts:
        yield fact("ignored-error", path, clause.line, what, "medium")
    else:
        yield fact("handled", path, clause.line, what)
    if when is When.HANDLER and broad and not quiet:
        yield from _answer(path, clause, inside, what)


def _answer(path: str, clause: Clause, inside: "_Inside", what: str) -> Iterator[Located]:
    """What a handler's catch-all answers: success for a queue is loss, a 500 for a client is right."""
    if inside.raises or clause.place.loop >= 0:
        return
    statuses = [status for site in inside.returns for status in statuses_of(site.value)]
    batch = any(_names_failures(site.value) for site in inside.returns)
    if statuses and max(statuses) >= _FAILURE_STATUS:
        yield fact("catch-all-status", path, clause.line, what)
    elif statuses or (not batch and not inside.exits):
        yield fact("catch-all-success", path, clause.line, what, "medium")


class _Inside:
    """What stands in the body of a clause, nested statements included."""

    def __init__(self, module: Module, clause: Clause) -> None:
        self.calls = [site for site in module.calls if clause.number in site.place.clauses]
        self.returns = [site for site in module.returns if clause.number in site.place.clauses]
        self.raises = [site for site in module.raises if clause.number in site.place.clauses]
        self.assigns = [found for found in module.assignments if clause.number in found.place.clauses]
        self.exits = any(
            dotted(site.value.callee) in {"sys.exit", "exit", "process.exit", "os._exit"}
            for site in self.calls
        )

    @property
    def acts(self) -> bool:
        """Whether anything is done with the error: a call, a value kept, another error raised."""
        return bool(self.calls or self.raises or self.assigns)


def statuses_of(value: Value) -> Iterator[int]:
    """The HTTP status codes that a returned value carries."""
    for part in value.walk():
        if part.kind is Kind.DICT:
            status = part.part("statusCode") or part.part("status_code") or part.part("status")
            yield from _number(status)
        elif part.kind is Kind.CALL:
            status = part.part("status_code") or part.part("statusCode")
            if status is None and method_of(part) in _RESPONSES:
                status = part.argument(0)
            yield from _number(status)


def _number(value: Value | None) -> Iterator[int]:
    for part in value.walk() if value is not None else ():
        if part.kind in {Kind.NUMBER, Kind.STRING} and part.text.isdigit():
            yield int(part.text)
        elif part.kind is Kind.NAME and "HTTPStatus." in part.text:
            yield _named_status(last(part.text))


def _named_status(name: str) -> int:
    return HTTPStatus[name].value if name in HTTPStatus.__members__ else _SERVER_ERROR


def _names_failures(value: Value) -> bool:
    return any(label == "batchItemFailures" for part in value.walk() for label, _ in part.parts)


def _promises(subject: Subject) -> Iterator[Located]:
    """JavaScript promises whose rejection goes nowhere: `.catch(() => {})`."""
    if subject.language != "javascript":
        return
    for path, site, when in subject.calls():
        if method_of(site.value) != "catch" or when is When.LOADING:
            continue
        handler = site.value.argument(0)
        if handler is None or handler.kind is not Kind.FUNCTION:
            continue
        index = subject.program.indexes[path]
        number = int(handler.text)
        acts = index.calls_by_scope.get(number) or any(
            found.place.scope == number for found in index.module.raises
        )
        answers = any(found.value is not NOTHING for found in index.returns_by_scope.get(number, ()))
        kept = any(found.place.scope == number for found in index.module.assignments)
        kind = "handled" if acts or answers or kept else "swallowed"
        yield fact(kind, path, site.line, "promise", "medium" if kind == "swallowed" else "high")


def _middleware(subject: Subject) -> Iterator[Located]:
    for path, site, _ in subject.calls():
        name = last(dotted(site.value.callee))
        if name in _MIDDLEWARE or subject.origin(path, site) in _MIDDLEWARE:
            yield fact("error-middleware", path, site.line, name)


def responses(subject: Subject) -> Iterator[Located]:
    """`status-code` (with its number), `status-missing`, `body-not-string`, `http-error-raised`."""
    for path, module in subject.modules():
        for site in module.returns:
            when = subject.when(path, site.place)
            if when not in {When.HANDLER, When.HELPER}:
                continue
            for status in dict.fromkeys(statuses_of(site.value)):
                yield _status(path, site, status)
            if when is When.HANDLER and site.place.scope == subject.found.number:
                yield from _shape(path, site)
        for site in module.raises:
            name = last(dotted(site.value.callee) or dotted(site.value))
            if name in _HTTP_ERRORS and subject.when(path, site.place) in {When.HANDLER, When.HELPER}:
                yield fact("http-error-raised", path, site.line, name)


def _status(path: str, site: Site, status: int) -> Located:
    found = fact("status-code", path, site.line)
    return Located(kind=found.kind, file=path, line=found.line, number=float(status))


def _shape(path: str, site: Site) -> Iterator[Located]:
    value = site.value
    if value.kind is Kind.DICT and not value.spreads:
        labels = {label for label, _ in value.parts}
        if not labels & {
            "statusCode",
            "status_code",
            "batchItemFailures",
            "isAuthorized",
            "principalId",
            "policyDocument",
        }:
            yield fact("status-missing", path, site.line, "", "medium")
        body = value.part("body")
        if (
            "statusCode" in labels
            and body is not None
            and body.kind in {Kind.DICT, Kind.LIST, Kind.NUMBER, Kind.BOOL}
        ):
            yield fact("body-not-string", path, site.line)
    elif value.kind in {Kind.STRING, Kind.NUMBER, Kind.BOOL, Kind.LIST}:
        yield fact("status-missing", path, site.line, "", "medium")
