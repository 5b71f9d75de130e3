"""The main job, end to end: an inventory, judged, muted, scored and put into a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from auditor.catalogue import Check, load
from auditor.code import OsvDatabase, load_osv
from auditor.compose import Judged, compose
from auditor.evaluate import evaluate
from auditor.frameworks import Framework, load_frameworks
from auditor.model import Inventory, Unavailable
from auditor.mute import MuteRule, load_mutes, mute
from auditor.reference import Attestations, Reference, load_attestations, load_reference
from auditor.report import Report
from auditor.rulesets import DEFAULT, load_ruleset, merged
from auditor.selection import Selection, selected
from auditor.settings import Settings, load_settings
from auditor.vulnerabilities import with_vulnerabilities

NO_ATTESTATIONS = Attestations()
ALL_CHECKS = Selection()


@dataclass(frozen=True)
class Rules:
    """Everything that an audit judges by: checks, settings, dated data, exceptions, attestations,
    frameworks.
    """

    checks: tuple[Check, ...]
    settings: Settings
    reference: Reference
    mutes: tuple[MuteRule, ...] = ()
    attestations: Attestations = NO_ATTESTATIONS
    frameworks: tuple[Framework, ...] = ()
    vulnerabilities: OsvDatabase | None = None
    selection: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleFiles:
    """Files that the owner's rules are read from, and which checks to ask; None leaves the packaged ones.

    `today` is the day on which they are read, where it is another than the one to judge for.
    """

    settings: Path | None = None
    mutes: Path | None = None
    attestations: Path | None = None
    runtime_table: Path | None = None
    price_table: Path | None = None
    check_folders: Sequence[Path] = ()
    ruleset: str = DEFAULT
    vulnerabilities: Path | None = None
    frameworks: Sequence[Path] = ()
    selection: Selection = ALL_CHECKS
    today: date | None = None


def load_rules(files: RuleFiles, now: datetime) -> Rules:
    """Read the rules for an audit that judges for the day of `now`.

    Raises `CatalogueError`, `SettingsError`, `MuteError`, `ReferenceDataError`, `FrameworkError` or
    `OsvError`, each
    one sentence.
    """
    checks = load(files.check_folders)
    as_of = now.date()
    own = load_settings(files.settings, checks) if files.settings else Settings()
    frameworks = load_frameworks(checks, files.frameworks)
    settings = merged(load_ruleset(files.ruleset, checks), own)
    return Rules(
        checks=checks,
        settings=selected(settings, files.selection, checks, frameworks),
        reference=load_reference(as_of, files.runtime_table, files.price_table),
        mutes=_mutes(files, as_of, checks),
        attestations=load_attestations(files.attestations) if files.attestations else Attestations(),
        frameworks=frameworks,
        vulnerabilities=load_osv(files.vulnerabilities) if files.vulnerabilities else None,
        selection=files.selection.words,
    )


def _mutes(files: RuleFiles, as_of: date, checks: Sequence[Check]) -> tuple[MuteRule, ...]:
    if files.mutes is None:
        return ()
    return load_mutes(files.mutes, as_of, [check.id for check in checks], files.today)


def audit(inventory: Inventory, rules: Rules, now: datetime) -> Report:
    """Judge an inventory: the same inventory, rules and `now` give the same report."""
    inventory = with_vulnerabilities(inventory, rules.vulnerabilities)
    evaluation = evaluate(inventory, rules.checks, rules.settings, rules.reference, rules.attestations)
    muted = mute(evaluation.findings, rules.mutes, inventory, rules.reference.as_of)
    judged = Judged(
        inventory=inventory,
        checks=rules.checks,
        findings=muted.findings,
        bugs=evaluation.bugs,
        criticality=_criticality(inventory, rules.settings),
        reference=rules.reference,
        frameworks=rules.frameworks,
        mutes=rules.mutes,
        used=muted.used,
        settings=rules.settings,
        selection=rules.selection,
    )
    return compose(judged, now)


def _criticality(inventory: Inventory, settings: Settings) -> dict[str, float]:
    if not any(found.criticality is not None for found in settings.override):
        return {}
    return {
        function.arn: settings.criticality(function)
        for account in inventory.accounts
        for region in account.regions
        if not isinstance(region.functions, Unavailable)
        for function in region.functions
    }
