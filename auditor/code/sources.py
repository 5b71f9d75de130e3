"""The source files of a package, read into modules, and what kept others from being read."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

import msgspec

from auditor.code.archive import Archive, PackageError
from auditor.code.bundles import (
    LARGEST_BUNDLE_BYTES,
    LARGEST_MAP_BYTES,
    LARGEST_OWN_BYTES,
    LARGEST_PLAIN_BUNDLE_BYTES,
    LARGEST_PLAIN_MINIFIED_BYTES,
    joined,
    minified,
    own_sources,
    unbundled,
)
from auditor.code.handlers import Entry
from auditor.code.javascript import read_javascript
from auditor.code.layout import node_file, python_file
from auditor.code.ownership import Ownership
from auditor.code.program import Resolve
from auditor.code.python import read_python
from auditor.code.reading import OutOfTimeError, SourceError
from auditor.code.syntax import Import, Module, Place
from auditor.code.webpack import webpack_parts
from auditor.model import Located, Reason, Unavailable

_FAMILY = re.compile(r"[a-z]+")
_LANGUAGES = {"python": "python", "nodejs": "javascript"}
_ENDINGS = {".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript"}
Deadline = Callable[[], bool]


class Sources:
    """Modules by path, and the reason for each own source file that is not among them.

    `mapped` are the modules that a source map gave in place of a bundle, by the bundle; `minified` are files
    whose names say nothing any more.
    """

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self.unread: dict[str, Unavailable] = {}
        self.stopped: Unavailable | None = None
        self.mapped: dict[str, tuple[str, ...]] = {}
        self.minified: set[str] = set()

    def obstacle(self, entry: Entry | None, operation: str) -> Unavailable | None:
        """Why the handler's file was not read, None where it was, or where there is none."""
        if entry is None or entry.file in self.modules or entry.file in self.mapped:
            return None
        reason = self.unread.get(entry.file) or (self.stopped if _language(entry.file) else None)
        return reason and Unavailable(reason=reason.reason, operation=operation, note=reason.note)

    def notes(self, loaded: Collection[str]) -> Iterator[Located]:
        """`partly-parsed` and `unread-file`: what the facts may have missed."""
        for path in loaded:
            if not self.modules[path].whole:
                yield Located(kind="partly-parsed", file=path, line=1, confidence="medium")
            if path in self.minified:
                yield Located(kind="minified", file=path, line=1, confidence="medium")
        if self.stopped is not None:
            yield Located(kind="unread-file", file="", line=0, what=self.stopped.reason.value)
        for path, reason in self.unread.items():
            yield Located(kind="unread-file", file=path, line=0, what=reason.reason.value)


def language_of(runtime: str) -> str:
    """`python`, `javascript`, or another family of runtimes (`java`, `provided` …); `provided` for none.

    >>> language_of("nodejs22.x")
    'javascript'
    """
    family = _FAMILY.match(runtime)
    return _LANGUAGES.get(family[0], family[0]) if family else "provided"


def _language(name: str) -> str:
    return next((language for ending, language in _ENDINGS.items() if name.endswith(ending)), "")


def read_sources(
    archive: Archive, ownership: Ownership, deadline: Deadline, *, first: tuple[str, ...] = ()
) -> Sources:
    """Read all own Python and JavaScript files, the handler's first.

    A broken member raises `PackageError`; what is too long, too deep or too late is remembered as unread.
    """
    sources = Sources()
    own = [name for name in ownership.own if _language(name)]
    for name in dict.fromkeys((*(found for found in first if found in archive), *own)):
        if not _language(name):
            continue
        try:
            _read(sources, archive, name, deadline)
        except PackageError as error:
            if error.reason is Reason.PACKAGE_UNREADABLE:
                raise
            sources.stopped = error.unavailable("")
            return sources
    return sources


def _read(sources: Sources, archive: Archive, name: str, deadline: Deadline) -> None:
    if f"{name}.map" in archive and _language(name) == "javascript":
        data = archive.read(f"{name}.map", LARGEST_MAP_BYTES)
        if data is not None and _read_mapped(sources, name, own_sources(name, data), deadline):
            return
    data = archive.read(name)
    if data is None and _language(name) == "javascript":
        data = _foreign_left_out(name, archive.read(name, LARGEST_BUNDLE_BYTES))
    if data is None:
        note = f"{archive.size(name):,} bytes of source in one file; 2 MiB are read"
        sources.unread[name] = Unavailable(reason=Reason.PACKAGE_TOO_LARGE, operation="", note=note)
        return
    if _language(name) == "python":
        _add(sources, name, data, deadline)
    else:
        _read_script(sources, name, data, deadline)


def _foreign_left_out(name: str, data: bytes | None) -> bytes | None:
    """A bundle beyond the limit of one file, where what it marks as the owner's is within it."""
    if data is None:
        return None
    parts = webpack_parts(name, data)
    bundle = unbundled(data) if parts is None else None
    own = sum(map(len, parts.own.values())) if parts is not None else 0
    size = len(bundle.source.strip()) if bundle is not None else own
    return data if 0 < size <= LARGEST_OWN_BYTES else None


def _read_mapped(sources: Sources, name: str, own: Mapping[str, bytes], deadline: Deadline) -> bool:
    """Read a source map's own sources; tell whether all of them could be read, so that the bundle need not
    be.
    """
    added = [path for path, data in own.items() if _add(sources, path, data, deadline)]
    if not added or len(added) < len(own):
        for path in own:
            sources.modules.pop(path, None)
            sources.unread.pop(path, None)
        return False
    sources.mapped[name] = tuple(added)
    return True


def _read_script(sources: Sources, name: str, data: bytes, deadline: Deadline) -> None:
    if not minified(data) and _read_parts(sources, name, data, deadline):
        return
    bundle = unbundled(data)
    if bundle is not None:
        if _add(sources, name, bundle.source, deadline):
            module = sources.modules[name]
            given = tuple(
                Import(local=local, module=package, symbol=symbol, line=0, place=Place())
                for local, package, symbol in bundle.names
            )
            sources.modules[name] = msgspec.structs.replace(module, imports=(*module.imports, *given))
        return
    if minified(data):
        sources.minified.add(name)
        if len(data) > LARGEST_PLAIN_MINIFIED_BYTES:
            note = "a minified bundle without source map: own code cannot be told from third-party code"
            sources.unread[name] = Unavailable(reason=Reason.NOT_SUPPORTED, operation="", note=note)
            return
    _add(sources, name, data, deadline)


def _read_parts(sources: Sources, name: str, data: bytes, deadline: Deadline) -> bool:
    """Read the owner's modules of a bundle; tell whether it is one in which they have to be told apart."""
    large = len(data) > LARGEST_PLAIN_BUNDLE_BYTES
    parts = webpack_parts(name, data)
    if parts is None and not (large and joined(data) and unbundled(data) is None):
        return False
    if not large and (parts is None or not parts.whole):
        return False
    own = {} if parts is None else parts.own
    added = tuple(path for path, body in own.items() if _add(sources, path, body, deadline))
    if added and added != (name,):
        sources.mapped[name] = added
    if parts is None or not parts.whole or len(added) < len(own):
        note = "a bundle that does not mark its parts: own code cannot be told from third-party code"
        sources.unread[name] = Unavailable(reason=Reason.NOT_SUPPORTED, operation="", note=note)
    return True


def _add(sources: Sources, name: str, data: bytes, deadline: Deadline) -> bool:
    read = read_python if _language(name) == "python" else read_javascript
    try:
        sources.modules[name] = read(name, data, deadline)
    except OutOfTimeError:
        raise PackageError(Reason.TIMEOUT, "no time left to read the source") from None
    except (SourceError, RecursionError, MemoryError) as error:
        note = (
            str(error) if isinstance(error, SourceError) else "source that cannot be parsed in bounded memory"
        )
        sources.unread[name] = Unavailable(reason=Reason.PACKAGE_UNREADABLE, operation="", note=note)
        return False
    return True


def resolver(language: str, names: frozenset[str]) -> Resolve:
    """How this language's imports find files of the package."""
    return partial(python_file, names) if language == "python" else partial(node_file, names)
