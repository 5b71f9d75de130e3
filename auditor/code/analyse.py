"""From the bytes of a deployment package or a layer to facts."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from auditor.code import (
    detect_clients,
    detect_config,
    detect_errors,
    detect_events,
    detect_idempotency,
    detect_imports,
    detect_invocations,
    detect_logging,
    detect_network,
    detect_responses,
    detect_retries,
    detect_state,
    detect_validation,
)
from auditor.code.archive import Archive, PackageError, Source, open_archive
from auditor.code.handlers import Entry, entry_of, find_function, located
from auditor.code.ownership import sort_members
from auditor.code.package import Wanted, package_facts
from auditor.code.program import Program
from auditor.code.reading import OutOfTimeError
from auditor.code.sources import Sources, language_of, read_sources, resolver
from auditor.code.subject import Given, Subject
from auditor.model import CodeFacts, Located, PackageFacts, Reason, Unavailable

PACKAGE_OPERATION = "lambda:GetFunction"
LAYER_OPERATION = "lambda:GetLayerVersion"
MOST_FACTS_OF_A_KIND = 40
ANALYSED = frozenset({"python", "javascript"})

Deadline = Callable[[], bool]


def analyse_package(  # noqa: PLR0913 - a function is told by these six
    source: Source,
    *,
    runtime: str,
    handler: str,
    architecture: str,
    settings: Mapping[str, str],
    deadline: Deadline,
) -> CodeFacts | Unavailable:
    """Read a deployment package (zip bytes, or a seekable file such as `RangeReader`) into facts.

    `runtime` is Lambda's identifier (`python3.13`), `handler` the Handler string, `architecture` `x86_64` or
    `arm64`, `settings` the public switches of the environment by name (wrappers are resolved with them),
    `deadline` is True once the time for this package is over. `Unavailable` where the zip cannot be read or
    is beyond the caps; where only the code cannot be analysed, the fields of the code carry `Unavailable`,
    and the listing's facts stand.
    """
    try:
        with open_archive(source, deadline) as archive:
            return _package(archive, _Asked(runtime, handler, architecture, settings, deadline))
    except PackageError as error:
        return error.unavailable(PACKAGE_OPERATION)
    except Exception as error:  # noqa: BLE001 - anybody's bytes: a fault of ours costs one package, no scan
        return _faulty(error, PACKAGE_OPERATION)


def analyse_layer(
    source: Source,
    *,
    deadline: Deadline,
    runtime: str = "",
    architectures: tuple[str, ...] = (),
) -> PackageFacts | Unavailable:
    """Read a layer version into facts.

    `runtime` and `architectures` are those of the functions that use it where they agree, else empty.
    """
    try:
        with open_archive(source, deadline) as archive:
            ownership = sort_members(archive)
            sources = read_sources(archive, ownership, deadline)
            wanted = Wanted(runtime, architectures, LAYER_OPERATION, layer=True)
            return package_facts(archive, ownership, sources, wanted)
    except PackageError as error:
        return error.unavailable(LAYER_OPERATION)
    except Exception as error:  # noqa: BLE001 - as for packages
        return _faulty(error, LAYER_OPERATION)


def _faulty(error: Exception, operation: str) -> Unavailable:
    """A reason without the error's text, which may quote the source."""
    note = f"the analysis failed ({type(error).__name__})"
    return Unavailable(reason=Reason.PACKAGE_UNREADABLE, operation=operation, note=note)


class _Asked(NamedTuple):
    """What is known of the function beside its package."""

    runtime: str
    handler: str
    architecture: str
    settings: Mapping[str, str]
    deadline: Deadline


def _package(archive: Archive, asked: _Asked) -> CodeFacts:
    language = language_of(asked.runtime)
    entry = _entry(archive, asked, language)
    first = (entry.file,) if isinstance(entry, Entry) else ()
    ownership = sort_members(archive, *first)
    sources = read_sources(archive, ownership, asked.deadline, first=first)
    architectures = (asked.architecture,) if asked.architecture else ()
    wanted = Wanted(asked.runtime, architectures, PACKAGE_OPERATION, handler=asked.handler)
    listed = CodeFacts(language=language, package=package_facts(archive, ownership, sources, wanted))
    if language not in ANALYSED:
        named = asked.runtime or "this runtime"
        gone = _gone(Reason.UNSUPPORTED_RUNTIME, f"the code of {named} is not analysed; its listing was read")
        return _without_code(listed, gone, gone)
    if isinstance(entry, Unavailable):
        return _without_code(listed, entry, entry)
    obstacle = sources.obstacle(entry, PACKAGE_OPERATION)
    if obstacle is not None:
        return _without_code(listed, obstacle, obstacle)
    if entry is None:
        return _without_code(listed, None, _gone(Reason.NO_DATA, "the handler's file is not in the package"))
    return _analysed(listed, _mapped(entry, sources), sources, frozenset(archive.names), asked)


def _entry(archive: Archive, asked: _Asked, language: str) -> Entry | None | Unavailable:
    if language not in ANALYSED:
        return None
    names = frozenset(archive.names)
    return entry_of(asked.handler, language=language, names=names, settings=asked.settings)


def _gone(reason: Reason, note: str) -> Unavailable:
    return Unavailable(reason=reason, operation=PACKAGE_OPERATION, note=note)


def _without_code(listed: CodeFacts, handler: Located | None | Unavailable, gone: Unavailable) -> CodeFacts:
    return msgspec.structs.replace(listed, handler=handler, facts=gone, calls=gone)


def _mapped(entry: Entry, sources: Sources) -> Entry:
    """The handler in the source that a source map gives for its file: the last of them that exports it."""
    name = entry.name.partition(".")[0]
    own = sources.mapped.get(entry.file, ())
    exporting = [path for path in own if name in dict(sources.modules[path].exports)]
    return msgspec.structs.replace(entry, file=exporting[-1]) if exporting else entry


def _analysed(
    listed: CodeFacts, entry: Entry, sources: Sources, members: frozenset[str], asked: _Asked
) -> CodeFacts:
    if entry.file not in sources.modules:
        script = Located(kind="handler-script", file=entry.file, line=1, what=entry.handler)
        return _without_code(listed, script, _gone(Reason.NO_DATA, "the handler's file is not analysed"))
    given = Given(asked.runtime, asked.settings, members, bool(sources.mapped), asked.deadline)
    try:
        return _code(listed, entry, sources, given)
    except (OutOfTimeError, RecursionError, MemoryError) as error:
        late = isinstance(error, OutOfTimeError)
        reason = Reason.TIMEOUT if late else Reason.PACKAGE_UNREADABLE
        gone = _gone(reason, "the code could not be analysed in bounded time and memory")
        return _without_code(listed, gone, gone)
    except Exception as error:  # noqa: BLE001 - as for packages; what the listing says stands
        gone = _faulty(error, PACKAGE_OPERATION)
        return _without_code(listed, gone, gone)


def _code(listed: CodeFacts, entry: Entry, sources: Sources, given: Given) -> CodeFacts:
    language = sources.modules[entry.file].language
    program = Program(sources.modules, resolver(language, frozenset(sources.modules)))
    found = find_function(program, entry)
    if found is None:
        return _without_code(
            listed, None, _gone(Reason.NO_DATA, "the handler's file does not define the handler")
        )
    subject = Subject(program, found, given)
    scope = program.scope(subject.handler)
    return msgspec.structs.replace(
        listed,
        handler=located(entry, found),
        facts=_facts(subject, sources, given.deadline),
        calls=detect_clients.calls(subject),
        handler_lines=scope.end_line - scope.line + 1 if scope else 0,
        handler_complexity=scope.complexity if scope else 0,
    )


def _facts(subject: Subject, sources: Sources, deadline: Deadline) -> tuple[Located, ...]:
    found: list[Located] = list(sources.notes(subject.loaded))
    for detector in (
        detect_clients.clients,
        detect_errors.handling,
        detect_responses.responses,
        detect_logging.logging,
        detect_network.timeouts,
        detect_network.sdk_settings,
        detect_retries.retries,
        detect_invocations.invocations,
        detect_invocations.time_left,
        detect_imports.imports,
        detect_imports.loading,
        detect_config.hard_coded,
        detect_config.external,
        detect_events.batches,
        detect_events.routing,
        detect_validation.validation,
        detect_idempotency.idempotency,
        detect_state.state,
        detect_state.handler_shape,
    ):
        if deadline():
            raise OutOfTimeError("no time left")
        found += detector(subject)
    found += detect_logging.unlevelled(found)
    return _bounded(found, subject.found.file)


def _bounded(found: list[Located], first: str) -> tuple[Located, ...]:
    """Each fact once, by file and line, and no more than 40 of a kind: a snapshot has to stay small.

    Those of the handler's file come first.
    """
    counts: dict[str, int] = {}
    kept = []
    for located_fact in sorted(set(found), key=lambda fact: (fact.file != first, *_order(fact))):
        counts[located_fact.kind] = counts.get(located_fact.kind, 0) + 1
        if counts[located_fact.kind] <= MOST_FACTS_OF_A_KIND:
            kept.append(located_fact)
    return tuple(kept)


def _order(found: Located) -> tuple[str, int, str, str]:
    return found.file, found.line, found.kind, found.what
