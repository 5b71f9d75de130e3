"""Asking every check of every resource; missing evidence makes a finding UNKNOWN."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from auditor.catalogue import ROLE_SUBJECTS, Check
from auditor.code_in_use import OtherCode, doubted, other_code, worst
from auditor.iam import BlastRadius, Privileges, blast_radius, privileges, unknown_radius
from auditor.model import (
    Account,
    EvidenceMissingError,
    Function,
    Inventory,
    Reason,
    Region,
    Role,
    Unavailable,
    known,
)
from auditor.reference import Attestations, Reference
from auditor.settings import Settings
from auditor.verdict import Exhibit, Finding, Severity, Status, Verdict, not_applicable


@dataclass(frozen=True)
class Evaluation:
    """All findings of an inventory, in a stable order, and the checks that raised (`check: error`), which
    are bugs.
    """

    findings: tuple[Finding, ...]
    bugs: tuple[str, ...] = ()


def evaluate(
    inventory: Inventory,
    checks: tuple[Check, ...],
    settings: Settings,
    reference: Reference,
    attestations: Attestations,
) -> Evaluation:
    """Judge every function, region and account of an inventory with every enabled check.

    One finding per (check, resource). Where a region's functions could not be listed, each function check
    is UNKNOWN for the
    region as a whole, so that what was not seen counts against coverage.
    """
    bugs: list[str] = []
    surroundings = _Surroundings(reference, attestations)
    asked = tuple(check for check in checks if settings.asked(check))
    with _without_collector():
        findings = tuple(
            finding
            for account in inventory.accounts
            for finding in _account_findings(account, asked, settings, surroundings, bugs)
        )
    return Evaluation(findings, tuple(dict.fromkeys(bugs)))


Subject = Function | Region | Account


class _RoleMissingError(Exception):
    """A check asked for the privileges of an execution role that does not exist."""


@dataclass(frozen=True)
class _Surroundings:
    reference: Reference
    attestations: Attestations
    roles: dict[str, Privileges | Unavailable | None] = field(default_factory=dict)
    codes: dict[str, tuple[OtherCode, ...]] = field(default_factory=dict)

    def of(self, kind: type, account: Account, region: Region | None, subject: Subject) -> object:
        """What a check asked for beside its subject."""
        if kind is Reference:
            return self.reference
        if kind is Attestations:
            return self.attestations
        if kind is Region:
            return region
        if kind in ROLE_SUBJECTS:
            return self.judged(kind, account, subject)
        if kind is BlastRadius and isinstance(subject, Function):
            return self._radius(account, subject.role_arn)
        return account

    def judged(self, kind: type, account: Account, resource: Subject) -> object:
        """What a check judges of a resource: itself, or the execution role of a function."""
        if kind is Privileges and isinstance(resource, Function):
            return self._privileges(account, resource.role_arn)
        if kind is Role and isinstance(resource, Function):
            role = account.role(resource.role_arn)
            if role is None:
                raise _RoleMissingError
            return known(role)
        return resource

    def other_code(self, one: "Bound", subject: Subject, region: Region | None) -> tuple[OtherCode, ...]:
        """A function with each other code, and the settings that code runs with, that it has in use.

        Every check of it is asked of these too: none says whether it reads code, and one that does not judges
        settings that are in use as well.
        """
        if not isinstance(subject, Function) or region is None or not one.judges_itself:
            return ()
        if subject.arn not in self.codes:
            self.codes[subject.arn] = other_code(subject, region)
        return self.codes[subject.arn]

    def _radius(self, account: Account, arn: str) -> BlastRadius:
        """Weigh a role, whatever is known of it: an exposure is one under any role."""
        try:
            return blast_radius(self._privileges(account, arn))
        except EvidenceMissingError as missing:
            return unknown_radius(missing.unavailable)
        except _RoleMissingError:
            return BlastRadius(severity=Severity.INFO, text="its role does not exist")

    def _privileges(self, account: Account, arn: str) -> Privileges:
        """Judge a role once, however many functions and checks ask."""
        key = f"{account.id} {arn}"
        if key not in self.roles:
            self.roles[key] = self._judged(account.role(arn), account)
        found = self.roles[key]
        if found is None:
            raise _RoleMissingError
        return known(found)

    def _judged(self, role: Role | None | Unavailable, account: Account) -> Privileges | Unavailable | None:
        if role is None or isinstance(role, Unavailable):
            return role
        try:
            return privileges(role, as_of=self.reference.as_of, controls=account.service_control)
        except EvidenceMissingError as missing:
            return missing.unavailable


@contextmanager
def _without_collector() -> Iterator[None]:
    """Leave the cyclic garbage collector out: a million findings are made, and none of them is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


Outcome = Verdict | Unavailable


class Bound(NamedTuple):
    """A check with the settings that it is asked by.

    `judges_itself` is whether it judges the resource and not its execution role, `once_a_role` whether one
    answer holds for every function under a role.
    """

    check: Check
    thresholds: dict[str, object]
    severity: Severity
    judges_itself: bool
    once_a_role: bool


def _account_findings(
    account: Account,
    checks: tuple[Check, ...],
    settings: Settings,
    surroundings: _Surroundings,
    bugs: list[str],
) -> Iterator[Finding]:
    bound = tuple(_bound(check, settings) for check in checks)
    at_large = [one for one in bound if settings.enabled(one.check)]
    of_any_function = [one for one in bound if one.check.resource is Function]
    of_function = [one for one in at_large if one.check.resource is Function]
    of_region = [one for one in at_large if one.check.resource is Region]
    judge = _judge(account, surroundings, bugs)
    for one in at_large:
        if one.check.resource is Account:
            yield judge(one, account, None)
    for region in account.regions:
        yield from (judge(one, region, region) for one in of_region)
        if isinstance(region.functions, Unavailable):
            missing = region.functions
            yield from (_unlisted(one, region, missing) for one in of_function)
            continue
        for function in region.functions:
            if settings.overrides(function):
                asked = [one.check for one in of_any_function if settings.enabled(one.check, function)]
                yield from (judge(_bound(check, settings, function), function, region) for check in asked)
            else:
                yield from (judge(one, function, region) for one in of_function)


def _bound(check: Check, settings: Settings, function: Function | None = None) -> Bound:
    """Bind a check to the settings; what overrides set for one function is asked for that function alone."""
    return Bound(
        check=check,
        thresholds=settings.thresholds(check, function),
        severity=settings.severity(check, function),
        judges_itself=check.subject not in ROLE_SUBJECTS,
        once_a_role=check.judges_role and function is None,
    )


def _judge(
    account: Account, surroundings: _Surroundings, bugs: list[str]
) -> Callable[[Bound, Subject, Region | None], Finding]:
    of_role: dict[tuple[str, str], Outcome] = {}

    def ask(one: Bound, subject: Subject, region: Region | None) -> Outcome:
        check = one.check
        try:
            judged = subject if one.judges_itself else surroundings.judged(check.subject, account, subject)
            if not check.needs:
                return check.judge(judged, **one.thresholds)
            needs = [surroundings.of(kind, account, region, subject) for kind in check.needs]
            return check.judge(judged, *needs, **one.thresholds)
        except EvidenceMissingError as missing:
            return missing.unavailable
        except _RoleMissingError:
            return not_applicable("The execution role does not exist")
        except Exception as error:  # noqa: BLE001 - a check of anyone's must not end the audit, nor pass
            bugs.append(f"{check.id}: {type(error).__name__}")
            return Unavailable(
                reason=Reason.CHECK_BUG,
                operation=check.id,
                code=type(error).__name__,
                note="the check failed",
            )

    def judge(one: Bound, subject: Subject, region: Region | None) -> Finding:
        if one.once_a_role and isinstance(subject, Function):
            key = (one.check.id, subject.role_arn)
            if key not in of_role:
                of_role[key] = ask(one, subject, region)
            outcome = of_role[key]
        else:
            others = surroundings.other_code(one, subject, region)
            asked = tuple((other.label, doubted(other, ask(one, other.function, region))) for other in others)
            outcome = worst(ask(one, subject, region), asked)
        if isinstance(outcome, Unavailable):
            return _unknown(one, subject, region, outcome)
        return _finding(one, subject, region, outcome)

    return judge


def _unlisted(one: Bound, region: Region, reason: Unavailable) -> Finding:
    """Say of a whole region that a function check could not be asked; `*` stands for its functions."""
    return msgspec.structs.replace(_unknown(one, region, region, reason), function="*")


def _unknown(one: Bound, subject: Subject, region: Region | None, reason: Unavailable) -> Finding:
    verdict = Verdict(status=Status.UNKNOWN, message=f"Not seen: {reason}")
    return _finding(one, subject, region, verdict, reason)


def _finding(
    one: Bound, subject: Subject, region: Region | None, verdict: Verdict, reason: Unavailable | None = None
) -> Finding:
    check = one.check
    if isinstance(subject, Function):
        name, where, account = subject.name, subject.region, subject.account
    elif isinstance(subject, Region):
        name, where, account = "", subject.name, subject.account
    else:
        name, where, account = "", region.name if region else "", subject.id
    return Finding(
        check=check.id,
        resource=subject.arn,
        function=name,
        region=where,
        account=account,
        status=verdict.status,
        severity=verdict.severity or one.severity,
        confidence=verdict.confidence or check.confidence,
        item=check.item,
        # Many functions earn the same sentence; one copy of it is kept.
        message=sys.intern(verdict.message),
        details=verdict.details,
        reason=reason,
        exhibit=_exhibit(verdict),
    )


def _exhibit(verdict: Verdict) -> Exhibit | None:
    if not (verdict.evidence or verdict.commands or verdict.query or verdict.usd_month is not None):
        return None
    return Exhibit(
        evidence=verdict.evidence,
        # As with messages: many functions share them word for word.
        commands=tuple(map(sys.intern, verdict.commands)),
        query=sys.intern(verdict.query),
        usd_month=verdict.usd_month,
    )
