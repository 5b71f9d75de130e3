"""A healthy function to spoil and a way to ask one check of it: for our tests and for those of other
people's checks.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from auditor.catalogue import Check, load
from auditor.evaluate import evaluate
from auditor.model import (
    Account,
    Alarm,
    AlarmMetric,
    Alias,
    Budget,
    Caller,
    Change,
    ChangeHistory,
    CodeFacts,
    Condition,
    DailyUsage,
    DeploymentState,
    Function,
    Inventory,
    LastAccessed,
    LayerUse,
    LayerVersion,
    Located,
    Logging,
    LogGroup,
    LogSample,
    LogUsage,
    MetricFilter,
    PackageFacts,
    Policy,
    PolicyKind,
    Principal,
    PublishedVersion,
    Reason,
    Record,
    Region,
    ReportLines,
    ResourcePolicy,
    Role,
    RoleEvidence,
    RuntimeManagement,
    SamplingRule,
    Scan,
    ServiceStatus,
    ServiceUse,
    Stack,
    Statement,
    Subscription,
    Tag,
    Topic,
    Trail,
    TrustedAdvisor,
    Unavailable,
    Usage,
)
from auditor.reference import Attestations, Reference, load_reference
from auditor.settings import CheckSettings, Settings
from auditor.verdict import Finding, Status

ACCOUNT = "123456789012"
REGION = "eu-west-1"
NAME = "orders-api"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{NAME}"
LAYER = f"arn:aws:lambda:{REGION}:580247275435:layer:LambdaInsightsExtension-Arm64:20"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"
AS_OF = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def healthy_usage(**changes: Any) -> Usage:  # noqa: ANN401 - fields of a record
    """Usage of a quiet, quick function: 100,000 runs in 14 days, p99 at 0.9 s, no errors."""
    start = NOW - timedelta(days=14)
    usage = Usage(
        window_start=start,
        window_end=NOW,
        invocations=100_000,
        errors=20,
        throttles=0,
        duration_p50_ms=120.0,
        duration_p95_ms=420.0,
        duration_p99_ms=900.0,
        longest_ms=1_900.0,
        average_ms=150.0,
        peak_concurrency=6,
        daily=tuple(
            DailyUsage(day=start + timedelta(days=day), invocations=7_142, errors=1, duration_p95_ms=420.0)
            for day in range(14)
        ),
    )
    return msgspec.structs.replace(usage, **changes)


def healthy_function(**changes: Any) -> Function:  # noqa: ANN401 - fields of a record
    """A function that fails no check. `changes` are fields of `Function` to spoil."""
    function = Function(
        arn=ARN,
        name=NAME,
        account=ACCOUNT,
        region=REGION,
        role_arn=ROLE,
        package_type="Zip",
        runtime="python3.13",
        handler="app.handler",
        description="Answers the order API",
        timeout_s=10,
        memory_mb=512,
        code_size_bytes=800_000,
        code_sha256="q1w2e3",
        last_modified=NOW - timedelta(days=40),
        architecture="arm64",
        layers=(LayerUse(arn=LAYER, size_bytes=2_400_000),),
        tracing="Active",
        logging=Logging(
            format="JSON", group=f"/aws/lambda/{NAME}", application_level="INFO", system_level="INFO"
        ),
        environment=(),
        tags=(
            Tag(key="owner", value="orders"),
            Tag(key="cost-center", value="shop"),
            Tag(key="aws:cloudformation:stack-name", value="orders"),
        ),
        reserved_concurrency=50,
        state=DeploymentState(state="Active", last_update_status="Successful"),
        policies=(
            ResourcePolicy(
                qualifier="live",
                statements=(
                    Statement(
                        index=1,
                        effect="Allow",
                        sid="api",
                        actions=("lambda:InvokeFunction",),
                        resources=(f"{ARN}:live",),
                        principals=(Principal(kind="Service", value="apigateway.amazonaws.com"),),
                        conditions=(
                            Condition(
                                operator="ArnLike",
                                key="AWS:SourceArn",
                                values=(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2c3/*/GET/orders",),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        urls=(),
        async_configs=(),
        aliases=(Alias(name="live", version="12"),),
        versions=(healthy_version(),),
        provisioned=(),
        environment_limits=(),
        runtime_management=(RuntimeManagement(update_on="Auto"),),
        recursive_loop="Terminate",
        durable_failures=None,
        code_signing=None,
        usage=healthy_usage(),
        log_usage=LogUsage(incoming_bytes=40_000_000, incoming_events=300_000),
        report_lines=ReportLines(
            source="Logs Insights",
            runs=10_000,
            cold_starts=40,
            max_memory_used_mb=360.0,
            p95_memory_used_mb=330.0,
            init_p50_ms=310.0,
            init_p99_ms=620.0,
            billed_ms=1_520_000.0,
            json_share=1.0,
            request_id_share=1.0,
        ),
        log_sample=LogSample(lines=200, json_lines=200, request_lines=200),
        code=healthy_code(),
    )
    return msgspec.structs.replace(function, **changes)


def healthy_code(**changes: Any) -> CodeFacts:  # noqa: ANN401 - fields of a record
    """Facts of a small Python package in which no detector found anything to blame."""
    code = CodeFacts(
        language="python",
        package=PackageFacts(files=40, unzipped_bytes=2_400_000, own_files=6, secrets=()),
        handler=Located(kind="handler", file="app.py", line=12, what="handler"),
        facts=(Located(kind="catch-all-status", file="app.py", line=34, what="Exception"),),
        calls=(("dynamodb", "get_item", "app.py:20"), ("dynamodb", "put_item", "app.py:31")),
        handler_lines=24,
        handler_complexity=4,
    )
    return msgspec.structs.replace(code, **changes)


def fact(kind: str, **changes: Any) -> Located:  # noqa: ANN401 - fields of a record
    """A fact of the code at line 21 of the healthy function's only file."""
    return msgspec.structs.replace(Located(kind=kind, file="app.py", line=21, what="x"), **changes)


def function_with(*facts: Located | str, **changes: Any) -> Function:  # noqa: ANN401 - fields of a record
    """The healthy function with these facts of its code, and no others; a name is a fact of that kind."""
    found = tuple(one if isinstance(one, Located) else fact(one) for one in facts)
    return healthy_function(code=healthy_code(facts=found), **changes)


def healthy_version(**changes: Any) -> PublishedVersion:  # noqa: ANN401 - fields of a record
    """The published version that serves behind the alias `live`."""
    version = PublishedVersion(
        version="12",
        runtime="python3.13",
        timeout_s=10,
        memory_mb=512,
        code_sha256="q1w2e3",
        code_size_bytes=800_000,
        role_arn=ROLE,
        last_modified=NOW - timedelta(days=40),
        layers=(LayerUse(arn=LAYER, size_bytes=2_400_000),),
        dead_letter_arn="",
        tracing="Active",
        architecture="arm64",
    )
    return msgspec.structs.replace(version, **changes)


def statement(
    *actions: str,
    resources: tuple[str, ...] = ("*",),
    effect: str = "Allow",
    **fields: Any,  # noqa: ANN401 - fields of a record
) -> Statement:
    """A policy statement in one line: `statement("s3:GetObject", resources=("arn:…",))`."""
    return Statement(index=1, effect=effect, actions=actions, resources=resources, **fields)


def healthy_role(*statements: Statement, **changes: Any) -> Role:  # noqa: ANN401 - fields of a record
    """The execution role of the healthy function, with one inline policy. `statements` are added to it."""
    own = (
        statement(
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            resources=(f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{NAME}:*",),
        ),
        statement("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        statement(
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            resources=(f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders",),
        ),
    )
    numbered = tuple(
        msgspec.structs.replace(one, index=index) for index, one in enumerate((*own, *statements), start=1)
    )
    role = Role(
        arn=ROLE,
        name=NAME,
        created_at=NOW - timedelta(days=500),
        trust=(
            statement(
                "sts:AssumeRole",
                resources=(),
                principals=(Principal(kind="Service", value="lambda.amazonaws.com"),),
            ),
        ),
        policies=(Policy(name=f"{NAME}-inline", kind=PolicyKind.INLINE, statements=numbered),),
        boundary=Policy(name="team-boundary", kind=PolicyKind.CUSTOMER_MANAGED, statements=(statement("*"),)),
        last_used=NOW - timedelta(hours=3),
        unused_access=None,
        last_accessed=LastAccessed(
            generated_at=NOW,
            services=tuple(
                ServiceUse(service=service, last_used=NOW - timedelta(days=1))
                for service in ("dynamodb", "logs", "xray")
            ),
        ),
    )
    return msgspec.structs.replace(role, **changes)


def healthy_alarm(metric: str, **changes: Any) -> Alarm:  # noqa: ANN401 - fields of a record
    """An alarm on one metric of the healthy function that tells the people on call."""
    duration = metric == "Duration"
    alarm = Alarm(
        arn=f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{NAME}-{metric}",
        name=f"{NAME}-{metric}",
        metrics=(
            AlarmMetric(
                id="m1",
                namespace="AWS/Lambda",
                metric=metric,
                dimensions=(("FunctionName", NAME),),
                statistic="p99" if duration else "Sum",
                period_s=300,
            ),
        ),
        comparison="GreaterThanThreshold",
        threshold=8_000.0 if duration else 5.0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        treat_missing_data="notBreaching",
        alarm_actions=(TOPIC,),
        state="OK",
        state_changed_at=NOW - timedelta(days=9),
    )
    return msgspec.structs.replace(alarm, **changes)


def healthy_region(*functions: Function, **changes: Any) -> Region:  # noqa: ANN401 - fields of a record
    """A region around the healthy function (or the given ones): log group, alarms that reach somebody, room
    to grow.
    """
    region = Region(
        account=ACCOUNT,
        name=REGION,
        functions=functions or (healthy_function(),),
        concurrency_limit=1_000,
        unreserved_concurrency=900,
        concurrency_quota_default=False,
        peak_concurrency=60,
        code_size_limit_bytes=80_530_636_800,
        code_size_bytes=900_000_000,
        mappings=(),
        log_groups=(
            LogGroup(name=f"/aws/lambda/{NAME}", retention_days=90, stored_bytes=80_000_000, kms_key_id=""),
        ),
        metric_filters=(
            MetricFilter(name="orders", log_group=f"/aws/lambda/{NAME}", metrics=(("Shop", "OrdersPlaced"),)),
        ),
        log_forwarding=(),
        log_masking=(),
        alarms=tuple(
            healthy_alarm(metric) for metric in ("Errors", "Throttles", "Duration", "ConcurrentExecutions")
        ),
        queues=(),
        topics=(
            Topic(
                arn=TOPIC,
                kms_key_id="alias/aws/sns",
                policy=(),
                subscriptions=(
                    Subscription(
                        arn=f"{TOPIC}:1",
                        topic_arn=TOPIC,
                        protocol="https",
                        endpoint="on-call",
                        confirmed=True,
                    ),
                ),
            ),
        ),
        subscriptions=(),
        streams=(),
        rules=(),
        schedules=(),
        integrations=(),
        target_groups=(),
        workflow_tasks=(),
        layers=(
            LayerVersion(
                arn=LAYER,
                latest_version=20,
                package=PackageFacts(files=3, unzipped_bytes=9_000_000, own_files=3, secrets=()),
            ),
        ),
        subnets=(),
        route_tables=(),
        endpoints=(),
        security_groups=(),
        capacity_providers=(),
        services=healthy_services(),
        changes=ChangeHistory(since=NOW - timedelta(days=90), is_whole=True, changes=(healthy_change(),)),
    )
    return msgspec.structs.replace(region, **changes)


def healthy_change(**changes: Any) -> Change:  # noqa: ANN401 - fields of a record
    """The last change of the healthy function's code, which CloudFormation made for a pipeline."""
    change = Change(
        function_arn=ARN,
        is_code=True,
        at=NOW - timedelta(days=40),
        identity="AssumedRole",
        who=f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/pipeline",
        service="cloudformation.amazonaws.com",
    )
    return msgspec.structs.replace(change, **changes)


def healthy_services(**changes: Any) -> ServiceStatus:  # noqa: ANN401 - fields of a record
    """Account services that are on, and have found nothing."""
    services = ServiceStatus(
        compute_optimizer="Active",
        compute_optimizer_findings=(),
        web_functions=0,
        web_endpoints=(),
        disabled_keys=(),
        unrotated_keys=(),
        open_keys=(),
        sampling_rules=(SamplingRule(name="Default", fixed_rate=0.05, reservoir=1),),
        guardduty_lambda=True,
        inspector_lambda=True,
        inspector_lambda_code=True,
        inspector_findings=(),
        inspector_coverage=((ARN, "ACTIVE", "SUCCESSFUL"),),
        trails=(
            Trail(
                arn=f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit",
                name="audit",
                logging=True,
                multi_region=True,
                organization=False,
                lambda_data_events=("arn:aws:lambda",),
            ),
        ),
        stacks=(Stack(name="orders", status="UPDATE_COMPLETE", drift="IN_SYNC"),),
        pipelines=("orders",),
        all_at_once_deployments=(),
    )
    return msgspec.structs.replace(services, **changes)


def healthy_account(*regions: Region, **changes: Any) -> Account:  # noqa: ANN401 - fields of a record
    """An account with one region and the healthy role, watched by a budget."""
    account = Account(
        id=ACCOUNT,
        alias="webshop",
        caller=Caller(account=ACCOUNT, arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/scan"),
        regions=regions or (healthy_region(),),
        roles=(RoleEvidence(arn=ROLE, role=healthy_role()),),
        identities=(),
        distributions=(),
        budgets=(Budget(name="shop", limit_usd=500.0, notifications=2),),
        anomaly_monitors=1,
        announcements=(),
        trusted_advisor=TrustedAdvisor(checks=("AWS Lambda Functions with Excessive Timeouts",), flagged=()),
        organization=None,
    )
    return msgspec.structs.replace(account, **changes)


def inventory_of(account: Account) -> Inventory:
    """An inventory that holds one account."""
    scan = Scan(id="test", tool_version="0", started_at=NOW, ended_at=NOW)
    return Inventory(scan=scan, accounts=(account,))


def reference(**changes: Any) -> Reference:  # noqa: ANN401 - fields of a record
    """The packaged reference data, judged for a fixed day."""
    return msgspec.structs.replace(_packaged_reference(), **changes) if changes else _packaged_reference()


@cache
def _packaged_reference() -> Reference:
    return load_reference(AS_OF)


def ask(
    check: Check,
    function: Function | None = None,
    *,
    region: Region | None = None,
    account: Account | None = None,
    attestations: Attestations | None = None,
    **thresholds: object,
) -> Finding:
    """Ask one check of a function (or of the region or account around it) and return its finding.

    What is not given is healthy. With `function` and `region`, the region is taken as it is, with the
    function put into it;
    with `account`, the account's regions are replaced by the region.
    """
    around = surrounded(function, region, account)
    settings = Settings(checks={check.id: CheckSettings(thresholds=dict(thresholds))} if thresholds else {})
    found = evaluate(inventory_of(around), (check,), settings, reference(), attestations or Attestations())
    if found.bugs:
        raise AssertionError(f"the check raised: {found.bugs[0]}")
    return found.findings[0]


def surrounded(function: Function | None, region: Region | None, account: Account | None) -> Account:
    """Put a function into its region and account; what is not given is healthy."""
    placed = (
        msgspec.structs.replace(region or healthy_region(), functions=(function or healthy_function(),))
        if function is not None or region is None
        else region
    )
    return msgspec.structs.replace(account or healthy_account(), regions=(placed,))


class Case(Record, frozen=True, kw_only=True):
    """One row of a check's table: in words what is special, and the status that it must lead to.

    What is not given is healthy. `says` is a part of the message that must appear.
    """

    name: str
    status: Status
    function: Function | None = None
    region: Region | None = None
    account: Account | None = None
    attestations: Attestations | None = None
    thresholds: dict[str, Any] = {}  # noqa: RUF012 - msgspec copies the default
    says: str = ""


def case(name: str, status: str, **given: Any) -> Case:  # noqa: ANN401 - fields of a record
    """Write one row: `case("p99 at 95 % of the timeout", "FAIL", function=healthy_function(…))`."""
    return Case(name=name, status=Status(status), **given)


def code_cases(region: Region | None = None, **changes: Any) -> tuple[Case, ...]:  # noqa: ANN401 - fields of a record
    """Rows for a check that reads facts of the code: code that was not read, or cannot be.

    `region` and `changes`, fields of the function, make the check apply to it.
    """
    denied = Unavailable(
        reason=Reason.ACCESS_DENIED, operation="lambda:GetFunction", code="AccessDeniedException"
    )
    compiled = Unavailable(reason=Reason.UNSUPPORTED_RUNTIME, operation="lambda:GetFunction")
    image = Unavailable(reason=Reason.IMAGE_NOT_INSPECTED, operation="lambda:GetFunction")
    unread = healthy_code(facts=denied, handler=denied, calls=denied)
    listed = healthy_code(language="java", facts=compiled, handler=compiled, calls=compiled)
    given: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("the package was denied", "UNKNOWN", {"code": denied}),
        ("the code was not analysed", "UNKNOWN", {"code": unread}),
        ("compiled code", "NOT_APPLICABLE", {"runtime": "java21", "code": listed}),
        ("a container image", "NOT_APPLICABLE", {"package_type": "Image", "layers": (), "code": image}),
        ("a replica at the edge", "NOT_APPLICABLE", {"edge_master_arn": "x"}),
    )
    return tuple(
        case(name, status, function=healthy_function(**{**changes, **fields}), region=region)
        for name, status, fields in given
    )


def rows(tables: Mapping[str, tuple[Case, ...]]) -> list[tuple[str, Case]]:
    """Flatten tables of cases for `pytest.mark.parametrize`, with `ids=row_id`."""
    return [(check_id, one) for check_id, table in tables.items() for one in table]


def row_id(value: object) -> str:
    """Name of a row in pytest's output."""
    return value.name if isinstance(value, Case) else str(value)


def hold(check_id: str, one: Case, *folders: Path) -> None:
    """Ask the check of a row and hold its finding against the row."""
    check = next((found for found in _loaded(folders) if found.id == check_id), None)
    if check is None:
        raise AssertionError(f"there is no check {check_id}")
    finding = ask(
        check,
        one.function,
        region=one.region,
        account=one.account,
        attestations=one.attestations,
        **one.thresholds,
    )
    if finding.status is not one.status or one.says not in finding.message:
        raise AssertionError(
            f"{check_id}, {one.name}: {finding.status.value} ({finding.message}), "
            f"wanted {one.status.value} ({one.says or 'any message'})"
        )


@cache
def _packaged() -> Reference:
    return load_reference(AS_OF)


@cache
def _loaded(folders: tuple[Path, ...]) -> tuple[Check, ...]:
    return load(folders)
