"""A resumed scan of an emulator, which lacks some operations: what it did answer is not asked again."""

from collections import Counter
from pathlib import Path
from typing import Any

import boto3

from auditor.collect import ScanRequest, collect
from auditor.demo import DEMO_NOW
from auditor.demo.specs import HOME
from auditor.model import Inventory
from tests.hosts import emulators
from tests.hosts.small_account import ACCOUNT, copy_to

# Asked of each function, or of each of its aliases.
OF_FUNCTIONS = {"GetFunction", "GetPolicy", "ListAliases", "ListFunctionEventInvokeConfigs"}
NOT_IMPLEMENTED = {"ListFunctionUrlConfigs", "ListProvisionedConcurrencyConfigs"}


def scanned(endpoint: str, folder: Path | None) -> tuple[Inventory, Counter[str]]:
    session, sent = boto3.Session(ACCOUNT, "test", region_name=HOME), Counter[str]()

    def note(model: Any, **_: object) -> None:
        sent[model.name] += 1

    session.events.register("before-call", note)
    request = ScanRequest(endpoint_url=endpoint, resume=str(folder or ""))
    return collect(request, session=session, now=DEMO_NOW), sent


def test_what_a_host_answered_is_not_asked_again(tmp_path: Path) -> None:
    # One of its own: other tests copy the same account to the one that they share.
    with emulators.moto() as host:
        copy_to(host.endpoint)
        whole, _ = scanned(host.endpoint, None)
        first, asked = scanned(host.endpoint, tmp_path)
        second, again = scanned(host.endpoint, tmp_path)
    assert first.accounts == second.accounts == whole.accounts
    assert {name for name in OF_FUNCTIONS if asked[name]} == OF_FUNCTIONS
    assert {name for name in OF_FUNCTIONS if again[name]} == set()
    assert all(again[name] for name in NOT_IMPLEMENTED)
