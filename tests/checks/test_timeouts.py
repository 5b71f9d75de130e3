"""Timeouts: one table a check."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from auditor.catalogue import load
from auditor.collect.state_language import TASK_DEFAULT_S
from auditor.model import (
    NOT_COLLECTED,
    Account,
    Advice,
    Alias,
    ApiIntegration,
    DailyUsage,
    EventSourceMapping,
    Function,
    FunctionUrl,
    Located,
    Principal,
    Queue,
    Reason,
    Region,
    ResourcePolicy,
    TargetGroup,
    TrustedAdvisor,
    Unavailable,
    WorkflowTask,
)
from auditor.testing import (
    ARN,
    NOW,
    REGION,
    Case,
    ask,
    case,
    code_cases,
    healthy_account,
    healthy_code,
    healthy_function,
    healthy_region,
    healthy_usage,
    healthy_version,
    hold,
    row_id,
    rows,
    statement,
)

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="cloudwatch:GetMetricData", code="AccessDenied")
NO_POLICY = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException"
)
NO_VERSIONS = Unavailable(
    reason=Reason.THROTTLED, operation="lambda:ListVersionsByFunction", code="TooManyRequests"
)


def used(**changes: Any) -> Function:
    """The healthy function with other metrics."""
    return healthy_function(usage=healthy_usage(**changes))


def set_to(timeout_s: int, **changes: Any) -> Function:
    """The healthy function, `$LATEST` and its version, with another timeout."""
    return healthy_function(timeout_s=timeout_s, versions=(healthy_version(timeout_s=timeout_s),), **changes)


def sampled(**changes: Any) -> Any:
    """REPORT lines of the healthy function with some changed."""
    return msgspec.structs.replace(healthy_function().report_lines, **changes)


def flagged(check: str = "L4dfs2Q3C3") -> Account:
    """An account in which a check of Trusted Advisor flags the function."""
    advice = Advice(
        check=check,
        name="AWS Lambda Functions with Excessive Timeouts",
        region=REGION,
        resource=ARN,
        status="warning",
        seen_at=NOW - timedelta(days=2),
        measured=(("Max Daily Timeout Rate", "12.5%"),),
    )
    advisor = TrustedAdvisor(checks=(advice.name,), flagged=(advice,))
    return healthy_account(trusted_advisor=advisor)


def two_versions(**changes: Any) -> Function:
    """A function whose aliases reach versions of 10 and of 30 seconds."""
    return healthy_function(
        aliases=(Alias(name="live", version="12"), Alias(name="batch", version="11")),
        versions=(healthy_version(), healthy_version(version="11", timeout_s=30)),
        **changes,
    )


def calling(timeout_s: int | Unavailable, arn: str = ARN, execution_s: int | None = None) -> WorkflowTask:
    """A task of a state machine that waits so long for a function."""
    return WorkflowTask(
        machine_arn=f"arn:aws:states:{REGION}:123456789012:stateMachine:orders",
        state="Charge",
        function_arn=arn,
        timeout_s=timeout_s,
        execution_s=execution_s,
    )


def flow(*tasks: WorkflowTask) -> Region:
    """A region with a state machine of these tasks."""
    return healthy_region(workflow_tasks=tasks)


def client(seconds: float, attempts: float | None = None, **changes: Any) -> Function:
    """A function whose code makes an SDK client with this read timeout."""
    facts = [Located(kind="sdk-timeout", file="app.py", line=9, what="read_timeout", number=seconds)]
    if attempts is not None:
        facts.append(Located(kind="sdk-retries", file="app.py", line=9, what="retries", number=attempts))
    return healthy_function(code=healthy_code(facts=tuple(facts)), **changes)


def api(timeout_ms: int) -> Region:
    """A region in which one route of an HTTP API calls the function's alias."""
    return healthy_region(
        integrations=(
            ApiIntegration(
                api_id="a1b2c3",
                api_name="shop",
                kind="http",
                route="GET /orders",
                function_arn=f"{ARN}:live",
                authorization="JWT",
                timeout_ms=timeout_ms,
            ),
        )
    )


def called_by(service: str) -> tuple[ResourcePolicy, ...]:
    """A resource-based policy that lets one service in."""
    allowed = statement(
        "lambda:InvokeFunction", principals=(Principal(kind="Service", value=f"{service}.amazonaws.com"),)
    )
    return (ResourcePolicy(qualifier="", statements=(allowed,)),)


def days(*p95_ms: float, invocations: int = 100) -> tuple[DailyUsage, ...]:
    """Days with these slow runs."""
    return tuple(
        DailyUsage(
            day=NOW - timedelta(days=len(p95_ms) - index), invocations=invocations, duration_p95_ms=value
        )
        for index, value in enumerate(p95_ms)
    )


QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
MAPPED = EventSourceMapping(
    uuid="1", function_arn=ARN, source_arn=QUEUE, kind="sqs", state="Enabled", max_concurrency=5
)

TABLES = {
    "timeout-near-limit": (
        case(
            "p99 at 95 % of the timeout", "FAIL", function=used(duration_p99_ms=9_500.0), says="9.5 s of 10 s"
        ),
        case("p99 at 9 % of the timeout", "PASS", says="91% to spare"),
        case("too few runs for a ratio", "NOT_APPLICABLE", function=used(invocations=99)),
        case("metrics denied", "UNKNOWN", function=healthy_function(usage=DENIED), says="GetMetricData"),
        case("percentiles denied", "UNKNOWN", function=used(duration_p99_ms=DENIED)),
        case("a wider margin is wanted", "FAIL", thresholds={"margin": 0.95}),
        case(
            "the version behind the alias has less time than $LATEST",
            "FAIL",
            function=healthy_function(versions=(healthy_version(timeout_s=1),)),
            says="version 12 (live)",
        ),
        case("versions throttled", "UNKNOWN", function=healthy_function(versions=NO_VERSIONS)),
    ),
    "runs-timing-out": (
        case(
            "a tenth of the runs is cut off",
            "FAIL",
            function=healthy_function(
                usage=healthy_usage(longest_ms=10_000.0), report_lines=sampled(runs=1_000, timeouts=100)
            ),
            says="100 of 1,000 sampled runs cut off (10.0%)",
        ),
        case(
            "the longest run met the timeout and logs were not read",
            "FAIL",
            function=healthy_function(usage=healthy_usage(longest_ms=10_003.2), report_lines=DENIED),
            says="with a timeout of 10 s",
        ),
        case(
            "between the timeouts of two versions that serve, none cut off",
            "PASS",
            function=two_versions(usage=healthy_usage(longest_ms=12_000.0), report_lines=sampled(timeouts=0)),
            says="timeouts of 10 s to 30 s",
        ),
        case(
            "between the timeouts of two versions that serve, logs not read",
            "UNKNOWN",
            function=two_versions(usage=healthy_usage(longest_ms=12_000.0), report_lines=DENIED),
        ),
        case(
            "between the timeouts of two versions that serve, metrics that do not count those cut off",
            "UNKNOWN",
            function=two_versions(
                usage=healthy_usage(longest_ms=12_000.0), report_lines=sampled(timeouts=DENIED)
            ),
        ),
        case(
            "the longest run met the timeout, metrics that do not count those cut off",
            "FAIL",
            function=healthy_function(
                usage=healthy_usage(longest_ms=10_003.2), report_lines=sampled(timeouts=DENIED)
            ),
            says="how many runs met it is in the logs",
        ),
        case(
            "between the timeouts of two versions that serve, some cut off",
            "FAIL",
            function=two_versions(
                usage=healthy_usage(longest_ms=12_000.0), report_lines=sampled(runs=1_000, timeouts=50)
            ),
        ),
        case("longest run well below", "PASS", function=healthy_function(report_lines=DENIED), says="1.9 s"),
        case("never ran", "NOT_APPLICABLE", function=used(invocations=0, longest_ms=None)),
        case("metrics denied", "UNKNOWN", function=healthy_function(usage=DENIED)),
        case(
            "metrics denied, and Trusted Advisor flags it",
            "UNKNOWN",
            function=healthy_function(usage=DENIED),
            account=flagged(),
        ),
        case(
            "the longest run met the timeout, logs not read, and Trusted Advisor flags it",
            "FAIL",
            function=healthy_function(usage=healthy_usage(longest_ms=10_003.2), report_lines=DENIED),
            account=flagged(),
            says="Trusted Advisor flags excessive timeouts: Max Daily Timeout Rate 12.5%, "
            "seen 2026-11-21, 2 days before 2026-11-23",
        ),
        case(
            "the longest run met the timeout, and Trusted Advisor flags its errors",
            "FAIL",
            function=healthy_function(usage=healthy_usage(longest_ms=10_003.2), report_lines=DENIED),
            account=flagged(check="L4dfs2Q3C2"),
            says="how many runs met it is in the logs",
        ),
        case(
            "below the timeout today, flagged for the one of last week",
            "PASS",
            account=flagged(),
            says="below the timeout of 10 s; Trusted Advisor flags excessive timeouts",
        ),
    ),
    "timeout-left-at-default": (
        case(
            "3 s and p99 at 2.5 s", "FAIL", function=set_to(3, usage=healthy_usage(duration_p99_ms=2_500.0))
        ),
        case(
            "3 s and too few runs",
            "WARN",
            function=set_to(3, usage=healthy_usage(invocations=5)),
            says="5 runs",
        ),
        case("3 s and p99 at 0.1 s", "PASS", function=set_to(3, usage=healthy_usage(duration_p99_ms=100.0))),
        case("chosen", "PASS", says="Timeout 10 s"),
        case(
            "only the version in use has the default",
            "FAIL",
            function=healthy_function(
                versions=(healthy_version(timeout_s=3),), usage=healthy_usage(duration_p99_ms=2_500.0)
            ),
            says="version 12",
        ),
        case("3 s and metrics denied", "UNKNOWN", function=set_to(3, usage=DENIED)),
        case("versions throttled", "UNKNOWN", function=healthy_function(versions=NO_VERSIONS)),
    ),
    "timeout-at-maximum": (
        case("900 s", "FAIL", function=set_to(900), says="900 s of at most 900 s; longest run 1.9 s"),
        case("900 s on Managed Instances", "PASS", function=set_to(900, capacity_provider_arn="arn:aws:x")),
        case(
            "5,400 s on Managed Instances", "FAIL", function=set_to(5_400, capacity_provider_arn="arn:aws:x")
        ),
        case("10 s", "PASS"),
        case(
            "900 s and versions throttled",
            "FAIL",
            function=healthy_function(timeout_s=900, versions=NO_VERSIONS),
        ),
        case("10 s and versions throttled", "UNKNOWN", function=healthy_function(versions=NO_VERSIONS)),
    ),
    "timeout-beyond-caller": (
        case(
            "60 s behind an API of 29 s", "FAIL", function=set_to(60), region=api(29_000), says="waits 29 s"
        ),
        case(
            "p99 beyond the API's wait",
            "FAIL",
            function=set_to(60, usage=healthy_usage(duration_p99_ms=31_000.0)),
            region=api(29_000),
            says="callers do go away",
        ),
        case(
            "60 s for an API and a queue",
            "WARN",
            function=set_to(60),
            region=msgspec.structs.replace(
                api(29_000), mappings=(MAPPED,), queues=(Queue(arn=QUEUE, visibility_s=360),)
            ),
            says="poll-based",
        ),
        case("60 s behind an API that was not read", "WARN", function=set_to(60), says="assumed"),
        case("10 s behind an API of 29 s", "PASS", region=api(29_000)),
        case(
            "6 s for Cognito", "FAIL", function=set_to(6, policies=called_by("cognito-idp")), says="waits 5 s"
        ),
        case(
            "a load balancer waits longer",
            "PASS",
            function=healthy_function(policies=called_by("elasticloadbalancing")),
            region=healthy_region(
                target_groups=(
                    TargetGroup(
                        arn="arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/1",
                        function_arn=ARN,
                        internet_facing=True,
                        idle_timeout_s=120,
                    ),
                )
            ),
            says="waits 120 s",
        ),
        case(
            "60 s for a task of 30 s",
            "FAIL",
            function=set_to(60, policies=()),
            region=flow(calling(30)),
            says="Timeout 60 s, the state Charge of the state machine orders waits 30 s",
        ),
        case(
            "600 s for an Express execution",
            "FAIL",
            function=set_to(600, policies=()),
            region=flow(calling(TASK_DEFAULT_S, execution_s=300)),
            says="an execution of the state machine orders waits 300 s",
        ),
        case(
            "a task that says nothing",
            "PASS",
            function=set_to(60, policies=()),
            region=flow(calling(TASK_DEFAULT_S)),
            says="waits 99,999,999 s",
        ),
        case(
            "a task of another function",
            "NOT_APPLICABLE",
            function=set_to(60, policies=()),
            region=flow(calling(5, arn=f"{ARN}-archive")),
        ),
        case(
            "a task whose wait only the input tells",
            "UNKNOWN",
            function=set_to(60, policies=()),
            region=flow(calling(DENIED)),
        ),
        case(
            "a task of 5 s whose function only the input tells",
            "UNKNOWN",
            function=set_to(60, policies=()),
            region=flow(calling(5, arn="")),
            says="which function the state Charge",
        ),
        case(
            "the same of 90 s",
            "NOT_APPLICABLE",
            function=set_to(60, policies=()),
            region=flow(calling(90, arn="")),
        ),
        case(
            "a machine that was not read",
            "UNKNOWN",
            region=msgspec.structs.replace(api(29_000), unread_workflows=(("arn:x", DENIED),)),
        ),
        case(
            "a machine that was not read, behind an impatient API",
            "FAIL",
            function=set_to(60),
            region=msgspec.structs.replace(api(29_000), unread_workflows=(("arn:x", DENIED),)),
        ),
        case(
            "machines denied, behind an API that was not read",
            "UNKNOWN",
            function=set_to(60),
            region=healthy_region(workflow_tasks=DENIED),
        ),
        case(
            "machines were not asked for",
            "PASS",
            region=msgspec.structs.replace(api(29_000), workflow_tasks=NOT_COLLECTED),
            says="state machines are read with --tier deep alone",
        ),
        case(
            "only events call, versions throttled",
            "NOT_APPLICABLE",
            function=healthy_function(policies=called_by("sns"), versions=NO_VERSIONS),
        ),
        case("only events call", "NOT_APPLICABLE", function=healthy_function(policies=called_by("sns"))),
        case(
            "only a URL, which waits as long as the function",
            "NOT_APPLICABLE",
            function=healthy_function(policies=(), urls=(FunctionUrl(qualifier="", auth_type="AWS_IAM"),)),
        ),
        case(
            "policy denied", "UNKNOWN", function=healthy_function(policies=NO_POLICY), says="lambda:GetPolicy"
        ),
        case("APIs denied", "UNKNOWN", region=healthy_region(integrations=DENIED)),
    ),
    "timeout-far-above-runs": (
        case("1.9 s of 300 s", "FAIL", function=set_to(300), says="1.9 s uses 1% of 300 s"),
        case("5 s of 20 s", "PASS", function=set_to(20, usage=healthy_usage(longest_ms=5_000.0))),
        case("short timeout", "PASS", says="not above 10 s"),
        case(
            "only the version in use has a long timeout",
            "FAIL",
            function=healthy_function(versions=(healthy_version(timeout_s=300),)),
            says="of 300 s",
        ),
        case("few runs", "NOT_APPLICABLE", function=set_to(300, usage=healthy_usage(invocations=99))),
        case("metrics denied", "UNKNOWN", function=set_to(300, usage=DENIED)),
    ),
    "durations-growing": (
        case(
            "twice as slow this week",
            "WARN",
            function=used(daily=days(*[400.0] * 7, *[800.0] * 7)),
            says="800 ms",
        ),
        case("twice of nearly nothing", "PASS", function=used(daily=days(*[4.0] * 7, *[8.0] * 7))),
        case("as before", "PASS"),
        case(
            "a few runs a day",
            "NOT_APPLICABLE",
            function=used(daily=days(*[400.0] * 7, *[800.0] * 7, invocations=9)),
        ),
        case("one week of data", "NOT_APPLICABLE", function=used(daily=days(*[400.0] * 7))),
        case("metrics denied", "UNKNOWN", function=healthy_function(usage=DENIED)),
        case(
            "percentiles denied",
            "UNKNOWN",
            function=used(daily=(DailyUsage(day=NOW, invocations=900, duration_p95_ms=DENIED),)),
        ),
    ),
    "sdk-retries-outlast-timeout": (
        case("a minute three times", "WARN", function=client(60.0), says="up to 180 s, 3 attempts of 60 s"),
        case("five seconds twice", "WARN", function=client(5.0, 2), says="timeout 10 s"),
        case("two seconds three times", "PASS", function=client(2.0)),
        case("no client of its own", "NOT_APPLICABLE"),
        case("versions throttled", "UNKNOWN", function=client(2.0, versions=NO_VERSIONS)),
        *code_cases(),
    ),
    "durable-executions-failing": (
        case(
            "some failed",
            "FAIL",
            function=healthy_function(durable_failures=3, durable_retention_days=14),
            says="3 executions failed or timed out, of a history of 14 days",
        ),
        case("none failed", "PASS", function=healthy_function(durable_failures=0)),
        case("not durable", "NOT_APPLICABLE"),
        case("could not be read", "UNKNOWN", function=healthy_function(durable_failures=DENIED)),
    ),
    "durable-timeout-inconsistent": (
        case("ends before one invocation", "FAIL", function=healthy_function(durable_execution_timeout_s=5)),
        case("lasts a year", "WARN", function=healthy_function(durable_execution_timeout_s=31_622_400)),
        case(
            "lasts a day",
            "PASS",
            function=healthy_function(durable_execution_timeout_s=86_400),
            says="1.0 days",
        ),
        case("not durable", "NOT_APPLICABLE"),
    ),
}


@pytest.mark.parametrize(("check_id", "one"), rows(TABLES), ids=row_id)
def test_table(check_id: str, one: Case) -> None:
    hold(check_id, one)


def test_the_chain_of_timeouts_goes_from_the_caller_to_the_code() -> None:
    calls = (
        Located(kind="http-timeout", file="app.py", line=9, what="requests.get", number=5.0),
        Located(kind="http-no-timeout", file="app.py", line=12, what="urlopen"),
    )
    region = msgspec.structs.replace(
        api(29_000), mappings=(MAPPED,), queues=(Queue(arn=QUEUE, visibility_s=360),)
    )
    check = next(one for one in load() if one.id == "timeout-beyond-caller")
    chain = ask(check, healthy_function(code=healthy_code(facts=calls)), region=region).details
    assert [(one.subject, one.text) for one in chain] == [
        ("HTTP API shop GET /orders", "waits 29 s"),
        ("orders-api $LATEST", "runs at most 10 s"),
        ("p99 run", "0.9 s"),
        ("p99 initialisation, before the run", "0.6 s"),
        ("queue orders", "hides a message for 360 s"),
        ("requests.get", "gives up after 5 s"),
        ("urlopen", "waits without end"),
    ]


@pytest.mark.parametrize(
    ("account", "tolerated", "severity"),
    [(None, 0.01, "medium"), (flagged(), 0.01, "high"), (flagged(), 0.2, "medium")],
    ids=["not flagged", "flagged", "flagged at a share that is tolerated"],
)
def test_runs_that_time_out_weigh_more_where_trusted_advisor_has_counted_them(
    account: Account | None, tolerated: float, severity: str
) -> None:
    check = next(one for one in load() if one.id == "runs-timing-out")
    cut_off = healthy_function(usage=healthy_usage(longest_ms=10_003.2), report_lines=DENIED)
    assert ask(check, cut_off, account=account, tolerated=tolerated).severity.value == severity
