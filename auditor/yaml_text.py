"""YAML as people write it: decoded by type, and held to a depth that no parser breaks at."""

from typing import Any, TypeVar

import msgspec
import yaml

# Settings and frameworks nest five deep; libyaml ends the whole process at some ten thousand.
DEPTH = 50

Form = TypeVar("Form")


def decode(data: bytes, form: type[Form]) -> Form:
    """Return what YAML says, as a type. Raises `msgspec.MsgspecError`."""
    try:
        _hold_shallow(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(str(error)) from error
    return msgspec.yaml.decode(data, type=form)


def as_written(data: bytes) -> object:
    """Return lists, mappings and, for every other value, its text. Raises `msgspec.DecodeError`, which names
    the line and quotes nothing of it.
    """
    try:
        _hold_shallow(data)
        return _AsWritten(data).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise msgspec.DecodeError(f"line {mark.line + 1}" if mark else "not a text of YAML") from None


class _AsWritten(yaml.BaseLoader):
    """Takes no text for a number, a date or a truth value, and no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401, FBT001, FBT002 - as in the class above
        keys = [key.value for key, _ in node.value]
        if not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(problem="a key twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _hold_shallow(data: bytes) -> None:
    now = 0
    for event in yaml.parse(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.CollectionStartEvent):
            now += 1
            if now > DEPTH:
                raise msgspec.DecodeError(f"it nests more than {DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            now -= 1
