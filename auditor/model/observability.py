"""Alarms and log groups."""

from datetime import datetime

from auditor.model.evidence import NOT_COLLECTED, Record, Unavailable


class AlarmMetric(Record, frozen=True, kw_only=True):
    """One metric of an alarm, or one expression (`expression` set, the other fields empty) of a metric-math
    alarm.
    """

    id: str = ""
    namespace: str = ""
    metric: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = ""
    expression: str = ""
    period_s: int = 0
    return_data: bool = True


class Alarm(Record, frozen=True, kw_only=True):
    """A metric or composite alarm. `rule` is set for composite alarms and `children` names the alarms it
    refers to.
    """

    arn: str
    name: str
    metrics: tuple[AlarmMetric, ...] = ()
    rule: str = ""
    children: tuple[str, ...] = ()
    comparison: str = ""
    threshold: float | None = None
    evaluation_periods: int = 0
    datapoints_to_alarm: int = 0
    treat_missing_data: str = ""
    actions_enabled: bool = True
    alarm_actions: tuple[str, ...] = ()
    state: str = ""
    state_changed_at: datetime | None = None

    @property
    def is_composite(self) -> bool:
        """Whether the alarm watches other alarms."""
        return bool(self.rule)


class LogFilter(Record, frozen=True, kw_only=True):
    """A subscription filter of a log group: where lines go, and whether only those that match a pattern."""

    destination_arn: str
    filtered: bool = False


class LogGroup(Record, frozen=True, kw_only=True):
    """A log group. `retention_days` is None where events never expire; `stored_bytes` is AWS's own count.

    `retention_policy` names the account-level policy that sets the retention in place of the group's own.
    """

    name: str
    arn: str = ""
    retention_days: int | None = None
    stored_bytes: int = 0
    kms_key_id: str = ""
    log_class: str = "STANDARD"
    retention_policy: str = ""
    subscription_filters: tuple[LogFilter, ...] | Unavailable = NOT_COLLECTED


class LogForwarding(Record, frozen=True, kw_only=True):
    """An account-level subscription filter: what sends the lines of every log group of a region to one
    destination, those of the groups that it excludes left out. `filtered` is whether only lines that match a
    pattern go.
    """

    name: str
    destination_arn: str
    filtered: bool = False
    excluded: tuple[str, ...] | Unavailable = ()


class MetricFilter(Record, frozen=True, kw_only=True):
    """A metric filter on a log group and the metrics that it feeds, as (namespace, name)."""

    name: str
    log_group: str
    metrics: tuple[tuple[str, str], ...]
