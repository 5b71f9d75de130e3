"""The grammar of TypeScript, where its package is installed: sources come with source maps only."""

from importlib import import_module
from importlib.util import find_spec

from tree_sitter import Language

ENDINGS = (".ts", ".mts", ".cts", ".tsx")


def typescript_grammar(path: str) -> Language | None:
    """The grammar for a TypeScript file, None where `tree-sitter-typescript` is not installed."""
    if find_spec("tree_sitter_typescript") is None:
        return None
    grammars = import_module("tree_sitter_typescript")
    return Language(grammars.language_tsx() if path.endswith(".tsx") else grammars.language_typescript())
