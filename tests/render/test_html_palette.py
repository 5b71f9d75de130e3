"""The palette reads well in both themes, by the contrast formula of WCAG 2.2."""

import re

import pytest

from auditor.render.html import asset, style

TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", asset("report.css")
    )
}
GROUNDS = ("page", "surface", "inset", "hover")
WORDS = ("text", "text-2", "text-3", "accent", "critical", "high", "medium", "low", "info", "pass", "unknown")
ON_SOFT = [
    *((f"grade-{letter}", f"grade-{letter}-soft") for letter in "abcdf"),
    *((name, f"{name}-soft") for name in ("critical", "high", "medium", "low", "pass", "accent")),
    ("text", "critical-soft"),
    ("text", "pass-soft"),
    ("text", "accent-soft"),
    ("text-3", "accent-soft"),
    ("on-accent", "accent"),
]
SHAPES = [
    *(
        (name, "surface")
        for name in ("control", "accent", "fail-fill", "warn-fill", "accent-fill", "blocked-fill")
    ),
    *((f"grade-{letter}-fill", "surface") for letter in "abcdf"),
    ("pass-fill", "surface"),
    ("hatch-line", "surface"),
    ("accent", "page"),
]


def _luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_formula_knows_black_on_white() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), [*((w, g) for w in WORDS for g in GROUNDS), *ON_SOFT])
def test_words_are_readable(front: str, back: str, theme: int) -> None:
    assert _contrast(TOKENS[front][theme], TOKENS[back][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), SHAPES)
def test_shapes_stand_out(front: str, back: str, theme: int) -> None:
    assert _contrast(TOKENS[front][theme], TOKENS[back][theme]) >= 3


def test_every_colour_is_a_token() -> None:
    outside = re.sub(r"(?s):root \{.*?\n\}", "", asset("report.css"), count=1)
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", outside)) <= {"#fff"}
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", style()))
    assert used <= {*TOKENS, "sans", "mono", "side", "gap"}
