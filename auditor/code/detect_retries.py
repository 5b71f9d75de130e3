"""Retries of the code's own: their pauses, and the libraries that pause for it."""

import re
from collections.abc import Iterator

from auditor.code.seconds import At, with_seconds
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import Kind, Site
from auditor.model import Located

_RETRY_LIBRARIES = re.compile(
    r"^(?:tenacity\.\w+|backoff\.on_\w+|retrying\.retry|retry(?:\.api)?\.retry\w*|stamina\.\w+|async-retry|"
    r"p-retry|promise-retry|axios-retry"
    r"|exponential-backoff\.backOff|cockatiel\.\w+|urllib3\.(?:util\.(?:retry\.)?)?Retry|"
    r"requests\.adapters\.Retry|opossum|pybreaker\.\w+|circuitbreaker\.\w+)$"
)
_SLEEPS = frozenset(
    {
        "time.sleep",
        "asyncio.sleep",
        "setTimeout",
        "timers/promises.setTimeout",
        "node:timers/promises.setTimeout",
        "sleep",
        "delay",
        "wait",
    }
)
_RANDOM = re.compile(
    r"(?:^|\.)(?:random|uniform|randint|randrange|jitter\w*|expovariate|randomInt|full_jitter|SystemRandom)\b",
    re.IGNORECASE,
)


def retries(subject: Subject) -> Iterator[Located]:
    """`sleep` (seconds), `retry-without-jitter`, `retry-with-jitter`, `retry-library`."""
    for path, site, when in subject.calls():
        origin = subject.origin(path, site)
        if _RETRY_LIBRARIES.match(origin):
            yield fact("retry-library", path, site.line, origin)
        if when is When.LOADING or not _sleeps(subject, path, site, origin):
            continue
        pause = site.value.argument(1 if origin == "setTimeout" else 0)
        unit = 0.001 if subject.language == "javascript" else 1.0
        at = At(subject.program, path, site.place.scope)
        yield with_seconds(at, fact("sleep", path, site.line, origin), pause, unit)
        if site.place.loop >= 0 and _retries(subject, path, site):
            jitter = _jitters(subject, path, site)
            yield fact(
                "retry-with-jitter" if jitter else "retry-without-jitter", path, site.line, origin, "medium"
            )
    for path, module in subject.modules():
        for scope in module.scopes:
            for decorator in scope.decorators:
                origin = subject.program.origin(
                    path, scope.parent, decorator.callee if decorator.kind is Kind.CALL else decorator
                )
                if _RETRY_LIBRARIES.match(origin):
                    yield fact("retry-library", path, scope.line, origin)


def _sleeps(subject: Subject, path: str, site: Site, origin: str) -> bool:
    if origin in _SLEEPS:
        return True
    target = subject.program.target(path, site.place.scope, site.value.callee)
    scope = subject.program.scope(target) if target else None
    return scope is not None and scope.name.lower() in {"sleep", "delay", "wait"}


def _retries(subject: Subject, path: str, site: Site) -> bool:
    """Whether a pause in a loop follows a failure: it stands in a `catch`, or beside a `try` of the same
    loop.
    """
    if site.place.clauses:
        return True
    module = subject.program.modules[path]
    return any(
        clause.place.loop == site.place.loop and clause.place.scope == site.place.scope
        for clause in module.clauses
    )


def _jitters(subject: Subject, path: str, site: Site) -> bool:
    module = subject.program.modules[path]
    texts = [part.text for part in site.value.walk() if part.kind in {Kind.NAME, Kind.MEMBER}]
    for assignment in module.assignments:
        if assignment.place.scope == site.place.scope and assignment.target in texts:
            texts += [part.text for part in assignment.value.walk() if part.kind in {Kind.NAME, Kind.MEMBER}]
    return any(_RANDOM.search(text) for text in texts)
