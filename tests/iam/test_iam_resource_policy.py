"""What each statement of a resource-based policy opens, and what a function URL needs to be open."""

from collections.abc import Callable, Mapping

import pytest

from auditor.iam import (
    Circle,
    Privileges,
    blast_radius,
    openings,
    parse_document,
    public_layer,
    url_exposures,
    weighed,
)
from auditor.model import FunctionUrl, Reason, ResourcePolicy, Unavailable
from auditor.verdict import Severity

Document = Mapping[str, object]
Judge = Callable[..., Privileges]

OWN, OTHER, TRUSTED = "111111111111", "222222222222", "333333333333"
CIRCLE = Circle(account=OWN, trusted_accounts=(TRUSTED,), organization_ids=("o-ours",))
BUCKET = "arn:aws:s3:::bucket"
RULE = f"arn:aws:events:us-east-1:{OWN}:rule/r"


def statement(
    principal: object, action: object = "lambda:InvokeFunction", **more: object
) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def when(operator: str, key: str, *values: str) -> dict[str, object]:
    return {"Condition": {operator: {key: list(values)}}}


def policy(*statements: Document, qualifier: str = "") -> ResourcePolicy:
    return ResourcePolicy(qualifier=qualifier, statements=parse_document({"Statement": list(statements)}))


def service(name: str) -> dict[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


@pytest.mark.parametrize(
    ("written", "opening", "severity"),
    [
        pytest.param(statement("*"), "public", "critical", id="everybody"),
        pytest.param(statement({"AWS": "*"}), "public", "critical", id="every AWS principal"),
        pytest.param(statement({"AWS": [OWN, "*"]}), "public", "critical", id="everybody in a list"),
        pytest.param(
            {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "lambda:*", "Resource": "*"},
            "public",
            "critical",
            id="NotPrincipal",
        ),
        pytest.param(
            statement("*", **when("StringLike", "aws:SourceArn", "*")), "public", "critical", id="any source"
        ),
        pytest.param(
            statement("*", **when("StringLike", "aws:PrincipalOrgID", "*")),
            "public",
            "critical",
            id="any org",
        ),
        pytest.param(
            statement("*", **when("IpAddress", "aws:SourceIp", "0.0.0.0/0")),
            "public",
            "critical",
            id="any IP",
        ),
        pytest.param(
            statement("*", **when("Bool", "aws:SecureTransport", "true")), "public", "critical", id="TLS"
        ),
        pytest.param(
            statement("*", **when("StringNotEquals", "aws:PrincipalOrgID", "o-x")),
            "public",
            "critical",
            id="not",
        ),
        pytest.param(
            statement("*", **when("StringEqualsIfExists", "aws:PrincipalOrgID", "o-ours")),
            "public",
            "critical",
            id="if exists",
        ),
        pytest.param(
            statement("*", **when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-ours")),
            "public",
            "critical",
            id="for all",
        ),
        pytest.param(
            statement("*", **when("Null", "aws:SourceArn", "false")), "public", "critical", id="null"
        ),
        pytest.param(
            statement("*", **when("StringEquals", "aws:PrincipalOrgID", "o-ours")),
            "expected",
            "info",
            id="own org",
        ),
        pytest.param(
            statement("*", **when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-ours/r-a/*")),
            "expected",
            "info",
            id="paths",
        ),
        pytest.param(
            statement("*", **when("StringEquals", "aws:PrincipalOrgID", "o-theirs")),
            "cross-account",
            "medium",
            id="other org",
        ),
        pytest.param(
            statement("*", **when("StringLike", "aws:PrincipalOrgID", "o-*")),
            "public",
            "critical",
            id="every org",
        ),
        pytest.param(
            statement("*", **when("IpAddress", "aws:SourceIp", "52.0.0.0/6")),
            "public",
            "critical",
            id="a sixty-fourth of the internet",
        ),
        pytest.param(
            statement("*", **when("IpAddress", "aws:SourceIp", "52.94.0.0/16")),
            "expected",
            "info",
            id="one range",
        ),
        pytest.param(
            statement({"AWS": "arn:aws:iam::*:root"}), "public", "critical", id="any account's root"
        ),
        pytest.param(
            statement("*", **when("ArnLike", "aws:SourceArn", BUCKET)),
            "service without source",
            "medium",
            id="everybody for one bucket",
        ),
        pytest.param(
            statement("*", **when("StringEquals", "aws:SourceAccount", OWN)),
            "expected",
            "info",
            id="own account",
        ),
        pytest.param(
            statement("*", **when("StringEquals", "aws:PrincipalAccount", OTHER)),
            "cross-account",
            "medium",
            id="other account",
        ),
        pytest.param(
            statement("*", **when("StringEquals", "aws:SourceVpce", "vpce-1")),
            "expected",
            "info",
            id="endpoint",
        ),
        pytest.param(
            statement("*", **when("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
            "expected",
            "info",
            id="network",
        ),
        pytest.param(
            statement(
                "*", "lambda:InvokeFunctionUrl", **when("StringEquals", "lambda:FunctionUrlAuthType", "NONE")
            ),
            "public function URL",
            "high",
            id="function URL",
        ),
        pytest.param(
            statement("*", **when("Bool", "lambda:InvokedViaFunctionUrl", "true")),
            "public function URL",
            "high",
            id="via URL",
        ),
        pytest.param(statement({"AWS": OWN}), "expected", "info", id="own account id"),
        pytest.param(statement({"AWS": f"arn:aws:iam::{OWN}:role/r"}), "expected", "info", id="own role"),
        pytest.param(statement({"AWS": OTHER}), "cross-account", "medium", id="other account id"),
        pytest.param(
            statement({"AWS": f"arn:aws-cn:iam::{OTHER}:root"}),
            "cross-account",
            "medium",
            id="other partition",
        ),
        pytest.param(
            statement({"AWS": f"arn:aws:iam::{TRUSTED}:root"}), "cross-account", "info", id="trusted account"
        ),
        pytest.param(
            statement(
                {"AWS": f"arn:aws:iam::{OTHER}:root"}, **when("StringEquals", "aws:PrincipalOrgID", "o-ours")
            ),
            "cross-account",
            "info",
            id="account of the organisation",
        ),
        pytest.param(
            statement({"AWS": "AROAEXAMPLEEXAMPLE123"}), "deleted principal", "low", id="deleted role"
        ),
        pytest.param(statement(service("events")), "service without source", "high", id="no source"),
        pytest.param(
            statement(
                service("apigateway"), **when("ArnLike", "AWS:SourceArn", "arn:aws:execute-api:*:*:*/*")
            ),
            "service without source",
            "high",
            id="source of any account",
        ),
        pytest.param(
            statement(service("events"), **when("ArnLike", "AWS:SourceArn", RULE)),
            "expected",
            "info",
            id="rule",
        ),
        pytest.param(
            statement(service("events"), **when("ArnLikeIfExists", "AWS:SourceArn", RULE)),
            "service without source",
            "high",
            id="source if exists",
        ),
        pytest.param(
            statement(
                service("apigateway"),
                **when("ArnLike", "aws:SourceArn", f"arn:aws:execute-api:us-east-1:{OWN}:*/*"),
            ),
            "expected",
            "info",
            id="every API of the account",
        ),
        pytest.param(
            statement(service("sns"), **when("StringEquals", "aws:SourceAccount", OWN)),
            "expected",
            "info",
            id="source account",
        ),
        pytest.param(
            statement(service("s3"), **when("ArnLike", "aws:SourceArn", BUCKET)),
            "service without source",
            "medium",
            id="bucket alone",
        ),
        pytest.param(
            statement(service("s3"), **when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*")),
            "service without source",
            "high",
            id="any bucket",
        ),
        pytest.param(
            statement("*", **when("ArnLike", "aws:SourceArn", "arn:aws:execute-api:*:*:*/*/GET/x")),
            "public",
            "critical",
            id="any API",
        ),
        pytest.param(
            statement(
                service("s3"),
                Condition={"ArnLike": {"aws:SourceArn": BUCKET}, "StringEquals": {"aws:SourceAccount": OWN}},
            ),
            "expected",
            "info",
            id="bucket and account",
        ),
        pytest.param(
            statement(service("sns"), **when("ArnLike", "aws:SourceArn", f"arn:aws:sns:us-east-1:{OTHER}:t")),
            "cross-account",
            "medium",
            id="topic of another account",
        ),
        pytest.param(
            statement(service("sns"), **when("ArnLike", "aws:SourceArn", BUCKET)),
            "source of another service",
            "low",
            id="mismatch",
        ),
        pytest.param(statement(service("secretsmanager")), "expected", "info", id="secretsmanager"),
        pytest.param(
            statement({"Service": "events.amazonaws.com.cn"}), "service without source", "high", id="China"
        ),
        pytest.param(
            statement({"Service": "logs.us-east-1.amazonaws.com"}),
            "service without source",
            "high",
            id="regional",
        ),
        pytest.param(
            statement({"Service": "alexa-appkit.amazon.com"}), "service without source", "high", id="Alexa"
        ),
        pytest.param(
            statement(
                {"Service": "alexa-appkit.amazon.com"},
                **when("StringEquals", "lambda:EventSourceToken", "skill"),
            ),
            "expected",
            "info",
            id="Alexa with token",
        ),
        pytest.param(
            statement(service("events"), **when("StringEquals", "aws:SourceOrgID", "o-ours")),
            "expected",
            "info",
            id="source org",
        ),
    ],
)
def test_a_statement_opens(written: Document, opening: str, severity: str) -> None:
    worst = openings(policy(written), CIRCLE)[0]
    assert (worst.opening.value, worst.severity.value) == (opening, severity)
    assert bool(worst.fix) is (severity != "info")


def test_an_unconditional_deny_for_everybody_shuts() -> None:
    shut = {"Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": "*"}
    assert openings(policy(statement("*"), shut), CIRCLE) == ()
    half = {**shut, **when("Bool", "aws:SecureTransport", "false")}
    assert openings(policy(statement("*"), half), CIRCLE)[0].opening.value == "public"


def test_places_name_qualifier_and_statement() -> None:
    first = openings(policy(statement({"AWS": OWN}), statement("*", Sid="open"), qualifier="live"), CIRCLE)[0]
    assert first.place == "resource-based policy of live, statement 2 (open)"
    assert first.place in first.text


URL_GRANT = statement(
    "*", "lambda:InvokeFunctionUrl", **when("StringEquals", "lambda:FunctionUrlAuthType", "NONE")
)
IAM_GRANT = statement(
    "*", "lambda:InvokeFunctionUrl", **when("StringEquals", "lambda:FunctionUrlAuthType", "AWS_IAM")
)
VIA_URL = statement("*", **when("Bool", "lambda:InvokedViaFunctionUrl", "true"))


@pytest.mark.parametrize(
    ("auth_type", "statements", "opened", "severity"),
    [
        pytest.param("NONE", [URL_GRANT, VIA_URL], True, "high", id="both grants"),
        pytest.param("NONE", [statement("*", "lambda:Invoke*")], True, "high", id="one statement for both"),
        pytest.param("NONE", [URL_GRANT], False, "info", id="URL alone"),
        pytest.param("NONE", [VIA_URL], False, "info", id="function alone"),
        pytest.param("NONE", [IAM_GRANT, VIA_URL], False, "info", id="grant for the other AuthType"),
        pytest.param("NONE", [], False, "info", id="no policy"),
        pytest.param("AWS_IAM", [IAM_GRANT, VIA_URL], True, "high", id="every AWS principal"),
        pytest.param("AWS_IAM", [statement({"AWS": OTHER}, "lambda:*")], False, "info", id="named account"),
        pytest.param(
            "NONE",
            [URL_GRANT, statement("*", **when("StringEquals", "aws:PrincipalOrgID", "o-ours"))],
            False,
            "info",
            id="narrowed",
        ),
    ],
)
def test_a_function_url_is_open_with_both_grants(
    auth_type: str,
    statements: list[Document],
    opened: bool,  # noqa: FBT001 - a row of a table
    severity: str,
) -> None:
    policies = (policy(*statements, qualifier="live"),) if statements else ()
    (found,) = url_exposures((FunctionUrl(qualifier="live", auth_type=auth_type),), policies)
    assert (found.open, found.severity.value) == (opened, severity)
    (unqualified,) = url_exposures((FunctionUrl(qualifier="", auth_type=auth_type),), policies)
    assert not unqualified.open


def test_layers() -> None:
    share = statement("*", "lambda:GetLayerVersion")
    assert public_layer(None, CIRCLE) == ()
    assert len(public_layer(policy(share, qualifier="3"), CIRCLE)) == 1
    within = statement(
        "*", "lambda:GetLayerVersion", **when("StringEquals", "aws:PrincipalOrgID", "o-theirs")
    )
    assert public_layer(policy(within), CIRCLE) == ()


def _allow(action: str, resource: str = "*") -> Document:
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}


@pytest.mark.parametrize(
    ("action", "severity"),
    [
        ("*", "critical"),
        ("iam:PutRolePolicy", "critical"),
        ("kms:Decrypt", "high"),
        ("s3:GetObject", "medium"),
        ("s3:PutObject", "low"),
    ],
)
def test_blast_radius(judge: Judge, action: str, severity: str) -> None:
    assert blast_radius(judge(_allow(action))).severity.value == severity


def test_blast_radius_of_what_cannot_be_read(judge: Judge) -> None:
    gone = Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:GetPolicyVersion", code="AccessDenied")
    assert blast_radius(judge(_allow("*"), boundary=gone)).unknown == gone
    assert blast_radius(judge(gone, _allow("s3:PutObject"))).unknown == gone
    assert blast_radius(judge(gone, _allow("kms:Decrypt"))).unknown is None


def test_exposure_is_weighed_by_what_it_exposes(judge: Judge) -> None:
    worst, narrow = blast_radius(judge(_allow("*"))), blast_radius(judge(_allow("s3:PutObject")))
    assert weighed(Severity.MEDIUM, worst) is Severity.HIGH
    assert weighed(Severity.CRITICAL, worst) is Severity.CRITICAL
    assert weighed(Severity.MEDIUM, narrow) is Severity.MEDIUM
    assert weighed(Severity.INFO, worst) is Severity.INFO


def denied(**more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": "*", **more}


@pytest.mark.parametrize(
    ("deny", "opening"),
    [
        pytest.param(denied(), None, id="everything"),
        pytest.param(
            denied(**when("StringNotEquals", "aws:PrincipalOrgID", "o-ours")), "expected", id="others"
        ),
        pytest.param(
            denied(**when("StringNotEqualsIfExists", "aws:PrincipalAccount", OTHER)),
            "cross-account",
            id="all but another account",
        ),
        pytest.param(denied(**when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")), "expected", id="outside"),
        pytest.param(denied(**when("StringEquals", "aws:PrincipalOrgID", "o-x")), "public", id="one org"),
        pytest.param(denied(**when("Bool", "aws:SecureTransport", "false")), "public", id="without TLS"),
        pytest.param(
            denied(
                Condition={
                    "StringNotEquals": {"aws:PrincipalOrgID": "o-ours"},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                }
            ),
            "public",
            id="others, services aside",
        ),
        pytest.param({**denied(), "Action": "lambda:GetFunction"}, "public", id="another action"),
        pytest.param(
            {"Effect": "Deny", "NotPrincipal": {"AWS": OWN}, "Action": "lambda:*", "Resource": "*"},
            "expected",
            id="all but the own account",
        ),
        pytest.param(
            {"Effect": "Deny", "Principal": "*", "NotAction": "lambda:Get*", "Resource": "*"},
            None,
            id="all but reading",
        ),
    ],
)
def test_denies_narrow_what_everybody_may(deny: Document, opening: str | None) -> None:
    found = openings(policy(statement("*"), deny), CIRCLE)
    assert [one.opening.value for one in found] == ([opening] if opening else [])


@pytest.mark.parametrize(
    ("deny", "is_open"),
    [
        pytest.param(denied(), False, id="everything"),
        pytest.param(denied(**when("Bool", "aws:SecureTransport", "false")), True, id="without TLS"),
        pytest.param(denied(**when("StringNotEquals", "aws:PrincipalOrgID", "o-x")), False, id="outsiders"),
        pytest.param(denied(**when("StringEquals", "lambda:FunctionUrlAuthType", "NONE")), False, id="NONE"),
        pytest.param(denied(**when("StringEquals", "lambda:FunctionUrlAuthType", "AWS_IAM")), True, id="IAM"),
        pytest.param({**denied(), "Action": "lambda:InvokeFunction"}, False, id="one of both"),
    ],
)
def test_denies_close_a_url_only_where_they_hold_for_all(deny: Document, is_open: bool) -> None:  # noqa: FBT001
    granted = statement("*", ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"])
    url = FunctionUrl(qualifier="", auth_type="NONE")
    (found,) = url_exposures((url,), (policy(granted, deny),))
    assert found.open is is_open
