"""What may be said of a judged value: verdict, rule and measurements, never a character of the value."""

import hashlib
import hmac

from auditor.model import Record, SecretVerdict

FINGERPRINT_LENGTH = 12
_BUCKETS = ((64, "64+"), (32, "32-63"), (16, "16-31"), (8, "8-15"), (1, "1-7"))


class Judged(Record, frozen=True, kw_only=True):
    """The verdict on one (name, value).

    `rule` is the id of the rule that decided, `kind` what it takes the value for. `length_bucket` is the
    length in characters as one of `1-7`, `8-15`, `16-31`, `32-63`, `64+` ("" for an empty value).
    `public_prefix` is the part of a token format that the provider documents for every such token (`ghp_`).
    `fingerprint` is set for FAIL and WARN where a key was given. `encrypted` is whether the value is
    ciphertext. `note` is one of a closed set of sentences. No field holds a character of the value beyond
    `public_prefix`.
    """

    verdict: SecretVerdict
    rule: str = ""
    kind: str = ""
    length_bucket: str = ""
    public_prefix: str = ""
    fingerprint: str = ""
    encrypted: bool = False
    note: str = ""


def secret(rule: str, kind: str, note: str = "", *, public_prefix: str = "") -> Judged:
    """Rule that a value is a secret."""
    return Judged(verdict=SecretVerdict.FAIL, rule=rule, kind=kind, note=note, public_prefix=public_prefix)


def doubtful(rule: str, kind: str, note: str = "", *, public_prefix: str = "") -> Judged:
    """Rule that a value may be a secret."""
    return Judged(verdict=SecretVerdict.WARN, rule=rule, kind=kind, note=note, public_prefix=public_prefix)


def clear(rule: str, kind: str = "", note: str = "", *, encrypted: bool = False) -> Judged:
    """Rule that a value is no secret."""
    return Judged(verdict=SecretVerdict.CLEAR, rule=rule, kind=kind, note=note, encrypted=encrypted)


def worst(rulings: tuple[Judged, ...]) -> Judged:
    """The gravest of several rulings, the first of equals; there must be one."""
    return min(rulings, key=lambda judged: _GRAVITY[judged.verdict])


_GRAVITY = {SecretVerdict.FAIL: 0, SecretVerdict.WARN: 1, SecretVerdict.CLEAR: 2}


def length_bucket(length: int) -> str:
    """Name the range that a length in characters falls into."""
    return next((name for least, name in _BUCKETS if length >= least), "")


def fingerprint(value: str, key: bytes) -> str:
    """Tell equal values apart from others without telling the value: HMAC-SHA256, first 12 hex digits.

    The key is random per installation: a plain hash of a short password could be guessed.
    """
    data = value.encode("utf-8", "surrogatepass")
    return hmac.new(key, data, hashlib.sha256).hexdigest()[:FINGERPRINT_LENGTH]
