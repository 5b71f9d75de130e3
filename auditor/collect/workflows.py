"""Step Functions state machines that invoke functions, and how long their tasks wait."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from auditor.collect.answers import definite, listed
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import Api
from auditor.collect.shapes import strange, whole, word
from auditor.collect.state_language import EXPRESS, InvokingTask, invoking_tasks
from auditor.model import NOT_COLLECTED, Function, Reason, Record, Unavailable, WorkflowTask
from auditor.secrets import redact

LIST_STATE_MACHINES = Operation(
    service="stepfunctions",
    name="ListStateMachines",
    actions=("states:ListStateMachines",),
    tier=Tier.DEEP,
    requires=("stateMachines", "stateMachines[].stateMachineArn"),
    page_size=1_000,
)
DESCRIBE_STATE_MACHINE = Operation(
    service="stepfunctions",
    name="DescribeStateMachine",
    actions=("states:DescribeStateMachine",),
    tier=Tier.DEEP,
    requires=("definition", "type"),
    absent=("StateMachineDoesNotExist",),
)
OPERATIONS = (LIST_STATE_MACHINES, DESCRIBE_STATE_MACHINE)

# Definitions read in a region, at most: beyond them callers are unknown. At two thirds of 20 requests a
# second they take 38 s.
MOST_MACHINES = 500
STANDARD = "STANDARD"
# How the codes of errors about keys begin, which the service answers for an encrypted definition.
KMS = "Kms"

Json = Mapping[str, Any]


class Workflows(Record, frozen=True, kw_only=True):
    """Tasks of state machines that invoke functions, and the machines whose tasks are not known."""

    workflow_tasks: tuple[WorkflowTask, ...] | Unavailable = NOT_COLLECTED
    unread_workflows: tuple[tuple[str, Unavailable], ...] = ()


def collect_workflows(
    api: Api, region: str, functions: Iterable[Function], *, most: int = MOST_MACHINES
) -> Workflows | Unavailable:
    """Read the tasks of a region's state machines that invoke functions.

    No function's policy tells of them, since Step Functions invokes by a role of the machine. Nothing else of
    a definition is kept: it may hold secrets.
    """
    if not list(functions):
        return Workflows(workflow_tasks=())
    rows = listed(api.pages(LIST_STATE_MACHINES, region, "stateMachines"))
    if isinstance(rows, Unavailable):
        return rows
    arns = [row["stateMachineArn"] for row in rows]
    found = dict(zip(arns, api.map(lambda arn: _tasks(api, region, arn), arns[:most]), strict=False))
    unread = [(arn, tasks) for arn, tasks in found.items() if isinstance(tasks, Unavailable)]
    if len(arns) > most:
        unread.append(("*", _beyond(len(arns), most)))
    return Workflows(
        workflow_tasks=tuple(task for tasks in found.values() if isinstance(tasks, tuple) for task in tasks),
        unread_workflows=tuple(unread),
    )


def _beyond(count: int, most: int) -> Unavailable:
    return Unavailable(
        reason=Reason.NOT_COLLECTED,
        operation=DESCRIBE_STATE_MACHINE.label,
        note=f"{count - most:,} of {count:,} state machines not read: at most {most:,} of a region are",
    )


def _tasks(api: Api, region: str, arn: str) -> tuple[WorkflowTask, ...] | Unavailable:
    answer = definite(api.call(DESCRIBE_STATE_MACHINE, region, stateMachineArn=arn), DESCRIBE_STATE_MACHINE)
    found = answer if isinstance(answer, Unavailable) else whole(DESCRIBE_STATE_MACHINE)(_read)(answer, arn)
    return _named(found, arn) if isinstance(found, Unavailable) else found


def _named(why: Unavailable, machine_arn: str) -> Unavailable:
    """Say of which machine a reason speaks, and what a definition under a key of one's own takes."""
    note = (
        f"the definition takes kms:Decrypt of its key: {why.note}" if why.code.startswith(KMS) else why.note
    )
    return msgspec.structs.replace(why, note=f"state machine {machine_arn.rsplit(':', 1)[-1]}: {note}")


def _read(answer: Json, arn: str) -> tuple[WorkflowTask, ...] | Unavailable:
    kind = word(answer["type"], STANDARD, EXPRESS)
    try:
        return tuple(_task(task, arn) for task in invoking_tasks(json.loads(answer["definition"]), kind))
    except RecursionError as error:
        return strange(DESCRIBE_STATE_MACHINE, error)


def _task(task: InvokingTask, arn: str) -> WorkflowTask:
    return WorkflowTask(
        machine_arn=arn,
        state=redact(task.state),
        function_arn=_spelt_out(task.function, arn),
        timeout_s=_at_run_time() if task.timeout_s is None else task.timeout_s,
        execution_s=task.execution_s,
    )


def _at_run_time() -> Unavailable:
    return Unavailable(
        reason=Reason.NO_DATA,
        operation=DESCRIBE_STATE_MACHINE.label,
        note="how long a task waits is decided at run time",
    )


def _spelt_out(function: str, machine_arn: str) -> str:
    """Return the ARN of a function that a machine calls by name, by a part of its ARN or by all of it."""
    if not function or function.startswith("arn:"):
        return function
    _, partition, _, region, account, *_ = machine_arn.split(":")
    if ":function:" in function:
        return f"arn:{partition}:lambda:{region}:{function}"
    return f"arn:{partition}:lambda:{region}:{account}:function:{function}"
