"""Runtimes: one table a check."""

from typing import Any

import pytest

from auditor.model import Function, Reason, RuntimeManagement, Unavailable
from auditor.testing import (
    ACCOUNT,
    REGION,
    Case,
    case,
    healthy_function,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:ListAliases", code="AccessDeniedException"
)


def on(runtime: str, **changes: Any) -> Function:
    return healthy_function(runtime=runtime, versions=(healthy_version(runtime=runtime),), **changes)


IMAGE = healthy_function(package_type="Image", runtime="", handler="", layers=(), versions=(), aliases=())
CUSTOM = on("custom", custom_runtime_arn=f"arn:aws:lambda:{REGION}:999988887777:runtime:x")
NOT_FOR_US = (
    case("a container image", "NOT_APPLICABLE", function=IMAGE),
    case("a customer-managed runtime", "NOT_APPLICABLE", function=CUSTOM),
    case("a runtime without known dates", "UNKNOWN", function=on("python3.15")),
)
ALIASES = case("aliases could not be read", "UNKNOWN", function=healthy_function(aliases=DENIED))

TABLES: dict[str, tuple[Case, ...]] = {
    "runtime-deprecated": (
        case("ended in 2025", "FAIL", function=on("python3.9"), says="2025-12-15"),
        case("OS-only, ended in July", "FAIL", function=on("provided.al2"), says="provided.al2"),
        case(
            "an old version still serves",
            "FAIL",
            function=healthy_function(versions=(healthy_version(runtime="nodejs18.x"),)),
            says="version 12 (live)",
        ),
        case("supported", "PASS", says="python3.13"),
        *(
            case(f"{runtime}, which lists of others lack", "PASS", function=on(runtime))
            for runtime in ("nodejs24.x", "python3.14", "java17.al2023", "ruby4.0")
        ),
        case("ends next year", "PASS", function=on("python3.11"), says="2027-06-30"),
        case(
            "supported, and a version without known dates serves",
            "UNKNOWN",
            function=healthy_function(versions=(healthy_version(runtime="nodejs26.x"),)),
            says="nodejs26.x",
        ),
        *NOT_FOR_US,
        ALIASES,
    ),
    "runtime-ends-soon": (
        case("158 days", "WARN", function=on("nodejs22.x"), says="158"),
        case(
            "within 200 days, of which 180 are the least",
            "FAIL",
            function=on("nodejs22.x"),
            thresholds={"late_days": 160},
        ),
        case("years", "PASS"),
        case("ended already", "NOT_APPLICABLE", function=on("python3.9")),
        *NOT_FOR_US,
        ALIASES,
    ),
    "runtime-update-blocked": (
        case("refused since 2022", "FAIL", function=on("python2.7"), says="2022-05-30"),
        case("refused from March", "PASS", function=on("python3.9"), says="2027-03-03"),
        *NOT_FOR_US,
    ),
    "newer-runtime-available": (
        case("an older one", "FAIL", function=on("python3.11")),
        case("the newest", "PASS", function=on("python3.14")),
        *NOT_FOR_US,
    ),
    "runtime-patches-pinned": (
        case(
            "pinned",
            "FAIL",
            function=healthy_function(
                runtime_management=(
                    RuntimeManagement(
                        update_on="Manual", runtime_version_arn="arn:aws:lambda:eu-west-1::runtime:abc"
                    ),
                )
            ),
        ),
        case(
            "pinned on an alias, on update otherwise",
            "FAIL",
            function=healthy_function(
                runtime_management=(
                    RuntimeManagement(update_on="FunctionUpdate"),
                    RuntimeManagement(update_on="Manual", runtime_version_arn="a::b", qualifier="live"),
                )
            ),
            says="on live",
        ),
        case(
            "on update",
            "WARN",
            function=healthy_function(runtime_management=(RuntimeManagement(update_on="FunctionUpdate"),)),
        ),
        case("automatic", "PASS"),
        case("a container image", "NOT_APPLICABLE", function=IMAGE),
        case("could not be read", "UNKNOWN", function=healthy_function(runtime_management=DENIED)),
    ),
    "foreign-custom-runtime": (
        case("a stranger's", "FAIL", function=CUSTOM, says="999988887777"),
        case("a partner's", "PASS", function=CUSTOM, thresholds={"trusted_accounts": ("999988887777",)}),
        case(
            "an own one",
            "PASS",
            function=on("custom", custom_runtime_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:runtime:x"),
        ),
        case("AWS's", "NOT_APPLICABLE"),
        case("nobody tells whose", "UNKNOWN", function=on("custom")),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
