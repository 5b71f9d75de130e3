"""Two runs side by side: what was fixed, what is new, and what can no longer be seen."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from auditor.history.standing import ABSENT, STATUS, Judging, Standing, standing
from auditor.report import Change, History, Part, Report, TrendPoint
from auditor.score import floored, score
from auditor.verdict import Finding, Status

OPEN = {Status.FAIL, Status.WARN}
# A verdict, and what stands where there is none: evidence is missing, or a person has to attest.
SEEN = {Status.PASS, Status.FAIL, Status.WARN, Status.NOT_APPLICABLE}
UNSEEN = {Status.UNKNOWN, Status.MANUAL}
# Account, region, check and resource.
Found = tuple[str, str, str, str]


class Comparison(Part, frozen=True, kw_only=True):
    """What lies between two runs.

    `fixed` and `new` are findings of checks that both have; a failing one that became unknown stands in
    `visibility_lost`, not in `fixed`, and one that was unknown in `visibility_gained`, with what it turned
    out to be. `worse` and `better` went between WARN and FAIL, `gone` are open findings whose resource is no
    longer reported. `score_before` and `score_after` are what the reports say; `like_before` and `like_after`
    (0 to 100, not floored) count only checks that both have, with the severities, confidences, weights and
    ceilings of the present; `delta` is the points won between them as whole scores, below 0 where lost.
    """

    schema_version: int = 1
    title: str
    since: datetime
    until: datetime
    delta: int
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


def compare(old: Standing, new: Report) -> Comparison:
    """Compare a report with how an earlier run stood, by (check, resource). The same input gives the same
    comparison.
    """
    now = standing(new)
    checks_before = {check.id: check for check in old.checks}
    checks_after = {check.id: check for check in now.checks}
    common = checks_before.keys() & checks_after.keys()
    kinds: dict[str, list[Change]] = {}
    for change in _changes(old, now, new, common):
        kinds.setdefault(change.kind, []).append(change)
    weights = {function.arn: function.weight for function in new.functions}
    like_before = _like(old.findings(), old.checks, checks_after, old.weights, old.accounts)
    like_after = _like(
        new.findings,
        tuple(check for check in now.checks if check.id in common),
        checks_after,
        weights,
        now.accounts,
    )
    return Comparison(
        title=new.title,
        since=old.at,
        until=new.generated_at,
        delta=floored(like_after) - floored(like_before),
        score_before=old.score,
        score_after=new.score,
        like_before=like_before,
        like_after=like_after,
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
        functions_added=tuple(sorted(set(now.functions) - set(old.functions))),
        functions_removed=tuple(sorted(set(old.functions) - set(now.functions))),
        profile_changed=old.score_profile != new.score_profile,
    )


def schema() -> bytes:
    """Return the JSON Schema of a comparison."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Comparison)), indent=1)


def history(comparison: Comparison, trend: tuple[TrendPoint, ...]) -> History:
    """Return the comparison as the part that a report shows of it, with the scores of earlier runs."""
    found = comparison
    return History(
        since=found.since,
        fixed=len(found.fixed),
        new=len(found.new),
        visibility_lost=len(found.visibility_lost),
        delta=found.delta,
        changes=(
            *found.new,
            *found.worse,
            *found.visibility_lost,
            *found.fixed,
            *found.better,
            *found.visibility_gained,
            *found.checks_changed,
        ),
        trend=trend,
    )


def _changes(old: Standing, now: Standing, report: Report, common: Collection[str]) -> list[Change]:
    """Return what changed, the most severe first."""
    moved = {key: (kind, *states) for key, kind, states in _moved(old, now, common)}
    said = {
        key: finding
        for finding in report.findings
        if (key := (finding.account, finding.region, finding.check, finding.resource)) in moved
    }
    severity = {check.id: check.severity for check in now.checks}
    found = []
    for key, (kind, before, after) in moved.items():
        finding = said.get(key)
        rank = finding.severity if finding else severity[key[2]]
        change = Change(
            kind=kind,
            check=key[2],
            resource=key[3],
            before=_word(before),
            after=_word(after),
            severity=rank,
            message=finding.message if finding else "",
        )
        found.append((rank.rank, key[2], key[3], change))
    return [change for *_, change in sorted(found, key=lambda one: one[:3])]


def _moved(
    old: Standing, now: Standing, common: Collection[str]
) -> Iterator[tuple[Found, str, tuple[str, str]]]:
    """Yield each finding that changed, with what happened. Rows that stand as they stood are passed over."""
    place = {check.id: number for number, check in enumerate(old.checks)}
    columns = [(number, place[check.id]) for number, check in enumerate(now.checks) if check.id in common]
    same_checks = [check.id for check in old.checks] == [check.id for check in now.checks]
    before, after = ({row.key: row.states for row in one.rows} for one in (old, now))
    looked_before, looked_after = set(old.looked), set(now.looked)
    for key in before.keys() | after.keys():
        was, current = before.get(key, ""), after.get(key, "")
        if same_checks and was.lower() == current.lower():
            continue
        account, region, resource, _ = key
        unseen_before = not was and (old.filtered or (account, region) not in looked_before)
        unseen_after = not current and (now.filtered or (account, region) not in looked_after)
        for column, column_before in columns:
            states = (was[column_before] if was else ABSENT, current[column] if current else ABSENT)
            kind = _kind(*states, unseen_before=unseen_before, unseen_after=unseen_after)
            if kind:
                yield (account, region, now.checks[column].id, resource), kind, states


def _status(letter: str) -> Status | None:
    return None if letter == ABSENT else STATUS[letter.lower()]


def _word(letter: str) -> str:
    status = _status(letter)
    return status.value if status else ABSENT


def _kind(before: str, after: str, *, unseen_before: bool, unseen_after: bool) -> str:
    """Name what happened to one finding; "" for nothing worth telling.

    A resource that is not there is gone only where a run looked for it.
    """
    was, now = _status(before), _status(after)
    if was is now:
        return ""
    if now is None:
        return ("visibility-lost" if unseen_after else "gone") if was in OPEN else ""
    if was is None and unseen_before:
        return "visibility-gained" if now in OPEN else ""
    if now in UNSEEN:
        return "visibility-lost" if was in SEEN else ""
    if was in UNSEEN:
        return "visibility-gained" if now in SEEN else ""
    if was in OPEN and now in OPEN:
        return "worse" if now is Status.FAIL else "better"
    if now in OPEN:
        return "new"
    return "fixed" if was in OPEN else ""


def _changed_checks(before: Mapping[str, Judging], after: Mapping[str, Judging]) -> Iterator[Change]:
    for name in sorted(before.keys() & after.keys()):
        was, now = before[name], after[name]
        if was != now:
            yield Change(
                kind="check-changed",
                check=name,
                resource="",
                before=_judged_by(was, now),
                after=_judged_by(now, was),
                severity=now.severity,
            )


def _judged_by(check: Judging, other: Judging) -> str:
    """Say how a check judges, where it differs from how it judges otherwise."""
    said = (
        (f"severity {check.severity.value}", check.severity is not other.severity),
        (f"confidence {check.confidence.value}", check.confidence is not other.confidence),
        (f"item {check.item.value}", check.item is not other.item),
        (check.thresholds or "no thresholds", check.thresholds != other.thresholds),
    )
    return ", ".join(words for words, differs in said if differs)


def _like(
    findings: Iterable[Finding],
    own: Iterable[Judging],
    present: Mapping[str, Judging],
    weights: Mapping[str, float],
    accounts: Sequence[str],
) -> float:
    """Score findings of the checks that both have, as the present judges them."""
    was = {check.id: check for check in own if check.id in present}
    judged = [
        _rejudged(finding, was[finding.check], present[finding.check])
        for finding in findings
        if finding.check in was
    ]
    return score(judged, weights, accounts).capped


def _rejudged(finding: Finding, own: Judging, now: Judging) -> Finding:
    """Give a finding the present severity and confidence of its check, unless its case had set another."""
    severity = now.severity if finding.severity is own.severity else finding.severity
    confidence = now.confidence if finding.confidence is own.confidence else finding.confidence
    if severity is finding.severity and confidence is finding.confidence:
        return finding
    return replace(finding, severity=severity, confidence=confidence, item=now.item)
