"""The words of a judgement: status, severity, confidence, checklist item, verdict and finding."""

from enum import Enum

import msgspec

from auditor.model import Unavailable


class Closed(Enum):
    """A closed set of words. Members are single, so that they are told apart and hashed by identity."""

    __hash__ = object.__hash__


class Status(Closed):
    """What became of one check on one resource."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    WARN = "WARN"
    UNKNOWN = "UNKNOWN"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    MANUAL = "MANUAL"


class Severity(Closed):
    """How much harm a finding tells of."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def weight(self) -> float:
        """Weight in the score: critical 10, high 6, medium 3, low 1, info 0."""
        return _SEVERITY_WEIGHT[self]

    @property
    def rank(self) -> int:
        """Place in the order of severities, 0 for critical."""
        return _SEVERITY_RANK[self]


_SEVERITY_WEIGHT = {
    Severity.CRITICAL: 10.0,
    Severity.HIGH: 6.0,
    Severity.MEDIUM: 3.0,
    Severity.LOW: 1.0,
    Severity.INFO: 0.0,
}
_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Confidence(Closed):
    """How sure a check can be: a measured fact, a sound inference, or a heuristic."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def factor(self) -> float:
        """Factor on the severity's weight: a heuristic never costs what a fact costs."""
        return _CONFIDENCE_FACTOR[self]


_CONFIDENCE_FACTOR = {Confidence.HIGH: 1.0, Confidence.MEDIUM: 0.6, Confidence.LOW: 0.3}


class ChecklistItem(Closed):
    """The twelve items of the production checklist, in its order."""

    SINGLE_RESPONSIBILITY = "single-responsibility"
    CONFIGURATION = "configuration"
    ERROR_HANDLING = "error-handling"
    STRUCTURED_LOGGING = "structured-logging"
    MEMORY = "memory"
    TIMEOUTS = "timeouts"
    LEAST_PRIVILEGE = "least-privilege"
    TESTS = "tests"
    COLD_START = "cold-start"
    CONCURRENCY = "concurrency"
    MONITORING = "monitoring"
    COST = "cost"

    @property
    def number(self) -> int:
        """Number of the item in the checklist, from 1."""
        return _ITEM_NUMBER[self]

    @property
    def title(self) -> str:
        """Name of the item as a person reads it."""
        return self.value.replace("-", " ").capitalize()


_ITEM_NUMBER = {item: number for number, item in enumerate(ChecklistItem, start=1)}


class Word(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of verdicts and findings: frozen, and written out in full.

    They never refer to themselves, so the cyclic garbage collector need not track millions of them.
    """


class Detail(Word, frozen=True, kw_only=True):
    """One of the many things that a finding is about: a statement, a variable, a file, a version.

    `subject` names it, `text` says what was seen of it, `at` is its place (`handler.py:12`, `policy Sid,
    statement 2`).
    """

    subject: str
    text: str
    at: str = ""


class Evidence(Word, frozen=True, kw_only=True):
    """A block to show as it is, such as a policy statement. `marked` are the offending lines, from 0.

    Lines that start with `+ ` or `- ` are shown as a difference where `diff` is set.
    """

    caption: str
    lines: tuple[str, ...]
    marked: tuple[int, ...] = ()
    diff: bool = False


class Verdict(Word, frozen=True, kw_only=True):
    """What one check says of one resource. `severity` and `confidence` replace the check's own where a case
    calls for it.

    `message` is one sentence without a final stop, with the measured value, the limit and the unit.
    `commands` replace the commands of the check's docstring, `query` is one of CloudWatch Logs Insights or
    Metrics Insights that shows the fact. `usd_month` is what the fact costs, or what mending it saves, in US
    dollars a month.
    """

    status: Status
    message: str
    details: tuple[Detail, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None
    confidence: Confidence | None = None
    commands: tuple[str, ...] = ()
    query: str = ""
    usd_month: float | None = None


class Mute(Word, frozen=True, kw_only=True):
    """The owner's decision on a finding. `kind` is `accepted_risk` or `false_positive`; `expires` an ISO
    date.
    """

    id: str
    kind: str
    reason: str
    owner: str
    expires: str
    ticket: str = ""


class Exhibit(Word, frozen=True, kw_only=True):
    """What stands beside a finding's sentence, where a check has more to show.

    `evidence` are blocks to show as they are, `commands` mend this very resource, `query` is a CloudWatch
    Logs Insights query that shows the fact, `usd_month` what the fact costs, or what mending it saves, in US
    dollars a month.
    """

    evidence: tuple[Evidence, ...] = ()
    commands: tuple[str, ...] = ()
    query: str = ""
    usd_month: float | None = None


class Finding(Word, frozen=True, kw_only=True):
    """One verdict with the check and the resource that it belongs to; (check, resource) is the stable key.

    `function` is the function's name, "" for findings about a region or account, and `*` where the
    functions of a
    region could not be listed. `reason` is set for
    UNKNOWN alone.
    `points` are what the finding takes from the account's score (0 to 100), `function_points` from its
    function's. `exhibit` is None for most: millions of findings are kept, and few have more to show.
    """

    check: str
    resource: str
    function: str
    region: str
    account: str
    status: Status
    severity: Severity
    confidence: Confidence
    item: ChecklistItem
    message: str
    details: tuple[Detail, ...] = ()
    reason: Unavailable | None = None
    muted: Mute | None = None
    points: float = 0.0
    function_points: float = 0.0
    exhibit: Exhibit | None = None

    @property
    def weight(self) -> float:
        """Weight in the score: severity times confidence; 0 where the check does not apply or only a person
        can tell.
        """
        if self.status in _UNWEIGHED:
            return 0.0
        return self.severity.weight * self.confidence.factor


_UNWEIGHED = frozenset({Status.NOT_APPLICABLE, Status.MANUAL})


def passed(
    message: str, *, details: tuple[Detail, ...] = (), severity: Severity | None = None, query: str = ""
) -> Verdict:
    """Say that the resource does well, with the number that shows it."""
    return Verdict(status=Status.PASS, message=message, details=details, severity=severity, query=query)


def failed(  # noqa: PLR0913 - one keyword for each part of a verdict
    message: str,
    *,
    details: tuple[Detail, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    commands: tuple[str, ...] = (),
    query: str = "",
    usd_month: float | None = None,
) -> Verdict:
    """Say that the resource does badly, with the number that shows it."""
    return Verdict(
        status=Status.FAIL,
        message=message,
        details=details,
        evidence=evidence,
        severity=severity,
        confidence=confidence,
        commands=commands,
        query=query,
        usd_month=usd_month,
    )


def warned(  # noqa: PLR0913 - one keyword for each part of a verdict
    message: str,
    *,
    details: tuple[Detail, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    commands: tuple[str, ...] = (),
    query: str = "",
    usd_month: float | None = None,
) -> Verdict:
    """Say that a graded measure or a heuristic asks for a look; it costs half the weight."""
    return Verdict(
        status=Status.WARN,
        message=message,
        details=details,
        evidence=evidence,
        severity=severity,
        confidence=confidence,
        commands=commands,
        query=query,
        usd_month=usd_month,
    )


def not_applicable(message: str) -> Verdict:
    """Say why the check does not concern this resource."""
    return Verdict(status=Status.NOT_APPLICABLE, message=message)


def manual(message: str, *, details: tuple[Detail, ...] = ()) -> Verdict:
    """Say what a person has to attest."""
    return Verdict(status=Status.MANUAL, message=message, details=details)
