"""What the organisation leaves an account, and what Access Analyzer says that nobody uses."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from botocore.awsrequest import AWSResponse

from auditor.collect.people import organization_and_controls
from auditor.collect.service_control import collect_service_control
from auditor.collect.session import Api
from auditor.collect.unused_access import collect_unused_access
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import (
    ControlLevel,
    Organization,
    Policy,
    Reason,
    Role,
    RoleEvidence,
    Unavailable,
    UnusedAccess,
    UnusedPermission,
)
from auditor.testing import healthy_role

ACCOUNT = "123456789012"
REGION = "eu-west-1"
OURS = Organization(id="o-demoshop01", management_account="999900001111")


def demo(*faults: Fault, **options: Any) -> Api:
    return Api(
        session=demo_session(faults=faults),
        account=ACCOUNT,
        **{"regions": (REGION,), "pace": 1e9, "pause": lambda _: None, **options},
    )


def putting(name: str, change: Callable[[dict[str, Any]], None]) -> Api:
    """A demo whose answers to one operation are changed."""
    api = demo()

    def put(*, parsed: dict[str, Any], http_response: AWSResponse, **_: object) -> None:
        http_response.status_code = 200
        change(parsed)

    api.session.events.register_last(f"after-call.*.{name}", put)
    return api


def test_each_level_has_its_policies() -> None:
    organization, levels = organization_and_controls(demo())
    assert isinstance(organization, Organization)
    assert isinstance(levels, tuple)
    assert [(one.target, [policy.name for policy in one.policies]) for one in levels] == [
        (ACCOUNT, ["FullAWSAccess"]),
        ("ou-ab12-shops001", ["FullAWSAccess"]),
        ("r-ab12", ["FullAWSAccess", "stay-in-the-group"]),
    ]


def test_a_policy_is_described_once_and_the_root_has_no_parent() -> None:
    api = demo()
    collect_service_control(api, OURS)
    sent = {row.operation: row.requests for row in api.spending()}
    assert sent == {
        "organizations:ListPoliciesForTarget": 3,
        "organizations:ListParents": 2,
        "organizations:DescribePolicy": 2,
    }


@pytest.mark.parametrize(
    "organization",
    [None, msgspec.structs.replace(OURS, management_account=ACCOUNT)],
    ids=["in none", "manages it"],
)
def test_what_no_policy_binds_is_not_asked(organization: Organization | None) -> None:
    api = demo()
    assert collect_service_control(api, organization) == ()
    assert api.spending() == ()


def test_policies_that_are_switched_off_forbid_nothing() -> None:
    def none(answer: dict[str, Any]) -> None:
        answer["Policies"] = []

    assert collect_service_control(putting("ListPoliciesForTarget", none), OURS) == ()


@pytest.mark.parametrize("name", ["ListPoliciesForTarget", "ListParents"])
def test_a_member_that_may_not_look_does_not_know(name: str) -> None:
    found = collect_service_control(
        demo(Fault(operation=f"organizations:{name}", kind=FaultKind.DENIED)), OURS
    )
    assert isinstance(found, Unavailable)
    assert (found.reason, found.operation) == (Reason.ACCESS_DENIED, f"organizations:{name}")


def test_a_policy_that_cannot_be_read_is_unread() -> None:
    found = collect_service_control(
        demo(Fault(operation="organizations:DescribePolicy", kind=FaultKind.DENIED)), OURS
    )
    assert isinstance(found, tuple)
    assert all(isinstance(policy.statements, Unavailable) for level in found for policy in level.policies)


def role(name: str) -> RoleEvidence:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return RoleEvidence(arn=arn, role=msgspec.structs.replace(healthy_role(), arn=arn, name=name))


def access(api: Api, name: str) -> UnusedAccess | None | Unavailable:
    (found,) = collect_unused_access(api, [role(name)])
    assert isinstance(found.role, Role)
    return found.role.unused_access


def test_findings_say_what_nobody_used() -> None:
    found = access(demo(), "payment-admin")
    assert isinstance(found, UnusedAccess)
    assert (found.days, found.role_unused, len(found.findings)) == (90, False, 1)
    services, single = found.permissions
    assert services == UnusedPermission(service="iam")
    assert (single.service, single.actions) == ("dynamodb", ("DeleteTable",))


def test_a_role_that_nobody_assumed() -> None:
    found = access(demo(), "legacy")
    assert isinstance(found, UnusedAccess)
    assert (found.role_unused, found.permissions) == (True, ())


def test_a_role_without_findings_uses_what_it_has() -> None:
    found = access(demo(), "order-api")
    assert isinstance(found, UnusedAccess)
    assert found.findings == ()


def test_only_analyzers_of_unused_access_that_are_active_count() -> None:
    def fail(answer: dict[str, Any]) -> None:
        answer["analyzers"] = [{**one, "status": "FAILED"} for one in answer["analyzers"]]

    assert access(putting("ListAnalyzers", fail), "legacy") is None


def test_other_partitions_have_no_analyzer_of_security_hub() -> None:
    api = demo(partition="aws-cn")
    assert access(api, "legacy") is None
    assert {row.operation: row.requests for row in api.spending()} == {"accessanalyzer:ListAnalyzers": 1}


@pytest.mark.parametrize("name", ["ListAnalyzers", "ListFindingsV2", "GetFindingV2"])
@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.HTML], ids=["denied", "malformed"])
def test_what_cannot_be_read_is_no_absence(name: str, kind: FaultKind) -> None:
    found = access(demo(Fault(operation=f"accessanalyzer:{name}", kind=kind)), "payment-admin")
    assert isinstance(found, Unavailable)


def test_roles_that_were_not_read_stay_as_they_are() -> None:
    gone = (RoleEvidence(arn="arn:aws:iam::1:role/gone", role=None),)
    api = demo()
    assert collect_unused_access(api, gone) == gone
    assert api.spending() == ()


def test_a_unit_above_itself_ends_the_way_up() -> None:
    def loop(answer: dict[str, Any]) -> None:
        answer["Parents"] = [{"Id": "ou-ab12-loop0001", "Type": "ORGANIZATIONAL_UNIT"}]

    found = collect_service_control(putting("ListParents", loop), OURS)
    assert isinstance(found, tuple)
    assert {level.target for level in found} == {ACCOUNT, "ou-ab12-loop0001"}
    assert all(isinstance(level, ControlLevel) and isinstance(level.policies[0], Policy) for level in found)
