"""State machines that invoke functions: what of their definitions is kept, and what nobody can tell."""

import json
import os
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from auditor.collect.session import Api
from auditor.collect.state_language import TASK_DEFAULT_S, invoking_tasks
from auditor.collect.workflows import Workflows, collect_workflows
from auditor.demo import Fault, FaultKind, demo_session, wire
from auditor.model import Reason, Unavailable, WorkflowTask
from auditor.testing import healthy_function
from tests.canaries import leaks

REGION = "eu-west-1"
FULFILMENT = f"arn:aws:states:{REGION}:123456789012:stateMachine:fulfilment"
HERE = f"arn:aws:lambda:{REGION}:123456789012:function"
INVOKE = "arn:aws:states:::lambda:invoke"
ONE = (healthy_function(),)


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account="123456789012", regions=(REGION,), pace=1e9, pause=lambda _: None)


def workflows(api: Api, **changes: Any) -> Workflows:
    found = collect_workflows(api, REGION, ONE, **changes)
    assert isinstance(found, Workflows)
    return found


def defined(definition: str, **changes: str) -> Api:
    """An account whose state machines all have this definition."""
    api = demo()

    def replace(*, parsed: dict[str, Any], **_: object) -> None:
        parsed.update({"definition": definition, **changes})

    api.session.events.register_last("after-call.sfn.DescribeStateMachine", replace)
    return api


def test_tasks_with_what_they_wait_and_nothing_else() -> None:
    found = workflows(demo())
    assert found == Workflows(
        workflow_tasks=(
            WorkflowTask(
                machine_arn=FULFILMENT, state="Score", function_arn=f"{HERE}:fraud-scoring", timeout_s=30
            ),
            WorkflowTask(
                machine_arn=FULFILMENT,
                state="Rules",
                function_arn=f"{HERE}:fraud-rules",
                timeout_s=TASK_DEFAULT_S,
            ),
            WorkflowTask(
                machine_arn=FULFILMENT, state="Capture", function_arn=f"{HERE}:payment-capture", timeout_s=15
            ),
        )
    )
    assert not leaks(msgspec.json.encode(found))


def task(resource: str = INVOKE, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def named(name: str = "f", **more: Any) -> dict[str, Any]:
    return {"FunctionName": name, **more}


# Name, task, the function as it is called, and the seconds that the task waits; None for no invoking task.
TASKS: dict[str, tuple[dict[str, Any], tuple[str, int | None] | None]] = {
    "by the integration": (task(Parameters=named(), TimeoutSeconds=9), ("f", 9)),
    "by the default": (task(Parameters=named()), ("f", 99_999_999)),
    "by its ARN": (task(f"{HERE}:f:live", TimeoutSeconds=9), (f"{HERE}:f:live", 9)),
    "with a token": (
        task(f"{INVOKE}.waitForTaskToken", Parameters=named(), HeartbeatSeconds=5, TimeoutSeconds=9),
        ("f", 9),
    ),
    "asynchronously with a token": (
        task(f"{INVOKE}.waitForTaskToken", Parameters=named(InvocationType="Event"), TimeoutSeconds=9),
        ("f", 9),
    ),
    "by the SDK": (
        task("arn:aws:states:::aws-sdk:lambda:invoke", Parameters=named(), TimeoutSeconds=9),
        ("f", 9),
    ),
    "in JSONata": (task(QueryLanguage="JSONata", Arguments=named("f:2"), TimeoutSeconds=9), ("f:2", 9)),
    "with a qualifier of its own": (task(Parameters=named(Qualifier="live")), ("f:live", TASK_DEFAULT_S)),
    "in China": (
        task("arn:aws-cn:states:::lambda:invoke", Parameters=named(), TimeoutSeconds=9),
        ("f", 9),
    ),
    "in another account": (
        task(Parameters=named("f:live"), Credentials={"RoleArn": "arn:aws:iam::210987654321:role/caller"}),
        ("210987654321:function:f:live", TASK_DEFAULT_S),
    ),
    "in another account, as its ARN says": (
        task(Parameters=named(f"{HERE}:f"), Credentials={"RoleArn.$": "$.role"}),
        (f"{HERE}:f", TASK_DEFAULT_S),
    ),
    "in an account that the input tells": (
        task(Parameters=named(), Credentials={"RoleArn.$": "$.role"}),
        ("", TASK_DEFAULT_S),
    ),
    "the wait is input": (task(Parameters=named(), TimeoutSecondsPath="$.wait"), ("f", None)),
    "the wait is an expression": (task(Arguments=named(), TimeoutSeconds="{% $wait %}"), ("f", None)),
    "the name is input": (task(Parameters={"FunctionName.$": "$.f"}, TimeoutSeconds=9), ("", 9)),
    "the name is an expression": (task(Arguments=named("{% $f %}"), TimeoutSeconds=9), ("", 9)),
    "all is an expression": (task(Arguments="{% $all %}", TimeoutSeconds=9), ("", None)),
    "all is an expression and waits for ever": (task(Arguments="{% $all %}"), ("", TASK_DEFAULT_S)),
    "whether it waits is input": (
        task(Parameters=named(**{"InvocationType.$": "$.how"}), TimeoutSeconds=9),
        ("f", None),
    ),
    "asynchronously": (task(Parameters=named(InvocationType="Event"), TimeoutSeconds=9), None),
    "another service": (task("arn:aws:states:::sqs:sendMessage", Parameters={}), None),
    "another call of Lambda": (task("arn:aws:states:::aws-sdk:lambda:getFunction", Parameters=named()), None),
    "an activity": (task("arn:aws:states:eu-west-1:123456789012:activity:f"), None),
    "no task": ({"Type": "Wait", "Seconds": 9, "End": True}, None),
}


@pytest.mark.parametrize(("state", "expected"), TASKS.values(), ids=TASKS)
def test_a_task_of_the_language(state: dict[str, Any], expected: tuple[str, int | None] | None) -> None:
    found = [(one.function, one.timeout_s) for one in invoking_tasks({"States": {"A": state}}, "STANDARD")]
    assert found == ([expected] if expected else [])


def test_tasks_within_branches_and_loops() -> None:
    inner = {"States": {"A": task(Parameters=named(), TimeoutSeconds=9)}}
    definition = {
        "TimeoutSeconds": 600,
        "States": {
            "Branches": {"Type": "Parallel", "Branches": [inner, inner]},
            "Old loop": {"Type": "Map", "Iterator": inner},
            "Loop": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                    **inner,
                },
            },
        },
    }
    assert [one.execution_s for one in invoking_tasks(definition, "STANDARD")] == [600, 600, 600, 300]
    assert {one.execution_s for one in invoking_tasks(definition, "EXPRESS")} == {300}


# Definitions that are none, or newer than this program.
STRANGE: dict[str, tuple[str, dict[str, str]]] = {
    "no JSON": ("no JSON", {}),
    "no states": ("{}", {}),
    "no document": ("[]", {}),
    "nested without end": ("[" * 100_000, {}),
    "a kind of state that nobody knows yet": (json.dumps({"States": {"A": {"Type": "Ask"}}}), {}),
    "a kind of machine that nobody knows yet": (json.dumps({"States": {}}), {"type": "SLOW"}),
    "a timeout that is none": (json.dumps({"States": {"A": task(f"{HERE}:f", TimeoutSeconds=-1)}}), {}),
    "a timeout in words": (json.dumps({"States": {"A": task(f"{HERE}:f", TimeoutSeconds="9 s")}}), {}),
}


@pytest.mark.parametrize(("definition", "changes"), STRANGE.values(), ids=STRANGE)
def test_a_strange_definition_is_an_unread_machine(definition: str, changes: dict[str, str]) -> None:
    found = workflows(defined(definition, **changes))
    assert found.workflow_tasks == ()
    ((arn, why),) = found.unread_workflows
    assert arn == FULFILMENT
    assert why.reason is Reason.MALFORMED_RESPONSE


def test_names_are_spelt_out() -> None:
    names = ("f", "f:live", "123456789012:function:f", f"{HERE}:f", "f f")
    states = {str(index): task(Parameters=named(name)) for index, name in enumerate(names)}
    tasks = workflows(defined(json.dumps({"States": states}))).workflow_tasks
    assert isinstance(tasks, tuple)
    arns = [one.function_arn for one in tasks]
    assert arns == [f"{HERE}:f", f"{HERE}:f:live", f"{HERE}:f", f"{HERE}:f", ""]


def test_a_wait_that_only_the_input_tells_is_missing_evidence() -> None:
    state = task(Parameters=named(), TimeoutSecondsPath="$.wait")
    (found,) = workflows(defined(json.dumps({"States": {"A": state}}))).workflow_tasks  # type: ignore[misc]
    assert isinstance(found.timeout_s, Unavailable)


def test_another_host_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        session = boto3.Session(region_name=REGION)
        session.client("stepfunctions").create_state_machine(
            name="orders",
            definition=json.dumps(
                {"StartAt": "A", "States": {"A": task(Parameters=named(), TimeoutSeconds=9)}}
            ),
            roleArn="arn:aws:iam::123456789012:role/orders",
            type="EXPRESS",
        )
        found = workflows(Api(session=session, account="123456789012", regions=(REGION,), pace=1e9))
    machine = f"arn:aws:states:{REGION}:123456789012:stateMachine:orders"
    assert found.workflow_tasks == (
        WorkflowTask(machine_arn=machine, state="A", function_arn=f"{HERE}:f", timeout_s=9, execution_s=300),
    )


def test_machines_beyond_the_cap_are_said_to_be_unread() -> None:
    found = workflows(demo(), most=0)
    ((_, why),) = found.unread_workflows
    assert why.note == "1 of 1 state machines not read: at most 0 of a region are"
    assert found.workflow_tasks == ()


def test_without_functions_nothing_is_asked() -> None:
    api = demo()
    assert collect_workflows(api, REGION, ()) == Workflows(workflow_tasks=())
    assert not api.spending()


def test_denied_is_not_none() -> None:
    denied = Fault(operation="stepfunctions:ListStateMachines", kind=FaultKind.DENIED)
    assert isinstance(collect_workflows(demo(denied), REGION, ONE), Unavailable)
    found = workflows(demo(Fault(operation="stepfunctions:DescribeStateMachine", kind=FaultKind.DENIED)))
    ((_, why),) = found.unread_workflows
    assert why.reason is Reason.ACCESS_DENIED
    assert why.note == "state machine fulfilment: access denied: no identity-based policy allows it"


def test_an_encrypted_definition_says_what_it_takes() -> None:
    error = {"Error": {"Code": "KmsAccessDeniedException", "Message": ""}}
    answer = wire.response(400, b""), {**error, "ResponseMetadata": {"HTTPStatusCode": 400}}
    api = demo()
    events: Any = api.session.events
    events.register_first("before-call.sfn.DescribeStateMachine", lambda **_: answer)
    ((_, why),) = workflows(api).unread_workflows
    assert why.reason is Reason.ACCESS_DENIED
    assert why.note == "state machine fulfilment: the definition takes kms:Decrypt of its key: access denied"
