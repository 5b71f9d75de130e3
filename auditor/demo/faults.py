"""Rules that say which calls of the demo account fail, how, and how often."""

from collections import Counter
from enum import Enum
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

import msgspec

from auditor.model import DeniedBy, Record


class FaultKind(Enum):
    """How a call fails; the failure goes through botocore's parser and its retries."""

    DENIED = "denied"
    THROTTLED = "throttled"
    ERROR_500 = "error-500"
    BARE_404 = "bare-404"
    TIMEOUT = "timeout"
    RESET = "reset"
    EXPIRED = "expired"
    OPT_IN = "opt-in"
    MALFORMED = "malformed"
    HTML = "html"
    EMPTY_BODY = "empty-body"
    EMPTY_PAGE = "empty-page"
    REPEATED_PAGE = "repeated-page"
    REVERSED_PAGE = "reversed-page"
    LOOPING_TOKEN = "looping-token"  # noqa: S105 - a paging token
    MISSING_FIELD = "missing-field"
    UNKNOWN_ENUM = "unknown-enum"


class Fault(Record, frozen=True, kw_only=True):
    """One rule. `operation` is a glob over `service:Operation` as boto3 names the client (`lambda:Get*`).

    `when` narrows it to calls whose parameters match a glob by name (`{"FunctionName": "order-*"}`), `region`
    to one region. The first `after` matching attempts are left alone; then `times` attempts fail (None: all
    of them; every retry is an attempt). `field` names the key that MISSING_FIELD drops and UNKNOWN_ENUM
    overwrites, wherever it stands in the answer; as a path (`Items[].Target.Arn`), MISSING_FIELD drops it
    from there alone. `by` is what denies the call, as the message of DENIED says.
    """

    operation: str
    kind: FaultKind
    when: dict[str, str] = msgspec.field(default_factory=dict)
    region: str = "*"
    after: int = 0
    times: int | None = None
    field: str = ""
    by: DeniedBy = DeniedBy.NO_GRANT

    def concerns(self, operation: str, region: str, params: dict[str, Any]) -> bool:
        """Whether the rule is about this call, whatever the counts say."""
        return (
            fnmatchcase(operation, self.operation)
            and fnmatchcase(region, self.region)
            and all(_matches(params.get(name), glob) for name, glob in self.when.items())
        )


Faults = tuple[Fault, ...]


class FaultCounter:
    """Counts attempts, so that a rule can spare the first ones and stop after some."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._seen: Counter[int] = Counter()
        self._lock = Lock()

    def concerns(self, operation: str, region: str, params: dict[str, Any]) -> bool:
        """Whether any rule is about the call, without counting it."""
        return any(fault.concerns(operation, region, params) for fault in self._faults)

    def next(self, operation: str, region: str, params: dict[str, Any]) -> Fault | None:
        """Count one attempt; return the rule that makes it fail."""
        struck = None
        with self._lock:
            for index, fault in enumerate(self._faults):
                if not fault.concerns(operation, region, params):
                    continue
                seen = self._seen[index]
                self._seen[index] += 1
                if seen >= fault.after and (fault.times is None or seen < fault.after + fault.times):
                    struck = struck or fault
        return struck


def _matches(value: object, glob: str) -> bool:
    if isinstance(value, list | tuple):
        return any(_matches(item, glob) for item in value)
    return value is not None and fnmatchcase(str(value), glob)
