"""Secrets in the configuration files of a package, with their lines and without their values."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from auditor.model import Located, SecretVerdict
from auditor.secrets.assignments import assignments, hashes, is_label, is_literal
from auditor.secrets.evidence import Judged
from auditor.secrets.filenames import credential_file, looks_like_config_file
from auditor.secrets.judge import classify
from auditor.secrets.pem import PRIVATE_BLOCK, password_hash_ruling, pem_ruling
from auditor.secrets.providers import ruling_of, tokens_in
from auditor.secrets.randomness import looks_random
from auditor.secrets.urls import ANY_URL, url_ruling
from auditor.secrets.words import words

__all__ = ["credential_file", "looks_like_config_file", "scan_text"]

LARGEST_BYTES = 2 * 1024 * 1024
MOST_HITS = 200
_LONGEST_BLOCK = 8192
_BINARY_HEAD = 8192
_BY_NAME = ("name-", "weak-", "secret-", "short-")
# Files that are one secret and nothing else, and the name it goes by.
_WHOLE_FILES = {"Rails master key": "RAILS_MASTER_KEY", "Vault token file": "VAULT_TOKEN"}


class _Found(NamedTuple):
    line: int
    key: str
    judged: Judged


def scan_text(path: str, data: bytes) -> tuple[Located, ...]:
    """Find secrets in one text file, with line numbers from 1.

    `kind` of a hit is the id of the rule, `what` the key it is assigned to or else the kind of secret,
    `confidence` `high` for a format or credential that speaks for itself, `medium` where the key's name
    decides, `low` for a doubt. Reads the first 2 MiB and stops at 200 hits; binary data holds none.
    """
    text = _decode(data[:LARGEST_BYTES])
    if text is None:
        return ()
    hits: dict[tuple[int, str], Located] = {}
    for found in _search(path, text):
        if found.judged.verdict is not SecretVerdict.CLEAR:
            hit = _located(path, found)
            hits.setdefault((hit.line, hit.what), hit)
        if len(hits) >= MOST_HITS:
            break
    return tuple(sorted(hits.values(), key=lambda hit: (hit.line, hit.what)))


def _decode(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return None if b"\x00" in data[:_BINARY_HEAD] else data.decode("utf-8-sig", "replace")


def _located(path: str, found: _Found) -> Located:
    doubt = found.judged.verdict is SecretVerdict.WARN
    confidence = "low" if doubt else "medium" if found.judged.rule.startswith("name-") else "high"
    what = found.key if found.key and not looks_random(found.key) else found.judged.kind
    return Located(kind=found.judged.rule, file=path, line=found.line, what=what, confidence=confidence)


def _search(path: str, text: str) -> Iterator[_Found]:
    whole = _WHOLE_FILES.get(credential_file(path))
    if whole:
        yield _Found(1, whole, classify(whole, text))
    lines = text.splitlines(keepends=True)
    taken: set[int] = set()
    for found in _anywhere(text, lines):
        taken.add(found.line)
        yield found
    for number, line in enumerate(lines, 1):
        if number not in taken:
            yield from _in_line(path, number, line.rstrip())


def _anywhere(text: str, lines: list[str]) -> Iterator[_Found]:
    """Key blocks, tokens and password hashes, which need no key."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for match in PRIVATE_BLOCK.finditer(text):
        ruling = pem_ruling(text[match.start() : match.start() + _LONGEST_BLOCK])
        if ruling is not None:
            yield _Found(bisect_right(starts, match.start()), "", ruling)
    for token in tokens_in(text):
        yield _Found(bisect_right(starts, token.start), "", ruling_of(token))
    for match in hashes(text):
        ruling = password_hash_ruling(match[0])
        if ruling is not None:
            yield _Found(bisect_right(starts, match.start()), "", ruling)


def _in_line(path: str, number: int, line: str) -> Iterator[_Found]:
    told = False
    for key, value, quoted in assignments(path, line):
        if not quoted and not is_literal(path, value):
            continue
        judged = classify(key, value)
        if judged.rule.startswith(_BY_NAME) and is_label(words(key), value):
            continue
        told = told or judged.verdict is SecretVerdict.FAIL
        yield _Found(number, key, judged)
    if not told and "://" in line:
        for match in ANY_URL.finditer(line):
            ruling = url_ruling(match[0].rstrip("\"'`,;)>"))
            if ruling is not None:
                yield _Found(number, "", ruling)
