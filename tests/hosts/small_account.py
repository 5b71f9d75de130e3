"""One small account, declared once: the demo host answers from it, and emulators are given a copy."""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ClientError
from msgspec.structs import replace

from auditor.collect.operations import declared
from auditor.demo import DEMO_NOW, DemoSession, demo_session
from auditor.demo.account import World, declared_world
from auditor.demo.specs import HOME, Answer

Json = dict[str, Any]
ACCOUNT = "123456789012"
# What CreateFunction takes of a configuration as it is.
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
CREATED = (
    "FunctionName",
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "DeadLetterConfig",
    "Architectures",
    "LoggingConfig",
)


@cache
def small_world() -> World:
    """Read the account. Whatever is declared nowhere is asked in vain: it has no row of it."""
    world = declared_world(Path(__file__).with_name("account.yaml").read_text(), DEMO_NOW)
    models = botocore.session.get_session()
    empty: dict[str, list[Answer]] = {}
    for operation in declared():
        shape = models.get_service_model(operation.service).operation_model(operation.name).output_shape
        members = shape.members if shape else {}
        lists: Json = {name: [] for name, member in members.items() if member.type_name == "list"}
        empty[f"{operation.service}:{operation.name}"] = [Answer(answer=lists)]
    return replace(world, answers={**empty, **world.answers})


def small_session() -> DemoSession:
    return demo_session(account=small_world())


def copy_to(endpoint: str, key: str = ACCOUNT, secret: str = "test") -> None:  # noqa: S107 - asks for none
    """Make the account anew through the API of an emulator, as far as it takes it.

    What an emulator refuses or forgets is missing in its answers afterwards.
    """
    world, own = small_world(), small_session()
    there = boto3.Session(key, secret, region_name=HOME)

    def client(service: str) -> Any:
        make: Any = there
        return make.client(service, endpoint_url=endpoint)

    def asked(service: str) -> Any:
        make: Any = own
        return make.client(service)

    client("iam").create_account_alias(AccountAlias=world.alias)
    _roles(asked("iam"), client("iam"))
    _messaging(world, client("sqs"), client("sns"))
    for name in world.functions[HOME]:
        _function(name, asked("lambda"), client("lambda"))
    _mappings(asked("lambda"), client("lambda"))
    _subscriptions(world, client("sns"))
    _logs(asked("logs"), client("logs"))
    _alarms(asked("cloudwatch"), client("cloudwatch"))
    _rules(world, client("events"))


def tried(call: Callable[..., Any], **parameters: Any) -> Any:
    """Ask what not every emulator offers."""
    with contextlib.suppress(ClientError):
        return call(**parameters)
    return {}


def _roles(asked: Any, iam: Any) -> None:
    for role in asked.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]:
        name = role["RoleName"]
        iam.create_role(
            RoleName=name,
            Path=role["Path"],
            AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
        )
        for policy in role["RolePolicyList"]:
            iam.put_role_policy(
                RoleName=name,
                PolicyName=policy["PolicyName"],
                PolicyDocument=json.dumps(policy["PolicyDocument"]),
            )
        for policy in role["AttachedManagedPolicies"]:
            iam.attach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])


def _messaging(world: World, sqs: Any, sns: Any) -> None:
    for row in world.rows("queues", HOME):
        attributes = {
            name: json.dumps(value) if isinstance(value, dict) else str(value)
            for name, value in row["attributes"].items()
        }
        sqs.create_queue(QueueName=row["name"], Attributes=attributes)
    for row in world.rows("topics", HOME):
        sns.create_topic(Name=row["name"])


def _function(name: str, asked: Any, functions: Any) -> None:
    found = asked.get_function(FunctionName=name)
    configuration, only = found["Configuration"], {"FunctionName": name}
    functions.create_function(
        **{key: configuration[key] for key in CREATED if key in configuration},
        TracingConfig=configuration["TracingConfig"],
        Code={"ZipFile": _package()},
        Tags=found.get("Tags", {}),
    )
    # A function is being created for a moment, which is no state to compare.
    functions.get_waiter("function_active_v2").wait(**only, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    for version in asked.list_versions_by_function(**only)["Versions"][1:]:
        functions.publish_version(**only, Description=version["Description"])
    for alias in asked.list_aliases(**only)["Aliases"]:
        functions.create_alias(
            **only,
            Name=alias["Name"],
            FunctionVersion=alias["FunctionVersion"],
            Description=alias["Description"],
        )
    for qualifier in ("", *(alias["Name"] for alias in asked.list_aliases(**only)["Aliases"])):
        for statement in _statements(asked, name, qualifier):
            functions.add_permission(**only, **({"Qualifier": qualifier} if qualifier else {}), **statement)
    for row in asked.list_provisioned_concurrency_configs(**only)["ProvisionedConcurrencyConfigs"]:
        tried(
            functions.put_provisioned_concurrency_config,
            **only,
            Qualifier=row["FunctionArn"].rsplit(":", 1)[-1],
            ProvisionedConcurrentExecutions=row["RequestedProvisionedConcurrentExecutions"],
        )
    for row in asked.list_function_url_configs(**only)["FunctionUrlConfigs"]:
        tried(functions.create_function_url_config, **only, AuthType=row["AuthType"])
    for row in asked.list_function_event_invoke_configs(**only)["FunctionEventInvokeConfigs"]:
        tried(
            functions.put_function_event_invoke_config,
            **only,
            **{key: row[key] for key in row.keys() - {"FunctionArn", "LastModified"}},
        )
    if "Concurrency" in found:
        functions.put_function_concurrency(**only, **found["Concurrency"])


def _statements(asked: Any, name: str, qualifier: str) -> Iterator[Json]:
    """Write the statements of a resource-based policy as AddPermission takes them."""
    given = {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
    policy = tried(asked.get_policy, **given).get("Policy")
    for statement in json.loads(policy)["Statement"] if policy else ():
        principal, condition = statement["Principal"], statement.get("Condition", {})
        extra = {
            "SourceArn": condition.get("ArnLike", {}).get("AWS:SourceArn"),
            "SourceAccount": condition.get("StringEquals", {}).get("AWS:SourceAccount"),
            "FunctionUrlAuthType": condition.get("StringEquals", {}).get("lambda:FunctionUrlAuthType"),
        }
        yield {
            "StatementId": statement["Sid"],
            "Action": statement["Action"],
            "Principal": principal if isinstance(principal, str) else principal["Service"],
            **{key: value for key, value in extra.items() if value},
        }


def _mappings(asked: Any, functions: Any) -> None:
    kept = ("EventSourceArn", "BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes")
    for row in asked.list_event_source_mappings()["EventSourceMappings"]:
        functions.create_event_source_mapping(
            FunctionName=row["FunctionArn"], **{key: row[key] for key in kept if key in row}
        )


def _subscriptions(world: World, sns: Any) -> None:
    for row in world.rows("topics", HOME):
        for line in row["subscriptions"]:
            arn = f"arn:aws:sns:{HOME}:{world.id}:{row['name']}"
            sns.subscribe(TopicArn=arn, Protocol=line["protocol"], Endpoint=line["to"])


def _logs(asked: Any, logs: Any) -> None:
    for group in asked.describe_log_groups()["logGroups"]:
        logs.create_log_group(logGroupName=group["logGroupName"])
        if "retentionInDays" in group:
            logs.put_retention_policy(
                logGroupName=group["logGroupName"], retentionInDays=group["retentionInDays"]
            )
    kept = ("filterName", "filterPattern", "logGroupName", "metricTransformations")
    for row in asked.describe_metric_filters()["metricFilters"]:
        logs.put_metric_filter(**{key: row[key] for key in kept})


def _alarms(asked: Any, cloudwatch: Any) -> None:
    made = {"AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    for row in asked.describe_alarms()["MetricAlarms"]:
        cloudwatch.put_metric_alarm(**{key: row[key] for key in row.keys() - made})


def _rules(world: World, events: Any) -> None:
    for row in world.rows("rules", HOME):
        events.put_rule(Name=row["Name"], ScheduleExpression=row["ScheduleExpression"], State=row["State"])
        events.put_targets(Rule=row["Name"], Targets=row["targets"])


def _package() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 1\n")
    return data.getvalue()
