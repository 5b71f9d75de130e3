"""Shapes of the report's graphics: arcs, steps, bands and bars as SVG attributes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import cos, radians, sin

from auditor.render.html_words import percent
from auditor.report import Counts, ItemScore, Report, RuntimeRow, TrendPoint

CUTS = ((50, "D"), (70, "C"), (80, "B"), (90, "A"))
"""Scores where the letters D, C, B and A begin; below the first is F."""

_CENTRE_X, _CENTRE_Y, _RADIUS, _LETTERS = 116, 114, 88, 103
_OPENING_DEGREES = 90


@dataclass(frozen=True)
class Text:
    """A word in a graphic, at user units or percentages."""

    x: str
    y: str
    words: str
    marked: bool = False


@dataclass(frozen=True)
class Gauge:
    """A ring of 270 degrees: paths of the track, the proven and the possible part, and of the cuts."""

    track: str
    proven: str
    possible: str
    cuts: tuple[str, ...]
    letters: tuple[Text, ...]


def gauge(score: int, possible: int, grade: str) -> Gauge:
    """Draw the ring for a score and the score possible, both from 0 to 100."""
    starts = [0, *(cut for cut, _ in CUTS), 100]
    letters = ["F", *(letter for _, letter in CUTS)]
    middles = [(low + high) / 2 for low, high in pairwise(starts)]
    return Gauge(
        track=_arc(0, 100),
        proven=_arc(0, score),
        possible=_arc(score, possible),
        cuts=tuple(_spoke(cut) for cut, _ in CUTS),
        letters=tuple(
            Text(*_at(middle, _LETTERS, drop=4), letter, grade.startswith(letter))
            for middle, letter in zip(middles, letters, strict=True)
        ),
    )


def _angle(value: float) -> float:
    return radians(90 + _OPENING_DEGREES / 2 + (360 - _OPENING_DEGREES) * value / 100)


def _at(value: float, radius: float, drop: float = 0) -> tuple[str, str]:
    angle = _angle(value)
    return f"{_CENTRE_X + radius * cos(angle):.1f}", f"{_CENTRE_Y + radius * sin(angle) + drop:.1f}"


def _arc(low: float, high: float) -> str:
    if high <= low:
        return ""
    large = 1 if (high - low) * (360 - _OPENING_DEGREES) / 100 > 180 else 0  # noqa: PLR2004 - half a turn
    start, end = " ".join(_at(low, _RADIUS)), " ".join(_at(high, _RADIUS))
    return f"M{start}A{_RADIUS} {_RADIUS} 0 {large} 1 {end}"


def _spoke(value: float) -> str:
    inner, outer = " ".join(_at(value, _RADIUS - 8)), " ".join(_at(value, _RADIUS + 8))
    return f"M{inner}L{outer}"


@dataclass(frozen=True)
class Segment:
    """A piece of a bar: what it means, where it begins and how long it is, in percent."""

    kind: str
    x: str
    width: str


def judged(counts: Counts) -> int:
    """Count the results that weigh in a score."""
    return counts.failed + counts.warned + counts.unknown + counts.passed


def parts(counts: Counts) -> tuple[Segment, ...]:
    """Cut a bar into failed, warned, unknown and passed results, in this order."""
    return cut(
        (
            ("fail", counts.failed),
            ("warn", counts.warned),
            ("hatch", counts.unknown),
            ("pass", counts.passed),
        )
    )


def cut(shares: Sequence[tuple[str, float]]) -> tuple[Segment, ...]:
    """Cut a bar into pieces by their shares, leaving out the empty ones."""
    whole = sum(share for _, share in shares)
    pieces: list[Segment] = []
    done = 0.0
    for kind, share in shares:
        if share > 0:
            pieces.append(Segment(kind, percent(done, whole), percent(share, whole)))
        done += share
    return tuple(pieces)


@dataclass(frozen=True)
class Step:
    """One row of the cascade: what is lost, what was not seen, and the line down to the next row."""

    lost: Segment | None
    unseen: Segment | None
    foot: str


@dataclass(frozen=True)
class Cascade:
    """Steps from 100 at the left down to the score; `caps` is the step of the ceilings, `end` the place of
    the
    score.
    """

    ticks: tuple[Text, ...]
    steps: tuple[Step, ...]
    caps: Step
    end: str


def cascade(report: Report, items: Sequence[ItemScore]) -> Cascade:
    """Lay the items' points from 100 down to the score, in the order given."""
    taken = sum(item.lost + item.unseen for item in items) + report.caps_points
    stride = next((s for s in (1, 2, 5, 10) if taken <= 6 * s), 20)
    width = max(stride, taken * 1.04)
    at = 0.0
    steps: list[Step] = []
    for item in items:
        steps.append(_step(at, item.lost, item.unseen, width))
        at += item.lost + item.unseen
    caps = Step(_segment("cap", at, report.caps_points, width), None, percent(at + report.caps_points, width))
    ticks = tuple(
        Text(percent(value, width), "0", str(100 - value)) for value in range(0, int(width) + 1, stride)
    )
    return Cascade(ticks, tuple(steps), caps, percent(at + report.caps_points, width))


def _step(at: float, lost: float, unseen: float, width: float) -> Step:
    return Step(
        _segment("fail", at, lost, width),
        _segment("hatch", at + lost, unseen, width),
        percent(at + lost + unseen, width),
    )


def _segment(kind: str, at: float, length: float, width: float) -> Segment | None:
    return Segment(kind, percent(at, width), percent(length, width)) if length > 0 else None


@dataclass(frozen=True)
class Trend:
    """The proven score of the runs as a line under the band up to the possible score; units are percent."""

    line: str
    band: str
    x: str
    y: str
    possible_y: str
    rules: tuple[str, ...]
    words: str


def trend(runs: Sequence[TrendPoint]) -> Trend | None:
    """Draw the scores of earlier runs and this one; None for fewer than two."""
    if len(runs) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    low = max(0, min(run.score for run in runs) - 8)
    high = min(100, max(run.possible for run in runs) + 3)
    xs = [88 * place / (len(runs) - 1) for place in range(len(runs))]

    def y(value: float) -> float:
        return 80 - 72 * (value - low) / (high - low) if high > low else 44.0

    line = [f"{x:.2f},{y(run.score):.2f}" for x, run in zip(xs, runs, strict=True)]
    top = [f"{x:.2f},{y(run.possible):.2f}" for x, run in zip(xs, runs, strict=True)]
    rules = tuple(f"{y(value):.2f}%" for value in range(0, 101, 10) if low <= value <= high)
    return Trend(
        line=" ".join(line),
        band=" ".join([*line, *reversed(top)]),
        x=f"{xs[-1]:g}%",
        y=f"{y(runs[-1].score):.2f}%",
        possible_y=f"{y(runs[-1].possible):.2f}%",
        rules=rules,
        words=", ".join(str(run.score) for run in runs),
    )


@dataclass(frozen=True)
class Calendar:
    """Support of the runtimes over time: ticks, today's line, and four phases for each row."""

    ticks: tuple[Text, ...]
    today: str
    rows: tuple[tuple[Segment, ...], ...]


def calendar(rows: Sequence[RuntimeRow], today: date) -> Calendar:
    """Lay the phases supported, no patches, no new functions, no updates on an axis around today."""
    first = date(today.year, 7 if today.month > 6 else 1, 1)  # noqa: PLR2004 - June ends the first half
    last = first + timedelta(days=915)
    length = (last - first).days

    def place(when: date | None) -> float:
        return float(length) if when is None else min(max((when - first).days, 0), length)

    halves = [date(first.year + n // 2, 1 + 6 * (n % 2), 1) for n in range(8)]
    shown = [tick for tick in halves if first <= tick < last - timedelta(days=30)]
    return Calendar(
        ticks=tuple(
            Text(percent(place(tick), length), "0", _half(tick) if abs((tick - today).days) > 60 else "")  # noqa: PLR2004 - room for a word
            for tick in shown
        ),
        today=percent(place(today), length),
        rows=tuple(_phases(row, place) for row in rows),
    )


def _half(tick: date) -> str:
    return f"{tick:%Y}" if tick.month == 1 else f"{tick:%b %Y}"


def _phases(row: RuntimeRow, place: Callable[[date | None], float]) -> tuple[Segment, ...]:
    if not row.known:
        return (Segment("hatch", "0%", "100%"),)
    length = place(None)
    ends = place(row.deprecated)
    update = max(ends, place(row.update_blocked))
    create = min(update, max(ends, place(row.create_blocked)))
    borders = (0.0, ends, create, update, length)
    return tuple(
        Segment(kind, percent(low, length), percent(high - low, length))
        for kind, (low, high) in zip(("live", "old", "blocked", "dead"), pairwise(borders), strict=True)
        if high > low
    )
