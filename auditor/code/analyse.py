"""From the bytes of a deployment package or a layer to facts."""

from collections.abc import Callable, Mapping
from typing import BinaryIO, NamedTuple

import msgspec

from auditor.code import (
    detect_clients,
    detect_config,
    detect_errors,
    detect_events,
    detect_imports,
    detect_logging,
    detect_network,
    detect_state,
)
from auditor.code.archive import Archive, PackageError, open_archive
from auditor.code.handlers import Entry, entry_of, find_function, located
from auditor.code.ownership import Ownership, sort_members
from auditor.code.package import package_facts
from auditor.code.program import Program
from auditor.code.reading import OutOfTimeError
from auditor.code.sources import Sources, language_of, read_sources, resolver
from auditor.code.subject import Subject
from auditor.model import CodeFacts, Located, PackageFacts, Reason, Unavailable

PACKAGE_OPERATION = "lambda:GetFunction"
LAYER_OPERATION = "lambda:GetLayerVersion"
MOST_FACTS_OF_A_KIND = 40

Source = bytes | BinaryIO
Deadline = Callable[[], bool]


def analyse_package(
    source: Source,
    *,
    runtime: str,
    handler: str,
    architecture: str,
    settings: Mapping[str, str],
    deadline: Deadline,
) -> CodeFacts | Unavailable:
    """Read a deployment package (zip bytes, or a seekable file such as `RangeReader`) into facts.

    `runtime` is Lambda's identifier (`python3.13`), `handler` the Handler string, `architecture` `x86_64` or `arm64`,
    `settings` the public switches of the environment by name (wrappers are resolved with them), `deadline` is True once
    the time for this package is over. `Unavailable` where the zip cannot be read or is beyond the caps; where only the
    code cannot be analysed, the fields of the code carry `Unavailable`, and the listing's facts stand.
    """
    try:
        with open_archive(source, deadline) as archive:
            return _package(archive, _Asked(runtime, handler, architecture, settings, deadline))
    except PackageError as error:
        return error.unavailable(PACKAGE_OPERATION)


def analyse_layer(
    source: Source,
    *,
    deadline: Deadline,
    runtime: str = "",
    architectures: tuple[str, ...] = (),
) -> PackageFacts | Unavailable:
    """Read a layer version into facts; `runtime` and `architectures` where all functions that use it agree, else empty."""
    try:
        with open_archive(source, deadline) as archive:
            ownership = sort_members(archive)
            sources = read_sources(archive, ownership, deadline)
            return package_facts(
                archive,
                ownership,
                sources,
                runtime=runtime,
                architectures=architectures,
                operation=LAYER_OPERATION,
                layer=True,
            )
    except PackageError as error:
        return error.unavailable(LAYER_OPERATION)


class _Asked(NamedTuple):
    """What is known of the function beside its package."""

    runtime: str
    handler: str
    architecture: str
    settings: Mapping[str, str]
    deadline: Deadline


def _package(archive: Archive, asked: _Asked) -> CodeFacts:
    language = language_of(asked.runtime, archive.names)
    ownership = sort_members(archive)
    entry = _entry(archive, ownership, asked, language)
    first = (entry.file,) if isinstance(entry, Entry) else ()
    sources = read_sources(archive, ownership, asked.deadline, first=first)
    package = package_facts(
        archive,
        ownership,
        sources,
        runtime=asked.runtime,
        architectures=(asked.architecture,) if asked.architecture else (),
        operation=PACKAGE_OPERATION,
    )
    if language not in {"python", "javascript"}:
        note = (
            f"the code of {asked.runtime or 'this runtime'} is compiled or not analysed; its listing was read"
        )
        missing = Unavailable(reason=Reason.UNSUPPORTED_RUNTIME, operation=PACKAGE_OPERATION, note=note)
        return CodeFacts(language=language, package=package, handler=missing, facts=missing, calls=missing)
    return _code(package, language, entry, sources, archive, asked)


def _entry(
    archive: Archive, ownership: Ownership, asked: _Asked, language: str
) -> Entry | None | Unavailable:
    if language not in {"python", "javascript"}:
        return None
    names = frozenset(archive.names)
    return entry_of(asked.handler, language=language, names=names, settings=asked.settings)


def _code(
    package: PackageFacts,
    language: str,
    entry: Entry | None | Unavailable,
    sources: Sources,
    archive: Archive,
    asked: _Asked,
) -> CodeFacts:
    blocked = entry if isinstance(entry, Unavailable) else sources.obstacle(entry, PACKAGE_OPERATION)
    if blocked is not None or entry is None:
        gone = blocked or _missing("the handler's file is not in the package")
        return CodeFacts(language=language, package=package, handler=blocked, facts=gone, calls=gone)
    if not isinstance(entry, Unavailable) and entry.file in sources.mapped:
        entry = _mapped(entry, sources)
    if isinstance(entry, Unavailable) or entry.file not in sources.modules:
        gone = _missing("the handler's file is not analysed")
        return CodeFacts(language=language, package=package, handler=_script(entry), facts=gone, calls=gone)
    return _analysed(package, entry, sources, archive, asked)


def _mapped(entry: Entry, sources: Sources) -> Entry:
    """The handler in the source that a source map gives for its file: the last of them that exports it."""
    name = entry.name.partition(".")[0]
    exporting = [path for path in sources.mapped[entry.file] if name in dict(sources.modules[path].exports)]
    return msgspec.structs.replace(entry, file=exporting[-1]) if exporting else entry


def _script(entry: Entry | Unavailable) -> Located | Unavailable:
    if isinstance(entry, Unavailable):
        return entry
    return Located(kind="handler-script", file=entry.file, line=1, what=entry.handler)


def _missing(note: str) -> Unavailable:
    return Unavailable(reason=Reason.NO_DATA, operation=PACKAGE_OPERATION, note=note)


def _analysed(
    package: PackageFacts, entry: Entry, sources: Sources, archive: Archive, asked: _Asked
) -> CodeFacts:
    module = sources.modules[entry.file]
    files = frozenset(archive.names) | frozenset(sources.modules)
    program = Program(sources.modules, resolver(module.language, files))
    found = find_function(program, entry)
    if found is None:
        gone = _missing("the handler's file does not define the handler")
        return CodeFacts(language=module.language, package=package, handler=None, facts=gone, calls=gone)
    subject = Subject(
        program,
        found,
        runtime=asked.runtime,
        settings=asked.settings,
        members=frozenset(archive.names),
        bundled=bool(sources.mapped),
        deadline=asked.deadline,
    )
    scope = program.scope(subject.handler)
    try:
        facts = _facts(subject, sources, asked.deadline)
        called = detect_clients.calls(subject)
    except (OutOfTimeError, RecursionError, MemoryError) as error:
        gone = Unavailable(
            reason=Reason.TIMEOUT if isinstance(error, OutOfTimeError) else Reason.PACKAGE_UNREADABLE,
            operation=PACKAGE_OPERATION,
            note="the code could not be analysed in bounded time and memory",
        )
        return CodeFacts(
            language=module.language, package=package, handler=located(entry, found), facts=gone, calls=gone
        )
    return CodeFacts(
        language=module.language,
        package=package,
        handler=located(entry, found),
        facts=facts,
        calls=called,
        handler_lines=scope.end_line - scope.line + 1 if scope else 0,
        handler_complexity=scope.complexity if scope else 0,
    )


def _facts(subject: Subject, sources: Sources, deadline: Deadline) -> tuple[Located, ...]:
    found: list[Located] = list(sources.notes(subject.loaded))
    for detector in (
        detect_clients.clients,
        detect_errors.handling,
        detect_errors.responses,
        detect_logging.logging,
        detect_network.timeouts,
        detect_network.sdk_settings,
        detect_network.retries,
        detect_network.invocations,
        detect_network.time_left,
        detect_imports.imports,
        detect_imports.loading,
        detect_config.hard_coded,
        detect_config.external,
        detect_events.batches,
        detect_events.routing,
        detect_events.validation,
        detect_events.idempotency,
        detect_state.state,
        detect_state.handler_shape,
    ):
        if deadline():
            raise OutOfTimeError("no time left")
        found += detector(subject)
    found += detect_logging.unlevelled(subject, found)
    return _bounded(found)


def _bounded(found: list[Located]) -> tuple[Located, ...]:
    """Each fact once, by file and line, and no more than 40 of a kind: a snapshot has to stay small."""
    counts: dict[str, int] = {}
    kept = []
    for located_fact in sorted(set(found), key=lambda fact: (fact.file, fact.line, fact.kind, fact.what)):
        counts[located_fact.kind] = counts.get(located_fact.kind, 0) + 1
        if counts[located_fact.kind] <= MOST_FACTS_OF_A_KIND:
            kept.append(located_fact)
    return tuple(kept)
