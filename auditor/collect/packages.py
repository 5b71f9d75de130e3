"""Deployment packages and layers, reduced to facts: fetched once for all functions and versions that share
them.
"""

import base64
import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cache
from io import BufferedReader
from typing import Any, NamedTuple, TypeVar

import msgspec

from auditor.code import PackageError, RangeReader, analyse_layer, analyse_package
from auditor.collect.downloads import AnswersDownloads, Fetch, fetcher
from auditor.collect.functions import GET_FUNCTION
from auditor.collect.kept import keep_each, recall_each
from auditor.collect.layers import GET_LAYER
from auditor.collect.listing import LATEST
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import Absent, Api
from auditor.model import (
    CodeFacts,
    EventSourceMapping,
    Function,
    LayerVersion,
    PackageFacts,
    Reason,
    Unavailable,
    Variable,
)

OPERATIONS: tuple[Operation, ...] = ()

# Smaller packages are fetched whole and held against their hash; of larger ones only what is read is fetched.
WHOLE_BYTES = 1024 * 1024
# Seconds for one package, with its download.
PATIENCE_S = 60.0
# Reading packages is work for the processor: more threads than this only take turns.
READERS = 4


P = TypeVar("P", bound=Hashable)
T = TypeVar("T")


class _Code(NamedTuple):
    """All that the facts of a package depend on."""

    sha256: str
    runtime: str
    handler: str
    architecture: str
    settings: tuple[tuple[str, str], ...]


class _Layer(NamedTuple):
    """A layer version, and what the facts of its package depend on."""

    arn: str
    runtime: str
    architectures: tuple[str, ...]


class _Package(NamedTuple):
    """Where one such package can be had: `qualifier` is a version, or `$LATEST`."""

    function: str
    qualifier: str
    size_bytes: int
    code: _Code


def with_code(
    api: Api, region: str, functions: Iterable[Function], mappings: Iterable[EventSourceMapping] = ()
) -> tuple[Function, ...]:
    """Put the facts of its deployment package into each function, and into each of its versions in use whose
    package is another. A deep scan alone fetches packages; without one `code_unread` is what is said of them.
    """
    several = tuple(functions)
    if not api.tier.covers(Tier.DEEP):
        return several
    mapped = frozenset(one.function_arn for one in mappings)
    wanted: dict[_Code, _Package] = {}
    for function in several:
        if not function.is_image:
            for package in (_latest(function), *_published(function, mapped)):
                wanted.setdefault(package.code, package)
    found = _read(api, CodeFacts, "packages", wanted.values(), lambda one: _facts(api, region, one))
    facts = {code: found[package] for code, package in wanted.items()}
    return tuple(_completed(one, mapped, facts) for one in several)


def _read(
    api: Api, kind: type[T], name: str, packages: Iterable[P], read: Callable[[P], T | Unavailable]
) -> dict[P, T | Unavailable]:
    """Read packages, but for those that an earlier run has read."""

    def once(package: P) -> T | Unavailable:
        facts = read(package)
        # What was read of a package when the scan was stopped may be a part of it.
        if not api.stopped:
            keep_each(api, name, {package: facts})
        return facts

    several = tuple(packages)
    found: dict[P, T | Unavailable] = recall_each(api, kind, name, several)
    missing = [package for package in several if package not in found]
    return {**found, **dict(zip(missing, api.map(once, missing, threads=READERS), strict=True))}


def code_unread(function: Function) -> Unavailable:
    """Return why the code of a function is not read below the deep tier."""
    return _image() if function.is_image else _not_asked(GET_FUNCTION)


def _completed(
    function: Function, mapped: frozenset[str], found: Mapping[_Code, CodeFacts | Unavailable]
) -> Function:
    if function.is_image:
        return msgspec.structs.replace(function, code=_image())
    read = {package.qualifier: found[package.code] for package in _published(function, mapped)}
    versions = function.versions
    if read and not isinstance(versions, Unavailable):
        versions = tuple(
            msgspec.structs.replace(one, code=read[one.version]) if one.version in read else one
            for one in versions
        )
    return msgspec.structs.replace(function, code=found[_latest(function).code], versions=versions)


def _latest(function: Function) -> _Package:
    code = _Code(
        function.code_sha256,
        function.runtime,
        function.handler,
        function.architecture,
        _settings(function.environment),
    )
    return _Package(function.name, LATEST, function.code_size_bytes, code)


def _published(function: Function, mapped: frozenset[str]) -> Iterator[_Package]:
    """The packages of versions that something points to, where they are not that of `$LATEST`."""
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    used = _used(function, mapped) if versions else frozenset()
    for one in versions:
        if one.version in used and one.code_sha256 != function.code_sha256:
            settings = _settings(one.environment)
            code = _Code(one.code_sha256, one.runtime, one.handler, one.architecture, settings)
            yield _Package(function.name, one.version, one.code_size_bytes, code)


def _used(function: Function, mapped: frozenset[str]) -> frozenset[str]:
    """Versions that an alias, a policy, a URL, provisioned concurrency or a mapping points to."""
    found: set[str] = set()
    for alias in () if isinstance(function.aliases, Unavailable) else function.aliases:
        found |= {alias.version, *(version for version, _ in alias.extra_weights)}
    for several in (function.policies, function.urls, function.provisioned):
        found.update(one.qualifier for one in (() if isinstance(several, Unavailable) else several))
    found.update(arn.removeprefix(f"{function.arn}:") for arn in mapped)
    return frozenset(found)


def with_layer_packages(
    api: Api, region: str, versions: Iterable[LayerVersion] | Unavailable, functions: Iterable[Function]
) -> tuple[LayerVersion, ...] | Unavailable:
    """Put the facts of its package into each layer version. A deep scan alone fetches packages."""
    if isinstance(versions, Unavailable):
        return versions
    several = tuple(versions)
    if not api.tier.covers(Tier.DEEP):
        return tuple(msgspec.structs.replace(one, package=_not_asked(GET_LAYER)) for one in several)
    users: dict[str, list[Function]] = {}
    for function in functions:
        for use in function.layers:
            users.setdefault(use.arn, []).append(function)

    wanted = {layer.arn: _layer(layer.arn, users.get(layer.arn, ())) for layer in several}
    found = _read(
        api, PackageFacts, "layers", wanted.values(), lambda layer: _layer_facts(api, region, layer)
    )
    return tuple(msgspec.structs.replace(layer, package=found[wanted[layer.arn]]) for layer in several)


def _layer(arn: str, users: Iterable[Function]) -> _Layer:
    runtimes = {function.runtime for function in users}
    return _Layer(
        arn,
        next(iter(runtimes)) if len(runtimes) == 1 else "",
        tuple(sorted({function.architecture for function in users})),
    )


def _settings(environment: tuple[Variable, ...] | Unavailable) -> tuple[tuple[str, str], ...]:
    variables = () if isinstance(environment, Unavailable) else environment
    return tuple(sorted((one.name, one.setting) for one in variables if one.setting))


def _facts(api: Api, region: str, package: _Package) -> CodeFacts | Unavailable:
    # The URL is valid for ten minutes, so that it is asked for when it is used.
    qualified = {} if package.qualifier == LATEST else {"Qualifier": package.qualifier}
    answer = api.call(GET_FUNCTION, region, FunctionName=package.function, **qualified)
    is_over = _watch(api)
    code = package.code
    source = _source(api, GET_FUNCTION, answer, "Code", (code.sha256, package.size_bytes), is_over)
    if isinstance(source, Unavailable):
        return source
    return analyse_package(
        source,
        runtime=code.runtime,
        handler=code.handler,
        architecture=code.architecture,
        settings=dict(code.settings),
        deadline=is_over,
    )


def _layer_facts(api: Api, region: str, layer: _Layer) -> PackageFacts | Unavailable:
    answer = api.call(GET_LAYER, region, Arn=layer.arn)
    content = answer.get("Content", {}) if isinstance(answer, dict) else {}
    is_over = _watch(api)
    known = (str(content.get("CodeSha256", "")), int(content.get("CodeSize", 0)))
    source = _source(api, GET_LAYER, answer, "Content", known, is_over)
    if isinstance(source, Unavailable):
        return source
    return analyse_layer(source, deadline=is_over, runtime=layer.runtime, architectures=layer.architectures)


def _source(  # noqa: PLR0913, PLR0917 - where a package is, and what it has to be
    api: Api,
    operation: Operation,
    answer: Mapping[str, Any] | Absent | Unavailable,
    part: str,
    known: tuple[str, int],
    is_over: Callable[[], bool],
) -> bytes | BufferedReader | Unavailable:
    if isinstance(answer, Unavailable):
        return answer
    url = "" if isinstance(answer, Absent) else str(answer.get(part, {}).get("Location", ""))
    if not url:
        return Unavailable(
            reason=Reason.NO_DATA, operation=operation.label, note="AWS offers no package to download"
        )
    fetch = _fetch(api, is_over)
    sha256, size = known
    if size > WHOLE_BYTES:
        return BufferedReader(RangeReader(size, lambda start, end: fetch(url, start, end)))
    try:
        data = fetch(url, 0, None)
    except PackageError as error:
        return error.unavailable(operation.label)
    if base64.b64encode(hashlib.sha256(data).digest()).decode() != sha256:
        return Unavailable(
            reason=Reason.PACKAGE_UNREADABLE,
            operation=operation.label,
            note="the package that was downloaded is not the one that runs: its SHA-256 differs",
        )
    return data


def _fetch(api: Api, is_over: Callable[[], bool]) -> Fetch:
    if isinstance(api.session, AnswersDownloads):
        return api.session.fetch
    return fetcher(api.endpoint_url, is_over)


def _watch(api: Api) -> Callable[[], bool]:
    end = api.clock() + PATIENCE_S
    return lambda: bool(api.stopped) or api.clock() > end


@cache
def _image() -> Unavailable:
    return Unavailable(
        reason=Reason.IMAGE_NOT_INSPECTED,
        operation=GET_FUNCTION.label,
        note="a container image: its content is not read",
    )


@cache
def _not_asked(operation: Operation) -> Unavailable:
    return Unavailable(
        reason=Reason.NOT_COLLECTED,
        operation=operation.label,
        note="not collected: packages are read with --tier deep",
    )
