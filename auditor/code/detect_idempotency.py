"""Writes, and what keeps them from being done twice."""

import re
from collections.abc import Iterator

from auditor.code.bound import bound, given
from auditor.code.operations import prefix_of
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import Kind, Value, dotted, last, method_of
from auditor.code.words import words
from auditor.model import Located

_IDEMPOTENT = re.compile(
    r"^(?:aws_lambda_powertools\.utilities\.idempotency(?:\.\w+)*|"
    r"@aws-lambda-powertools/idempotency(?:/\w+)*)\.\w+$"
)
_CONDITIONAL = frozenset({"ConditionExpression", "IfNoneMatch", "conditionExpression"})
_TOKENS = words(
    "ClientRequestToken ClientToken clientToken IdempotencyToken idempotencyToken idempotency_key "
    "idempotencyKey Idempotency-Key MessageDeduplicationId clientRequestToken"
)
_RANDOM = re.compile(r"(?:uuid|random|nanoid|ulid|token_hex|token_urlsafe)", re.IGNORECASE)


def idempotency(subject: Subject) -> Iterator[Located]:
    """`idempotency` (Powertools), `conditional-write`, `idempotency-token`, `write` (operations that change
    data).
    """
    for path, site, when in subject.calls():
        origin = subject.origin(path, site)
        if _IDEMPOTENT.match(origin):
            yield fact("idempotency", path, site.line, last(origin))
        if when is When.LOADING:
            continue
        named = dict(given(subject.program, path, site))
        if named.keys() & _CONDITIONAL:
            yield fact("conditional-write", path, site.line, method_of(site.value))
        tokens = [
            bound(subject.program, path, site.place.scope, named[name]) for name in named.keys() & _TOKENS
        ]
        if any(not _is_random(token) for token in tokens):
            yield fact("idempotency-token", path, site.line, method_of(site.value))
        for service, action in subject.operations(path, site):
            if action.startswith(_WRITING) or (service, action) in _ALSO_WRITING:
                yield fact("write", path, site.line, f"{service}:{action}", "medium")
    yield from _idempotent_decorators(subject)


def _is_random(token: Value) -> bool:
    """Whether a token is made anew each time: then a repeated event has another."""
    return any(
        part.kind is Kind.CALL and _RANDOM.search(dotted(part.callee) or part.callee.text)
        for part in token.walk()
    )


_WRITING = (
    "Put",
    "Update",
    "Delete",
    "Create",
    "Send",
    "Publish",
    "Start",
    "BatchWrite",
    "Write",
    "Add",
    "Register",
    "Modify",
    "Set",
)
_ALSO_WRITING = frozenset(
    {
        (prefix_of("lambda"), "InvokeFunction"),
        ("rds-data", "ExecuteStatement"),
        ("rds-data", "BatchExecuteStatement"),
    }
)


def _idempotent_decorators(subject: Subject) -> Iterator[Located]:
    for path, module in subject.modules():
        for scope in module.scopes:
            for decorator in scope.decorators:
                name = last(dotted(decorator) or dotted(decorator.callee))
                if name in {"idempotent", "idempotent_function", "idempotent_lambda", "idempotent_handler"}:
                    yield fact("idempotency", path, scope.line, name)
