"""Layers: one table a check."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model import (
    CodeSigning,
    Function,
    ImageFacts,
    LayerUse,
    LayerVersion,
    Principal,
    Reason,
    Region,
    ResourcePolicy,
    ServiceStatus,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    NOW,
    REGION,
    Case,
    case,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_version,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetLayerVersion", code="AccessDeniedException"
)
OWN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:3"
FOREIGN = f"arn:aws:lambda:{REGION}:999988887777:layer:fast-json:7"
PRETENDER = f"arn:aws:lambda:{REGION}:580247275435:layer:SomethingElse:1"


def mounting(*arns: str, **changes: Any) -> Function:
    layers = tuple(LayerUse(arn=arn) for arn in arns)
    return healthy_function(layers=layers, versions=(healthy_version(layers=layers),), **changes)


def holding(**changes: Any) -> Region:
    fields: dict[str, Any] = {"arn": OWN, "latest_version": 3, "policy": None}
    return healthy_region(layers=(LayerVersion(**{**fields, **changes}),))


def image(**changes: Any) -> Function:
    fields: dict[str, Any] = {
        "uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:live",
        "scan_on_push": True,
        "immutable_tags": True,
        "pushed_at": NOW - timedelta(days=20),
        "scan_findings": (),
    }
    return healthy_function(
        package_type="Image", runtime="", handler="", layers=(), image=ImageFacts(**{**fields, **changes})
    )


def services(**changes: Any) -> Region:
    found: ServiceStatus = healthy_services(**changes)
    return healthy_region(services=found)


PUBLIC = ResourcePolicy(
    qualifier="3",
    statements=(
        statement("lambda:GetLayerVersion", resources=(OWN,), principals=(Principal(kind="AWS", value="*"),)),
    ),
)
NONE = case("no layer", "NOT_APPLICABLE", function=mounting())
IMAGE = case("a container image", "NOT_APPLICABLE", function=image())
ALIASES = case("aliases could not be read", "UNKNOWN", function=healthy_function(aliases=DENIED))

TABLES: dict[str, tuple[Case, ...]] = {
    "layer-of-unknown-account": (
        case("a stranger's", "FAIL", function=mounting(FOREIGN), says="999988887777"),
        case("a known account, another layer", "FAIL", function=mounting(PRETENDER)),
        case(
            "on an old version that serves",
            "FAIL",
            function=healthy_function(versions=(healthy_version(layers=(LayerUse(arn=FOREIGN),)),)),
        ),
        case(
            "a partner's",
            "PASS",
            function=mounting(FOREIGN),
            thresholds={"trusted_accounts": ("999988887777",)},
        ),
        case("of AWS", "PASS", says="Lambda Insights"),
        case(
            "of AWS, by the account of another region",
            "PASS",
            function=mounting(
                f"arn:aws:lambda:{REGION}:015030872274:layer:AWS-Parameters-and-Secrets-Lambda-Extension:24"
            ),
            says="Parameters and Secrets",
        ),
        case("an own one", "PASS", function=mounting(OWN)),
        NONE,
        IMAGE,
        ALIASES,
    ),
    "layer-outdated": (
        case("three behind", "FAIL", function=mounting(OWN), region=holding(latest_version=6), says="3 of 6"),
        case("newest", "PASS", function=mounting(OWN), region=holding()),
        case(
            "newest on $LATEST, and behind on the version that serves",
            "FAIL",
            function=healthy_function(layers=(), versions=(healthy_version(layers=(LayerUse(arn=OWN),)),)),
            region=holding(latest_version=6),
        ),
        case(
            "one behind, two allowed",
            "PASS",
            function=mounting(OWN),
            region=holding(latest_version=4),
            thresholds={"behind": 2},
        ),
        case(
            "versions could not be listed",
            "UNKNOWN",
            function=mounting(OWN),
            region=holding(latest_version=DENIED),
        ),
        NONE,
        IMAGE,
    ),
    "layer-shared-publicly": (
        case("with everybody", "FAIL", function=mounting(OWN), region=holding(policy=PUBLIC)),
        case("with nobody", "PASS", function=mounting(OWN), region=holding()),
        case("not ours", "NOT_APPLICABLE", function=mounting(FOREIGN)),
        case(
            "its policy could not be read", "UNKNOWN", function=mounting(OWN), region=holding(policy=DENIED)
        ),
        NONE,
        IMAGE,
        ALIASES,
    ),
    "code-signing-absent": (
        case("required and absent", "FAIL", thresholds={"required": True}),
        case(
            "required and only warning",
            "FAIL",
            function=healthy_function(code_signing=CodeSigning(arn="a", untrusted="Warn")),
            thresholds={"required": True},
        ),
        case(
            "enforced",
            "PASS",
            function=healthy_function(code_signing=CodeSigning(arn="a", untrusted="Enforce")),
        ),
        case("not required", "NOT_APPLICABLE"),
        case("could not be read", "UNKNOWN", function=healthy_function(code_signing=DENIED)),
        IMAGE,
    ),
    "image-unscanned": (
        case("never scanned", "FAIL", function=image(scan_on_push=False), says="scan on push"),
        case("a tag that moves", "FAIL", function=image(immutable_tags=False), says="moved"),
        case(
            "a digest",
            "PASS",
            function=image(uri="1.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:ab", immutable_tags=False),
        ),
        case("scanned", "PASS", function=image(), says="pushed"),
        case(
            "known holes",
            "FAIL",
            function=image(scan_findings=(("CRITICAL", 2), ("LOW", 9))),
            says="2 critical",
        ),
        case(
            "pushed a year ago",
            "WARN",
            function=image(pushed_at=NOW - timedelta(days=365)),
            says="180 are the limit",
        ),
        case("findings could not be read", "UNKNOWN", function=image(scan_findings=DENIED)),
        case("a zip package", "NOT_APPLICABLE"),
        case("its repository could not be read", "UNKNOWN", function=image(scan_on_push=DENIED)),
    ),
    "inspector-lambda-off": (
        case("off", "FAIL", region=services(inspector_lambda=False)),
        case("packages only", "WARN", region=services(inspector_lambda_code=False)),
        case("on", "PASS", region=services()),
        case("no functions", "NOT_APPLICABLE", region=healthy_region(functions=())),
        case("could not be read", "UNKNOWN", region=services(inspector_lambda=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
