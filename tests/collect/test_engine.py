"""The engine: every way in which a call can fail becomes a reason, whole answers stay whole."""

from typing import Any

import boto3
import botocore.session
import msgspec
import pytest

from auditor.collect.authorization import AUTHORIZATION_DETAILS
from auditor.collect.guard import CREDENTIAL_OPERATIONS, UndeclaredOperationError, guard
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import ABSENT, Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.demo.wire import response
from auditor.model import Reason, Unavailable

REGION = "eu-west-1"
LIST = Operation(
    service="lambda",
    name="ListFunctions",
    actions=("lambda:ListFunctions",),
    tier=Tier.QUICK,
    requires=("Functions",),
)
POLICY = Operation(
    service="lambda",
    name="GetPolicy",
    actions=("lambda:GetPolicy",),
    requires=("Policy",),
    absent=("ResourceNotFoundException",),
)
RECURSION = Operation(
    service="lambda",
    name="GetFunctionRecursionConfig",
    actions=("lambda:GetFunctionRecursionConfig",),
    tier=Tier.DEEP,
)


def api_with(*faults: Fault, **options: object) -> tuple[Api, list[float]]:
    slept: list[float] = []
    session = demo_session(faults=faults)
    guard(session, {LIST.key, POLICY.key})
    given: dict[str, Any] = {"pace": 1e9, **options}
    api = Api(session=session, account="123456789012", pause=slept.append, **given)
    return api, slept


def any_client(session: Any, service: str) -> Any:
    return session.client(service)


def names(answer: object) -> list[str]:
    assert isinstance(answer, list)
    return [row["FunctionName"] for row in answer]


FAILURES = (
    # kind of failure, reason, code, attempts that are worth it
    (FaultKind.DENIED, Reason.ACCESS_DENIED, "AccessDeniedException", 1),
    (FaultKind.THROTTLED, Reason.THROTTLED, "TooManyRequestsException", 8),
    (FaultKind.ERROR_500, Reason.API_ERROR, "ServiceException", 4),
    (FaultKind.BARE_404, Reason.NOT_SUPPORTED, "404", 1),
    (FaultKind.TIMEOUT, Reason.TIMEOUT, "ReadTimeoutError", 2),
    (FaultKind.RESET, Reason.API_ERROR, "ConnectionClosedError", 3),
    (FaultKind.EXPIRED, Reason.CREDENTIALS_EXPIRED, "ExpiredTokenException", 1),
    (FaultKind.OPT_IN, Reason.REGION_DISABLED, "UnrecognizedClientException", 1),
    (FaultKind.MALFORMED, Reason.MALFORMED_RESPONSE, "MalformedResponse", 1),
    (FaultKind.HTML, Reason.MALFORMED_RESPONSE, "MalformedResponse", 1),
    (FaultKind.EMPTY_BODY, Reason.MALFORMED_RESPONSE, "MalformedResponse", 1),
    (FaultKind.LOOPING_TOKEN, Reason.MALFORMED_RESPONSE, "MalformedResponse", 2),
)


@pytest.mark.parametrize(
    ("kind", "reason", "code", "requests"), FAILURES, ids=[row[0].value for row in FAILURES]
)
def test_a_failure_is_a_reason_with_operation_and_code(
    kind: FaultKind, reason: Reason, code: str, requests: int
) -> None:
    api, _ = api_with(Fault(operation="lambda:ListFunctions", kind=kind))
    answer = api.pages(LIST, REGION, "Functions")
    assert isinstance(answer, Unavailable)
    assert (answer.reason, answer.operation, answer.code) == (reason, "lambda:ListFunctions", code)
    (spent,) = api.spending()
    assert (spent.requests, spent.denied + spent.lost) == (requests, 1)


@pytest.mark.parametrize(
    "kind", [FaultKind.THROTTLED, FaultKind.ERROR_500, FaultKind.TIMEOUT, FaultKind.RESET]
)
def test_a_passing_failure_loses_nothing(kind: FaultKind) -> None:
    clean, _ = api_with()
    api, slept = api_with(Fault(operation="lambda:ListFunctions", kind=kind, after=1, times=1))
    assert names(api.pages(LIST, REGION, "Functions")) == names(clean.pages(LIST, REGION, "Functions"))
    assert len(slept) == 1


@pytest.mark.parametrize(
    "kind", [FaultKind.DENIED, FaultKind.THROTTLED, FaultKind.MALFORMED, FaultKind.BARE_404]
)
def test_a_failure_on_a_later_page_spoils_the_whole_list(kind: FaultKind) -> None:
    api, _ = api_with(Fault(operation="lambda:ListFunctions", kind=kind, after=2))
    assert isinstance(api.pages(LIST, REGION, "Functions"), Unavailable)


ELSEWHERE = {
    "text for a list": '{"Functions": "x"}',
    "a number for a row": '{"Functions": [1]}',
    "a list for a structure": '{"Functions": [{"FunctionName": "f", "VpcConfig": []}]}',
    "nothing for a row": '{"Functions": [null]}',
    "a number for a name": '{"Functions": [{"FunctionName": 7}]}',
    "nothing for a name": '{"Functions": [{"FunctionName": null}]}',
    "no text for a name": '{"Functions": [{"FunctionName": ""}]}',
}


@pytest.mark.parametrize("body", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_answer_of_another_build_is_malformed_and_raises_nothing(body: str) -> None:
    session = boto3.Session(aws_access_key_id="AKIADEMO", aws_secret_access_key="demo", region_name=REGION)  # noqa: S106 - nothing is sent
    head = {"Content-Type": "application/json"}
    answers: Any = lambda **_: response(200, body.encode(), head)  # noqa: E731 - typed as botocore calls it
    session.events.register("before-send", answers)
    api = Api(session=session, account="123456789012", pace=1e9)
    named = msgspec.structs.replace(LIST, requires=("Functions", "Functions[].FunctionName"))
    answer = api.pages(named, REGION, "Functions")
    assert isinstance(answer, Unavailable)
    assert answer.reason is Reason.MALFORMED_RESPONSE


def test_a_page_that_says_more_follows_and_not_where_is_not_the_end() -> None:
    session = demo_session()
    cut = Api(session=session, account="123456789012", pace=1e9)
    session.events.register_last(
        "after-call.iam.GetAccountAuthorizationDetails", lambda *, parsed, **_: parsed.pop("Marker", None)
    )
    answer = cut.pages(AUTHORIZATION_DETAILS, "us-east-1", "RoleDetailList", Filter=["Role"])
    assert isinstance(answer, Unavailable)
    assert answer.note == "a page with more to come and no token"


def test_an_empty_page_with_a_token_is_not_the_end() -> None:
    clean, _ = api_with()
    api, _ = api_with(Fault(operation="lambda:ListFunctions", kind=FaultKind.EMPTY_PAGE, times=1))
    assert names(api.pages(LIST, REGION, "Functions")) == names(clean.pages(LIST, REGION, "Functions"))


def test_only_the_documented_error_is_absence() -> None:
    api, _ = api_with()
    assert api.call(POLICY, REGION, FunctionName="no-such-function") is ABSENT
    bare, _ = api_with(Fault(operation="lambda:GetPolicy", kind=FaultKind.BARE_404))
    assert isinstance(bare.call(POLICY, REGION, FunctionName="no-such-function"), Unavailable)


def test_what_the_tier_leaves_out_is_not_sent() -> None:
    api, _ = api_with(tier=Tier.STANDARD)
    answer = api.call(RECURSION, REGION, FunctionName="order-api")
    assert isinstance(answer, Unavailable)
    assert answer.reason is Reason.NOT_COLLECTED
    assert answer.note == "not collected: needs --tier deep"
    assert api.spending() == ()


def test_expired_credentials_end_the_scan_and_keep_what_was_seen() -> None:
    api, _ = api_with(Fault(operation="lambda:GetPolicy", kind=FaultKind.EXPIRED))
    assert isinstance(api.pages(LIST, REGION, "Functions"), list)
    api.call(POLICY, REGION, FunctionName="order-api")
    assert api.stopped == "the credentials expired during the scan"
    after = api.pages(LIST, REGION, "Functions")
    assert isinstance(after, Unavailable)
    assert after.reason is Reason.CREDENTIALS_EXPIRED
    assert next(row for row in api.spending() if row.operation == "lambda:GetPolicy").requests == 1


def test_a_key_that_is_forgotten_during_the_scan_ends_it() -> None:
    api, _ = api_with(Fault(operation="lambda:GetPolicy", kind=FaultKind.OPT_IN))
    api.pages(LIST, REGION, "Functions")
    api.call(POLICY, REGION, FunctionName="order-api")
    assert api.stopped


def test_a_deadline_ends_the_scan() -> None:
    now = [0.0]
    api, _ = api_with(clock=lambda: now[0], deadline=10.0)
    assert isinstance(api.pages(LIST, REGION, "Functions"), list)
    now[0] = 10.1
    answer = api.pages(LIST, REGION, "Functions")
    assert isinstance(answer, Unavailable)
    assert answer.note == "not asked: the time given to the scan was used up"


def test_a_dead_operation_is_given_up_and_probed_again() -> None:
    now = [0.0]
    dead = Fault(operation="lambda:GetPolicy", kind=FaultKind.ERROR_500, times=20)
    api, _ = api_with(dead, clock=lambda: now[0])
    answers = [api.call(POLICY, REGION, FunctionName="order-api") for _ in range(40)]
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert "not asked again" in str(answers[-1])
    assert next(iter(api.spending())).requests == 20
    now[0] = 31.0
    assert not isinstance(api.call(POLICY, REGION, FunctionName="order-api"), Unavailable)
    assert not isinstance(api.call(POLICY, REGION, FunctionName="order-api"), Unavailable)


def test_refusals_of_single_resources_do_not_close_the_door() -> None:
    denied = Fault(operation="lambda:GetPolicy", kind=FaultKind.DENIED, when={"FunctionName": "order-api"})
    api, _ = api_with(denied)
    for _ in range(49):
        api.call(POLICY, REGION, FunctionName="order-api")
    assert not isinstance(api.call(POLICY, REGION, FunctionName="image-resize"), Unavailable)


def test_retries_have_one_budget() -> None:
    api, slept = api_with(Fault(operation="lambda:*", kind=FaultKind.THROTTLED))
    for region in ("eu-west-1", "eu-west-2", "us-east-1", "us-east-2"):
        for _ in range(10):
            api.pages(LIST, region, "Functions")
            api.call(POLICY, region, FunctionName="order-api")
    assert len(slept) <= 200


def test_map_keeps_the_order_and_may_be_nested() -> None:
    api, _ = api_with()

    def square(n: int) -> list[int]:
        return api.map(lambda m: n * m, range(n))

    assert api.map(square, range(20)) == [[n * m for m in range(n)] for n in range(20)]


MUTATING = ("Create", "Delete", "Put", "Update", "Invoke", "Add", "Remove", "Attach", "Publish", "Tag", "Set")


@pytest.mark.parametrize(
    "service", ["lambda", "iam", "s3", "logs", "sqs", "sns", "ec2", "events", "kms", "organizations"]
)
def test_the_guard_refuses_everything_that_is_not_declared(service: str) -> None:
    session = demo_session()
    guard(session, {LIST.key})
    client = any_client(session, service)
    operations = client.meta.service_model.operation_names
    assert any(name.startswith(MUTATING) for name in operations)
    for name in set(operations) - {"ListFunctions"}:
        with pytest.raises(UndeclaredOperationError, match=name):
            getattr(client, botocore.xform_name(name))()
    assert not session.calls


def test_the_guard_covers_what_botocore_makes_itself() -> None:
    session = demo_session()
    guard(session, {LIST.key})
    inner: Any = session._session.create_client("s3", region_name=REGION)  # noqa: SLF001 - as botocore does
    with pytest.raises(UndeclaredOperationError):
        inner.put_object(Bucket="a", Key="b", Body=b"c")
    with pytest.raises(UndeclaredOperationError):
        inner.generate_presigned_url("put_object", Params={"Bucket": "a", "Key": "b"})


@pytest.mark.parametrize("operation", sorted(CREDENTIAL_OPERATIONS))
def test_operations_for_credentials_exist(operation: tuple[str, str]) -> None:
    service, name = operation
    model = botocore.session.get_session().get_service_model(service)
    assert name in model.operation_names
