"""What the handler answers: status codes, and answers that an API does not take."""

import re
from collections.abc import Iterator

from auditor.code.bound import bound
from auditor.code.statuses import statuses
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import Kind, Module, Site, Value, dotted, last, method_of
from auditor.code.words import words
from auditor.model import Located

_HTTP_ERRORS = words(
    "BadRequestError UnauthorizedError ForbiddenError NotFoundError InternalServerError ServiceError "
    "HTTPException HttpError createError ServiceUnavailableError RequestTimeoutError "
    "RequestEntityTooLargeError ChaliceViewError ConflictError UnprocessableEntityError "
    "MethodNotAllowedError"
)
# Answers that other callers than an API take as they are: queues, authorizers.
_OTHER_ANSWERS = words("statusCode status_code batchItemFailures isAuthorized principalId policyDocument")
_IN = re.compile(r"[.[]")
_NO_TEXT = frozenset({Kind.DICT, Kind.LIST, Kind.NUMBER, Kind.BOOL})
# Position of the callback among a Node.js handler's parameters, and of the answer among its arguments.
_CALLBACK, _ANSWER = 2, 1


def responses(subject: Subject) -> Iterator[Located]:
    """`status-code` (with its number), `status-missing`, `body-not-string`, `http-error-raised`."""
    for path, module in subject.modules():
        changed = _changed(module)
        for site in module.returns:
            when = subject.when(path, site.place)
            if when not in {When.HANDLER, When.HELPER}:
                continue
            for status in statuses(subject.program, path, site):
                yield _status(path, site, status)
            if when is When.HANDLER and site.place.scope == subject.found.number:
                yield from _shape(path, site, _answer(subject, path, site, changed))
        for site in module.raises:
            name = last(dotted(site.value.callee) or dotted(site.value))
            if name in _HTTP_ERRORS and subject.when(path, site.place) in {When.HANDLER, When.HELPER}:
                yield fact("http-error-raised", path, site.line, name)
    yield from _called_back(subject)


def _called_back(subject: Subject) -> Iterator[Located]:
    """Answers that are handed to the callback, or to the context as the first runtimes had it."""
    scope = subject.program.scope(subject.handler)
    if subject.language != "javascript" or scope is None:
        return
    callback = scope.parameters[_CALLBACK] if len(scope.parameters) > _CALLBACK else ""
    changed = _changed(subject.program.modules[subject.found.file])
    for path, site, when in subject.calls():
        name = dotted(site.value.callee)
        if when is not When.HANDLER or not name:
            continue
        positions = {callback: _ANSWER, f"{subject.context}.done": _ANSWER, f"{subject.context}.succeed": 0}
        answer = site.value.argument(positions[name]) if name in positions else None
        if answer is not None:
            answered = Site(value=answer, place=site.place, line=site.line)
            yield from (_status(path, answered, code) for code in statuses(subject.program, path, answered))
            yield from _shape(path, answered, _answer(subject, path, answered, changed))


def _status(path: str, site: Site, status: int) -> Located:
    return Located(kind="status-code", file=path, line=site.line, number=float(status))


def _shape(path: str, site: Site, value: Value) -> Iterator[Located]:
    if value.kind is Kind.DICT and not value.spreads:
        labels = {label for label, _ in value.parts}
        if not labels & _OTHER_ANSWERS:
            yield fact("status-missing", path, site.line, "", "medium")
        body = value.part("body")
        if "statusCode" in labels and body is not None and body.kind in _NO_TEXT:
            yield fact("body-not-string", path, site.line)
    elif value.kind in {Kind.STRING, Kind.NUMBER, Kind.BOOL, Kind.LIST}:
        yield fact("status-missing", path, site.line, "", "medium")


def _answer(subject: Subject, path: str, site: Site, changed: frozenset[str]) -> Value:
    """The returned value, or the object that its name is bound to and that nothing is added to later."""
    name = dotted(site.value)
    value = bound(subject.program, path, site.place.scope, site.value)
    return value if name and value.kind is Kind.DICT and name not in changed else site.value


def _changed(module: Module) -> frozenset[str]:
    """Names of objects that get entries, or are handed to a call of their own, after they were made."""
    targets = {
        re.split(r"[.[]", found.target, maxsplit=1)[0]
        for found in module.assignments
        if _IN.search(found.target)
    }
    called = {dotted(site.value.callee).partition(".")[0] for site in module.calls}
    merged = {
        dotted(site.value.arguments[0])
        for site in module.calls
        if method_of(site.value) == "assign" and site.value.arguments
    }
    return frozenset(targets | called | merged)
