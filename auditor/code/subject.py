"""What every detector asks: the program, its handler, and which code runs when."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from auditor.code.event_flow import derived, holders
from auditor.code.handlers import Found
from auditor.code.program import Program, Target
from auditor.code.reach import reach
from auditor.code.reading import Deadline, OutOfTimeError
from auditor.code.sdk import operations
from auditor.code.syntax import MODULE_SCOPE, Condition, Kind, Module, Place, Scope, Site, Value, dotted, last
from auditor.code.words import words
from auditor.model import Located

_CACHES = words(
    "lru_cache cache cached cachedmethod cached_property singleton memoize memoized memo alru_cache "
    "ttl_cache timed_lru_cache once"
)
_ROUTES = words(
    "get post put delete patch head options route resolver on_event middleware exception_handler "
    "errorhandler not_found task subscribe default_route before_request after_request schedule on_s3_event "
    "on_sqs_message on_sns_message lambda_function add handler message_handler data_source api_route "
    "websocket tool action command listens_to create update poll_create poll_update poll_delete"
)
_EVENT_NAMES = frozenset({"event", "evt", "_event", "lambda_event", "events"})
_LINKERS = frozenset({"__webpack_require__", "__commonJS", "__commonJSMin"})
_CHECK_EVERY = 512
_NAME = re.compile(r"[\w.$@:/()\[\], -]{0,120}")
_NODE_PACKAGE = re.compile(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/]+)/package\.json$")
_SITE = re.compile(r"^python/(?:lib/python3\.\d+/site-packages/)?")


class When(Enum):
    """When code runs: in the handler itself, in what it calls, or while the module loads."""

    HANDLER = "handler"
    HELPER = "helper"
    LOADING = "module"


class Given(NamedTuple):
    """What is known beside the source: runtime, public settings, members of the package, the end of its time.

    `bundled` is whether third-party code stands in the same file as the own.
    """

    runtime: str
    settings: Mapping[str, str]
    members: frozenset[str]
    bundled: bool
    deadline: Deadline


class Subject:
    """A package's own program as its handler sees it. Detectors read; nothing here changes.

    `event` and `context` are the names of the handler's parameters, "" where there is no such.
    """

    def __init__(self, program: Program, found: Found, given: "Given") -> None:
        self.program = program
        self.found = found
        self.runtime = given.runtime
        self.settings = given.settings
        self.members = given.members
        self.bundled = given.bundled
        self._deadline = given.deadline
        # By identity of the site: sites live as long as the program does.
        self._origins: dict[int, str] = {}
        self._read: dict[tuple[str, int, frozenset[str]], frozenset[str]] = {}
        self._operations: dict[int, tuple[tuple[str, str], ...]] = {}
        self.handler: Target = (found.file, found.number)
        scope = program.scope(self.handler)
        parameters = scope.parameters if scope else ()
        parameters = parameters[1:] if parameters[:1] in {("self",), ("cls",)} else parameters
        self.event = parameters[0] if parameters else ""
        self.context = parameters[1] if len(parameters) > 1 else ""

    @property
    def language(self) -> str:
        """`python` or `javascript`."""
        return self.program.modules[self.found.file].language

    @cached_property
    def node_packages(self) -> frozenset[str]:
        """Packages in `node_modules` of the package."""
        found = (_NODE_PACKAGE.search(name) for name in self.members)
        return frozenset(match[1] for match in found if match)

    @cached_property
    def python_tops(self) -> frozenset[str]:
        """Top-level modules that the package holds."""
        inside = (_SITE.sub("", name, count=1) for name in self.members)
        return frozenset(re.split(r"[/.]", name, maxsplit=1)[0] for name in inside)

    @cached_property
    def loaded(self) -> tuple[str, ...]:
        """Own files that the handler's file imports, directly or not, itself first."""
        order: dict[str, None] = {}
        waiting = [self.found.file]
        while waiting:
            path = waiting.pop(0)
            if path in order or path not in self.program.modules:
                continue
            order[path] = None
            for entry in self.program.modules[path].imports:
                waiting += self.program.imported_paths(path, entry)
        return tuple(order)

    @cached_property
    def reached(self) -> frozenset[Target]:
        """Own functions that an invocation may run."""
        if self.found.number == MODULE_SCOPE or self._is_linked_when_run:
            return frozenset(
                (path, scope.number)
                for path, module in self._modules()
                for scope in module.scopes
                if not self._is_helper(path, scope)
            )
        starts = [self.handler, *self._registered(), *self._around()]
        return frozenset(target for target in reach(self.program, starts) if target[1] != MODULE_SCOPE)

    def _is_helper(self, path: str, scope: Scope) -> bool:
        """Whether a function is one of those that bundlers put in front: `__commonJS`, `__esm`."""
        index = self.program.indexes[path]
        names = (index.scopes[number].name for number in index.chain(scope.number) if number in index.scopes)
        return self._is_linked_when_run and any(name.startswith("__") for name in names)

    @property
    def _is_linked_when_run(self) -> bool:
        """Whether a bundler's own `require` links the parts of the file, so that calls cannot be followed."""
        return bool(_LINKERS & self.program.modules[self.found.file].used)

    def _around(self) -> Iterator[Target]:
        """Own functions that are called around the handler: `handler = logged(run)`."""
        for name in self.found.wraps:
            value = Value(kind=Kind.NAME, text=name, line=self.found.line)
            target = self.program.target(self.found.file, MODULE_SCOPE, value)
            scope = self.program.scope(target) if target else None
            # A constructor makes an object while loading; it is not called around anything.
            if target is not None and scope is not None and not scope.owner:
                yield target

    def _registered(self) -> Iterator[Target]:
        """Functions that decorators of a framework's object register (`@app.get("/x")`)."""
        for path, module in self._modules():
            for scope in module.scopes:
                if any(self._route(path, value) for value in scope.decorators):
                    yield path, scope.number
            for site in module.calls:
                if site.place.scope == MODULE_SCOPE and last(dotted(site.value.callee)) in _ROUTES:
                    targets = (
                        self.program.target(path, MODULE_SCOPE, value) for value in site.value.arguments
                    )
                    yield from (target for target in targets if target)

    def _route(self, path: str, decorator: Value) -> bool:
        name = dotted(decorator) or dotted(decorator.callee)
        head, _, rest = name.partition(".")
        if not rest or last(name) not in _ROUTES:
            return False
        return (MODULE_SCOPE, head) in self.program.indexes[path].assigned or head in self.program.indexes[
            path
        ].imported

    @cached_property
    def loading(self) -> frozenset[Target]:
        """Own functions that run while modules load."""
        return reach(self.program, [(path, MODULE_SCOPE) for path in self.loaded], guess=False)

    def _modules(self) -> Iterator[tuple[str, Module]]:
        return ((path, self.program.modules[path]) for path in self.loaded)

    def modules(self) -> Iterator[tuple[str, Module]]:
        """Loaded own files with their facts."""
        return self._modules()

    def when(self, path: str, place: Place) -> When | None:
        """When the code at a place runs; None where neither the handler nor loading comes to it."""
        if place.scope == MODULE_SCOPE:
            return When.LOADING
        if self.found.number != MODULE_SCOPE and path == self.found.file:
            chain = self.program.indexes[path].chain(place.scope)
            if self.found.number in chain:
                return When.HANDLER
        inside = (path, place.scope)
        # Behind a foreign handler every function counts as run; those that run while loading do so at least.
        if inside in self.reached and not (self.found.number == MODULE_SCOPE and inside in self.loading):
            return When.HELPER
        return When.LOADING if inside in self.loading else None

    def calls(self) -> Iterator[tuple[str, Site, When]]:
        """All calls of code that runs. Raises `OutOfTimeError` once the deadline has passed."""
        for number, found in enumerate(self._running):
            if number % _CHECK_EVERY == 0 and self._deadline():
                raise OutOfTimeError("no time left")
            yield found

    @cached_property
    def _running(self) -> tuple[tuple[str, Site, When], ...]:
        placed = (
            (path, site, self.when(path, site.place))
            for path, module in self._modules()
            for site in module.calls
        )
        return tuple((path, site, when) for path, site, when in placed if when is not None)

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """All questions that code of an invocation asks."""
        for path, module in self._modules():
            for condition in module.conditions:
                if self.when(path, condition.place) in {When.HANDLER, When.HELPER}:
                    yield path, condition

    def origin(self, path: str, site: Site) -> str:
        """Where what a site calls comes from."""
        known = self._origins.get(id(site))
        if known is None:
            known = self._origins[id(site)] = self.program.origin(path, site.place.scope, site.value.callee)
        return known

    def operations(self, path: str, site: Site) -> tuple[tuple[str, str], ...]:
        """The (IAM prefix, IAM action) pairs that a site means."""
        known = self._operations.get(id(site))
        if known is None:
            known = self._operations[id(site)] = operations(self.program, path, site)
        return known

    def cached(self, path: str, place: Place) -> bool:
        """Whether code runs once for many invocations: in a cached function, or behind `if x is None`."""
        if place.guarded:
            return True
        index = self.program.indexes[path]
        scopes = (index.scopes[number] for number in index.chain(place.scope) if number in index.scopes)
        return any(memoised(scope) for scope in scopes)

    @cached_property
    def _event_holders(self) -> Mapping[Target, frozenset[str]]:
        starts = {self.handler: self.event}
        for path, number in self._around_functions():
            scope = self.program.indexes[path].scopes[number]
            first = scope.parameters[0] if scope.parameters else ""
            starts.setdefault((path, number), first if first.lower() in _EVENT_NAMES else "")
        return holders(self.program, starts)

    def _around_functions(self) -> Iterator[Target]:
        """Functions inside those that are put around the handler: `def inner(event, context)`."""
        scope = self.program.scope(self.handler)
        decorators = scope.decorators if scope else ()
        called = (value.callee if value.kind is Kind.CALL else value for value in decorators)
        targets = (self.program.target(self.found.file, MODULE_SCOPE, value) for value in called)
        for target in (*(found for found in targets if found), *self._around()):
            yield from (
                (target[0], inner.number)
                for inner in self.program.modules[target[0]].scopes
                if target[1] in self.program.indexes[target[0]].chain(inner.parent)
            )

    def event_names(self, path: str, scope: int) -> frozenset[str]:
        """Names that hold the whole event in a function: the handler's, and those that it is passed on to."""
        found = (
            self._event_holders.get((path, number), frozenset())
            for number in self.program.indexes[path].chain(scope)
        )
        return frozenset[str]().union(*found)

    def read_from(self, path: str, scope: int, names: frozenset[str]) -> frozenset[str]:
        """Names in a function, with those that stand for a part of what they hold."""
        key = path, scope, names
        if key not in self._read:
            self._read[key] = names | derived(self.program, path, scope, names)
        return self._read[key]

    def is_event(self, path: str, scope: int, value: Value) -> bool:
        """Whether an expression is the whole event."""
        return value.kind is Kind.NAME and value.text in self.event_names(path, scope)


def memoised(scope: Scope) -> bool:
    """Whether decorators make a function keep its result."""
    names = (last(dotted(value) or dotted(value.callee)) for value in scope.decorators)
    return any(name in _CACHES for name in names)


def fact(kind: str, path: str, line: int, what: str = "", confidence: str = "high") -> Located:
    """A located fact. A `what` that is no name (a key or path with other characters) is left out."""
    named = what if _NAME.fullmatch(what) else ""
    return Located(kind=kind, file=path, line=line, what=named, confidence=confidence)
