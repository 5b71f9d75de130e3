"""The report: every number and every word that an output shows, independent of its format."""

from datetime import date, datetime

import msgspec

from auditor.model import DeniedBy
from auditor.verdict import ChecklistItem, Confidence, Finding, Severity, Status

SCHEMA_VERSION = 1


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the report's parts. `report.json` is this tree, encoded as it is."""


class Cap(Part, frozen=True, kw_only=True):
    """A ceiling on a score: `held` is what it takes from the raw score (0 where the score is below it
    anyway).
    """

    id: str
    ceiling: int
    why: str
    held: float = 0.0


class Counts(Part, frozen=True, kw_only=True):
    """Findings by status."""

    failed: int = 0
    warned: int = 0
    unknown: int = 0
    passed: int = 0
    not_applicable: int = 0
    manual: int = 0
    muted: int = 0


class ItemScore(Part, frozen=True, kw_only=True):
    """One checklist item, of a function or of the account.

    `score` is None where nothing was assessed. `lost` and `unseen` are points of the owner's score (0 to
    100): what failed and warned findings take, and what unknown ones leave unearned. `note` says what the
    numbers cannot (attested, not assessed).
    """

    item: ChecklistItem
    number: int
    title: str
    score: float | None
    lost: float
    unseen: float
    counts: Counts
    note: str = ""


class Chip(Part, frozen=True, kw_only=True):
    """One fact of a function's configuration: label, value, remark; `flagged` names the check that found
    fault with it.
    """

    label: str
    value: str
    remark: str = ""
    flagged: str = ""


class Connection(Part, frozen=True, kw_only=True):
    """What a function is connected to: `Called by`, `Fails to`, `Role`, `Alarms`, `Logs` … and the names."""

    label: str
    values: tuple[str, ...]


class Measured(Part, frozen=True, kw_only=True):
    """Usage of a function over the window. None means nothing ran; where it was not seen, `unseen` says why
    in words.
    """

    unseen: str = ""
    window_start: datetime | None = None
    window_end: datetime | None = None
    runs: int | None = None
    errors: int | None = None
    throttles: int | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    longest_ms: float | None = None
    peak_concurrency: int | None = None
    memory_used_mb: float | None = None
    cold_start_rate: float | None = None
    init_p99_ms: float | None = None


class CostReport(Part, frozen=True, kw_only=True):
    """What a function costs a month by part, in US dollars at list prices without the free tier.

    `unseen` are the parts whose evidence is missing: their sum is then a lower bound. `assumptions` are
    sentences.
    """

    compute_usd: float
    requests_usd: float
    provisioned_usd: float = 0.0
    ephemeral_usd: float = 0.0
    snapstart_usd: float = 0.0
    log_ingestion_usd: float = 0.0
    log_storage_usd: float = 0.0
    unseen: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


class FunctionReport(Part, frozen=True, kw_only=True):
    """One function. `score` is floored and capped, `raw` neither; `coverage` is in percent.

    `support_ends` is the deprecation date of its runtime, `days_left` the days until then (negative once
    past).
    `usd_month` is None where the cost could not be computed; `cost` is its parts, `cost_unseen` why there are
    none. `role` is the name of the execution role, `role_arn` its ARN, by which `Report.policies` are found.
    """

    arn: str
    name: str
    account: str
    region: str
    score: int
    raw: float
    possible: int
    coverage: int
    grade: str
    caps: tuple[Cap, ...]
    weight: float
    counts: Counts
    items: tuple[ItemScore, ...]
    worst: Severity | None
    worst_title: str
    worst_check: str
    description: str
    owner: str
    tags: tuple[tuple[str, str], ...]
    runtime: str
    support_ends: date | None
    days_left: int | None
    architecture: str
    package_type: str
    memory_mb: int
    timeout_s: int
    triggers: tuple[str, ...]
    invocation: tuple[str, ...]
    measured: Measured
    usd_month: float | None
    chips: tuple[Chip, ...]
    connections: tuple[Connection, ...]
    role: str = ""
    role_arn: str = ""
    cost: CostReport | None = None
    cost_unseen: str = ""


class CheckReport(Part, frozen=True, kw_only=True):
    """One check as the report explains it. `asked` is whether it judged at all, `thresholds` what it judged
    by where no override says otherwise.
    """

    id: str
    title: str
    item: ChecklistItem
    severity: Severity
    confidence: Confidence
    why: str
    fix: str
    commands: tuple[str, ...]
    references: tuple[str, ...]
    codes: tuple[str, ...]
    effort: str
    subject: str
    counts: Counts
    points: float
    controls: tuple[str, ...] = ()
    asked: bool = True
    thresholds: tuple[tuple[str, str], ...] = ()


class PolicyReport(Part, frozen=True, kw_only=True):
    """The policy that would be enough for what runs under a role, to review before it is applied.

    `text` is the document as JSON, "" where the role needs none; `granted` and `kept` count actions,
    `confidence` says how far the evidence reaches. `difference` are lines that begin with `- ` or `+ `,
    `notes` sentences on what to look at. Where none could be suggested `unseen` says why, and the rest is
    empty.
    """

    role: str
    text: str = ""
    granted: int = 0
    kept: int = 0
    confidence: str = ""
    difference: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unseen: str = ""


class Fix(Part, frozen=True, kw_only=True):
    """A fix worth points: mending one check everywhere. `lifts_cap` is the part of `points` that ceilings
    hold back.
    """

    check: str
    title: str
    severity: Severity
    functions: int
    effort: str
    points: float
    lifts_cap: float
    usd_month: float = 0.0


class Gap(Part, frozen=True, kw_only=True):
    """What was not seen for one reason: an operation (as IAM names its action), why, and what it hides.

    `points` is the most that seeing it can earn; `permission` is whether a policy statement would settle it.
    """

    operation: str
    reason: str
    code: str
    permission: bool
    hides: str
    note: str
    results: int
    functions: int
    regions: tuple[str, ...]
    points: float


class AccountReport(Part, frozen=True, kw_only=True):
    """One account. `controls` is the score of its account and region checks."""

    id: str
    alias: str
    regions: tuple[str, ...]
    functions: int
    score: int
    raw: float
    possible: int
    coverage: int
    grade: str
    caps: tuple[Cap, ...]
    controls: float | None


class ControlResult(Part, frozen=True, kw_only=True):
    """One control of a framework: PASS, PARTIAL, FAIL, UNKNOWN, MANUAL, NOT_APPLICABLE or NOT_ASSESSED, and
    why.
    """

    framework: str
    control: str
    title: str
    status: str
    coverage: str
    checks: tuple[str, ...]
    failed: int
    unknown: int
    passed: int
    note: str = ""


class FrameworkReport(Part, frozen=True, kw_only=True):
    """A framework and its controls."""

    id: str
    name: str
    version: str
    source: str
    controls: tuple[ControlResult, ...]


class RuntimeRow(Part, frozen=True, kw_only=True):
    """A runtime in use: its dates, days left (negative once past) and the functions on it.

    `known` is False where the runtime calendar has no such runtime: then nothing is known of its support.
    """

    id: str
    functions: tuple[str, ...]
    deprecated: date | None
    create_blocked: date | None
    update_blocked: date | None
    days_left: int | None
    successor: str
    known: bool = True


class ExceptionRow(Part, frozen=True, kw_only=True):
    """A mute in force and what it covers. `state` is `in force`, `expiring`, `expired` or `unused`."""

    id: str
    check: str
    resources: tuple[str, ...]
    kind: str
    reason: str
    owner: str
    expires: str
    ticket: str
    state: str
    findings: int
    points: float


class OperationRow(Part, frozen=True, kw_only=True):
    """Requests of one operation; `denied_by` counts the denials of which AWS said what denied them."""

    operation: str
    requests: int
    throttled: int
    denied: int
    lost: int
    usd: float
    denied_by: tuple[tuple[DeniedBy, int], ...] = ()


class Change(Part, frozen=True, kw_only=True):
    """One difference to an earlier run: `fixed`, `new`, `worse`, `better`, `gone`, `visibility-lost`,
    `visibility-gained` or `check-changed`. `message` is what the finding says at present.
    """

    kind: str
    check: str
    resource: str
    before: str
    after: str
    severity: Severity | None = None
    message: str = ""


class TrendPoint(Part, frozen=True, kw_only=True):
    """Score of one earlier run."""

    at: datetime
    score: int
    possible: int
    coverage: int


class History(Part, frozen=True, kw_only=True):
    """What became of the run before."""

    since: datetime
    fixed: int
    new: int
    visibility_lost: int
    delta: int
    changes: tuple[Change, ...] = ()
    trend: tuple[TrendPoint, ...] = ()


class ScanReport(Part, frozen=True, kw_only=True):
    """How the evidence came about."""

    id: str
    caller: str
    started_at: datetime
    ended_at: datetime
    tier: str
    complete: bool
    interrupted: str
    regions: tuple[str, ...]
    skipped_regions: tuple[tuple[str, str], ...]
    failed_accounts: tuple[tuple[str, str], ...]
    filters: tuple[str, ...]
    requests: int
    usd: float
    operations: tuple[OperationRow, ...]


class GradeLine(Part, frozen=True, kw_only=True):
    """A letter, the score it starts at, and what it means."""

    letter: str
    floor: int
    meaning: str


class Report(Part, frozen=True, kw_only=True):
    """The canonical result of an audit: `report.json`, and the only input of every output format.

    `score`, `possible` and `coverage` are whole numbers from 0 to 100, floored; `raw` is neither floored
    nor capped.
    `points` of items and findings are points of this score. `grade` is a letter, or `-` where the evidence
    does not suffice. `selection` says in words which checks were asked for, () for all; `rules` is a hash of
    what was judged by: checks, severities, thresholds, overrides and score profile. `policies` are the
    suggested ones, one for each role that a function runs under.
    """

    schema_version: int
    tool_version: str
    score_profile: str
    generated_at: datetime
    as_of: date
    title: str
    score: int
    raw: float
    possible: int
    coverage: int
    grade: str
    meaning: str
    advice: str
    caps: tuple[Cap, ...]
    counts: Counts
    grades: tuple[tuple[str, int], ...]
    capped_functions: int
    caps_points: float
    controls_score: float | None
    score_without_accepted_risk: int
    items: tuple[ItemScore, ...]
    accounts: tuple[AccountReport, ...]
    functions: tuple[FunctionReport, ...]
    findings: tuple[Finding, ...]
    checks: tuple[CheckReport, ...]
    fixes: tuple[Fix, ...]
    gaps: tuple[Gap, ...]
    frameworks: tuple[FrameworkReport, ...]
    runtimes: tuple[RuntimeRow, ...]
    exceptions: tuple[ExceptionRow, ...]
    scan: ScanReport
    usd_month: float | None
    notes: tuple[str, ...] = ()
    history: History | None = None
    grade_lines: tuple[GradeLine, ...] = ()
    selection: tuple[str, ...] = ()
    rules: str = ""
    policies: tuple[PolicyReport, ...] = ()


def open_findings(report: Report) -> tuple[Finding, ...]:
    """Findings that ask for work: failed and warned ones that nobody has accepted."""
    wanted = {Status.FAIL, Status.WARN}
    return tuple(finding for finding in report.findings if finding.status in wanted and finding.muted is None)
