"""Amazon States Language: the tasks of a definition that invoke functions, and nothing else of it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from auditor.collect.shapes import word

# Seconds that a task may take where it does not say:
# https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
TASK_DEFAULT_S = 99_999_999
# Seconds that an Express execution may take:
# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
EXPRESS_S = 300
EXPRESS = "EXPRESS"
# https://states-language.net/spec.html#state-types
KINDS = ("Task", "Parallel", "Map", "Pass", "Choice", "Wait", "Succeed", "Fail")
# A function as the resource itself, and the integrations that are told its name:
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]*:\d*:function:.+", re.ASCII)
INTEGRATION = re.compile(
    r"arn:[\w-]+:states:[\w-]*:\d*:(?:aws-sdk:)?lambda:invoke(?P<token>\.waitForTaskToken)?", re.ASCII
)
# What a function may be called: its name, its ARN or a part of that, and its qualifier.
NAME = re.compile(r"[\w:$-]+", re.ASCII)
# The account of a role that a task takes on:
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
ROLE = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/", re.ASCII)
JSONATA = "{%"

Json = Mapping[str, Any]


class InvokingTask(NamedTuple):
    """A task that waits for a function: its state, the function as the definition calls it ("" where only
    the input tells), the seconds that it waits (None where only the input tells), and those that the
    execution around it may take (None for as long as any).
    """

    state: str
    function: str
    timeout_s: int | None
    execution_s: int | None


def invoking_tasks(definition: Json, kind: str) -> Iterator[InvokingTask]:
    """Yield the tasks of a definition, of a machine of a kind (`STANDARD`, `EXPRESS`), that invoke functions.

    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` where it is no such definition. A
    heartbeat is left out: it limits the silence of a function that reports, not its run.
    """
    within = _shorter(definition.get("TimeoutSeconds"), EXPRESS_S if kind == EXPRESS else None)
    yield from _states(definition["States"], within)


def _states(states: Json, execution_s: int | None) -> Iterator[InvokingTask]:
    for name, state in states.items():
        match word(state.get("Type"), *KINDS):
            case "Task":
                yield from _task(name, state, execution_s)
            case "Parallel":
                for branch in state["Branches"]:
                    yield from _states(branch["States"], execution_s)
            case "Map":
                each = state["ItemProcessor"] if "ItemProcessor" in state else state["Iterator"]
                child = each.get("ProcessorConfig", {}).get("ExecutionType")
                within = _shorter(execution_s, EXPRESS_S if child == EXPRESS else None)
                yield from _states(each["States"], within)


def _task(name: str, state: Json, execution_s: int | None) -> Iterator[InvokingTask]:
    resource = str(state["Resource"])
    if FUNCTION.fullmatch(resource):
        yield InvokingTask(name, _named(resource), _timeout(state), execution_s)
        return
    integration = INTEGRATION.fullmatch(resource)
    if integration is None:
        return
    given = state.get("Parameters", state.get("Arguments", {}))
    arguments: Json = given if isinstance(given, Mapping) else {}
    how = arguments.get("InvocationType", "RequestResponse")
    # Without a token to wait for, a task that invokes asynchronously goes on at once.
    if how in {"Event", "DryRun"} and not integration["token"]:
        return
    told = how == "RequestResponse" and "InvocationType.$" not in arguments and isinstance(given, Mapping)
    timeout_s = _timeout(state)
    if not (told or integration["token"] or timeout_s == TASK_DEFAULT_S):
        timeout_s = None
    called = _elsewhere(_called(arguments), state.get("Credentials"))
    yield InvokingTask(name, called, timeout_s, execution_s)


def _called(arguments: Json) -> str:
    name, qualifier = arguments.get("FunctionName", ""), arguments.get("Qualifier", "")
    return _named(f"{name}:{qualifier}" if name and qualifier else name)


def _elsewhere(name: str, credentials: object) -> str:
    """Put the account into a bare name that a task calls by a role of its own: it is the role's account."""
    if credentials is None or not name or ":function:" in name:
        return name
    role = credentials.get("RoleArn") if isinstance(credentials, Mapping) else None
    found = ROLE.match(role) if isinstance(role, str) else None
    return f"{found[1]}:function:{name}" if found else ""


def _named(name: object) -> str:
    """Return what can be a function's name; an expression, or anything else, names none."""
    return name if isinstance(name, str) and NAME.fullmatch(name) else ""


def _timeout(state: Json) -> int | None:
    if "TimeoutSecondsPath" in state:
        return None
    seconds = state.get("TimeoutSeconds", TASK_DEFAULT_S)
    return None if isinstance(seconds, str) and JSONATA in seconds else _whole(seconds)


def _shorter(seconds: object, other: int | None) -> int | None:
    return other if seconds is None else min(_whole(seconds), other or TASK_DEFAULT_S)


def _whole(seconds: object) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        raise ValueError
    return seconds
