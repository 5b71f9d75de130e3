"""What AWS itself advises of functions, in the words of findings."""

from datetime import datetime

from auditor.deployed import counted
from auditor.model import Account, Advice, Function, Reason, Unavailable
from auditor.reference import Reference

# Functions of which more than a tenth of a day's runs timed out, on one of seven days:
# https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html
EXCESSIVE_TIMEOUTS = "L4dfs2Q3C3"
FLAGGED_SHARE = 0.1
# Functions whose `$LATEST` runs on a runtime that has ended (`error`) or will within 180 days (`warning`):
# https://docs.aws.amazon.com/awssupport/latest/user/security-checks.html
DEPRECATED_RUNTIMES = "L4dfs2Q4C5"
ENDED, ENDING = "error", "warning"
# With these codes a service says that the plan of the account does not open it; "" is a partition without it.
BY_PLAN = frozenset({"SubscriptionRequiredException", "AccessDeniedException", ""})
# Place of the name in the ARN of a function.
NAME = 6


def is_closed_by_plan(found: object) -> bool:
    """Whether AWS does not offer the service to the account, which no permission mends."""
    return isinstance(found, Unavailable) and found.reason is Reason.NOT_SUPPORTED and found.code in BY_PLAN


def timeouts_flagged(function: Function, account: Account, reference: Reference) -> str:
    """What Trusted Advisor says of runs that timed out, "" where it flags none or was not asked."""
    advice = account.advice(function, EXCESSIVE_TIMEOUTS)
    return f"Trusted Advisor flags excessive timeouts: {because(advice, reference)}" if advice else ""


def runtime_flagged(function: Function, account: Account, reference: Reference, *statuses: str) -> str:
    """What Trusted Advisor says of a runtime that it flags with one of these, "" where it does not."""
    advice = account.advice(function, DEPRECATED_RUNTIMES)
    if advice is None or advice.status not in statuses:
        return ""
    return f"Trusted Advisor flags the runtime of $LATEST: {because(advice, reference)}"


def because(advice: Advice, reference: Reference) -> str:
    """What was measured, and when it was seen."""
    seen = seen_on(advice.seen_at, reference)
    return ", ".join([*(f"{name} {value}" for name, value in advice.measured), seen])


def seen_on(when: datetime, reference: Reference) -> str:
    """Say how old an observation is on the day of the report."""
    days = (reference.as_of - when.date()).days
    return f"seen {when.date()}, {counted(days, 'day', 'days')} before {reference.as_of}"


def function_named(arn: str) -> str:
    """Name of a function by its ARN; what is none stays as it is."""
    parts = arn.split(":")
    return parts[NAME] if ":function:" in arn and len(parts) > NAME else arn
