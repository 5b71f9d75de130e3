"""The policy that would be enough for one function of an inventory, found and told as text."""

import difflib
from collections.abc import Iterator
from datetime import date

import msgspec

from auditor.iam import (
    KnownUse,
    Suggestion,
    known_use,
    privileges,
    suggest_policy,
    trust_wider_than_lambda,
)
from auditor.iam.policy_text import REPLACE
from auditor.iam.suggest import INLINE_LIMIT, Calls
from auditor.model import (
    Account,
    EvidenceMissingError,
    Function,
    Inventory,
    Reason,
    Record,
    Region,
    Role,
    Unavailable,
    known,
)
from auditor.reference import Reference
from auditor.served import in_traffic, served

LATEST = "$LATEST"
LISTED = 20
"""How many names a note spells out."""


class SuggestionError(Exception):
    """A function that the inventory does not single out; the text says what to write instead."""


class Subject(Record, frozen=True, kw_only=True):
    """A function with its surroundings; `filters` tell that the scan was about some functions only."""

    function: Function
    region: Region
    account: Account
    filters: tuple[str, ...] = ()


def find_subject(inventory: Inventory, name: str) -> Subject:
    """Return the function of a name or an ARN.

    Raises `SuggestionError` where there is none, with the nearest name, or where several have the name.
    """
    every = tuple(subjects(inventory))
    found = [one for one in every if name in {one.function.name, one.function.arn}]
    if len(found) == 1:
        return found[0]
    if found:
        arns = ", ".join(one.function.arn for one in found)
        raise SuggestionError(f"{len(found)} functions have the name '{name}'; give one of the ARNs {arns}")
    near = difflib.get_close_matches(name, [one.function.name for one in every], n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; the snapshot holds {len(every)} functions"
    raise SuggestionError(f"there is no function '{name}'{hint}")


def subjects(inventory: Inventory) -> Iterator[Subject]:
    """Return every function with its surroundings."""
    for account in inventory.accounts:
        for region in account.regions:
            for function in () if isinstance(region.functions, Unavailable) else region.functions:
                yield Subject(
                    function=function, region=region, account=account, filters=inventory.scan.filters
                )


def suggested_policy(
    function: Function, region: Region, account: Account, reference: Reference
) -> Suggestion | Unavailable:
    """The smallest policy that keeps what the function is seen to use of what its role is granted. Where
    other functions run under the role, what they use stays too, since the policy is the role's.

    `Unavailable` where the role, a part of its policies, the settings of its functions, or both their code
    and the role's last-accessed data could not be read.
    """
    try:
        role = _role(function, account)
        judged = privileges(role, as_of=_as_of(role, reference), controls=account.service_control)
        return suggest_policy(judged, _role_use(function, region, account, role))
    except EvidenceMissingError as missing:
        return missing.unavailable


def _role_use(function: Function, region: Region, account: Account, role: Role) -> KnownUse:
    """What is known of the use of a role by all functions that run under it; the subject's region counts."""
    own = known_use(function, role, known(region.mappings_of(function)))
    others = tuple(
        (one, known_use(one, role, known(there.mappings_of(one))))
        for one, there in companions(function, account)
    )
    calls = (own.calls, *(_told_of(one, use.calls) for one, use in others))
    read = [one for one in calls if not isinstance(one, Unavailable)]
    uses = (own, *(use for _, use in others))
    return msgspec.structs.replace(
        own,
        calls=tuple(dict.fromkeys(call for one in read for call in one)) if read else own.calls,
        needs=tuple(dict.fromkeys(need for use in uses for need in use.needs)),
        arns=tuple(dict.fromkeys(arn for use in uses for arn in use.arns)),
        shared=len(read) < len(calls) or bool(other_users(function, region, account)),
    )


def _told_of(function: Function, calls: Calls | Unavailable) -> Calls | Unavailable:
    if isinstance(calls, Unavailable):
        return calls
    return tuple((service, action, f"{function.name}: {place}") for service, action, place in calls)


def companions(function: Function, account: Account) -> tuple[tuple[Function, Region], ...]:
    """Other functions that run under the role, themselves or in a published version, with their regions."""
    users = account.users_by_role.get(function.role_arn, ())
    return tuple((one, region) for one, region in users if one.arn != function.arn)


def _role(function: Function, account: Account) -> Role:
    role = known(account.role(function.role_arn))
    if role is None:
        gone = Unavailable(
            reason=Reason.NO_DATA, operation="iam:GetRole", note="the execution role does not exist"
        )
        raise EvidenceMissingError(gone)
    return role


def _as_of(role: Role, reference: Reference) -> date:
    """Day from which use is counted back: never later than IAM's record, or an old snapshot would make use
    that was recent then look long past.
    """
    if isinstance(role.last_accessed, Unavailable):
        return reference.as_of
    return min(reference.as_of, role.last_accessed.generated_at.date())


def other_users(function: Function, region: Region, account: Account) -> tuple[str, ...]:
    """Sentences on who uses the role, or may, beyond the code that was read of its functions."""
    every = ((function, region), *companions(function, account))
    return (
        *_unlisted(account),
        *(said for one, there in every for said in _other_versions(one, there)),
        *_other_principals(function, account),
    )


def _unlisted(account: Account) -> Iterator[str]:
    unlisted = [found.name for found in account.regions if isinstance(found.functions, Unavailable)]
    if unlisted:
        yield f"The functions of {', '.join(unlisted)} could not be listed and may use the role too"


def _other_versions(function: Function, region: Region) -> Iterator[str]:
    found = served(function, region)
    if isinstance(found, Unavailable):
        yield f"{function.name}: which versions are in use is not known ({found}); they may run other code"
        return
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    used = {one.version for one in in_traffic(found)} - {LATEST}
    other = [
        one.version
        for one in versions
        if one.version in used
        and one.code_sha256 != function.code_sha256
        and one.role_arn == function.role_arn
    ]
    if other:
        numbers = ", ".join(other)
        yield f"{function.name}: version {numbers} in use has other code than {LATEST}, which was read"


def _other_principals(function: Function, account: Account) -> Iterator[str]:
    role = account.role(function.role_arn)
    if role is None or isinstance(role, Unavailable):
        return
    try:
        trusters = trust_wider_than_lambda(role)
    except EvidenceMissingError as missing:
        yield f"Who else may take the role on is not known ({missing})"
        return
    for one in trusters:
        yield one.text[:1].upper() + one.text[1:]


def suggestion_text(subject: Subject, suggestion: Suggestion | Unavailable) -> str:
    """Return what a person reads: the policy, the difference to today, why each action stays, and notes."""
    function = subject.function
    role = function.role_arn.rsplit("/", 1)[-1]
    if isinstance(suggestion, Unavailable):
        return (
            f"No policy can be suggested for {function.name} (role {role}): {suggestion}{remedy(suggestion)}"
        )
    counts = (
        f"{suggestion.granted} actions granted, {len(suggestion.kept)} kept, {suggestion.removed} dropped"
    )
    parts = (
        f"Suggested policy for {function.name} (role {role}), confidence {suggestion.confidence.value}",
        counts,
        suggestion.text if suggestion.kept else "The role needs no policy: no granted action is seen in use",
        _section("Difference to today", suggestion.difference),
        _section("Why each action stays", tuple(_reason(suggestion))),
        _section("Notes", tuple(f"- {note}" for note in notes(subject, suggestion))),
    )
    return "\n\n".join(part for part in parts if part)


def remedy(missing: Unavailable) -> str:
    """What to do about evidence that was not asked for, "" where nothing is to say."""
    return "; scan with --tier deep" if missing.reason is Reason.NOT_COLLECTED else ""


def _section(title: str, lines: tuple[str, ...]) -> str:
    return "\n".join((title, *lines)) if lines else ""


def _reason(suggestion: Suggestion) -> Iterator[str]:
    width = max((len(one.action) for one in suggestion.kept), default=0)
    for one in suggestion.kept:
        mark = "" if one.verified else " (unverified)"
        yield f"{one.action:<{width}}  {'; '.join(one.why)}{mark}"


def notes(subject: Subject, suggestion: Suggestion) -> Iterator[str]:
    """Sentences on what to look at before a suggested policy is applied."""
    yield "Review it, then try it on a copy of the role: rare paths may need what no evidence shows"
    if suggestion.placeholders:
        yield f"Resources to fill in where it says {REPLACE}: {suggestion.placeholders}; nothing tells which"
    if suggestion.dropped_services:
        yield f"Services that go whole: {_listed(suggestion.dropped_services)}"
    if suggestion.unverified:
        yield f"Unverified: {_listed(suggestion.unverified)}; their service was used, how is not known"
    if suggestion.lacking:
        yield f"Needed but not granted today, and not added: {_listed(suggestion.lacking)}"
    if not suggestion.fits_inline:
        yield f"{suggestion.characters:,} characters; {INLINE_LIMIT:,} is the limit of inline policies"
    yield from _users(subject)
    yield from (f"Still found by our own judgement: {concern}" for concern in suggestion.concerns)


def _users(subject: Subject) -> Iterator[str]:
    others = tuple(one.name for one, _ in companions(subject.function, subject.account))
    if others:
        yield f"The role is shared, and what these use stays too: {_listed(others)}"
    yield from other_users(subject.function, subject.region, subject.account)
    regions = ", ".join(region.name for region in subject.account.regions)
    yield f"Functions of {regions} were looked at; one of another region may use the role too"
    if subject.filters:
        yield f"The scan left functions out ({', '.join(subject.filters)}), which may use the role too"


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
