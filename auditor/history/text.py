"""A comparison as lines of text."""

from collections.abc import Iterator, Sequence

from auditor.history.compare import Comparison
from auditor.report import Change
from auditor.score import floored

SHOWN = 10


def lines(comparison: Comparison, shown: int = SHOWN) -> tuple[str, ...]:
    """Return the comparison as lines of text, at most `shown` changes of each kind; 0 for all.

    Names and messages are as AWS gave them: whoever prints the lines makes them safe for the terminal.
    """
    return tuple(_lines(comparison, shown))


def _lines(found: Comparison, shown: int) -> Iterator[str]:
    yield f"{found.title}: {found.since:%Y-%m-%d %H:%M} → {found.until:%Y-%m-%d %H:%M} UTC"
    yield (
        f"Score {found.score_before} → {found.score_after}; like for like "
        f"{floored(found.like_before)} → {floored(found.like_after)} ({found.delta:+d})"
    )
    yield f"Coverage {found.coverage_before} % → {found.coverage_after} %"
    if found.profile_changed:
        yield "The score profile changed: the scores as reported do not compare, like for like does"
    for title, changes in (
        ("New", found.new),
        ("Worse", found.worse),
        ("No longer seen", found.visibility_lost),
        ("Fixed", found.fixed),
        ("Better", found.better),
        ("Seen again", found.visibility_gained),
        ("No longer there", found.gone),
    ):
        yield from _names(title, tuple(map(_said, changes)), shown)
    yield from _names("Checks changed", tuple(map(_judged, found.checks_changed)), shown)
    yield from _names("Checks added", found.checks_added, shown)
    yield from _names("Checks removed", found.checks_removed, shown)
    yield from _names("Functions added", found.functions_added, shown)
    yield from _names("Functions removed", found.functions_removed, shown)


def _said(change: Change) -> str:
    severity = change.severity.value if change.severity else ""
    head = f"{severity:<8}  {change.before} → {change.after}  {change.check}"
    # What others wrote is held to one line each.
    rest = (" ".join(part.split()) for part in (change.resource, change.message))
    return "\n            ".join((head, *(part for part in rest if part)))


def _judged(change: Change) -> str:
    return f"{change.check}  {change.before} → {change.after}"


def _names(title: str, names: Sequence[str], shown: int) -> Iterator[str]:
    if not names:
        return
    yield ""
    yield f"{title}: {len(names):,}"
    listed = names[:shown] if shown else names
    yield from (f"  {name}" for name in listed)
    if len(names) > len(listed):
        yield f"  and {len(names) - len(listed):,} more"
