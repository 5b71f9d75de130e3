"""How the code treats its event: batches, routing, validation, idempotency."""

import re
from collections.abc import Iterator

from auditor.code.operations import prefix_of
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import Kind, Role, Value, dotted, last, mentions, method_of
from auditor.code.words import words
from auditor.model import Located

_ROUTED = words(
    "action path httpMethod resource routeKey rawPath method operation type command requestType eventName "
    "fieldName field info"
)
_MOST_BRANCHES = 3
_FRAMEWORKS = (
    (re.compile(r"^aws_lambda_powertools\.event_handler(?:\.\w+)*\.\w*(?:Resolver|Router)$"),
    "Powertools event handler"),
    (re.compile(r"^@aws-lambda-powertools/event-handler(?:/\w+)*\.\w+$"), "Powertools event handler"),
    (re.compile(r"^mangum\.Mangum$"), "Mangum"), (re.compile(r"^chalice\.Chalice$"), "Chalice"),
    (re.compile(r"^(?:fastapi\.FastAPI|starlette\.applications\.Starlette)$"), "FastAPI"),
    (re.compile(r"^flask\.Flask$"), "Flask"),
    (re.compile(r"^(?:apig_wsgi\.make_lambda_handler|awsgi\.response|serverless_wsgi\.handle_request|"
                r"aws_wsgi\.response)$"), "WSGI adapter"),
    (re.compile(r"^(?:serverless-http|@vendia/serverless-express|aws-serverless-express|@fastify/aws-lambda|"
                r"aws-lambda-fastify)(?:\.\w+)*$"), "web adapter"),
    (re.compile(r"^(?:express|fastify|koa|hono\.Hono|@nestjs/core\.NestFactory\.create|@hapi/hapi\.server)$"),
    "web framework"),
    (re.compile(r"^(?:lambda-api|@middy/http-router|aws-lambda-router\.\w+)$"), "router"),
    (re.compile(r"^hono/aws-lambda\.handle$"), "web adapter"),
)  # fmt: skip
_VALIDATORS = re.compile(
    r"^(?:aws_lambda_powertools\.utilities\.(?:validation|parser|data_classes)(?:\.\w+)*|"
    r"jsonschema(?:\.\w+)*|fastjsonschema\.\w+|marshmallow(?:\.\w+)*"
    r"|cerberus\.Validator|voluptuous\.\w+|schema\.Schema|pydantic(?:\.\w+)*|msgspec\.(?:json\.)?(?:decode|"
    r"convert)|attrs?\.\w+|trafaret\.\w+|dacite\.from_dict"
    r"|zod(?:\.\w+)*|joi(?:\.\w+)*|@hapi/joi(?:\.\w+)*|ajv(?:\.\w+)*|yup(?:\.\w+)*|superstruct\.\w+|"
    r"valibot\.\w+|io-ts\.\w+|class-validator\.\w+|validator(?:\.\w+)*"
    r"|@middy/validator(?:\.\w+)*|@aws-lambda-powertools/(?:parser|validation)(?:/\w+)*(?:\.\w+)*|"
    r"runtypes\.\w+|arktype\.\w+)(?:\(\))?(?:\.\w+(?:\(\))?)*$"
)
_MODELS = re.compile(
    r"^(?:pydantic\.(?:BaseModel|RootModel)|aws_lambda_powertools\.utilities\.parser(?:\.\w+)*\.\w+|"
    r"marshmallow\.Schema|msgspec\.Struct)$"
)
_IDEMPOTENT = re.compile(
    r"^(?:aws_lambda_powertools\.utilities\.idempotency(?:\.\w+)*|"
    r"@aws-lambda-powertools/idempotency(?:/\w+)*)\.\w+$"
)
_CONDITIONAL = frozenset({"ConditionExpression", "IfNoneMatch", "conditionExpression"})
_TOKENS = words(
    "ClientRequestToken ClientToken clientToken IdempotencyToken idempotencyToken idempotency_key "
    "idempotencyKey Idempotency-Key MessageDeduplicationId clientRequestToken"
)
_TESTS = frozenset({"not", "not_operator", "!", "in", "not in", "typeof", "instanceof", "<", ">", "<=", ">="})
_TEST_CALLS = frozenset(
    {"isinstance", "len", "all", "any", "hasOwnProperty", "hasOwn", "isArray", "match", "isdigit"}
)
_SOURCES = {
    "aws:sqs": "sqs", "aws:s3": "s3", "aws:dynamodb": "dynamodb", "aws:kinesis": "kinesis", "aws:sns": "sns",
    "aws.events": "events",
    "aws:ses": "ses", "aws:kafka": "kafka", "aws.s3": "s3", "aws.ec2": "ec2",
}  # fmt: skip


def batches(subject: Subject) -> Iterator[Located]:
    """`batch-item-failures`, `records-loop`, `record-handled` (one record's error is caught in the loop)."""
    for path, module in subject.modules():
        for literal in module.literals:
            if literal.text == "batchItemFailures" and literal.role in {Role.KEY, Role.PLAIN, Role.ENTRY}:
                yield fact("batch-item-failures", path, literal.line, "batchItemFailures")
        for loop in module.loops:
            if subject.when(path, loop.place) not in {When.HANDLER, When.HELPER} or not _over_records(
                loop.over
            ):
                continue
            yield fact("records-loop", path, loop.line, "Records")
            if any(
                clause.place.loop == loop.number and clause.place.scope == loop.place.scope
                for clause in module.clauses
            ):
                yield fact("record-handled", path, loop.line, "Records")
    for path, site, _ in subject.calls():
        name = last(dotted(site.value.callee))
        if name in {"BatchProcessor", "AsyncBatchProcessor", "SqsFifoPartialProcessor",
            "process_partial_response", "processPartialResponse",
                    "async_process_partial_response", "processPartialResponseSync",
                    "batch_processor"}:  # fmt: skip
            yield fact("batch-item-failures", path, site.line, name)


def _over_records(over: Value) -> bool:
    return any(
        (part.kind is Kind.STRING and part.text in {"Records", "records"})
        or (part.kind in {Kind.NAME, Kind.MEMBER} and last(part.text) in {"Records", "records"})
        for part in over.walk()
    )


def routing(subject: Subject) -> Iterator[Located]:
    """`router` (number: branches), `web-framework`, `event-source`."""
    branches: dict[str, list[int]] = {}
    for path, condition in subject.conditions():
        if path != subject.found.file:
            continue
        field = _routed_field(subject, path, condition.place.scope, condition.subject, condition.value)
        if field:
            branches.setdefault(field, []).append(condition.line)
    for field, lines in branches.items():
        if len(lines) >= _MOST_BRANCHES:
            yield Located(
                kind="router",
                file=subject.found.file,
                line=min(lines),
                what=field,
                confidence="medium",
                number=float(len(lines)),
            )
    for path, site, _ in subject.calls():
        origin = subject.origin(path, site)
        for pattern, name in _FRAMEWORKS:
            if pattern.match(origin):
                yield fact("web-framework", path, site.line, name)
    yield from _event_sources(subject)


def _routed_field(subject: Subject, path: str, scope: int, compared: Value, asked: Value) -> str:
    """The event's field that a branch compares with a constant, "" for any other question."""
    if compared.line:
        return _field(subject, path, scope, compared)
    if asked.kind is Kind.OPERATION and asked.text in {"==", "===", "in"}:
        parts = asked.arguments
        if any(part.kind is Kind.STRING for part in parts) or (
            asked.text == "in" and len(parts) > 1 and parts[1].kind is Kind.LIST
        ):
            return next(filter(None, (_field(subject, path, scope, part) for part in parts)), "")
    return ""


def _field(subject: Subject, path: str, scope: int, value: Value, depth: int = 0) -> str:
    event = subject.event
    for part in value.walk():
        if part.kind is Kind.SUBSCRIPT and event and mentions(part, event):
            index = part.part("[]")
            if index is not None and index.text in _ROUTED:
                return index.text
        if part.kind is Kind.CALL and method_of(part) == "get" and event and mentions(part.callee, event):
            key = part.argument(0)
            if key is not None and key.text in _ROUTED:
                return key.text
        if (
            part.kind is Kind.NAME
            and event
            and part.text.startswith(f"{event}.")
            and last(part.text) in _ROUTED
        ):
            return last(part.text)
        if part.kind is Kind.NAME and "." not in part.text and depth == 0:
            bound = subject.program.indexes[path].assigned.get((scope, part.text), ())
            found = next(filter(None, (_field(subject, path, scope, item.value, 1) for item in bound)), "")
            if found:
                return found
    return ""


def _event_sources(subject: Subject) -> Iterator[Located]:
    seen: set[str] = set()
    for path, module in subject.modules():
        for literal in module.literals:
            source = _SOURCES.get(literal.text)
            if source and literal.role is Role.COMPARED and source not in seen:
                seen.add(source)
                yield fact("event-source", path, literal.line, source, "medium")


def validation(subject: Subject) -> Iterator[Located]:
    """`input-validated` by a library or by hand, `event-subscript` where fields are taken as if they were
    there.
    """
    for path, site, _ in subject.calls():
        origin = subject.origin(path, site)
        if _VALIDATORS.match(origin):
            yield fact("input-validated", path, site.line, origin)
        elif dotted(site.value.callee) == "isinstance" and site.place.scope == subject.found.number:
            yield fact("input-validated", path, site.line, "isinstance")
    for path, module in subject.modules():
        for name, bases in module.classes:
            if any(_MODELS.match(subject.program.origin(path, -1, _name(base))) for base in bases):
                yield fact("input-validated", path, 1, name)
    yield from _decorators(subject)
    yield from _asked(subject)
    seen: set[str] = set()
    for path, module in subject.modules():
        for access in module.accesses:
            inside = path == subject.found.file and subject.found.number in subject.program.indexes[
                path
            ].chain(access.place.scope)
            if (
                inside
                and subject.event
                and access.base == subject.event
                and not access.place.tries
                and access.key not in seen
            ):
                seen.add(access.key)
                yield fact("event-subscript", path, access.line, access.key, "medium")


def _name(text: str) -> Value:
    return Value(kind=Kind.NAME, text=text, line=1)


def _decorators(subject: Subject) -> Iterator[Located]:
    scope = subject.program.scope(subject.handler)
    for decorator in scope.decorators if scope else ():
        called = decorator.callee if decorator.kind is Kind.CALL else decorator
        origin = subject.program.origin(subject.found.file, -1, called)
        if _VALIDATORS.match(origin) or last(dotted(called)) in {"event_parser", "validator", "event_source"}:
            yield fact("input-validated", subject.found.file, decorator.line, last(dotted(called)))


def _asked(subject: Subject) -> Iterator[Located]:
    """Conditions in the handler that ask whether the event, or something of it, is there or of a type."""
    for path, condition in subject.conditions():
        if path != subject.found.file or condition.place.scope != subject.found.number:
            continue
        names = {subject.event, *_event_aliases(subject)}
        if any(mentions(condition.value, name) for name in names if name) and _asks(condition.value):
            yield fact("input-validated", path, condition.line, "condition", "medium")


def _asks(value: Value) -> bool:
    """Whether a condition tests presence, type or size; comparing a field with a constant is routing."""
    for part in value.walk():
        if part.kind is Kind.OPERATION and part.text in _TESTS:
            return True
        if part.kind is Kind.NONE or (part.kind is Kind.CALL and method_of(part) in _TEST_CALLS):
            return True
        if part.kind in {Kind.NAME, Kind.MEMBER} and last(part.text) == "length":
            return True
    return False


def _event_aliases(subject: Subject) -> set[str]:
    index = subject.program.indexes[subject.found.file]
    return {
        found.target
        for found in index.module.assignments
        if found.place.scope == subject.found.number
        and subject.event
        and mentions(found.value, subject.event)
    }


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
        labels = {label for part in site.value.walk() for label, _ in part.parts}
        if labels & _CONDITIONAL:
            yield fact("conditional-write", path, site.line, method_of(site.value))
        if labels & _TOKENS:
            yield fact("idempotency-token", path, site.line, method_of(site.value))
        for service, action in subject.operations(path, site):
            if action.startswith(_WRITING) or (service, action) in _ALSO_WRITING:
                yield fact("write", path, site.line, f"{service}:{action}", "medium")
    yield from _idempotent_decorators(subject)


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
