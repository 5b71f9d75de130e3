"""How the code treats its event: batches, routing, validation, idempotency."""

import re
from collections.abc import Iterator

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
            if subject.when(path, loop.place) not in {When.HANDLER, When.HELPER} or not over_records(
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


def over_records(over: Value) -> bool:
    """Whether a loop goes over the records of a batch."""
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
