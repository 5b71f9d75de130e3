"""What condition keys mean for the calls of a function: the entries of `conditions.yaml`."""

from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from auditor.iam.patterns import matches


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition key, or a pattern of keys, in lower case, and the page that tells its meaning."""

    key: str
    source: str
    why: str = ""
    value: str = ""
    all_values: bool = False
    actions: tuple[str, ...] = ()


class _Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    absent: tuple[Key, ...]
    fixed: tuple[Key, ...]
    strong: tuple[Key, ...]
    owner: tuple[Key, ...]
    service: tuple[Key, ...]
    unreliable: tuple[Key, ...]
    caller: tuple[Key, ...]


@cache
def _data() -> _Data:
    return msgspec.yaml.decode(files("auditor.iam").joinpath("conditions.yaml").read_bytes(), type=_Data)


def unreliable() -> tuple[Key, ...]:
    """Keys that do not narrow some actions although they seem to."""
    return _data().unreliable


@lru_cache(maxsize=4096)
def listed(key: str, section: str) -> Key | None:
    """The entry of a section (`absent`, `fixed`, `strong`, `owner`, `service`, `caller`) about a key."""
    entries: tuple[Key, ...] = getattr(_data(), section)
    return next((entry for entry in entries if matches(entry.key, key)), None)
