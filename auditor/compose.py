"""Putting a report together: every total, fix, gap and word that an output shows."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from auditor.catalogue import Check
from auditor.frameworks import Framework, assess
from auditor.function_report import function_report
from auditor.model import Account, Inventory, Region, Unavailable
from auditor.mute import EXPIRING, MuteRule
from auditor.reference import Reference
from auditor.report import (
    SCHEMA_VERSION,
    AccountReport,
    CheckReport,
    ExceptionRow,
    Fix,
    FunctionReport,
    Gap,
    GradeLine,
    OperationRow,
    Report,
    RuntimeRow,
    ScanReport,
)
from auditor.score import (
    Tally,
    TotalScore,
    floored,
    grade,
    lift,
    lost_weight,
    profile,
    score,
)
from auditor.settings import Settings
from auditor.suggested_policies import suggested_policies
from auditor.verdict import Finding, Status

FIXES = 10
ITEMS_SHOWN = 3
STALE_CALENDAR = timedelta(days=120)
NO_SETTINGS = Settings()


@dataclass(frozen=True)
class Judged:
    """What the stages before the report hand over. `used` counts how often each mute was applied;
    `selection` says in words which checks were asked for, () for all.
    """

    inventory: Inventory
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    bugs: tuple[str, ...]
    criticality: Mapping[str, float]
    reference: Reference
    frameworks: tuple[Framework, ...] = ()
    mutes: tuple[MuteRule, ...] = ()
    used: Mapping[str, int] | None = None
    settings: Settings = NO_SETTINGS
    selection: tuple[str, ...] = ()


def compose(judged: Judged, generated_at: datetime) -> Report:
    """Put the report of an audit together; a pure function of what was judged."""
    inventory = judged.inventory
    accounts = [account.id for account in inventory.accounts]
    total = score(judged.findings, judged.criticality, accounts)
    by_check = _by_check(total.findings)
    points = floored(total.capped)
    held = any(cap.held for cap in total.caps)
    letter, meaning, advice = grade(points, total.coverage, capped=held)
    functions = _functions(judged, total)
    asked = {check.id for check in judged.checks if judged.settings.asked(check)}
    return Report(
        schema_version=SCHEMA_VERSION,
        tool_version=inventory.scan.tool_version,
        score_profile=profile().profile,
        generated_at=generated_at,
        as_of=judged.reference.as_of,
        title=_title(inventory),
        score=points,
        raw=total.raw,
        possible=floored(total.possible),
        coverage=floored(total.coverage),
        grade=letter,
        meaning=meaning,
        advice=advice,
        caps=total.caps,
        counts=_tally(total.findings).counts(),
        grades=_grades(functions),
        capped_functions=sum(any(cap.held for cap in found.caps) for found in functions),
        caps_points=total.caps_points,
        controls_score=_controls(total),
        score_without_accepted_risk=_without_accepted(judged, total, accounts),
        items=total.items,
        accounts=tuple(_account(account, total) for account in inventory.accounts),
        functions=functions,
        findings=total.findings,
        checks=tuple(_check(check, by_check.get(check.id, ()), judged) for check in judged.checks),
        fixes=fixes(total, judged.checks),
        gaps=_gaps(total.findings, {check.id: check.title for check in judged.checks}),
        frameworks=tuple(assess(framework, by_check, asked) for framework in judged.frameworks),
        runtimes=_runtimes(inventory, judged.reference),
        exceptions=_exceptions(judged, total.findings),
        scan=_scan(inventory),
        usd_month=_usd(functions),
        notes=_notes(judged),
        grade_lines=tuple(
            GradeLine(letter=rule.letter, floor=rule.floor, meaning=rule.meaning) for rule in profile().grades
        ),
        selection=judged.selection,
        rules=_rules_hash(judged),
        policies=suggested_policies(judged.inventory, judged.reference),
    )


def _rules_hash(judged: Judged) -> str:
    """Hash what was judged by: the checks with their severities and thresholds, the settings, the profile."""
    about = (
        profile(),
        [
            (check.id, check.severity, check.confidence, check.item, _thresholds(check, judged.settings))
            for check in judged.checks
        ],
        judged.settings,
    )
    data = msgspec.json.encode(about, order="deterministic", enc_hook=str)
    return hashlib.sha256(data).hexdigest()


def _thresholds(check: Check, settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return a check's thresholds as they hold for functions that no override is about."""
    chosen = settings.thresholds(check)
    return tuple((one.name, _said(chosen.get(one.name, one.default))) for one in check.thresholds)


def _said(value: object) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(str(one) for one in value)) or "none"
    return str(value)


def _title(inventory: Inventory) -> str:
    if len(inventory.accounts) != 1:
        return f"{len(inventory.accounts)} accounts"
    account = inventory.accounts[0]
    return account.alias if isinstance(account.alias, str) and account.alias else account.id


def _by_check(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.check, []).append(finding)
    return found


def _tally(findings: Sequence[Finding]) -> Tally:
    tally = Tally()
    for finding in findings:
        tally.add(finding, 0.0)
    return tally


def _functions(judged: Judged, total: TotalScore) -> tuple[FunctionReport, ...]:
    scored = {found.resource: found for account in total.accounts for found in account.functions}
    titles = {check.id: check.title for check in judged.checks}
    return tuple(
        function_report(function, region, scored.get(function.arn), titles, judged.reference)
        for account in judged.inventory.accounts
        for region in account.regions
        if not isinstance(region.functions, Unavailable)
        for function in region.functions
    )


def _grades(functions: Sequence[FunctionReport]) -> tuple[tuple[str, int], ...]:
    letters = [found.grade.rstrip("+") for found in functions]
    known = [(letter, letters.count(letter)) for letter in "ABCDF"]
    return (*known, ("-", letters.count("-"))) if "-" in letters else tuple(known)


def _controls(total: TotalScore) -> float | None:
    found = [account.controls.tally.raw for account in total.accounts if account.controls]
    return sum(found) / len(found) if found else None


def _without_accepted(judged: Judged, total: TotalScore, accounts: Sequence[str]) -> int:
    if not any(finding.muted for finding in judged.findings):
        return floored(total.capped)
    kept = [
        msgspec.structs.replace(finding, status=Status.NOT_APPLICABLE) if finding.muted else finding
        for finding in judged.findings
    ]
    return floored(score(kept, judged.criticality, accounts).capped)


def _account(account: Account, total: TotalScore) -> AccountReport:
    scored = next(found for found in total.accounts if found.account == account.id)
    points = floored(scored.capped)
    letter, _, _ = grade(points, scored.coverage, capped=any(cap.held for cap in scored.caps))
    return AccountReport(
        id=account.id,
        alias=account.alias if isinstance(account.alias, str) else "",
        regions=tuple(region.name for region in account.regions),
        functions=sum(
            len(region.functions)
            for region in account.regions
            if not isinstance(region.functions, Unavailable)
        ),
        score=points,
        raw=scored.raw,
        possible=floored(scored.possible),
        coverage=floored(scored.coverage),
        grade=letter,
        caps=scored.caps,
        controls=scored.controls.tally.raw if scored.controls else None,
    )


def _check(check: Check, findings: Sequence[Finding], judged: Judged) -> CheckReport:
    lossy = [found.points for found in findings if found.status in {Status.FAIL, Status.WARN}]
    return CheckReport(
        id=check.id,
        title=check.title,
        item=check.item,
        severity=judged.settings.severity(check),
        confidence=check.confidence,
        why=check.why,
        fix=check.fix,
        commands=check.commands,
        references=check.references,
        codes=check.codes,
        effort=check.effort,
        subject=check.resource.__name__.lower(),
        counts=_tally(findings).counts(),
        points=float(sum(lossy)),
        controls=tuple(
            f"{framework.name} {control.id}"
            for framework in judged.frameworks
            for control in framework.controls
            if check.id in control.checks
        ),
        asked=judged.settings.asked(check),
        thresholds=_thresholds(check, judged.settings),
    )


def fixes(total: TotalScore, checks: Sequence[Check]) -> tuple[Fix, ...]:
    """Return the fixes worth most points: mending one check everywhere, with the ceilings that this alone
    lifts.
    """
    by_id = {check.id: check for check in checks}
    gains: dict[str, list[float]] = {}
    touched: dict[str, list[Finding]] = {}
    for resource in total.resources:
        bad = [found for found in resource.findings if found.status in {Status.FAIL, Status.WARN}]
        for finding in bad:
            lost = 100 * resource.share * lost_weight(finding) / resource.tally.total
            gain = gains.setdefault(finding.check, [0.0, 0.0, 0.0])
            gain[0] += lost
            gain[1] += lift(resource, finding)
            gain[2] += (finding.exhibit and finding.exhibit.usd_month) or 0.0
            touched.setdefault(finding.check, []).append(finding)
    found = [
        Fix(
            check=check,
            title=by_id[check].title,
            severity=min((one.severity for one in touched[check]), key=lambda severity: severity.rank),
            functions=len(touched[check]),
            effort=by_id[check].effort,
            points=lost + lifted,
            lifts_cap=lifted,
            usd_month=usd,
        )
        for check, (lost, lifted, usd) in gains.items()
        if check in by_id and lost + lifted > 0
    ]
    return tuple(sorted(found, key=lambda fix: (-fix.points, fix.check))[:FIXES])


def _gaps(findings: Sequence[Finding], titles: Mapping[str, str]) -> tuple[Gap, ...]:
    groups: dict[Unavailable, list[Finding]] = {}
    for finding in findings:
        if finding.status is Status.UNKNOWN and finding.reason is not None:
            groups.setdefault(msgspec.structs.replace(finding.reason, note=""), []).append(finding)
    found = [_gap(why, group, titles) for why, group in groups.items()]
    return tuple(sorted(found, key=lambda gap: (-gap.points, gap.operation, gap.reason)))


def _gap(why: Unavailable, group: Sequence[Finding], titles: Mapping[str, str]) -> Gap:
    notes = sorted({finding.reason.note for finding in group if finding.reason and finding.reason.note})
    return Gap(
        operation=why.operation,
        reason=why.reason.value,
        code=why.code,
        permission=why.is_grantable,
        hides=_hides(group, titles),
        note=notes[0] if notes else why.reason.value.replace("_", " ").lower(),
        results=len(group),
        functions=len({finding.resource for finding in group if finding.function}),
        regions=tuple(sorted({finding.region for finding in group if finding.region})),
        points=float(sum(finding.points for finding in group)),
    )


def _hides(group: Sequence[Finding], titles: Mapping[str, str]) -> str:
    """Say which check waits, or how many, and the checklist items that most of them belong to."""
    checks = {finding.check: finding.item for finding in group}
    if len(checks) == 1:
        return next(titles.get(check, check) for check in checks)
    items = Counter(checks.values()).most_common()
    shown = ", ".join(item.title for item, _ in items[:ITEMS_SHOWN])
    more = f" and {len(items) - ITEMS_SHOWN} more" if len(items) > ITEMS_SHOWN else ""
    return f"{len(checks)} checks: {shown}{more}"


def _runtimes(inventory: Inventory, reference: Reference) -> tuple[RuntimeRow, ...]:
    used: dict[str, list[str]] = {}
    for account in inventory.accounts:
        for region in account.regions:
            for function in () if isinstance(region.functions, Unavailable) else region.functions:
                if function.runtime:
                    used.setdefault(function.runtime, []).append(function.name)
    found = [_runtime(name, functions, reference) for name, functions in used.items()]
    return tuple(sorted(found, key=lambda row: (row.deprecated or date.max, row.id)))


def _runtime(name: str, functions: Sequence[str], reference: Reference) -> RuntimeRow:
    life = reference.runtimes.life(name)
    ends = life.deprecated if life else None
    return RuntimeRow(
        id=name,
        functions=tuple(sorted(functions)),
        deprecated=ends,
        create_blocked=life.create_blocked if life else None,
        update_blocked=life.update_blocked if life else None,
        days_left=(ends - reference.as_of).days if ends else None,
        successor=life.successor if life else "",
        known=life is not None,
    )


def _exceptions(judged: Judged, findings: Sequence[Finding]) -> tuple[ExceptionRow, ...]:
    points: dict[str, float] = {}
    for finding in findings:
        if finding.muted is not None:
            points[finding.muted.id] = points.get(finding.muted.id, 0.0) + finding.points
    return tuple(
        ExceptionRow(
            id=rule.id,
            check=rule.check,
            resources=rule.resources,
            kind=rule.kind,
            reason=rule.reason,
            owner=rule.owner,
            expires=rule.expires.isoformat(),
            ticket=rule.ticket,
            state=_state(rule, (judged.used or {}).get(rule.id, 0), judged.reference.as_of),
            findings=(judged.used or {}).get(rule.id, 0),
            points=points.get(rule.id, 0.0),
        )
        for rule in judged.mutes
    )


def _state(rule: MuteRule, used: int, as_of: date) -> str:
    if rule.expires < as_of:
        return "expired"
    if not used:
        return "unused"
    return "expiring" if rule.expires < as_of + EXPIRING else "in force"


def _scan(inventory: Inventory) -> ScanReport:
    scan = inventory.scan
    callers = [
        account.caller.arn for account in inventory.accounts if not isinstance(account.caller, Unavailable)
    ]
    regions = dict.fromkeys(region.name for account in inventory.accounts for region in account.regions)
    unlisted = any(
        isinstance(region.functions, Unavailable)
        for account in inventory.accounts
        for region in account.regions
    )
    return ScanReport(
        id=scan.id,
        caller=", ".join(dict.fromkeys(callers)),
        started_at=scan.started_at,
        ended_at=scan.ended_at,
        tier=scan.tier,
        complete=not (scan.interrupted or unlisted or scan.failed_accounts or _matches_nothing(inventory)),
        interrupted=scan.interrupted or _unlisted_words(inventory) or _matches_nothing(inventory),
        regions=tuple(regions),
        skipped_regions=scan.skipped_regions,
        failed_accounts=scan.failed_accounts,
        filters=scan.filters,
        requests=sum(row.requests for row in scan.spending),
        usd=float(sum(row.usd for row in scan.spending)),
        operations=tuple(
            OperationRow(
                operation=row.operation,
                requests=row.requests,
                throttled=row.throttled,
                denied=row.denied,
                lost=row.lost,
                usd=row.usd,
                denied_by=row.denied_by,
            )
            for row in sorted(scan.spending, key=lambda row: (-row.requests, row.operation))
        ),
    )


def _matches_nothing(inventory: Inventory) -> str:
    """Say that the owner's filters left no function, "" where they did or there are none: a slip in a name
    must not pass a gate.
    """
    found = any(region_functions(region) for account in inventory.accounts for region in account.regions)
    filters = inventory.scan.filters
    return f"no function is left by the filters: {', '.join(filters)}" if filters and not found else ""


def _unlisted_words(inventory: Inventory) -> str:
    missing = [
        f"the functions of {account.id} in {region.name} could not be listed ({region.functions})"
        for account in inventory.accounts
        for region in account.regions
        if isinstance(region.functions, Unavailable)
    ]
    return "; ".join(missing)


def _usd(functions: Sequence[FunctionReport]) -> float | None:
    known = [found.usd_month for found in functions if found.usd_month is not None]
    return float(sum(known)) if known else None


def _notes(judged: Judged) -> tuple[str, ...]:
    calendar = judged.reference.runtimes
    notes = [
        f"Check {bug} could not be finished: this is a fault of the tool; its findings are UNKNOWN"
        for bug in judged.bugs
    ]
    notes += judged.inventory.scan.notes
    if judged.reference.as_of - calendar.as_of > STALE_CALENDAR:
        notes.append(
            f"The runtime calendar is of {calendar.as_of}; a newer one can be given with --runtime-table"
        )
    if isinstance(judged.inventory.accounts, tuple) and not any(
        region_functions(region) for account in judged.inventory.accounts for region in account.regions
    ):
        notes.append("No function was found in the scanned regions")
    asked = sum(judged.settings.asked(check) for check in judged.checks)
    if judged.selection:
        notes.append(
            f"{asked} of {len(judged.checks)} checks were asked ({', '.join(judged.selection)}): "
            "the score speaks of these alone"
        )
    return tuple(notes)


def region_functions(region: Region) -> int:
    """Count the functions of a region, 0 where they could not be listed."""
    return 0 if isinstance(region.functions, Unavailable) else len(region.functions)
