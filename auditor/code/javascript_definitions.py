"""Functions, classes and patterns of JavaScript."""

from tree_sitter import Node

from auditor.code.javascript_values import first, is_function, key_of, value_of
from auditor.code.reading import Draft, Steps, Visitor, field, inner, line_of, text_of
from auditor.code.syntax import NOTHING, Assignment, Kind, Place, Role, Scope, Site, Value, dotted


def _function(draft: Draft, node: Node, place: Place) -> Steps:
    number = node.start_byte
    parameters = field(node, "parameters")
    single = field(node, "parameter")
    names = [text_of(single)] if single is not None else _parameters(parameters)
    name = text_of(field(node, "name")) or draft.function_names.pop(number, "")
    draft.scopes[number] = Scope(
        number=number,
        name=name,
        line=line_of(node),
        end_line=node.end_point[0] + 1,
        parent=place.scope,
        owner=draft.owners.pop(number, ""),
        parameters=tuple(names),
        asynchronous=any(child.type == "async" for child in node.children[:2]),
    )
    body_place = inner(number)
    for child in parameters.named_children if parameters is not None else ():
        if child.type == "assignment_pattern":
            default = field(child, "right")
            draft.assignments.append(
                Assignment(
                    target=text_of(field(child, "left")),
                    value=value_of(default),
                    place=body_place,
                    line=line_of(child),
                    how="default",
                )
            )
            if default is not None:
                yield default, place
        elif child.type == "object_pattern":
            destructured(draft, child, "", body_place)
    body = field(node, "body")
    if body is None:
        return
    if body.type != "statement_block":
        draft.returns.append(Site(value=value_of(body), place=body_place, line=line_of(body)))
    yield body, body_place


def _parameters(node: Node | None) -> list[str]:
    names = []
    for child in node.named_children if node is not None else ():
        if child.type == "comment":
            continue
        # TypeScript wraps a parameter with its type.
        inside = field(child, "pattern") or child
        target = field(inside, "left") if inside.type == "assignment_pattern" else inside
        names.append(text_of(target) if target is not None and target.type == "identifier" else "")
    return names


def destructured(draft: Draft, pattern: Node, base: str, place: Place) -> None:
    """Names that a pattern takes out of an object: `const {a, b: c} = base`."""
    for child in pattern.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            _taken(draft, child, f"{base}.{text_of(child)}" if base else "", place)
        elif child.type == "pair_pattern":
            target, key = field(child, "value"), key_of(field(child, "key"))
            if target is not None and target.type == "identifier":
                _taken(draft, target, f"{base}.{key}" if base else "", place)
            elif target is not None and target.type == "object_pattern":
                destructured(draft, target, f"{base}.{key}" if base else "", place)
        elif child.type == "object_assignment_pattern":
            left = field(child, "left")
            if left is not None:
                _taken(draft, left, f"{base}.{text_of(left)}" if base else "", place)


def _taken(draft: Draft, name: Node, source: str, place: Place) -> None:
    line = line_of(name)
    value = Value(kind=Kind.NAME, text=source, line=line) if source else NOTHING
    draft.assignments.append(Assignment(target=text_of(name), value=value, place=place, line=line))


def _class(draft: Draft, node: Node, place: Place) -> Steps:
    name = text_of(field(node, "name")) or draft.class_names.pop(node.start_byte, "class")
    heritage = next((child for child in node.named_children if child.type == "class_heritage"), None)
    base = dotted(value_of(first(heritage))) if heritage is not None else ""
    draft.classes.append((name, (base,) if base else ()))
    body = field(node, "body")
    for child in body.named_children if body is not None else ():
        if child.type == "method_definition":
            draft.owners[child.start_byte] = name
            yield child, place
        elif child.type in {"field_definition", "public_field_definition"}:
            yield from _class_field(draft, child, name, place)
        else:
            yield child, place


def _class_field(draft: Draft, node: Node, owner: str, place: Place) -> Steps:
    value = field(node, "value")
    name = text_of(field(node, "property") or field(node, "name"))
    if is_function(value) and value is not None:
        draft.owners[value.start_byte] = owner
        draft.function_names[value.start_byte] = name
    elif value is not None:
        draft.field_values.append((owner, name, value_of(value), place, line_of(node)))
        draft.name(value, name, Role.ASSIGNED)
    return [(value, place)] if value is not None else ()


DEFINITIONS: dict[str, Visitor] = {
    "function_declaration": _function,
    "generator_function_declaration": _function,
    "function_expression": _function,
    "generator_function": _function,
    "arrow_function": _function,
    "method_definition": _function,
    "class_declaration": _class,
    "class": _class,
}
