"""Python source to a module of facts."""

import tree_sitter_python
from tree_sitter import Language, Node

from auditor.code.python_statements import VISITORS, targets_of
from auditor.code.python_values import string_text, value_of
from auditor.code.reading import (
    Deadline,
    Dialect,
    Draft,
    Steps,
    Visitor,
    field,
    inner,
    line_of,
    read_module,
    text_of,
)
from auditor.code.syntax import (
    Access,
    Assignment,
    Import,
    Kind,
    Module,
    Place,
    Role,
    Scope,
    Site,
    Value,
    dotted,
    last,
)

_LOG_METHODS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"}
)


def read_python(path: str, source: bytes, deadline: Deadline) -> Module:
    """Read a Python file of any version. Raises `SourceError` as `read_module` does."""
    grammar = Language(tree_sitter_python.language())
    return read_module(path, source, Dialect("python", grammar, _VISITORS), deadline)


def _function(draft: Draft, node: Node, place: Place) -> Steps:
    number = node.start_byte
    name = text_of(field(node, "name")) or "lambda"
    draft.scopes[number] = Scope(
        number=number,
        name=name,
        line=line_of(node),
        end_line=node.end_point[0] + 1,
        parent=place.scope,
        owner=draft.owners.pop(number, ""),
        parameters=_parameters(field(node, "parameters")),
        decorators=_decorators(node),
        asynchronous=any(child.type == "async" for child in node.children[:1]),
    )
    body_place = inner(number)
    body = field(node, "body")
    yield from _defaults(draft, field(node, "parameters"), place, body_place)
    if body is None:
        return
    _docstring(draft, body)
    if node.type == "lambda":
        draft.returns.append(Site(value=value_of(body), place=body_place, line=line_of(body)))
    yield body, body_place


def _parameters(node: Node | None) -> tuple[str, ...]:
    names = []
    for child in node.named_children if node is not None else ():
        if child.type == "identifier":
            names.append(text_of(child))
        elif child.type in {"default_parameter", "typed_default_parameter"}:
            names.append(text_of(field(child, "name")))
        elif child.type in {"typed_parameter", "list_splat_pattern", "dictionary_splat_pattern"}:
            names.append(text_of(child.named_children[0]).lstrip("*") if child.named_children else "")
    return tuple(names)


def _defaults(draft: Draft, node: Node | None, place: Place, body_place: Place) -> Steps:
    for child in node.named_children if node is not None else ():
        default = field(child, "value")
        if default is None:
            continue
        name = text_of(field(child, "name"))
        draft.assignments.append(
            Assignment(
                target=name, value=value_of(default), place=body_place, line=line_of(child), how="default"
            )
        )
        draft.name(default, name, Role.ASSIGNED)
        yield default, place


def _decorators(node: Node) -> tuple[Value, ...]:
    parent = node.parent
    if parent is None or parent.type != "decorated_definition":
        return ()
    found = [child for child in parent.named_children if child.type == "decorator"]
    return tuple(value_of(child.named_children[0]) for child in found if child.named_children)


def _class(draft: Draft, node: Node, place: Place) -> Steps:
    name = text_of(field(node, "name"))
    bases = field(node, "superclasses")
    draft.classes.append(
        (name, tuple(dotted(value_of(base)) for base in bases.named_children) if bases else ())
    )
    if bases is not None:
        yield bases, place
    body = field(node, "body")
    if body is None:
        return
    _docstring(draft, body)
    for child in body.named_children:
        method = field(child, "definition") if child.type == "decorated_definition" else child
        if method is not None and method.type == "function_definition":
            draft.owners[method.start_byte] = name
        yield child, place


def _docstring(draft: Draft, body: Node) -> None:
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is not None and first.type == "expression_statement" and first.named_children:
        draft.name(first.named_children[0], "", Role.DOCSTRING)


def _module(draft: Draft, node: Node, place: Place) -> Steps:
    _docstring(draft, node)
    return [(child, place) for child in node.named_children]


def _import(draft: Draft, node: Node, place: Place) -> Steps:
    for child in node.children_by_field_name("name"):
        module = text_of(field(child, "name") if child.type == "aliased_import" else child)
        alias = text_of(field(child, "alias")) if child.type == "aliased_import" else ""
        local = alias or module.partition(".")[0]
        target = module if alias else module.partition(".")[0]
        draft.imports.append(Import(local=local, module=target, symbol="", line=line_of(node), place=place))
        if target != module:
            draft.imports.append(Import(local="", module=module, symbol="", line=line_of(node), place=place))
    return ()


def _import_from(draft: Draft, node: Node, place: Place) -> Steps:
    source = field(node, "module_name")
    written = text_of(source)
    level = len(written) - len(written.lstrip("."))
    module = written.lstrip(". ")
    names = [
        (text_of(field(child, "name")), text_of(field(child, "alias")))
        if child.type == "aliased_import"
        else (text_of(child), "")
        for child in node.children_by_field_name("name")
    ]
    if any(child.type == "wildcard_import" for child in node.named_children):
        names = [("*", "*")]
    draft.imports += [
        Import(local=alias or name, module=module, symbol=name, line=line_of(node), place=place, level=level)
        for name, alias in names
    ]
    return ()


def _call(draft: Draft, node: Node, place: Place) -> Steps:
    value = value_of(node)
    draft.calls.append(Site(value=value, place=place, line=value.line))
    called = text_of(field(node, "function")) if value.callee.kind is Kind.NAME else value.callee.text
    arguments = field(node, "arguments")
    if arguments is not None:
        role = Role.LOGGED if last(called) in _LOG_METHODS else Role.ARGUMENT
        environment = called in {"os.environ.get", "os.getenv", "environ.get", "getenv"}
        positional = [child for child in arguments.named_children if child.type != "comment"]
        for position, child in enumerate(positional):
            if environment:
                draft.name(
                    child, _constant(positional[0]), Role.ENVIRONMENT_DEFAULT if position else Role.KEY
                )
            else:
                draft.name(child, last(called), role)
    return [(child, place) for child in node.named_children]


def _constant(node: Node) -> str:
    return string_text(node)[0] if node.type == "string" else ""


def _keyword(draft: Draft, node: Node, place: Place) -> Steps:
    value = field(node, "value")
    name = text_of(field(node, "name"))
    draft.name(value, name, Role.ENVIRONMENT_DEFAULT if name == "default" else Role.ENTRY)
    return [(value, place)] if value is not None else ()


def _pair(draft: Draft, node: Node, place: Place) -> Steps:
    key, value = field(node, "key"), field(node, "value")
    draft.name(key, "", Role.KEY)
    if key is not None:
        draft.name(value, _constant(key), Role.ENTRY)
    return [(child, place) for child in node.named_children]


def _assignment(draft: Draft, node: Node, place: Place) -> Steps:
    left, right = field(node, "left"), field(node, "right")
    if left is None or right is None:
        return [(child, place) for child in node.named_children]
    how = text_of(field(node, "operator")) if node.type == "augmented_assignment" else "="
    value = value_of(right)
    for target in targets_of(left):
        draft.assignments.append(
            Assignment(target=target, value=value, place=place, line=line_of(node), how=how)
        )
    draft.name(right, targets_of(left)[0] if targets_of(left) else "", Role.ASSIGNED)
    steps = [(right, place)]
    if left.type not in {"identifier", "pattern_list", "tuple_pattern"}:
        steps.append((left, place))
    return steps


def _named_expression(draft: Draft, node: Node, place: Place) -> Steps:
    name, value = text_of(field(node, "name")), field(node, "value")
    draft.assignments.append(Assignment(target=name, value=value_of(value), place=place, line=line_of(node)))
    return [(value, place)] if value is not None else ()


def _subscript(draft: Draft, node: Node, place: Place) -> Steps:
    index = field(node, "subscript")
    base = dotted(value_of(field(node, "value")))
    if index is not None and index.type == "string" and base:
        draft.accesses.append(Access(base=base, key=_constant(index), place=place, line=line_of(node)))
    draft.name(index, base, Role.KEY)
    return [(child, place) for child in node.named_children]


def _comparison(draft: Draft, node: Node, place: Place) -> Steps:
    for child in node.named_children:
        draft.name(child, "", Role.COMPARED)
    return [(child, place) for child in node.named_children]


def _global(draft: Draft, node: Node, place: Place) -> Steps:
    draft.declared_global.update((place.scope, text_of(child)) for child in node.named_children)
    return ()


def _string(draft: Draft, node: Node, place: Place) -> Steps:
    text, templated = string_text(node)
    draft.literal(node, text, place, templated=templated)
    strings = node.named_children if node.type == "concatenated_string" else [node]
    return [
        (child, place)
        for string in strings
        for child in string.named_children
        if child.type == "interpolation"
    ]


def _identifier(draft: Draft, node: Node, _place: Place) -> Steps:
    draft.used.add(text_of(node))
    return ()


def _attribute(_draft: Draft, node: Node, place: Place) -> Steps:
    base = field(node, "object")
    return [(base, place)] if base is not None else ()


def _boolean(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    return [(child, place) for child in node.named_children]


_VISITORS: dict[str, Visitor] = {
    **VISITORS,
    "module": _module,
    "function_definition": _function,
    "lambda": _function,
    "class_definition": _class,
    "import_statement": _import,
    "import_from_statement": _import_from,
    "call": _call,
    "keyword_argument": _keyword,
    "pair": _pair,
    "assignment": _assignment,
    "augmented_assignment": _assignment,
    "named_expression": _named_expression,
    "subscript": _subscript,
    "comparison_operator": _comparison,
    "global_statement": _global,
    "string": _string,
    "concatenated_string": _string,
    "identifier": _identifier,
    "attribute": _attribute,
    "boolean_operator": _boolean,
}
