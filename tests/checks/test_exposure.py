"""Exposure: one table a check."""

from typing import Any

import pytest

from auditor.catalogue import load
from auditor.model import (
    Account,
    ApiIntegration,
    Condition,
    Function,
    FunctionUrl,
    Principal,
    Reason,
    ResourcePolicy,
    Role,
    RoleEvidence,
    Statement,
    TargetGroup,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
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

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")
EVERYBODY = Principal(kind="AWS", value="*")
S3 = Principal(kind="Service", value="s3.amazonaws.com")


def only(
    principal: Principal, *conditions: Condition, actions: tuple[str, ...] = ("lambda:InvokeFunction",)
) -> Statement:
    return Statement(
        index=1,
        effect="Allow",
        sid="one",
        actions=actions,
        resources=(ARN,),
        principals=(principal,),
        conditions=conditions,
    )


def equals(key: str, *values: str, operator: str = "StringEquals") -> Condition:
    return Condition(operator=operator, key=key, values=values)


def letting(*statements: Statement, qualifier: str = "", **changes: Any) -> Function:
    return healthy_function(
        policies=(ResourcePolicy(qualifier=qualifier, statements=statements),) if statements else (),
        **changes,
    )


def url(auth: str = "NONE", **changes: Any) -> tuple[FunctionUrl, ...]:
    return (FunctionUrl(qualifier="", auth_type=auth, **changes),)


BOTH = (
    only(EVERYBODY, equals("lambda:FunctionUrlAuthType", "NONE"), actions=("lambda:InvokeFunctionUrl",)),
    only(EVERYBODY, equals("lambda:InvokedViaFunctionUrl", "true", operator="Bool")),
)
UNREAD = case("the policy could not be read", "UNKNOWN", function=healthy_function(policies=DENIED))


def route(**changes: Any) -> ApiIntegration:
    fields: dict[str, Any] = {
        "api_id": "a1b2c3",
        "api_name": "shop",
        "kind": "HTTP",
        "route": "POST /orders",
        "function_arn": ARN,
        "authorization": "NONE",
        "timeout_ms": 29_000,
    }
    return ApiIntegration(**{**fields, **changes})


def under(role: Role | None | Unavailable) -> Account:
    """The healthy account, with another role under the function."""
    return healthy_account(roles=(RoleEvidence(arn=ROLE, role=role),))


EXPOSED = {
    "public-function": letting(only(EVERYBODY)),
    "unauthenticated-url": letting(*BOTH, urls=url()),
    "untrusted-account-allowed": letting(only(Principal(kind="AWS", value="222222222222"))),
    "confused-deputy": letting(only(S3)),
}


TABLES: dict[str, tuple[Case, ...]] = {
    "public-function": (
        case("everybody", "FAIL", function=letting(only(EVERYBODY))),
        case(
            "everybody, under a role that could not be read",
            "FAIL",
            function=letting(only(EVERYBODY)),
            account=under(DENIED),
            says="what its role may do is not known",
        ),
        case(
            "everybody, under a role that does not exist",
            "FAIL",
            function=letting(only(EVERYBODY)),
            account=under(None),
        ),
        case("nobody, under a role that could not be read", "PASS", account=under(DENIED)),
        case("everybody, on an alias", "FAIL", function=letting(only(EVERYBODY), qualifier="live")),
        case(
            "a wildcard that pins nothing",
            "FAIL",
            function=letting(only(EVERYBODY, equals("aws:SourceArn", "*"))),
        ),
        case(
            "one organisation",
            "PASS",
            function=letting(only(EVERYBODY, equals("aws:PrincipalOrgID", "o-abc1234567"))),
        ),
        case(
            "one source",
            "PASS",
            function=letting(
                only(
                    EVERYBODY,
                    equals("aws:SourceArn", f"arn:aws:sns:{REGION}:{ACCOUNT}:t", operator="ArnLike"),
                )
            ),
        ),
        case("no policy", "PASS", function=letting()),
        UNREAD,
    ),
    "untrusted-account-allowed": (
        case(
            "a stranger",
            "FAIL",
            function=letting(only(Principal(kind="AWS", value="arn:aws:iam::999988887777:root"))),
            says="999988887777",
        ),
        case(
            "a partner",
            "PASS",
            function=letting(only(Principal(kind="AWS", value="arn:aws:iam::999988887777:root"))),
            thresholds={"trusted_accounts": ("999988887777",)},
        ),
        case("nobody", "PASS", function=letting()),
        UNREAD,
    ),
    "confused-deputy": (
        case("a bucket of anybody", "FAIL", function=letting(only(S3))),
        case(
            "a bucket name without its account",
            "FAIL",
            function=letting(only(S3, equals("aws:SourceArn", "arn:aws:s3:::orders", operator="ArnLike"))),
        ),
        case("an own bucket", "PASS", function=letting(only(S3, equals("aws:SourceAccount", ACCOUNT)))),
        case(
            "Secrets Manager, which names no source",
            "PASS",
            function=letting(only(Principal(kind="Service", value="secretsmanager.amazonaws.com"))),
        ),
        case("no service", "NOT_APPLICABLE", function=letting()),
        UNREAD,
    ),
    "dead-permission": (
        case(
            "SNS from a bucket",
            "FAIL",
            function=letting(
                only(
                    Principal(kind="Service", value="sns.amazonaws.com"),
                    equals("aws:SourceArn", "arn:aws:s3:::orders", operator="ArnLike"),
                )
            ),
        ),
        case("an API from its own ARN", "PASS"),
        case("no policy", "NOT_APPLICABLE", function=letting()),
        UNREAD,
    ),
    "unauthenticated-url": (
        case("open, with both grants", "FAIL", function=letting(*BOTH, urls=url())),
        case("open, with one grant of two", "FAIL", function=letting(BOTH[0], urls=url())),
        case("signed", "PASS", function=letting(urls=url("AWS_IAM"))),
        case("no URL", "NOT_APPLICABLE"),
        case("URLs could not be read", "UNKNOWN", function=healthy_function(urls=DENIED)),
        case(
            "a URL, but its policy could not be read",
            "UNKNOWN",
            function=healthy_function(policies=DENIED, urls=url()),
        ),
    ),
    "url-open-to-any-origin": (
        case(
            "any origin",
            "FAIL",
            function=letting(urls=url("AWS_IAM", allow_origins=("https://a.example", "*"))),
        ),
        case(
            "one origin", "PASS", function=letting(urls=url("AWS_IAM", allow_origins=("https://a.example",)))
        ),
        case("no CORS", "PASS", function=letting(urls=url("AWS_IAM"))),
        case("no URL", "NOT_APPLICABLE"),
        case("URLs could not be read", "UNKNOWN", function=healthy_function(urls=DENIED)),
    ),
    "unauthenticated-api": (
        case("a route that asks nobody", "FAIL", region=healthy_region(integrations=(route(),))),
        case(
            "a load balancer that asks nobody",
            "FAIL",
            region=healthy_region(
                target_groups=(
                    TargetGroup(
                        arn=f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/shop/1",
                        function_arn=ARN,
                        internet_facing=True,
                    ),
                )
            ),
        ),
        case("an authoriser", "PASS", region=healthy_region(integrations=(route(authorization="JWT"),))),
        case("a private API", "PASS", region=healthy_region(integrations=(route(private=True),))),
        case("no API", "NOT_APPLICABLE"),
        case("APIs could not be read", "UNKNOWN", region=healthy_region(integrations=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)


@pytest.mark.parametrize(
    ("check_id", "narrow", "administrator"),
    [
        ("public-function", "critical", "critical"),
        ("unauthenticated-url", "high", "critical"),
        ("untrusted-account-allowed", "medium", "high"),
        ("confused-deputy", "high", "critical"),
        ("unauthenticated-api", "medium", "high"),
    ],
)
def test_an_exposure_is_as_bad_as_what_it_exposes(check_id: str, narrow: str, administrator: str) -> None:
    check = next(one for one in load() if one.id == check_id)
    region = healthy_region(integrations=(route(),)) if check_id == "unauthenticated-api" else None
    found = [
        ask(check, EXPOSED.get(check_id), region=region, account=account)
        for account in (None, under(healthy_role(statement("*"))))
    ]
    assert [one.severity.value for one in found] == [narrow, administrator]
    assert "its role may do" in found[0].message
    assert "its role is an administrator" in found[1].message
