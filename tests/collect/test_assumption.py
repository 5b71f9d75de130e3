"""Assuming a role: what is asked of STS, and which regions are left out."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from auditor.collect import CollectError, ScanRequest
from auditor.collect.request import open_account
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import DeniedBy

ROLE = "arn:aws:iam::123456789012:role/audit"

ASKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a role alone": ({}, {"RoleSessionName": "lambda-auditor"}),
    "an external id": ({"external_id": "x1"}, {"RoleSessionName": "lambda-auditor", "ExternalId": "x1"}),
    "a name and an end": (
        {"session_name": "night", "session_duration_s": 7200},
        {"RoleSessionName": "night", "DurationSeconds": 7200},
    ),
    "a device": (
        {"mfa_serial": "arn:aws:iam::123456789012:mfa/ada", "mfa_code": "123456"},
        {
            "RoleSessionName": "lambda-auditor",
            "SerialNumber": "arn:aws:iam::123456789012:mfa/ada",
            "TokenCode": "123456",
        },
    ),
}


@pytest.mark.parametrize(("given", "asked"), ASKED.values(), ids=ASKED)
def test_what_is_asked_of_sts(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], asked: dict[str, Any]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    seen: list[dict[str, Any]] = []
    with mock_aws():
        session = boto3.Session(region_name="eu-west-1")
        session.events.register(
            "provide-client-params.sts.AssumeRole", lambda params, **_: seen.append(dict(params))
        )
        open_account(ScanRequest(role_arn=ROLE, **given), session)
    assert seen == [{"RoleArn": ROLE, **asked}]


@pytest.mark.parametrize("kind", [FaultKind.BARE_404, FaultKind.HTML, FaultKind.MALFORMED])
def test_an_endpoint_that_is_none_of_aws_is_named(kind: FaultKind) -> None:
    with pytest.raises(CollectError, match="--endpoint-url"):
        open_account(
            ScanRequest(), demo_session(faults=(Fault(operation="sts:GetCallerIdentity", kind=kind),))
        )


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FaultKind.DENIED, "AWS refused the credentials"),
        (FaultKind.THROTTLED, "try again in a while"),
        (FaultKind.ERROR_500, "try again in a while"),
    ],
)
def test_a_fault_that_passes_is_told_from_refused_credentials(kind: FaultKind, said: str) -> None:
    with pytest.raises(CollectError, match=said):
        open_account(
            ScanRequest(), demo_session(faults=(Fault(operation="sts:GetCallerIdentity", kind=kind),))
        )


@pytest.mark.parametrize("by", [by for by in DeniedBy if by is not DeniedBy.NO_GRANT])
def test_what_no_grant_lifts_is_named(by: DeniedBy) -> None:
    fault = Fault(operation="sts:GetCallerIdentity", kind=FaultKind.DENIED, by=by)
    with pytest.raises(CollectError, match=rf"credentials are good, but {by.value} denies"):
        open_account(ScanRequest(), demo_session(faults=(fault,)))


def test_regions_are_left_out() -> None:
    request = ScanRequest(regions=("eu-west-1", "us-east-1"), excluded_regions=("us-east-1",))
    api, _ = open_account(request, demo_session())
    assert api.regions == ("eu-west-1",)


def test_one_region_is_left_in() -> None:
    request = ScanRequest(regions=("us-east-1",), excluded_regions=("us-east-1",))
    with pytest.raises(CollectError, match="--exclude-region"):
        open_account(request, demo_session())
