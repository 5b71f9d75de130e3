"""Secrets inside free text: log lines, descriptions, tag values, error messages."""

import re
from collections.abc import Iterator

from auditor.model import Record, SecretVerdict
from auditor.secrets.evidence import Judged
from auditor.secrets.judge import classify
from auditor.secrets.providers import ruling_of, tokens_in

MASK = "***"
_ASSIGNED = re.compile(
    r"(?<![\w.-])(?P<quote>\\?[\"']?)(?P<name>[A-Za-z_][\w.-]{0,63})(?P=quote)\s{0,3}(?:=>|:=|[:=])\s{0,3}"
    r"(?P<value>\\?\"[^\"\\]{1,2000}\\?\"|'[^']{1,2000}'|[^\s,;&'\"<>{}\[\]()]{1,2000})"
)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,40}://[^\s'\"<>]{1,2000}")
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----[\s\S]{0,8000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----|$)"
)
LONGEST = 65_536


class Hit(Record, frozen=True, kw_only=True):
    """A value in a text that was judged a secret, or perhaps one. `name` is the key it was assigned to, "" where there
    is none; `start` and `end` are positions in characters.
    """

    name: str
    judged: Judged
    start: int
    end: int


def classify_line(text: str) -> tuple[Hit, ...]:
    """Judge a line of a log, a description, a message: the hits in their order, without their values.

    Reads the first 65,536 characters.
    """
    return tuple(sorted(_hits(text[:LONGEST]), key=lambda hit: (hit.start, -hit.end)))


def redact(text: str) -> str:
    """Replace everything in a text that the classifier takes for a secret by `***`; what follows 65,536 characters is cut."""
    pieces, at = [], 0
    for hit in classify_line(text):
        if hit.end <= at:
            continue
        pieces.append(text[at : max(at, hit.start)])
        pieces.append(MASK)
        at = hit.end
    return "".join((*pieces, text[at:LONGEST]))


def _hits(text: str) -> Iterator[Hit]:
    for match in _PEM.finditer(text):
        yield Hit(name="", judged=classify("", match[0]), start=match.start(), end=match.end())
    for token in tokens_in(text):
        yield Hit(name="", judged=ruling_of(token), start=token.start, end=token.end)
    for match in _URL.finditer(text):
        judged = classify("", match[0])
        if judged.verdict is not SecretVerdict.CLEAR:
            yield Hit(name="", judged=judged, start=match.start(), end=match.end())
    for match in _ASSIGNED.finditer(text):
        judged = classify(match["name"], match["value"].strip("\\\"'"))
        if judged.verdict is not SecretVerdict.CLEAR:
            yield Hit(name=match["name"], judged=judged, start=match.start("value"), end=match.end("value"))
