"""Exceptions: the owner's decisions to accept a finding, with reason, owner and end."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import msgspec

from auditor import yaml_text
from auditor.model import Inventory, Unavailable
from auditor.verdict import Finding, Mute, Status

REASON_LENGTH = 15
LONGEST = timedelta(days=365)
EXPIRING = timedelta(days=14)


class MuteError(Exception):
    """A mute file that cannot be used; the text names the file, the mute and the remedy."""


class MuteRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of a mute file. `check` and `resources` are patterns with `*`; `tags` must all be carried."""

    id: str
    check: str
    kind: Literal["accepted_risk", "false_positive"]
    reason: str
    owner: str
    expires: date
    resources: tuple[str, ...] = ("*",)
    tags: dict[str, str] = {}
    ticket: str = ""
    allow_all: bool = False


class MuteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mute file."""

    version: Literal[1]
    mutes: tuple[MuteRule, ...]


@dataclass(frozen=True)
class Muted:
    """Findings after the mutes, and how often each rule was used."""

    findings: tuple[Finding, ...]
    used: Mapping[str, int]


def load_mutes(
    file: Path, as_of: date, known_checks: Sequence[str], today: date | None = None
) -> tuple[MuteRule, ...]:
    """Read a mute file.

    An end may be a year away from `today`, where that is later than `as_of`: a file of today goes with an old
    snapshot too. Raises `MuteError` for a file that cannot be read, a rule without a proper reason, owner or
    end, an end further away, a pattern that matches no check, or one that matches every check without
    `allow_all: true`.
    """
    latest = max(as_of, today or as_of) + LONGEST
    try:
        read = yaml_text.decode(file.read_bytes(), MuteFile)
    except OSError as error:
        raise MuteError(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MuteError(f"{file} is not a mute file: {error}") from error
    seen: set[str] = set()
    for rule in read.mutes:
        fault = _fault(rule, latest, known_checks) or ("its id is used twice" if rule.id in seen else "")
        if fault:
            raise MuteError(f"{file}: mute {rule.id}: {fault}")
        seen.add(rule.id)
    return read.mutes


def _fault(rule: MuteRule, latest: date, known_checks: Sequence[str]) -> str:
    if not rule.id.strip():
        return "an id is wanted"
    if len(rule.reason.strip()) < REASON_LENGTH:
        return f"the reason has {len(rule.reason.strip())} characters, {REASON_LENGTH} are wanted"
    if not rule.owner.strip():
        return "an owner is wanted"
    if rule.expires > latest:
        return f"it expires {rule.expires}, more than {LONGEST.days} days ahead"
    if not rule.resources or not all(pattern.strip() for pattern in rule.resources):
        return "it names no resource; leave resources out for all"
    fitting = sum(fnmatchcase(check, rule.check) for check in known_checks)
    if not fitting:
        near = difflib.get_close_matches(rule.check, known_checks, n=1)
        return f"there is no check '{rule.check}'" + (f"; did you mean '{near[0]}'?" if near else "")
    if fitting == len(known_checks) and fitting > 1 and not rule.allow_all:
        return "it mutes every check; name them, or say allow_all: true"
    return ""


def mute(findings: Sequence[Finding], rules: Sequence[MuteRule], inventory: Inventory, as_of: date) -> Muted:
    """Put the mutes in force on failed and warned findings, and on unknown ones where the rule accepts the
    risk and names the check exactly.

    An accepted risk keeps its status and its price; a false positive becomes NOT_APPLICABLE, which nothing
    unknown can: there is no verdict to be false. Expired rules do nothing.
    """
    live = [rule for rule in rules if rule.expires >= as_of]
    tags = _tags(inventory) if any(rule.tags for rule in live) else {}
    used: dict[str, int] = {}
    muted = []
    for finding in findings:
        rule = next((rule for rule in live if _covers(rule, finding, tags)), None)
        if rule is not None:
            used[rule.id] = used.get(rule.id, 0) + 1
        muted.append(finding if rule is None else _with_rule(finding, rule))
    return Muted(tuple(muted), used)


def _tags(inventory: Inventory) -> dict[str, dict[str, str]]:
    return {
        function.arn: {}
        if isinstance(function.tags, Unavailable)
        else {tag.key: tag.value for tag in function.tags}
        for account in inventory.accounts
        for region in account.regions
        if not isinstance(region.functions, Unavailable)
        for function in region.functions
    }


def _covers(rule: MuteRule, finding: Finding, tags: Mapping[str, Mapping[str, str]]) -> bool:
    if finding.status in {Status.FAIL, Status.WARN}:
        fits = fnmatchcase(finding.check, rule.check)
    else:
        accepts = rule.kind == "accepted_risk" and finding.check == rule.check
        fits = accepts and finding.status is Status.UNKNOWN
    return (
        fits
        and any(fnmatchcase(finding.resource, pattern) for pattern in rule.resources)
        and all(tags.get(finding.resource, {}).get(key) == value for key, value in rule.tags.items())
    )


def _with_rule(finding: Finding, rule: MuteRule) -> Finding:
    note = Mute(
        id=rule.id,
        kind=rule.kind,
        reason=rule.reason,
        owner=rule.owner,
        expires=rule.expires.isoformat(),
        ticket=rule.ticket,
    )
    if rule.kind == "accepted_risk":
        return msgspec.structs.replace(finding, muted=note)
    before = f"{finding.status.value}: {finding.message}"
    message = f"Declared a false positive by {rule.owner}; the verdict was {before}"
    return msgspec.structs.replace(
        finding, muted=note, status=Status.NOT_APPLICABLE, message=message, reason=None
    )
