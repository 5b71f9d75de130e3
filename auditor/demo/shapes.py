"""Answers held against the output shapes of botocore's service models."""

from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "blob": (bytes,),
}


class ShapeError(Exception):
    """An answer of the demo account that AWS could not have given."""


def validate(shape: Shape, value: Any, where: str) -> None:  # noqa: ANN401 - an answer is whatever the shape says
    """Raise `ShapeError`, naming the path: unknown key, wrong type, missing required key, enum value."""
    if isinstance(shape, StructureShape):
        _structure(shape, value, where)
    elif isinstance(shape, ListShape):
        _expect(value, (list, tuple), where)
        for index, item in enumerate(value):
            validate(shape.member, item, f"{where}[{index}]")
    elif isinstance(shape, MapShape):
        _expect(value, (dict,), where)
        for key, item in value.items():
            validate(shape.key, key, f"{where}.{key} (key)")
            validate(shape.value, item, f"{where}.{key}")
    else:
        _scalar(shape, value, where)


def prune(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - an answer is whatever the shape says
    """Leave out keys that a shape does not have: a listing shows less than a description."""
    if isinstance(shape, StructureShape) and isinstance(value, dict) and not shape.is_document_type:
        return {key: prune(shape.members[key], item) for key, item in value.items() if key in shape.members}
    if isinstance(shape, ListShape) and isinstance(value, list | tuple):
        return [prune(shape.member, item) for item in value]
    return value


def _structure(shape: StructureShape, value: Any, where: str) -> None:  # noqa: ANN401 - see validate
    if shape.is_document_type:
        return
    _expect(value, (dict,), where)
    for key in shape.required_members:
        if key not in value:
            raise ShapeError(f"{where}: required key {key} is missing")
    for key, item in value.items():
        if key not in shape.members:
            raise ShapeError(f"{where}: {shape.name} has no key {key}")
        validate(shape.members[key], item, f"{where}.{key}")


def _scalar(shape: Shape, value: Any, where: str) -> None:  # noqa: ANN401 - see validate
    _expect(value, _SCALARS[shape.type_name], where)
    if isinstance(value, bool) and shape.type_name != "boolean":
        raise ShapeError(f"{where}: {value!r} is no {shape.type_name}")
    allowed = shape.metadata.get("enum")
    # EC2 answers `available` where its model says `Available`.
    if allowed and value not in allowed and value.lower() not in {one.lower() for one in allowed}:
        raise ShapeError(f"{where}: {value!r} is none of {', '.join(allowed)}")


def _expect(value: object, types: tuple[type, ...], where: str) -> None:
    if not isinstance(value, types):
        raise ShapeError(f"{where}: {type(value).__name__} where {types[0].__name__} is expected")
