"""The owner's settings: thresholds, severities and what is switched off, overall and for some functions."""

import difflib
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from auditor import yaml_text
from auditor.catalogue import Check
from auditor.model import Function, Unavailable
from auditor.verdict import Severity

NAME, TABLE = "auditor.yaml", "lambda-auditor"


class SettingsError(Exception):
    """A settings file that cannot be used; the text names the file, the key and the remedy."""


class CheckSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be said of one check. `thresholds` are its keyword-only arguments; `enabled` is unset where
    nothing is said of the switch.
    """

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    severity: Severity | None = None
    thresholds: dict[str, Any] = {}


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings for some functions: those whose name matches a pattern, and who carry all the tags.

    `criticality` is the weight of the function in the account's score.
    """

    functions: tuple[str, ...] = ("*",)
    tags: dict[str, str] = {}
    criticality: float | None = None
    checks: dict[str, CheckSettings] = {}

    def applies(self, function: Function) -> bool:
        """Whether the override is about a function. Tags that could not be read match nothing."""
        if not any(fnmatchcase(function.name, pattern) for pattern in self.functions):
            return False
        return all(
            not isinstance(value := function.tag(key), Unavailable)
            and value is not None
            and fnmatchcase(value, want)
            for key, want in self.tags.items()
        )


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A settings file. `shared` holds thresholds that several checks have by the same name, such as
    `trusted_accounts`; `options` are defaults of the command line's options, by their long words.
    """

    version: int = 1
    options: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    checks: dict[str, CheckSettings] = {}
    override: tuple[Override, ...] = ()

    def enabled(self, check: Check, function: Function | None = None) -> bool:
        """Whether a check is asked, at all or of one function; the last word on it wins."""
        said = [found.enabled for found in self._about(check, function)]
        return next((word for word in reversed(said) if word is not msgspec.UNSET), True)

    def asked(self, check: Check) -> bool:
        """Whether a check is asked of anything: at large, or of the functions of some override."""
        return self.enabled(check) or any(
            check.id in found.checks and found.checks[check.id].enabled is True for found in self.override
        )

    def severity(self, check: Check, function: Function | None = None) -> Severity:
        """Severity of a check's findings, at large or on one function; the last word on it wins."""
        said = [found.severity for found in self._about(check, function) if found.severity is not None]
        return said[-1] if said else check.severity

    def _about(self, check: Check, function: Function | None) -> Iterator[CheckSettings]:
        """Yield what is said of a check, the general first, then what overrides say for one function."""
        sources = [self.checks, *(found.checks for found in (self.overrides(function) if function else ()))]
        yield from (source[check.id] for source in sources if check.id in source)

    def overrides(self, function: Function) -> tuple[Override, ...]:
        """Overrides that are about a function, in the order of the file."""
        return tuple(found for found in self.override if found.applies(function)) if self.override else ()

    def criticality(self, function: Function) -> float:
        """Weight of a function in the account's score; the last override that names one wins."""
        named = [found.criticality for found in self.overrides(function) if found.criticality is not None]
        return named[-1] if named else 1.0

    def thresholds(self, check: Check, function: Function | None = None) -> dict[str, object]:
        """Values of a check's thresholds that differ from its defaults."""
        known = {threshold.name for threshold in check.thresholds}
        chosen: dict[str, object] = {name: value for name, value in self.shared.items() if name in known}
        for found in self._about(check, function):
            chosen.update(found.thresholds)
        return chosen


def load_settings(file: Path, checks: tuple[Check, ...]) -> Settings:
    """Read a settings file and hold it against the checks that it speaks of.

    Raises `SettingsError` for a file that cannot be read, an unknown key (with the nearest known one), or a
    threshold of a
    wrong type.
    """
    return checked(_decoded(file, Settings), checks, str(file))


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    options: dict[str, Any] = {}


def file_options(file: Path) -> dict[str, Any]:
    """Return what a settings file says of the command line's options. Raises `SettingsError`."""
    return _decoded(file, _Options).options


Form = TypeVar("Form")


def _decoded(file: Path, form: type[Form]) -> Form:
    """Read YAML, or the table `tool.lambda-auditor` of a pyproject.toml."""
    try:
        data = file.read_bytes()
        if file.suffix == ".toml":
            return msgspec.convert(_table(data), form)
        return yaml_text.decode(data, form)
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from error


def _table(data: bytes) -> object:
    tool = tomllib.loads(data.decode()).get("tool", {})
    return tool.get(TABLE, {}) if isinstance(tool, dict) else {}


def discovered(start: Path) -> Path | None:
    """Return the settings file that holds for a folder: in it, or in one above, up to the repository's root.

    Raises `SettingsError` for a pyproject.toml that cannot be read.
    """
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        project = folder / "pyproject.toml"
        if project.is_file() and f"[tool.{TABLE}".encode() in _bytes(project):
            return project
        if (folder / ".git").exists():
            return None
    return None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error


def checked(settings: Settings, checks: tuple[Check, ...], source: str) -> Settings:
    """Return settings whose names are known and whose thresholds have the types that the checks declare."""
    by_id = {check.id: check for check in checks}
    shared_types = {threshold.name: threshold.type for check in checks for threshold in check.thresholds}
    shared = {
        name: _converted(value, _named(name, shared_types, source, "threshold"), f"{source}: shared.{name}")
        for name, value in settings.shared.items()
    }
    overrides = tuple(
        msgspec.structs.replace(found, checks=_checked_checks(found.checks, by_id, source))
        for found in settings.override
    )
    return msgspec.structs.replace(
        settings, shared=shared, checks=_checked_checks(settings.checks, by_id, source), override=overrides
    )


def _checked_checks(
    given: dict[str, CheckSettings], by_id: dict[str, Check], source: str
) -> dict[str, CheckSettings]:
    found = {}
    for name, entry in given.items():
        check = _named(name, by_id, source, "check")
        types = {threshold.name: threshold.type for threshold in check.thresholds}
        thresholds = {
            key: _converted(
                value, _named(key, types, source, f"threshold of {name}"), f"{source}: {name}.{key}"
            )
            for key, value in entry.thresholds.items()
        }
        found[name] = msgspec.structs.replace(entry, thresholds=thresholds)
    return found


def _named(name: str, known: dict[str, Any], source: str, kind: str) -> Any:  # noqa: ANN401 - whatever the table holds
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise SettingsError(f"{source}: there is no {kind} '{name}'{hint}")


def _converted(value: object, wanted: Any, where: str) -> object:  # noqa: ANN401 - a type given as a value
    try:
        converted: object = msgspec.convert(value, wanted, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {error}") from error
    return converted
