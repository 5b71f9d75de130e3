"""Deployment packages and layers, reduced to facts: fetched once for all functions that share them."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from io import BufferedReader
from typing import Any, NamedTuple

import msgspec

from auditor.code import PackageError, RangeReader, analyse_layer, analyse_package
from auditor.collect.downloads import AnswersDownloads, Fetch, fetcher
from auditor.collect.functions import GET_FUNCTION
from auditor.collect.layers import GET_LAYER
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import Absent, Api
from auditor.model import CodeFacts, Function, LayerVersion, PackageFacts, Reason, Unavailable

OPERATIONS: tuple[Operation, ...] = ()

# Smaller packages are fetched whole and held against their hash; of larger ones only what is read is fetched.
WHOLE_BYTES = 1024 * 1024
# Seconds for one package, with its download.
PATIENCE_S = 60.0
# Reading packages is work for the processor: more threads than this only take turns.
READERS = 4


class _Code(NamedTuple):
    """All that the facts of a package depend on."""

    sha256: str
    runtime: str
    handler: str
    architecture: str
    settings: tuple[tuple[str, str], ...]


def with_code(api: Api, region: str, functions: Iterable[Function]) -> tuple[Function, ...]:
    """Put the facts of its deployment package into each function. A deep scan alone fetches packages."""
    several = tuple(functions)
    if not api.tier.covers(Tier.DEEP):
        return tuple(
            msgspec.structs.replace(one, code=_image() if one.is_image else _not_asked(GET_FUNCTION))
            for one in several
        )
    sharing: dict[_Code, list[Function]] = {}
    for function in several:
        if not function.is_image:
            sharing.setdefault(_code_of(function), []).append(function)
    facts = api.map(lambda same: _facts(api, region, same[0]), sharing.values(), threads=READERS)
    found = dict(zip(sharing, facts, strict=True))
    return tuple(
        msgspec.structs.replace(one, code=_image() if one.is_image else found[_code_of(one)])
        for one in several
    )


def with_layer_packages(
    api: Api, region: str, versions: Iterable[LayerVersion], functions: Iterable[Function]
) -> tuple[LayerVersion, ...]:
    """Put the facts of its package into each layer version. A deep scan alone fetches packages."""
    several = tuple(versions)
    if not api.tier.covers(Tier.DEEP):
        return tuple(msgspec.structs.replace(one, package=_not_asked(GET_LAYER)) for one in several)
    users: dict[str, list[Function]] = {}
    for function in functions:
        for use in function.layers:
            users.setdefault(use.arn, []).append(function)

    def read(layer: LayerVersion) -> LayerVersion:
        facts = _layer_facts(api, region, layer.arn, users.get(layer.arn, []))
        return msgspec.structs.replace(layer, package=facts)

    return tuple(api.map(read, several, threads=READERS))


def _code_of(function: Function) -> _Code:
    return _Code(
        function.code_sha256,
        function.runtime,
        function.handler,
        function.architecture,
        tuple(sorted(_settings(function).items())),
    )


def _settings(function: Function) -> dict[str, str]:
    variables = () if isinstance(function.environment, Unavailable) else function.environment
    return {one.name: one.setting for one in variables if one.setting}


def _facts(api: Api, region: str, function: Function) -> CodeFacts | Unavailable:
    # The URL is valid for ten minutes, so that it is asked for when it is used.
    answer = api.call(GET_FUNCTION, region, FunctionName=function.name)
    is_over = _watch(api)
    source = _source(
        api, GET_FUNCTION, answer, "Code", (function.code_sha256, function.code_size_bytes), is_over
    )
    if isinstance(source, Unavailable):
        return source
    return analyse_package(
        source,
        runtime=function.runtime,
        handler=function.handler,
        architecture=function.architecture,
        settings=_settings(function),
        deadline=is_over,
    )


def _layer_facts(api: Api, region: str, arn: str, users: list[Function]) -> PackageFacts | Unavailable:
    answer = api.call(GET_LAYER, region, Arn=arn)
    content = answer.get("Content", {}) if isinstance(answer, dict) else {}
    is_over = _watch(api)
    known = (str(content.get("CodeSha256", "")), int(content.get("CodeSize", 0)))
    source = _source(api, GET_LAYER, answer, "Content", known, is_over)
    if isinstance(source, Unavailable):
        return source
    runtimes = {function.runtime for function in users}
    return analyse_layer(
        source,
        deadline=is_over,
        runtime=next(iter(runtimes)) if len(runtimes) == 1 else "",
        architectures=tuple(sorted({function.architecture for function in users})),
    )


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


def _image() -> Unavailable:
    return Unavailable(
        reason=Reason.IMAGE_NOT_INSPECTED,
        operation=GET_FUNCTION.label,
        note="a container image: its content is not read",
    )


def _not_asked(operation: Operation) -> Unavailable:
    return Unavailable(
        reason=Reason.NOT_COLLECTED,
        operation=operation.label,
        note="not collected: packages are read with --tier deep",
    )
