"""Every AWS managed policy is judged without an exception, and those made for execution roles without a
finding.
"""

import json
from collections.abc import Callable, Mapping

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from auditor.iam import (
    Privileges,
    administrator,
    assumable_roles,
    broad_managed_policies,
    escalation_paths,
    negations,
    partial_wildcards,
    passable_roles,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
    service_wildcards,
    unscoped_resources,
)
from auditor.iam.overreach import sensitive
from auditor.model import EvidenceMissingError, Reason, Role, Unavailable

POLICIES: Mapping[str, Mapping[str, Mapping[str, object]]] = json.loads(aws_managed_policies_data)
MakeRole = Callable[..., Role]
Judge = Callable[..., Privileges]
FINDERS = (
    administrator,
    assumable_roles,
    escalation_paths,
    negations,
    partial_wildcards,
    passable_roles,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
    service_wildcards,
    unscoped_resources,
)


def test_all_are_judged(judge: Judge) -> None:
    found = dict.fromkeys((find.__name__ for find in FINDERS), 0)
    for name, policy in POLICIES.items():
        judged = judge(managed={name: policy["Document"]})
        for find in FINDERS:
            found[find.__name__] += bool(find(judged))
    assert len(POLICIES) > 1_500
    assert found["administrator"] >= 2
    assert all(found.values()), found


@pytest.mark.parametrize("name", sensitive().execution_policies.names)
def test_policies_for_execution_roles_have_no_findings(make_role: MakeRole, judge: Judge, name: str) -> None:
    judged = judge(managed={name: POLICIES[name]["Document"]})
    assert judged.grants
    assert [one for find in FINDERS for one in find(judged)] == []
    assert broad_managed_policies(make_role(managed={name: POLICIES[name]["Document"]}), judged) == ()


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("AdministratorAccess", "critical"),
        ("PowerUserAccess", "high"),
        ("IAMFullAccess", "critical"),
        ("AmazonS3FullAccess", "medium"),
        ("AWSLambda_FullAccess", "medium"),
        ("AmazonS3ReadOnlyAccess", "info"),
        ("AWSLambdaRole", "low"),
    ],
)
def test_broad_ones_are_told_by_what_they_grant(
    make_role: MakeRole, judge: Judge, name: str, severity: str
) -> None:
    managed = {name: POLICIES[name]["Document"]}
    (found,) = broad_managed_policies(make_role(managed=managed), judge(managed=managed))
    assert found.severity.value == severity
    assert name in found.text


@pytest.mark.parametrize(
    ("name", "found"), [("AdministratorAccess", True), ("PowerUserAccess", True), ("ReadOnlyAccess", False)]
)
def test_administrators(judge: Judge, name: str, found: bool) -> None:  # noqa: FBT001 - a row of a table
    assert bool(administrator(judge(managed={name: POLICIES[name]["Document"]}))) is found


def test_a_boundary_takes_the_harm_out_of_a_broad_policy(make_role: MakeRole, judge: Judge) -> None:
    managed = {"PowerUserAccess": POLICIES["PowerUserAccess"]["Document"]}
    logs = {"Effect": "Allow", "Action": ["logs:PutLogEvents", "s3:GetObject"], "Resource": "*"}
    judged = judge(managed=managed, boundary={"Statement": logs})
    (found,) = broad_managed_policies(make_role(managed=managed), judged)
    assert found.severity.value == "info"
    assert [one.severity.value for one in negations(judged)] == ["high"]
    scoped = judge(managed=managed, boundary={"Statement": {**logs, "Action": "logs:PutLogEvents"}})
    assert [one.severity.value for one in negations(scoped)] == ["low"]


def test_a_managed_policy_that_was_not_read_is_told_by_its_name_or_not_at_all(
    make_role: MakeRole, judge: Judge
) -> None:
    gone = Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:GetPolicyVersion", code="AccessDenied")
    telling = {"AmazonS3FullAccess": gone}
    (found,) = broad_managed_policies(make_role(managed=telling), judge(managed=telling))
    assert found.severity.value == "medium"
    assert found.text.endswith("not made for execution roles; its statements were not read")
    silent = {"SomeReadAccess": gone}
    with pytest.raises(EvidenceMissingError):
        broad_managed_policies(make_role(managed=silent), judge(managed=silent))
