"""Asking some checks only: by pattern, severity, checklist item or framework."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from msgspec.structs import replace

from auditor.catalogue import Check
from auditor.frameworks import Framework
from auditor.settings import CheckSettings, Settings, SettingsError
from auditor.verdict import ChecklistItem, Severity

# Names that a hint offers, and as many as it lists where none is near.
NEAR, FEW = 3, 15


@dataclass(frozen=True)
class Selection:
    """Which checks to ask: all where nothing is said. Patterns are as shells have them; each kind that is
    said narrows further.
    """

    checks: Sequence[str] = ()
    skipped: Sequence[str] = ()
    severities: Sequence[Severity] = ()
    items: Sequence[ChecklistItem] = ()
    frameworks: Sequence[str] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The selection in words, for the report."""
        return (
            *(f"check {pattern}" for pattern in self.checks),
            *(f"not check {pattern}" for pattern in self.skipped),
            *(f"severity {severity.value}" for severity in self.severities),
            *(f"item {item.value}" for item in self.items),
            *(f"framework {name}" for name in self.frameworks),
        )


def selected(
    settings: Settings,
    selection: Selection,
    checks: Sequence[Check],
    frameworks: Sequence[Framework],
) -> Settings:
    """Return settings that switch off every check that was not selected.

    A check that is named in full is asked even where the rule set switches it off. Raises `SettingsError`
    for a pattern that fits no check, a framework that is not there, and where nothing is left.
    """
    if not selection.words:
        return settings
    ids = [check.id for check in checks]
    for pattern in (*selection.checks, *selection.skipped):
        if not any(fnmatchcase(name, pattern) for name in ids):
            raise SettingsError(f"there is no check '{pattern}'{nearest(pattern, ids)}")
    controls = frozenset(_controlled(selection.frameworks, frameworks))
    taken = {check.id for check in checks if _takes(selection, check, settings, controls)}
    named = taken.intersection(selection.checks)
    large = {check.id for check in checks if check.id in named or settings.enabled(check)} & taken
    left = large | ({check.id for check in checks if settings.asked(check)} & taken)
    if not left:
        raise SettingsError(f"no check is left to ask ({', '.join(selection.words)})")
    return replace(
        settings,
        checks={
            name: replace(settings.checks.get(name, CheckSettings()), enabled=name in large) for name in ids
        },
        override=tuple(
            replace(found, checks={name: said for name, said in found.checks.items() if name in left})
            for found in settings.override
        ),
    )


def _takes(selection: Selection, check: Check, settings: Settings, controls: frozenset[str]) -> bool:
    return (
        (not selection.checks or any(fnmatchcase(check.id, pattern) for pattern in selection.checks))
        and not any(fnmatchcase(check.id, pattern) for pattern in selection.skipped)
        and (not selection.severities or settings.severity(check) in selection.severities)
        and (not selection.items or check.item in selection.items)
        and (not selection.frameworks or check.id in controls)
    )


def _controlled(names: Iterable[str], frameworks: Sequence[Framework]) -> Iterator[str]:
    by_id = {framework.framework: framework for framework in frameworks}
    for name in names:
        if name not in by_id:
            raise SettingsError(f"there is no framework '{name}'{nearest(name, by_id)}")
        yield from (check for control in by_id[name].controls for check in control.checks)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the nearest known names, or at all of them where they are few."""
    names = sorted(known)
    stem = name.strip("*")
    alike = [one for one in names if stem and (one.startswith(stem) or stem in one.split("-"))]
    near = sorted(alike, key=lambda one: not one.startswith(stem))[:NEAR]
    near = near or difflib.get_close_matches(stem, names, n=1)
    # A pattern is near to a name by its first words.
    near = near or difflib.get_close_matches(stem, {one.split("-")[0] for one in names}, n=1)
    if near:
        offered = "' or '".join(near)
        return f"; did you mean '{offered}'?"
    return f"; there are {', '.join(names)}" if len(names) <= FEW else ""
