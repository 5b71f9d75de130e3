"""One account on three hosts: every fact that a host can tell is the same."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import boto3
import msgspec
import pytest

from auditor.collect import ScanRequest
from auditor.collect.inventory import collect_account
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW
from auditor.demo.specs import HOME
from auditor.model import Account, Unavailable
from tests.hosts.faults_of_hosts import FAULTS, MADE_BY_HOST, NO_OPERATION, UNAVAILABLE
from tests.hosts.small_account import ACCOUNT, copy_to, small_session

Facts = Mapping[str, object]
# Told by their parts.
WHOLES = {"Account.regions", "Region.functions", "Region.services"}
# Facts that the account is there to show, and a word of each.
TELLING = {
    "Function.aliases": "live",
    "Function.architecture": "arm64",
    "Function.async_configs": "jobs-failed",
    "Function.dead_letter_arn": "jobs-failed",
    "Function.environment": "DB_PASSWORD",
    "Function.logging": "JSON",
    "Function.policies": "api01",
    "Function.provisioned": "READY",
    "Function.reserved_concurrency": "5",
    "Function.tags": "owner",
    "Function.tracing": "Active",
    "Function.urls": "AWS_IAM",
    "Function.versions": "PublishedVersion",
    "Region.alarms": "p99",
    "Region.log_groups": "'retention_days', 30",
    "Region.mappings": "'batch_size', 5",
    "Region.metric_filters": "Refused",
    "Region.queues": "jobs-failed",
    "Region.rules": "nightly",
    "Region.subscriptions": "on-call",
    "Region.topics": "on-call",
    "Account.alias": "small",
    "Account.roles": "AWSLambdaBasicExecutionRole",
}


def scanned(session: boto3.Session, endpoint: str = "") -> Account:
    request = ScanRequest(endpoint_url=endpoint)
    api, caller = open_account(request, session, pause=lambda _: None)
    account = collect_account(api, caller, request, DEMO_NOW, Steps(None)).account
    api.close()
    assert account is not None
    return account


def facts(account: Account) -> Facts:
    """Return what a scan knows, by record and field, without what each host makes up itself."""
    (region,) = account.regions
    assert isinstance(region.functions, tuple)
    found: dict[str, object] = {}
    for function in sorted(region.functions, key=lambda one: one.name):
        for name, value in _fields(function):
            found[f"Function.{name}"] = (*_rows(found.get(f"Function.{name}")), (function.name, value))
    found |= {f"Region.{name}": value for name, value in _fields(region)}
    found |= {f"Services.{name}": value for name, value in _fields(region.services)}
    found |= {f"Account.{name}": value for name, value in _fields(account)}
    return {name: value for name, value in found.items() if name not in WHOLES}


def _rows(found: object) -> tuple[object, ...]:
    return found if isinstance(found, tuple) else ()


def _fields(record: msgspec.Struct) -> Iterator[tuple[str, object]]:
    for name in record.__struct_fields__:
        if f"{type(record).__name__}.{name}" not in MADE_BY_HOST:
            yield name, plain(getattr(record, name))


def plain(value: Any) -> object:
    """Reduce a value to what hosts must agree on: rows in any order."""
    if isinstance(value, Unavailable):
        return UNAVAILABLE
    if isinstance(value, datetime):
        return "a time"
    if isinstance(value, msgspec.Struct):
        return (type(value).__name__, *_fields(value))
    if isinstance(value, tuple | frozenset):
        return tuple(sorted(map(plain, value), key=repr))
    return value


@cache
def declared() -> Facts:
    return facts(scanned(small_session()))


@cache
def told_by(endpoint: str) -> Facts:
    """Give a host the account, and read it from there."""
    copy_to(endpoint)
    session = boto3.Session(ACCOUNT, "test", region_name=HOME)
    return facts(scanned(session, endpoint))


@pytest.fixture(params=FAULTS)
def host(request: pytest.FixtureRequest) -> tuple[str, Facts]:
    return request.param, told_by(request.getfixturevalue(f"{request.param}_host"))


def test_a_host_tells_the_same_but_for_its_known_faults(host: tuple[str, Facts]) -> None:
    name, told = host
    assert told.keys() == declared().keys()
    # What the account itself does not declare cannot be held against anybody.
    shown = [fact for fact in told if declared()[fact] != UNAVAILABLE]
    others = {fact: (declared()[fact], told[fact]) for fact in shown if told[fact] != declared()[fact]}
    assert not {fact: values for fact, values in others.items() if fact not in FAULTS[name]}
    assert not FAULTS[name].keys() - others.keys(), "a fault that is mended"


def test_what_a_host_lacks_is_no_fact(host: tuple[str, Facts]) -> None:
    name, told = host
    lacking = [fact for fact, why in FAULTS[name].items() if why == NO_OPERATION]
    assert lacking
    assert not [fact for fact in lacking if UNAVAILABLE not in repr(told[fact])]


def test_the_account_has_something_to_tell() -> None:
    for name, word in TELLING.items():
        assert word in repr(declared()[name]), name
