"""Errors of the demo account are those of AWS, and faults break exactly the calls that they are about."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from auditor.demo import Fault, FaultKind, demo_session

Ask = Callable[..., dict[str, Any]]
ACCOUNT = "123456789012"
HERE = f"eu-west-1:{ACCOUNT}"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-aaaa-4aaa-8aaa-000000000001"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:on-call"
FUNCTION = {"FunctionName": "order-api"}


ERRORS = [
    pytest.param(
        "lambda:GetFunction", {"FunctionName": "nobody"}, ("ResourceNotFoundException", 404), id="function"
    ),
    pytest.param(
        "lambda:GetPolicy", {**FUNCTION, "Qualifier": "8"}, ("ResourceNotFoundException", 404), id="policy"
    ),
    pytest.param("iam:GetRole", {"RoleName": "old-ghost"}, ("NoSuchEntity", 404), id="role"),
    pytest.param(
        "iam:GetRolePolicy", {"RoleName": "team-hr-payroll"}, ("AccessDenied", 403), id="denied by design"
    ),
    pytest.param(
        "kms:DescribeKey", {"KeyId": KEY.replace("1111", "9999")}, ("NotFoundException", 400), id="key"
    ),
    pytest.param(
        "sqs:GetQueueUrl", {"QueueName": "gone"}, ("AWS.SimpleQueueService.NonExistentQueue", 400), id="queue"
    ),
    pytest.param("sns:GetTopicAttributes", {"TopicArn": TOPIC + "x"}, ("NotFound", 404), id="topic"),
    pytest.param(
        "ec2:DescribeSubnets", {"SubnetIds": ["subnet-9"]}, ("InvalidSubnetID.NotFound", 400), id="subnet"
    ),
]


@pytest.mark.parametrize("wire", [False, True])
@pytest.mark.parametrize(("operation", "params", "error"), ERRORS)
def test_errors_are_those_of_aws(
    ask: Ask, operation: str, params: dict[str, Any], error: tuple[str, int], *, wire: bool
) -> None:
    with pytest.raises(ClientError) as raised:
        ask(demo_session(wire_all=wire), operation, **params)
    found = raised.value.response
    assert (found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"]) == error


@pytest.mark.parametrize(
    "operation", ["lambda:ListFunctions", "iam:GetRole", "ec2:DescribeSubnets", "sqs:GetQueueUrl"]
)
def test_the_wire_and_the_short_way_give_the_same(ask: Ask, operation: str) -> None:
    short, wire = ask(demo_session(), operation), ask(demo_session(wire_all=True), operation)
    del short["ResponseMetadata"], wire["ResponseMetadata"]
    assert short == wire


FAULTS = [
    pytest.param(FaultKind.DENIED, "AccessDeniedException", id="denied"),
    pytest.param(FaultKind.THROTTLED, "TooManyRequestsException", id="throttled"),
    pytest.param(FaultKind.ERROR_500, "ServiceException", id="500"),
    pytest.param(FaultKind.BARE_404, "404", id="bare 404"),
    pytest.param(FaultKind.EXPIRED, "ExpiredTokenException", id="expired"),
    pytest.param(FaultKind.OPT_IN, "UnrecognizedClientException", id="region off"),
]


@pytest.mark.parametrize(("kind", "code"), FAULTS)
def test_error_faults_reach_the_caller_as_client_errors(ask: Ask, kind: FaultKind, code: str) -> None:
    with pytest.raises(ClientError) as error:
        ask(
            demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=kind),)), "lambda:ListFunctions"
        )
    assert error.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("kind", "raised"), [(FaultKind.TIMEOUT, ReadTimeoutError), (FaultKind.RESET, ConnectionClosedError)]
)
def test_transport_faults_are_botocores_own(ask: Ask, kind: FaultKind, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        ask(demo_session(faults=(Fault(operation="iam:*", kind=kind),)), "iam:GetRole")


@pytest.mark.parametrize("kind", [FaultKind.MALFORMED, FaultKind.HTML, FaultKind.EMPTY_BODY])
def test_a_broken_body_with_200_is_an_empty_answer_to_botocore(ask: Ask, kind: FaultKind) -> None:
    session = demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=kind),))
    assert [*ask(session, "lambda:ListFunctions")] == ["ResponseMetadata"]


def listed(ask: Ask, kind: FaultKind, field: str = "") -> dict[str, Any]:
    fault = Fault(operation="lambda:ListFunctions", kind=kind, field=field)
    return ask(demo_session(faults=(fault,)), "lambda:ListFunctions")


def test_inside_faults_leave_a_well_formed_answer(ask: Ask) -> None:
    empty = listed(ask, FaultKind.EMPTY_PAGE)
    assert (empty["Functions"], bool(empty["NextMarker"])) == ([], True)
    missing = listed(ask, FaultKind.MISSING_FIELD, "Timeout")
    assert not any("Timeout" in row for row in missing["Functions"])
    newer = listed(ask, FaultKind.UNKNOWN_ENUM, "PackageType")
    assert {row["PackageType"] for row in newer["Functions"]} == {"SOMETHING_NEWER_THAN_THIS_CLIENT"}


def test_an_empty_first_page_loses_nothing() -> None:
    session = demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=FaultKind.EMPTY_PAGE),))
    pages = [*session.client("lambda").get_paginator("list_functions").paginate()]
    whole = [*demo_session().client("lambda").get_paginator("list_functions").paginate()]
    assert pages[0]["Functions"] == []
    assert [page["Functions"] for page in pages[1:]] == [page["Functions"] for page in whole]


def test_a_looping_token_is_the_same_for_ever(ask: Ask) -> None:
    session = demo_session(faults=(Fault(operation="lambda:ListFunctions", kind=FaultKind.LOOPING_TOKEN),))
    first = ask(session, "lambda:ListFunctions")
    again = ask(session, "lambda:ListFunctions", Marker=first["NextMarker"])
    assert first["NextMarker"] == again["NextMarker"]


def test_faults_count_attempts_so_that_retries_see_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    session = demo_session(faults=(Fault(operation="lambda:GetPolicy", kind=FaultKind.THROTTLED, times=2),))
    service: Any = session.client(
        "lambda", config=Config(retries={"total_max_attempts": 4, "mode": "standard"})
    )
    assert service.get_policy(FunctionName="order-api", Qualifier="live")["Policy"]
    assert session.calls["lambda:GetPolicy"] == 3


def test_faults_can_start_late_and_mind_parameters_and_region(ask: Ask) -> None:
    late = demo_session(faults=(Fault(operation="*", kind=FaultKind.EXPIRED, after=1),))
    assert ask(late, "iam:GetRole")["Role"]
    with pytest.raises(ClientError, match="ExpiredToken"):
        ask(late, "iam:GetRole")
    rule = Fault(
        operation="lambda:GetFunction", kind=FaultKind.DENIED, when={"FunctionName": "cart-*"}, region="eu-*"
    )
    narrow = demo_session(faults=(rule,))
    assert ask(narrow, "lambda:GetFunction")["Configuration"]
    with pytest.raises(ClientError, match="AccessDenied"):
        ask(narrow, "lambda:GetFunction", FunctionName="cart-api")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        ask(narrow, "lambda:GetFunction", "us-east-1", FunctionName="cart-api")


def test_a_gate_throttles_attempts_over_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    session = demo_session(wire_all=True)
    asked: list[str] = []

    def gate(operation: str, region: str) -> bool:
        asked.append(f"{operation} {region}")
        return len(asked) < 3

    session.gate = gate
    service: Any = session.client(
        "lambda", config=Config(retries={"total_max_attempts": 4, "mode": "standard"})
    )
    assert len(service.list_functions()["Functions"]) == 20
    assert asked == ["lambda:ListFunctions eu-west-1"] * 3
