"""What a report says that a function is connected to."""

from auditor.connections import connections, triggers
from auditor.model import NOT_COLLECTED, Region, WorkflowTask
from auditor.testing import ACCOUNT, ARN, REGION, healthy_function, healthy_region

QUIET = healthy_function(policies=(), urls=())


def called_by(region: Region) -> tuple[str, ...]:
    return next((one.values for one in connections(QUIET, region) if one.label == "Called by"), ())


def task(state: str, arn: str = f"{ARN}:live") -> WorkflowTask:
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:orders"
    return WorkflowTask(machine_arn=machine, state=state, function_arn=arn, timeout_s=30)


def test_a_state_machine_calls_though_no_policy_names_it() -> None:
    region = healthy_region(workflow_tasks=(task("Charge"), task("Refund"), task("Any", arn="")))
    assert called_by(region) == ("Step Functions stateMachine:orders",)
    assert triggers(QUIET, region) == ("Step Functions",)


def test_machines_that_were_not_asked_for_call_nothing() -> None:
    region = healthy_region(workflow_tasks=NOT_COLLECTED)
    assert called_by(region) == ()
    assert triggers(QUIET, region) == ()
