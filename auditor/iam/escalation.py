"""Escalation paths: actions that together, across all policies of a role, give it more than it has."""

from functools import cache
from importlib.resources import files

import msgspec

from auditor.iam.conditions import Narrowing
from auditor.iam.patterns import Arn, arn, matches, meet, plain
from auditor.iam.privileges import Grant, Privileges
from auditor.iam.scope import PREFIX, WHOLE_TYPE
from auditor.model import PolicyKind, Record
from auditor.verdict import Severity

PAGE = "https://pathfinding.cloud/paths/"


class Path(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One path as `escalation.yaml` has it."""

    id: str
    category: str
    actions: tuple[str, ...]
    target: str
    passed_to: tuple[str, ...] = ()
    itself: str = ""
    severity: Severity | None = None
    prefix: bool | None = None
    paired: bool = False
    source: str = ""

    @property
    def url(self) -> str:
        """Page that describes the path."""
        return self.source or f"{PAGE}{self.id}"


class Category(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What paths of a kind gain, and how bad that is."""

    severity: Severity
    gain: str
    prefix: bool = False


class Retired(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An action of a published path that AWS has removed."""

    action: str
    source: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All paths."""

    categories: dict[str, Category]
    retired: tuple[Retired, ...]
    paths: tuple[Path, ...]


class Escalation(Record, frozen=True, kw_only=True):
    """A path that is complete: one grant for each of its actions.

    `id` is the public id (`lambda-001`, or `x-…` for this project's own), `url` its page.
    """

    id: str
    url: str
    category: str
    severity: Severity
    text: str
    fix: str
    grants: tuple[Grant, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions of the path."""
        return tuple(grant.action for grant in self.grants)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what narrows its grants without ending them."""
        return tuple(dict.fromkeys(note for grant in self.grants for note in grant.notes))


@cache
def catalogue() -> Catalogue:
    """The paths of `escalation.yaml`."""
    return msgspec.yaml.decode(files("auditor.iam").joinpath("escalation.yaml").read_bytes(), type=Catalogue)


def escalation_paths(privileges: Privileges) -> tuple[Escalation, ...]:
    """Escalation paths that the role's policies complete together, worst first.

    The action that decides what is reached has to be granted on every resource of its type, or on the role
    itself; where it rewrites or hands out permissions, on a prefix too, one severity lower. The others need
    only be granted. A condition that pins the target takes an action out, one on `iam:PassedToService` takes
    out the paths through other services. A path of which a shorter one with no lower severity is complete is
    left out. Raises `EvidenceMissingError` where a boundary or, with nothing found, a policy was not read.
    """
    if privileges.boundary_unread:
        privileges.sure()
    paths = catalogue()
    granted = privileges.by_action
    possible = (path for path in paths.paths if path.target.lower() in granted)
    complete = [found for path in possible if (found := _complete(path, privileges))]
    kept = [one for one in complete if not any(_makes_needless(other, one) for other in complete)]
    if not kept:
        privileges.conclude()
    return tuple(sorted(kept, key=lambda one: (one.severity.rank, one.id)))


def passes_to(grant: Grant, service: str) -> bool:
    """Whether a grant of iam:PassRole lets a role be passed to a service principal."""
    asked = (service, f"{service}.cn")
    wanted = not grant.passed_to or any(matches(one, name) for one in grant.passed_to for name in asked)
    return wanted and not any(matches(one, name) for one in grant.not_passed_to for name in asked)


def _complete(path: Path, privileges: Privileges) -> Escalation | None:
    candidates: dict[str, list[Grant]] = {}
    for action in path.actions:
        candidates[action] = [
            grant
            for grant in privileges.of(action)
            if grant.narrowing.rank < Narrowing.STRONG.rank and _fits(grant, action, path)
        ]
        if not candidates[action]:
            return None
    shared = _on_one_principal(candidates, privileges) if path.paired else None
    if shared:
        return _escalation(path, shared, _gain(path))
    least = PREFIX if _counts_prefix(path) else WHOLE_TYPE
    candidates[path.target] = [
        one for one in candidates[path.target] if one.breadth >= least or _hits_itself(one, path, privileges)
    ]
    if not candidates[path.target]:
        return None
    grants = tuple(max(among, key=lambda grant: grant.breadth) for among in candidates.values())
    target = grants[path.actions.index(path.target)]
    return _escalation(path, grants, _severity(path, target, privileges))


def _on_one_principal(candidates: dict[str, list[Grant]], privileges: Privileges) -> tuple[Grant, ...] | None:
    """A grant of each action such that all of them reach one principal in common, None where none do."""
    first, second = candidates.values()
    pairs = ((one, other) for one in first for other in second)
    return next((pair for pair in pairs if _meet(*pair, privileges.caller.account)), None)


def _meet(one: Grant, other: Grant, account: str) -> bool:
    patterns = [[arn(plain(written)) for written in grant.resources] for grant in (one, other)]
    commons = (meet(left, right) for left in patterns[0] for right in patterns[1])
    samples = (_sample(common, account) for common in commons if common is not None)
    return any(one.reaches(sample) and other.reaches(sample) for sample in samples)


def _sample(pattern: Arn, account: str) -> str:
    """An ARN that a pattern matches."""
    partition, service, region, owner, resource = pattern[1:]
    parts = (partition, service, region, account if owner == "*" else owner, resource)
    return ":".join(("arn", *(part.replace("*", "name").replace("?", "x") for part in parts)))


def _fits(grant: Grant, action: str, path: Path) -> bool:
    if action != "iam:PassRole" or not path.passed_to:
        return True
    return any(passes_to(grant, service) for service in path.passed_to)


def _hits_itself(grant: Grant, path: Path, privileges: Privileges) -> bool:
    if path.itself == "role":
        return grant.reaches(privileges.caller.role_arn)
    if path.itself == "policy":
        own = {rule.arn for rule in privileges.rules if rule.kind is PolicyKind.CUSTOMER_MANAGED and rule.arn}
        return any(grant.reaches(policy) for policy in own)
    return False


def _counts_prefix(path: Path) -> bool:
    return catalogue().categories[path.category].prefix if path.prefix is None else path.prefix


def _gain(path: Path) -> Severity:
    return path.severity or catalogue().categories[path.category].severity


def _severity(path: Path, target: Grant, privileges: Privileges) -> Severity:
    severity = _gain(path)
    if target.breadth >= WHOLE_TYPE or _hits_itself(target, path, privileges):
        return severity
    return list(Severity)[severity.rank + 1]


def _escalation(path: Path, grants: tuple[Grant, ...], severity: Severity) -> Escalation:
    category = catalogue().categories[path.category]
    parts = " + ".join(f"{grant.action} ({grant.place}, on {_on(grant)})" for grant in grants)
    target = next(grant for grant, action in zip(grants, path.actions, strict=True) if action == path.target)
    return Escalation(
        id=path.id,
        url=path.url,
        category=path.category,
        severity=severity,
        text=f"{path.id}: {parts}: {category.gain}",
        fix=_fix(target, path),
        grants=grants,
    )


def _on(grant: Grant) -> str:
    rest = len(grant.resources) - 1
    return grant.resources[0] + (f" and {rest} more" if rest else "") if grant.resources else "*"


def _fix(target: Grant, path: Path) -> str:
    if target.action == "iam:PassRole":
        services = " or ".join(path.passed_to)
        asked = (
            f", with the condition iam:PassedToService {services}"
            if services and not target.passed_to
            else ""
        )
        return f"In {target.place}, name the roles that may be passed instead of {_on(target)}{asked}"
    return f"In {target.place}, take {target.action} out, or name the ARNs that the function has to change"


def _makes_needless(shorter: Escalation, longer: Escalation) -> bool:
    return set(shorter.actions) < set(longer.actions) and shorter.severity.rank <= longer.severity.rank
