"""The declared account: its packages, its planted secrets, its size, and errors in its declaration."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import yaml

from auditor.demo import DEMO_REGIONS, DEMO_SECRETS, DemoSession, demo_session
from auditor.demo.account import World
from auditor.demo.packages import build, demo_packages
from auditor.demo.specs import FunctionSpec

Ask = Callable[..., dict[str, Any]]
ACCOUNT = "123456789012"


def test_packages_are_what_lambda_says_they_are(session: DemoSession) -> None:
    answer = session.client("lambda").get_function(FunctionName="order-api")
    data = session.fetch(answer["Code"]["Location"], 0, None)
    assert len(data) == answer["Configuration"]["CodeSize"]
    assert "app.py" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert session.fetch(answer["Code"]["Location"], 10, 20) == data[10:20]


def test_a_declared_size_pads_the_package_in_front(session: DemoSession) -> None:
    answer = session.client("lambda").get_function(FunctionName="pdf-renderer")
    size = answer["Configuration"]["CodeSize"]
    tail = session.fetch(answer["Code"]["Location"], size - 4_000, size)
    assert size == 61_200_000
    assert b"app.py" in tail
    assert len(tail) == 4_000


def test_packages_are_the_same_bytes_in_every_run() -> None:
    first = demo_packages()
    build.cache_clear()
    assert demo_packages() == first


def planted_places(world: World) -> Iterator[str]:
    yield msgspec.json.encode(world.functions).decode()
    yield msgspec.json.encode((world.roles, world.tables)).decode()
    for data in demo_packages().values():
        archive = zipfile.ZipFile(io.BytesIO(data))
        yield from (archive.read(name).decode() for name in archive.namelist())
    yield from (line for lines in world.log_lines.values() for line in lines)


def test_every_planted_secret_is_somewhere(world: World) -> None:
    places = [*planted_places(world)]
    assert [secret for secret in DEMO_SECRETS if not any(secret in place for place in places)] == []


def test_a_mistyped_declaration_is_named_with_its_path() -> None:
    declared = yaml.safe_load("{name: x, timout: 3}")
    with pytest.raises(msgspec.ValidationError, match="timout"):
        msgspec.convert(declared, FunctionSpec)


@pytest.mark.parametrize("count", [100, 1_000])
def test_the_account_grows_to_any_size(count: int) -> None:
    session = demo_session(functions=count)
    names = [
        row["FunctionArn"]
        for region in ("eu-west-1", "us-east-1")
        for page in session.client("lambda", region_name=region).get_paginator("list_functions").paginate()
        for row in page["Functions"]
    ]
    assert len({*names}) == len(names) == count


def test_no_environment_of_the_machine_is_needed(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert ask(demo_session(), "sts:GetCallerIdentity")["Account"] == ACCOUNT


def test_a_second_account_has_what_the_first_lacks(ask: Ask) -> None:
    staging = demo_session(account="webshop-staging")
    assert ask(staging, "sts:GetCallerIdentity")["Account"] == "210987654321"
    assert ask(staging, "budgets:DescribeBudgets", AccountId="210987654321")["Budgets"]
    arns = [row["FunctionArn"] for row in ask(staging, "lambda:ListFunctions")["Functions"]]
    assert {arn.split(":")[4] for arn in arns} == {"210987654321"}
    assert len(arns) == 5


def test_the_named_regions_are_those_with_functions(world: World) -> None:
    assert tuple(region for region, specs in world.functions.items() if specs) == DEMO_REGIONS
