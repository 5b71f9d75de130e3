"""Secrets inside free text: log lines, descriptions, tag values, error messages."""

import re
from collections.abc import Iterator

from auditor.model import Record, SecretVerdict
from auditor.secrets.assignments import hashes
from auditor.secrets.evidence import Judged, doubtful, secret
from auditor.secrets.judge import classify
from auditor.secrets.pem import PRIVATE_BLOCK, password_hash_ruling
from auditor.secrets.providers import ruling_of, tokens_in
from auditor.secrets.randomness import looks_random
from auditor.secrets.urls import ANY_URL, CREDENTIAL_HEADER, url_ruling
from auditor.secrets.vocabulary import vocabulary

# What stands for a secret, and for what may be one. Nobody writes the first, so that checks can tell it.
MASK = "***secret***"
DOUBT = "***"
LONGEST = 65_536
MOST_KEYS = 500
# Values that hold keys are read once for each; what a text costs stays in proportion to its length.
MOST_READ_PER_SIGN = 1
LEAST_READ = 1024
# A key and the sign after it. The value is looked for from there, as it may be a key itself
# (`a: "token": "…"`). A key between two colons is a part of an ARN or address.
_KEY = re.compile(
    r"(?<![\w.-])(?!(?<=:)\w{1,64}:\S)(?P<quote>\\?[\"']?)(?P<name>[A-Za-z_][\w.-]{0,63})(?P=quote)"
    r"\s{0,3}(?:=>|:=|[:=])\s{0,3}"
    r"|\b(?P<spoken>(?i:password|passwd|passphrase|secret|token|api key))"
    r"\s(?:is|was|of|for \w{1,40} is)[: ]\s?"
)
_VALUE = re.compile(
    r"\\?\"(?P<double>[^\"]{1,2000})\"|'(?P<single>[^']{1,2000})'|(?P<bare>[^\s,&'\"<>{}\[\]()]{1,500})"
)
# A plain word after a colon or a verb (`password: required`), which is talk more often than a password.
_PROSE = re.compile(r"(?:: |[a-z] )[a-z]{1,20}[.!?;]?(?:\s|$)")
_UNREAD = doubtful("unread", "text with many keys", "more keys than are read")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")


class Hit(Record, frozen=True, kw_only=True):
    """A value in a text that was judged a secret, or perhaps one.

    `name` is the key it was assigned to ("" where there is none, `value` where the key looks random itself);
    `start` and `end` are positions in characters.
    """

    name: str
    judged: Judged
    start: int
    end: int


def classify_line(text: str) -> tuple[Hit, ...]:
    """Judge a line of a log, a description, a message: the hits in their order, without their values.

    Reads the first 65,536 characters.
    """
    return tuple(hit for hit in _found(text) if hit.judged.rule != _UNREAD.rule and not _is_talk(text, hit))


def redact(text: str) -> str:
    """Replace everything in a text that the classifier takes for a secret.

    `MASK` stands for a secret, `***` for a doubt and for a word that may be talk about one. What follows
    65,536 characters is left out, and what follows 500 keys is replaced whole.
    """
    pieces, at = [], 0
    for hit in _found(text):
        if hit.start >= at:
            sure = hit.judged.verdict is SecretVerdict.FAIL and not _is_talk(text, hit)
            pieces += [text[at : hit.start], MASK if sure else DOUBT]
        at = max(at, hit.end)
    return "".join((*pieces, text[at:LONGEST]))


def _is_talk(text: str, hit: Hit) -> bool:
    return bool(hit.name) and _PROSE.match(text, hit.start - 2) is not None


def _found(text: str) -> list[Hit]:
    text = text[:LONGEST]
    hits = [hit for hit in _hits(text) if hit.judged.verdict is not SecretVerdict.CLEAR]
    covered = tuple((hit.start, hit.end) for hit in hits)
    hits += (hit for hit in _assigned(text, covered) if hit.judged.verdict is not SecretVerdict.CLEAR)
    return sorted(hits, key=lambda hit: (hit.start, -hit.end))


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


def _assigned(text: str, covered: tuple[tuple[int, int], ...]) -> Iterator[Hit]:
    """The values assigned to keys, but for those within a stretch that is a hit already."""
    left = LEAST_READ + MOST_READ_PER_SIGN * len(text)
    for count, key in enumerate(_KEY.finditer(text)):
        if any(start <= key.start() < end for start, end in covered):
            continue
        if count >= MOST_KEYS or left <= 0:
            yield Hit(name="", judged=_UNREAD, start=key.end(), end=len(text))
            return
        value = _VALUE.match(text, key.end())
        left -= 0 if value is None else value.end() - value.start()
        if value is None or (value["bare"] or "").lower().strip(".!?;:") in vocabulary().prose_words:
            continue
        name = key["name"] or key["spoken"]
        judged = classify(name, (value["double"] or value["single"] or value["bare"]).strip("\\"))
        shown = "value" if looks_random(name) else name
        yield Hit(name=shown, judged=judged, start=value.start(), end=value.end())
