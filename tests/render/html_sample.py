"""A report of any size with believable numbers, for tests and measurements of the HTML page."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from auditor.model import Reason, Unavailable
from auditor.report import (
    SCHEMA_VERSION,
    AccountReport,
    Cap,
    Change,
    CheckReport,
    Chip,
    Connection,
    ControlResult,
    CostReport,
    Counts,
    ExceptionRow,
    Fix,
    FrameworkReport,
    FunctionReport,
    Gap,
    History,
    ItemScore,
    Measured,
    OperationRow,
    PolicyReport,
    Report,
    RuntimeRow,
    ScanReport,
    TrendPoint,
)
from auditor.verdict import (
    ChecklistItem,
    Confidence,
    Detail,
    Evidence,
    Exhibit,
    Finding,
    Mute,
    Severity,
    Status,
)

ACCOUNT = "123456789012"
AS_OF = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)

_DUTIES = (
    "checkout",
    "payment",
    "order",
    "cart",
    "catalog",
    "search",
    "customer",
    "fraud",
    "shipping",
    "inventory",
    "promo",
    "analytics",
    "notify",
    "report",
)
_WORK = (
    "authorize",
    "create",
    "refund",
    "export",
    "sync",
    "index",
    "resize",
    "rollup",
    "webhook",
    "sweeper",
    "import",
    "stream",
    "dispatch",
    "render",
)
_TRIGGERS = ("API Gateway", "SQS", "SNS", "Schedule", "S3", "Kinesis", "DynamoDB stream", "Function URL")
_RUNTIMES: tuple[tuple[str, date | None, date | None, date | None], ...] = (
    ("python3.12", date(2028, 10, 31), date(2028, 11, 30), date(2029, 1, 10)),
    ("nodejs22.x", date(2027, 4, 30), date(2027, 6, 1), date(2027, 7, 1)),
    ("nodejs20.x", date(2026, 4, 30), date(2027, 2, 1), date(2027, 3, 3)),
    ("java21", date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    ("python3.13", date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    ("dotnet8", date(2026, 11, 10), date(2027, 2, 1), date(2027, 3, 3)),
    ("nodejs26.x", None, None, None),
)
_TITLES = (
    (
        "secret-in-environment",
        "Environment variable holds a credential",
        Severity.CRITICAL,
        ChecklistItem.CONFIGURATION,
    ),
    (
        "function-url-unauthenticated",
        "Function URL answers callers without a signature",
        Severity.CRITICAL,
        ChecklistItem.LEAST_PRIVILEGE,
    ),
    (
        "write-on-every-resource",
        "Role may write to every resource of a service",
        Severity.HIGH,
        ChecklistItem.LEAST_PRIVILEGE,
    ),
    ("errors-without-alarm", "No alarm watches the error count", Severity.HIGH, ChecklistItem.MONITORING),
    (
        "async-without-destination",
        "Failed asynchronous events are discarded",
        Severity.HIGH,
        ChecklistItem.ERROR_HANDLING,
    ),
    ("timeout-near-limit", "Longest runs come close to the timeout", Severity.HIGH, ChecklistItem.TIMEOUTS),
    (
        "runtime-deprecated",
        "Runtime gets no more security patches",
        Severity.HIGH,
        ChecklistItem.CONFIGURATION,
    ),
    ("log-format-text", "Logs are written as plain text", Severity.MEDIUM, ChecklistItem.STRUCTURED_LOGGING),
    (
        "concurrency-unlimited",
        "Function that writes to a database has no limit",
        Severity.MEDIUM,
        ChecklistItem.CONCURRENCY,
    ),
    ("memory-nearly-full", "Peak memory comes close to the limit", Severity.MEDIUM, ChecklistItem.MEMORY),
    (
        "initialisation-slow",
        "Initialisation takes longer than 1 s",
        Severity.MEDIUM,
        ChecklistItem.COLD_START,
    ),
    (
        "role-shared",
        "Execution role is shared by several functions",
        Severity.MEDIUM,
        ChecklistItem.LEAST_PRIVILEGE,
    ),
    ("retention-missing", "Log group has no retention", Severity.LOW, ChecklistItem.COST),
    (
        "x86-where-arm64-fits",
        "Function could run on arm64 at a lower price",
        Severity.LOW,
        ChecklistItem.COST,
    ),
    (
        "many-duties",
        "Function seems to do more than one thing",
        Severity.LOW,
        ChecklistItem.SINGLE_RESPONSIBILITY,
    ),
    ("delivery-evidence", "Tests run before every release", Severity.MEDIUM, ChecklistItem.TESTS),
)
_POLICY = Evidence(
    caption="Policy inline, statements 2 and 3",
    lines=(
        "{",
        '  "Sid": "Orders",',
        '  "Effect": "Allow",',
        '  "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"],',
        '  "Resource": "*"',
        "}",
    ),
    marked=(4,),
)
_SUGGESTED = Evidence(
    caption="Suggested policy",
    lines=(
        "  {",
        '-   "Resource": "*"',
        '+   "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"',
        "  }",
    ),
    diff=True,
)


def sample(  # noqa: PLR0913 - one keyword for each thing that a sample varies
    functions: int = 42,
    checks: int = 16,
    *,
    accounts: int = 1,
    seed: int = 7,
    history: bool = True,
    hostile: str = "",
) -> Report:
    """Make a report. `hostile` is put into every place that a stranger can write to."""
    dice = random.Random(seed)  # noqa: S311 - a sample, not a secret
    catalogue = _catalogue(checks)
    listed = [_Thing(place, accounts, dice) for place in range(functions)]
    findings = [
        finding
        for thing in listed
        for finding in _judge(thing, catalogue, dice, 0.9 / max(functions, 1), hostile)
    ]
    findings += _account_findings(catalogue, accounts)
    by_resource: dict[str, list[Finding]] = {}
    for finding in findings:
        by_resource.setdefault(finding.resource, []).append(finding)
    reports = tuple(_function(thing, by_resource[thing.arn], catalogue, dice, hostile) for thing in listed)
    items = _items(findings, total=True)
    taken = sum(item.lost + item.unseen for item in items)
    caps_points = 1.0 if functions else 0.0
    score = int(100 - taken - caps_points)
    possible = int(score + sum(item.unseen for item in items))
    return Report(
        schema_version=SCHEMA_VERSION,
        tool_version="0.1.0",
        score_profile="2026.1",
        generated_at=NOW,
        as_of=AS_OF,
        title=hostile or ("webshop-prod" if accounts == 1 else f"{accounts} accounts"),
        score=score,
        raw=100 - taken,
        possible=possible,
        coverage=91,
        grade=_letter(score),
        meaning="Runs until something goes wrong",
        advice="Mend the highs before the next release",
        caps=(Cap(id="any-critical", ceiling=89, why="A critical finding is open"),) if functions else (),
        counts=_counts(findings),
        grades=tuple((letter, sum(f.grade == letter for f in reports)) for letter in "ABCDF"),
        capped_functions=sum(any(cap.held for cap in found.caps) for found in reports),
        caps_points=caps_points,
        controls_score=64.0,
        score_without_accepted_risk=score + (1 if functions else 0),
        items=items,
        accounts=tuple(
            AccountReport(
                id=str(int(ACCOUNT) + n),
                alias=hostile or f"shop-{n}",
                regions=("eu-west-1", "us-east-1"),
                functions=len(reports[n::accounts]),
                score=score - n % 7,
                raw=float(score),
                possible=possible,
                coverage=91,
                grade=_letter(score - n % 7),
                caps=(),
                controls=64.0,
            )
            for n in range(accounts)
        ),
        functions=reports,
        findings=tuple(findings),
        checks=_check_reports(catalogue, findings, hostile),
        fixes=_fixes(catalogue, findings),
        gaps=_gaps(findings, hostile),
        frameworks=_frameworks(catalogue),
        runtimes=_runtimes(reports),
        exceptions=_exceptions(hostile) if functions else (),
        scan=ScanReport(
            id="scan-1",
            caller=f"arn:aws:sts::{ACCOUNT}:assumed-role/LambdaAuditor/weekly",
            started_at=NOW - timedelta(seconds=108),
            ended_at=NOW,
            tier="deep",
            complete=True,
            interrupted="",
            regions=("eu-west-1", "us-east-1"),
            skipped_regions=(("me-south-1", "not opted in"),),
            failed_accounts=(),
            filters=(),
            requests=1386,
            usd=0.09,
            operations=_operations(),
        ),
        usd_month=214.5 if functions else None,
        notes=(hostile,) if hostile else ("The runtime calendar is of 2026-10-20",),
        history=_history(reports, score, possible) if history and functions else None,
        policies=tuple(_policy(thing, hostile) for thing in listed),
    )


class _Thing:
    """A function before it is judged."""

    def __init__(self, place: int, accounts: int, dice: random.Random) -> None:
        self.name = f"{_DUTIES[place % len(_DUTIES)]}-{_WORK[(place // len(_DUTIES) + place) % len(_WORK)]}"
        if place >= len(_DUTIES) * len(_WORK):
            self.name += f"-{place}"
        self.account = str(int(ACCOUNT) + place % accounts)
        self.region = "us-east-1" if place % 3 == 2 else "eu-west-1"
        self.arn = f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"
        self.owner = "" if place % 11 == 5 else _DUTIES[place % len(_DUTIES)]
        self.runtime = _RUNTIMES[dice.choice((0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 6))]
        self.image = place % 17 == 9
        self.seen = self.region == "eu-west-1" or place % 2 == 0
        self.trigger = _TRIGGERS[place % len(_TRIGGERS)]
        self.timeout = dice.choice((10, 15, 30, 60, 300, 900))
        self.memory = dice.choice((128, 256, 512, 1024, 1769, 3008))


def _catalogue(checks: int) -> list[tuple[str, str, Severity, ChecklistItem]]:
    found = list(_TITLES[:checks])
    while len(found) < checks:
        place = len(found)
        key, title, severity, item = _TITLES[place % len(_TITLES)]
        found.append(
            (
                f"{key}-{place}",
                f"{title} ({place})",
                severity if severity is not Severity.CRITICAL else Severity.LOW,
                item,
            )
        )
    return found


def _judge(
    thing: _Thing,
    catalogue: Sequence[tuple[str, str, Severity, ChecklistItem]],
    dice: random.Random,
    share: float,
    hostile: str,
) -> list[Finding]:
    statuses = []
    for key, _, severity, item in catalogue:
        chance = dice.random()
        if item is ChecklistItem.TESTS:
            statuses.append(Status.MANUAL)
        elif not thing.seen and item in {
            ChecklistItem.TIMEOUTS,
            ChecklistItem.MEMORY,
            ChecklistItem.CONCURRENCY,
        }:
            statuses.append(Status.UNKNOWN)
        elif severity is Severity.CRITICAL:
            statuses.append(Status.FAIL if chance < 0.05 and key == "secret-in-environment" else Status.PASS)
        else:
            statuses.append(
                Status.FAIL
                if chance < 0.13
                else Status.WARN
                if chance < 0.17
                else Status.NOT_APPLICABLE
                if chance < 0.3
                else Status.PASS
            )
    weights = [
        severity.weight if status not in {Status.MANUAL, Status.NOT_APPLICABLE} else 0
        for (_, _, severity, _), status in zip(catalogue, statuses, strict=True)
    ]
    unit = 100 / (sum(weights) or 1)
    return [
        _finding(
            thing, row, status, weight * unit * (0.5 if status is Status.WARN else 1.0), share, dice, hostile
        )
        for row, status, weight in zip(catalogue, statuses, weights, strict=True)
    ]


def _finding(  # noqa: PLR0913, PLR0917 - one argument for each thing that a sample varies
    thing: _Thing,
    row: tuple[str, str, Severity, ChecklistItem],
    status: Status,
    lost: float,
    share: float,
    dice: random.Random,
    hostile: str,
) -> Finding:
    key, _, severity, item = row
    costs = status in {Status.FAIL, Status.WARN, Status.UNKNOWN}
    p99 = thing.timeout * dice.uniform(0.05, 0.98)
    message = f"p99 run {p99:.1f} s of {thing.timeout} s: {1 - p99 / thing.timeout:.0%} to spare, 20% wanted"
    heavy = status is Status.FAIL and key.startswith(("write-on", "secret-in"))
    return Finding(
        check=key,
        resource=thing.arn,
        function=hostile or thing.name,
        region=thing.region,
        account=thing.account,
        status=status,
        severity=severity,
        confidence=Confidence.HIGH,
        item=item,
        message=hostile or message,
        details=(
            Detail(
                subject=hostile or "DB_PASSWORD",
                text=hostile or "22 characters, 4.1 bits each",
                at="environment",
            ),
        )
        if heavy
        else (),
        reason=Unavailable(
            reason=Reason.ACCESS_DENIED,
            operation=hostile or "cloudwatch:GetMetricData",
            code="AccessDenied",
            note=hostile or "denied by a service control policy",
        )
        if status is Status.UNKNOWN
        else None,
        muted=Mute(
            id="M-2026-014",
            kind="accepted_risk",
            reason=hostile or "Buckets are created per tenant",
            owner="data",
            expires="2027-01-31",
        )
        if status is Status.FAIL and dice.random() < 0.05
        else None,
        points=lost * share if costs else 0.0,
        function_points=lost if costs else 0.0,
        exhibit=_exhibit(key, status, hostile),
    )


def _exhibit(key: str, status: Status, hostile: str) -> Exhibit:
    shown = Evidence(
        caption=hostile or _POLICY.caption, lines=(*_POLICY.lines, hostile), marked=_POLICY.marked
    )
    query = "filter @type = 'REPORT' | stats max(@duration)" if key == "timeout-near-limit" else ""
    return Exhibit(
        evidence=(shown, _SUGGESTED)
        if status is Status.FAIL and key.startswith(("write-on", "secret-in"))
        else (),
        query=hostile or query,
        usd_month=1.2 if key == "x86-where-arm64-fits" and status is Status.FAIL else None,
    )


def _account_findings(
    catalogue: Sequence[tuple[str, str, Severity, ChecklistItem]], accounts: int
) -> list[Finding]:
    key, _, severity, item = catalogue[-1]
    return [
        Finding(
            check=key,
            resource=f"arn:aws:iam::{int(ACCOUNT) + n}:root",
            function="",
            region="",
            account=str(int(ACCOUNT) + n),
            status=Status.FAIL,
            severity=severity,
            confidence=Confidence.MEDIUM,
            item=item,
            message="0 budgets watch the account; 1 wanted",
            points=0.6 / accounts,
            function_points=6.0,
        )
        for n in range(accounts)
    ]


def _counts(findings: Sequence[Finding]) -> Counts:
    statuses = [finding.status for finding in findings]
    return Counts(
        failed=statuses.count(Status.FAIL),
        warned=statuses.count(Status.WARN),
        unknown=statuses.count(Status.UNKNOWN),
        passed=statuses.count(Status.PASS),
        not_applicable=statuses.count(Status.NOT_APPLICABLE),
        manual=statuses.count(Status.MANUAL),
        muted=sum(finding.muted is not None for finding in findings),
    )


def _items(findings: Sequence[Finding], *, total: bool) -> tuple[ItemScore, ...]:
    grouped: dict[ChecklistItem, list[Finding]] = {item: [] for item in ChecklistItem}
    for finding in findings:
        grouped[finding.item].append(finding)

    def cost(found: Sequence[Finding], *, unknown: bool) -> float:
        return sum(
            f.points if total else f.function_points for f in found if (f.status is Status.UNKNOWN) is unknown
        )

    return tuple(
        ItemScore(
            item=item,
            number=item.number,
            title=item.title,
            score=80.0 if found else None,
            lost=cost(found, unknown=False),
            unseen=cost(found, unknown=True),
            counts=_counts(found),
            note="" if found else "not assessed",
        )
        for item, found in grouped.items()
    )


def _letter(score: int) -> str:
    return next((letter for cut, letter in ((90, "A"), (80, "B"), (70, "C"), (50, "D")) if score >= cut), "F")


def _function(
    thing: _Thing,
    findings: Sequence[Finding],
    catalogue: Sequence[tuple[str, str, Severity, ChecklistItem]],
    dice: random.Random,
    hostile: str,
) -> FunctionReport:
    titles = {key: title for key, title, _, _ in catalogue}
    bad = sorted(
        (f for f in findings if f.status in {Status.FAIL, Status.WARN}),
        key=lambda f: (f.severity.rank, f.check),
    )
    items = _items(findings, total=False)
    raw = 100 - sum(item.lost + item.unseen for item in items)
    worst = bad[0] if bad else None
    ceiling = (
        49
        if worst and worst.severity is Severity.CRITICAL
        else 79
        if worst and worst.severity is Severity.HIGH
        else 100
    )
    score = int(min(raw, ceiling))
    name, ends, _, _ = thing.runtime
    p99 = thing.timeout * 1000 * dice.uniform(0.05, 0.95)
    runs = int(10 ** dice.uniform(1, 7))
    return FunctionReport(
        arn=thing.arn,
        name=hostile or thing.name,
        account=thing.account,
        region=thing.region,
        score=score,
        raw=raw,
        possible=min(100, int(score + sum(item.unseen for item in items))),
        coverage=88,
        grade=_letter(score),
        caps=()
        if ceiling == 100
        else (
            Cap(
                id="capped",
                ceiling=ceiling,
                why="A finding of high severity is open",
                held=max(0.0, raw - ceiling),
            ),
        ),
        weight=1.0,
        counts=_counts(findings),
        items=items,
        worst=worst.severity if worst else None,
        worst_title=titles[worst.check] if worst else "",
        worst_check=worst.check if worst else "",
        description=hostile or "Authorises card payments for the checkout",
        owner=hostile or thing.owner,
        tags=((hostile or "team", hostile or thing.owner), ("env", "prod")),
        runtime="" if thing.image else name,
        support_ends=None if thing.image else ends,
        days_left=None if thing.image or ends is None else (ends - AS_OF).days,
        architecture="x86_64",
        package_type="Image" if thing.image else "Zip",
        memory_mb=thing.memory,
        timeout_s=thing.timeout,
        triggers=(thing.trigger,),
        invocation=("synchronous",),
        measured=Measured(
            window_start=NOW - timedelta(days=14),
            window_end=NOW,
            runs=runs,
            errors=int(runs * 0.003),
            throttles=0,
            p50_ms=p99 * 0.1,
            p95_ms=p99 * 0.6,
            p99_ms=p99,
            longest_ms=min(thing.timeout * 1000.0, p99 * 1.1),
            peak_concurrency=64,
            memory_used_mb=thing.memory * dice.uniform(0.3, 0.95),
            cold_start_rate=0.018,
            init_p99_ms=1900.0,
        )
        if thing.seen
        else Measured(unseen="cloudwatch:GetMetricData: denied by a service control policy (AccessDenied)"),
        usd_month=(usd := round(dice.uniform(0.05, 60), 2) if thing.seen else None),
        cost=None
        if usd is None
        else CostReport(
            compute_usd=0.7 * usd,
            requests_usd=0.1 * usd,
            log_ingestion_usd=0.2 * usd,
            unseen=(hostile,) if hostile else (),
            assumptions=(hostile or "14 days of metrics scaled to 30",),
        ),
        cost_unseen=hostile if usd is None else "",
        chips=(
            Chip(
                label="Runtime",
                value=name,
                remark="158 d left",
                flagged="runtime-deprecated" if "20" in name else "",
            ),
            Chip(label="Architecture", value="x86_64"),
            Chip(label="Memory", value=f"{thing.memory:,} MB"),
            Chip(label="Timeout", value=f"{thing.timeout} s"),
            Chip(label="Trigger", value=thing.trigger, remark="synchronous"),
            Chip(label="Concurrency", value="not reserved", flagged="concurrency-unlimited"),
            Chip(label="Log format", value="Text", flagged="log-format-text"),
            Chip(label="Tracing", value="Active"),
            Chip(label="Network", value="VPC, 3 subnets"),
            Chip(label="Environment", value="9 variables", remark="AWS owned key"),
            Chip(label="Package", value="14.2 MB zip", remark="1 layer"),
            Chip(label="Alias", value=hostile or "live, version 7", remark=hostile),
        ),
        connections=(
            Connection(label="Called by", values=(hostile or "API Gateway webshop-api, POST /payments",)),
            Connection(label="Role", values=(f"{thing.name}-role",)),
            Connection(label="Alarms", values=(f"{thing.name}-errors",)),
            Connection(label="Logs", values=(f"/aws/lambda/{thing.name}",)),
        ),
        role=f"{thing.name}-role",
        role_arn=_role(thing),
    )


def _role(thing: _Thing) -> str:
    return f"arn:aws:iam::{thing.account}:role/{thing.name}-role"


def _policy(thing: _Thing, hostile: str) -> PolicyReport:
    if not thing.seen:
        return PolicyReport(role=_role(thing), unseen=hostile or "iam:GetRole: access denied (AccessDenied)")
    group = f"arn:aws:logs:{thing.region}:{thing.account}:log-group:/aws/lambda/{thing.name}:*"
    table = f"arn:aws:dynamodb:{thing.region}:{thing.account}:table/{hostile or thing.name}"
    granted = {"dynamodb:GetItem": table, "logs:CreateLogStream": group, "logs:PutLogEvents": group}
    statements = [
        {"Effect": "Allow", "Action": [action], "Resource": [resource]}
        for action, resource in granted.items()
    ]
    return PolicyReport(
        role=_role(thing),
        text=json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2),
        granted=212,
        kept=3,
        confidence="medium",
        difference=(
            *(f"- {action} on *" for action in ("dynamodb:*", "logs:CreateLogGroup", "s3:*")),
            *(f"+ {action} on {resource}" for action, resource in granted.items()),
        ),
        notes=(
            "Review it, then try it on a copy of the role: rare paths may need what no evidence shows",
            hostile or "Services that go whole: s3",
        ),
    )


def _check_reports(
    catalogue: Sequence[tuple[str, str, Severity, ChecklistItem]], findings: Sequence[Finding], hostile: str
) -> tuple[CheckReport, ...]:
    grouped: dict[str, list[Finding]] = {key: [] for key, _, _, _ in catalogue}
    for finding in findings:
        grouped[finding.check].append(finding)
    return tuple(
        CheckReport(
            id=key,
            title=title,
            item=item,
            severity=severity,
            confidence=Confidence.HIGH,
            why=hostile or "A run that reaches its timeout is cut off mid-work: the caller sees an error.",
            fix=hostile
            or (
                "Raise the timeout, or find out what the longest runs wait for:\n"
                "`aws lambda update-function-configuration --function-name NAME --timeout 20 --region REGION`"
            ),
            commands=(
                "aws lambda update-function-configuration --function-name NAME --timeout 20 --region REGION",
            ),
            references=("https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",),
            codes=("REL-17",),
            effort=("One setting", "Policy work", "Code change", "One template")[place % 4],
            subject="function",
            counts=_counts(grouped[key]),
            points=sum(f.points for f in grouped[key] if f.status in {Status.FAIL, Status.WARN}),
            controls=("NIST 800-53 AC-6", "SOC 2 CC6.3"),
        )
        for place, (key, title, severity, item) in enumerate(catalogue)
    )


def _fixes(
    catalogue: Sequence[tuple[str, str, Severity, ChecklistItem]], findings: Sequence[Finding]
) -> tuple[Fix, ...]:
    lost: dict[str, list[float]] = {}
    for finding in findings:
        if finding.status in {Status.FAIL, Status.WARN}:
            lost.setdefault(finding.check, []).append(finding.points)
    rows = [
        Fix(
            check=key,
            title=title,
            severity=severity,
            functions=len(lost[key]),
            effort="One setting",
            points=sum(lost[key]),
            lifts_cap=0.4 if severity is Severity.CRITICAL else 0.0,
        )
        for key, title, severity, _ in catalogue
        if key in lost
    ]
    return tuple(sorted(rows, key=lambda fix: -fix.points)[:10])


def _gaps(findings: Sequence[Finding], hostile: str) -> tuple[Gap, ...]:
    unknown = [finding for finding in findings if finding.status is Status.UNKNOWN]
    if not unknown:
        return ()
    total = sum(finding.points for finding in unknown)
    return tuple(
        Gap(
            operation=operation,
            reason=reason,
            code="AccessDenied" if reason == "ACCESS_DENIED" else "",
            permission=reason == "ACCESS_DENIED",
            hides=hostile or hides,
            note=hostile or note,
            results=max(1, len(unknown) // part),
            functions=max(1, len(unknown) // (2 * part)),
            regions=("us-east-1",),
            points=total / part,
        )
        for operation, reason, hides, note, part in (
            (
                "cloudwatch:GetMetricData",
                "ACCESS_DENIED",
                "Durations, memory, errors",
                "denied by a service control policy",
                2,
            ),
            (
                "iam:GetRolePolicy",
                "ACCESS_DENIED",
                "Inline policies",
                "denied by the permissions boundary AuditScope",
                4,
            ),
            (
                "lambda:GetFunction",
                "PACKAGE_TOO_LARGE",
                "Code checks",
                "the package has 251 MB, 250 MB are read",
                4,
            ),
        )
    )


def _frameworks(catalogue: Sequence[tuple[str, str, Severity, ChecklistItem]]) -> tuple[FrameworkReport, ...]:
    statuses = ("PASS", "FAIL", "PARTIAL", "UNKNOWN", "NOT_ASSESSED", "FAIL", "PASS")
    return tuple(
        FrameworkReport(
            id=key,
            name=name,
            version=version,
            source="https://docs.aws.amazon.com/",
            controls=tuple(
                ControlResult(
                    framework=key,
                    control=f"{prefix}-{n + 1}",
                    title=title,
                    status=statuses[n % len(statuses)],
                    coverage="full" if n % 2 else "partial",
                    checks=(catalogue[n % len(catalogue)][0],)
                    if statuses[n % len(statuses)] != "NOT_ASSESSED"
                    else (),
                    failed=n if statuses[n % len(statuses)] == "FAIL" else 0,
                    unknown=3 if statuses[n % len(statuses)] == "UNKNOWN" else 0,
                    passed=30,
                )
                for n, title in enumerate(item.title for item in ChecklistItem)
            ),
        )
        for key, name, version, prefix in (
            ("production-checklist", "Production checklist", "2026.1", "PC"),
            ("nist-800-53", "NIST SP 800-53, Lambda-relevant", "Rev. 5", "AC"),
            ("pci-dss", "PCI DSS, Lambda-relevant", "4.0.1", "Req"),
        )
    )


def _runtimes(functions: Sequence[FunctionReport]) -> tuple[RuntimeRow, ...]:
    rows = [
        RuntimeRow(
            id=name,
            functions=tuple(f.name for f in functions if f.runtime == name),
            deprecated=ends,
            create_blocked=create,
            update_blocked=update,
            days_left=(ends - AS_OF).days if ends else None,
            successor="",
        )
        for name, ends, create, update in _RUNTIMES
    ]
    return tuple(sorted((r for r in rows if r.functions), key=lambda r: (r.deprecated or date.max, r.id)))


def _exceptions(hostile: str) -> tuple[ExceptionRow, ...]:
    return tuple(
        ExceptionRow(
            id=f"M-2026-0{n}",
            check=check,
            resources=(hostile or "analytics-*",),
            kind="accepted_risk",
            reason=hostile or "Buckets are created per tenant; a boundary limits the role",
            owner="data",
            expires=expires,
            ticket="DAT-77",
            state=state,
            findings=3,
            points=0.4,
        )
        for n, (check, expires, state) in enumerate(
            (
                ("write-on-every-resource", "2027-01-31", "in force"),
                ("runtime-deprecated", "2026-11-15", "expired"),
                ("role-shared", "2026-12-01", "expiring"),
                ("retention-missing", "2027-06-30", "unused"),
            )
        )
    )


def _operations() -> tuple[OperationRow, ...]:
    return tuple(
        OperationRow(
            operation=name, requests=requests, throttled=throttled, denied=denied, lost=denied, usd=usd
        )
        for name, requests, throttled, denied, usd in (
            ("lambda:ListFunctions", 2, 0, 0, 0.0),
            ("lambda:GetFunction", 42, 0, 0, 0.0),
            ("lambda:GetPolicy", 58, 6, 0, 0.0),
            ("iam:GetRolePolicy", 37, 0, 11, 0.0),
            ("cloudwatch:GetMetricData", 9, 0, 1, 0.09),
            ("logs:DescribeLogGroups", 3, 0, 1, 0.0),
        )
    )


def _history(functions: Sequence[FunctionReport], score: int, possible: int) -> History:
    kinds = ("fixed", "new", "visibility-lost", "check-changed")
    return History(
        since=NOW - timedelta(days=7),
        fixed=18,
        new=7,
        visibility_lost=4,
        delta=3,
        changes=tuple(
            Change(
                kind=kinds[n % 4],
                check="timeout-near-limit",
                resource=function.arn,
                before=("FAIL", "PASS", "PASS", "WARN")[n % 4],
                after=("PASS", "FAIL", "UNKNOWN", "FAIL")[n % 4],
            )
            for n, function in enumerate(functions[:29])
        ),
        trend=tuple(
            TrendPoint(
                at=NOW - timedelta(days=7 * n),
                score=score - n - n % 2,
                possible=possible - n % 3,
                coverage=90,
            )
            for n in range(7, 0, -1)
        ),
    )
