"""Answers that lack a member, at any depth: AWS always sends it and it is demanded, or it may be missing."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape

from auditor.collect.inventory import collect_account
from auditor.collect.needs import flaw, needs_of
from auditor.collect.operations import Operation, declared
from auditor.collect.paging import paging_of
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.model import Unavailable
from tests.faults.fault_scans import LISTING, OPERATIONS, REQUEST, harmless, loader, scan
from tests.faults.left_out import DEMANDED, LEFT_OUT
from tests.faults.reading import Path, ReadingApi

BY_NAME = {f"{one.service}:{one.name}": one for one in declared()}
MODELS = botocore.session.get_session()
# What lies below is what owners wrote: policies by their own grammar, variables, tags.
OPEN = frozenset({"PolicyDocument", "Document", "AssumeRolePolicyDocument", "Variables", "Tags", "metadata"})


def parts(path: str) -> Path:
    return tuple(path.replace("[]", ".[]").replace("{}", ".{}").split("."))


def fits(path: Path, pattern: Path) -> bool:
    pairs = zip(path, pattern, strict=False)
    return len(path) == len(pattern) and all(
        name in {one, "{}"} or one in {name, "{}"} for name, one in pairs
    )


@cache
def watched() -> ReadingApi:
    session = demo_session(check=False)
    session._session.register_component("data_loader", loader())  # noqa: SLF001 - boto3 hides its session
    api, caller = open_account(REQUEST, session, pause=lambda _: None)
    reading = ReadingApi(
        session=api.session,
        account=api.account,
        partition=api.partition,
        regions=api.regions,
        tier=api.tier,
        pause=lambda _: None,
    )
    collect_account(reading, caller, REQUEST, DEMO_NOW, Steps(None))
    return reading


def pages_of(operation: Operation) -> set[Path]:
    """Return the members by which an answer is paged: without a token a list has come to its end."""
    paging = paging_of(MODELS.get_service_model(operation.service), operation.name)
    return {parts(path) for path in (*paging.outputs, paging.more, "IsTruncated", "Marker") if path}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_member_that_is_read_is_demanded_or_may_be_missing(name: str) -> None:
    operation = BY_NAME[name]
    told = [*operation.requires, *LEFT_OUT.get(name, ("", {}))[1], *DEMANDED.get(name, ())]
    patterns = [*map(parts, told), *pages_of(operation)]
    read = {path for asked, path in watched().read if asked == name and not OPEN & set(path[:-1])}
    assert not sorted(path for path in read if not any(fits(path, pattern) for pattern in patterns))


@pytest.mark.parametrize("name", sorted({*LEFT_OUT, *DEMANDED}))
def test_no_member_is_both_demanded_and_missing(name: str) -> None:
    told = [*BY_NAME[name].requires, *LEFT_OUT.get(name, ("", {}))[1], *DEMANDED.get(name, ())]
    assert len(told) == len(set(told))


def shape_of(operation: Operation) -> Shape:
    shape = MODELS.get_service_model(operation.service).operation_model(operation.name).output_shape
    assert shape is not None
    return shape


GONE = object()


def spoilt(value: Any) -> Iterator[Any]:
    """Yield what may stand in place of a member: nothing, an empty text, something of another type."""
    yield GONE
    yield None
    yield ["x"] if isinstance(value, str | dict | datetime | int | float) else "x"
    if isinstance(value, str):
        yield ""


def replaced(value: Any, path: Path, by: object) -> Any:
    """Return an answer with a member replaced in every row that has it."""
    head, rest = path[0], path[1:]
    if head == "[]" and isinstance(value, list):
        rows = [replaced(row, rest, by) if rest else by for row in value]
        return [row for row in rows if row is not GONE]
    names = [head] if head in value else [*value] if head == "{}" else []
    changed = {name: replaced(value[name], rest, by) if rest else by for name in names}
    return {name: found for name, found in {**value, **changed}.items() if found is not GONE}


def members(value: Any, path: Path) -> Iterator[Any]:
    """Yield what stands at a path of an answer."""
    head, rest = path[0], path[1:]
    if isinstance(value, list):
        found = value
    else:
        found = [value[head]] if head in value else [*value.values()] if head == "{}" else []
    for one in found:
        if rest:
            yield from members(one, rest)
        else:
            yield one


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_answer_without_what_it_requires_is_not_whole(name: str) -> None:
    operation = BY_NAME[name]
    needs = needs_of(shape_of(operation), operation.requires)
    for answer in watched().answers.get(name, ())[:3]:
        assert not flaw(answer, needs)
        for path in map(parts, operation.requires):
            value = next(members(answer, path), GONE)
            if value is GONE:
                continue
            for other in spoilt(value):
                if other is GONE and path[-1] == "[]":
                    continue  # a row less is another list
                assert flaw(replaced(answer, path, other), needs), (path, other)


def without(name: str, path: str) -> Fault:
    return Fault(operation=name, kind=FaultKind.MISSING_FIELD, field=path)


# One member of each operation at a time.
ROUNDS = tuple(
    tuple(
        without(name, paths[turn])
        for name, paths in DEMANDED.items()
        if turn < len(paths) and name != LISTING
    )
    for turn in range(max(map(len, DEMANDED.values())))
)


@pytest.mark.parametrize("faults", ROUNDS, ids=lambda faults: faults[0].field)
def test_a_member_that_its_reader_demands_is_missing_evidence(faults: tuple[Fault, ...]) -> None:
    harmless(scan(*faults))


@pytest.mark.parametrize("path", DEMANDED[LISTING])
def test_a_member_of_a_configuration_costs_itself_or_makes_the_scan_incomplete(path: str) -> None:
    found = scan(without(LISTING, path))
    if not isinstance(found.account.regions[0].functions, Unavailable):
        harmless(found)
