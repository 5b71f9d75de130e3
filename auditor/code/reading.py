"""The walk over a syntax tree that fills a draft of a module: the part that all languages share."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec
from tree_sitter import Language, Node, Parser

from auditor.code.syntax import (
    NOTHING,
    Access,
    Assignment,
    Clause,
    Condition,
    Import,
    Kind,
    Literal,
    Loop,
    Module,
    Place,
    Role,
    Scope,
    Site,
    Value,
)

DEEPEST_VALUE = 12
DEEPEST_BRACKETS = 400
LONGEST_LITERAL = 8192
_CHECK_EVERY = 2048
_OPENING = re.compile(rb"[([{]")
_BRACKETS = re.compile(rb"[][(){}]")
# Chains of prefix operators and arrows nest one level each; no person writes hundreds of them.
_PREFIXES = re.compile(
    rb"(?:[-+~!(\[{*&]\s{0,4}){600}|(?:not\s{1,4}|await\s{1,4}|lambda:\s{0,4}|[a-z_]{1,3}\s{0,2}=>\s{0,"
    rb"2}){600}"
)

Deadline = Callable[[], bool]
Steps = Iterable[tuple[Node, Place]]


class SourceError(Exception):
    """A source file that is not read: nested too deep, or no time left. The text is one sentence without
    source.
    """


class OutOfTimeError(SourceError):
    """The time for a package is used up."""


class Draft:
    """A module while it is being read: what `Module` holds, still growing."""

    def __init__(self) -> None:
        self.scopes: dict[int, Scope] = {}
        self.complexity: dict[int, int] = {}
        self.calls: list[Site] = []
        self.returns: list[Site] = []
        self.raises: list[Site] = []
        self.assignments: list[Assignment] = []
        self.imports: list[Import] = []
        self.clauses: list[Clause] = []
        self.loops: list[Loop] = []
        self.conditions: list[Condition] = []
        self.literals: list[Literal] = []
        self.accesses: list[Access] = []
        self.classes: list[tuple[str, tuple[str, ...]]] = []
        self.exports: dict[str, Value] = {}
        self.declared_global: set[tuple[int, str]] = set()
        self.used: set[str] = set()
        self.named: dict[int, tuple[str, Role]] = {}
        self.owners: dict[int, str] = {}
        self.function_names: dict[int, str] = {}
        self.class_names: dict[int, str] = {}
        self.field_values: list[tuple[str, str, Value, Place, int]] = []
        self.attempts = 0

    def branch(self, place: Place) -> None:
        """Count one more path through the function at a place."""
        self.complexity[place.scope] = self.complexity.get(place.scope, 1) + 1

    def keys(self, text: str, place: Place, line: int) -> None:
        """Keep a key that is written without quotes as a literal of its own."""
        self.literals.append(Literal(text=text[:80], name="", role=Role.KEY, place=place, line=line))

    def name(self, node: Node | None, name: str, role: Role) -> None:
        """Remember what a string literal at a node will be there for."""
        if node is not None:
            self.named[node.start_byte] = (name, role)

    def literal(self, node: Node, text: str, place: Place, *, templated: bool) -> None:
        """Keep a string literal with what was remembered of it."""
        name, role = self.named.pop(node.start_byte, ("", Role.PLAIN))
        self.literals.append(
            Literal(
                text=text[:LONGEST_LITERAL],
                name=name,
                role=role,
                place=place,
                line=line_of(node),
                templated=templated,
            )
        )


Visitor = Callable[[Draft, Node, Place], Steps]


class Dialect(NamedTuple):
    """A language as it is read: its name in facts, its grammar, and what is done at each type of node."""

    language: str
    grammar: Language
    visitors: Mapping[str, Visitor]


def read_module(path: str, source: bytes, dialect: Dialect, deadline: Deadline) -> Module:
    """Read one source file of at most a few MB.

    Raises `SourceError` where it nests too deep to be parsed in bounded memory, `OutOfTimeError` once the
    deadline has passed.
    """
    if _too_deep(source):
        raise SourceError("nested too deep to be parsed")
    if deadline():
        raise OutOfTimeError("no time left")
    root = Parser(dialect.grammar).parse(source).root_node
    draft = Draft()
    _walk(draft, root, dialect.visitors, deadline)
    return _finished(draft, path, dialect.language, root)


def _too_deep(source: bytes) -> bool:
    if _PREFIXES.search(source):
        return True
    if len(_OPENING.findall(source)) < DEEPEST_BRACKETS:
        return False
    depth = deepest = 0
    for bracket in _BRACKETS.finditer(source):
        depth = depth + 1 if bracket[0] in b"([{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest > DEEPEST_BRACKETS


def _walk(draft: Draft, root: Node, visitors: Mapping[str, Visitor], deadline: Deadline) -> None:
    waiting: list[tuple[Node, Place]] = [(root, Place())]
    seen = 0
    while waiting:
        node, place = waiting.pop()
        seen += 1
        if seen % _CHECK_EVERY == 0 and deadline():
            raise OutOfTimeError("no time left")
        visitor = visitors.get(node.type)
        steps = (
            [(child, place) for child in node.named_children]
            if visitor is None
            else list(visitor(draft, node, place))
        )
        waiting.extend(reversed(steps))


def _finished(draft: Draft, path: str, language: str, root: Node) -> Module:
    scopes = tuple(
        msgspec.structs.replace(scope, complexity=draft.complexity.get(scope.number, 1))
        for scope in draft.scopes.values()
    )
    return Module(
        path=path,
        language=language,
        scopes=scopes,
        calls=tuple(draft.calls),
        returns=tuple(draft.returns),
        raises=tuple(draft.raises),
        assignments=tuple(draft.assignments),
        imports=tuple(draft.imports),
        clauses=tuple(draft.clauses),
        loops=tuple(draft.loops),
        conditions=tuple(draft.conditions),
        literals=tuple(draft.literals),
        accesses=tuple(draft.accesses),
        classes=tuple(draft.classes),
        fields=tuple(draft.field_values),
        exports=tuple(draft.exports.items()),
        declared_global=frozenset(draft.declared_global),
        used=frozenset(draft.used),
        lines=root.end_point[0] + 1,
        whole=not root.has_error,
    )


def line_of(node: Node) -> int:
    """Line of a node, from 1."""
    return node.start_point[0] + 1


def text_of(node: Node | None) -> str:
    """Source of a node; for names and literals only."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def inner(scope: int) -> Place:
    """The place of a function's body: none of the statements around its definition run around it."""
    return Place(scope=scope)


def replaced(place: Place, **changes: object) -> Place:
    """A place with changes."""
    return msgspec.structs.replace(place, **changes)


def field(node: Node, name: str) -> Node | None:
    """A child by its field."""
    return node.child_by_field_name(name)


def joined(kind: Kind, text: str, values: Iterable[Value], line: int) -> Value:
    """A value with unlabelled parts."""
    return Value(
        kind=kind, text=text, parts=tuple(("", value) for value in values if value is not NOTHING), line=line
    )
