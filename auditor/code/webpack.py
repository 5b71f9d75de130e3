"""Bundles of webpack and ncc: the owner's modules in them, as far as the bundle says whose a module is."""

import re
from collections.abc import Iterator, Mapping

from auditor.model import Record

_LINKERS = (b"__webpack_require__(", b"__nccwpck_require__(")
# Development builds write each module's path in a banner above it.
_BANNER = re.compile(
    r"^ *!\*\*\* (?P<path>[^\n*]{1,400}?)(?: \+ \d+ modules)? \*\*\*!\n[^\n]*\n", re.MULTILINE
)
# Modules that are joined into one keep their paths in comments.
_JOINED = re.compile(
    r"^;?// (?:CONCATENATED MODULE: )?(?P<path>\.{0,2}/?[^\n\"]{1,400}\.[a-z]{2,4}|external [^\n]+)$"
)
_NUMBERED = re.compile(r"^/\*{3}/ (?:\()?\"?(?P<id>[\w@./+-]+)\"?", re.MULTILINE)
_ENTRY = re.compile(r"^(?:var|let|const) __webpack_exports__ = \{\};$", re.MULTILINE)
_WRAPPER = re.compile(
    r"^\(?(?:function ?)?\(?\([\w, ]*\b(?:module|__webpack_\w+|exports)\b[\w, ]*\) ?(?:=> ?)?\{$"
)
_LONGEST_WRAPPER = 300
_REQUIRED = re.compile(
    r"__webpack_require__\((?:/\*! (?P<name>[^*\n]{1,300}?) \*/ ?)?(?P<id>[^()\n]{1,300}?)\)"
)
_EXTERNAL = re.compile(
    r"^/\*{3}/ (?:\()?(?P<id>\"?[\w@./+-]+\"?)[^\n]*\n(?:[^\n]*\n){0,6}?"
    r"module\.exports = require\((?P<name>\"[^\"\n]{1,200}\")\)",
    re.MULTILINE,
)
_RUNTIME = re.compile(r"^/\*{3,6}/")
_END = re.compile(r"^/\*{3}/ \}|^/\*{6}/")
_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")


class Parts(Record, frozen=True, kw_only=True):
    """The owner's modules by path, and whether all of them could be told from third-party ones."""

    own: Mapping[str, bytes]
    whole: bool


def webpack_parts(path: str, source: bytes) -> Parts | None:
    """The owner's part of a bundle; None for what no webpack has made.

    Without paths only the entry is known to be the owner's.
    """
    if not any(linker in source for linker in _LINKERS):
        return None
    text = source.decode("utf-8", "replace").replace("__nccwpck_require__", "__webpack_require__")
    externals = {found["id"]: found["name"] for found in _EXTERNAL.finditer(text)}
    own = dict(_bannered(text, externals))
    if own or (_BANNER.search(text) and "eval(" not in text):
        return Parts(own=own, whole=True)
    entry = _entry(text, externals)
    if entry is None:
        return Parts(own={}, whole=False)
    numbered = {found["id"] for found in _NUMBERED.finditer(text)}
    return Parts(own={path: entry.encode()}, whole=numbered <= {name.strip('"') for name in externals})


def _bannered(text: str, externals: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    banners = list(_BANNER.finditer(text))
    for number, banner in enumerate(banners):
        path = banner["path"].strip()
        if "node_modules/" in path or not _SCRIPT.search(path):
            continue
        end = banners[number + 1].start() if number + 1 < len(banners) else len(text)
        body = _body(text[banner.end() : end], externals)
        if "eval(" in body and "sourceURL=webpack" in body:
            return
        while path.startswith(("./", "../")):
            path = path.removeprefix("../").removeprefix("./")
        yield path, body.encode()


def _body(section: str, externals: Mapping[str, str]) -> str:
    """A module's own lines, without the function that webpack puts around them."""
    kept: list[str] = []
    begun = False
    for line in section.split("\n"):
        if _END.match(line):
            break
        wraps = not begun and len(line) < _LONGEST_WRAPPER and _WRAPPER.match(line)
        outside = wraps or _RUNTIME.match(line) or line.startswith("/*!")
        kept.append("" if outside or line == "module.exports = __webpack_exports__;" else line)
        begun = begun or bool(kept[-1])
    while kept and kept[-1].strip() in {"", "})();", "}();"}:
        kept.pop()
    return _linked("\n".join(kept), externals)


def _linked(text: str, externals: Mapping[str, str]) -> str:
    """Name what is required as the source did."""

    def named(found: re.Match[str]) -> str:
        if found["name"]:
            return f'require("{found["name"]}")'
        name = externals.get(found["id"].strip())
        return f"require({name})" if name else found[0]

    return _REQUIRED.sub(named, text).replace('["default"]', ".default")


def _entry(text: str, externals: Mapping[str, str]) -> str | None:
    """The entry at the end of a bundle, on the lines where it stands; joined modules of packages left out."""
    starts = list(_ENTRY.finditer(text))
    if not starts:
        return None
    start = starts[-1].end()
    kept: list[str] = []
    foreign = False
    for line in text[start:].split("\n"):
        mark = _JOINED.match(line)
        if mark:
            foreign = "node_modules/" in mark["path"]
        kept.append(
            ""
            if foreign or mark or _RUNTIME.match(line) or line.strip() in {"(() => {", "})();", ";"}
            else line
        )
    body = "\n".join(kept).replace("module.exports = __webpack_exports__;", "")
    return "\n" * text[:start].count("\n") + _linked(body, externals)
