"""What the author of a check imports: the nouns, the words, and the decorator."""

from auditor.catalogue import Check, check
from auditor.iam import BlastRadius, Privileges
from auditor.model import (
    Account,
    Function,
    InvocationClass,
    Region,
    Role,
    Unavailable,
    Usage,
    known,
)
from auditor.reference import Attestations, Reference
from auditor.verdict import (
    ChecklistItem,
    Confidence,
    Detail,
    Evidence,
    Severity,
    Status,
    Verdict,
    failed,
    manual,
    not_applicable,
    passed,
    warned,
)

__all__ = [
    "Account",
    "Attestations",
    "BlastRadius",
    "Check",
    "ChecklistItem",
    "Confidence",
    "Detail",
    "Evidence",
    "Function",
    "InvocationClass",
    "Privileges",
    "Reference",
    "Region",
    "Role",
    "Severity",
    "Status",
    "Unavailable",
    "Usage",
    "Verdict",
    "check",
    "failed",
    "known",
    "manual",
    "not_applicable",
    "passed",
    "warned",
]
