"""Identities out of the bulk listing: users with their groups, roles, and only what is said of functions."""

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from auditor.collect.authorization import list_account
from auditor.collect.identities import collect_identities
from auditor.collect.operations import Tier
from auditor.collect.roles import collect_roles
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import Identity, Policy, Reason, Unavailable

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def demo(*faults: Fault, **options: Any) -> Api:
    session = demo_session(faults=faults)
    return Api(
        session=session,
        account=ACCOUNT,
        regions=(REGION,),
        **{"pace": 1e9, "pause": lambda _: None, **options},
    )


def identities(api: Api) -> dict[str, Identity]:
    found = collect_identities(api, list_account(api), ())
    assert isinstance(found, tuple)
    return {one.name: one for one in found}


@pytest.fixture(scope="module")
def everybody() -> dict[str, Identity]:
    return identities(demo())


def test_users_carry_the_policies_of_their_groups(everybody: dict[str, Identity]) -> None:
    mila = everybody["mila"]
    assert (mila.kind, [policy.name for policy in mila.policies]) == ("user", ["develop"])


def test_who_may_only_read_is_left_out(everybody: dict[str, Identity]) -> None:
    assert "reader" not in everybody
    assert "order-api" not in everybody


def test_administrators_are_told(everybody: dict[str, Identity]) -> None:
    assert {name for name, one in everybody.items() if one.administrator} == {"root-of-all", "payment-admin"}


def test_a_boundary_is_kept_where_it_takes_everything(everybody: dict[str, Identity]) -> None:
    boundary = everybody["price-engine"].boundary
    assert isinstance(boundary, Policy)
    assert boundary.statements == ()


def test_nothing_is_kept_but_what_is_said_of_functions(everybody: dict[str, Identity]) -> None:
    for one in everybody.values():
        for policy in one.policies:
            assert isinstance(policy.statements, tuple)
            assert all(action.startswith("lambda:") for row in policy.statements for action in row.actions)


def test_documents_that_were_read_are_not_asked_again() -> None:
    fresh, informed = demo(), demo()
    identities(fresh)
    read = (f"arn:aws:iam::{ACCOUNT}:role/order-api", f"arn:aws:iam::{ACCOUNT}:role/payment-admin")
    collect_identities(informed, list_account(informed), collect_roles(informed, read))
    asked = [
        {row.operation: row.requests for row in api.spending()}["iam:GetPolicyVersion"]
        for api in (fresh, informed)
    ]
    assert asked[0] == asked[1] > 1


@pytest.mark.parametrize("kind", ["User", "Group"])
def test_a_listing_that_fails_leaves_nobody_out_unsaid(kind: str) -> None:
    api = demo()

    def fail(*, parsed: dict[str, Any], http_response: AWSResponse, **_: object) -> None:
        if parsed.get(f"{kind}DetailList"):
            http_response.status_code = 403
            parsed.clear()
            parsed.update(Error={"Code": "AccessDenied"}, ResponseMetadata={"HTTPStatusCode": 403})

    api.session.events.register_last("after-call.iam.GetAccountAuthorizationDetails", fail)
    found = collect_identities(api, list_account(api), ())
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.ACCESS_DENIED


def test_a_document_that_cannot_be_read_is_said() -> None:
    found = identities(demo(Fault(operation="iam:GetPolicyVersion", kind=FaultKind.DENIED)))
    (policy,) = found["root-of-all"].policies
    assert isinstance(policy.statements, Unavailable)


def test_a_field_that_is_missing_makes_nobody_harmless() -> None:
    api = demo()
    listing = list_account(api)
    assert not isinstance(listing, Unavailable)
    row = listing.roles[f"arn:aws:iam::{ACCOUNT}:role/build-server"]
    row.pop("RolePolicyList")
    with pytest.raises(KeyError):
        collect_identities(api, listing, ())


def test_other_tiers_ask_nothing() -> None:
    api = demo(tier=Tier.STANDARD)
    listing = list_account(api)
    before = api.spending()
    found = collect_identities(api, listing, ())
    assert isinstance(found, Unavailable)
    assert (found.reason, api.spending()) == (Reason.NOT_COLLECTED, before)
