"""By which qualifiers events are queued for a function, where those go that it cannot process, and who may
read them there.
"""

from auditor.iam import Circle, Opening, openings
from auditor.model import Function, Record, Region, ResourcePolicy, Statement, known
from auditor.model.invocation import (
    ASYNCHRONOUS_PRINCIPALS,
    InvocationClass,
    invocation_classes,
    services_of,
)
from auditor.served import in_traffic, qualifier_of, served, version_at

SOURCE_OWNER = "aws:sourceowner"


class Entrance(Record, frozen=True, kw_only=True):
    """A qualifier that events come in by ("" for the unqualified function) and where failed ones go.

    Settings of asynchronous invocation belong to one qualifier and are not inherited; a dead-letter queue is
    frozen into each published version.
    """

    qualifier: str
    targets: tuple[str, ...]

    @property
    def label(self) -> str:
        """How a message names it."""
        return self.qualifier or "the unqualified function"


def is_asynchronous(function: Function, region: Region) -> bool:
    """Whether events are queued for a function.

    Raises `EvidenceMissingError` where nothing says so and something that may could not be read.
    """
    if InvocationClass.ASYNCHRONOUS in known(invocation_classes(function, region)):
        return True
    known(function.usage)
    known(region.schedules_of(function))
    return False


def entrances(function: Function, region: Region) -> tuple[Entrance, ...]:
    """Return each qualifier that events come in by, with the destinations that hold for it.

    Raises `EvidenceMissingError` where the settings, the versions or the aliases could not be read.
    """
    configs = known(function.async_configs)
    configurations = known(served(function, region))
    found = []
    for qualifier in _qualifiers(function, region):
        own = [one.on_failure_arn for one in configs if _plain(one.qualifier) == qualifier]
        dead = [known(one.dead_letter_arn) for one in version_at(configurations, qualifier)]
        # While an alias shifts, a dead-letter queue helps only if both versions have one.
        kept = dead if all(dead) else []
        targets = tuple(dict.fromkeys(arn for arn in (*kept, *own) if arn))
        found.append(Entrance(qualifier=qualifier, targets=targets))
    return tuple(found)


def _qualifiers(function: Function, region: Region) -> tuple[str, ...]:
    """Qualifiers that permissions of event senders and schedules name; all in traffic where only the metric
    tells of events.
    """
    named = {
        policy.qualifier
        for policy in known(function.policies)
        if not ASYNCHRONOUS_PRINCIPALS.isdisjoint(services_of(policy))
    }
    named |= {qualifier_of(one.function_arn) for one in known(region.schedules_of(function)) if one.enabled}
    reached = {name for one in in_traffic(known(served(function, region))) for name in one.qualifiers}
    return tuple(sorted({_plain(name) for name in (named & reached) or reached}))


def _plain(qualifier: str) -> str:
    return "" if qualifier == "$LATEST" else qualifier


def is_open(policy: tuple[Statement, ...], account: str) -> bool:
    """Whether the policy of a queue or topic lets everybody in.

    The policy that SNS gives a new topic names everybody and pins them to the owner by `AWS:SourceOwner`:
    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    loose = tuple(
        statement
        for statement in policy
        if not any(one.key.lower() == SOURCE_OWNER for one in statement.conditions)
    )
    found = openings(ResourcePolicy(qualifier="", statements=loose), Circle(account=account))
    return any(one.opening is Opening.PUBLIC for one in found)
