"""Statements of Python that steer: `try`, conditions, loops, `with`, `return` and `raise`."""

from tree_sitter import Node

from auditor.code.python_values import value_of
from auditor.code.reading import Draft, Steps, Visitor, field, line_of, replaced, text_of
from auditor.code.syntax import (
    NOTHING,
    Assignment,
    Clause,
    Condition,
    Kind,
    Loop,
    Place,
    Site,
    Value,
    dotted,
)

_QUIET = {
    "pass_statement": "pass",
    "continue_statement": "continue",
    "break_statement": "break",
    "return_statement": "return",
    "raise_statement": "raise",
}


def targets_of(left: Node) -> tuple[str, ...]:
    """The dotted names that an assignment binds; a subscript keeps its constant key: `totals[count]`."""
    if left.type in {"pattern_list", "tuple_pattern", "list_pattern"}:
        return tuple(name for child in left.named_children for name in targets_of(child))
    value = value_of(left)
    if value.kind is Kind.SUBSCRIPT:
        base = dotted(value.part("") or NOTHING)
        index = value.part("[]") or NOTHING
        return (f"{base}[{index.text if index.kind is Kind.STRING else ''}]",) if base else ()
    name = dotted(value)
    return (name,) if name else ()


def _try(draft: Draft, node: Node, place: Place) -> Steps:
    draft.attempts += 1
    attempt = draft.attempts
    body = field(node, "body")
    if body is not None:
        yield body, replaced(place, tries=(*place.tries, attempt))
    for child in node.named_children:
        if child.type in {"except_clause", "except_group_clause"}:
            yield from _except(draft, child, place, attempt)
        elif child.type in {"else_clause", "finally_clause"}:
            yield child, place


def _except(draft: Draft, node: Node, place: Place, attempt: int) -> Steps:
    draft.branch(place)
    block = next((child for child in node.named_children if child.type == "block"), None)
    values = node.children_by_field_name("value")
    alias = ""
    types: list[str] = []
    for child in values:
        named = child.named_children[0] if child.type == "as_pattern" and child.named_children else child
        if child.type == "as_pattern":
            alias = text_of(field(child, "alias"))
        value = value_of(named)
        types += (
            [dotted(item) for item in value.arguments] if value.kind is Kind.LIST else [dotted(value) or "?"]
        )
        draft.used.update(name.partition(".")[0] for name in types)
    number = len(draft.clauses)
    draft.clauses.append(
        Clause(
            number=number,
            attempt=attempt,
            types=tuple(types),
            alias=alias,
            line=line_of(node),
            end_line=node.end_point[0] + 1,
            place=place,
            does=_does(block),
        )
    )
    if block is not None:
        yield block, replaced(place, clauses=(*place.clauses, number), conditional=True)


def _does(block: Node | None) -> tuple[str, ...]:
    kinds = []
    for child in block.named_children if block is not None else ():
        if child.type == "comment":
            continue
        quiet = _QUIET.get(child.type)
        expression = (
            child.named_children[0].type
            if child.type == "expression_statement" and child.named_children
            else ""
        )
        if quiet == "return" and child.named_children and child.named_children[0].type != "none":
            quiet = "return-value"
        kinds.append(quiet or ("pass" if expression in {"ellipsis", "string"} else "other"))
    return tuple(kinds)


def _if(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    condition = field(node, "condition")
    value = value_of(condition)
    draft.conditions.append(Condition(value=value, place=place, line=line_of(node)))
    if condition is not None:
        yield condition, place
    body = replaced(place, conditional=True)
    guarded = replaced(body, guarded=place.guarded or missing_test(value))
    for child in node.named_children:
        if child.type == "block":
            yield child, guarded
        elif child.type in {"elif_clause", "else_clause"}:
            yield child, body


def missing_test(value: Value) -> bool:
    """Whether a condition asks if something is missing: `x is None`, `not x`, `"x" not in globals()`."""
    if value.kind is Kind.OPERATION and value.text in {"is", "=="}:
        return any(part.kind is Kind.NONE for part in value.arguments)
    if value.kind is Kind.OPERATION and value.text in {"not_operator", "not", "!"}:
        return any(part.kind is Kind.NAME for part in value.arguments)
    if value.kind is Kind.OPERATION and value.text == "not in":
        return True
    return value.kind in {Kind.CHOICE, Kind.OPERATION} and any(missing_test(part) for part in value.arguments)


def _ternary(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    children = node.named_children
    if len(children) > 1:
        draft.conditions.append(Condition(value=value_of(children[1]), place=place, line=line_of(node)))
    return [(child, replaced(place, conditional=True)) for child in children]


def _match(draft: Draft, node: Node, place: Place) -> Steps:
    subject = value_of(field(node, "subject"))
    body = field(node, "body")
    for child in body.named_children if body is not None else ():
        if child.type != "case_clause":
            continue
        draft.branch(place)
        pattern = child.named_children[0] if child.named_children else None
        inside = pattern.named_children[0] if pattern is not None and pattern.named_children else None
        draft.conditions.append(
            Condition(value=value_of(inside), place=place, line=line_of(child), subject=subject)
        )
        block = field(child, "consequence")
        if block is not None:
            yield block, replaced(place, conditional=True)


def _for(draft: Draft, node: Node, place: Place) -> Steps:
    over, left, body = field(node, "right"), field(node, "left"), field(node, "body")
    draft.branch(place)
    number = len(draft.loops)
    target = text_of(left)
    value = value_of(over)
    draft.loops.append(Loop(number=number, over=value, target=target, place=place, line=line_of(node)))
    inside = replaced(place, loop=number)
    for name in targets_of(left) if left is not None else ():
        draft.assignments.append(
            Assignment(target=name, value=value, place=inside, line=line_of(node), how="item")
        )
    if over is not None:
        yield over, place
    if body is not None:
        yield body, inside


def _while(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    number = len(draft.loops)
    draft.loops.append(Loop(number=number, over=NOTHING, target="", place=place, line=line_of(node)))
    condition = field(node, "condition")
    draft.conditions.append(Condition(value=value_of(condition), place=place, line=line_of(node)))
    return [(child, replaced(place, loop=number)) for child in node.named_children]


def _comprehension(draft: Draft, node: Node, place: Place) -> Steps:
    inside = place
    for child in node.named_children:
        if child.type == "for_in_clause":
            number = len(draft.loops)
            value = value_of(field(child, "right"))
            target = text_of(field(child, "left"))
            draft.loops.append(
                Loop(number=number, over=value, target=target, place=place, line=line_of(child))
            )
            inside = replaced(place, loop=number)
            draft.assignments.append(
                Assignment(target=target, value=value, place=inside, line=line_of(child), how="item")
            )
    return [(child, inside) for child in node.named_children]


def _with_item(draft: Draft, node: Node, place: Place) -> Steps:
    value = field(node, "value")
    if value is not None and value.type == "as_pattern" and value.named_children:
        target = text_of(field(value, "alias"))
        draft.assignments.append(
            Assignment(
                target=target,
                value=value_of(value.named_children[0]),
                place=place,
                line=line_of(node),
                how="with",
            )
        )
        return [(value.named_children[0], place)]
    return [(value, place)] if value is not None else ()


def _return(draft: Draft, node: Node, place: Place) -> Steps:
    value = value_of(node.named_children[0]) if node.named_children else NOTHING
    draft.returns.append(Site(value=value, place=place, line=line_of(node)))
    return [(child, place) for child in node.named_children]


def _raise(draft: Draft, node: Node, place: Place) -> Steps:
    value = value_of(node.named_children[0]) if node.named_children else NOTHING
    draft.raises.append(Site(value=value, place=place, line=line_of(node)))
    return [(child, place) for child in node.named_children]


VISITORS: dict[str, Visitor] = {
    "try_statement": _try,
    "if_statement": _if,
    "elif_clause": _if,
    "conditional_expression": _ternary,
    "match_statement": _match,
    "for_statement": _for,
    "while_statement": _while,
    "list_comprehension": _comprehension,
    "set_comprehension": _comprehension,
    "dictionary_comprehension": _comprehension,
    "generator_expression": _comprehension,
    "with_item": _with_item,
    "return_statement": _return,
    "raise_statement": _raise,
}
