"""The proven score: what was judged and passed, of all that applies; unknown is never earned."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from math import floor

import msgspec

from auditor.report import Cap, Counts, ItemScore
from auditor.verdict import ChecklistItem, Finding, Severity, Status

RUNTIME_CHECK = "runtime-deprecated"
WARN_SHARE = 0.5


class CapRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ceiling and the condition under which it holds; `limit` in percent."""

    id: str
    when: str
    ceiling: int
    why: str
    limit: float = 0.0


class GradeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A letter, the score it starts at, and what it means."""

    letter: str
    floor: int
    meaning: str
    advice: str
    coverage: int = 0
    uncapped: bool = False


class Ungraded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in place of a letter where too little was seen."""

    meaning: str
    advice: str


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of the score, frozen under a name so that scores of different days can be compared."""

    profile: str
    controls_share: float
    function_caps: tuple[CapRule, ...]
    account_caps: tuple[CapRule, ...]
    grade_coverage: int
    grades: tuple[GradeRule, ...]
    ungraded: Ungraded


@cache
def profile() -> Profile:
    """Return the packaged rules."""
    return msgspec.yaml.decode(files("auditor").joinpath("score_profile.yaml").read_bytes(), type=Profile)


@dataclass(slots=True)
class Tally:
    """Weights of one group of findings: `total` is what applies, `earned` what passed, `unseen` what is
    unknown.
    """

    total: float = 0.0
    earned: float = 0.0
    unseen: float = 0.0
    failed: int = 0
    warned: int = 0
    unknown: int = 0
    passed: int = 0
    not_applicable: int = 0
    manual: int = 0
    muted: int = 0

    def add(self, finding: Finding, weight: float) -> None:
        """Count one finding."""
        status = finding.status
        if status is Status.PASS:
            self.passed += 1
            self.total += weight
            self.earned += weight
        elif status is Status.NOT_APPLICABLE:
            self.not_applicable += 1
        elif status is Status.FAIL:
            self.failed += 1
            self.total += weight
        elif status is Status.UNKNOWN:
            self.unknown += 1
            self.total += weight
            self.unseen += weight
        elif status is Status.WARN:
            self.warned += 1
            self.total += weight
            self.earned += weight * WARN_SHARE
        else:
            self.manual += 1
        if finding.muted is not None:
            self.muted += 1

    @property
    def raw(self) -> float:
        """Proven score before caps, 0 to 100; 0 where nothing applies."""
        return 100 * self.earned / self.total if self.total else 0.0

    @property
    def reachable(self) -> float:
        """Score before caps if everything unknown turned out to pass."""
        return 100 * (self.earned + self.unseen) / self.total if self.total else 0.0

    @property
    def coverage(self) -> float:
        """Share of the applicable weight that was judged, in percent."""
        return 100 * (self.total - self.unseen) / self.total if self.total else 0.0

    def counts(self) -> Counts:
        """Findings by status."""
        return Counts(
            failed=self.failed,
            warned=self.warned,
            unknown=self.unknown,
            passed=self.passed,
            not_applicable=self.not_applicable,
            manual=self.manual,
            muted=self.muted,
        )


@dataclass(frozen=True)
class ResourceScore:
    """Score of one function (or of an account's own checks, or of a region whose functions could not be
    listed).

    `capped` is `raw` under the ceilings; `share` is how many points of the whole report's score one point
    here is.
    """

    resource: str
    findings: tuple[Finding, ...]
    tally: Tally
    items: Mapping[ChecklistItem, Tally]
    caps: tuple[Cap, ...]
    capped: float
    possible: float
    weight: float
    conditions: Counter[str]
    is_controls: bool = False
    share: float = 0.0

    @property
    def has_critical(self) -> bool:
        """Whether a critical finding is open, accepted or not."""
        return any(_fails(finding, Severity.CRITICAL) for finding in self.findings)

    @property
    def score(self) -> int:
        """Score as shown: capped and floored; 100 only where nothing is lost."""
        return floored(self.capped)


@dataclass(frozen=True)
class AccountScore:
    """Score of one account: the mean of its capped function scores, and its own checks."""

    account: str
    functions: tuple[ResourceScore, ...]
    controls: ResourceScore | None
    raw: float
    capped: float
    possible: float
    coverage: float
    caps: tuple[Cap, ...]
    weight: float


@dataclass(frozen=True)
class TotalScore:
    """Score over all accounts. `items` are account-wide; `caps_points` is what ceilings of functions and
    accounts hold back.
    """

    accounts: tuple[AccountScore, ...]
    raw: float
    capped: float
    possible: float
    coverage: float
    caps: tuple[Cap, ...]
    items: tuple[ItemScore, ...]
    caps_points: float
    findings: tuple[Finding, ...]

    @property
    def resources(self) -> tuple[ResourceScore, ...]:
        """Every scored function and every account's own checks."""
        return tuple(
            found
            for account in self.accounts
            for found in (*account.functions, *((account.controls,) if account.controls else ()))
        )


def floored(value: float) -> int:
    """Round a score down; a sum that only lacks a rounding error counts as whole."""
    return floor(value + 1e-9)


def score(
    findings: Sequence[Finding], criticality: Mapping[str, float], accounts: Sequence[str]
) -> TotalScore:
    """Score findings. `criticality` is the weight of functions by ARN (default 1), `accounts` all that were
    scanned.
    """
    by_account: dict[str, dict[str, list[Finding]]] = {account: {} for account in accounts}
    for finding in findings:
        groups = by_account.setdefault(finding.account, {})
        groups.setdefault(_group(finding), []).append(finding)
    scored = [_account(account, groups, criticality) for account, groups in by_account.items()]
    return _total(scored, findings)


CONTROLS = "controls"


def _group(finding: Finding) -> str:
    return finding.resource if finding.function else CONTROLS


def resource_score(resource: str, findings: Iterable[Finding], weight: float = 1.0) -> ResourceScore:
    """Score one resource from its findings."""
    found = tuple(findings)
    tally = Tally()
    items: dict[ChecklistItem, Tally] = {}
    reached: Counter[str] = Counter()
    for finding in found:
        finding_weight = finding.weight
        tally.add(finding, finding_weight)
        item = items.get(finding.item)
        if item is None:
            item = items[finding.item] = Tally()
        item.add(finding, finding_weight)
        reached.update(conditions(finding))
    caps = _function_caps(reached, tally.coverage)
    capped = min([tally.raw, *(cap.ceiling for cap in caps)])
    lasting = [cap.ceiling for cap in caps if cap.id not in _UNSEEN_CAPS]
    return ResourceScore(
        resource=resource,
        findings=found,
        tally=tally,
        items=items,
        caps=tuple(msgspec.structs.replace(cap, held=max(0.0, tally.raw - cap.ceiling)) for cap in caps),
        capped=capped,
        possible=max(capped, min([tally.reachable, *lasting])),
        weight=weight,
        conditions=reached,
    )


_UNSEEN_CAPS = frozenset({"critical-unknown", "coverage-below-90"})


def _fails(finding: Finding, severity: Severity) -> bool:
    return finding.status is Status.FAIL and finding.severity is severity


def conditions(finding: Finding) -> tuple[str, ...]:
    """Return the conditions of ceilings that one finding brings about."""
    if finding.status is Status.FAIL:
        own = ("runtime-ended",) if finding.check == RUNTIME_CHECK else ()
        if finding.severity is Severity.CRITICAL:
            return (*own, "critical-failed")
        return (*own, "high-failed") if finding.severity is Severity.HIGH else own
    if finding.status is Status.UNKNOWN and finding.severity is Severity.CRITICAL:
        return ("critical-unknown",)
    return ()


def _function_caps(found: Collection[str], coverage: float) -> list[Cap]:
    return [
        Cap(id=rule.id, ceiling=rule.ceiling, why=rule.why)
        for rule in profile().function_caps
        if rule.when in found or (rule.when == "coverage-below" and coverage < rule.limit)
    ]


def lift(resource: ResourceScore, finding: Finding) -> float:
    """Return the points that ceilings release when one finding is mended, beyond the finding's own."""
    if resource.is_controls or resource.capped >= resource.tally.raw:
        return 0.0
    left = resource.conditions.copy()
    left.subtract(conditions(finding))
    caps = _function_caps({name for name, count in left.items() if count > 0}, resource.tally.coverage)
    raw = resource.tally.raw + 100 * lost_weight(finding) / resource.tally.total
    still = max([0.0, *(raw - cap.ceiling for cap in caps)])
    return max(0.0, resource.tally.raw - resource.capped - still) * resource.share


def _account(
    account: str, groups: Mapping[str, list[Finding]], criticality: Mapping[str, float]
) -> AccountScore:
    functions = [
        resource_score(resource, found, criticality.get(resource, 1.0))
        for resource, found in groups.items()
        if resource != CONTROLS
    ]
    functions = [found for found in functions if found.tally.total]
    controls = resource_score(CONTROLS, groups[CONTROLS]) if CONTROLS in groups else None
    if controls is not None:
        controls = _uncapped(controls) if controls.tally.total else None
    shared = _shares(functions, controls)
    raw = sum(found.capped * found.share for found in shared)
    possible = sum(found.possible * found.share for found in shared)
    coverage = sum(found.tally.coverage * found.share for found in shared)
    caps = _account_caps([found for found in shared if not found.is_controls], controls, coverage)
    capped = min([raw, *(cap.ceiling for cap in caps)])
    lasting = [cap.ceiling for cap in caps if cap.id not in _UNSEEN_CAPS]
    return AccountScore(
        account=account,
        functions=tuple(found for found in shared if not found.is_controls),
        controls=next((found for found in shared if found.is_controls), None),
        raw=raw,
        capped=capped,
        possible=max(capped, min([possible, *lasting])),
        coverage=coverage,
        caps=tuple(msgspec.structs.replace(cap, held=max(0.0, raw - cap.ceiling)) for cap in caps),
        weight=sum(found.weight for found in functions),
    )


def _uncapped(controls: ResourceScore) -> ResourceScore:
    """Return an account's own checks without ceilings: those are the account's."""
    return replace(
        controls, caps=(), capped=controls.tally.raw, possible=controls.tally.reachable, is_controls=True
    )


def _shares(functions: list[ResourceScore], controls: ResourceScore | None) -> list[ResourceScore]:
    total = sum(found.weight for found in functions)
    part = profile().controls_share if controls is not None and total else (1.0 if controls else 0.0)
    shared = [replace(found, share=(1 - part) * found.weight / total) for found in functions] if total else []
    return [*shared, *([replace(controls, share=part)] if controls is not None else [])]


def _account_caps(
    functions: list[ResourceScore], controls: ResourceScore | None, coverage: float
) -> list[Cap]:
    critical = sum(found.has_critical for found in functions)
    share = 100 * critical / len(functions) if functions else 0.0
    anywhere = critical > 0 or (controls is not None and controls.has_critical)
    return [
        Cap(id=rule.id, ceiling=rule.ceiling, why=rule.why)
        for rule in profile().account_caps
        if (rule.when == "critical-share-above" and share > rule.limit)
        or (rule.when == "any-critical" and anywhere)
        or (rule.when == "coverage-below" and coverage < rule.limit)
    ]


def _total(accounts: list[AccountScore], findings: Sequence[Finding]) -> TotalScore:
    weight = sum(found.weight for found in accounts)
    part = {found.account: found.weight / weight if weight else 1 / len(accounts) for found in accounts}
    scaled = tuple(_scaled(found, part[found.account]) for found in accounts)

    def mean(name: str) -> float:
        return float(sum(getattr(found, name) * part[found.account] for found in accounts))

    caps = accounts[0].caps if len(accounts) == 1 else ()
    held = sum(
        (max(0.0, found.tally.raw - found.capped)) * found.share
        for account in scaled
        for found in account.functions
    ) + sum((found.raw - found.capped) * part[found.account] for found in accounts)
    return TotalScore(
        accounts=scaled,
        raw=mean("raw"),
        capped=mean("capped"),
        possible=mean("possible"),
        coverage=mean("coverage"),
        caps=caps,
        items=item_scores([found for account in scaled for found in _all(account)]),
        caps_points=held,
        findings=tuple(_pointed(scaled, findings)),
    )


def _all(account: AccountScore) -> tuple[ResourceScore, ...]:
    return (*account.functions, *((account.controls,) if account.controls else ()))


def _scaled(account: AccountScore, part: float) -> AccountScore:
    return replace(
        account,
        functions=tuple(replace(found, share=found.share * part) for found in account.functions),
        controls=replace(account.controls, share=account.controls.share * part) if account.controls else None,
    )


def _pointed(accounts: Iterable[AccountScore], findings: Iterable[Finding]) -> Iterator[Finding]:
    units = {
        (account.account, resource.resource): (100 / resource.tally.total, resource.share)
        for account in accounts
        for resource in _all(account)
    }
    for finding in findings:
        lost = lost_weight(finding)
        if not lost:
            yield finding
            continue
        unit, share = units[finding.account, _group(finding)]
        points = lost * unit
        yield msgspec.structs.replace(finding, points=points * share, function_points=points)


def lost_weight(finding: Finding) -> float:
    """Weight that a finding fails to earn: all of a failed or unknown one, half of a warned one."""
    if finding.status is Status.FAIL or finding.status is Status.UNKNOWN:
        return finding.weight
    return finding.weight * (1 - WARN_SHARE) if finding.status is Status.WARN else 0.0


def item_scores(resources: Sequence[ResourceScore]) -> tuple[ItemScore, ...]:
    """Score the twelve checklist items over resources, in points of the score that their shares add up to."""
    return tuple(_item(item, resources) for item in ChecklistItem)


def _item(item: ChecklistItem, resources: Sequence[ResourceScore]) -> ItemScore:
    available = earned = unseen = 0.0
    counts = Tally()
    for resource in resources:
        tally = resource.items.get(item)
        if tally is None:
            continue
        unit = 100 * resource.share / resource.tally.total if resource.tally.total else 0.0
        available += tally.total * unit
        earned += tally.earned * unit
        unseen += tally.unseen * unit
        for name in ("failed", "warned", "unknown", "passed", "not_applicable", "manual", "muted"):
            setattr(counts, name, getattr(counts, name) + getattr(tally, name))
    return ItemScore(
        item=item,
        number=item.number,
        title=item.title,
        score=100 * earned / available if available else None,
        lost=max(0.0, available - earned - unseen),
        unseen=unseen,
        counts=counts.counts(),
        note="" if available else "not assessed",
    )


def grade(points: int, coverage: float, *, capped: bool) -> tuple[str, str, str]:
    """Letter, meaning and advice of a score; the letter is `-` where coverage does not suffice for one."""
    rules = profile()
    if coverage < rules.grade_coverage:
        return "-", rules.ungraded.meaning, rules.ungraded.advice
    for rule in rules.grades:
        if points >= rule.floor and coverage >= rule.coverage and not (rule.uncapped and capped):
            return rule.letter, rule.meaning, rule.advice
    last = rules.grades[-1]
    return last.letter, last.meaning, last.advice
