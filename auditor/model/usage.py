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
    timeouts: int = 0
    out_of_memory: int = 0
    failed_billed_ms: float | None = None
    tmp_used_mb: float | None = None
    json_share: float | None = None
    request_id_share: float | None = None

    @property
    def cold_start_rate(self) -> float | None:
        """Cold starts per run (0 to 1)."""
        return self.cold_starts / self.runs if self.runs else None
