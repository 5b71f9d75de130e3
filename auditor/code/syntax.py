"""What the reading of a source file keeps of it: calls, assignments, scopes and their places, for any
language.

These values live only while a package is analysed: they hold literals, so none of them is printed, logged or
stored.
"""

from collections.abc import Iterator
from enum import Enum

import msgspec

MODULE_SCOPE = -1


class Kind(Enum):
    """The shape of an expression."""

    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    NONE = "none"
    CALL = "call"
    MEMBER = "member"
    SUBSCRIPT = "subscript"
    DICT = "dict"
    LIST = "list"
    TEMPLATE = "template"
    FUNCTION = "function"
    CHOICE = "choice"
    OPERATION = "operation"
    OTHER = "other"


class Role(Enum):
    """What a string literal is there for."""

    PLAIN = "plain"
    ASSIGNED = "assigned"
    ARGUMENT = "argument"
    ENTRY = "entry"
    ENVIRONMENT_DEFAULT = "environment-default"
    LOGGED = "logged"
    KEY = "key"
    COMPARED = "compared"
    DOCSTRING = "docstring"
    IMPORTED = "imported"


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """An expression, as deep as detectors look.

    `text` by kind: dotted name, literal, attribute of a member, operator, `new` for a construction, byte
    offset of a function. `parts` are labelled: a call has `()` for what is called, `""` for arguments, names
    for keywords, `*` and `**` for spreads; a subscript has `""` and `[]`; a dictionary its keys.
    """

    kind: Kind
    text: str = ""
    parts: tuple[tuple[str, "Value"], ...] = ()
    line: int = 0

    def __repr__(self) -> str:
        """Name the shape alone: a literal may be a secret."""
        return f"Value({self.kind.value}, line={self.line})"

    @property
    def callee(self) -> "Value":
        """What a call calls."""
        return self.part("()") or NOTHING

    @property
    def arguments(self) -> tuple["Value", ...]:
        """Positional arguments of a call, items of a list."""
        return tuple(value for label, value in self.parts if not label)

    @property
    def spreads(self) -> bool:
        """Whether a call or dictionary takes entries that are not written out."""
        return any(label in {"*", "**"} for label, _ in self.parts)

    def part(self, label: str) -> "Value | None":
        """The first part with a label."""
        return next((value for found, value in self.parts if found == label), None)

    def argument(self, position: int, keyword: str = "") -> "Value | None":
        """An argument by keyword, else by position from 0."""
        named = self.part(keyword) if keyword else None
        if named is not None:
            return named
        positional = self.arguments
        return positional[position] if position < len(positional) else None

    def walk(self) -> Iterator["Value"]:
        """This value and all inside it."""
        waiting = [self]
        while waiting:
            value = waiting.pop()
            yield value
            waiting.extend(part for _, part in reversed(value.parts))


NOTHING = Value(kind=Kind.OTHER)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where code stands: its function, and the statements of that function that enclose it, by their numbers.

    `guarded` is whether it runs only where something is still missing (`if client is None`).
    """

    scope: int = MODULE_SCOPE
    loop: int = -1
    tries: tuple[int, ...] = ()
    clauses: tuple[int, ...] = ()
    conditional: bool = False
    guarded: bool = False


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A function or method; `number` is its byte offset, `owner` the class of a method, `parent` what
    encloses it.
    """

    number: int
    name: str
    line: int
    end_line: int
    parent: int = MODULE_SCOPE
    owner: str = ""
    parameters: tuple[str, ...] = ()
    decorators: tuple[Value, ...] = ()
    asynchronous: bool = False
    complexity: int = 1


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A call, a return (NOTHING for none), or a raise of `value` at a place."""

    value: Value
    place: Place
    line: int


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A binding of a dotted name. `how` is `=`, an augmented operator, `default`, `item` (of a loop) or
    `with`.
    """

    target: str
    value: Value
    place: Place
    line: int
    how: str = "="


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """An import of `symbol` of `module` ("" for the module) as `local`; `level` counts leading dots."""

    local: str
    module: str
    symbol: str
    line: int
    place: Place
    level: int = 0


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One `except` or `catch`: the types it names (none: everything), its error's name, whether its body does
    nothing.

    `does` names the kinds of its direct statements: `pass`, `return`, `continue`, `break`, `raise`, `other`.
    """

    number: int
    attempt: int
    types: tuple[str, ...]
    alias: str
    line: int
    end_line: int
    place: Place
    does: tuple[str, ...]


class Loop(msgspec.Struct, frozen=True, kw_only=True):
    """A loop over `over` (NOTHING for a loop with a condition); its place is that of the statement."""

    number: int
    over: Value
    target: str
    place: Place
    line: int


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What an `if`, a conditional expression or a `case` asks; `subject` is what a `case` compares."""

    value: Value
    place: Place
    line: int
    subject: Value = NOTHING


class Literal(msgspec.Struct, frozen=True, kw_only=True):
    """A string literal with the name it is given to (variable, keyword, key, called function)."""

    text: str
    name: str
    role: Role
    place: Place
    line: int
    templated: bool = False

    def __repr__(self) -> str:
        """Leave the text out."""
        return f"Literal({self.role.value}, line={self.line})"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """A subscript by a constant key (`event["id"]`), in which `base` is dotted."""

    base: str
    key: str
    place: Place
    line: int


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """One source file. `exports` are the names that other files and the runtime see, with what they stand
    for.

    `classes` are names with their bases, `fields` (class, field, value, place, line) of initialised instance
    fields, `used` the identifiers outside imports; `whole` is whether all of the file could be parsed.
    """

    path: str
    language: str
    scopes: tuple[Scope, ...]
    calls: tuple[Site, ...]
    returns: tuple[Site, ...]
    raises: tuple[Site, ...]
    assignments: tuple[Assignment, ...]
    imports: tuple[Import, ...]
    clauses: tuple[Clause, ...]
    loops: tuple[Loop, ...]
    conditions: tuple[Condition, ...]
    literals: tuple[Literal, ...]
    accesses: tuple[Access, ...]
    classes: tuple[tuple[str, tuple[str, ...]], ...]
    fields: tuple[tuple[str, str, Value, Place, int], ...]
    exports: tuple[tuple[str, Value], ...]
    declared_global: frozenset[tuple[int, str]]
    used: frozenset[str]
    lines: int
    whole: bool

    def __repr__(self) -> str:
        """Name the file alone."""
        return f"Module({self.path})"


def dotted(value: Value) -> str:
    """The dotted text of a name, or of a member chain that starts at a call as `().name`; "" for anything
    else.
    """
    tail = ""
    while value.kind is Kind.MEMBER:
        tail = f".{value.text}{tail}"
        value = value.part("") or NOTHING
    if value.kind is Kind.NAME:
        return value.text + tail
    if value.kind is Kind.CALL:
        return f"(){tail}" if tail else ""
    return ""


def last(name: str) -> str:
    """The last word of a dotted name."""
    return name.rpartition(".")[2]


def method_of(call: Value) -> str:
    """Name of the function or method that a call calls, without what it is called on."""
    callee = call.callee
    return (
        callee.text if callee.kind is Kind.MEMBER else last(callee.text) if callee.kind is Kind.NAME else ""
    )


def receiver_of(call: Value) -> Value:
    """What a method is called on; NOTHING for a plain function."""
    callee = call.callee
    if callee.kind is Kind.MEMBER:
        return callee.part("") or NOTHING
    if callee.kind is Kind.NAME and "." in callee.text:
        return Value(kind=Kind.NAME, text=callee.text.rpartition(".")[0], line=callee.line)
    return NOTHING


def mentions(value: Value, name: str) -> bool:
    """Whether an expression uses a name, whole or as the start of a dotted one."""
    return any(
        part.kind is Kind.NAME and (part.text == name or part.text.startswith(f"{name}."))
        for part in value.walk()
    )


def mentioned(value: Value) -> frozenset[str]:
    """All names that an expression uses, whole and as starts: `a.b.c` uses `a` and `a.b` too."""
    found: set[str] = set()
    for part in value.walk():
        if part.kind is Kind.NAME:
            words = part.text.split(".")
            found.update(".".join(words[: number + 1]) for number in range(len(words)))
    return frozenset(found)
