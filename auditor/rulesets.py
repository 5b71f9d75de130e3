"""Rule sets: which checks are asked and how strictly, as packaged YAML or a file of one's own."""

import difflib
from importlib.resources import files
from pathlib import Path

import msgspec

from auditor import yaml_text
from auditor.catalogue import Check
from auditor.settings import CheckSettings, Override, Settings, SettingsError, checked
from auditor.verdict import Severity

DEFAULT = "recommended"


class Ruleset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule set's file: what a settings file says, a sentence on what it is for, and `least_severity`, which
    switches off every check whose own severity is milder and that `checks` does not name.
    """

    version: int = 1
    description: str = ""
    least_severity: Severity | None = None
    shared: dict[str, object] = {}
    checks: dict[str, CheckSettings] = {}
    override: tuple[Override, ...] = ()


def ruleset_names() -> tuple[str, ...]:
    """Names of the packaged rule sets, the default first."""
    found = (file.name for file in files("auditor").joinpath("rulesets").iterdir())
    names = sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml"))
    return (DEFAULT, *(name for name in names if name != DEFAULT))


def ruleset_description(name: str) -> str:
    """What a packaged rule set is for, in one line."""
    return _decoded(_packaged(name), name).description


def load_ruleset(name_or_file: str, checks: tuple[Check, ...]) -> Settings:
    """Return a rule set as settings: a packaged one by its name, else one from a file.

    Raises `SettingsError` where there is neither, or where the rule set names a check or threshold that does
    not exist, with the nearest that does.
    """
    packaged = name_or_file in ruleset_names()
    source = f"rule set {name_or_file}" if packaged else name_or_file
    found = _decoded(_packaged(name_or_file) if packaged else _read(name_or_file), source)
    mild = _milder(found.least_severity, checks)
    settings = Settings(
        version=found.version, shared=found.shared, checks={**mild, **found.checks}, override=found.override
    )
    return checked(settings, checks, source)


def merged(ruleset: Settings, own: Settings) -> Settings:
    """Return a rule set with the owner's settings on top.

    What the owner says wins: a threshold that is named for a check or shared is taken from the rule set no
    more, not even from its overrides. A check that the rule set switches off stays off unless the owner says
    `enabled: true` of it; a threshold or a severity alone does not switch it on.
    """
    base = _yielding(ruleset.checks, own)
    checks = {
        name: _over(base.get(name, CheckSettings()), own.checks[name]) if name in own.checks else base[name]
        for name in {**base, **own.checks}
    }
    overrides = tuple(
        msgspec.structs.replace(found, checks=_yielding(found.checks, own)) for found in ruleset.override
    )
    return msgspec.structs.replace(
        own, shared={**ruleset.shared, **own.shared}, checks=checks, override=(*overrides, *own.override)
    )


def _yielding(given: dict[str, CheckSettings], own: Settings) -> dict[str, CheckSettings]:
    """Leave out thresholds that the owner sets, for the check or for all that share the name."""
    return {
        name: msgspec.structs.replace(
            entry,
            thresholds={
                key: value
                for key, value in entry.thresholds.items()
                if key not in own.shared and key not in own.checks.get(name, CheckSettings()).thresholds
            },
        )
        for name, entry in given.items()
    }


def _over(base: CheckSettings, own: CheckSettings) -> CheckSettings:
    return CheckSettings(
        enabled=base.enabled if own.enabled is msgspec.UNSET else own.enabled,
        severity=own.severity or base.severity,
        thresholds={**base.thresholds, **own.thresholds},
    )


def _milder(least: Severity | None, checks: tuple[Check, ...]) -> dict[str, CheckSettings]:
    if least is None:
        return {}
    off = CheckSettings(enabled=False)
    return {check.id: off for check in checks if check.severity.rank > least.rank}


def _packaged(name: str) -> bytes:
    return files("auditor").joinpath("rulesets", f"{name}.yaml").read_bytes()


def _read(name_or_file: str) -> bytes:
    try:
        return Path(name_or_file).read_bytes()
    except FileNotFoundError as error:
        names = ruleset_names()
        near = difflib.get_close_matches(name_or_file, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names)}, or a file"
        raise SettingsError(f"there is no rule set '{name_or_file}'; {hint}") from error
    except OSError as error:
        raise SettingsError(f"{name_or_file} cannot be read: {error.strerror}") from error


def _decoded(data: bytes, source: str) -> Ruleset:
    try:
        return yaml_text.decode(data, Ruleset)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingsError(f"{source}: {error}") from error
