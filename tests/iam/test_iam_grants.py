"""Breadth of resources, meaning of conditions, and answers where a part could not be read."""

from collections.abc import Callable, Mapping

import pytest

from auditor.iam import (
    Narrowing,
    Privileges,
    administrator,
    privileges,
    service_wildcards,
    unscoped_resources,
)
from auditor.model import EvidenceMissingError, Reason, Role, Unavailable

Document = Mapping[str, object]
Judge = Callable[..., Privileges]
MakeRole = Callable[..., Role]
ACCOUNT = "123456789012"
GONE = Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:GetPolicyVersion", code="AccessDenied")


def allow(action: object, resource: object = "*", **more: object) -> Document:
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource, **more}}


def deny(action: object, resource: object = "*", **more: object) -> Document:
    return {"Statement": {"Effect": "Deny", "Action": action, "Resource": resource, **more}}


@pytest.mark.parametrize(
    ("action", "resource", "breadth"),
    [
        ("s3:GetObject", "*", 3),
        ("s3:GetObject", "arn:aws:s3:::*", 3),
        ("s3:GetObject", "arn:*:s3:::*/*", 3),
        ("s3:GetObject", "arn:aws:*", 3),
        ("s3:GetObject", "arn:aws:s3:::*/public/*", 2),
        ("s3:GetObject", "arn:aws:s3:::bucket*", 1),
        ("s3:GetObject", "arn:aws:s3:::a*", 1),
        ("s3:GetObject", "arn:aws:s3:::?*/*", 3),
        ("s3:GetObject", "arn:aws:s3:::*-logs/*", 1),
        ("s3:GetObject", "arn:aws:s3:::bucket/*", 0.5),
        ("s3:GetObject", "arn:aws:s3:::bucket/a/*", 0.5),
        ("s3:GetObject", "arn:aws:s3:::bucket/a", 0),
        ("s3:GetObject", "arn:aws:s3:::bucket/${aws:PrincipalTag/a}", 0),
        ("s3:ListBucket", "arn:aws:s3:::bucket", 0),
        ("s3:ListBucket", "arn:aws:s3:::bucket*", 1),
        ("s3:GetObject", "arn:aws:s3:::bucket", None),
        ("s3:GetObject", "bucket/*", None),
        ("iam:PassRole", "*", 3),
        ("iam:PassRole", "arn:aws:iam::*:role/*", 2),
        ("iam:PassRole", "arn:aws:iam::*:role/?*", 2),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:*", 2),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/service-role/*", 1),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*-admin", 1),
        ("iam:PassRole", "arn:aws:iam::*:role/one", 0),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:user/*", None),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/*", 2),
        ("iam:DeletePolicy", "arn:aws:iam::aws:policy/*", None),
        ("sts:AssumeRole", "arn:aws:iam::*:role/one", 1),
        ("sts:AssumeRole", "arn:aws:iam::999999999999:role/one", 0),
        ("sqs:SendMessage", "arn:aws:sqs:*:*:*", 3),
        ("sqs:SendMessage", "arn:aws:sqs:*:*:*?", 3),
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:*", 2),
        ("sqs:SendMessage", f"arn:aws:sqs:*:{ACCOUNT}:q", 0),
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q-?", 1),
        ("dynamodb:Query", "arn:aws:dynamodb:*:*:table/*", 2),
        ("dynamodb:Query", "arn:aws:dynamodb:*:table/*", 2),
        ("dynamodb:Query", f"arn:aws:dynamodb:*:{ACCOUNT}:table/t/index/*", 0.5),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:*", 2),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:a-??????", 0),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:a*", 1),
        ("ssm:GetParameter", f"arn:aws:ssm:*:{ACCOUNT}:parameter/*", 2),
        ("ssm:GetParameter", f"arn:aws:ssm:*:{ACCOUNT}:parameter/app/*", 1),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:*", 3),
        ("logs:PutLogEvents", f"arn:aws:logs:*:{ACCOUNT}:log-group:*", 2),
        ("logs:PutLogEvents", f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/lambda/f:*", 0.5),
        ("logs:PutLogEvents", f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/lambda/*:*", 1),
        ("lambda:InvokeFunction", f"arn:aws:lambda:*:{ACCOUNT}:function:*", 2),
        ("lambda:InvokeFunction", f"arn:aws:lambda:*:{ACCOUNT}:function:f:*", 0.5),
        ("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", 0),
        ("kms:Decrypt", f"arn:aws:kms:*:{ACCOUNT}:key/*", 2),
        ("sts:GetCallerIdentity", "*", 3),
        ("sts:GetCallerIdentity", "arn:aws:s3:::b", None),
        ("s3:ListObjects", "arn:aws:s3:::bucket/*", 0.5),
        ("ssm:GetParameter", "arn:aws:ssm:*::parameter/aws/service/*", 1),
        ("new:Thing", "arn:aws:new:us-east-1:1:thing/*", 2),
        ("new:Thing", "arn:aws:new:us-east-1:1:thing/a*", 1),
        ("new:Thing", "arn:aws:new:us-east-1:1:thing/a", 0),
        ("sqs:SendMessage", "arn:aws-cn:sqs:*:*:*", None),
    ],
)
def test_breadth(judge: Judge, action: str, resource: str, breadth: float | None) -> None:
    grants = judge(allow(action, resource)).of(action)
    assert [grant.breadth for grant in grants] == ([] if breadth is None else [breadth])


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_partitions(judge: Judge, partition: str) -> None:
    def grants(pattern: str) -> list[float]:
        arn = f"arn:{partition}:iam::{ACCOUNT}:role/fn"
        return [grant.breadth for grant in judge(allow("iam:PassRole", pattern), arn=arn).of("iam:PassRole")]

    assert grants(f"arn:{partition}:iam::*:role/*") == [2]
    assert grants("arn:*:iam::*:role/one") == [0]
    assert grants("arn:aws-iso:iam::*:role/*") == []


@pytest.mark.parametrize(
    "row",
    [
        ("sqs:SendMessage", "StringEquals", "aws:ResourceTag/a", "b", "strong"),
        ("sqs:SendMessage", "StringEquals", "AWS:RESOURCETAG/a", "b", "strong"),
        ("sqs:SendMessage", "StringEqualsIfExists", "aws:ResourceTag/a", "b", "weak"),
        ("sqs:SendMessage", "StringNotEquals", "aws:ResourceTag/a", "b", "weak"),
        ("sqs:SendMessage", "StringLike", "aws:ResourceTag/a", "*", "weak"),
        ("sqs:SendMessage", "Null", "aws:ResourceTag/a", "false", "weak"),
        ("s3:ListAllMyBuckets", "StringEquals", "aws:ResourceTag/a", "b", None),
        ("s3:ListAllMyBuckets", "StringNotEquals", "aws:ResourceTag/a", "b", "weak"),
        ("iam:PassRole", "StringEquals", "iam:ResourceTag/a", "b", "weak"),
        ("iam:PassRole", "StringEquals", "iam:PassedToService", "lambda.amazonaws.com", "service"),
        ("iam:PassRole", "StringLike", "iam:PassedToService", "*", "weak"),
        ("iam:PassRole", "StringLike", "iam:PassedToService", "*.amazonaws.com", "weak"),
        ("iam:PassRole", "StringLike", "iam:PassedToService", "ecs*.amazonaws.com", "service"),
        ("iam:CreateRole", "StringEquals", "iam:PassedToService", "lambda.amazonaws.com", None),
        ("iam:CreateRole", "StringEquals", "iam:PermissionsBoundary", "arn:aws:iam::1:policy/b", "strong"),
        (
            "iam:AttachRolePolicy",
            "ArnEquals",
            "iam:PolicyARN",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "strong",
        ),
        ("iam:AttachRolePolicy", "ArnLike", "iam:PolicyARN", "arn:aws:iam::aws:policy/*", "weak"),
        ("s3:GetObject", "StringEquals", "aws:ResourceAccount", ACCOUNT, "owner"),
        ("s3:GetObject", "StringEquals", "s3:ResourceAccount", ACCOUNT, "owner"),
        ("s3:GetObject", "StringEquals", "aws:ResourceOrgID", "o-1", "owner"),
        ("kms:Decrypt", "StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com", "strong"),
        ("s3:GetObject", "StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com", None),
        ("kms:Decrypt", "StringEquals", "kms:EncryptionContext:app", "x", "strong"),
        ("kms:CreateGrant", "Bool", "kms:GrantIsForAWSResource", "true", "strong"),
        ("kms:CreateGrant", "Bool", "kms:GrantIsForAWSResource", "false", "weak"),
        ("dynamodb:GetItem", "ForAllValues:StringEquals", "dynamodb:LeadingKeys", "x", "strong"),
        ("dynamodb:Scan", "ForAllValues:StringEquals", "dynamodb:LeadingKeys", "x", "weak"),
        (
            "ec2:StartInstances",
            "ForAnyValue:StringEquals",
            "aws:CalledVia",
            "cloudformation.amazonaws.com",
            "strong",
        ),
        ("s3:GetObject", "Bool", "aws:SecureTransport", "true", "weak"),
        ("s3:GetObject", "Bool", "aws:SecureTransport", "false", None),
        ("s3:GetObject", "StringEquals", "aws:RequestedRegion", "eu-west-1", "weak"),
        ("s3:GetObject", "StringEquals", "aws:PrincipalTag/a", "b", "weak"),
        ("s3:GetObject", "StringLike", "aws:UserAgent", "x*", "weak"),
        ("s3:GetObject", "IpAddress", "aws:SourceIp", "10.0.0.0/8", "weak"),
        ("s3:GetObject", "StringEquals", "aws:SourceVpce", "vpce-1", "weak"),
        ("s3:GetObject", "Bool", "aws:MultiFactorAuthPresent", "true", None),
        ("s3:GetObject", "BoolIfExists", "aws:MultiFactorAuthPresent", "true", "weak"),
        ("s3:GetObject", "NumericLessThan", "aws:MultiFactorAuthAge", "3600", None),
        ("s3:GetObject", "Null", "aws:MultiFactorAuthAge", "true", "weak"),
        ("s3:GetObject", "Null", "aws:MultiFactorAuthAge", "false", None),
        ("s3:GetObject", "ArnEquals", "aws:SourceArn", "arn:aws:lambda:us-east-1:1:function:f", None),
        (
            "s3:GetObject",
            "ArnEquals",
            "lambda:SourceFunctionArn",
            "arn:aws:lambda:us-east-1:1:function:f",
            "strong",
        ),
        ("s3:GetObject", "StringEquals", "aws:SourceAccount", ACCOUNT, None),
        ("s3:GetObject", "ForAnyValue:StringEquals", "aws:PrincipalServiceNamesList", "x", None),
        ("s3:GetObject", "ForAllValues:StringEquals", "aws:PrincipalServiceNamesList", "x", "weak"),
        ("s3:GetObject", "StringEquals", "aws:PrincipalAccount", ACCOUNT, "weak"),
        ("s3:GetObject", "StringEquals", "aws:PrincipalAccount", "999999999999", None),
        ("s3:GetObject", "StringNotEquals", "aws:PrincipalAccount", ACCOUNT, None),
        ("s3:GetObject", "ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/f?", "weak"),
        ("s3:GetObject", "ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/f?", None),
        ("s3:GetObject", "StringEquals", "aws:PrincipalType", "User", None),
        ("s3:GetObject", "DateLessThan", "aws:CurrentTime", "2026-11-23T00:00:00Z", None),
        ("s3:GetObject", "DateLessThan", "aws:CurrentTime", "2026-11-23T12:00:00Z", "weak"),
        ("s3:GetObject", "DateLessThan", "aws:CurrentTime", "2030-01-01", "weak"),
        ("s3:GetObject", "DateGreaterThan", "aws:CurrentTime", "2030-01-01T00:00:00Z", None),
        ("s3:GetObject", "DateGreaterThan", "aws:CurrentTime", "soon", "weak"),
        ("s3:GetObject", "NumericLessThan", "aws:EpochTime", "1500000000", None),
        ("s3:GetObject", "DateLessThan", "aws:TokenIssueTime", "2026-11-20T00:00:00Z", None),
        ("s3:GetObject", "DateLessThan", "aws:TokenIssueTime", "2026-11-23T00:00:00Z", "weak"),
        ("s3:GetObject", "DateGreaterThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z", "weak"),
        ("secretsmanager:GetSecretValue", "StringEquals", "secretsmanager:ResourceTag/a", "b", "strong"),
        ("s3:GetObject", "StringEquals", "cognito-identity.amazonaws.com:sub", "x", None),
        ("cloudwatch:PutMetricData", "StringEquals", "cloudwatch:namespace", "App", "strong"),
    ],
)
def test_conditions(judge: Judge, row: tuple[str, str, str, str, str | None]) -> None:
    action, operator, key, value, narrowing = row
    grants = judge(allow(action, Condition={operator: {key: value}})).of(action)
    assert [grant.narrowing.value for grant in grants] == ([] if narrowing is None else [narrowing])


def test_the_strongest_of_several_conditions_counts(judge: Judge) -> None:
    condition = {
        "Bool": {"aws:SecureTransport": "true"},
        "StringEquals": {"aws:ResourceTag/a": "b", "aws:ResourceAccount": "1"},
    }
    (grant,) = judge(allow("sqs:SendMessage", Condition=condition)).grants
    assert grant.narrowing is Narrowing.STRONG
    assert not grant.broad
    assert judge(allow("sqs:SendMessage", Condition={"StringEquals": {"aws:ResourceTag/a": []}})).broad(
        "sqs:SendMessage"
    )


@pytest.mark.parametrize(
    ("denied", "narrowing", "noted"),
    [
        (deny("sqs:*", Condition={"StringNotEquals": {"aws:ResourceTag/a": "b"}}), "strong", True),
        (deny("sqs:*", Condition={"StringNotEqualsIfExists": {"aws:ResourceTag/a": "b"}}), "none", True),
        (deny("sqs:*", Condition={"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}}), "owner", True),
        (deny("sqs:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}), "none", True),
        (
            deny("sqs:*", "arn:aws:sqs:*:*:other", Condition={"StringNotEquals": {"aws:ResourceTag/a": "b"}}),
            "none",
            True,
        ),
        (deny("sqs:*", Condition={"Bool": {"aws:SecureTransport": "false"}}), "none", False),
        (deny("sqs:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), "none", False),
        (
            deny("sqs:*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}}),
            "none",
            False,
        ),
        (deny("sqs:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), None, False),
        (
            deny("sqs:*", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}}),
            None,
            False,
        ),
        (deny("sqs:*", Condition={"Null": {"aws:MultiFactorAuthAge": "true"}}), None, False),
    ],
)
def test_conditional_denies(judge: Judge, denied: Document, narrowing: str | None, noted: bool) -> None:  # noqa: FBT001
    grants = judge(allow("sqs:SendMessage"), denied).grants
    assert [grant.narrowing.value for grant in grants] == ([] if narrowing is None else [narrowing])
    assert all(bool(grant.notes) is noted for grant in grants)
    assert all("p2, statement 1" in note for grant in grants for note in grant.notes)


def test_a_partial_deny_stays_in_the_answer(judge: Judge) -> None:
    judged = judge(
        allow("s3:GetObject"), deny("s3:*", ["arn:aws:s3:::closed/*", "arn:aws:s3:::*/${aws:userid}"])
    )
    assert judged.allows("s3:GetObject", "arn:aws:s3:::open/x") is True
    assert judged.allows("s3:GetObject", "arn:aws:s3:::closed/x") is False
    assert judged.broad("s3:getobject")[0].excluded


def test_answers_lack_what_was_not_read(judge: Judge) -> None:
    more = judge(allow("s3:GetObject", "arn:aws:s3:::b/*"), GONE)
    assert more.allows("s3:GetObject", "arn:aws:s3:::b/x") is True
    assert more.allows("s3:PutObject") == GONE
    assert [missing.part for missing in more.unread] == ["policy p2"]
    less = judge(allow("*"), boundary=GONE)
    assert less.allows("s3:GetObject") == GONE
    assert less.boundary_unread is not None


def test_findings_are_never_absent_for_lack_of_evidence(judge: Judge, make_role: MakeRole) -> None:
    with pytest.raises(EvidenceMissingError, match="GetPolicyVersion"):
        administrator(judge(allow("s3:GetObject"), GONE))
    assert administrator(judge(allow("*"), GONE))
    with pytest.raises(EvidenceMissingError):
        service_wildcards(judge(allow("s3:*"), boundary=GONE))
    with pytest.raises(EvidenceMissingError):
        privileges(
            Role(arn="arn:aws:iam::1:role/r", name="r", policies=GONE),
            as_of=judge(allow("s3:*")).caller.as_of,
        )
    assert make_role().boundary is None


def test_service_control_that_was_not_read_lowers_nothing(make_role: MakeRole, judge: Judge) -> None:
    judged = privileges(make_role(allow("*")), as_of=judge().caller.as_of, controls=GONE)
    assert judged.control_unread is not None
    assert administrator(judged)


@pytest.mark.parametrize(
    ("control", "allowed"),
    [
        pytest.param((), True, id="no level"),
        pytest.param(((allow("*"),), (allow("*"),)), True, id="everything at each"),
        pytest.param(((allow("*"),), (allow("s3:*"), allow("sqs:*"))), True, id="two policies at one"),
        pytest.param(((allow("s3:*"),), (allow("sqs:*"),)), False, id="each level has to allow"),
        pytest.param(((allow("*"),), (allow("s3:*"),)), False, id="one level does not"),
        pytest.param(((allow("*"), deny("sqs:*")), (allow("*"),)), False, id="denied above"),
        pytest.param(((),), False, id="a level without a policy"),
        pytest.param(((allow("s3:*"), GONE),), True, id="one that was not read may allow it"),
        pytest.param(((deny("sqs:*"), GONE),), False, id="denied beside one that was not read"),
    ],
)
def test_each_level_of_the_organisation_has_to_allow(
    judge: Judge,
    control: tuple[tuple[Document | Unavailable, ...], ...],
    allowed: bool,  # noqa: FBT001 - a row of a table
) -> None:
    judged = judge(allow("sqs:SendMessage"), control=control)
    assert judged.allows("sqs:SendMessage") is allowed
    assert (judged.control_unread is not None) is any(GONE in level for level in control)


def test_an_unknown_action_is_asked_in_vain_or_as_written(judge: Judge) -> None:
    judged = judge(allow(["new:Thing", "S3:getobject"]))
    assert judged.allows("NEW:thing") is True
    assert judged.allows("new:Other") is False
    assert isinstance(judge(allow("new:*")).allows("new:Other"), Unavailable)
    assert judge(allow("new:Thing"), deny("new:*")).grants == ()
    assert judge(allow("new:*"), deny("new:Get*")).grants
    assert judge(allow("new:Thing"), boundary=allow("s3:*")).grants == ()


def test_findings_tell_place_count_and_fix(judge: Judge) -> None:
    (found,) = unscoped_resources(judge(allow(["sqs:SendMessage", "sqs:DeleteQueue"], Sid="queues")))
    assert found.place == "p1, statement 1 (queues)"
    assert found.severity.value == "medium"
    assert "2 actions that take resources are granted on * (2 Write)" in found.text
    assert f"arn:aws:sqs:${{Region}}:{ACCOUNT}:${{QueueName}}" in found.fix
    (wild,) = service_wildcards(judge(allow("sqs:*", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")))
    assert wild.severity.value == "low"
    assert "sqs:*" in wild.text
