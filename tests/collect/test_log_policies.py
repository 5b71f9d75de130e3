"""Account-level log policies: whom they leave out and what they mask; what cannot be read is not guessed."""

import json
from typing import Any

import pytest

from auditor.collect.log_policies import (
    DESCRIBE_ACCOUNT_POLICIES,
    collect_log_forwarding,
    collect_log_masking,
)
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import LogForwarding, Reason, Unavailable

REGION = "eu-west-1"
SHIPPER = "arn:aws:lambda:eu-west-1:123456789012:function:log-shipper"


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account="123456789012", regions=(REGION,), pace=1e9, pause=lambda _: None)


def answering(**row: Any) -> Api:
    """An account with one policy, whatever type is asked for."""
    api = demo()
    policy = {"policyName": "all", "scope": "ALL", "policyType": "SUBSCRIPTION_FILTER_POLICY", **row}

    def replace(*, parsed: dict[str, Any], **_: object) -> None:
        parsed["accountPolicies"] = [policy]

    api.session.events.register_last("after-call.cloudwatch-logs.DescribeAccountPolicies", replace)
    return api


def forwarding(api: Api) -> tuple[LogForwarding, ...] | Unavailable:
    return whole(DESCRIBE_ACCOUNT_POLICIES)(collect_log_forwarding)(api, REGION)


def test_the_account_sends_all_but_named_groups() -> None:
    api = demo()
    assert forwarding(api) == (
        LogForwarding(
            name="everything",
            destination_arn=SHIPPER,
            excluded=("/aws/lambda/payment-webhook", "/webshop/access"),
        ),
    )
    assert collect_log_masking(api, REGION) == ("Address", "EmailAddress")
    sent = {row.operation: row.requests for row in api.spending()}
    assert sent == {"logs:DescribeAccountPolicies": 2}


CRITERIA: tuple[tuple[str, tuple[str, ...] | None], ...] = (
    ("", ()),
    ("LogGroupName NOT IN []", ()),
    ('LogGroupName NOT IN ["/a", "b.c#d-e_f"]', ("/a", "b.c#d-e_f")),
    ('  LogGroupName  NOT\nIN["/a"] ', ("/a",)),
    ('LogGroupName IN ["/a"]', None),
    ('LogGroupNamePrefix NOT IN ["/a"]', None),
    ('LogGroupName NOT IN ["/a*"]', None),
    ("LogGroupName NOT IN ['/a']", None),
    ('LogGroupName NOT IN ["/a"] AND LogGroupName NOT IN ["/b"]', None),
    ("LogGroupName NOT IN [1]", None),
)


@pytest.mark.parametrize(("criteria", "excluded"), CRITERIA, ids=[one or "none" for one, _ in CRITERIA])
def test_a_criterion_is_read_or_unknown(criteria: str, excluded: tuple[str, ...] | None) -> None:
    document = json.dumps({"DestinationArn": SHIPPER, "FilterPattern": "ERROR"})
    found = forwarding(answering(policyDocument=document, selectionCriteria=criteria))
    assert isinstance(found, tuple)
    (one,) = found
    assert one.filtered
    if excluded is None:
        assert isinstance(one.excluded, Unavailable)
        assert one.excluded.reason is Reason.MALFORMED_RESPONSE
    else:
        assert one.excluded == excluded


STRANGE: dict[str, dict[str, str]] = {
    "a document that is none": {"policyDocument": "not JSON"},
    "no destination": {"policyDocument": "{}"},
    "a list": {"policyDocument": "[]"},
    "another type": {
        "policyDocument": json.dumps({"DestinationArn": SHIPPER}),
        "policyType": "RETENTION_POLICY",
    },
    "another scope": {"policyDocument": json.dumps({"DestinationArn": SHIPPER}), "scope": "SOME"},
}


@pytest.mark.parametrize("row", STRANGE.values(), ids=STRANGE)
def test_a_strange_policy_is_missing_evidence(row: dict[str, str]) -> None:
    api = answering(**row)
    assert isinstance(forwarding(api), Unavailable)
    assert isinstance(whole(DESCRIBE_ACCOUNT_POLICIES)(collect_log_masking)(api, REGION), Unavailable)


def test_what_a_policy_only_reports_is_not_masked() -> None:
    statement = {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/Name"]}
    document = json.dumps({"Statement": [{**statement, "Operation": {"Audit": {}}}]})
    api = answering(policyType="DATA_PROTECTION_POLICY", policyDocument=document)
    assert collect_log_masking(api, REGION) == ()


def test_denied_is_not_none() -> None:
    api = demo(Fault(operation="logs:DescribeAccountPolicies", kind=FaultKind.DENIED))
    assert isinstance(forwarding(api), Unavailable)
    assert isinstance(collect_log_masking(api, REGION), Unavailable)
