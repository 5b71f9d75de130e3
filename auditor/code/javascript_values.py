"""JavaScript expressions of a syntax tree as values."""

import re
from collections.abc import Callable

from tree_sitter import Node

from auditor.code.reading import DEEPEST_VALUE, LONGEST_LITERAL, field, joined, line_of, text_of
from auditor.code.syntax import NOTHING, Kind, Value, method_of

_CONSTANTS = {
    "true": Kind.BOOL,
    "false": Kind.BOOL,
    "null": Kind.NONE,
    "undefined": Kind.NONE,
    "number": Kind.NUMBER,
}
_UNWRAPPED = frozenset(
    {
        "await_expression",
        "spread_element",
        "yield_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "extends_clause",
    }
)
_NAMES = frozenset(
    {"identifier", "this", "super", "property_identifier", "shorthand_property_identifier", "import"}
)
# Helpers of compilers and bundlers that hand a module through.
_INTEROP = frozenset(
    {
        "__importStar",
        "__importDefault",
        "__toESM",
        "_interopRequireDefault",
        "_interopRequireWildcard",
        "__toCommonJS",
        "_interopNamespace",
        "__webpack_require__.n",
    }
)
# How esbuild names the functions that hold bundled CommonJS modules.
_BUNDLED_REQUIRE = re.compile(r"require_\w+")


def value_of(node: Node | None, depth: int = 0) -> Value:
    """Convert an expression, down to `DEEPEST_VALUE` levels."""
    if node is None or depth > DEEPEST_VALUE:
        return NOTHING
    kind = node.type
    if kind in _NAMES:
        return Value(kind=Kind.NAME, text=text_of(node), line=line_of(node))
    if kind in _CONSTANTS:
        return Value(kind=_CONSTANTS[kind], text=text_of(node).replace("_", ""), line=line_of(node))
    if kind in _UNWRAPPED:
        return value_of(first(node), depth + 1)
    converter = _CONVERTERS.get(kind)
    return converter(node, depth + 1) if converter else NOTHING


def first(node: Node) -> Node | None:
    """The first child that is no comment."""
    return next((child for child in node.named_children if child.type != "comment"), None)


def string_text(node: Node) -> tuple[str, bool]:
    """The text of a string or template, and whether values are interpolated into it."""
    pieces, templated = [], False
    for child in node.named_children:
        if child.type == "template_substitution":
            pieces.append("{}")
            templated = True
        else:
            pieces.append(text_of(child))
    return "".join(pieces), templated


def is_function(node: Node | None) -> bool:
    """Whether a node is a function expression."""
    return node is not None and node.type in {
        "arrow_function",
        "function_expression",
        "generator_function",
        "function",
    }


def _string(node: Node, depth: int) -> Value:
    text, templated = string_text(node)
    if not templated:
        return Value(kind=Kind.STRING, text=text[:LONGEST_LITERAL], line=line_of(node))
    filled = [
        value_of(first(child), depth)
        for child in node.named_children
        if child.type == "template_substitution"
    ]
    return joined(Kind.TEMPLATE, text[:LONGEST_LITERAL], filled, line_of(node))


def _member(node: Node, depth: int) -> Value:
    base = value_of(field(node, "object"), depth)
    name = text_of(field(node, "property"))
    if base.kind is Kind.NAME:
        return Value(kind=Kind.NAME, text=f"{base.text}.{name}", line=line_of(node))
    return Value(
        kind=Kind.MEMBER, text=name, parts=(("", base),), line=line_of(field(node, "property") or node)
    )


def _subscript(node: Node, depth: int) -> Value:
    base = value_of(field(node, "object"), depth)
    index = value_of(field(node, "index"), depth)
    return Value(kind=Kind.SUBSCRIPT, parts=(("", base), ("[]", index)), line=line_of(node))


def _call(node: Node, depth: int) -> Value:
    callee = value_of(field(node, "function") or field(node, "constructor"), depth)
    parts = [("()", callee)]
    arguments = field(node, "arguments")
    if arguments is not None and arguments.type == "template_string":
        parts.append(("", value_of(arguments, depth)))
    elif arguments is not None:
        parts += [
            ("*" if child.type == "spread_element" else "", value_of(child, depth))
            for child in arguments.named_children
            if child.type != "comment"
        ]
    made = "new" if node.type == "new_expression" else ""
    call = Value(kind=Kind.CALL, text=made, parts=tuple(parts), line=line_of(node))
    return handed_through(call)


def handed_through(call: Value) -> Value:
    """What a call stands for that only hands a module through: `__toESM(require_x())` is `require_x`."""
    name = call.callee.text if call.callee.kind is Kind.NAME else ""
    if name in _INTEROP and call.arguments:
        return call.arguments[0]
    # The grammar reads `await (0, module.name)(…)` as a call of a function named await.
    if name == "await" and call.arguments:
        return call.arguments[-1]
    if _BUNDLED_REQUIRE.fullmatch(name) and not call.arguments:
        return call.callee
    return call


def _object(node: Node, depth: int) -> Value:
    parts = []
    for child in node.named_children:
        if child.type == "pair":
            parts.append((key_of(field(child, "key")) or "?", value_of(field(child, "value"), depth)))
        elif child.type == "shorthand_property_identifier":
            parts.append((text_of(child), value_of(child, depth)))
        elif child.type == "spread_element":
            parts.append(("**", value_of(child, depth)))
        elif child.type == "method_definition":
            parts.append((text_of(field(child, "name")), _function(child, depth)))
    return Value(kind=Kind.DICT, parts=tuple(parts), line=line_of(node))


def key_of(node: Node | None) -> str:
    """The text of an object's key, "" for a computed one."""
    if node is None or node.type == "computed_property_name":
        return ""
    return string_text(node)[0] if node.type == "string" else text_of(node)


def _items(node: Node, depth: int) -> Value:
    return joined(
        Kind.LIST,
        node.type,
        [value_of(child, depth) for child in node.named_children],
        line_of(node),
    )


def _function(node: Node, _depth: int) -> Value:
    return Value(kind=Kind.FUNCTION, text=str(node.start_byte), line=line_of(node))


def _binary(node: Node, depth: int) -> Value:
    operator = text_of(field(node, "operator"))
    parts = [value_of(field(node, "left"), depth), value_of(field(node, "right"), depth)]
    kind = Kind.CHOICE if operator in {"||", "??"} else Kind.OPERATION
    return joined(kind, operator, parts, line_of(node))


def _unary(node: Node, depth: int) -> Value:
    operator = text_of(field(node, "operator"))
    return joined(Kind.OPERATION, operator, [value_of(field(node, "argument"), depth)], line_of(node))


def _ternary(node: Node, depth: int) -> Value:
    parts = [value_of(field(node, "consequence"), depth), value_of(field(node, "alternative"), depth)]
    return joined(Kind.CHOICE, "if", parts, line_of(node))


def _assignment(node: Node, depth: int) -> Value:
    return value_of(field(node, "right"), depth)


def _parenthesised(node: Node, depth: int) -> Value:
    return value_of(first(node), depth)


def _sequence(node: Node, depth: int) -> Value:
    """The last of a sequence: compilers write `(0, module.name)(…)`."""
    children = [child for child in node.named_children if child.type != "comment"]
    return value_of(children[-1] if children else None, depth)


_CONVERTERS: dict[str, Callable[[Node, int], Value]] = {
    "string": _string,
    "template_string": _string,
    "member_expression": _member,
    "subscript_expression": _subscript,
    "call_expression": _call,
    "new_expression": _call,
    "object": _object,
    "array": _items,
    "arrow_function": _function,
    "function_expression": _function,
    "generator_function": _function,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "ternary_expression": _ternary,
    "assignment_expression": _assignment,
    "augmented_assignment_expression": _assignment,
    "parenthesized_expression": _parenthesised,
    "sequence_expression": _sequence,
}


def is_require(value: Value) -> str:
    """The module that `require("x")` or `import("x")` loads, "" for any other value."""
    if (
        value.kind is Kind.CALL
        and value.callee.text in {"require", "import", "__require"}
        and value.arguments
    ):
        module = value.arguments[0]
        return module.text if module.kind is Kind.STRING else ""
    if value.kind is Kind.CALL and method_of(value) == "then":
        base = value.callee.part("") or NOTHING
        return is_require(base)
    return ""
