"""Trust policies, needs of the configuration, use, and the policy that would be enough."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from auditor.iam import (
    KnownUse,
    Need,
    Privileges,
    Suggestion,
    boundary_absent,
    configuration_needs,
    known_use,
    lambda_may_assume,
    log_needs,
    missing_actions,
    parse_document,
    suggest_policy,
    trust_wider_than_lambda,
    unused,
)
from auditor.iam.needs import optional_needs
from auditor.model import (
    AsyncConfig,
    EventSourceMapping,
    EvidenceMissingError,
    FileSystem,
    LastAccessed,
    Reason,
    Role,
    SecretVerdict,
    ServiceUse,
    Unavailable,
    Variable,
    VpcConfig,
)
from auditor.testing import fact, healthy_code, healthy_function, healthy_version
from auditor.verdict import Confidence

Document = Mapping[str, object]
Judge = Callable[..., Privileges]
MakeRole = Callable[..., Role]

OWN, OTHER = "123456789012", "222222222222"
GONE = Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:GetRole", code="AccessDenied")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:orders"
TABLE = f"arn:aws:dynamodb:eu-west-1:{OWN}:table/orders"


def allow(action: object, resource: object = "*", **more: object) -> Document:
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource, **more}}


def trusting(role: Role, *principals: object, action: str = "sts:AssumeRole", **more: object) -> Role:
    statements = [{"Effect": "Allow", "Principal": one, "Action": action, **more} for one in principals]
    return msgspec.structs.replace(role, trust=parse_document({"Statement": statements}))


LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize(
    ("principal", "condition", "severity"),
    [
        pytest.param(LAMBDA, {}, None, id="Lambda"),
        pytest.param({"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]}, {}, None, id="edge"),
        pytest.param({"Service": "lambda.amazonaws.com.cn"}, {}, None, id="China"),
        pytest.param({"Service": "ec2.amazonaws.com"}, {}, "low", id="another service"),
        pytest.param("*", {}, "critical", id="everybody"),
        pytest.param({"AWS": "*"}, {}, "critical", id="every AWS principal"),
        pytest.param(
            "*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}, "medium", id="the organisation"
        ),
        pytest.param(
            "*", {"StringEquals": {"aws:PrincipalOrgID": "o-other"}}, "critical", id="another organisation"
        ),
        pytest.param("*", {"StringLike": {"aws:PrincipalArn": "*"}}, "critical", id="any ARN"),
        pytest.param({"AWS": f"arn:aws:iam::{OTHER}:root"}, {}, "high", id="another account"),
        pytest.param({"AWS": OTHER}, {"StringEquals": {"sts:ExternalId": "x"}}, "low", id="external id"),
        pytest.param({"AWS": OTHER}, {"StringLike": {"sts:ExternalId": "*"}}, "high", id="any external id"),
        pytest.param({"AWS": "333333333333"}, {}, "info", id="trusted account"),
        pytest.param({"AWS": f"arn:aws:iam::{OWN}:role/r"}, {}, "low", id="own role"),
        pytest.param({"Federated": "cognito-identity.amazonaws.com"}, {}, "high", id="provider"),
        pytest.param(
            {"Federated": "arn:aws:iam::1:oidc-provider/t"},
            {"StringEquals": {"t:sub": "repo:a/b:*"}},
            "low",
            id="subject",
        ),
        pytest.param(
            {"Federated": "arn:aws:iam::1:oidc-provider/t"},
            {"StringLike": {"t:sub": "repo:*"}, "StringEquals": {"t:aud": "sts.amazonaws.com"}},
            "high",
            id="any subject for one audience",
        ),
        pytest.param(
            {"Federated": "cognito-identity.amazonaws.com"},
            {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:pool"}},
            "low",
            id="one identity pool",
        ),
        pytest.param(
            "*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}, "critical", id="any deploy"
        ),
        pytest.param(
            "*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}}, "medium", id="own roles"
        ),
    ],
)
def test_trust(make_role: MakeRole, principal: object, condition: Document, severity: str | None) -> None:
    role = trusting(make_role(), principal, Condition=condition)
    found = trust_wider_than_lambda(role, trusted_accounts=("333333333333",), organization_id="o-ours")
    assert [one.severity.value for one in found] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        ({}, None),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}, "medium"),
        ({"Bool": {"aws:SecureTransport": "false"}}, "critical"),
    ],
)
def test_what_a_deny_leaves_of_the_trust(
    make_role: MakeRole, condition: Document, severity: str | None
) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition}
    trust = parse_document(
        {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}, deny]}
    )
    role = msgspec.structs.replace(make_role(), trust=trust)
    found = trust_wider_than_lambda(role, organization_id="o-ours")
    assert [one.severity.value for one in found] == ([] if severity is None else [severity])


def test_who_may_assume(make_role: MakeRole) -> None:
    assert lambda_may_assume(trusting(make_role(), LAMBDA))
    assert lambda_may_assume(trusting(make_role(), LAMBDA, action="sts:*"))
    assert not lambda_may_assume(trusting(make_role(), {"Service": "ec2.amazonaws.com"}))
    assert not lambda_may_assume(trusting(make_role(), LAMBDA), edge=True)
    assert lambda_may_assume(
        trusting(make_role(), LAMBDA, {"Service": "edgelambda.amazonaws.com"}), edge=True
    )
    for ask in (lambda_may_assume, trust_wider_than_lambda):
        with pytest.raises(EvidenceMissingError):
            ask(msgspec.structs.replace(make_role(), trust=GONE))


def test_boundary_absent(make_role: MakeRole) -> None:
    assert boundary_absent(make_role())
    assert not boundary_absent(make_role(boundary=allow("*")))
    with pytest.raises(EvidenceMissingError):
        boundary_absent(msgspec.structs.replace(make_role(), boundary=GONE))


def _mapping(kind: str, source: str, on_failure_arn: str = "") -> EventSourceMapping:
    return EventSourceMapping(
        uuid="u",
        function_arn="f",
        source_arn=source,
        kind=kind,
        state="Enabled",
        on_failure_arn=on_failure_arn,
    )


@pytest.mark.parametrize(
    ("changes", "mapping", "wanted"),
    [
        pytest.param(
            {"vpc": VpcConfig(vpc_id="vpc-1", subnet_ids=(), security_group_ids=())},
            None,
            "ec2:CreateNetworkInterface",
            id="vpc",
        ),
        pytest.param({"tracing": "Active"}, None, "xray:PutTraceSegments", id="tracing"),
        pytest.param({"dead_letter_arn": QUEUE}, None, "sqs:SendMessage", id="dead letters to a queue"),
        pytest.param(
            {"dead_letter_arn": f"arn:aws:sns:eu-west-1:{OWN}:t"},
            None,
            "sns:Publish",
            id="dead letters to a topic",
        ),
        pytest.param(
            {
                "async_configs": (
                    AsyncConfig(qualifier="", on_failure_arn=f"arn:aws:lambda:eu-west-1:{OWN}:function:f"),
                )
            },
            None,
            "lambda:InvokeFunction",
            id="on failure",
        ),
        pytest.param(
            {
                "async_configs": (
                    AsyncConfig(qualifier="a", on_success_arn=f"arn:aws:events:eu-west-1:{OWN}:event-bus/b"),
                )
            },
            None,
            "events:PutEvents",
            id="on success",
        ),
        pytest.param(
            {"async_configs": (AsyncConfig(qualifier="", on_failure_arn="arn:aws:s3:::b"),)},
            None,
            "s3:PutObject",
            id="bucket",
        ),
        pytest.param({}, _mapping("sqs", QUEUE), "sqs:ReceiveMessage", id="queue"),
        pytest.param(
            {},
            _mapping("kinesis", f"arn:aws:kinesis:eu-west-1:{OWN}:stream/s"),
            "kinesis:GetRecords",
            id="stream",
        ),
        pytest.param(
            {}, _mapping("dynamodb", f"{TABLE}/stream/2026"), "dynamodb:GetShardIterator", id="table stream"
        ),
        pytest.param(
            {},
            _mapping("kafka", "arn:aws:kafka:x", on_failure_arn=QUEUE),
            "sqs:SendMessage",
            id="failed records",
        ),
        pytest.param({"kms_key_arn": f"arn:aws:kms:eu-west-1:{OWN}:key/k"}, None, "kms:Decrypt", id="key"),
        pytest.param(
            {
                "file_systems": (
                    FileSystem(arn="arn:aws:elasticfilesystem:x:1:access-point/a", mount_path="/mnt"),
                )
            },
            None,
            "elasticfilesystem:ClientMount",
            id="file system",
        ),
    ],
)
def test_settings_need(
    judge: Judge, changes: dict[str, object], mapping: EventSourceMapping | None, wanted: str
) -> None:
    base = healthy_function(tracing="PassThrough", async_configs=(), dead_letter_arn="")
    function = msgspec.structs.replace(base, **changes)
    needs = configuration_needs(function, (mapping,) if mapping else ())
    assert wanted in {need.action for need in needs}
    assert wanted in {need.action for need in missing_actions(judge(), needs)}
    assert missing_actions(judge(allow("*")), needs) == ()
    exact = [allow(need.action, need.pattern or "*") for need in needs]
    assert missing_actions(judge(*exact), needs) == ()


def test_what_is_granted_elsewhere_does_not_meet_a_need(judge: Judge) -> None:
    need = Need(action="sqs:SendMessage", resource=QUEUE, why="dead-letter target")
    assert missing_actions(judge(allow("sqs:*", f"{QUEUE}-other")), (need,)) == (need,)
    with pytest.raises(EvidenceMissingError):
        missing_actions(judge(GONE), ()) or missing_actions(judge(allow("*"), boundary=GONE), (need,))


@pytest.mark.parametrize(
    ("resource", "met"),
    [
        ("*", True),
        ("arn:aws:logs:*:*:*", True),
        ("GROUP:*", True),
        ("GROUP*:*", True),
        ("GROUP:log-stream:*", True),
        ("GROUP-other:*", False),
        ("GROUP", False),
    ],
)
def test_logs_need_the_streams_of_the_group(judge: Judge, resource: str, met: bool) -> None:  # noqa: FBT001
    needs = log_needs(healthy_function())
    group = next(need.resource for need in needs if need.action == "logs:CreateLogStream")
    granted = allow(["logs:CreateLogStream", "logs:PutLogEvents"], resource.replace("GROUP", group))
    assert (missing_actions(judge(granted), needs) == ()) is met


def _accessed(*uses: ServiceUse) -> LastAccessed:
    return LastAccessed(generated_at=NOW, services=uses)


def _days(count: int) -> datetime:
    return NOW - timedelta(days=count)


def test_unused(judge: Judge) -> None:
    judged = judge(allow(["s3:GetObject", "s3:PutBucketPolicy", "sqs:SendMessage", "kms:Decrypt"]))
    accessed = _accessed(
        ServiceUse(
            service="s3",
            last_used=_days(3),
            tracked_actions=(("PutBucketPolicy", None), ("CreateBucket", None)),
        ),
        ServiceUse(service="sqs", last_used=_days(120)),
        ServiceUse(service="kms"),
        ServiceUse(service="ec2"),
    )
    found = unused(judged, accessed, created_at=_days(500))
    assert found is not None
    assert (found.granted, found.used, found.services) == (3, 1, ("kms", "sqs"))
    assert found.actions == ("s3:PutBucketPolicy",)
    assert found.share_used == pytest.approx(1 / 3)
    assert unused(judged, accessed, created_at=_days(30)) is None
    longer = unused(judged, accessed, created_at=None, window_days=365)
    assert longer is not None
    assert longer.services == ("kms",)


WIDE = allow(
    [
        "s3:*",
        "dynamodb:*",
        "sns:Publish",
        "kms:Decrypt",
        "logs:*",
        "xray:*",
        "iam:PassRole",
        "ec2:CreateNetworkInterface",
    ]
)
GROUP = f"arn:aws:logs:eu-west-1:{OWN}:log-group:/aws/lambda/f"
LOGS = Need(action="logs:PutLogEvents", resource=f"{GROUP}:log-stream:s", why="logs", granted_on=f"{GROUP}:*")
CALLS = (("s3", "GetObject", "a.py:1"), ("dynamodb", "Query", "a.py:2"), ("sqs", "SendMessage", "a.py:3"))
S3_USED = _accessed(
    ServiceUse(service="s3", last_used=_days(2)), ServiceUse(service="kms", last_used=_days(300))
)


def suggested(judged: Privileges, **known: object) -> Suggestion:
    given: dict[str, object] = {"region": "eu-west-1", "calls": CALLS, "accessed": S3_USED, **known}
    found = suggest_policy(judged, KnownUse(**given))  # type: ignore[arg-type]
    assert isinstance(found, Suggestion)
    return found


def granted_by(found: Suggestion) -> dict[str, list[str]]:
    return {
        action: statement["Resource"]
        for statement in json.loads(found.text)["Statement"]
        for action in statement["Action"]
    }


def test_a_suggestion_keeps_what_is_used_on_what_is_known(judge: Judge) -> None:
    found = suggested(
        judge(WIDE), needs=(LOGS, Need(action="xray:PutTraceSegments", resource="", why="t")), arns=(TABLE,)
    )
    assert granted_by(found) == {
        "s3:GetObject": ["arn:aws:s3:::<REPLACE>/<REPLACE>"],
        "dynamodb:Query": [TABLE, f"{TABLE}/index/*"],
        "logs:PutLogEvents": [f"{GROUP}:*"],
        "xray:PutTraceSegments": ["*"],
    }
    assert found.dropped_services == ("ec2", "iam", "kms", "sns")
    assert found.lacking == ("sqs:SendMessage",)
    assert (found.placeholders, found.concerns, found.unverified) == (1, (), ())
    assert found.confidence is Confidence.MEDIUM
    assert found.removed == found.granted - 4
    assert "- s3:* on *" in found.difference
    assert f"+ logs:PutLogEvents on {GROUP}:*" in found.difference
    assert found.fits_inline
    assert next(one for one in found.kept if one.action == "s3:GetObject").why == ("a.py:1",)


def test_a_suggestion_names_buckets_and_objects(judge: Judge) -> None:
    calls = (("s3", "GetObject", "a.py:1"), ("s3", "ListBucket", "a.py:2"))
    found = suggested(judge(allow("s3:*")), calls=calls, arns=("arn:aws:s3:::in", TABLE))
    assert granted_by(found) == {"s3:GetObject": ["arn:aws:s3:::in/*"], "s3:ListBucket": ["arn:aws:s3:::in"]}
    assert found.confidence is Confidence.HIGH


def test_a_suggestion_keeps_narrow_arns_and_conditions(judge: Judge) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/a": ["b"]}}
    found = suggested(
        judge(allow("sqs:*", QUEUE, Condition=condition)),
        calls=(("sqs", "SendMessage", "a.py:1"),),
        arns=(TABLE,),
    )
    (statement,) = json.loads(found.text)["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["sqs:SendMessage"],
        "Resource": [QUEUE],
        "Condition": condition,
    }


def test_use_without_code_is_kept_and_marked(judge: Judge) -> None:
    accessed = _accessed(
        ServiceUse(
            service="sqs",
            last_used=_days(1),
            tracked_actions=(("CreateQueue", _days(5)), ("DeleteQueue", None)),
        )
    )
    judged = judge(allow(["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SendMessage", "sqs:AddPermission"]))
    found = suggested(judged, calls=GONE, accessed=accessed)
    assert [one.action for one in found.kept] == ["sqs:CreateQueue", "sqs:SendMessage"]
    assert found.unverified == ("sqs:SendMessage",)
    assert '"Sid": "Unverified1"' in found.text
    assert found.confidence is Confidence.LOW
    assert found.concerns == ()
    seen = suggested(judged, calls=(("sqs", "SendMessage", "a.py:1"),), accessed=accessed)
    assert seen.unverified == ()
    assert suggested(
        judged, calls=(("sqs", "AddPermission", "a.py:1"),), accessed=accessed, shared=True
    ).unverified


@pytest.mark.parametrize("action", ["*", "s3:*", "iam:*", "NotAction"])
def test_no_suggestion_is_found_fault_with(judge: Judge, action: str) -> None:
    document = allow(action)
    if action == "NotAction":
        document = {"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}
    uses = tuple(ServiceUse(service=name, last_used=_days(1)) for name in ("s3", "sqs", "iam", "ssm", "ec2"))
    found = suggested(judge(document), calls=GONE, accessed=_accessed(*uses))
    assert found.concerns == ()
    assert parse_document(found.text)


def test_use_that_lambda_itself_makes_keeps_nothing_more(judge: Judge) -> None:
    function = healthy_function(environment=())
    judged = judge(allow(["logs:*", "xray:*"]))
    accessed = _accessed(
        ServiceUse(service="logs", last_used=_days(1)), ServiceUse(service="xray", last_used=_days(1))
    )
    needs = (*configuration_needs(function), *optional_needs(function))
    found = suggested(judged, calls=(), accessed=accessed, needs=needs)
    logs = [one for one in found.kept if one.action.startswith("logs:")]
    assert [one.action for one in logs] == [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ]
    assert {one.resources for one in logs} == {(needs[0].pattern,)}
    assert found.unverified == ()
    assert "logs:CreateLogGroup" not in suggested(judge(allow("s3:*")), calls=(), needs=needs).lacking
    assert suggested(judged, calls=GONE, accessed=accessed, needs=needs).unverified


def test_what_access_analyzer_found_unused_is_not_kept_for_its_service(judge: Judge) -> None:
    judged = judge(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::b/*"))
    kept = suggested(judged, calls=GONE, idle=frozenset({"s3:putobject"})).kept
    assert [one.action for one in kept] == ["s3:GetObject"]


def test_nothing_is_suggested_from_nothing(judge: Judge) -> None:
    unknown = KnownUse(region="eu-west-1", calls=GONE)
    assert suggest_policy(judge(WIDE), unknown) == GONE
    assert suggest_policy(judge(GONE), KnownUse(region="eu-west-1", calls=())) == GONE
    assert suggest_policy(judge(WIDE, boundary=GONE), KnownUse(region="eu-west-1", calls=())) == GONE


def test_an_inventory_knows_what_a_function_uses(make_role: MakeRole) -> None:
    environment = tuple(
        Variable(name=f"V{place}", verdict=SecretVerdict.CLEAR, refers_to=reference)
        for place, reference in enumerate(
            (
                TABLE,
                f"https://sqs.eu-west-1.amazonaws.com/{OWN}/jobs",
                f"https://eu-west-1.queue.amazonaws.com/{OWN}/old",
                "s3://incoming/prefix/",
                "https://example.com",
                "",
            )
        )
    )
    function = healthy_function(environment=environment, kms_key_arn="", vpc=None)
    role = msgspec.structs.replace(make_role(), last_accessed=S3_USED)
    known = known_use(function, role, (_mapping("sqs", QUEUE),), shared=True)
    assert known.arns == (
        TABLE,
        f"arn:aws:sqs:eu-west-1:{OWN}:jobs",
        f"arn:aws:sqs:eu-west-1:{OWN}:old",
        "arn:aws:s3:::incoming",
        QUEUE,
    )
    assert known.accessed == S3_USED
    assert known.shared
    assert "sqs:ReceiveMessage" in {need.action for need in known.needs}
    with pytest.raises(EvidenceMissingError):
        known_use(healthy_function(environment=GONE), role)


def test_calls_are_those_of_all_code_in_use_and_unknown_where_some_was_not_read(make_role: MakeRole) -> None:
    latest = healthy_code(calls=(("s3", "GetObject", "app.py:1"),))
    live = healthy_code(calls=(("sqs", "SendMessage", "app.py:2"),))
    version = healthy_version(code=live, code_sha256="other")
    both = known_use(healthy_function(code=latest, versions=(version,)), make_role())
    assert both.calls == (("s3", "GetObject", "app.py:1"), ("sqs", "SendMessage", "app.py:2"))
    partial = healthy_code(calls=(), facts=(fact("unread-file"),))
    assert isinstance(known_use(healthy_function(code=partial), make_role()).calls, Unavailable)


def test_a_mapping_at_rest_needs_nothing() -> None:
    mapping = msgspec.structs.replace(_mapping("sqs", QUEUE), state="Disabled")
    needs = configuration_needs(healthy_function(), (mapping,))
    assert "sqs:ReceiveMessage" not in {need.action for need in needs}


def test_a_suggestion_never_grants_more(judge: Judge) -> None:
    judged = judge(allow("s3:GetObject", "arn:aws:s3:::mine/*"), allow("dynamodb:Query", f"{TABLE}x"))
    found = suggested(judged, arns=(TABLE, "arn:aws:s3:::theirs"))
    assert granted_by(found) == {"s3:GetObject": ["arn:aws:s3:::mine/*"], "dynamodb:Query": [f"{TABLE}x"]}
