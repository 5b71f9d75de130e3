"""JavaScript source, CommonJS or modules, to a module of facts."""

import tree_sitter_javascript
from tree_sitter import Language, Node

from auditor.code.javascript_definitions import DEFINITIONS, destructured
from auditor.code.javascript_modules import (
    assigned_export,
    exported,
    imported,
    required,
    returned_exports,
)
from auditor.code.javascript_statements import VISITORS, collective
from auditor.code.javascript_values import first, is_function, key_of, string_text, value_of
from auditor.code.reading import (
    Deadline,
    Dialect,
    Draft,
    SourceError,
    Steps,
    Visitor,
    field,
    line_of,
    read_module,
    replaced,
    text_of,
)
from auditor.code.syntax import (
    NOTHING,
    Access,
    Assignment,
    Kind,
    Module,
    Place,
    Role,
    Site,
    dotted,
    last,
)
from auditor.code.typescript import ENDINGS, typescript_grammar

_LOG_METHODS = frozenset({"debug", "info", "warn", "error", "log", "trace", "fatal"})


def read_javascript(path: str, source: bytes, deadline: Deadline) -> Module:
    """Read a JavaScript or TypeScript file. Raises `SourceError` as `read_module` does, and where the grammar
    is missing.
    """
    typed = path.endswith(ENDINGS)
    grammar = typescript_grammar(path) if typed else Language(tree_sitter_javascript.language())
    if grammar is None:
        raise SourceError("TypeScript of a source map; its grammar is not installed")
    return read_module(path, source, Dialect("javascript", grammar, _VISITORS), deadline)


def _declarator(draft: Draft, node: Node, place: Place) -> Steps:
    name, right = field(node, "name"), field(node, "value")
    if name is None or right is None:
        return ()
    value = value_of(right)
    if required(draft, name, value, place, line_of(node)):
        return [(right, place)]
    if name.type == "object_pattern":
        destructured(draft, name, dotted(value), place)
        steps = [(right, place)]
    else:
        steps = _bound(draft, text_of(name), right, place)
    return steps


def _bound(draft: Draft, name: str, right: Node, place: Place, how: str = "=") -> list[tuple[Node, Place]]:
    value = value_of(right)
    draft.assignments.append(Assignment(target=name, value=value, place=place, line=line_of(right), how=how))
    draft.name(right, last(name), Role.ASSIGNED)
    if is_function(right):
        draft.function_names[right.start_byte] = last(name)
    if right.type == "class":
        draft.class_names[right.start_byte] = last(name)
    return [(right, place)]


def _assign(draft: Draft, node: Node, place: Place) -> Steps:
    left, right = field(node, "left"), field(node, "right")
    if left is None or right is None:
        return [(child, place) for child in node.named_children]
    how = text_of(field(node, "operator")) if node.type == "augmented_assignment_expression" else "="
    if left.type == "object_pattern":
        destructured(draft, left, dotted(value_of(right)), place)
        return [(right, place)]
    target = _target(left)
    steps: list[tuple[Node, Place]] = []
    if target:
        steps += _bound(draft, target, right, place, how or "=")
        assigned_export(draft, target, value_of(right))
    else:
        steps.append((right, place))
    if left.type != "identifier":
        steps.append((left, place))
    return steps


def _target(left: Node) -> str:
    value = value_of(left)
    if value.kind is Kind.SUBSCRIPT:
        base = dotted(value.part("") or NOTHING)
        index = value.part("[]") or NOTHING
        if base in {"exports", "module.exports"} and index.kind is Kind.STRING:
            return f"{base}.{index.text}"
        return f"{base}[{index.text if index.kind is Kind.STRING else ''}]" if base else ""
    return dotted(value)


def _call(draft: Draft, node: Node, place: Place) -> Steps:
    value = value_of(node)
    if value.kind is Kind.CALL:
        draft.calls.append(Site(value=value, place=place, line=value.line))
    returned_exports(draft, value)
    called = dotted(value.callee) or value.callee.text
    arguments = field(node, "arguments")
    if arguments is not None:
        role = (
            Role.LOGGED if last(called) in _LOG_METHODS or called in {"Error", "TypeError"} else Role.ARGUMENT
        )
        if called in {"require", "import"}:
            role = Role.IMPORTED
        for child in arguments.named_children:
            draft.name(child, last(called), role)
    loop = collective(draft, value, node, place) if value.kind is Kind.CALL else None
    for child in node.named_children:
        if loop is not None and child.type == "arguments":
            yield from ((argument, loop) for argument in child.named_children)
        else:
            yield child, place


def _pair(draft: Draft, node: Node, place: Place) -> Steps:
    key, value = field(node, "key"), field(node, "value")
    draft.name(value, key_of(key), Role.ENTRY)
    if key is not None and key.type == "string":
        draft.name(key, "", Role.KEY)
        yield key, place
    elif key is not None:
        draft.keys(text_of(key), place, line_of(key))
        if key.type == "computed_property_name":
            yield key, place
    if value is not None:
        yield value, place


def _shorthand(draft: Draft, node: Node, place: Place) -> Steps:
    draft.used.add(text_of(node))
    draft.keys(text_of(node), place, line_of(node))
    return ()


def _import(draft: Draft, node: Node, place: Place) -> Steps:
    imported(draft, node, place)
    return ()


def _export(draft: Draft, node: Node, place: Place) -> Steps:
    return exported(draft, node, place)


def _member(draft: Draft, node: Node, place: Place) -> Steps:
    base, name = field(node, "object"), text_of(field(node, "property"))
    text = dotted(value_of(base))
    if text:
        draft.accesses.append(Access(base=text, key=name, place=place, line=line_of(node)))
    return [(base, place)] if base is not None else ()


def _subscript(draft: Draft, node: Node, place: Place) -> Steps:
    index = field(node, "index")
    base = dotted(value_of(field(node, "object")))
    if index is not None and index.type == "string":
        if base:
            key = string_text(index)[0]
            draft.accesses.append(Access(base=base, key=key, place=place, line=line_of(node)))
        draft.name(index, base, Role.KEY)
    return [(child, place) for child in node.named_children]


def _binary(draft: Draft, node: Node, place: Place) -> Steps:
    operator = text_of(field(node, "operator"))
    left, right = field(node, "left"), field(node, "right")
    if operator in {"&&", "||", "??"}:
        draft.branch(place)
    if operator in {"===", "==", "!==", "!="}:
        draft.name(left, "", Role.COMPARED)
        draft.name(right, "", Role.COMPARED)
    if operator in {"||", "??"} and right is not None and right.type in {"string", "template_string"}:
        named = dotted(value_of(left))
        role = Role.ENVIRONMENT_DEFAULT if named.startswith("process.env.") else Role.ASSIGNED
        draft.name(right, last(named), role)
    if operator in {"||", "??"} and left is not None and right is not None and _keeps(left, right):
        return [(left, place), (right, replaced(place, guarded=True))]
    return [(child, place) for child in node.named_children]


def _keeps(left: Node, right: Node) -> bool:
    """Whether a value is made only where it is missing, and kept: `client || (client = new Client())`."""
    inner = first(right) if right.type == "parenthesized_expression" else None
    if inner is None or inner.type != "assignment_expression":
        return False
    return text_of(field(inner, "left")) == text_of(left)


def _string(draft: Draft, node: Node, place: Place) -> Steps:
    text, templated = string_text(node)
    draft.literal(node, text, place, templated=templated)
    return [(child, place) for child in node.named_children if child.type == "template_substitution"]


def _nothing(_draft: Draft, _node: Node, _place: Place) -> Steps:
    return ()


def _identifier(draft: Draft, node: Node, _place: Place) -> Steps:
    draft.used.add(text_of(node))
    return ()


_VISITORS: dict[str, Visitor] = {
    **VISITORS,
    **DEFINITIONS,
    "variable_declarator": _declarator,
    "assignment_expression": _assign,
    "augmented_assignment_expression": _assign,
    "call_expression": _call,
    "new_expression": _call,
    "pair": _pair,
    "shorthand_property_identifier": _shorthand,
    "import_statement": _import,
    "export_statement": _export,
    "member_expression": _member,
    "subscript_expression": _subscript,
    "binary_expression": _binary,
    "string": _string,
    "template_string": _string,
    "identifier": _identifier,
    "type_annotation": _nothing,
    "type_arguments": _nothing,
    "type_parameters": _nothing,
    "interface_declaration": _nothing,
    "type_alias_declaration": _nothing,
    "ambient_declaration": _nothing,
}
