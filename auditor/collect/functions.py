"""Functions and their published versions: one bulk listing, then one call a function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from auditor.collect.answers import definite
from auditor.collect.kept import kept
from auditor.collect.listing import CONFIGURATION, LATEST, function_record, version_record
from auditor.collect.names import Names, no_names
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import Api
from auditor.collect.shapes import strange, whole
from auditor.model import (
    NOT_COLLECTED,
    DeploymentState,
    Function,
    ImageFacts,
    PublishedVersion,
    Reason,
    SecretVerdict,
    Tag,
    Unavailable,
)
from auditor.secrets import DOUBT, MASK, classify, redact

LIST_FUNCTIONS = Operation(
    service="lambda",
    name="ListFunctions",
    actions=("lambda:ListFunctions",),
    tier=Tier.QUICK,
    requires=("Functions", *(f"Functions[].{path}" for path in CONFIGURATION)),
)
GET_FUNCTION = Operation(
    service="lambda",
    name="GetFunction",
    actions=("lambda:GetFunction", "lambda:ListTags"),
    requires=("Configuration", "Code", "Concurrency.ReservedConcurrentExecutions"),
    absent=("ResourceNotFoundException",),
    family="lambda:GetFunction",
)
OPERATIONS = (LIST_FUNCTIONS, GET_FUNCTION)


@dataclass(frozen=True)
class Selection:
    """Which functions a scan is about: name patterns to take and to leave, and tags that must all be
    carried.
    """

    names: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    def takes_name(self, name: str) -> bool:
        """Whether a name is taken."""
        wanted = not self.names or any(fnmatchcase(name, pattern) for pattern in self.names)
        return wanted and not any(fnmatchcase(name, pattern) for pattern in self.excluded)

    def takes_tags(self, function: Function) -> bool:
        """Whether a function carries the tags; one whose tags could not be read is taken, so that it is not
        lost.
        """
        if not self.tags or isinstance(function.tags, Unavailable):
            return True
        carried = {(tag.key, tag.value) for tag in function.tags}
        return set(self.tags) <= carried


@whole(LIST_FUNCTIONS)
def list_functions(
    api: Api,
    region: str,
    selection: Selection,
    names: Names = no_names,
    seen: Callable[[str], object] = lambda _: None,
) -> tuple[Function, ...] | Unavailable:
    """Return the functions of a region, each with the published versions that the bulk listing shows. The
    name of each is told to `seen` as soon as it comes.

    The listing is whole or `Unavailable`: a configuration without a field that AWS always sends makes it so.
    """
    read: dict[str, Function] = {}
    versions: dict[str, dict[str, PublishedVersion]] = {}

    def take(item: Mapping[str, Any]) -> None:
        if not selection.takes_name(item["FunctionName"]):
            return
        if item["Version"] == LATEST:
            read[item["FunctionName"]] = function_record(item, names)
            seen(item["FunctionName"])
        elif not item["Version"].isdecimal():
            raise ValueError
        else:
            versions.setdefault(item["FunctionName"], {})[item["Version"]] = version_record(item, names)

    rows = api.rows(LIST_FUNCTIONS, region, "Functions", take, FunctionVersion="ALL")
    if isinstance(rows, Unavailable):
        return rows
    return tuple(
        msgspec.structs.replace(function, versions=tuple(versions.get(function.name, {}).values()))
        for function in read.values()
    )


def with_details(api: Api, region: str, function: Function) -> Function | None:
    """Return a function with what GetFunction adds: tags, reserved concurrency, state, image; None where it
    is gone.
    """
    if function.state is not NOT_COLLECTED:
        # It was asked already, to be chosen by its tags.
        return function
    found = _details(api, region, function)
    if not isinstance(found, Unavailable):
        return msgspec.structs.replace(function, **found._asdict())
    if found.reason is Reason.NO_DATA:
        return None
    return msgspec.structs.replace(
        function,
        tags=found,
        reserved_concurrency=found,
        state=found,
        image=found if function.is_image else None,
    )


class _Details(NamedTuple):
    """What GetFunction says of a function."""

    tags: tuple[Tag, ...] | Unavailable
    reserved_concurrency: int | None
    state: DeploymentState | Unavailable
    image: ImageFacts | None


@kept
@whole(GET_FUNCTION)
def _details(api: Api, region: str, function: Function) -> _Details | Unavailable:
    answer = definite(api.call(GET_FUNCTION, region, FunctionName=function.name), GET_FUNCTION)
    if isinstance(answer, Unavailable):
        return answer
    return _Details(
        tags=_tags(answer),
        reserved_concurrency=_reserved(answer),
        state=_state(answer["Configuration"]),
        image=_image(answer["Code"]) if function.is_image else None,
    )


def _reserved(answer: Mapping[str, Any]) -> int | None:
    if not answer.get("Concurrency"):
        return None
    return int(answer["Concurrency"]["ReservedConcurrentExecutions"])


def _tags(answer: Mapping[str, Any]) -> tuple[Tag, ...] | Unavailable:
    failure = answer.get("TagsError")
    if failure:
        return Unavailable(
            reason=Reason.ACCESS_DENIED,
            operation="lambda:ListTags",
            code=str(failure.get("ErrorCode", "")),
            note="access denied",
        )
    given = answer.get("Tags", {})
    return tuple(tag_of(key, given[key]) for key in sorted(given))


class _HiddenError(Exception):
    """A part of a tag is not to be shown."""


def tag_of(key: str, value: str) -> Tag:
    """Return a tag, with what may be a secret blotted out."""
    try:
        return open_tag(key, value)
    except _HiddenError:
        return _judged(key, value)


@lru_cache(maxsize=4096)
def open_tag(key: str, value: str) -> Tag:
    """Return a tag that holds no secret: most are on hundreds of functions. One that does is not remembered,
    since a call that raises leaves nothing behind.
    """
    found = _judged(key, value)
    if (found.key, found.value) != (key, value):
        raise _HiddenError
    return found


def _judged(key: str, value: str) -> Tag:
    return Tag(key=redact(key), value=_tag_value(key, value))


def _tag_value(key: str, value: str) -> str:
    if classify(key, value).verdict is not SecretVerdict.FAIL:
        return redact(value)
    # `secret=orders` may say which secret.
    return DOUBT if value.isalpha() else MASK


def _state(configuration: Mapping[str, Any]) -> DeploymentState | Unavailable:
    for name in ("State", "LastUpdateStatus"):
        if not configuration.get(name):
            return strange(GET_FUNCTION, KeyError(name))
    return _deployment(
        configuration["State"],
        configuration.get("StateReasonCode", ""),
        redact(configuration.get("StateReason", "")),
        configuration["LastUpdateStatus"],
        configuration.get("LastUpdateStatusReasonCode", ""),
    )


@lru_cache(maxsize=256)
def _deployment(state: str, code: str, reason: str, update: str, update_code: str) -> DeploymentState:
    """Return a state: nearly all functions are in the same one."""
    return DeploymentState(
        state=state,
        reason_code=code,
        reason=reason,
        last_update_status=update,
        last_update_reason_code=update_code,
    )


def _image(code: Mapping[str, Any]) -> ImageFacts:
    return ImageFacts(uri=code.get("ImageUri", ""), resolved_uri=code.get("ResolvedImageUri", ""))
