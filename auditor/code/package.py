"""The facts of a listing: sizes, dependencies, secrets, and what does not belong."""

from collections.abc import Iterator
from typing import NamedTuple

from auditor.code.archive import Archive, PackageError
from auditor.code.binaries import wrong_binaries
from auditor.code.dependencies import declared, dependencies
from auditor.code.executables import built_from
from auditor.code.listing import layer_paths, plain_content, unwanted
from auditor.code.literals import is_fixture, literal_secrets
from auditor.code.ownership import Ownership
from auditor.code.sources import Sources
from auditor.model import Located, PackageFacts, Reason, Unavailable
from auditor.secrets import looks_like_config_file, scan_text

MOST_SECRETS = 200


class Wanted(NamedTuple):
    """What a package has to fit: the runtime and processors of its functions ("" and empty where unknown).

    `operation` gave the package, as IAM spells it; `layer` is whether it is a layer version; `handler` is the
    Handler string.
    """

    runtime: str
    architectures: tuple[str, ...]
    operation: str
    layer: bool = False
    handler: str = ""


def package_facts(archive: Archive, ownership: Ownership, sources: Sources, wanted: Wanted) -> PackageFacts:
    """Facts of a package or layer. Raises `PackageError` where members are broken."""
    manifests = declared(archive, ownership)
    wrong = wrong_binaries(archive, runtime=wanted.runtime, architectures=wanted.architectures)
    off = layer_paths(archive) if wanted.layer else ()
    hits = secrets(archive, ownership, sources, wanted.operation)
    # An executable takes up to half of the bytes and most of the time that a package may: it comes last.
    built = built_from(archive, runtime=wanted.runtime, handler=wanted.handler)
    return PackageFacts(
        files=archive.entries,
        unzipped_bytes=archive.unzipped_bytes,
        own_files=len(ownership.own),
        dependencies=dependencies((*manifests, *built.packages)),
        unwanted=(*unwanted(archive, ownership), *off),
        secrets=hits,
        wrong_binaries=wrong,
        executables=built.facts,
    )


def secrets(
    archive: Archive, ownership: Ownership, sources: Sources, operation: str
) -> tuple[Located, ...] | Unavailable:
    """Secrets in own source literals and configuration files.

    What was found stands even where not all was read; nothing found counts only when all was.
    """
    found: list[Located] = []
    unread = (reason for name, reason in sources.unread.items() if name not in sources.minified)
    incomplete = sources.stopped or next(unread, None)
    try:
        for hit in _all_hits(archive, ownership, sources):
            found.append(hit)
            if len(found) >= MOST_SECRETS:
                break
    except PackageError as error:
        if error.reason is Reason.PACKAGE_UNREADABLE:
            raise
        incomplete = error.unavailable(operation)
    if incomplete is not None and not found:
        return Unavailable(reason=incomplete.reason, operation=operation, note=incomplete.note)
    return tuple(found)


def _all_hits(archive: Archive, ownership: Ownership, sources: Sources) -> Iterator[Located]:
    for path, module in sources.modules.items():
        archive.check_time()
        if not is_fixture(path):
            yield from literal_secrets(module, by_name=path not in sources.minified)
    for name in ownership.own:
        if name in sources.unread and name in sources.minified:
            yield from _token_formats(archive, name)
        archive.check_time()
        if plain_content(name) or is_fixture(name) or not looks_like_config_file(name):
            continue
        data = archive.read(name)
        if data is None:
            raise PackageError(
                Reason.PACKAGE_TOO_LARGE, f"{archive.size(name):,} bytes in one configuration file"
            )
        yield from scan_text(name, data)


def _token_formats(archive: Archive, name: str) -> Iterator[Located]:
    """Secrets of a minified bundle that its parser did not see: only formats that speak for themselves."""
    data = archive.read(name)
    yield from (hit for hit in scan_text(name, data or b"") if hit.confidence == "high")
