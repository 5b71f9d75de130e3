"""The members that a whole answer has: paths beside an operation, compiled once against AWS's model of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape

# What botocore's parsers make of each type of the models.
KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "blob": (bytes,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
ROWS = ("[]", "{}")
# Text by the model, which botocore decodes: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyDetail.html
DECODED = "policyDocumentType"


class Needs(NamedTuple):
    """What a value has to be: of which types, with which members, and what each of its rows has to be.

    Each member goes with its types, its own needs where it has any, and with whether it may be left out.
    """

    kinds: tuple[type, ...]
    members: tuple[tuple[str, tuple[type, ...], "Needs | None", bool], ...] = ()
    rows: "Needs | None" = None


def needs_of(shape: Shape, paths: Iterable[str]) -> Needs:
    """Compile paths such as `Items[].Cors.MaxAge`: wherever `Cors` stands, it holds a `MaxAge`.

    `[]` stands for each row of a list, `{}` for each value of a map. Raises `KeyError` for a path that AWS's
    model of the answer does not have.
    """
    return _compiled(shape, [path.replace("[]", ".[]").replace("{}", ".{}").split(".") for path in paths])


def flaw(value: Any, needs: Needs, name: str = "content") -> str:  # noqa: ANN401 - any part of an answer
    """Return the name of the first member that is missing, empty or of another type, "" where all is well.

    The value itself is of a right type. This runs for every row of every page, so that it is kept flat.
    """
    for member, kinds, within, is_needed in needs.members:
        held = value.get(member)
        if not held and (held is None or held == ""):
            if is_needed:
                return member
        elif not isinstance(held, kinds):
            return member
        elif within is not None and (found := flaw(held, within, member)):
            return found
    if needs.rows is not None:
        for row in value.values() if isinstance(value, dict) else value:
            if row == "" or not isinstance(row, needs.rows.kinds):
                return name
            if found := flaw(row, needs.rows, name):
                return found
    return ""


def _compiled(shape: Shape, paths: list[list[str]]) -> Needs:
    heads = dict.fromkeys(path[0] for path in paths if path)
    within = {head: [path[1:] for path in paths if path and path[0] == head] for head in heads}
    rows = next((head for head in heads if head in ROWS), None)
    named = [(head, inner) for head, inner in within.items() if head not in ROWS]
    return Needs(
        kinds=(str, dict) if shape.name == DECODED else KINDS[shape.type_name],
        members=tuple(_needed(head, _compiled(_member(shape, head), inner), inner) for head, inner in named),
        rows=None if rows is None else _compiled(_member(shape, rows), within[rows]),
    )


def _needed(
    name: str, needs: Needs, within: list[list[str]]
) -> tuple[str, tuple[type, ...], Needs | None, bool]:
    has_any = bool(needs.members or needs.rows)
    return name, needs.kinds, needs if has_any else None, [] in within


def _member(shape: Shape, name: str) -> Shape:
    if isinstance(shape, StructureShape):
        return shape.members[name]
    if isinstance(shape, ListShape) and name == "[]":
        return shape.member
    if isinstance(shape, MapShape):
        return shape.value
    raise KeyError(name)
