"""What is asked of versions and of durable functions."""

from typing import Any

import msgspec
import pytest

from auditor.collect.session import Api
from auditor.collect.versions import durable_failures, runtime_management
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import Alias, Function, Reason, Unavailable
from auditor.testing import healthy_function

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults, check=False)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


def function(name: str, **changes: Any) -> Function:
    return msgspec.structs.replace(healthy_function(), name=name, **changes)


def test_versions_behind_aliases_have_a_mode_of_their_own() -> None:
    aliases = (
        Alias(name="live", version="4", extra_weights=(("5", 0.1),)),
        Alias(name="next", version="$LATEST"),
        Alias(name="old", version="4"),
    )
    asked: list[str] = []
    api = demo()

    def note(*, params: dict[str, Any], **_: object) -> None:
        asked.append(params.get("Qualifier", ""))

    api.session.events.register_first("before-parameter-build.lambda.GetRuntimeManagementConfig", note)
    runtime_management(api, REGION, function("legacy-order-import", aliases=aliases))
    assert asked[:2] == ["", "4"]


def test_aliases_that_were_not_read_hide_versions() -> None:
    denied = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListAliases")
    api = demo()
    assert runtime_management(api, REGION, function("order-api", aliases=denied)) == denied
    assert api.spending() == ()


@pytest.mark.parametrize(
    ("name", "changes", "failures"),
    [
        ("search-indexer", {"durable_execution_timeout_s": 60}, 1),
        ("payment-refund", {"durable_execution_timeout_s": 60}, 0),
        ("order-api", {}, None),
    ],
    ids=["some failed", "none failed", "not durable"],
)
def test_failures_of_durable_executions(name: str, changes: dict[str, Any], failures: int | None) -> None:
    api = demo()
    assert durable_failures(api, REGION, function(name, **changes)) == failures
    assert bool(api.spending()) is (failures is not None)


def test_executions_that_cannot_be_read_did_not_succeed() -> None:
    fault = Fault(operation="lambda:ListDurable*", kind=FaultKind.DENIED)
    found = durable_failures(demo(fault), REGION, function("search-indexer", durable_execution_timeout_s=60))
    assert isinstance(found, Unavailable)


def test_an_empty_first_page_is_no_history_without_failures() -> None:
    fault = Fault(operation="lambda:ListDurable*", kind=FaultKind.EMPTY_PAGE)
    found = durable_failures(demo(fault), REGION, function("search-indexer", durable_execution_timeout_s=60))
    assert isinstance(found, Unavailable)
