"""Roles are read whole in bulk, one by one where the listing is refused, and never with fewer statements."""

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from auditor.collect.last_accessed import DEADLINE_S, collect_last_accessed
from auditor.collect.roles import collect_roles
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import LastAccessed, PolicyKind, Reason, Role, Unavailable

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def demo(*faults: Fault, **options: Any) -> Api:
    return Api(
        session=demo_session(faults=faults),
        account=ACCOUNT,
        regions=(REGION,),
        pace=1e9,
        **{"pause": lambda _: None, **options},
    )


def denied(operation: str, **when: str) -> Fault:
    return Fault(operation=f"iam:{operation}", kind=FaultKind.DENIED, when=when)


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def one(api: Api, name: str) -> Role | None | Unavailable:
    return collect_roles(api, [arn(name)])[0].role


def whole(role: object) -> Role:
    assert isinstance(role, Role)
    return role


def statements(role: Role) -> dict[str, int | Reason]:
    """How many statements each policy has, or why they are missing."""
    assert isinstance(role.policies, tuple)
    return {
        policy.name: policy.statements.reason
        if isinstance(policy.statements, Unavailable)
        else len(policy.statements)
        for policy in role.policies
    }


def test_the_listing_and_the_single_calls_say_the_same() -> None:
    names = [arn("payment-admin"), arn("cart"), arn("media")]
    in_bulk = collect_roles(demo(), names)
    one_by_one = collect_roles(demo(denied("GetAccountAuthorizationDetails")), names)
    assert in_bulk == one_by_one
    assert all(isinstance(found.role, Role) for found in in_bulk)


def test_many_roles_are_few_calls() -> None:
    api = demo()
    collect_roles(api, [arn("payment-admin"), arn("cart"), arn("media"), arn("cart")])
    sent = {row.operation for row in api.spending()}
    assert sent == {"iam:GetAccountAuthorizationDetails", "iam:GetPolicy", "iam:GetPolicyVersion"}


def test_only_the_default_version_of_a_managed_policy_counts() -> None:
    # Version v1 of every policy of the demo account allows everything.
    role = whole(one(demo(), "cart"))
    assert isinstance(role.policies, tuple)
    basic = next(policy for policy in role.policies if policy.name == "AWSLambdaBasicExecutionRole")
    assert basic.kind is PolicyKind.AWS_MANAGED
    assert isinstance(basic.statements, tuple)
    assert basic.statements[0].actions[0].startswith("logs:")


def test_a_role_that_is_gone_is_none_and_one_elsewhere_unknown() -> None:
    gone, elsewhere = collect_roles(demo(), [arn("nobody"), arn("cart", "999999999999")])
    assert gone.role is None
    assert isinstance(elsewhere.role, Unavailable)
    assert elsewhere.role.reason is Reason.OTHER_ACCOUNT


BULK = denied("GetAccountAuthorizationDetails")
REFUSALS = (
    # id, what is denied, what of the role is missing
    ("GetRole", (BULK, denied("GetRole")), {"trust", "boundary", "last_used"}),
    ("ListRolePolicies", (BULK, denied("ListRolePolicies")), {"policies"}),
    ("ListAttachedRolePolicies", (BULK, denied("ListAttachedRolePolicies")), {"policies"}),
)


@pytest.mark.parametrize(
    ("faults", "missing"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_a_refusal_takes_only_its_own_evidence(faults: tuple[Fault, ...], missing: set[str]) -> None:
    role = whole(one(demo(*faults), "payment-admin"))
    fields = {"trust", "policies", "boundary", "last_used"}
    assert {name for name in fields if isinstance(getattr(role, name), Unavailable)} == missing


def test_nothing_readable_is_unknown_as_a_whole() -> None:
    role = one(demo(denied("*")), "payment-admin")
    assert isinstance(role, Unavailable)
    assert (role.operation, role.reason) == ("iam:GetRole", Reason.ACCESS_DENIED)


def test_an_unread_document_keeps_its_place() -> None:
    role = whole(one(demo(denied("GetPolicyVersion")), "cart"))
    assert statements(role)["AWSLambdaBasicExecutionRole"] is Reason.ACCESS_DENIED
    assert isinstance(statements(role)["carts"], int)


def test_a_malformed_document_is_unread() -> None:
    fault = Fault(operation="iam:GetPolicyVersion", kind=FaultKind.MISSING_FIELD, field="Document")
    assert (
        statements(whole(one(demo(fault), "cart")))["AWSLambdaBasicExecutionRole"]
        is Reason.MALFORMED_RESPONSE
    )


def test_a_listing_without_its_keys_is_not_believed() -> None:
    # ministack leaves policies out of its listing.
    fault = Fault(
        operation="iam:GetAccountAuthorizationDetails", kind=FaultKind.MISSING_FIELD, field="RolePolicyList"
    )
    api = demo(fault)
    assert one(api, "cart") == one(demo(), "cart")
    assert "iam:ListRolePolicies" in {row.operation for row in api.spending()}


def last_accessed(api: Api) -> LastAccessed | Unavailable:
    roles = collect_last_accessed(api, collect_roles(api, [arn("cart"), arn("nobody")]))
    assert roles[1].role is None
    return whole(roles[0].role).last_accessed


def test_last_accessed_data_names_every_service() -> None:
    found = last_accessed(demo())
    assert isinstance(found, LastAccessed)
    assert {use.service for use in found.services} >= {"dynamodb"}


def test_a_report_that_never_comes_ends_at_the_deadline() -> None:
    ticks = iter(range(0, 1000, 30))
    fault = Fault(
        operation="iam:GetServiceLastAccessedDetails", kind=FaultKind.MISSING_FIELD, field="JobStatus"
    )
    assert isinstance(last_accessed(demo(fault)), Unavailable)
    pending = _Pending()
    api = demo(clock=lambda: float(next(ticks)), pause=pending.waited.append)
    api.session.events.register_last("after-call.iam.GetServiceLastAccessedDetails", pending.answer)
    found = last_accessed(api)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.TIMEOUT
    assert f"{DEADLINE_S:.0f} s" in found.note
    assert pending.waited[:3] == [1.0, 2.0, 4.0]


class _Pending:
    """Turns every report into one that is still being made."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def answer(self, *, parsed: dict[str, Any], **_: object) -> None:
        parsed["JobStatus"] = "IN_PROGRESS"


@pytest.fixture
def moto_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with mock_aws():
        yield Api(session=boto3.Session(region_name=REGION), account=ACCOUNT, regions=(REGION,), pace=1e9)


def policy(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_boundary_that_the_listing_leaves_out_is_asked_for(moto_api: Api) -> None:
    iam = moto_api.session.client("iam")
    own = iam.create_policy(PolicyName="own", PolicyDocument=policy("s3:Get*"))["Policy"]["Arn"]
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy("s3:GetObject"))["Policy"]["Arn"]
    iam.create_role(
        RoleName="worker", AssumeRolePolicyDocument=policy("sts:AssumeRole"), PermissionsBoundary=limit
    )
    iam.attach_role_policy(RoleName="worker", PolicyArn=own)
    iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=policy("sqs:*"))
    role = whole(one(moto_api, "worker"))
    assert statements(role) == {"inline": 1, "own": 1}
    assert role.boundary is not None
    assert not isinstance(role.boundary, Unavailable)
    assert isinstance(role.boundary.statements, tuple)
    assert role.boundary.statements[0].actions == ("s3:GetObject",)
    assert role.last_used is None
