"""Least privilege: one table a check."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from auditor.catalogue import load
from auditor.model import (
    Account,
    Condition,
    ControlLevel,
    EventSourceMapping,
    Function,
    LastAccessed,
    Policy,
    PolicyKind,
    Principal,
    Reason,
    Region,
    Role,
    RoleEvidence,
    ServiceUse,
    Statement,
    Unavailable,
    UnusedAccess,
    UnusedPermission,
    known,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    NOW,
    REGION,
    ROLE,
    Case,
    ask,
    case,
    healthy_account,
    healthy_function,
    healthy_region,
    healthy_role,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:GetRole", code="AccessDenied")
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"


def under(role: Role | None | Unavailable) -> Account:
    """The healthy account, with another role under the function."""
    return healthy_account(roles=(RoleEvidence(arn=ROLE, role=role),))


def granting(*statements: Statement, **changes: Any) -> Account:
    return under(healthy_role(*statements, **changes))


def managed(name: str, *statements: Statement) -> Account:
    policy = Policy(
        name=name,
        kind=PolicyKind.AWS_MANAGED,
        arn=f"arn:aws:iam::aws:policy/{name}",
        statements=statements,
    )
    return under(healthy_role(policies=(policy,)))


LAMBDA = Principal(kind="Service", value="lambda.amazonaws.com")


def trusting(*principals: Principal) -> Account:
    return under(healthy_role(trust=(statement("sts:AssumeRole", resources=(), principals=principals),)))


def crowd(size: int) -> Region:
    """The healthy region, with so many functions under one role."""
    return healthy_region(*(healthy_function(name=f"fn-{n}", arn=f"{ARN}-{n}") for n in range(size)))


def resting() -> Function:
    """The healthy function, without a run in the window."""
    return healthy_function(usage=msgspec.structs.replace(known(healthy_function().usage), invocations=0))


def analyzer(service: str = "", *actions: str) -> UnusedAccess:
    """What an analyzer of unused access says of a role."""
    found = (UnusedPermission(service=service, actions=actions),) if service else ()
    return UnusedAccess(
        analyzer_arn=f"arn:aws:access-analyzer:{REGION}:{ACCOUNT}:analyzer/unused",
        days=90,
        findings=("1f8e",),
        permissions=found,
    )


def controlled(*statements: Statement) -> ControlLevel:
    """The account's own level of the organisation, with one service control policy."""
    policy = Policy(name="guardrail", kind=PolicyKind.SERVICE_CONTROL, statements=statements)
    return ControlLevel(target=ACCOUNT, policies=(policy,))


UNREAD = (
    case("the role could not be read", "UNKNOWN", account=under(DENIED), says="iam:GetRole"),
    case("its policies could not be read", "UNKNOWN", account=under(healthy_role(policies=DENIED))),
)
MISSING = case("the role does not exist", "NOT_APPLICABLE", account=under(None))
ANY = ("*",)

TABLES: dict[str, tuple[Case, ...]] = {
    "administrator-role": (
        case("everything", "FAIL", account=granting(statement("*"))),
        case("everything, said as *:*", "FAIL", account=granting(statement("*:*"))),
        case(
            "everything but IAM, said by NotAction",
            "FAIL",
            account=granting(Statement(index=1, effect="Allow", not_actions=("iam:*",), resources=ANY)),
        ),
        case(
            "everything, taken back by a Deny",
            "PASS",
            account=granting(statement("*"), statement("*", effect="Deny")),
        ),
        case("three actions on named resources", "PASS"),
        MISSING,
        *UNREAD,
    ),
    "escalating-role": (
        case(
            "passes a role to a function of its own",
            "FAIL",
            account=granting(
                statement("iam:PassRole"), statement("lambda:CreateFunction", "lambda:InvokeFunction")
            ),
            says="lambda-001",
        ),
        case("may rewrite policies", "FAIL", account=granting(statement("iam:PutRolePolicy"))),
        case(
            "may rewrite policies, which the organisation denies",
            "PASS",
            account=msgspec.structs.replace(
                granting(statement("iam:PutRolePolicy")), service_control=(controlled(statement("s3:*")),)
            ),
        ),
        case(
            "may pass roles to another service only",
            "PASS",
            account=granting(statement("lambda:CreateFunction", "lambda:InvokeFunction")),
        ),
        MISSING,
        *UNREAD,
    ),
    "any-role-passable": (
        case("every role", "FAIL", account=granting(statement("iam:PassRole"))),
        case(
            "one role",
            "PASS",
            account=granting(statement("iam:PassRole", resources=(f"arn:aws:iam::{ACCOUNT}:role/x",))),
        ),
        MISSING,
        *UNREAD,
    ),
    "any-role-assumable": (
        case("every role", "FAIL", account=granting(statement("sts:AssumeRole"))),
        case(
            "one role",
            "PASS",
            account=granting(statement("sts:AssumeRole", resources=(f"arn:aws:iam::{ACCOUNT}:role/x",))),
        ),
        MISSING,
        *UNREAD,
    ),
    "service-wildcard-actions": (
        case("all of S3", "FAIL", account=granting(statement("s3:*"))),
        case("all of S3, in capitals", "FAIL", account=granting(statement("S3:*"))),
        case("one action", "PASS", account=granting(statement("s3:ListAllMyBuckets"))),
        MISSING,
        *UNREAD,
    ),
    "partial-wildcard-actions": (
        case("every Get of S3", "FAIL", account=granting(statement("s3:Get*"))),
        case("named actions", "PASS"),
        MISSING,
        *UNREAD,
    ),
    "wildcard-resources": (
        case("writes to every table", "FAIL", account=granting(statement("dynamodb:PutItem"))),
        case("traces, which take no resource", "PASS"),
        case(
            "network interfaces, which Lambda needs on all",
            "PASS",
            account=granting(statement("ec2:CreateNetworkInterface")),
        ),
        MISSING,
        *UNREAD,
    ),
    "negated-policy-elements": (
        case(
            "NotAction",
            "FAIL",
            account=granting(Statement(index=1, effect="Allow", not_actions=("s3:*",), resources=ANY)),
        ),
        case("plain elements", "PASS"),
        MISSING,
        *UNREAD,
    ),
    "secrets-readable": (
        case("every secret", "FAIL", account=granting(statement("secretsmanager:GetSecretValue"))),
        case("every key", "FAIL", account=granting(statement("kms:Decrypt"))),
        case(
            "one secret",
            "PASS",
            account=granting(
                statement(
                    "secretsmanager:GetSecretValue",
                    resources=(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders-a1b2c3",),
                )
            ),
        ),
        MISSING,
        *UNREAD,
    ),
    "data-readable": (
        case("every object", "FAIL", account=granting(statement("s3:GetObject"))),
        case(
            "one bucket",
            "PASS",
            account=granting(statement("s3:GetObject", resources=("arn:aws:s3:::orders/*",))),
        ),
        MISSING,
        *UNREAD,
    ),
    "resources-shareable": (
        case("every bucket policy", "FAIL", account=granting(statement("s3:PutBucketPolicy"))),
        case("none", "PASS"),
        MISSING,
        *UNREAD,
    ),
    "credentials-obtainable": (
        case("keys of every user", "FAIL", account=granting(statement("iam:CreateAccessKey"))),
        case("a registry token", "PASS", account=granting(statement("ecr:GetAuthorizationToken"))),
        MISSING,
        *UNREAD,
    ),
    "broad-managed-policy": (
        case("full access", "FAIL", account=managed("AmazonS3FullAccess", statement("s3:*"))),
        case(
            "basic execution",
            "PASS",
            account=managed(
                "AWSLambdaBasicExecutionRole",
                statement("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
            ),
        ),
        MISSING,
        *UNREAD,
    ),
    "execution-role-unusable": (
        case("gone", "FAIL", account=under(None), says="does not exist"),
        case(
            "trusts EC2 only",
            "FAIL",
            account=trusting(Principal(kind="Service", value="ec2.amazonaws.com")),
            says="lambda.amazonaws.com",
        ),
        case("there and trusting", "PASS"),
        case("the role could not be read", "UNKNOWN", account=under(DENIED)),
    ),
    "role-shared": (
        case("used by one", "PASS"),
        case("used by three", "FAIL", region=crowd(3), says="shared by 3 functions, 1 allowed"),
        case("used by forty", "FAIL", region=crowd(40), says="fn-12 and 35 more"),
        case(
            "used by three for logs alone",
            "PASS",
            region=crowd(3),
            account=managed("AWSLambdaBasicExecutionRole", statement("logs:PutLogEvents")),
            says="no more than logs",
        ),
        MISSING,
        *UNREAD,
    ),
    "trust-too-wide": (
        case("everybody", "FAIL", account=trusting(Principal(kind="AWS", value="*"))),
        case("Lambda alone", "PASS", says="Only Lambda"),
        case("another account", "FAIL", account=trusting(Principal(kind="AWS", value="999988887777"))),
        case(
            "a trusted account",
            "PASS",
            account=trusting(Principal(kind="AWS", value="999988887777"), LAMBDA),
            thresholds={"trusted_accounts": ("999988887777",)},
            says="all of them trusted",
        ),
        MISSING,
        case("the trust policy could not be read", "UNKNOWN", account=under(healthy_role(trust=DENIED))),
    ),
    "role-lacks-permissions": (
        case(
            "a queue that it may not read",
            "FAIL",
            region=healthy_region(
                mappings=(
                    EventSourceMapping(
                        uuid="1", function_arn=ARN, source_arn=QUEUE, kind="sqs", state="Enabled"
                    ),
                )
            ),
            says="sqs:ReceiveMessage",
        ),
        case("traces that it may send", "PASS"),
        case("nothing to need", "NOT_APPLICABLE", function=healthy_function(tracing="PassThrough")),
        case("mappings could not be read", "UNKNOWN", region=healthy_region(mappings=DENIED)),
        *UNREAD,
    ),
    "logs-not-writable": (
        case("no logs at all", "FAIL", account=under(healthy_role(policies=())), says="logs:PutLogEvents"),
        case("its own group", "PASS"),
        MISSING,
        *UNREAD,
        case("the group is not known", "UNKNOWN", function=healthy_function(logging=DENIED)),
    ),
    "permissions-unused": (
        case(
            "a service that was never used",
            "FAIL",
            account=granting(
                last_accessed=LastAccessed(
                    generated_at=NOW,
                    services=(ServiceUse(service="dynamodb"), ServiceUse(service="logs", last_used=NOW)),
                )
            ),
            says="1 of 2",
        ),
        case("all in use", "PASS"),
        case(
            "a young role",
            "NOT_APPLICABLE",
            account=granting(created_at=NOW - timedelta(days=10)),
        ),
        case("no data", "UNKNOWN", account=granting(last_accessed=DENIED)),
        case(
            "no data, and no analyzer", "UNKNOWN", account=granting(last_accessed=DENIED, unused_access=None)
        ),
        case(
            "no data, but a finding of Access Analyzer",
            "FAIL",
            account=granting(last_accessed=DENIED, unused_access=analyzer("dynamodb")),
            says="1 of 3 granted services unused in 90 days, by Access Analyzer; never: dynamodb",
        ),
        case(
            "no data, and nothing found by Access Analyzer",
            "UNKNOWN",
            account=granting(last_accessed=DENIED, unused_access=analyzer()),
        ),
        case(
            "one action that Access Analyzer found unused",
            "WARN",
            account=granting(unused_access=analyzer("dynamodb", "PutItem")),
            says="1 single action was not",
        ),
        case(
            "Access Analyzer speaks of what is not granted",
            "PASS",
            account=granting(unused_access=analyzer("sqs")),
        ),
        MISSING,
        *UNREAD,
    ),
    "role-idle": (
        case("the function runs", "PASS", account=granting(last_used=None)),
        case(
            "neither runs nor was the role used",
            "FAIL",
            function=resting(),
            account=granting(last_used=NOW - timedelta(days=91)),
            says="91 days ago; 90 allowed",
        ),
        case("never used", "FAIL", function=resting(), account=granting(last_used=None), says="400 days"),
        case(
            "used lately, by another function",
            "PASS",
            function=resting(),
            account=granting(last_used=NOW - timedelta(days=90)),
        ),
        case(
            "never used, and new",
            "NOT_APPLICABLE",
            function=resting(),
            account=granting(last_used=None, created_at=NOW - timedelta(days=10)),
        ),
        case(
            "metrics were not seen: it may run",
            "UNKNOWN",
            function=healthy_function(usage=DENIED),
            account=granting(last_used=None),
        ),
        case("its use was not seen", "UNKNOWN", function=resting(), account=granting(last_used=DENIED)),
        MISSING,
        UNREAD[0],
    ),
    "boundary-missing": (
        case("none", "FAIL", account=granting(boundary=None)),
        case("one", "PASS"),
        MISSING,
        case("not seen", "UNKNOWN", account=granting(boundary=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)


@pytest.mark.parametrize("check_id", ["administrator-role", "escalating-role"])
def test_service_control_that_was_not_read_is_told(check_id: str) -> None:
    check = next(one for one in load() if one.id == check_id)
    unread = granting(statement("*"))
    read = msgspec.structs.replace(unread, service_control=(controlled(statement("*")),))
    told = [
        any(detail.subject == "service control policies" for detail in ask(check, account=account).details)
        for account in (unread, read)
    ]
    assert told == [True, False]


@pytest.mark.parametrize("check_id", ["wildcard-resources", "escalating-role"])
def test_what_narrows_a_place_is_told_with_it(check_id: str) -> None:
    check = next(one for one in load() if one.id == check_id)
    region = Condition(operator="StringNotEquals", key="aws:RequestedRegion", values=("eu-west-1",))
    denies = statement("*", effect="Deny", conditions=(region,))
    found = ask(check, account=granting(statement("iam:PutRolePolicy"), denies))
    assert "narrowed by a conditional Deny in orders-api-inline, statement 5" in found.details[0].text


def test_functions_under_one_role_are_named() -> None:
    other = healthy_function(name="orders-worker", arn=f"{ARN}-worker")
    region = healthy_region(healthy_function(), other)
    account = msgspec.structs.replace(healthy_account(), regions=(region,))
    assert len(account.functions_by_role[ROLE]) == 2
