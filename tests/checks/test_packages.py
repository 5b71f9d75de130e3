"""Content of packages and layers: one table a check."""

from typing import Any

import msgspec
import pytest

from auditor.model import (
    NOT_COLLECTED,
    Dependency,
    Function,
    LayerUse,
    LayerVersion,
    Located,
    PackageFacts,
    Reason,
    Region,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    REGION,
    Case,
    case,
    code_cases,
    fact,
    healthy_code,
    healthy_function,
    healthy_region,
    healthy_services,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetFunction", code="AccessDeniedException"
)
SHARED = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:3"
OLD = Dependency(name="requests", version="2.19.0", ecosystem="PyPI", vulnerabilities=("CVE-2018-18074",))
CLEAN = Dependency(name="idna", version="3.10", ecosystem="PyPI", vulnerabilities=())
UNMATCHED = Dependency(name="idna", version="3.10", ecosystem="PyPI")
SECRET = fact("aws-access-key", what="AWS_KEY")
GUESS = fact("generic", what="session", confidence="low")
# A package is listed whatever language it holds; only images and replicas have none.
LISTED = tuple(one for one in code_cases() if one.name not in {"the code was not analysed", "compiled code"})


def package(**changes: Any) -> PackageFacts:
    facts = PackageFacts(files=40, unzipped_bytes=2_400_000, own_files=6, secrets=())
    return msgspec.structs.replace(facts, **changes)


def packed(facts: PackageFacts | Unavailable | None = None, **changes: Any) -> Function:
    return healthy_function(code=healthy_code(package=facts or package(**changes)))


def member(kind: str, name: str, **changes: Any) -> Located:
    return Located(kind=kind, file=name, line=0, number=1.0, **changes)


def stray(kind: str, name: str) -> Function:
    return packed(unwanted=(member(kind, name),))


def mounting(*arns: str, **changes: Any) -> Function:
    layers = tuple(LayerUse(arn=arn) for arn in arns)
    return healthy_function(layers=layers, versions=(healthy_version(layers=layers),), **changes)


def holding(facts: PackageFacts | Unavailable | None = None, **changes: Any) -> Region:
    return healthy_region(layers=(LayerVersion(arn=SHARED, package=facts or package(**changes)),))


def inspected(*findings: tuple[str, str, int], **changes: Any) -> Region:
    return healthy_region(services=healthy_services(inspector_findings=findings, **changes))


TABLES: dict[str, tuple[Case, ...]] = {
    "secret-in-package": (
        case(
            "a key",
            "FAIL",
            function=packed(secrets=(SECRET,)),
            says="1 secret in 6 own files of 40: app.py:21",
        ),
        case("a guess", "WARN", function=packed(secrets=(GUESS,)), says="a heuristic"),
        case("none", "PASS", says="6 own files of 40 read"),
        case("not all files were read", "UNKNOWN", function=packed(secrets=NOT_COLLECTED)),
        case("no listing", "UNKNOWN", function=packed(DENIED)),
        *LISTED,
    ),
    "secret-in-layer": (
        case(
            "a key",
            "FAIL",
            function=mounting(SHARED),
            region=holding(secrets=(SECRET,)),
            says="1 secret in 1 of 1 layers",
        ),
        case("a guess", "WARN", function=mounting(SHARED), region=holding(secrets=(GUESS,))),
        case(
            "settings",
            "WARN",
            function=mounting(SHARED),
            region=holding(unwanted=(member("env-file", ".env"),)),
        ),
        case(
            "tests", "PASS", function=mounting(SHARED), region=holding(unwanted=(member("test-file", "t"),))
        ),
        case("none", "PASS", function=mounting(SHARED), region=holding(), says="1 layer read"),
        case("denied", "UNKNOWN", function=mounting(SHARED), region=holding(DENIED)),
        case("not among the layers that were read", "UNKNOWN", function=mounting(SHARED)),
        case("of a known publisher", "NOT_APPLICABLE"),
        case("no layers", "NOT_APPLICABLE", function=mounting()),
    ),
    "vulnerable-dependency": (
        case(
            "in the package",
            "FAIL",
            function=packed(dependencies=(CLEAN, OLD)),
            says="1 of 2 packages have known vulnerabilities, among them requests 2.19.0",
        ),
        case("in a layer", "FAIL", function=mounting(SHARED), region=holding(dependencies=(OLD,))),
        case("beside one not matched", "FAIL", function=packed(dependencies=(UNMATCHED, OLD))),
        case("none", "PASS", function=packed(dependencies=(CLEAN,)), says="1 package in 2 archives"),
        case("no database", "UNKNOWN", function=packed(dependencies=(CLEAN, UNMATCHED))),
        case("a layer was denied", "UNKNOWN", function=mounting(SHARED), region=holding(DENIED)),
        case(
            "an executable that lists no packages",
            "UNKNOWN",
            function=packed(dependencies=(CLEAN,), executables=(member("packages-unread", "bootstrap"),)),
            says="bootstrap",
        ),
        case(
            "an executable of Go",
            "PASS",
            function=packed(dependencies=(CLEAN,), executables=(member("go-toolchain", "bootstrap"),)),
        ),
        *LISTED,
    ),
    "inspector-findings-open": (
        case(
            "grave",
            "FAIL",
            region=inspected((ARN, "CRITICAL", 2), (ARN, "LOW", 1)),
            says="2 critical, 1 low",
        ),
        case("slight", "FAIL", region=inspected((ARN, "MEDIUM", 3)), says="3 medium"),
        case("of another function", "PASS", region=inspected((f"{ARN}-2", "HIGH", 3)), says="0 open"),
        case(
            "not scanned any more",
            "WARN",
            region=inspected(inspector_coverage=((ARN, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED"),)),
            says="does not scan the function: scan eligibility expired",
        ),
        case("never scanned", "WARN", region=inspected(inspector_coverage=()), says="does not scan"),
        case(
            "an image",
            "NOT_APPLICABLE",
            function=healthy_function(package_type="Image"),
            region=inspected(inspector_coverage=()),
        ),
        case("scans not read", "UNKNOWN", region=inspected(inspector_coverage=DENIED)),
        case("off", "NOT_APPLICABLE", region=inspected(inspector_lambda=False)),
        case("denied", "UNKNOWN", region=inspected(inspector_lambda=DENIED)),
    ),
    "wrong-binary": (
        case(
            "another processor",
            "FAIL",
            function=packed(wrong_binaries=(member("wrong-architecture", "lib/a.so", what="x86_64"),)),
            says="lib/a.so",
        ),
        case(
            "another Python, in a layer",
            "FAIL",
            function=mounting(SHARED),
            region=holding(wrong_binaries=(member("wrong-abi", "a.so", what="cp39"),)),
        ),
        case(
            "another operating system",
            "WARN",
            function=packed(wrong_binaries=(member("wrong-platform", "a.pyd", what="windows"),)),
        ),
        case("none", "PASS", says="in 2 archives"),
        case("a layer was denied", "UNKNOWN", function=mounting(SHARED), region=holding(DENIED)),
        *LISTED,
    ),
    "unwanted-files": (
        case("settings", "FAIL", function=stray("env-file", ".env"), says="1 of 40 files"),
        case("credentials", "FAIL", function=stray("credentials-file", ".aws/credentials")),
        case("state of a stack", "FAIL", function=stray("infrastructure-state", "terraform.tfstate")),
        case("outside the root", "FAIL", function=stray("traversal-name", "../x")),
        case("a repository", "FAIL", function=stray("version-control", ".git")),
        case("a list of what to ignore", "WARN", function=stray("version-control", ".gitignore")),
        case("tests", "WARN", function=stray("test-file", "tests")),
        case("a key or certificate", "WARN", function=stray("key-file", "ca.pem")),
        case("the SDK, on purpose", "PASS", function=stray("bundled-sdk", "boto3")),
        case("none", "PASS", says="40 files"),
        case("no listing", "UNKNOWN", function=packed(DENIED)),
        *LISTED,
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
