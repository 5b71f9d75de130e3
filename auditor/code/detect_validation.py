"""Whether the input is checked before it is used."""

import re
from collections.abc import Iterator

from auditor.code.subject import Subject, fact
from auditor.code.syntax import Kind, Site, Value, dotted, last, mentioned, method_of
from auditor.model import Located

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
_TESTS = frozenset({"not", "not_operator", "!", "not in", "typeof", "instanceof"})
_SIZES = frozenset({"<", ">", "<=", ">="})
_TEST_CALLS = frozenset(
    {"isinstance", "len", "all", "any", "hasOwnProperty", "hasOwn", "isArray", "match", "isdigit"}
)


def validation(subject: Subject) -> Iterator[Located]:
    """`input-validated` by a library or by hand, `event-subscript` where fields are taken as if they were
    there.
    """
    for path, site, _ in subject.calls():
        origin = subject.origin(path, site)
        if _VALIDATORS.match(origin):
            yield fact("input-validated", path, site.line, origin)
        elif dotted(site.value.callee) == "isinstance" and _of_event(subject, path, site):
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


def _of_event(subject: Subject, path: str, site: Site) -> bool:
    asked = site.value.argument(0)
    names = _named(subject, path, site.place.scope)
    return asked is not None and not names.isdisjoint(mentioned(asked))


def _named(subject: Subject, path: str, scope: int) -> frozenset[str]:
    """Names that hold the event, or what was read from it, in one function."""
    names = subject.event_names(path, scope)
    return subject.read_from(path, scope, names) if names else names


def _asked(subject: Subject) -> Iterator[Located]:
    """Conditions that ask whether the event, or something of it, is there or of a type."""
    for path, condition in subject.conditions():
        names = _named(subject, path, condition.place.scope)
        if names and _asks(condition.value, names):
            yield fact("input-validated", path, condition.line, "condition", "medium")


def _asks(value: Value, names: frozenset[str]) -> bool:
    """Whether a condition tests presence, type or size; comparing a field with a constant is routing."""
    if names.isdisjoint(mentioned(value)):
        return False
    for part in value.walk():
        if names.isdisjoint(mentioned(part)):
            continue
        if part.kind is Kind.OPERATION:
            if _tests(part, names):
                return True
        elif (part.kind is Kind.CALL and method_of(part) in _TEST_CALLS) or (
            part.kind in {Kind.NAME, Kind.MEMBER} and last(part.text) == "length"
        ):
            return True
    return False


def _tests(operation: Value, names: frozenset[str]) -> bool:
    """Whether an operation asks for presence, type or size: `"id" in event`, `!event.id`, `count > 10`."""
    sides = operation.arguments
    if operation.text in _TESTS or any(side.kind is Kind.NONE for side in sides):
        return True
    if operation.text in _SIZES:
        return any(side.kind is Kind.NUMBER for side in sides)
    return operation.text == "in" and not names.isdisjoint(mentioned(sides[-1]))
