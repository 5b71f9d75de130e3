"""Services around Lambda: on, off or unknown, each for itself."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from botocore.awsrequest import AWSResponse

from auditor.collect.images import with_images
from auditor.collect.services import collect_services
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import Function, ImageFacts, Reason, SamplingRule, ServiceStatus, Trail, Unavailable
from auditor.testing import healthy_function, healthy_version

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HERE = f"{REGION}:{ACCOUNT}"
DIGEST = "sha256:" + "ab" * 32


class _Answers:
    """Puts answers in place of the demo account's."""

    def __init__(self, *faults: Fault, **answers: dict[str, Any]) -> None:
        session = demo_session(faults=faults)
        self.api = Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)
        for name, answer in answers.items():
            self._put(name, answer)

    def _put(self, name: str, answer: dict[str, Any]) -> None:
        def put(*, parsed: dict[str, Any], http_response: AWSResponse, **_: object) -> None:
            http_response.status_code = 200
            parsed.clear()
            parsed.update(answer, ResponseMetadata={"HTTPStatusCode": 200})

        self.api.session.events.register_last(f"after-call.*.{name}", put)


def status(api: Api, *functions: Function) -> ServiceStatus:
    return collect_services(api, REGION, functions)


def on(**kinds: str) -> dict[str, Any]:
    state = {kind: {"status": value} for kind, value in kinds.items()}
    return {"accounts": [{"accountId": ACCOUNT, "resourceState": state}]}


FEATURES = {
    "on": ({"Status": "ENABLED", "Features": [{"Name": "LAMBDA_NETWORK_LOGS", "Status": "ENABLED"}]}, True),
    "feature off": (
        {"Status": "ENABLED", "Features": [{"Name": "LAMBDA_NETWORK_LOGS", "Status": "DISABLED"}]},
        False,
    ),
    "suspended": (
        {"Status": "DISABLED", "Features": [{"Name": "LAMBDA_NETWORK_LOGS", "Status": "ENABLED"}]},
        False,
    ),
    "other features": (
        {"Status": "ENABLED", "Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]},
        False,
    ),
}


@pytest.mark.parametrize(("detector", "watched"), FEATURES.values(), ids=FEATURES)
def test_guardduty(detector: dict[str, Any], *, watched: bool) -> None:
    assert status(_Answers(GetDetector=detector).api).guardduty_lambda is watched


def test_a_region_without_a_detector_is_not_watched() -> None:
    assert status(_Answers(ListDetectors={"DetectorIds": []}).api).guardduty_lambda is False


def test_inspector_and_what_it_found() -> None:
    resources = [{"id": f"arn:aws:lambda:{HERE}:function:f:$LATEST"}]
    findings = [{"severity": level, "resources": resources} for level in ("HIGH", "LOW", "HIGH")]
    answers = _Answers(
        BatchGetAccountStatus=on(**{"lambda": "ENABLED", "lambdaCode": "DISABLED"}),
        ListFindings={"findings": findings},
    )
    found = status(answers.api)
    assert (found.inspector_lambda, found.inspector_lambda_code) == (True, False)
    function = f"arn:aws:lambda:{HERE}:function:f"
    assert found.inspector_findings == ((function, "HIGH", 2), (function, "LOW", 1))


def test_what_inspector_scans_and_what_it_has_given_up() -> None:
    rows = [
        {
            "resourceId": f"arn:aws:lambda:{HERE}:function:{name}:$LATEST",
            "scanStatus": {"statusCode": state, "reason": reason},
        }
        for name, state, reason in (
            ("f", "ACTIVE", "SUCCESSFUL"),
            ("g", "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED"),
        )
    ]
    answers = _Answers(
        BatchGetAccountStatus=on(**{"lambda": "ENABLED", "lambdaCode": "ENABLED"}),
        ListCoverage={"coveredResources": rows},
    )
    assert status(answers.api).inspector_coverage == (
        (f"arn:aws:lambda:{HERE}:function:f", "ACTIVE", "SUCCESSFUL"),
        (f"arn:aws:lambda:{HERE}:function:g", "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED"),
    )


def test_inspector_that_is_off_found_nothing() -> None:
    found = status(_Answers(BatchGetAccountStatus=on(**{"lambda": "DISABLED", "lambdaCode": "DISABLED"})).api)
    assert (found.inspector_lambda, found.inspector_findings) == (False, ())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(on(lambdaCode="ENABLED"), Reason.NOT_SUPPORTED), ({"accounts": []}, Reason.NO_DATA)],
    ids=["not offered", "account unknown"],
)
def test_inspector_that_does_not_say(answer: dict[str, Any], reason: Reason) -> None:
    found = status(_Answers(BatchGetAccountStatus=answer).api)
    assert isinstance(found.inspector_lambda, Unavailable)
    assert found.inspector_lambda.reason is reason
    assert found.inspector_findings == found.inspector_lambda


def recommended(*reasons: str, options: tuple[tuple[int, int], ...] = ()) -> dict[str, Any]:
    row = {
        "functionArn": f"arn:aws:lambda:{HERE}:function:f:$LATEST",
        "finding": "Optimized" if not reasons else "NotOptimized",
        "findingReasonCodes": list(reasons),
        "currentMemorySize": 512,
        "memorySizeRecommendationOptions": [{"rank": rank, "memorySize": size} for rank, size in options],
    }
    return {"lambdaFunctionRecommendations": [row]}


@pytest.mark.parametrize(
    ("answer", "reason", "memory_mb"),
    [
        (recommended("MemoryOverprovisioned", options=((2, 320), (1, 256))), "MemoryOverprovisioned", 256),
        (recommended(), "Optimized", 512),
    ],
    ids=["best option", "optimised"],
)
def test_recommendations(answer: dict[str, Any], reason: str, memory_mb: int) -> None:
    found = status(_Answers(GetLambdaFunctionRecommendations=answer).api)
    assert found.compute_optimizer_findings == ((f"arn:aws:lambda:{HERE}:function:f", reason, memory_mb),)


def test_compute_optimizer_that_is_off_is_not_asked() -> None:
    answers = _Answers(GetEnrollmentStatus={"status": "Inactive"})
    found = status(answers.api)
    assert (found.compute_optimizer, found.compute_optimizer_findings) == ("Inactive", ())
    assert "compute-optimizer:GetLambdaFunctionRecommendations" not in {
        row.operation for row in answers.api.spending()
    }


def basic(kind: str, *arns: str) -> dict[str, Any]:
    resource = {"Type": "AWS::Lambda::Function", "Values": list(arns)}
    return {"EventSelectors": [{"ReadWriteType": kind, "DataResources": [resource]}]}


def advanced(**fields: dict[str, list[str]]) -> dict[str, Any]:
    base = {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::Lambda::Function"]}}
    named = {name.replace("__", "."): how for name, how in fields.items()}
    selectors = [{"Field": name, **how} for name, how in {**base, **named}.items()]
    return {"AdvancedEventSelectors": [{"FieldSelectors": selectors}]}


SELECTORS: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    ("basic", basic("All", "arn:aws:lambda"), ("arn:aws:lambda",)),
    ("basic, writes", basic("WriteOnly", "arn:f"), ("arn:f",)),
    ("basic, reads", basic("ReadOnly", "arn:aws:lambda"), ()),
    ("everything", advanced(), ("arn:aws:lambda",)),
    ("one function", advanced(resources__ARN={"Equals": ["arn:f"]}), ("arn:f",)),
    ("a prefix", advanced(resources__ARN={"StartsWith": ["arn:f"]}), ("arn:f",)),
    ("all but one", advanced(resources__ARN={"NotEquals": ["arn:f"]}), ("arn:aws:lambda but some",)),
    ("reads only", advanced(readOnly={"Equals": ["true"]}), ()),
    ("writes only", advanced(readOnly={"Equals": ["false"]}), ("arn:aws:lambda",)),
    ("another event", advanced(eventName={"Equals": ["GetFunction"]}), ()),
    ("not Invoke", advanced(eventName={"NotEquals": ["Invoke"]}), ()),
    ("not another", advanced(eventName={"NotEquals": ["Other"]}), ("arn:aws:lambda",)),
    ("another type", advanced(resources__type={"Equals": ["AWS::S3::Object"]}), ()),
    ("none", {"TrailARN": "arn:aws:cloudtrail:x", "EventSelectors": []}, ()),
)


@pytest.mark.parametrize(
    ("selectors", "events"), [row[1:] for row in SELECTORS], ids=[row[0] for row in SELECTORS]
)
def test_data_events_that_a_trail_records(selectors: dict[str, Any], events: tuple[str, ...]) -> None:
    trail = {
        "Name": "audit",
        "TrailARN": "arn:aws:cloudtrail:x",
        "HomeRegion": REGION,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": False,
    }
    answers = _Answers(
        DescribeTrails={"trailList": [trail]}, GetEventSelectors=selectors, GetTrailStatus={"IsLogging": True}
    )
    assert status(answers.api).trails == (
        Trail(
            arn="arn:aws:cloudtrail:x",
            name="audit",
            logging=True,
            multi_region=True,
            organization=False,
            lambda_data_events=events,
        ),
    )


def test_stacks_pipelines_and_deployments() -> None:
    unchecked = {"StackDriftStatus": "NOT_CHECKED"}
    answers = _Answers(
        ListStacks={
            "StackSummaries": [
                {"StackName": "shop", "StackStatus": "CREATE_COMPLETE", "DriftInformation": unchecked},
                {"StackName": "old", "StackStatus": "DELETE_COMPLETE", "DriftInformation": unchecked},
            ]
        },
        ListApplications={"applications": ["shop"]},
        ListDeploymentGroups={"deploymentGroups": ["a", "b"]},
        BatchGetDeploymentGroups={
            "deploymentGroupsInfo": [
                {"applicationName": "shop", "deploymentGroupName": name, "deploymentConfigName": config}
                for name, config in (
                    ("a", "CodeDeployDefault.LambdaAllAtOnce"),
                    ("b", "CodeDeployDefault.LambdaCanary"),
                )
            ]
        },
    )
    found = status(answers.api)
    assert isinstance(found.stacks, tuple)
    assert [(stack.name, stack.drift) for stack in found.stacks] == [("shop", "NOT_CHECKED")]
    assert found.all_at_once_deployments == (("shop", "a"),)
    assert isinstance(found.pipelines, tuple)


KEY = f"arn:aws:kms:{HERE}:key/1"
CUSTOMER = {
    "KeyManager": "CUSTOMER",
    "KeyState": "Enabled",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "Origin": "AWS_KMS",
}
KEYS: tuple[tuple[str, dict[str, Any], tuple[tuple[str, str], ...], tuple[str, ...]], ...] = (
    ("healthy, not rotated", CUSTOMER, (), (KEY,)),
    ("disabled", {**CUSTOMER, "KeyState": "Disabled"}, ((KEY, "Disabled"),), ()),
    ("going", {**CUSTOMER, "KeyState": "PendingDeletion"}, ((KEY, "PendingDeletion"),), ()),
    ("of AWS", {**CUSTOMER, "KeyManager": "AWS"}, (), ()),
    ("imported", {**CUSTOMER, "Origin": "EXTERNAL"}, (), ()),
    ("asymmetric", {**CUSTOMER, "KeySpec": "RSA_2048"}, (), ()),
)


@pytest.mark.parametrize(("key", "dead", "still"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_keys_of_environments(
    key: dict[str, Any], dead: tuple[tuple[str, str], ...], still: tuple[str, ...]
) -> None:
    answers = _Answers(DescribeKey={"KeyMetadata": key}, GetKeyRotationStatus={"KeyRotationEnabled": False})
    found = status(answers.api, healthy_function(kms_key_arn=KEY), healthy_function(kms_key_arn=KEY))
    assert (found.disabled_keys, found.unrotated_keys) == (dead, still)


def key_policy(principal: object, **conditions: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"}
    return json.dumps({"Statement": [{**statement, **conditions}]})


KEY_POLICIES: tuple[tuple[str, str, bool], ...] = (
    ("everybody", key_policy({"AWS": "*"}), True),
    ("the account", key_policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), False),
    (
        "everybody of the account",
        key_policy({"AWS": "*"}, Condition={"StringEquals": {"kms:CallerAccount": ACCOUNT}}),
        False,
    ),
    (
        "everybody of an organisation",
        key_policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        False,
    ),
)


@pytest.mark.parametrize(
    ("policy", "is_open"), [row[1:] for row in KEY_POLICIES], ids=[row[0] for row in KEY_POLICIES]
)
def test_keys_that_are_open_to_everybody(policy: str, *, is_open: bool) -> None:
    found = status(_Answers(GetKeyPolicy={"Policy": policy}).api, healthy_function(kms_key_arn=KEY))
    assert found.open_keys == ((KEY,) if is_open else ())


def test_a_key_policy_that_is_none_is_unread() -> None:
    found = status(_Answers(GetKeyPolicy={"Policy": "no policy"}).api, healthy_function(kms_key_arn=KEY))
    assert isinstance(found.open_keys, Unavailable)


def test_a_key_that_is_gone_decrypts_nothing() -> None:
    key = f"arn:aws:kms:{HERE}:key/99999999-9999-4999-8999-999999999999"
    found = status(_Answers().api, healthy_function(kms_key_arn=key))
    assert found.disabled_keys == ((key, "Deleted"),)


REFUSED: tuple[tuple[str, set[str]], ...] = (
    ("guardduty:*", {"guardduty_lambda"}),
    (
        "inspector2:BatchGetAccountStatus",
        {"inspector_lambda", "inspector_lambda_code", "inspector_findings", "inspector_coverage"},
    ),
    ("inspector2:ListCoverage", {"inspector_coverage"}),
    ("inspector2:ListFindings", {"inspector_findings"}),
    ("compute-optimizer:GetEnrollmentStatus", {"compute_optimizer", "compute_optimizer_findings"}),
    ("compute-optimizer:GetLambda*", {"compute_optimizer_findings"}),
    ("cloudtrail:DescribeTrails", {"trails"}),
    ("cloudformation:*", {"stacks"}),
    ("codepipeline:*", {"pipelines"}),
    ("codedeploy:BatchGet*", {"all_at_once_deployments"}),
    ("lambda-web:*", {"web_functions", "web_endpoints"}),
    ("lambda-web:ListWebFunctionEndpoints", {"web_endpoints"}),
    ("lambda-web:GetWebFunctionEndpoint", {"web_endpoints"}),
    ("lambda-web:GetResourcePolicy", {"web_endpoints"}),
)


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.HTML], ids=["denied", "malformed"])
@pytest.mark.parametrize(("operation", "fields"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_failure_takes_only_its_own_evidence(operation: str, fields: set[str], kind: FaultKind) -> None:
    found = status(_Answers(Fault(operation=operation, kind=kind)).api)
    unknown = {name for name in found.__struct_fields__ if isinstance(getattr(found, name), Unavailable)}
    assert unknown == fields


@pytest.mark.parametrize("name", ["GetTrailStatus", "GetEventSelectors"])
def test_a_trail_that_cannot_be_read_is_still_there(name: str) -> None:
    found = status(_Answers(Fault(operation=f"cloudtrail:{name}", kind=FaultKind.DENIED)).api)
    assert isinstance(found.trails, tuple)
    field = {"GetTrailStatus": "logging", "GetEventSelectors": "lambda_data_events"}[name]
    assert all(isinstance(getattr(trail, field), Unavailable) for trail in found.trails)


QUIET = {"tracing": "PassThrough", "versions": ()}


def sampling(**fields: Any) -> dict[str, Any]:
    rule = {"RuleName": "Default", "FixedRate": 0.05, "ReservoirSize": 1, **fields}
    return {"SamplingRuleRecords": [{"SamplingRule": rule}]}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, SamplingRule(name="Default", fixed_rate=0.05, reservoir=1)),
        (
            {"FixedRate": 0.0, "ReservoirSize": 0, "SamplingRateBoost": {"MaxRate": 0.2}},
            SamplingRule(name="Default", fixed_rate=0.0, reservoir=0, boosted_rate=0.2),
        ),
    ],
    ids=["default", "boosted"],
)
def test_sampling_rules(fields: dict[str, Any], rule: SamplingRule) -> None:
    answers = _Answers(GetSamplingRules=sampling(**fields))
    assert status(answers.api, healthy_function(tracing="Active")).sampling_rules == (rule,)


def test_a_version_that_traces_has_sampling_rules() -> None:
    traced = {**QUIET, "versions": (healthy_version(tracing="Active"),)}
    assert status(_Answers().api, healthy_function(**traced)).sampling_rules != ()


def test_where_nothing_traces_no_rules_are_asked_for() -> None:
    answers = _Answers()
    assert status(answers.api, healthy_function(**QUIET)).sampling_rules == ()
    assert "xray:GetSamplingRules" not in {row.operation for row in answers.api.spending()}


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.HTML, FaultKind.MALFORMED, FaultKind.TIMEOUT])
def test_sampling_rules_that_cannot_be_read_are_not_none(kind: FaultKind) -> None:
    answers = _Answers(Fault(operation="xray:GetSamplingRules", kind=kind))
    found = status(answers.api, healthy_function(tracing="Active")).sampling_rules
    assert isinstance(found, Unavailable)


def test_a_rule_without_its_rate_is_not_read_as_none() -> None:
    rule = {"SamplingRuleRecords": [{"SamplingRule": {"RuleName": "Default"}}]}
    found = status(_Answers(GetSamplingRules=rule).api, healthy_function(tracing="Active")).sampling_rules
    assert isinstance(found, Unavailable)


def image(uri: str) -> Function:
    resolved = uri.split(":", maxsplit=1)[0] + f"@{DIGEST}"
    facts = ImageFacts(uri=uri, resolved_uri=resolved)
    return msgspec.structs.replace(healthy_function(), arn=f"arn:{uri}", package_type="Image", image=facts)


def facts(answers: _Answers, uri: str) -> ImageFacts:
    found = with_images(answers.api, [image(uri)])[0].image
    assert isinstance(found, ImageFacts)
    return found


OWN = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop/api:7"
PUSHED = {"imageDigest": DIGEST, "imagePushedAt": datetime(2026, 11, 1, tzinfo=UTC)}
REPOSITORY = {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}


def test_images_as_their_registry_knows_them() -> None:
    summary = {"findingSeverityCounts": {"LOW": 3, "HIGH": 1}}
    answers = _Answers(
        DescribeRepositories={"repositories": [REPOSITORY]},
        DescribeImages={"imageDetails": [{**PUSHED, "imageScanFindingsSummary": summary}]},
    )
    found = facts(answers, OWN)
    assert (found.scan_on_push, found.immutable_tags) == (True, True)
    assert found.scan_findings == (("HIGH", 1), ("LOW", 3))


@pytest.mark.parametrize("mutability", ["MUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"])
def test_a_tag_that_can_be_moved_is_not_immutable(mutability: str) -> None:
    repository = {**REPOSITORY, "imageTagMutability": mutability}
    answers = _Answers(
        DescribeRepositories={"repositories": [repository]},
        DescribeImages={"imageDetails": [PUSHED]},
    )
    found = facts(answers, OWN)
    assert found.immutable_tags is False
    assert isinstance(found.scan_findings, Unavailable)
    assert found.scan_findings.reason is Reason.NO_DATA


def test_an_image_of_another_account_is_unknown_and_not_asked() -> None:
    answers = _Answers()
    found = facts(answers, f"999999999999.dkr.ecr.{REGION}.amazonaws.com/shop/api:7")
    for value in (found.pushed_at, found.scan_on_push, found.immutable_tags, found.scan_findings):
        assert isinstance(value, Unavailable)
        assert value.reason is Reason.OTHER_ACCOUNT
    assert answers.api.spending() == ()
