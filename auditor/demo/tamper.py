"""Answers that are well-formed on the wire and wrong inside."""

from collections.abc import Callable
from typing import Any

from auditor.demo.faults import Fault, FaultKind
from auditor.demo.paging import LOOPING_TOKEN

Json = dict[str, Any]
_UNHEARD_OF = "SOMETHING_NEWER_THAN_THIS_CLIENT"


def tampered(
    answer: Json, fault: Fault | None, pages: Json | None, params: Json, ask: Callable[[Json], Json]
) -> Json:
    """Return the answer as a fault of the inside kinds would leave it; `ask` answers to other parameters."""
    if fault is None:
        return answer
    match fault.kind:
        case FaultKind.EMPTY_PAGE if pages:
            return _empty_page(answer, pages, params)
        case FaultKind.REPEATED_PAGE if pages and params.get(_name(pages["input_token"])):
            first = ask({key: value for key, value in params.items() if key != _name(pages["input_token"])})
            return {**answer, **{key: [*first[key], *answer[key]] for key in _keys(answer, pages)}}
        case FaultKind.REVERSED_PAGE if pages:
            return {**answer, **{key: [*answer[key]][::-1] for key in _keys(answer, pages)}}
        case FaultKind.LOOPING_TOKEN if pages:
            more = {pages["more_results"]: True} if "more_results" in pages else {}
            return {**answer, **more, _name(pages["output_token"]): LOOPING_TOKEN}
        case FaultKind.MISSING_FIELD if "." in fault.field:
            return {**_without(answer, fault.field.replace("[]", ".[]").replace("{}", ".{}").split("."))}
        case FaultKind.MISSING_FIELD:
            return {**_mapped(answer, fault.field, drop=True)}
        case FaultKind.UNKNOWN_ENUM:
            return {**_mapped(answer, fault.field, drop=False)}
    return answer


def _empty_page(answer: Json, pages: Json, params: Json) -> Json:
    """Give an empty page with a token to the first page: legal, and met in practice."""
    if params.get(_name(pages["input_token"])):
        return answer
    more = {pages["more_results"]: True} if "more_results" in pages else {}
    start = "ZGVtbzow"  # offset 0, as paging writes it
    return {
        **answer,
        **{key: [] for key in _keys(answer, pages)},
        **more,
        _name(pages["output_token"]): start,
    }


def _keys(answer: Json, pages: Json) -> list[str]:
    keys = [pages["result_key"]] if isinstance(pages["result_key"], str) else pages["result_key"]
    return [key for key in keys if key in answer]


def _mapped(value: Any, field: str, *, drop: bool) -> Any:  # noqa: ANN401 - any part of an answer
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not (drop and key == field)}
        return {
            key: _UNHEARD_OF if key == field and isinstance(item, str) else _mapped(item, field, drop=drop)
            for key, item in kept.items()
        }
    if isinstance(value, list):
        return [_mapped(item, field, drop=drop) for item in value]
    return value


def _without(value: Any, path: list[str]) -> Any:  # noqa: ANN401 - any part of an answer
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        return [_without(row, rest) for row in value]
    if not isinstance(value, dict):
        return value
    if not rest:
        return {name: held for name, held in value.items() if name != head}
    return {name: _without(held, rest) if head in {name, "{}"} else held for name, held in value.items()}


def _name(token: str | list[str]) -> str:
    return token if isinstance(token, str) else token[0]
