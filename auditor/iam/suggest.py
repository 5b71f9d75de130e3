"""The policy that would be enough: what a role is granted, cut down to what its function is seen to use."""

from datetime import date, datetime, timedelta

from auditor.iam import actions
from auditor.iam.actions import Level
from auditor.iam.needs import Need
from auditor.iam.policy_text import Entry, difference, document, placeholders_of, resources_for
from auditor.iam.privileges import Grant, Privileges
from auditor.iam.reexamine import remaining
from auditor.model import LastAccessed, Reason, Record, ServiceUse, Unavailable
from auditor.verdict import Confidence

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters without white space.
INLINE_LIMIT = 10_240
MANAGED_LIMIT = 6_144

# Services that Lambda itself calls with the role, for every run of a function that is set so.
_OF_LAMBDA = frozenset({"logs", "xray", "ec2", "elasticfilesystem"})

Calls = tuple[tuple[str, str, str], ...]


class KnownUse(Record, frozen=True, kw_only=True):
    """What is known of a function's use of its role.

    `calls` are (IAM prefix, IAM action, place) of its code, `needs` those of its settings, `accessed` IAM's
    own record of the role, `arns` resources that its settings name (environment, sources, destinations).
    `shared` tells that other functions use the role too, so that one function's code does not speak for all
    of its use. `idle` are keys of actions that Access Analyzer found unused over the window at least.
    """

    region: str
    calls: Calls | Unavailable
    needs: tuple[Need, ...] = ()
    accessed: LastAccessed | Unavailable = Unavailable(reason=Reason.NOT_COLLECTED, operation="")
    arns: tuple[str, ...] = ()
    shared: bool = False
    window_days: int = 90
    idle: frozenset[str] = frozenset()


class Kept(Record, frozen=True, kw_only=True):
    """An action that the suggested policy keeps, on which resources and why. What is not `verified` is kept
    because its service was used and nothing tells which of its actions.
    """

    action: str
    resources: tuple[str, ...]
    why: tuple[str, ...]
    verified: bool


class Suggestion(Record, frozen=True, kw_only=True):
    """A policy to review before applying it.

    `text` is the document as JSON, `granted` and `kept` what the role has and would have,
    `dropped_services` those that go whole; `lacking` are actions that the code or the settings need and the
    role has not, which are not added. `placeholders` counts the `<REPLACE>` to fill in, `difference` are
    lines that begin with `- ` or `+ `. `concerns` are sentences of findings of medium severity or worse
    that our own judgement still has of it. `characters` counts without white space, as the quota does:
    10,240 inline and 6,144 managed.
    """

    text: str
    granted: int
    kept: tuple[Kept, ...]
    dropped_services: tuple[str, ...]
    lacking: tuple[str, ...]
    placeholders: int
    difference: tuple[str, ...]
    concerns: tuple[str, ...]
    confidence: Confidence
    characters: int

    @property
    def removed(self) -> int:
        """Number of granted actions that the suggested policy leaves out."""
        return self.granted - len(self.kept)

    @property
    def unverified(self) -> tuple[str, ...]:
        """Actions that are kept without evidence of their own."""
        return tuple(one.action for one in self.kept if not one.verified)

    @property
    def fits_inline(self) -> bool:
        """Whether the document fits an inline policy of a role that has no other."""
        return self.characters <= INLINE_LIMIT


def suggest_policy(privileges: Privileges, known: KnownUse) -> Suggestion | Unavailable:
    """The smallest policy that keeps what the function is seen to use of what its role is granted.

    Nothing is granted that was not. `Unavailable` where neither code nor last-accessed data could be had,
    or a part of the role's policies could not be read.
    """
    unread = (privileges.boundary_unread, *privileges.unread)
    missing = next((one.why for one in unread if one is not None), None)
    if missing is None and isinstance(known.calls, Unavailable) and isinstance(known.accessed, Unavailable):
        missing = known.calls
    if missing is not None:
        return missing
    kept = _kept(privileges, known)
    entries = tuple(entry for one in kept for entry in _entries(privileges, known, one))
    text = document(entries)
    return Suggestion(
        text=text,
        granted=len(privileges.by_action),
        kept=tuple(_kept_of(action, why, verified, entries) for action, why, verified in kept),
        dropped_services=_dropped(privileges, kept),
        lacking=_lacking(privileges, known),
        placeholders=placeholders_of(entries),
        difference=difference(privileges, entries),
        concerns=remaining(text, privileges),
        confidence=_confidence(known, entries, kept),
        characters=len("".join(text.split())),
    )


_Choice = tuple[str, tuple[str, ...], bool]


def _kept(privileges: Privileges, known: KnownUse) -> tuple[_Choice, ...]:
    reasons: dict[str, list[str]] = {}
    for service, action, place in _calls(known):
        reasons.setdefault(f"{service}:{action}".lower(), []).append(place)
    for need in known.needs:
        reasons.setdefault(need.action.lower(), []).append(need.why)
    unproven: dict[str, list[str]] = {}
    for use in _used(known, privileges.caller.as_of):
        _add_use(use, privileges, known, reasons, unproven)
    verified = [(key, tuple(dict.fromkeys(why)), True) for key, why in reasons.items()]
    unverified = [(key, tuple(why), False) for key, why in unproven.items() if key not in reasons]
    return tuple(sorted(one for one in (*verified, *unverified) if privileges.of(one[0])))


def _add_use(
    use: ServiceUse,
    privileges: Privileges,
    known: KnownUse,
    reasons: dict[str, list[str]],
    unproven: dict[str, list[str]],
) -> None:
    begins = _begins(known, privileges.caller.as_of)
    service = use.service.lower()
    tracked = {_key(service, name): moment for name, moment in use.tracked_actions}
    for key, moment in tracked.items():
        if moment is not None and _date(moment) >= begins:
            reasons.setdefault(key, []).append(f"last used {_date(moment).isoformat()}")
    if _explained(service, known):
        return
    for key, grants in privileges.by_action.items():
        mine = key.partition(":")[0] == service and key not in tracked and key not in known.idle
        if mine and grants[0].level is not Level.PERMISSIONS:
            unproven.setdefault(key, []).append(f"{service} was used, IAM does not track which action")


def _explained(service: str, known: KnownUse) -> bool:
    """Whether the code that was read, or for what Lambda itself does the settings, tell all of the use."""
    if isinstance(known.calls, Unavailable) or known.shared:
        return False
    told = {prefix.lower() for prefix, _, _ in known.calls}
    told |= _OF_LAMBDA & {need.action.partition(":")[0] for need in known.needs}
    return service in told


def _calls(known: KnownUse) -> Calls:
    return () if isinstance(known.calls, Unavailable) else known.calls


def _used(known: KnownUse, as_of: date) -> tuple[ServiceUse, ...]:
    if isinstance(known.accessed, Unavailable):
        return ()
    begins = _begins(known, as_of)
    return tuple(
        use for use in known.accessed.services if use.last_used is not None and _date(use.last_used) >= begins
    )


def _begins(known: KnownUse, as_of: date) -> date:
    return as_of - timedelta(days=known.window_days)


def _date(moment: datetime) -> date:
    return moment.date()


def _key(service: str, action: str) -> str:
    return (action if ":" in action else f"{service}:{action}").lower()


def _entries(privileges: Privileges, known: KnownUse, choice: _Choice) -> tuple[Entry, ...]:
    key, _, verified = choice
    named = tuple(need.pattern for need in known.needs if need.action.lower() == key and need.pattern)
    return resources_for(
        privileges, key, named=named, arns=known.arns, region=known.region, verified=verified
    )


def _kept_of(key: str, why: tuple[str, ...], verified: bool, entries: tuple[Entry, ...]) -> Kept:  # noqa: FBT001
    resources = tuple(dict.fromkeys(one for entry in entries if entry.key == key for one in entry.resources))
    return Kept(action=_display(key), resources=resources, why=why, verified=verified)


def _display(key: str) -> str:
    return actions.display(key)


def _dropped(privileges: Privileges, kept: tuple[_Choice, ...]) -> tuple[str, ...]:
    staying = {key.partition(":")[0] for key, _, _ in kept}
    return tuple(sorted(set(privileges.services) - staying))


def _lacking(privileges: Privileges, known: KnownUse) -> tuple[str, ...]:
    wanted = {f"{service}:{action}" for service, action, _ in _calls(known)}
    wanted |= {need.action for need in known.needs if not need.optional}
    return tuple(sorted(action for action in wanted if not _has(privileges.of(action))))


def _has(grants: tuple[Grant, ...]) -> bool:
    return bool(grants)


def _confidence(known: KnownUse, entries: tuple[Entry, ...], kept: tuple[_Choice, ...]) -> Confidence:
    blind = (
        isinstance(known.calls, Unavailable) or known.shared or not all(verified for _, _, verified in kept)
    )
    if blind:
        return Confidence.LOW
    if isinstance(known.accessed, Unavailable) or placeholders_of(entries):
        return Confidence.MEDIUM
    return Confidence.HIGH
