"""Runtimes: one table a check."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from auditor.model import (
    NOT_COLLECTED,
    Account,
    Advice,
    Announcement,
    Function,
    Reason,
    RuntimeManagement,
    TrustedAdvisor,
    Unavailable,
)
from auditor.testing import (
    ACCOUNT,
    ARN,
    AS_OF,
    NAME,
    REGION,
    Case,
    case,
    healthy_account,
    healthy_function,
    healthy_version,
    hold,
    row_id,
    rows,
)

DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:ListAliases", code="AccessDeniedException"
)


NO_ENTITIES = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="health:DescribeAffectedEntities", note="access denied"
)


def on(runtime: str, **changes: Any) -> Function:
    return healthy_function(runtime=runtime, versions=(healthy_version(runtime=runtime),), **changes)


NO_PLAN = Unavailable(
    reason=Reason.NOT_SUPPORTED, operation="health:DescribeEvents", code="SubscriptionRequiredException"
)


def announced(days: int | None) -> Announcement:
    """A change that begins some days after the day of the calendar."""
    begins = None if days is None else datetime.combine(AS_OF, time(), UTC) + timedelta(days=days)
    return Announcement(
        arn=f"arn:aws:health:{REGION}::event/LAMBDA/{days}",
        event="AWS_LAMBDA_PLANNED_LIFECYCLE_EVENT",
        region=REGION,
        status="upcoming",
        starts_at=begins,
    )


def concerning(*affected: tuple[str, str], refused: bool = False) -> Account:
    """An account to which AWS has announced a change of these functions, by name and state."""
    arns = tuple((f"{ARN.removesuffix(NAME)}{name}", state) for name, state in affected)
    return told(msgspec.structs.replace(announced(30), affected=NO_ENTITIES if refused else arns))


def flagged(status: str) -> Account:
    """An account whose Trusted Advisor flags the function's runtime."""
    advice = Advice(
        check="L4dfs2Q4C5",
        name="AWS Lambda Functions Using Deprecated Runtimes",
        region=REGION,
        resource=ARN,
        status=status,
        seen_at=datetime.combine(AS_OF, time(), UTC),
        measured=(("Days to Deprecation", "-3"),),
    )
    return healthy_account(trusted_advisor=TrustedAdvisor(checks=(advice.name,), flagged=(advice,)))


def told(*changes: Announcement) -> Account:
    """An account to which AWS has announced changes."""
    return healthy_account(announcements=changes)


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
        case(
            "without a known date, and Trusted Advisor says that it has ended",
            "FAIL",
            function=on("python3.15"),
            account=flagged("error"),
            says="python3.15 has no date in the calendar; Trusted Advisor flags the runtime of $LATEST: "
            "Days to Deprecation -3, seen 2026-11-23, 0 days",
        ),
        case(
            "without a known date, and Trusted Advisor says that it ends soon",
            "UNKNOWN",
            function=on("python3.15"),
            account=flagged("warning"),
        ),
        case(
            "supported, and Trusted Advisor says otherwise",
            "PASS",
            account=flagged("error"),
            says="; Trusted Advisor flags the runtime of $LATEST: Days to Deprecation -3",
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
        case(
            "without a known date, and Trusted Advisor says that it ends soon",
            "WARN",
            function=on("python3.15"),
            account=flagged("warning"),
            says="python3.15 has no date in the calendar; Trusted Advisor flags the runtime of $LATEST",
        ),
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
    "change-announced": (
        case(
            "the end of a runtime",
            "WARN",
            account=told(announced(30)),
            says="1 change is announced, the first AWS_LAMBDA_PLANNED_LIFECYCLE_EVENT in eu-west-1 from "
            f"{AS_OF + timedelta(days=30)} on, in 30 days",
        ),
        case(
            "two, of which one has begun",
            "WARN",
            account=told(announced(30), announced(-4)),
            says=f"2 changes are announced, the first AWS_LAMBDA_PLANNED_LIFECYCLE_EVENT in eu-west-1 since "
            f"{AS_OF - timedelta(days=4)}, 4 days",
        ),
        case("a day that AWS does not tell", "WARN", account=told(announced(None)), says="in eu-west-1"),
        case(
            "functions, of which one is settled",
            "WARN",
            account=concerning((NAME, "PENDING"), ("old", "RESOLVED"), ("gone", "PENDING")),
            says=f"in 30 days; it concerns 2 functions: {NAME} and 1 outside this scan",
        ),
        case(
            "functions, all of them settled",
            "WARN",
            account=concerning((NAME, "RESOLVED")),
            says="AWS names no function that it still concerns",
        ),
        case(
            "what is no function",
            "WARN",
            account=told(msgspec.structs.replace(announced(30), affected=(("UNKNOWN", "UNKNOWN"),))),
            says="names no function that it still concerns, but 1 thing that is none",
        ),
        case(
            "which functions is denied",
            "WARN",
            account=concerning(refused=True),
            says="not known: health:DescribeAffectedEntities: access denied",
        ),
        case("nothing", "PASS", account=told()),
        case("another support plan", "NOT_APPLICABLE", account=healthy_account(announcements=NO_PLAN)),
        case("not asked for", "UNKNOWN", account=healthy_account(announcements=NOT_COLLECTED)),
        case("denied", "UNKNOWN", account=healthy_account(announcements=DENIED)),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)
