"""Evidence, or the reason why there is none."""

from enum import Enum
from typing import TypeVar

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """Base of every record: frozen, keyword-only, told apart by its name in a snapshot.

    Records never refer to themselves, so the cyclic garbage collector need not track them; those that keep
    what they derive (`dict=True`) have to say `gc=True`.
    """


class Reason(Enum):
    """Why evidence is missing: a closed list, so that unknowns can be grouped and counted."""

    ACCESS_DENIED = "ACCESS_DENIED"
    THROTTLED = "THROTTLED"
    NOT_COLLECTED = "NOT_COLLECTED"
    NO_DATA = "NO_DATA"
    INSUFFICIENT_SAMPLES = "INSUFFICIENT_SAMPLES"
    API_ERROR = "API_ERROR"
    MALFORMED_RESPONSE = "MALFORMED_RESPONSE"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    CREDENTIALS_EXPIRED = "CREDENTIALS_EXPIRED"
    REGION_DISABLED = "REGION_DISABLED"
    TIMEOUT = "TIMEOUT"
    OTHER_ACCOUNT = "OTHER_ACCOUNT"
    PACKAGE_TOO_LARGE = "PACKAGE_TOO_LARGE"
    PACKAGE_UNREADABLE = "PACKAGE_UNREADABLE"
    IMAGE_NOT_INSPECTED = "IMAGE_NOT_INSPECTED"
    UNSUPPORTED_RUNTIME = "UNSUPPORTED_RUNTIME"
    CHECK_BUG = "CHECK_BUG"


class DeniedBy(Enum):
    """What denied a call, by AWS's own word; of these a grant to the caller lifts the first alone."""

    NO_GRANT = "no grant"
    EXPLICIT_DENY = "an explicit deny in an identity-based policy"
    RESOURCE_POLICY = "a resource-based policy"
    SERVICE_CONTROL_POLICY = "a service control policy"
    RESOURCE_CONTROL_POLICY = "a resource control policy"
    PERMISSIONS_BOUNDARY = "a permissions boundary"
    SESSION_POLICY = "a session policy"
    VPC_ENDPOINT_POLICY = "a VPC endpoint policy"


class Unavailable(Record, frozen=True, kw_only=True):
    """Evidence that could not be had, in place of the value.

    `operation` is the AWS operation as IAM spells its action (`lambda:GetPolicy`), `code` the error code
    that AWS answered (`AccessDeniedException`) or the name of the transport error; `note` one sentence,
    free of secret values; `denied_by` what denied the call, where AWS says so.
    """

    reason: Reason
    operation: str
    code: str = ""
    note: str = ""
    denied_by: DeniedBy | None = None

    @property
    def is_grantable(self) -> bool:
        """Whether more permissions for the caller may bring the evidence."""
        return self.reason is Reason.ACCESS_DENIED and self.denied_by in {None, DeniedBy.NO_GRANT}

    def __str__(self) -> str:
        """Say what was asked and why it has no answer, in one sentence."""
        why = self.note or self.reason.value.replace("_", " ").lower()
        code = f" ({self.code})" if self.code else ""
        return f"{self.operation}: {why}{code}" if self.operation else f"{why}{code}"


NOT_COLLECTED = Unavailable(reason=Reason.NOT_COLLECTED, operation="", note="not collected")


class EvidenceMissingError(Exception):
    """A check asked for evidence that is `Unavailable`; the evaluator turns it into UNKNOWN."""

    def __init__(self, unavailable: Unavailable) -> None:
        super().__init__(str(unavailable))
        self.unavailable = unavailable


T = TypeVar("T")


def known(value: T | Unavailable) -> T:
    """Return the evidence, or raise `EvidenceMissingError` so that the verdict becomes UNKNOWN."""
    if isinstance(value, Unavailable):
        raise EvidenceMissingError(value)
    return value
