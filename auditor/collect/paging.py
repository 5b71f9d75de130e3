"""The names under which an operation hands out its pages."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader, create_loader
from botocore.model import ServiceModel

# Names of page tokens, tried in this order where botocore has no paginator for an operation.
TOKEN_INPUTS = ("NextToken", "nextToken", "Marker", "marker", "PaginationToken", "ContinuationToken")
TOKEN_OUTPUTS = ("NextToken", "nextToken", "NextMarker", "Marker", "marker", "PaginationToken")
_PATH = re.compile(r"\w+(?:\.\w+)*")


class Paging(NamedTuple):
    """Request parameters that take the tokens, paths in the answer that give them, and the names of the
    limit and of the flag that says whether more follows ("" where there is none).
    """

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    limit: str = ""
    more: str = ""


def paging_of(model: ServiceModel, operation: str) -> Paging:
    """Return how an operation is paged: by botocore's paginator, else by the names of its members."""
    declared = _paginators(model.service_name).get(operation)
    if declared is not None:
        inputs, outputs = _texts(declared["input_token"]), _texts(declared["output_token"])
        if all(_PATH.fullmatch(output) for output in outputs):
            return Paging(inputs, outputs, declared.get("limit_key", ""), declared.get("more_results", ""))
    shape = model.operation_model(operation)
    members_in = getattr(shape.input_shape, "members", {})
    members_out = getattr(shape.output_shape, "members", {})
    target = next((token for token in TOKEN_INPUTS if token in members_in), None)
    source = next((token for token in TOKEN_OUTPUTS if token in members_out), None)
    return Paging((target,), (source,)) if target and source else Paging()


def following(paging: Paging, page: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that ask for the page after this one, {} after the last."""
    if paging.more and at(page, paging.more) is False:
        return {}
    pairs = zip(paging.inputs, paging.outputs, strict=True)
    return {name: token for name, source in pairs if (token := at(page, source))}


def is_cut(paging: Paging, page: Mapping[str, Any]) -> bool:
    """Whether a page says by its flag that more follows."""
    return bool(paging.more) and at(page, paging.more) is True


def at(answer: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - a member of an answer
    """Return the member of an answer at a dotted path, None where there is none."""
    found: Any = answer
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


@cache
def _loader() -> Loader:
    """Return the one loader, since each looks through the folders of all services before it reads."""
    return create_loader()


@cache
def _paginators(service: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = _loader().load_service_model(service, "paginators-1")["pagination"]
    except DataNotFoundError:
        return {}
    return found


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
