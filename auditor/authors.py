"""Who last changed a function, a person or a machine, in the words of findings."""

from enum import Enum

from auditor.deployed import counted
from auditor.model import Change
from auditor.reference import Reference

# Roles of permission sets, which people assume through IAM Identity Center:
# https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
FOR_PEOPLE = "/AWSReservedSSO_"
# Kinds of identity: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
ROOT = "Root"
PEOPLE = frozenset({"IdentityCenterUser", "SAMLUser"})
ROLES = frozenset({"AssumedRole", "Role", "AWSService"})


class Hand(Enum):
    """What an identity tells of the hand that used it."""

    PERSON = "person"
    LIKELY_PERSON = "likely person"
    UNTOLD = "untold"
    MACHINE = "machine"


def hand_of(change: Change) -> Hand:
    """Tell a person from a machine, as far as CloudTrail does.

    A service that acts for somebody is a machine: what a person has CloudFormation deploy is in a template. A
    session of the console and the root user are persons. The rest is a heuristic.
    """
    if change.service:
        return Hand.MACHINE
    if change.in_console or change.identity == ROOT:
        return Hand.PERSON
    if change.identity in PEOPLE or FOR_PEOPLE in change.who:
        return Hand.LIKELY_PERSON
    return Hand.MACHINE if change.identity in ROLES else Hand.UNTOLD


def changed_by(change: Change, reference: Reference) -> str:
    """Say what was changed when and by whom."""
    what = "Code" if change.is_code else "Configuration"
    days = (reference.as_of - change.at.date()).days
    age = counted(days, "day", "days")
    how = "in a console session of" if change.in_console and not change.service else "by"
    return f"{what} last changed {change.at.date()}, {age} before {reference.as_of}, {how} {_name(change)}"


def _name(change: Change) -> str:
    who = change.who.rsplit(":", 1)[-1] or change.identity
    return f"{change.service} for {who}" if change.service and change.who else change.service or who
