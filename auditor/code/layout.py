"""Where the runtimes look for modules: imports and handler strings to files of a package."""

import posixpath
from collections.abc import Collection

from auditor.model import Record

PYTHON_ROOTS = ("", "python/")
NODE_ENDINGS = (".js", ".mjs", ".cjs")
# Only source maps give these.
TYPED_ENDINGS = (".ts", ".tsx", ".mts", ".cts")


class Reference(Record, frozen=True, kw_only=True):
    """A handler string split: the file's path without its ending, and the dotted name in it."""

    stem: str
    name: str


def python_file(names: Collection[str], path: str, module: str, level: int) -> str | None:
    """The own file that an import names, as `python app.py` in the package's root would find it.

    `level` counts the leading dots of a relative import from the file at `path`.
    """
    inside = module.replace(".", "/")
    if level:
        folder = posixpath.dirname(path)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        return _python_candidate(names, posixpath.join(folder, inside) if inside else folder)
    if not inside:
        return None
    roots = dict.fromkeys((*PYTHON_ROOTS, *_source_roots(path)))
    found = (_python_candidate(names, f"{root}{inside}") for root in roots)
    return next((candidate for candidate in found if candidate), None)


def _source_roots(path: str) -> tuple[str, ...]:
    """Folders that programs put on `sys.path` themselves: that of the importing file."""
    folder = posixpath.dirname(path)
    return (f"{folder}/",) if folder else ()


def _python_candidate(names: Collection[str], stem: str) -> str | None:
    return next((name for name in (f"{stem}.py", f"{stem}/__init__.py") if name in names), None)


def node_file(names: Collection[str], path: str, module: str, _level: int) -> str | None:
    """The own file that `require` or `import` of a relative or absolute specifier names."""
    if not module.startswith((".", "/")):
        return None
    base = (
        module.removeprefix("/var/task/")
        if module.startswith("/")
        else posixpath.join(posixpath.dirname(path), module)
    )
    stem = posixpath.normpath(base)
    found = node_candidate(names, stem)
    if found is not None:
        return found
    # TypeScript sources name each other without an ending, or with that of the file they will become.
    stem = stem.removesuffix(".js")
    typed = (*(f"{stem}{ending}" for ending in TYPED_ENDINGS), f"{stem}/index.ts")
    return next((name for name in typed if name in names), None)


def node_candidate(names: Collection[str], stem: str) -> str | None:
    """The file that Node.js loads for a path without its ending."""
    endings = ("", *NODE_ENDINGS, *(f"/index{ending}" for ending in NODE_ENDINGS))
    found = (f"{stem}{ending}" for ending in endings)
    return next((name for name in found if name in names and name.endswith(NODE_ENDINGS)), None)


def python_handler(handler: str) -> Reference | None:
    """Split a Python handler string at its last dot; dots and slashes before it are folders.

    https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
    """
    module, _, name = handler.rpartition(".")
    if not module or not name:
        return None
    return Reference(stem=module.replace(".", "/").removeprefix("/var/task/").lstrip("/"), name=name)


def node_handler(handler: str) -> Reference | None:
    """Split a Node.js handler string at the first dot of its last path segment.

    https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
    """
    folder, _, base = handler.removeprefix("/var/task/").rpartition("/")
    stem, _, name = base.partition(".")
    if not stem or not name:
        return None
    return Reference(stem=posixpath.normpath(posixpath.join(folder, stem)), name=name)
