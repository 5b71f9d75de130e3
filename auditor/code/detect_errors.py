"""What the code does with errors: handles them, swallows them, or answers with a status code."""

from collections import Counter
from collections.abc import Iterator

from auditor.code.detect_events import over_records
from auditor.code.statuses import statuses
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import NOTHING, Clause, Kind, Module, Value, dotted, last, method_of
from auditor.code.words import words
from auditor.model import Located

_BROAD = frozenset({"Exception", "BaseException", "error", "?"})
_QUIET = frozenset({"pass", "continue", "break", "return"})
_LOGGING = words(
    "debug info warning warn error exception critical log print fatal trace captureexception "
    "capture_exception notice_error noticeerror recordexception record_exception write print_exc"
)
_FAILURE_STATUS = 400
_PLAIN_ANSWERS = frozenset(
    {Kind.DICT, Kind.STRING, Kind.NUMBER, Kind.BOOL, Kind.NONE, Kind.LIST, Kind.TEMPLATE, Kind.OTHER}
)
_FORMING = words("str repr format dumps stringify type join format_exc tostring time now")
_READERS = words(
    "JSON.parse JSON.stringify parseInt parseFloat Number URL decodeURIComponent atob BigInt Buffer.from "
    "json.loads int float Decimal UUID"
)
_MIDDLEWARE = frozenset(
    {"httpErrorHandler", "@middy/http-error-handler", "exception_handler", "errorhandler", "errorHandler"}
)


def handling(subject: Subject) -> Iterator[Located]:
    """`handled`, `swallowed`, `bare-except`, `broad-except`, `catch-all-success`, `catch-all-status`, `error-
    middleware`.
    """
    weights = _Weights(subject)
    for path, module in subject.modules():
        for clause in module.clauses:
            when = subject.when(path, clause.place)
            if when in {When.HANDLER, When.HELPER}:
                yield from _of_clause(subject, path, clause, when, weights)
    yield from _promises(subject)
    yield from _middleware(subject)


def _of_clause(
    subject: Subject, path: str, clause: Clause, when: When, weights: "_Weights"
) -> Iterator[Located]:
    module = subject.program.modules[path]
    inside = _Inside(module, clause)
    what = ", ".join(clause.types) or "everything"
    broad = not clause.types or any(last(name) in _BROAD for name in clause.types)
    if broad and module.language == "python":
        yield fact("broad-except" if clause.types else "bare-except", path, clause.line, what)
    quiet = all(step in _QUIET for step in clause.does)
    if not quiet or inside.acts:
        yield fact("handled", path, clause.line, what)
    elif broad and _only_reads(module, clause):
        yield fact("ignored-error", path, clause.line, what, "medium")
    elif broad:
        direct = when is When.HANDLER
        kind = "swallowed-in-handler" if direct else "swallowed"
        yield fact(kind, path, clause.line, what, "high" if direct else "medium")
    else:
        yield fact("ignored-error", path, clause.line, what, "medium")
    if broad and not quiet and when is When.HANDLER and _covers(subject, path, clause, weights):
        yield from _answer(subject, path, clause, inside)
    elif broad and not quiet and _of_record(module, clause) and inside.says_nothing:
        yield fact("catch-all-success", path, clause.line, what, "medium")


def _only_reads(module: Module, clause: Clause) -> bool:
    """Whether a `try` holds nothing but the reading of a text: a missing value tells that it failed.

    JavaScript has no other way to ask whether a text is JSON.
    """
    tried = [site.value for site in module.calls if clause.attempt in site.place.tries]
    return bool(tried) and all(
        dotted(call.callee) in _READERS or call.callee.text in _READERS for call in tried
    )


def _of_record(module: Module, clause: Clause) -> bool:
    """Whether an error of one record of a batch is caught, so that the next one has its turn."""
    loop = module.loops[clause.place.loop] if clause.place.loop >= 0 else None
    return loop is not None and loop.place.scope == clause.place.scope and over_records(loop.over)


def _covers(subject: Subject, path: str, clause: Clause, weights: "_Weights") -> bool:
    """Whether a `try` holds most of what the handler does; one around a detail says nothing of the answer."""
    if clause.place.scope != subject.found.number or clause.place.loop >= 0 or clause.place.conditional:
        return False
    return 2 * weights.tried[path, clause.attempt] >= weights.made[path]


class _Weights:
    """How many calls the handler makes outside of clauses, by file, and inside each `try`."""

    def __init__(self, subject: Subject) -> None:
        self.made: Counter[str] = Counter()
        self.tried: Counter[tuple[str, int]] = Counter()
        for path, site, when in subject.calls():
            if when is When.HANDLER and not site.place.clauses:
                self.made[path] += 1
                self.tried.update((path, attempt) for attempt in site.place.tries)


def _answer(subject: Subject, path: str, clause: Clause, inside: "_Inside") -> Iterator[Located]:
    """What a handler's catch-all answers: success for a queue is loss, a 500 for a client is right."""
    what = ", ".join(clause.types) or "everything"
    codes = [code for site in inside.returns for code in statuses(subject.program, path, site)]
    if codes and max(codes) >= _FAILURE_STATUS:
        yield fact("catch-all-status", path, clause.line, what)
    elif codes or inside.says_nothing:
        yield fact("catch-all-success", path, clause.line, what, "medium")


class _Inside:
    """What stands in the body of a clause, nested statements included."""

    def __init__(self, module: Module, clause: Clause) -> None:
        self.calls = [site for site in module.calls if clause.number in site.place.clauses]
        self.returns = [site for site in module.returns if clause.number in site.place.clauses]
        self.raises = [site for site in module.raises if clause.number in site.place.clauses]
        self.assigns = [found for found in module.assignments if clause.number in found.place.clauses]
        self.alias = clause.alias

    @property
    def acts(self) -> bool:
        """Whether anything is done with the error: a call, a value kept, another error raised."""
        return bool(self.calls or self.raises or self.assigns)

    @property
    def says_nothing(self) -> bool:
        """Whether the error ends here for sure: it is logged at most, and nothing that is returned carries
        it.
        """
        if self.raises or self.assigns or not all(_only_tells(site.value) for site in self.calls):
            return False
        return all(self._is_success(site.value) for site in self.returns)

    def _is_success(self, value: Value) -> bool:
        """Whether an answer says nothing of the error; returning the error itself is a success too."""
        if value.kind is Kind.NAME:
            return value.text == self.alias
        return value.kind in _PLAIN_ANSWERS and not _carries(value)


def _only_tells(call: Value) -> bool:
    """Whether a call writes the error to a log, or forms the text for that; any other may pass it on or mend
    it.
    """
    name = (dotted(call.callee) or call.callee.text).lower()
    if name.startswith(("callback", "context.")):
        return False
    return last(name) in _LOGGING or last(name) in _FORMING or name.startswith(("traceback.", "logging."))


def _carries(value: Value) -> bool:
    """Whether an answer tells of a failure: failed items of a batch, an error, a failed status."""
    labels = {label.lower() for part in value.walk() for label, _ in part.parts}
    texts = {part.text.lower() for part in value.walk() if part.kind is Kind.STRING}
    return bool(labels & {"batchitemfailures", "error", "errors", "errormessage"}) or any(
        text in {"failed", "failure", "error"} for text in texts
    )


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
