"""YAML as people write it: decoded by type, and held to a depth that no parser breaks at."""

from typing import TypeVar

import msgspec
import yaml

# Settings and frameworks nest five deep; libyaml ends the whole process at some ten thousand.
DEPTH = 50

Form = TypeVar("Form")


def decode(data: bytes, form: type[Form]) -> Form:
    """Return what YAML says, as a type. Raises `msgspec.MsgspecError`."""
    if _depth(data) > DEPTH:
        raise msgspec.DecodeError(f"it nests more than {DEPTH} deep")
    return msgspec.yaml.decode(data, type=form)


def _depth(data: bytes) -> int:
    deepest = now = 0
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(data, Loader=loader):
            if isinstance(event, yaml.CollectionStartEvent):
                now += 1
                deepest = max(deepest, now)
                if deepest > DEPTH:
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                now -= 1
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(str(error)) from error
    return deepest
