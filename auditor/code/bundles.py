"""Bundled JavaScript: which lines are the owner's, told from the bundler's marks or from a source map."""

import posixpath
import re
from collections.abc import Iterator, Mapping

import msgspec

from auditor.model import Record

LARGEST_MAP_BYTES = 16 * 1024 * 1024
LARGEST_BUNDLE_BYTES = 8 * 1024 * 1024
LARGEST_OWN_BYTES = 2 * 1024 * 1024
LARGEST_PLAIN_MINIFIED_BYTES = 100 * 1024
# Hand-written files are smaller, so that all of a smaller one is taken to be the owner's.
LARGEST_PLAIN_BUNDLE_BYTES = 100 * 1024
_LONG_LINE = 500
# esbuild and bun write each input file's path above its code, rolldown around it:
# https://esbuild.github.io/api/#minify
_MARK = re.compile(
    r"^//(?:#region)? (?P<path>(?:[\w.-]+:)?(?:\.{1,2}/|/)*[\w@.+()\[\] -]+(?:/[\w@.+()\[\] -]+)*"
    r"\.(?:[cm]?[jt]sx?|json))$"
)
# https://github.com/rollup/plugins/tree/master/packages/commonjs
_HELPERS = (b"function getDefaultExportFromCjs", b"var commonjsGlobal", b"function getAugmentedNamespace")
_DEFINES = re.compile(r"^(?:var|let|const|class|async function\*?|function\*?) ([\w$]+)")
# esbuild's name for what a file exports by default.
_DEFAULT = re.compile(r"_default\d*$")
# esbuild's wrapper around a CommonJS file, which runs when it is first required.
_WRAPPED = re.compile(r'^var require_[\w$]+ = __commonJS\(\{$|^  "[^"\n]+"\([\w$, ]*\) \{$|^  \}$|^\}\);$')
_OPENING = "= __commonJS({"
_TAKEN = re.compile(r"^\s*(?:var|const|let) \{(?P<names>[\w$, ]+)\} = (?P<file>require_[\w$]+)\(\);$")
_EXPORTED = re.compile(r"^    module\d*\.exports = \{(?P<names>[^{}]+)\};$")
_PACKAGE = re.compile(r"node_modules/((?:@[^/]+/)?[^/]+)/(?!.*node_modules/)")
_SOURCES = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_WORD = re.compile(r"[\w$]+")


class Bundle(Record, frozen=True, kw_only=True):
    """A bundle with all foreign lines emptied, so that line numbers stand, and the names that they would
    define.

    `names` are (name, package, symbol): `symbol` is "" where the name is the whole package.
    """

    source: bytes
    names: tuple[tuple[str, str, str], ...]


class _Map(msgspec.Struct, rename="camel"):
    sources: list[str | None] = []
    sources_content: list[str | None] = []
    source_root: str | None = ""


def unbundled(source: bytes) -> Bundle | None:
    """The owner's part of a bundle that marks its input files; None where nothing is marked as foreign."""
    if (b"\n// " not in source and b"\n//#region " not in source) or b"node_modules/" not in source:
        return None
    lines = source.decode("utf-8", "replace").split("\n")
    own: list[str] = []
    defined: dict[str, tuple[str, str]] = {}
    package, foreign = "", False
    for line in lines:
        mark = _MARK.match(line)
        if mark:
            package = _package(mark["path"])
            foreign = foreign or bool(package)
        elif line == "//#endregion":
            package = ""
        elif package:
            name = _DEFINES.match(line)
            if name:
                whole = name[1].startswith("require_") or _DEFAULT.search(name[1])
                symbol = "" if whole else name[1]
                defined.setdefault(name[1], (package, symbol))
        own.append("" if package or mark else line)
    if not foreign:
        return None
    own = _unwrapped(own, defined)
    text = "\n".join(own)
    used = set(_WORD.findall(text))
    names = tuple((name, *found) for name, found in defined.items() if name in used)
    return Bundle(source=text.encode(), names=names)


def _unwrapped(own: list[str], defined: Mapping[str, tuple[str, str]]) -> list[str]:
    """Own lines with the wrappers around CommonJS files emptied, so that their code stands in the module.

    What one own file takes from another is named as it stands there. The word `__commonJS` is left: calls
    between such files are not followed in every form.
    """
    kept: list[str] = []
    given: dict[str, str] = {}
    inside = False
    for line in own:
        inside = inside or line.endswith(_OPENING)
        taken = _TAKEN.match(line)
        if inside and _WRAPPED.match(line):
            kept.append("__commonJS;" if line.endswith(_OPENING) else "")
        elif taken and taken["file"] not in defined:
            names = [name.strip() for name in taken["names"].split(",")]
            kept.append(" ".join(f"var {name} = {given[name]};" for name in names if name in given))
        else:
            kept.append(line)
        exported = _EXPORTED.match(line) if inside else None
        given.update(_pairs(exported["names"]) if exported else ())
        inside = inside and line != "});"
    return kept


def _pairs(names: str) -> Iterator[tuple[str, str]]:
    """The names that an object gives, with what they stand for: `save: save2, load`."""
    for pair in names.split(","):
        name, _, stands_for = pair.partition(":")
        if _WORD.fullmatch(stands_for.strip() or name.strip()):
            yield name.strip(), stands_for.strip() or name.strip()


def _package(path: str) -> str:
    found = _PACKAGE.search(path)
    return found[1] if found else ""


def minified(source: bytes) -> bool:
    """Whether source has the long lines of minified code."""
    return len(source) // (source.count(b"\n") + 1) > _LONG_LINE


def joined(source: bytes) -> bool:
    """Whether a bundler that marks nothing has joined packages into a file: rollup's helpers for CommonJS."""
    return any(helper in source for helper in _HELPERS)


def own_sources(path: str, data: bytes) -> Mapping[str, bytes]:
    """The owner's sources inside a source map, by their paths from the folder of the file at `path`.

    Empty where the map holds no sources, or only those of packages. https://tc39.es/ecma426/
    """
    try:
        found = msgspec.json.decode(data.removeprefix(b")]}'\n"), type=_Map)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return {name: text.encode() for name, text in _own(found, path)}


def _own(found: _Map, path: str) -> Iterator[tuple[str, str]]:
    for source, text in zip(found.sources, found.sources_content, strict=False):
        if (
            not source
            or not text
            or "node_modules/" in source
            or source.startswith(("webpack/", "webpack:///webpack"))
        ):
            continue
        name = posixpath.normpath(
            posixpath.join(found.source_root or "", re.sub(r"^[\w+-]+://[^/]*/", "", source))
        )
        while name.startswith("../"):
            name = name[3:]
        name = name.lstrip("/")
        if name.endswith(_SOURCES) and name != path:
            yield name, text
