"""Calls of other functions, and awareness of the time that is left."""

from collections.abc import Iterator

from auditor.code.bound import entry, open_ended
from auditor.code.detect_network import calls_out
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import NOTHING, Kind, Site, Value, dotted, last, method_of
from auditor.model import Located

_REMAINING = frozenset({"get_remaining_time_in_millis", "getRemainingTimeInMillis"})
_OWN_NAMES = frozenset({"function_name", "functionName", "invoked_function_arn", "invokedFunctionArn"})
_CONTEXTS = frozenset({"context", "ctx", "_context", "lambda_context", "lambdaContext"})
_OWN_VARIABLE = "AWS_LAMBDA_FUNCTION_NAME"


def invocations(subject: Subject) -> Iterator[Located]:
    """`sync-invoke`, `async-invoke`, `self-invoke`: calls of other functions from an invocation."""
    for path, site, when in subject.calls():
        if when is When.LOADING or ("lambda", "InvokeFunction") not in subject.operations(path, site):
            continue
        given = entry(subject.program, path, site, "InvocationType")
        kind = _kind(subject, path, site, given)
        confidence = "low" if kind == "invoke-of-unknown-type" else "high"
        yield fact(kind, path, site.line, method_of(site.value), confidence)
        name = entry(subject.program, path, site, "FunctionName")
        if name is not None and _own_name(subject, path, site, name):
            yield fact("self-invoke", path, site.line, method_of(site.value))


def _kind(subject: Subject, path: str, site: Site, given: Value | None) -> str:
    """How a function is invoked. Version 2 of the JavaScript SDK and boto3 wait unless told otherwise."""
    if "async" in method_of(site.value).lower():
        return "async-invoke"
    if given is None:
        return "invoke-of-unknown-type" if open_ended(subject.program, path, site) else "sync-invoke"
    mode = last(subject.program.constant(path, site.place.scope, given) or dotted(given))
    if mode in {"Event", "DryRun"}:
        return "async-invoke"
    return "sync-invoke" if mode == "RequestResponse" else "invoke-of-unknown-type"


def _own_name(subject: Subject, path: str, site: Site, value: Value) -> bool:
    parts = list(value.walk())
    if value.kind is Kind.NAME:
        index = subject.program.indexes[path]
        for number in index.chain(site.place.scope):
            for assignment in index.assigned.get((number, value.text), ()):
                parts += assignment.value.walk()
    texts = [part.text for part in parts if part.kind in {Kind.NAME, Kind.MEMBER, Kind.STRING}]
    contexts = _CONTEXTS | {subject.context}
    return any(
        last(text) == _OWN_VARIABLE
        or (last(text) in _OWN_NAMES and last(text.rpartition(".")[0]) in contexts - {""})
        for text in texts
    )


def time_left(subject: Subject) -> Iterator[Located]:
    """`remaining-time` where it is asked, `batch-loop` where an invocation loops over records or pages and
    calls out.
    """
    for path, site, _ in subject.calls():
        if method_of(site.value) in _REMAINING:
            yield fact("remaining-time", path, site.line, method_of(site.value))
    for path, module in subject.modules():
        for loop in module.loops:
            if subject.when(path, loop.place) not in {When.HANDLER, When.HELPER}:
                continue
            inside = [
                site
                for site in module.calls
                if site.place.loop == loop.number and site.place.scope == loop.place.scope
            ]
            what = _looped(loop.over)
            # A loop with a condition may be anything: only operations inside make it work on a batch.
            out = any(
                subject.operations(path, site) or (what != "condition" and calls_out(subject, path, site))
                for site in inside
            )
            if out and what:
                yield fact("batch-loop", path, loop.line, what, "medium")


def _looped(over: Value) -> str:
    """What a loop goes over, where that is known to grow: records, pages, results of a listing."""
    for part in over.walk():
        if part.kind is Kind.STRING and part.text in {"Records", "records", "Items", "Contents", "messages"}:
            return part.text
        if part.kind in {Kind.NAME, Kind.MEMBER} and last(part.text) in {
            "Records",
            "records",
            "paginate",
            "Contents",
            "Items",
        }:
            return last(part.text)
    return "condition" if over is NOTHING else ""
