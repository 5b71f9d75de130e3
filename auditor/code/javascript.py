"""JavaScript source to a module of facts."""

import tree_sitter_javascript
from tree_sitter import Language

from auditor.code.reading import Deadline, read_module
from auditor.code.syntax import Module


def read_javascript(path: str, source: bytes, deadline: Deadline) -> Module:
    """Read a JavaScript file. Raises `SourceError` as `read_module` does."""
    grammar = Language(tree_sitter_javascript.language())
    return read_module(path, source, language="javascript", grammar=grammar, visitors={}, deadline=deadline)
