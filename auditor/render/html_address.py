"""Addresses within the page: one for each function, unique however often names repeat."""

from collections.abc import Sequence
from urllib.parse import quote

from auditor.report import FunctionReport


def anchors(functions: Sequence[FunctionReport]) -> tuple[str, ...]:
    """Return the address of each function's page: its name, and its region and account where names repeat."""
    names: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    for found in functions:
        names[found.name] = names.get(found.name, 0) + 1
        places[found.name, found.region] = places.get((found.name, found.region), 0) + 1
    return tuple(
        found.name
        if names[found.name] == 1
        else f"{found.name}@{found.region}"
        if places[found.name, found.region] == 1
        else f"{found.name}@{found.account}.{found.region}"
        for found in functions
    )


def escaped(text: str) -> str:
    """Percent-encode a word for an address within the page, as the script's `encodeURIComponent` does."""
    return quote(text, safe="-_.!~*'()", errors="replace")


def letter_kind(grade: str) -> str:
    """Return the class of a letter's ground."""
    return grade[0].lower() if grade[:1].isalpha() else "none"
