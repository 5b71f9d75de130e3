"""Network calls: timeouts, retries and their pauses, calls of other functions, awareness of the time that is
left.
"""

import re
from collections.abc import Iterator

import msgspec

from auditor.code.sdk import client_of
from auditor.code.subject import Subject, When, fact
from auditor.code.syntax import NOTHING, Kind, Site, Value, method_of, receiver_of
from auditor.model import Located

_VERBS = "get|post|put|patch|delete|head|options|request|send"
# Calls that wait for ever unless told otherwise, with the argument that tells.
# https://requests.readthedocs.io/en/latest/user/quickstart/#timeouts
_NO_DEFAULT = (
    (re.compile(rf"^requests\.(?:{_VERBS})$"), "timeout", -1),
    (re.compile(rf"^requests\.(?:sessions\.)?[Ss]ession\(\)\.(?:{_VERBS})$"), "timeout", -1),
    (re.compile(r"^urllib\.request\.urlopen$"), "timeout", 2),
    (re.compile(r"^urllib2\.urlopen$"), "timeout", 2),
    (re.compile(r"^urllib3\.(?:PoolManager|ProxyManager|HTTPSConnectionPool|"
                r"HTTPConnectionPool)\(\)\.(?:request|urlopen)$"), "timeout", -1),
    (re.compile(r"^http\.client\.HTTPS?Connection$"), "timeout", 2),
    (re.compile(r"^(?:smtplib\.SMTP(?:_SSL)?|ftplib\.FTP)$"), "timeout", -1),
    (re.compile(r"^socket\.create_connection$"), "timeout", 1),
)  # fmt: skip
# httpx waits 5 s by default, aiohttp 5 min: https://www.python-httpx.org/advanced/timeouts/
_DEFAULTED = re.compile(
    rf"^(?:httpx\.(?:(?:Async)?Client\(\)\.)?(?:{_VERBS}|stream)|aiohttp\.ClientSession\(\)\.(?:{_VERBS}))$"
)
_POOL_TIMEOUTS = re.compile(r"^urllib3\.(?:PoolManager|ProxyManager)$")
_JS_FETCH = re.compile(
    r"^(?:fetch|globalThis\.fetch|node-fetch(?:\.default)?|cross-fetch(?:\.\w+)?|undici\.(?:fetch|request)|"
    r"isomorphic-fetch)$"
)
_JS_CLIENTS = re.compile(
    rf"^(?:axios(?:\.default)?(?:\.create\(\))?(?:\.(?:{_VERBS}))?|got(?:\.extend\(\))?(?:\.(?:{_VERBS}))?|"
    rf"superagent\.(?:{_VERBS})|needle(?:\.\w+)?|request(?:\.\w+)?|request-promise(?:-native)?(?:\.\w+)?)$"
)
_JS_NODE = re.compile(r"^(?:node:)?https?\.(?:request|get)$")
_TIMEOUT_KEYS = frozenset(
    {
        "timeout",
        "signal",
        "timeoutMs",
        "connectTimeout",
        "headersTimeout",
        "bodyTimeout",
        "response_timeout",
        "deadline",
    }
)
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


def timeouts(subject: Subject) -> Iterator[Located]:
    """`http-timeout` (seconds), `http-no-timeout`, `http-default-timeout`, `http-timeout-unknown`."""
    pooled = _pools_with_timeouts(subject)
    for path, site, _ in subject.calls():
        origin = subject.origin(path, site)
        python = next(
            ((name, position) for pattern, name, position in _NO_DEFAULT if pattern.match(origin)), None
        )
        if python:
            yield _python_timeout(path, site, origin, python, pooled=pooled)
        elif _DEFAULTED.match(origin):
            given = site.value.part("timeout")
            kind = "http-default-timeout" if given is None else "http-timeout"
            yield _with_seconds(fact(kind, path, site.line, origin), given)
        elif subject.language == "javascript":
            yield from _javascript_timeout(subject, path, site, origin)


def _pools_with_timeouts(subject: Subject) -> bool:
    sites = (site for path, site, _ in subject.calls() if _POOL_TIMEOUTS.match(subject.origin(path, site)))
    return any(site.value.part("timeout") is not None for site in sites)


def _python_timeout(path: str, site: Site, origin: str, rule: tuple[str, int], *, pooled: bool) -> Located:
    name, position = rule
    positional = site.value.arguments
    given = site.value.part(name) or (positional[position] if 0 <= position < len(positional) else None)
    if given is None and site.value.spreads:
        return fact("http-timeout-unknown", path, site.line, origin, "low")
    if given is not None and given.kind is not Kind.NONE:
        return _with_seconds(fact("http-timeout", path, site.line, origin), given)
    if pooled and given is None and origin.startswith("urllib3."):
        return fact("http-timeout", path, site.line, origin, "medium")
    return fact("http-no-timeout", path, site.line, origin)


def _with_seconds(found: Located, given: Value | None, unit: float = 1.0) -> Located:
    """A fact with the largest number of an expression; `unit` is seconds in one of its units."""
    numbers = [
        float(part.text)
        for part in (given.walk() if given else ())
        if part.kind is Kind.NUMBER and _plain(part.text)
    ]
    return msgspec.structs.replace(found, number=max(numbers) * unit if numbers else None)


def _plain(text: str) -> bool:
    return bool(re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", text))


def _javascript_timeout(subject: Subject, path: str, site: Site, origin: str) -> Iterator[Located]:
    call = site.value
    known = _JS_CLIENTS.match(origin) or _JS_NODE.match(origin)
    name = "fetch" if _JS_FETCH.match(origin) else origin if known else ""
    if not name or method_of(call) in {"create", "extend", "all", "isAxiosError", "isCancel", "defaults"}:
        return
    options = [part for argument in call.arguments for part in argument.walk() if part.kind is Kind.DICT]
    given = next((option.part(key) for option in options for key in _TIMEOUT_KEYS if option.part(key)), None)
    # Node.js takes a callback last, so that a name beside written options says nothing.
    written = bool(options) and bool(_JS_NODE.match(origin))
    named = any(argument.kind is Kind.NAME for argument in call.arguments[1:]) and not written
    unknown = named or any(option.spreads for option in options)
    if given is not None:
        yield _with_seconds(fact("http-timeout", path, site.line, name), given, 0.001)
    elif _instance_timeout(subject, path, site):
        yield fact("http-timeout", path, site.line, name, "medium")
    elif unknown:
        yield fact("http-timeout-unknown", path, site.line, name, "low")
    else:
        yield fact("http-no-timeout", path, site.line, name)


def _instance_timeout(subject: Subject, path: str, site: Site) -> bool:
    """Whether timeouts are set for a whole client: `axios.create({timeout})`, `axios.defaults.timeout =`,
    `setTimeout` on it.
    """
    for module in (subject.program.modules[found] for found in subject.loaded):
        for other in module.calls:
            if method_of(other.value) in {"create", "extend"} and any(
                label in _TIMEOUT_KEYS for part in other.value.walk() for label, _ in part.parts
            ):
                return True
        if any(found.target.endswith("defaults.timeout") for found in module.assignments):
            return True
    beside = subject.program.indexes[path].calls_by_scope.get(site.place.scope, ())
    return any(
        method_of(other.value) == "setTimeout" and receiver_of(other.value) is not NOTHING for other in beside
    )


def sdk_settings(subject: Subject) -> Iterator[Located]:
    """`sdk-timeout` (seconds), `sdk-retries` (attempts): what the code sets for AWS SDK clients."""
    for path, site, _ in subject.calls():
        origin = subject.origin(path, site)
        if origin in {"botocore.config.Config", "botocore.client.Config", "aiobotocore.config.AioConfig"}:
            yield from _boto_settings(path, site)
            continue
        made = subject.language == "javascript" and client_of(f"{origin}()") is not None
        if made or origin.endswith("NodeHttpHandler") or origin == "aws-sdk.config.update":
            yield from _node_settings(path, site)


def _boto_settings(path: str, site: Site) -> Iterator[Located]:
    for label in ("read_timeout", "connect_timeout"):
        given = site.value.part(label)
        if given is not None:
            yield _with_seconds(fact("sdk-timeout", path, site.line, label), given)
    if site.value.part("retries") is not None:
        yield _with_seconds(fact("sdk-retries", path, site.line, "retries"), site.value.part("retries"))


def _node_settings(path: str, site: Site) -> Iterator[Located]:
    for part in site.value.walk():
        if part.kind is not Kind.DICT:
            continue
        for label, value in part.parts:
            if label in {"requestTimeout", "connectionTimeout", "socketTimeout", "timeout", "connectTimeout"}:
                yield _with_seconds(fact("sdk-timeout", path, site.line, label), value, 0.001)
            elif label in {"maxAttempts", "maxRetries", "retryMode", "retryStrategy"}:
                yield _with_seconds(fact("sdk-retries", path, site.line, label), value)


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
        yield _with_seconds(fact("sleep", path, site.line, origin), pause, unit)
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


def calls_out(subject: Subject, path: str, site: Site) -> bool:
    """Whether a call waits for another machine, or is of an own function that may."""
    origin = subject.origin(path, site)
    network = (
        any(pattern.match(origin) for pattern, _, _ in _NO_DEFAULT)
        or _DEFAULTED.match(origin)
        or _JS_FETCH.match(origin)
    )
    return bool(
        network
        or _JS_CLIENTS.match(origin)
        or subject.program.target(path, site.place.scope, site.value.callee)
    )
