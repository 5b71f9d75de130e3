"""What functions did in the measured window: metrics, log volume and REPORT lines."""

from datetime import datetime

from auditor.model.evidence import Record, Unavailable


class DailyUsage(Record, frozen=True, kw_only=True):
    """One day of the window (UTC)."""

    day: datetime
    invocations: int
    errors: int = 0
    throttles: int = 0
    duration_p95_ms: float | None | Unavailable = None


class Usage(Record, frozen=True, kw_only=True):
    """CloudWatch metrics of one function over the window, summed over its qualifiers.

    Counts are sums, durations milliseconds, ages milliseconds. A duration is None where nothing ran. `daily`
    tells how much of the window has data at all. Percentiles are asked apart from sums and may be
    `Unavailable` on their own. Metric names: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """

    window_start: datetime
    window_end: datetime
    invocations: int
    errors: int = 0
    throttles: int = 0
    duration_p50_ms: float | None | Unavailable = None
    duration_p95_ms: float | None | Unavailable = None
    duration_p99_ms: float | None | Unavailable = None
    longest_ms: float | None = None
    average_ms: float | None = None
    peak_concurrency: int | None = None
    iterator_age_ms: float | None = None
    offset_lag: float | None = None
    dead_letter_errors: int = 0
    destination_errors: int = 0
    async_received: int = 0
    async_dropped: int = 0
    async_age_p99_ms: float | None | Unavailable = None
    recursive_dropped: int = 0
    provisioned_invocations: int = 0
    provisioned_spillover: int = 0
    provisioned_utilization: float | None = None
    daily: tuple[DailyUsage, ...] = ()

    @property
    def window_days(self) -> float:
        """Length of the window in days."""
        return (self.window_end - self.window_start).total_seconds() / 86_400

    @property
    def error_rate(self) -> float | None:
        """Errors per invocation (0 to 1), None where nothing ran."""
        return self.errors / self.invocations if self.invocations else None

    @property
    def per_month(self) -> float:
        """Factor from the window to a month of 30 days."""
        return 30 / self.window_days if self.window_days else 0.0


class LogUsage(Record, frozen=True, kw_only=True):
    """Log volume of a function's log group over the window, in bytes and events."""

    incoming_bytes: int
    incoming_events: int


class LoggedSecret(Record, frozen=True, kw_only=True):
    """A kind of secret in log lines: the key it stood under, the rule that found it, in how many lines.

    `certain` is whether the classifier takes it for a secret, and not only for what may be one.
    """

    rule: str
    kind: str
    certain: bool
    lines: int
    name: str = ""


class LogSample(Record, frozen=True, kw_only=True):
    """Facts of the newest lines that a function logged, those of the platform left out; none of the text.

    `event_lines` hold what looks like the whole event of a service, `secret_lines` a secret, and
    `doubtful_lines` only what may be one.
    """

    lines: int
    json_lines: int = 0
    request_lines: int = 0
    event_lines: int = 0
    secret_lines: int = 0
    doubtful_lines: int = 0
    secrets: tuple[LoggedSecret, ...] = ()

    @property
    def json_share(self) -> float | None:
        """Share of lines that are JSON (0 to 1), None where there are none."""
        return self.json_lines / self.lines if self.lines else None

    @property
    def request_id_share(self) -> float | None:
        """Share of lines that name their request (0 to 1), None where there are none."""
        return self.request_lines / self.lines if self.lines else None


class ReportLines(Record, frozen=True, kw_only=True):
    """Facts of sampled REPORT lines (Logs Insights or Lambda Insights). `source` says which."""

    source: str
    runs: int
    cold_starts: int
    max_memory_used_mb: float | None = None
    p95_memory_used_mb: float | None = None
    init_p50_ms: float | None = None
    init_p99_ms: float | None = None
    billed_ms: float | None = None
    timeouts: int | Unavailable = 0
    out_of_memory: int | Unavailable = 0
    failed_billed_ms: float | None = None
    tmp_used_mb: float | None = None
    json_share: float | None | Unavailable = None
    request_id_share: float | None | Unavailable = None

    @property
    def cold_start_rate(self) -> float | None:
        """Cold starts per run (0 to 1)."""
        return self.cold_starts / self.runs if self.runs else None
