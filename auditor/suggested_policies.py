"""The suggested policies of a report: one for each role that a function runs under."""

from auditor.iam import Suggestion
from auditor.model import Inventory
from auditor.reference import Reference
from auditor.report import PolicyReport
from auditor.suggestion import Subject, notes, remedy, subjects, suggested_policy


def suggested_policies(inventory: Inventory, reference: Reference) -> tuple[PolicyReport, ...]:
    """The policy that would be enough for each role, sorted by the role's ARN; of several functions under one
    role the first one's region fills what the policy leaves open.
    """
    return tuple(_policy(role, subject, reference) for role, subject in sorted(_subjects(inventory).items()))


def _subjects(inventory: Inventory) -> dict[str, Subject]:
    found: dict[str, Subject] = {}
    for subject in subjects(inventory):
        found.setdefault(subject.function.role_arn, subject)
    return found


def _policy(role: str, subject: Subject, reference: Reference) -> PolicyReport:
    found = suggested_policy(subject.function, subject.region, subject.account, reference)
    if isinstance(found, Suggestion):
        return PolicyReport(
            role=role,
            text=found.text if found.kept else "",
            granted=found.granted,
            kept=len(found.kept),
            confidence=found.confidence.value,
            difference=found.difference,
            notes=tuple(notes(subject, found)),
        )
    return PolicyReport(role=role, unseen=f"{found}{remedy(found)}")
