"""The table of token formats, and the search for them in a value."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec

from auditor.model import Record
from auditor.secrets.evidence import Judged, doubtful, secret
from auditor.secrets.shapes import is_placeholder


class Provider(Record, frozen=True, kw_only=True):
    """One token format as its provider documents it.

    `pattern` is searched where one of `keywords` (lower case) occurs in the value; with `names` (sets of words) it
    has to match the whole value, and one of the sets has to stand in the name. `public_prefix` is the part that
    all tokens of the format share. `checksum` names a check that the token carries in itself. `verdict` is `fail` or `warn`.
    """

    id: str
    provider: str
    kind: str
    pattern: str
    source: str
    keywords: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    public_prefix: str = ""
    checksum: str = ""
    verdict: str = "fail"


class Format(Record, frozen=True, kw_only=True, tag=False):
    """A provider's entry with its pattern compiled."""

    entry: Provider
    pattern: re.Pattern[str]


class Formats(Record, frozen=True, kw_only=True, tag=False):
    """All formats: those found by their own shape, and those that need a telling name."""

    shaped: tuple[Format, ...]
    named: tuple[Format, ...]


@cache
def formats() -> Formats:
    """The built-in table, read once."""
    text = files("auditor.secrets").joinpath("providers.yaml").read_bytes()
    table = msgspec.yaml.decode(text, type=tuple[Provider, ...])
    every = tuple(Format(entry=entry, pattern=re.compile(entry.pattern)) for entry in table)
    return Formats(
        shaped=tuple(found for found in every if not found.entry.names),
        named=tuple(found for found in every if found.entry.names),
    )


def provider_ruling(name_words: tuple[str, ...], text: str) -> Judged | None:
    """The verdict of the first format that a value (or its name and value) fits, None where none does."""
    doubt: Judged | None = None
    for entry, _, _ in found_in(text):
        ruling = _ruling(entry)
        if entry.verdict == "fail":
            return ruling
        doubt = doubt or ruling
    return _by_name(name_words, text) or doubt


def _by_name(name_words: tuple[str, ...], text: str) -> Judged | None:
    present = set(name_words)
    for candidate in formats().named:
        entry = candidate.entry
        told = any(present.issuperset(wanted) for wanted in entry.names)
        if told and candidate.pattern.fullmatch(text) and not is_placeholder(text):
            return _ruling(entry)
    return None


def _ruling(entry: Provider) -> Judged:
    judge = secret if entry.verdict == "fail" else doubtful
    return judge(
        entry.id, entry.kind, "the documented format of the provider", public_prefix=entry.public_prefix
    )


def found_in(text: str) -> Iterator[tuple[Provider, int, int]]:
    """Every token found in a text by its shape: the entry, first and past-last position."""
    lowered = text.lower()
    for candidate in formats().shaped:
        if not any(keyword in lowered for keyword in candidate.entry.keywords):
            continue
        for match in candidate.pattern.finditer(text):
            if not is_placeholder(match[0]):
                yield candidate.entry, match.start(), match.end()
