"""The false positives and false negatives that other tools have, one row each."""

from collections.abc import Callable, Mapping

import pytest

from auditor.iam import (
    Overreach,
    Privileges,
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
from auditor.verdict import Severity

Document = Mapping[str, object]
Judge = Callable[..., Privileges]
Find = Callable[[Privileges], tuple[Overreach, ...]]

FINDERS: dict[str, Find] = {
    "admin": administrator,
    "service-wildcard": service_wildcards,
    "partial-wildcard": partial_wildcards,
    "negation": negations,
    "unscoped": unscoped_resources,
    "secrets": readable_secrets,
    "data": readable_data,
    "exposure": resource_exposure,
    "credentials": returned_credentials,
    "passrole": passable_roles,
    "assumerole": assumable_roles,
}
BUCKET = "arn:aws:s3:::bucket"
OBJECTS = "arn:aws:s3:::bucket/*"
LAMBDA_PATH = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]


def _statement(action: object, resource: object = "*", **more: object) -> Document:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def allow(action: object, resource: object = "*", **more: object) -> Document:
    return {"Version": "2012-10-17", "Statement": _statement(action, resource, **more)}


def deny(action: object, resource: object = "*", **more: object) -> Document:
    return {
        "Version": "2012-10-17",
        "Statement": [{**_statement(action, resource, **more), "Effect": "Deny"}],
    }


def both(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def when(operator: str, key: str, *values: object) -> dict[str, object]:
    return {"Condition": {operator: {key: list(values)}}}


def worth(privileges: Privileges) -> set[str]:
    """Names of everything found of at least medium severity, escalation paths by their id."""
    found = {
        name
        for name, find in FINDERS.items()
        for one in find(privileges)
        if one.severity.rank <= Severity.MEDIUM.rank
    }
    return found | {path.id for path in escalation_paths(privileges)}


NOT_FOUND = [
    pytest.param(
        [allow(["s3:ListAllMyBuckets", "sts:GetCallerIdentity", "ec2:DescribeInstances"])],
        id="accepts * alone",
    ),
    pytest.param(
        [allow(["ec2:Describe*", "xray:Get*", "logs:DescribeLogGroups"])], id="describing everything"
    ),
    pytest.param(
        [
            allow(
                ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments"]
            )
        ],
        id="logs and traces",
    ),
    pytest.param(
        [allow(["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses"])],
        id="vpc",
    ),
    pytest.param([allow("cloudwatch:PutMetricData")], id="metrics"),
    pytest.param([allow("logs:PutLogEvents", "arn:aws:logs:*:*:*")], id="log wildcard ARN"),
    pytest.param([allow(["s3:*", "iam:*"]), deny(["s3:*", "iam:*"])], id="deny in another policy"),
    pytest.param(
        [allow("*"), {"Statement": {"Effect": "Deny", "NotAction": "sqs:ListQueues", "Resource": "*"}}],
        id="deny NotAction",
    ),
    pytest.param([allow("dynamodb:Scan"), deny("DYNAMODB:sc?n")], id="deny in another case"),
    pytest.param(
        [allow("kms:Decrypt"), deny("kms:*", "arn:aws:kms:*:*:*")], id="deny of the whole service by ARN"
    ),
    pytest.param(
        [allow("s3:GetObject"), deny("s3:*", ["arn:aws:s3:::*", "arn:aws:s3:::*/*"])],
        id="deny of every bucket",
    ),
    pytest.param(
        [allow("sqs:SendMessage"), deny("sqs:*", "arn:aws:sqs:*:123456789012:*")],
        id="deny in the own account",
    ),
    pytest.param(
        [
            allow("s3:GetObject"),
            {"Statement": {"Effect": "Deny", "Action": "s3:*", "NotResource": [BUCKET, OBJECTS]}},
        ],
        id="deny NotResource",
    ),
    pytest.param(
        [allow("s3:*"), deny("s3:*", **when("BoolIfExists", "aws:MultiFactorAuthPresent", "false"))],
        id="deny without MFA",
    ),
    pytest.param([allow(LAMBDA_PATH[0], "arn:aws:iam::123456789012:role/ci-temp")], id="one role"),
    pytest.param([allow(LAMBDA_PATH[0], "arn:aws:iam::*:role/ci-temp")], id="one role by any account"),
    pytest.param([allow("iam:PassRole", "arn:aws:iam::999999999999:role/*")], id="roles of another account"),
    pytest.param([allow("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*")], id="policies of AWS"),
    pytest.param(
        [allow("*", **when("DateLessThan", "aws:CurrentTime", "2024-01-01T00:00:00Z"))], id="expired"
    ),
    pytest.param([allow("*", **when("Bool", "aws:MultiFactorAuthPresent", "true"))], id="MFA"),
    pytest.param(
        [allow("*", **when("ArnLike", "aws:SourceArn", "arn:aws:lambda:*:*:function:*"))], id="SourceArn"
    ),
    pytest.param(
        [allow("*", **when("StringEquals", "aws:SourceAccount", "123456789012"))], id="SourceAccount"
    ),
    pytest.param(
        [allow("*", **when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/other-*"))],
        id="for another principal",
    ),
    pytest.param([allow("*", **when("StringEquals", "aws:username", "bob"))], id="for a user"),
    pytest.param(
        [allow("sqs:SendMessage", **when("StringEquals", "aws:ResourceTag/team", "a"))], id="tagged resources"
    ),
    pytest.param(
        [allow("ssm:GetParameter", **when("StringEquals", "ssm:ResourceTag/team", "a"))],
        id="service's tag key",
    ),
    pytest.param(
        [
            allow(
                "secretsmanager:GetSecretValue",
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*",
                **when("StringEquals", "secretsmanager:resource/AllowRotationLambdaArn", "arn:aws:lambda:f"),
            )
        ],
        id="secrets that it rotates",
    ),
    pytest.param(
        [allow("kms:Decrypt", **when("StringLike", "kms:ViaService", "s3.*.amazonaws.com"))], id="via service"
    ),
    pytest.param(
        [
            allow(
                "dynamodb:GetItem",
                **when("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "${aws:PrincipalTag/t}"),
            )
        ],
        id="leading keys",
    ),
    pytest.param([allow("ecr:GetAuthorizationToken")], id="registry token"),
    pytest.param(
        [allow(["s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketTagging"], BUCKET)],
        id="bucket metadata",
    ),
    pytest.param(
        [{"Statement": {"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": [BUCKET, OBJECTS]}}],
        id="NotAction, one bucket",
    ),
    pytest.param(
        [allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*")], id="policy variable"
    ),
    pytest.param([allow("s3:GetObject", "arn:aws:s3:::bucket/a${*}b")], id="escaped star"),
    pytest.param(
        [allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/team:x}")], id="colon in a variable"
    ),
    pytest.param(
        [allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:123456789012:secret:app-??????")],
        id="secret",
    ),
    pytest.param([allow("s3:GetObject", "arn:aws-cn:s3:::*/*")], id="another partition"),
    pytest.param([allow("s3:GetObject", BUCKET)], id="bucket where objects are asked"),
    pytest.param([allow("xray:PutTraceSegments", "arn:aws:s3:::*")], id="resource of another service"),
    pytest.param(
        [allow("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:worker:*")],
        id="versions",
    ),
    pytest.param([allow("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/Users")], id="one table anywhere"),
    pytest.param([allow("aws-portal:ViewBilling", "arn:aws:s3:::b")], id="retired, scoped"),
    pytest.param(
        [
            allow("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:worker*"),
            allow("dynamodb:Query", "arn:aws:dynamodb:us-east-1:123456789012:table/Users/index/*"),
            allow("dynamodb:DeleteBackup", "arn:aws:dynamodb:us-east-1:123456789012:table/Users/backup/*"),
            allow(["sns:Publish", "sns:Subscribe"], "arn:aws:sns:us-east-1:123456789012:orders*"),
            allow("kinesis:ListStreams", "arn:aws:kinesis:us-east-1:123456789012:stream/*"),
            allow("logs:FilterLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:*"),
            allow("es:ESHttpPost", "arn:aws:es:us-east-1:123456789012:domain/orders/*"),
            allow("cloudformation:DescribeStacks", "arn:aws:cloudformation:us-east-1:123456789012:stack/*"),
            allow(["rekognition:DetectFaces", "comprehend:DetectSentiment", "ses:GetTemplate"]),
        ],
        id="wildcards of SAM policy templates",
    ),
    pytest.param([allow("s3:ListObjects")], id="an operation that is no action"),
    pytest.param(
        [allow(["s3:DeleteObjects", "s3:GetObject"], [BUCKET, OBJECTS])], id="no action, on one bucket"
    ),
    pytest.param(
        [allow("iam:CreatePolicyVersion", **when("DateLessThan", "aws:TokenIssueTime", "2020-01-01"))],
        id="for credentials of long ago",
    ),
    pytest.param([allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::app-*")], id="buckets of a prefix"),
]


@pytest.mark.parametrize("documents", NOT_FOUND)
def test_what_does_no_harm_is_not_found(judge: Judge, documents: list[Document]) -> None:
    assert worth(judge(*documents)) == set()


FOUND = [
    pytest.param([allow("*")], {"admin", "service-wildcard"}, id="star"),
    pytest.param([allow("*:*")], {"admin", "service-wildcard"}, id="star colon star"),
    pytest.param([allow("**")], {"admin"}, id="two stars"),
    pytest.param([{"Statement": _statement("*")}], {"admin"}, id="single statement"),
    pytest.param(
        [{"Statement": {"Effect": "Allow", "NotAction": "support:*", "Resource": "*"}}],
        {"admin", "negation"},
        id="NotAction",
    ),
    pytest.param(
        [{"Statement": {"Effect": "Allow", "Action": "*", "NotResource": BUCKET}}],
        {"admin", "negation"},
        id="NotResource",
    ),
    pytest.param([allow("IAM:*")], {"service-wildcard", "iam-001", "iam-005", "exposure"}, id="upper case"),
    pytest.param([allow("i?m:*", "*")], {"service-wildcard", "iam-001"}, id="wildcard in the service"),
    pytest.param([allow("s3:GetObjec?")], {"data", "partial-wildcard"}, id="question mark"),
    pytest.param([allow("s3:GETOBJECT")], {"data"}, id="upper case action"),
    pytest.param([allow("*:PassRole")], {"passrole"}, id="service left out"),
    pytest.param(
        [allow(LAMBDA_PATH, **when("Bool", "aws:SecureTransport", "true"))], {"lambda-001"}, id="transport"
    ),
    pytest.param(
        [allow(LAMBDA_PATH, **when("StringEquals", "aws:PrincipalTag/a", "b"))],
        {"lambda-001"},
        id="principal tag",
    ),
    pytest.param(
        [allow(LAMBDA_PATH, **when("StringEquals", "aws:RequestedRegion", "eu-west-1"))],
        {"lambda-001"},
        id="region",
    ),
    pytest.param(
        [allow("*", **when("StringEqualsIfExists", "aws:ResourceTag/a", "b"))],
        {"admin"},
        id="tag where there is one",
    ),
    pytest.param(
        [allow("*", **when("StringNotEquals", "aws:ResourceTag/a", "b"))], {"admin"}, id="negated tag"
    ),
    pytest.param(
        [allow("sqs:PurgeQueue", **when("StringLike", "aws:ResourceTag/a", "*"))],
        {"unscoped"},
        id="any tag value",
    ),
    pytest.param(
        [allow("*", **when("BoolIfExists", "aws:MultiFactorAuthPresent", "true"))],
        {"admin"},
        id="MFA if there is",
    ),
    pytest.param(
        [allow("*", **when("StringEquals", "aws:ResourceAccount", "123456789012"))],
        {"admin"},
        id="own account",
    ),
    pytest.param(
        [allow("*", **when("DateGreaterThan", "aws:CurrentTime", "2024-01-01"))],
        {"admin"},
        id="date in range",
    ),
    pytest.param(
        [allow("iam:PassRole", **when("StringEquals", "iam:ResourceTag/a", "b"))],
        {"passrole"},
        id="tag that PassRole ignores",
    ),
    pytest.param(
        [allow("dynamodb:Scan", **when("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "x"))],
        {"data"},
        id="scan past keys",
    ),
    pytest.param(
        [
            allow(
                "iam:AttachRolePolicy",
                **when("ArnEquals", "iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess"),
            )
        ],
        {"iam-009"},
        id="attach the administrator policy",
    ),
    pytest.param(
        [allow(LAMBDA_PATH[0], "arn:aws:iam::*:role/*"), allow(LAMBDA_PATH[1:])],
        {"lambda-001", "passrole"},
        id="role/*",
    ),
    pytest.param(
        [allow("iam:PassRole"), allow("lambda:CreateFunction"), allow("lambda:Invoke*")],
        {"lambda-001"},
        id="three policies",
    ),
    pytest.param(
        [allow(LAMBDA_PATH[1:], "arn:aws:lambda:*:*:function:mine"), allow("iam:PassRole")],
        {"lambda-001"},
        id="scoped vehicle",
    ),
    pytest.param(
        [allow(LAMBDA_PATH, **when("StringEquals", "iam:PassedToService", "lambda.amazonaws.com"))],
        set(),
        id="key of PassRole alone",
    ),
    pytest.param(
        [
            allow("iam:PassRole", **when("StringLike", "iam:PassedToService", "lambda.*")),
            allow(LAMBDA_PATH[1:]),
        ],
        {"lambda-001"},
        id="passed to the path's service",
    ),
    pytest.param(
        [allow(LAMBDA_PATH, **when("StringNotEquals", "iam:PassedToService", "*"))],
        {"lambda-001"},
        id="passed to what is not a star",
    ),
    pytest.param(
        [allow("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/fn")], {"iam-005"}, id="its own role"
    ),
    pytest.param(
        [allow("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/f*")],
        {"iam-005"},
        id="prefix with its own role",
    ),
    pytest.param([allow("kms:Decrypt")], {"secrets"}, id="keys"),
    pytest.param([allow("dynamodb:Scan")], {"data"}, id="tables"),
    pytest.param(
        [allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:*")],
        {"secrets"},
        id="secret:*",
    ),
    pytest.param([allow("s3:GetObject", "arn:aws:s3:::*/*")], {"data"}, id="bucket and key wild"),
    pytest.param([allow("s3:GetObject", "arn:aws:s3*")], {"data"}, id="short ARN"),
    pytest.param([allow("s3:GetObject", "arn:aws:s3:::?*")], {"data"}, id="every name but the empty one"),
    pytest.param(
        [allow("iam:PassRole", **when("StringLike", "iam:PassedToService", "*.amazonaws.com"))],
        {"passrole"},
        id="passed to any service",
    ),
    pytest.param(
        [allow("iam:CreatePolicyVersion", **when("DateGreaterThan", "aws:TokenIssueTime", "2020-01-01"))],
        {"iam-001"},
        id="for credentials of today",
    ),
    pytest.param(
        [allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:*")],
        {"unscoped"},
        id="all queues of an account",
    ),
    pytest.param(
        [allow("lambda:UpdateFunctionConfiguration")], {"x-lambda-config"}, id="layer into a function"
    ),
    pytest.param([allow("sts:AssumeRole", "arn:aws:iam::*:role/*")], {"assumerole", "sts-001"}, id="assume"),
    pytest.param([allow("newservice:*")], {"service-wildcard"}, id="unknown service"),
    pytest.param([allow("newservice:DoThing")], {"unscoped"}, id="unknown action"),
    pytest.param(
        [allow([*LAMBDA_PATH, "codestar:CreateProject"])], {"lambda-001"}, id="retired beside a path"
    ),
    pytest.param([allow("s3:GetObject"), deny("s3:GetObject", OBJECTS)], {"data"}, id="deny of one bucket"),
    pytest.param(
        [allow("s3:GetObject"), deny("s3:GetObject", **when("Bool", "aws:SecureTransport", "false"))],
        {"data"},
        id="deny http",
    ),
    pytest.param([allow("lambda:AddPermission")], {"exposure"}, id="opens functions"),
    pytest.param([allow("sts:GetFederationToken")], {"credentials"}, id="credentials"),
]


@pytest.mark.parametrize(("documents", "wanted"), FOUND)
def test_what_does_harm_is_found(judge: Judge, documents: list[Document], wanted: set[str]) -> None:
    assert wanted <= worth(judge(*documents))


SHUT = [
    pytest.param(
        [
            allow("iam:PassRole", **when("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")),
            allow(LAMBDA_PATH[1:]),
        ],
        {"lambda-001"},
        id="passed to another service",
    ),
    pytest.param(
        [
            allow(LAMBDA_PATH),
            deny("iam:PassRole", **when("StringNotEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")),
        ],
        {"lambda-001"},
        id="other services denied",
    ),
    pytest.param(
        [
            allow(LAMBDA_PATH),
            deny("iam:PassRole", **when("StringEquals", "iam:PassedToService", "lambda.amazonaws.com")),
        ],
        {"lambda-001"},
        id="the path's service denied",
    ),
    pytest.param(
        [allow("sqs:*"), deny("sqs:*", **when("StringNotEquals", "aws:ResourceTag/team", "a"))],
        {"unscoped"},
        id="deny but tagged",
    ),
    pytest.param([allow(["codestar:CreateProject", "iam:PassRole"])], {"codestar"}, id="retired alone"),
    pytest.param(
        [allow("iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/other")],
        {"iam-001"},
        id="one policy",
    ),
    pytest.param(
        [allow("s3:*", "arn:aws:s3:::bucket*")], {"service-wildcard", "data", "unscoped"}, id="prefix"
    ),
]


@pytest.mark.parametrize(("documents", "unwanted"), SHUT)
def test_what_is_shut_is_not_found(judge: Judge, documents: list[Document], unwanted: set[str]) -> None:
    assert not unwanted & worth(judge(*documents))


@pytest.mark.parametrize(
    ("boundary", "control", "wanted"),
    [
        pytest.param(allow("s3:GetObject", OBJECTS), (), set(), id="boundary narrows to a bucket"),
        pytest.param(
            both(_statement("*"), {**_statement("iam:*"), "Effect": "Deny"}),
            (),
            {"admin"},
            id="boundary denies iam",
        ),
        pytest.param(allow("s3:GetObject"), (), {"data"}, id="boundary leaves a read"),
        pytest.param(
            None,
            ((allow("*"), deny("*", **when("Bool", "aws:SecureTransport", "true"))),),
            set(),
            id="control denies",
        ),
        pytest.param(None, ((allow("kms:*"),),), {"secrets"}, id="control allows one service"),
    ],
)
def test_limits_of_a_star(
    judge: Judge, boundary: Document | None, control: tuple[tuple[Document, ...], ...], wanted: set[str]
) -> None:
    found = worth(judge(allow("*"), boundary=boundary, control=control))
    assert wanted <= found
    assert bool(found) is bool(wanted)
    assert "iam-001" not in found
