"""Two reports side by side: what was fixed, what is new, and what can no longer be seen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from auditor.report import Change, CheckReport, History, Part, Report, TrendPoint
from auditor.score import floored, score
from auditor.verdict import Finding, Status

OPEN = {Status.FAIL, Status.WARN}
# A verdict, and what stands where there is none: evidence is missing, or a person has to attest.
SEEN = {Status.PASS, Status.FAIL, Status.WARN, Status.NOT_APPLICABLE}
UNSEEN = {Status.UNKNOWN, Status.MANUAL}
ABSENT = "-"
SHOWN = 10
Key = tuple[str, str, str, str]


class Comparison(Part, frozen=True, kw_only=True):
    """What lies between two reports.

    `fixed` and `new` are findings of checks that both have; a failing one that became unknown stands in
    `visibility_lost`, not in `fixed`, and one that was unknown in `visibility_gained`, with what it turned
    out to be. `worse` and `better` went between WARN and FAIL, `gone` are open findings whose resource is no
    longer reported. `score_before` and `score_after` are what the reports say; `like_before` and `like_after`
    (0 to 100, not floored) count only checks that both have, with the severities, confidences, weights and
    ceilings of the present.
    """

    since: datetime
    until: datetime
    score_before: int
    score_after: int
    like_before: float
    like_after: float
    coverage_before: int
    coverage_after: int
    fixed: tuple[Change, ...]
    new: tuple[Change, ...]
    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    gone: tuple[Change, ...]
    visibility_lost: tuple[Change, ...]
    visibility_gained: tuple[Change, ...]
    checks_added: tuple[str, ...]
    checks_removed: tuple[str, ...]
    checks_changed: tuple[Change, ...]
    functions_added: tuple[str, ...]
    functions_removed: tuple[str, ...]
    profile_changed: bool
    trend: tuple[TrendPoint, ...] = ()

    @property
    def delta(self) -> int:
        """Points won (or lost, below 0) like for like, as the difference of whole scores."""
        return floored(self.like_after) - floored(self.like_before)


def compare(old: Report, new: Report) -> Comparison:
    """Compare two reports by (check, resource). The same reports give the same comparison."""
    before, after = _by_key(old.findings), _by_key(new.findings)
    checks_before, checks_after = _checks(old), _checks(new)
    common = checks_before.keys() & checks_after.keys()
    kinds: dict[str, list[Change]] = {}
    for key in sorted(before.keys() | after.keys()):
        if key[2] in common:
            change = _change(before.get(key), after.get(key))
            if change is not None:
                kinds.setdefault(change.kind, []).append(change)
    functions_before = {function.arn for function in old.functions}
    functions_after = {function.arn for function in new.functions}
    return Comparison(
        since=old.generated_at,
        until=new.generated_at,
        score_before=old.score,
        score_after=new.score,
        like_before=_like(old, common, checks_after),
        like_after=_like(new, common, checks_after),
        coverage_before=old.coverage,
        coverage_after=new.coverage,
        fixed=tuple(kinds.get("fixed", ())),
        new=tuple(kinds.get("new", ())),
        worse=tuple(kinds.get("worse", ())),
        better=tuple(kinds.get("better", ())),
        gone=tuple(kinds.get("gone", ())),
        visibility_lost=tuple(kinds.get("visibility-lost", ())),
        visibility_gained=tuple(kinds.get("visibility-gained", ())),
        checks_added=tuple(sorted(checks_after.keys() - common)),
        checks_removed=tuple(sorted(checks_before.keys() - common)),
        checks_changed=tuple(_changed_checks(checks_before, checks_after)),
        functions_added=tuple(sorted(functions_after - functions_before)),
        functions_removed=tuple(sorted(functions_before - functions_after)),
        profile_changed=old.score_profile != new.score_profile,
        trend=(*(old.history.trend if old.history else ()), _point(old)),
    )


def newly_failing(old: Report, new: Report) -> tuple[Finding, ...]:
    """Return failed findings that nobody has accepted and that the earlier report does not show as failed.

    A finding that was unknown before, or whose check is new, counts: nobody has seen it fail yet.
    """
    before = {key for key, finding in _by_key(old.findings).items() if finding.status is Status.FAIL}
    return tuple(
        finding
        for finding in new.findings
        if finding.status is Status.FAIL and finding.muted is None and _key(finding) not in before
    )


def history(comparison: Comparison) -> History:
    """Return the comparison as the part that a report shows of it."""
    found = comparison
    return History(
        since=found.since,
        fixed=len(found.fixed),
        new=len(found.new),
        visibility_lost=len(found.visibility_lost),
        delta=found.delta,
        changes=(
            *found.new,
            *found.visibility_lost,
            *found.fixed,
            *found.visibility_gained,
            *found.checks_changed,
        ),
        trend=found.trend,
    )


def lines(comparison: Comparison, shown: int = SHOWN) -> tuple[str, ...]:
    """Return the comparison as lines of text, at most `shown` changes of each kind.

    Names and messages are as AWS gave them: whoever prints the lines makes them safe for the terminal.
    """
    return tuple(_lines(comparison, shown))


def _lines(found: Comparison, shown: int) -> Iterator[str]:
    yield f"{found.since:%Y-%m-%d %H:%M} → {found.until:%Y-%m-%d %H:%M} UTC"
    yield (
        f"Score {found.score_before} → {found.score_after}; like for like "
        f"{floored(found.like_before)} → {floored(found.like_after)} ({found.delta:+d})"
    )
    yield f"Coverage {found.coverage_before} % → {found.coverage_after} %"
    if found.profile_changed:
        yield "The score profile changed: the scores as reported do not compare, like for like does"
    yield from _group("New", found.new, shown)
    yield from _group("Worse", found.worse, shown)
    yield from _group("No longer seen", found.visibility_lost, shown)
    yield from _group("Fixed", found.fixed, shown)
    yield from _group("Better", found.better, shown)
    yield from _group("Seen again", found.visibility_gained, shown)
    yield from _group("No longer there", found.gone, shown)
    yield from _group("Checks changed", found.checks_changed, shown)
    yield from _names("Checks added", found.checks_added, shown)
    yield from _names("Checks removed", found.checks_removed, shown)
    yield from _names("Functions added", found.functions_added, shown)
    yield from _names("Functions removed", found.functions_removed, shown)


def _group(title: str, changes: Sequence[Change], shown: int) -> Iterator[str]:
    said = (
        f"{change.check}  {change.resource}  {change.before} → {change.after}".strip() for change in changes
    )
    yield from _names(title, tuple(said), shown)


def _names(title: str, names: Sequence[str], shown: int) -> Iterator[str]:
    if not names:
        return
    yield f"{title}: {len(names)}"
    yield from (f"  {name}" for name in names[:shown])
    if len(names) > shown:
        yield f"  and {len(names) - shown} more"


def _key(finding: Finding) -> Key:
    return finding.account, finding.region, finding.check, finding.resource


def _by_key(findings: Iterable[Finding]) -> dict[Key, Finding]:
    return {_key(finding): finding for finding in findings}


def _checks(report: Report) -> dict[str, CheckReport]:
    return {check.id: check for check in report.checks}


def _change(before: Finding | None, after: Finding | None) -> Change | None:
    kind = _kind(before, after)
    found = after or before
    if not kind or found is None:
        return None
    return Change(
        kind=kind,
        check=found.check,
        resource=found.resource,
        before=before.status.value if before else ABSENT,
        after=after.status.value if after else ABSENT,
    )


def _kind(before: Finding | None, after: Finding | None) -> str:
    """Name what happened to one finding; "" for nothing worth telling."""
    was = before.status if before else None
    now = after.status if after else None
    if was is now:
        return ""
    if now is None:
        return "gone" if was in OPEN else ""
    if now in UNSEEN:
        return "visibility-lost" if was in SEEN else ""
    if was in UNSEEN:
        return "visibility-gained" if now in SEEN else ""
    if was in OPEN and now in OPEN:
        return "worse" if now is Status.FAIL else "better"
    if now in OPEN:
        return "new"
    return "fixed" if was in OPEN else ""


def _changed_checks(before: Mapping[str, CheckReport], after: Mapping[str, CheckReport]) -> Iterator[Change]:
    for name in sorted(before.keys() & after.keys()):
        was, now = _judged_by(before[name]), _judged_by(after[name])
        if was != now:
            yield Change(kind="check-changed", check=name, resource="", before=was, after=now)


def _judged_by(check: CheckReport) -> str:
    return f"{check.severity.value}, {check.confidence.value} confidence, {check.item.value}"


def _like(report: Report, common: Iterable[str], checks: Mapping[str, CheckReport]) -> float:
    """Score a report's findings of the common checks as the present judges them."""
    wanted, own = set(common), _checks(report)
    findings = [
        _rejudged(finding, own[finding.check], checks[finding.check])
        for finding in report.findings
        if finding.check in wanted
    ]
    weights = {function.arn: function.weight for function in report.functions}
    return score(findings, weights, [account.id for account in report.accounts]).capped


def _rejudged(finding: Finding, own: CheckReport, now: CheckReport) -> Finding:
    """Give a finding the present severity and confidence of its check, unless its case had set another."""
    severity = now.severity if finding.severity is own.severity else finding.severity
    confidence = now.confidence if finding.confidence is own.confidence else finding.confidence
    if severity is finding.severity and confidence is finding.confidence:
        return finding
    return replace(finding, severity=severity, confidence=confidence, item=now.item)


def _point(report: Report) -> TrendPoint:
    return TrendPoint(
        at=report.generated_at, score=report.score, possible=report.possible, coverage=report.coverage
    )
