"""The demo account answers like AWS: in AWS's shapes, page by page."""

import json
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import botocore.session
import pytest

import auditor.collect
from auditor.demo import DEMO_NOW, DemoSession
from auditor.demo.account import World, load_world
from auditor.demo.answers import HANDLERS
from auditor.demo.answers.tables import TABLES
from auditor.demo.errors import UnknownOperationError
from auditor.demo.shapes import ShapeError, validate

Ask = Callable[..., dict[str, Any]]
PER_FUNCTION = [
    "GetFunction",
    "GetFunctionConfiguration",
    "GetFunctionConcurrency",
    "GetFunctionCodeSigningConfig",
    "GetFunctionRecursionConfig",
    "GetRuntimeManagementConfig",
    "ListAliases",
    "ListFunctionEventInvokeConfigs",
    "ListFunctionUrlConfigs",
    "ListProvisionedConcurrencyConfigs",
    "ListVersionsByFunction",
]


def answered_operations() -> list[str]:
    return sorted({*HANDLERS, *load_world(DEMO_NOW).answers} - {"organizations:ListAccounts"})


def started(ask: Ask, session: DemoSession, operation: str) -> dict[str, Any]:
    """Parameters that only another call can tell."""
    if operation == "iam:GetServiceLastAccessedDetails":
        return {"JobId": ask(session, "iam:GenerateServiceLastAccessedDetails")["JobId"]}
    if operation == "logs:GetQueryResults":
        return {"queryId": ask(session, "logs:StartQuery")["queryId"]}
    return {}


@pytest.mark.parametrize("operation", answered_operations())
def test_every_operation_answers_in_its_output_shape(ask: Ask, session: DemoSession, operation: str) -> None:
    answer = ask(session, operation, **started(ask, session, operation))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_every_declared_operation_is_answered() -> None:
    declared = [
        f"{operation.service}:{operation.name}"
        for module in iter_modules(auditor.collect.__path__)
        for operation in getattr(import_module(f"auditor.collect.{module.name}"), "OPERATIONS", ())
    ]
    denied = {rule.operation for rule in load_world(DEMO_NOW).denied}
    assert declared
    assert sorted({*declared} - {*HANDLERS} - {*load_world(DEMO_NOW).answers} - denied) == []


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
@pytest.mark.parametrize("name", PER_FUNCTION)
def test_every_function_answers_every_question_about_it(
    ask: Ask, session: DemoSession, world: World, region: str, name: str
) -> None:
    for spec in world.functions[region].values():
        answer = ask(session, f"lambda:{name}", region, FunctionName=spec.name)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_every_policy_is_json_that_names_its_qualifier(session: DemoSession, world: World) -> None:
    granted = [
        (spec.name, str(row.get("at", "")))
        for spec in world.functions["eu-west-1"].values()
        for row in spec.policy
        if spec.name != "hr-payroll-export"
    ]
    for name, qualifier in granted:
        more = {"Qualifier": qualifier} if qualifier else {}
        service: Any = session.client("lambda")
        document = json.loads(service.get_policy(FunctionName=name, **more)["Policy"])
        suffix = f":{qualifier}" if qualifier else ""
        assert {row["Resource"].split(":function:")[1] for row in document["Statement"]} == {name + suffix}


def test_pages_are_short_and_together_whole(session: DemoSession, world: World) -> None:
    pages = list(session.client("lambda").get_paginator("list_functions").paginate())
    names = [row["FunctionName"] for page in pages for row in page["Functions"]]
    assert [len(page["Functions"]) for page in pages[:-1]] == [20] * (len(pages) - 1)
    assert len(pages) == 3
    assert sorted(names) == sorted(world.functions["eu-west-1"])


def test_authorization_details_page_through_roles_and_policies(session: DemoSession, world: World) -> None:
    pages = (
        session.client("iam")
        .get_paginator("get_account_authorization_details")
        .paginate(Filter=["Role", "LocalManagedPolicy"])
    )
    roles, policies, last = set(), set(), None
    for page in pages:
        roles |= {role["RoleName"] for role in page["RoleDetailList"]}
        policies |= {policy["PolicyName"] for policy in page["Policies"]}
        last = page["IsTruncated"]
        for role in page["RoleDetailList"]:
            document: Any = role["AssumeRolePolicyDocument"]
            assert document["Statement"]
    assert (roles, policies, last) == ({*world.roles}, {*world.policies}, False)


def test_published_versions_are_listed_only_when_asked_for(session: DemoSession) -> None:
    service = session.client("lambda")
    every = [
        (row["FunctionName"], row["Version"], row["Runtime"])
        for page in service.get_paginator("list_functions").paginate(FunctionVersion="ALL")
        for row in page["Functions"]
        if row["FunctionName"] == "legacy-order-import"
    ]
    assert every == [
        ("legacy-order-import", "$LATEST", "python3.13"),
        ("legacy-order-import", "4", "python3.7"),
        ("legacy-order-import", "5", "python3.9"),
    ]


def test_listings_leave_out_the_state(session: DemoSession) -> None:
    listed = session.client("lambda").list_functions()["Functions"][0]
    assert "State" not in listed
    assert session.client("lambda").get_function(FunctionName=listed["FunctionName"])["Configuration"][
        "State"
    ]


def test_an_operation_nobody_wrote_is_a_bug_and_not_an_answer(ask: Ask, session: DemoSession) -> None:
    with pytest.raises(UnknownOperationError, match="waf:ListRules"):
        ask(session, "waf:ListRules", Limit=5)


def test_rows_have_no_key_that_no_answer_shows(world: World) -> None:
    core = botocore.session.Session()
    listings = {operation: (table.table, table.key) for operation, table in TABLES.items()}
    listings |= {
        "events:ListRules": ("rules", "Rules"),
        "apigateway:GetResources": ("rest_resources", "items"),
    }
    shown: dict[str, set[str]] = {"rules": {"targets"}}
    for operation, (table, key) in listings.items():
        service, _, name = operation.partition(":")
        shape: Any = core.get_service_model(service).operation_model(name).output_shape
        inner = shape.members[key] if key else shape
        members = inner.member.members if inner.type_name == "list" else inner.members
        shown.setdefault(table, set()).update(members)
    unknown = {
        (name, key)
        for name, keys in shown.items()
        for rows in world.tables[name].values()
        for row in rows
        for key in row
        if not key.startswith("_") and key not in keys
    }
    assert unknown == set()


SHAPES = [
    pytest.param({"Functions": [{"FunctionNam": "x"}]}, "FunctionNam", id="unknown key"),
    pytest.param({"Functions": [{"Timeout": "3"}]}, "Timeout", id="wrong type"),
    pytest.param({"Functions": [{"PackageType": "Tar"}]}, "PackageType", id="unknown enum value"),
    pytest.param({"Functions": [{"EphemeralStorage": {}}]}, "Size", id="required key missing"),
]


@pytest.mark.parametrize(("answer", "named"), SHAPES)
def test_an_answer_out_of_shape_is_an_error(answer: dict[str, Any], named: str) -> None:
    shape = (
        botocore.session.Session().get_service_model("lambda").operation_model("ListFunctions").output_shape
    )
    assert shape is not None
    with pytest.raises(ShapeError, match=named):
        validate(shape, answer, "answer")
