"""Python expressions of a syntax tree as values."""

from collections.abc import Callable

from tree_sitter import Node

from auditor.code.reading import DEEPEST_VALUE, LONGEST_LITERAL, field, joined, line_of, text_of
from auditor.code.syntax import NOTHING, Kind, Value

_CONSTANTS = {
    "true": Kind.BOOL,
    "false": Kind.BOOL,
    "none": Kind.NONE,
    "integer": Kind.NUMBER,
    "float": Kind.NUMBER,
}
_WRAPPERS = frozenset(
    {"parenthesized_expression", "await", "expression_statement", "yield", "as_pattern", "type"}
)


def value_of(node: Node | None, depth: int = 0) -> Value:
    """Convert an expression, down to `DEEPEST_VALUE` levels."""
    if node is None or depth > DEEPEST_VALUE:
        return NOTHING
    kind = node.type
    if kind == "identifier":
        return Value(kind=Kind.NAME, text=text_of(node), line=line_of(node))
    if kind in _CONSTANTS:
        return Value(kind=_CONSTANTS[kind], text=text_of(node).lower(), line=line_of(node))
    if kind in _WRAPPERS:
        return value_of(node.named_children[0] if node.named_children else None, depth + 1)
    converter = _CONVERTERS.get(kind)
    return converter(node, depth + 1) if converter else NOTHING


def string_text(node: Node) -> tuple[str, bool]:
    """The text of a string literal, and whether values are interpolated into it."""
    if node.type == "concatenated_string":
        parts = [string_text(child) for child in node.named_children if child.type == "string"]
        return "".join(text for text, _ in parts), any(templated for _, templated in parts)
    pieces, templated = [], False
    for child in node.named_children:
        if child.type == "string_content":
            pieces.append(text_of(child))
        elif child.type == "interpolation":
            pieces.append("{}")
            templated = True
    return "".join(pieces), templated


def _string(node: Node, depth: int) -> Value:
    text, templated = string_text(node)
    if not templated:
        return Value(kind=Kind.STRING, text=text[:LONGEST_LITERAL], line=line_of(node))
    strings = node.named_children if node.type == "concatenated_string" else [node]
    filled = [
        value_of(field(child, "expression"), depth)
        for string in strings
        for child in string.named_children
        if child.type == "interpolation"
    ]
    return joined(Kind.TEMPLATE, text[:LONGEST_LITERAL], filled, line_of(node))


def _attribute(node: Node, depth: int) -> Value:
    base = value_of(field(node, "object"), depth)
    name = text_of(field(node, "attribute"))
    if base.kind is Kind.NAME:
        return Value(kind=Kind.NAME, text=f"{base.text}.{name}", line=line_of(node))
    return Value(
        kind=Kind.MEMBER, text=name, parts=(("", base),), line=line_of(field(node, "attribute") or node)
    )


def _subscript(node: Node, depth: int) -> Value:
    base = value_of(field(node, "value"), depth)
    index = value_of(field(node, "subscript"), depth)
    return Value(kind=Kind.SUBSCRIPT, parts=(("", base), ("[]", index)), line=line_of(node))


def _call(node: Node, depth: int) -> Value:
    parts = [("()", value_of(field(node, "function"), depth))]
    arguments = field(node, "arguments")
    if arguments is not None and arguments.type == "generator_expression":
        parts.append(("", value_of(arguments, depth)))
    elif arguments is not None:
        parts += [_argument(child, depth) for child in arguments.named_children if child.type != "comment"]
    return Value(kind=Kind.CALL, parts=tuple(parts), line=line_of(node))


def _argument(node: Node, depth: int) -> tuple[str, Value]:
    if node.type == "keyword_argument":
        return text_of(field(node, "name")), value_of(field(node, "value"), depth)
    if node.type in {"list_splat", "dictionary_splat"}:
        label = "*" if node.type == "list_splat" else "**"
        return label, value_of(node.named_children[0] if node.named_children else None, depth)
    return "", value_of(node, depth)


def _dictionary(node: Node, depth: int) -> Value:
    parts = []
    for child in node.named_children:
        if child.type == "pair":
            key = value_of(field(child, "key"), depth)
            label = key.text if key.kind is Kind.STRING else "?"
            parts.append((label or "?", value_of(field(child, "value"), depth)))
        elif child.type == "dictionary_splat":
            parts.append(("**", value_of(child.named_children[0], depth)))
    return Value(kind=Kind.DICT, parts=tuple(parts), line=line_of(node))


def _items(kind: Kind) -> Callable[[Node, int], Value]:
    def convert(node: Node, depth: int) -> Value:
        return joined(
            kind, node.type, [value_of(child, depth) for child in node.named_children], line_of(node)
        )

    return convert


def _function(node: Node, _depth: int) -> Value:
    return Value(kind=Kind.FUNCTION, text=str(node.start_byte), line=line_of(node))


def _operation(node: Node, depth: int) -> Value:
    operator = text_of(field(node, "operator")) or node.type
    return joined(
        Kind.OPERATION, operator, [value_of(child, depth) for child in node.named_children], line_of(node)
    )


def _comparison(node: Node, depth: int) -> Value:
    operators = " ".join(text_of(child) for child in node.children_by_field_name("operators"))
    return joined(
        Kind.OPERATION, operators, [value_of(child, depth) for child in node.named_children], line_of(node)
    )


def _boolean(node: Node, depth: int) -> Value:
    operator = text_of(field(node, "operator"))
    kind = Kind.CHOICE if operator == "or" else Kind.OPERATION
    return joined(kind, operator, [value_of(child, depth) for child in node.named_children], line_of(node))


def _walrus(node: Node, depth: int) -> Value:
    return value_of(field(node, "value"), depth)


def _conditional(node: Node, depth: int) -> Value:
    children = [child for child in node.named_children if child.type != "comment"]
    chosen = [children[0], *children[2:]] if children else []
    return joined(Kind.CHOICE, "if", [value_of(child, depth) for child in chosen], line_of(node))


_CONVERTERS: dict[str, Callable[[Node, int], Value]] = {
    "string": _string,
    "concatenated_string": _string,
    "attribute": _attribute,
    "subscript": _subscript,
    "call": _call,
    "dictionary": _dictionary,
    "list": _items(Kind.LIST),
    "tuple": _items(Kind.LIST),
    "set": _items(Kind.LIST),
    "expression_list": _items(Kind.LIST),
    "pattern_list": _items(Kind.LIST),
    "generator_expression": _items(Kind.OPERATION),
    "list_comprehension": _items(Kind.OPERATION),
    "set_comprehension": _items(Kind.OPERATION),
    "dictionary_comprehension": _items(Kind.OPERATION),
    "pair": _items(Kind.OPERATION),
    "for_in_clause": _items(Kind.OPERATION),
    "if_clause": _items(Kind.OPERATION),
    "slice": _items(Kind.OTHER),
    "lambda": _function,
    "binary_operator": _operation,
    "unary_operator": _operation,
    "not_operator": _operation,
    "comparison_operator": _comparison,
    "boolean_operator": _boolean,
    "named_expression": _walrus,
    "conditional_expression": _conditional,
}
