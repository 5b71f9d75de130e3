"""Timeouts of network calls and of SDK clients."""

import re
from collections.abc import Iterator

from auditor.code.bound import arguments_of, bound
from auditor.code.sdk import client_of
from auditor.code.seconds import At, with_seconds
from auditor.code.subject import Subject, fact
from auditor.code.syntax import NOTHING, Kind, Site, method_of, receiver_of
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
_CLIENTS = re.compile(r"^(?:httpx\.(?:Async)?Client|aiohttp\.ClientSession)$")
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


def timeouts(subject: Subject) -> Iterator[Located]:
    """`http-timeout` (seconds), `http-no-timeout`, `http-default-timeout`, `http-timeout-unknown`."""
    pooled = _pools_with_timeouts(subject)
    endless = _clients_without_end(subject)
    whole = subject.language == "javascript" and _whole_client_timeout(subject)
    for path, site, _ in subject.calls():
        origin = subject.origin(path, site)
        at = At(subject.program, path, site.place.scope)
        python = next(
            ((name, position) for pattern, name, position in _NO_DEFAULT if pattern.match(origin)), None
        )
        if python:
            yield _python_timeout(at, site, origin, python, pooled=pooled)
        elif _DEFAULTED.match(origin):
            given = site.value.part("timeout")
            kind = "http-default-timeout" if given is None else "http-timeout"
            if given.kind is Kind.NONE if given is not None else endless:
                kind = "http-no-timeout"
            yield with_seconds(at, fact(kind, path, site.line, origin), given)
        elif subject.language == "javascript":
            yield from _javascript_timeout(subject, path, site, origin, whole=whole)


def _pools_with_timeouts(subject: Subject) -> bool:
    sites = (site for path, site, _ in subject.calls() if _POOL_TIMEOUTS.match(subject.origin(path, site)))
    return any(site.value.part("timeout") is not None for site in sites)


def _clients_without_end(subject: Subject) -> bool:
    """Whether a client is made that is told to wait for ever: `httpx.Client(timeout=None)`."""
    sites = (site for path, site, _ in subject.calls() if _CLIENTS.match(subject.origin(path, site)))
    given = (site.value.part("timeout") for site in sites)
    return any(value is not None and value.kind is Kind.NONE for value in given)


def _python_timeout(at: At, site: Site, origin: str, rule: tuple[str, int], *, pooled: bool) -> Located:
    name, position = rule
    path = at.path
    positional = site.value.arguments
    given = site.value.part(name) or (positional[position] if 0 <= position < len(positional) else None)
    if given is None and site.value.spreads:
        spread = [
            bound(at.program, path, at.scope, value) for label, value in site.value.parts if label == "**"
        ]
        given = next(filter(None, (value.part(name) for value in spread)), None)
        if given is None and (
            not spread or any(value.kind is not Kind.DICT or value.spreads for value in spread)
        ):
            return fact("http-timeout-unknown", path, site.line, origin, "low")
    if given is not None and given.kind is not Kind.NONE:
        return with_seconds(at, fact("http-timeout", path, site.line, origin), given)
    if pooled and given is None and origin.startswith("urllib3."):
        return fact("http-timeout", path, site.line, origin, "medium")
    return fact("http-no-timeout", path, site.line, origin)


def _javascript_timeout(
    subject: Subject, path: str, site: Site, origin: str, *, whole: bool
) -> Iterator[Located]:
    call = site.value
    known = _JS_CLIENTS.match(origin) or _JS_NODE.match(origin)
    name = "fetch" if _JS_FETCH.match(origin) else origin if known else ""
    if not name or method_of(call) in {"create", "extend", "all", "isAxiosError", "isCancel", "defaults"}:
        return
    at = At(subject.program, path, site.place.scope)
    arguments = list(arguments_of(subject.program, path, site))
    options = [part for argument in arguments for part in argument.walk() if part.kind is Kind.DICT]
    given = next((option.part(key) for option in options for key in _TIMEOUT_KEYS if option.part(key)), None)
    # Node.js takes a callback last, so that a name beside written options says nothing.
    written = bool(options) and bool(_JS_NODE.match(origin))
    named = any(argument.kind is Kind.NAME for argument in arguments[1:]) and not written
    unknown = named or any(option.spreads for option in options)
    if given is not None:
        yield with_seconds(at, fact("http-timeout", path, site.line, name), given, 0.001)
    elif whole or (_JS_NODE.match(origin) and _set_beside(subject, path, site)):
        yield fact("http-timeout", path, site.line, name, "medium")
    elif unknown:
        yield fact("http-timeout-unknown", path, site.line, name, "low")
    else:
        yield fact("http-no-timeout", path, site.line, name)


def _whole_client_timeout(subject: Subject) -> bool:
    """Whether timeouts are set for a whole client: `axios.create({timeout})`, `axios.defaults.timeout =`."""
    for module in (subject.program.modules[found] for found in subject.loaded):
        for other in module.calls:
            if method_of(other.value) in {"create", "extend"} and any(
                label in _TIMEOUT_KEYS for part in other.value.walk() for label, _ in part.parts
            ):
                return True
        if any(found.target.endswith("defaults.timeout") for found in module.assignments):
            return True
    return False


def _set_beside(subject: Subject, path: str, site: Site) -> bool:
    """Whether a timeout is set on a request where it is made: `request.setTimeout(…)`."""
    beside = subject.program.indexes[path].calls_by_scope.get(site.place.scope, ())
    return any(
        method_of(other.value) == "setTimeout" and receiver_of(other.value) is not NOTHING for other in beside
    )


def sdk_settings(subject: Subject) -> Iterator[Located]:
    """`sdk-timeout` (seconds), `sdk-retries` (attempts): what the code sets for AWS SDK clients."""
    for path, site, _ in subject.calls():
        origin = subject.origin(path, site)
        if origin in {"botocore.config.Config", "botocore.client.Config", "aiobotocore.config.AioConfig"}:
            yield from _boto_settings(subject, path, site)
            continue
        made = subject.language == "javascript" and client_of(f"{origin}()") is not None
        if made or origin.endswith("NodeHttpHandler") or origin == "aws-sdk.config.update":
            yield from _node_settings(subject, path, site)


def _boto_settings(subject: Subject, path: str, site: Site) -> Iterator[Located]:
    at = At(subject.program, path, site.place.scope)
    for label in ("read_timeout", "connect_timeout"):
        given = site.value.part(label)
        if given is not None:
            yield with_seconds(at, fact("sdk-timeout", path, site.line, label), given)
    if site.value.part("retries") is not None:
        yield with_seconds(at, fact("sdk-retries", path, site.line, "retries"), site.value.part("retries"))


def _node_settings(subject: Subject, path: str, site: Site) -> Iterator[Located]:
    at = At(subject.program, path, site.place.scope)
    for part in (
        inside for argument in arguments_of(subject.program, path, site) for inside in argument.walk()
    ):
        if part.kind is not Kind.DICT:
            continue
        for label, value in part.parts:
            if label in {"requestTimeout", "connectionTimeout", "socketTimeout", "timeout", "connectTimeout"}:
                yield with_seconds(at, fact("sdk-timeout", path, site.line, label), value, 0.001)
            elif label in {"maxAttempts", "maxRetries", "retryMode", "retryStrategy"}:
                yield with_seconds(at, fact("sdk-retries", path, site.line, label), value)


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
