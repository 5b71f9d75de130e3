"""Secrets inside free text: log lines, descriptions, tag values, error messages."""

import re
from collections.abc import Iterator

from auditor.model import Record, SecretVerdict
from auditor.secrets.assignments import hashes
from auditor.secrets.evidence import Judged, secret
from auditor.secrets.judge import classify
from auditor.secrets.pem import PRIVATE_BLOCK, password_hash_ruling
from auditor.secrets.providers import ruling_of, tokens_in
from auditor.secrets.urls import ANY_URL, CREDENTIAL_HEADER, url_ruling

MASK = "***"
LONGEST = 65_536
_LONGEST_NAME = 64
_NAME = r"(?P<name>[A-Za-z_][\w.-]{0,63})"
_ASSIGNED = re.compile(
    rf"(?<![\w.-])(?P<quote>\\?[\"']?){_NAME}(?P=quote)\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}}"
    r"(?P<value>\\?\"[^\"]{1,2000}\"|'[^']{1,2000}'|[^\s,&'\"<>{}\[\]()]{1,2000})"
)
_SPOKEN = re.compile(
    r"\b(?P<name>password|passwd|passphrase|secret|token|api key)\s(?:is|was|of"
    r"|for \w{1,40} is)[: ]\s?(?P<value>\"[^\"]{4,200}\"|'[^']{4,200}'|\S{4,200})",
    re.IGNORECASE,
)
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")


class Hit(Record, frozen=True, kw_only=True):
    """A value in a text that was judged a secret, or perhaps one.

    `name` is the key it was assigned to, "" where there is none; `start` and `end` are positions in
    characters.
    """

    name: str
    judged: Judged
    start: int
    end: int


def classify_line(text: str) -> tuple[Hit, ...]:
    """Judge a line of a log, a description, a message: the hits in their order, without their values.

    Reads the first 65,536 characters.
    """
    found = (hit for hit in _hits(text[:LONGEST]) if hit.judged.verdict is not SecretVerdict.CLEAR)
    return tuple(sorted(found, key=lambda hit: (hit.start, -hit.end)))


def redact(text: str) -> str:
    """Replace everything in a text that the classifier takes for a secret by `***`.

    What follows 65,536 characters is left out.
    """
    pieces, at = [], 0
    for hit in classify_line(text):
        if hit.start >= at:
            pieces += [text[at : hit.start], MASK]
        at = max(at, hit.end)
    return "".join((*pieces, text[at:LONGEST]))


def _hits(text: str) -> Iterator[Hit]:
    for begin in PRIVATE_BLOCK.finditer(text):
        end = _PEM_END.search(text, begin.end())
        judged = secret("private-key", "private key", "a private key block")
        yield Hit(name="", judged=judged, start=begin.start(), end=end.end() if end else len(text))
    for token in tokens_in(text):
        yield Hit(name="", judged=ruling_of(token), start=token.start, end=token.end)
    for match in hashes(text):
        ruling = password_hash_ruling(match[0])
        if ruling is not None:
            yield Hit(name="", judged=ruling, start=match.start(), end=match.end())
    for match in (*ANY_URL.finditer(text), *CREDENTIAL_HEADER.finditer(text)):
        ruling = url_ruling(match[0])
        if ruling is not None:
            yield Hit(name="", judged=ruling, start=match.start(), end=match.end())
    for match in (*_ASSIGNED.finditer(text), *_SPOKEN.finditer(text)):
        judged = classify(match["name"], match["value"].strip("\\\"'"))
        yield Hit(name=match["name"], judged=judged, start=match.start("value"), end=match.end("value"))
