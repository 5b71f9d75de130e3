"""Functions are changed by a pipeline, and not by a person."""

from auditor import (
    ChecklistItem,
    Confidence,
    Detail,
    Function,
    Reference,
    Region,
    Severity,
    Unavailable,
    Verdict,
    check,
    failed,
    known,
    not_applicable,
    passed,
    warned,
)
from auditor.authors import Hand, changed_by, hand_of
from auditor.model import Change, Reason

LOOKUP = "cloudtrail:LookupEvents"
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
HISTORY_DAYS = 90


@check(
    item=ChecklistItem.TESTS,
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    codes=("OPS-18",),
    effort="Deploy from the template",
)
def changed_by_hand(function: Function, region: Region, reference: Reference) -> Verdict:
    """Function was last changed by a person.

    ## Why it matters
    What somebody changed by hand was in no review and no test, and the next deployment undoes it, or keeps it
    without anybody knowing. CloudTrail tells a session of the console; beyond that this is a heuristic: a role of
    IAM Identity Center stands for a person, another role or a service for a machine. An access key of a user may be
    either.

    ## How to fix
    Bring the change into the template and deploy it from there. What was changed:
    `aws cloudtrail lookup-events --region REGION --lookup-attributes AttributeKey=ResourceName,AttributeValue=NAME`

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
    - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
    """
    if function.is_edge_replica:
        return not_applicable("A replica is changed at its master")
    changes = known(region.changes_of(function))
    if not changes:
        return _unchanged(function, region, reference)
    by_hand = {hand: [one for one in changes if hand_of(one) is hand] for hand in Hand}
    details = tuple(
        Detail(subject="Code" if one.is_code else "Configuration", text=_told(one, reference))
        for one in changes
    )
    for hand, judge in ((Hand.PERSON, failed), (Hand.LIKELY_PERSON, warned)):
        if by_hand[hand]:
            sure = Confidence.HIGH if hand is Hand.PERSON else None
            return judge(changed_by(by_hand[hand][0], reference), details=details, confidence=sure)
    if by_hand[Hand.UNTOLD]:
        said = changed_by(by_hand[Hand.UNTOLD][0], reference)
        return not_applicable(f"{said}, and CloudTrail does not tell whether a person did it")
    return passed(f"{changed_by(changes[0], reference)}, no sign of a person", details=details)


def _told(change: Change, reference: Reference) -> str:
    return f"{changed_by(change, reference)} ({change.identity})"


def _unchanged(function: Function, region: Region, reference: Reference) -> Verdict:
    """No change was seen: there was none, it is too long ago, or its event is among those that were not read."""
    history, changed = known(region.changes), function.last_modified
    idle = (reference.as_of - changed.date()).days if changed else 0
    if idle > HISTORY_DAYS:
        return not_applicable(
            f"Last changed {idle} days ago; CloudTrail's event history holds {HISTORY_DAYS} days"
        )
    days = (reference.as_of - history.since.date()).days
    if not history.is_whole:
        known(
            Unavailable(
                reason=Reason.NO_DATA,
                operation=LOOKUP,
                note=f"the newest events reach back {days} days, and none that was read is about the function",
            )
        )
    return not_applicable(f"CloudTrail has no change of it since {history.since.date()}, {days} days")
