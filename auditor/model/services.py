"""Account services that stand around Lambda."""

from datetime import datetime

from auditor.model.evidence import NOT_COLLECTED, Record, Unavailable

# States of what a change of AWS Health no longer concerns.
SETTLED = frozenset({"RESOLVED", "UNIMPAIRED"})


class Trail(Record, frozen=True, kw_only=True):
    """A CloudTrail trail; `lambda_data_events` are the ARNs (or the wildcard) whose Invoke calls it
    records.
    """

    arn: str
    name: str
    logging: bool | Unavailable
    multi_region: bool
    organization: bool
    lambda_data_events: tuple[str, ...] | Unavailable


class Stack(Record, frozen=True, kw_only=True):
    """A CloudFormation stack; `drift` is `DRIFTED`, `IN_SYNC`, `NOT_CHECKED` or `UNKNOWN`."""

    name: str
    status: str
    drift: str = "NOT_CHECKED"


class Announcement(Record, frozen=True, kw_only=True):
    """A change that AWS Health announces, `open` or `upcoming`; from `starts_at` on it may be felt.

    `affected` are (ARN of a function without its qualifier, or AWS's name of what is none; its state, as
    `PENDING` or `RESOLVED`).
    """

    arn: str
    event: str
    region: str
    status: str
    starts_at: datetime | None = None
    affected: tuple[tuple[str, str], ...] | Unavailable = NOT_COLLECTED

    @property
    def concerned(self) -> tuple[str, ...] | Unavailable:
        """What the change still concerns, without what is settled."""
        if isinstance(self.affected, Unavailable):
            return self.affected
        return tuple(name for name, state in self.affected if state not in SETTLED)


class Advice(Record, frozen=True, kw_only=True):
    """A resource that a check of Trusted Advisor flags, with `warning` or `error`, as it was seen then.

    `check` is the id of that check (`L4dfs2Q3C3`); `resource` the ARN of a function without its qualifier, or
    AWS's name of what is no function; `measured` are the columns of its report that say why, as (heading,
    text).
    """

    check: str
    name: str
    region: str
    resource: str
    status: str
    seen_at: datetime
    measured: tuple[tuple[str, str], ...] = ()


class TrustedAdvisor(Record, frozen=True, kw_only=True):
    """What Trusted Advisor flags of Lambda, and the names of all its checks of Lambda."""

    checks: tuple[str, ...]
    flagged: tuple[Advice, ...]


class SamplingRule(Record, frozen=True, kw_only=True):
    """A sampling rule of X-Ray: requests a second that it records, and the share of those beyond them; the
    share may rise to `boosted_rate` for a time.
    """

    name: str
    fixed_rate: float
    reservoir: int
    boosted_rate: float = 0.0

    @property
    def records_nothing(self) -> bool:
        """Whether no request that it matches leaves a trace."""
        return not (self.fixed_rate or self.reservoir or self.boosted_rate)


class WebEndpoint(Record, frozen=True, kw_only=True):
    """An endpoint of a Web Function. In `unasked_regions` Lambda asks nobody who calls and leaves that to the
    code; `open_policy` is whether it asks, and a policy lets everybody in.
    """

    arn: str
    function: str
    name: str
    unasked_regions: tuple[str, ...] = ()
    open_policy: bool = False


class ServiceStatus(Record, frozen=True, kw_only=True):
    """Services of one region that watch over functions: on, off, or not seen.

    `compute_optimizer` is the enrolment status (`Active`), its findings are (function ARN, the finding as
    `MemoryOverprovisioned`, `MemoryUnderprovisioned` or `Optimized`, recommended memory in MB).
    `disabled_keys` are (KMS key ARN, key state), `open_keys` those whose policy lets everybody in.
    `sampling_rules` are empty where no function traces.
    `inspector_coverage` holds (function ARN, `ACTIVE` or `INACTIVE`, the reason) of functions it knows.
    """

    guardduty_lambda: bool | Unavailable = NOT_COLLECTED
    inspector_lambda: bool | Unavailable = NOT_COLLECTED
    inspector_lambda_code: bool | Unavailable = NOT_COLLECTED
    inspector_findings: tuple[tuple[str, str, int], ...] | Unavailable = NOT_COLLECTED
    inspector_coverage: tuple[tuple[str, str, str], ...] | Unavailable = NOT_COLLECTED
    compute_optimizer: str | Unavailable = NOT_COLLECTED
    compute_optimizer_findings: tuple[tuple[str, str, int], ...] | Unavailable = NOT_COLLECTED
    trails: tuple[Trail, ...] | Unavailable = NOT_COLLECTED
    stacks: tuple[Stack, ...] | Unavailable = NOT_COLLECTED
    web_functions: int | Unavailable = NOT_COLLECTED
    web_endpoints: tuple[WebEndpoint, ...] | Unavailable = NOT_COLLECTED
    pipelines: tuple[str, ...] | Unavailable = NOT_COLLECTED
    all_at_once_deployments: tuple[tuple[str, str], ...] | Unavailable = NOT_COLLECTED
    disabled_keys: tuple[tuple[str, str], ...] | Unavailable = NOT_COLLECTED
    unrotated_keys: tuple[str, ...] | Unavailable = NOT_COLLECTED
    open_keys: tuple[str, ...] | Unavailable = NOT_COLLECTED
    sampling_rules: tuple[SamplingRule, ...] | Unavailable = NOT_COLLECTED
