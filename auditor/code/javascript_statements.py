"""Statements of JavaScript that steer: `try`, conditions, loops, `return` and `throw`."""

from tree_sitter import Node

from auditor.code.javascript_values import first, is_function, value_of
from auditor.code.reading import Draft, Steps, Visitor, field, line_of, replaced, text_of
from auditor.code.syntax import NOTHING, Assignment, Clause, Condition, Kind, Loop, Place, Role, Site, Value

_QUIET = {
    "continue_statement": "continue",
    "break_statement": "break",
    "return_statement": "return",
    "throw_statement": "raise",
    "empty_statement": "pass",
}
_COLLECTIVE = frozenset({"forEach", "map", "flatMap", "reduce", "every", "some", "filter"})


def _try(draft: Draft, node: Node, place: Place) -> Steps:
    draft.attempts += 1
    body, handler, finalizer = field(node, "body"), field(node, "handler"), field(node, "finalizer")
    if body is not None:
        yield body, replaced(place, tries=(*place.tries, draft.attempts))
    if handler is not None:
        yield from _catch(draft, handler, place, draft.attempts)
    if finalizer is not None:
        yield finalizer, place


def _catch(draft: Draft, node: Node, place: Place, attempt: int) -> Steps:
    draft.branch(place)
    body = field(node, "body")
    number = len(draft.clauses)
    draft.clauses.append(
        Clause(
            number=number,
            attempt=attempt,
            types=(),
            alias=text_of(field(node, "parameter")),
            line=line_of(node),
            end_line=node.end_point[0] + 1,
            place=place,
            does=_does(body),
        )
    )
    if body is not None:
        yield body, replaced(place, clauses=(*place.clauses, number), conditional=True)


def _does(block: Node | None) -> tuple[str, ...]:
    kinds = []
    for child in block.named_children if block is not None else ():
        if child.type == "comment":
            continue
        quiet = _QUIET.get(child.type, "other")
        returned = first(child) if quiet == "return" else None
        if returned is not None and returned.type not in {"null", "undefined"}:
            quiet = "return-value"
        kinds.append(quiet)
    return tuple(kinds)


def _if(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    condition = field(node, "condition")
    value = value_of(condition)
    draft.conditions.append(Condition(value=value, place=place, line=line_of(node)))
    if condition is not None:
        yield condition, place
    body = replaced(place, conditional=True)
    consequence, alternative = field(node, "consequence"), field(node, "alternative")
    if consequence is not None:
        yield consequence, replaced(body, guarded=place.guarded or missing_test(value))
    if alternative is not None:
        yield alternative, body


def missing_test(value: Value) -> bool:
    """Whether a condition asks if something is not there yet: `!x`, `x === undefined`, `x == null`."""
    if value.kind is Kind.OPERATION and value.text == "!":
        return any(part.kind in {Kind.NAME, Kind.SUBSCRIPT} for part in value.arguments)
    if value.kind is Kind.OPERATION and value.text in {"==", "==="}:
        return any(part.kind is Kind.NONE or part.text == "undefined" for part in value.arguments)
    return value.kind in {Kind.CHOICE, Kind.OPERATION} and any(missing_test(part) for part in value.arguments)


def _ternary(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    condition = field(node, "condition")
    draft.conditions.append(Condition(value=value_of(condition), place=place, line=line_of(node)))
    return [(child, replaced(place, conditional=True)) for child in node.named_children]


def _switch(draft: Draft, node: Node, place: Place) -> Steps:
    subject, body = field(node, "value"), field(node, "body")
    asked = value_of(subject)
    if subject is not None:
        yield subject, place
    for child in body.named_children if body is not None else ():
        if child.type == "switch_case":
            draft.branch(place)
            case = field(child, "value")
            draft.name(case, "", Role.COMPARED)
            draft.conditions.append(
                Condition(value=value_of(case), place=place, line=line_of(child), subject=asked)
            )
        yield child, replaced(place, conditional=True)


def _for_in(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    left, right, body = field(node, "left"), field(node, "right"), field(node, "body")
    number = len(draft.loops)
    value = value_of(right)
    target = text_of(left)
    draft.loops.append(Loop(number=number, over=value, target=target, place=place, line=line_of(node)))
    inside = replaced(place, loop=number)
    draft.assignments.append(
        Assignment(target=target, value=value, place=inside, line=line_of(node), how="item")
    )
    if right is not None:
        yield right, place
    if body is not None:
        yield body, inside


def _loop(draft: Draft, node: Node, place: Place) -> Steps:
    draft.branch(place)
    number = len(draft.loops)
    draft.loops.append(Loop(number=number, over=NOTHING, target="", place=place, line=line_of(node)))
    condition = field(node, "condition")
    over = value_of(condition)
    bounded = [
        part
        for part in over.walk()
        if part.kind in {Kind.NAME, Kind.MEMBER} and part.text.endswith(".length")
    ]
    if bounded:
        base = bounded[0].text.removesuffix(".length")
        over = Value(kind=Kind.NAME, text=base, line=line_of(node))
        draft.loops[number] = Loop(number=number, over=over, target="", place=place, line=line_of(node))
    draft.conditions.append(Condition(value=value_of(condition), place=place, line=line_of(node)))
    return [(child, replaced(place, loop=number)) for child in node.named_children]


def collective(draft: Draft, value: Value, node: Node, place: Place) -> Place | None:
    """The place inside a callback of `records.forEach(…)`, which is a loop in all but its form; None for
    other calls.
    """
    callee = value.callee
    name = callee.text.rpartition(".")[2]
    arguments = field(node, "arguments")
    callback = first(arguments) if arguments is not None else None
    if name not in _COLLECTIVE or not is_function(callback):
        return None
    base = callee.part("") if callee.kind is Kind.MEMBER else None
    over = base or Value(kind=Kind.NAME, text=callee.text.rpartition(".")[0], line=value.line)
    number = len(draft.loops)
    draft.loops.append(Loop(number=number, over=over, target="", place=place, line=value.line))
    return replaced(place, loop=number)


def _return(draft: Draft, node: Node, place: Place) -> Steps:
    value = value_of(first(node))
    draft.returns.append(Site(value=value, place=place, line=line_of(node)))
    return [(child, place) for child in node.named_children]


def _throw(draft: Draft, node: Node, place: Place) -> Steps:
    draft.raises.append(Site(value=value_of(first(node)), place=place, line=line_of(node)))
    return [(child, place) for child in node.named_children]


VISITORS: dict[str, Visitor] = {
    "try_statement": _try,
    "if_statement": _if,
    "ternary_expression": _ternary,
    "switch_statement": _switch,
    "for_in_statement": _for_in,
    "for_statement": _loop,
    "while_statement": _loop,
    "do_statement": _loop,
    "return_statement": _return,
    "throw_statement": _throw,
}
