"""The order of rules that turns a name and a value into a verdict."""

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from auditor.model import SecretVerdict
from auditor.secrets import shapes
from auditor.secrets.evidence import Judged, clear, doubtful, fingerprint, length_bucket, secret, worst
from auditor.secrets.providers import provider_ruling
from auditor.secrets.urls import is_stand_in, url_ruling
from auditor.secrets.words import Promise, promise, words

DEEPEST = 3
_MOST_MEMBERS = 200
_BASE64_LEAST = 64
_PEM_PRIVATE = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[0-9]:|AGE-SECRET-KEY-1"
)
_PEM_PUBLIC = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}(?:PUBLIC KEY(?: BLOCK)?|CERTIFICATE(?: REQUEST)?|X509 CRL)-----|ssh-(?:rsa|ed25519|dss) AAAA|ecdsa-sha2-\S{5,30} AAAA"
)
_PASSWORD_HASH = re.compile(
    r"\$(?:2[abxy]?|1|5|6|apr1|argon2(?:id|i|d)|pbkdf2[\w-]{0,20}|scrypt|y|7)\$\S{20,300}|\{S?SHA(?:256|512)?\}\S{20,200}|(?:pbkdf2_sha256|pbkdf2_sha1|bcrypt_sha256)\$\S{20,200}"
)


class Subject(NamedTuple):
    """One value to judge, its name in words, and how deep inside another value it was found."""

    name: str
    name_words: tuple[str, ...]
    text: str
    known_names: frozenset[str]
    depth: int


def classify(
    name: str,
    value: str,
    *,
    known_names: frozenset[str] = frozenset(),
    fingerprint_key: bytes | None = None,
) -> Judged:
    """Judge a value by its name and its own shape.

    `known_names` are the names that Secrets Manager and Parameter Store of the account hold: a value equal to
    one is a reference. With `fingerprint_key` FAIL and WARN carry a keyed fingerprint. Never raises for any text.
    """
    text = value.strip()
    judged = _judge(Subject(name, words(name), text, known_names, 0))
    keyed = fingerprint_key is not None and judged.verdict is not SecretVerdict.CLEAR
    return msgspec.structs.replace(
        judged,
        length_bucket=length_bucket(len(text)),
        fingerprint=fingerprint(text, fingerprint_key) if keyed and fingerprint_key is not None else "",
    )


def _judge(subject: Subject) -> Judged:
    for rule in _RULES:
        ruling = rule(subject)
        if ruling is not None:
            return ruling
    return clear("no-secret")


def _empty(subject: Subject) -> Judged | None:
    return None if subject.text else clear("empty")


def _known_name(subject: Subject) -> Judged | None:
    if subject.text in subject.known_names:
        return clear("known-name", "reference", "the name of a secret or parameter of this account")
    return None


def _pem(subject: Subject) -> Judged | None:
    if _PEM_PRIVATE.search(subject.text):
        return secret("private-key", "private key", "a private key block")
    if _PEM_PUBLIC.match(subject.text):
        return clear("public-key", "public key or certificate")
    return None


def _ciphertext(subject: Subject) -> Judged | None:
    if shapes.is_ciphertext(subject.text):
        return clear("ciphertext", "ciphertext", "an encrypted value", encrypted=True)
    return None


def _nested_json(subject: Subject) -> Judged | None:
    if subject.depth >= DEEPEST or not subject.text.startswith(("{", "[")):
        return None
    try:
        inside = json.loads(subject.text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(inside, dict | list):
        return None
    rulings = tuple(_judge(member) for member in _members(subject, inside))
    gravest = worst(rulings) if rulings else clear("nested-json")
    return clear("nested-json", "JSON") if gravest.verdict is SecretVerdict.CLEAR else gravest


def _members(subject: Subject, inside: object) -> Iterator[Subject]:
    stack: list[tuple[str, object, int]] = [(subject.name, inside, subject.depth + 1)]
    for _ in range(_MOST_MEMBERS):
        if not stack:
            return
        name, value, depth = stack.pop()
        if isinstance(value, dict):
            stack.extend((f"{name}.{key}", child, depth + 1) for key, child in _named(value))
        elif isinstance(value, list):
            stack.extend((name, child, depth + 1) for child in value[:_MOST_MEMBERS])
        elif isinstance(value, str):
            yield Subject(name, words(name), value.strip(), subject.known_names, depth)


def _named(value: dict[str, object]) -> list[tuple[str, object]]:
    name = value.get("name", value.get("Name", value.get("key", value.get("Key"))))
    inner = value.get("value", value.get("Value"))
    if isinstance(name, str) and isinstance(inner, str):
        return [(name, inner)]
    return list(value.items())[:_MOST_MEMBERS]


def _nested_base64(subject: Subject) -> Judged | None:
    if subject.depth or len(subject.text) < _BASE64_LEAST:
        return None
    try:
        inside = (shapes.decode_base64(subject.text) or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not inside or not all(sign.isprintable() or sign.isspace() for sign in inside):
        return None
    ruling = _judge(subject._replace(text=inside.strip(), depth=subject.depth + 1))
    return None if ruling.verdict is SecretVerdict.CLEAR else ruling


def _provider(subject: Subject) -> Judged | None:
    return provider_ruling(subject.name_words, subject.text)


def _reference(subject: Subject) -> Judged | None:
    if shapes.is_reference(subject.text):
        return clear("reference", "reference", "points to where the value is kept")
    return None


def _url(subject: Subject) -> Judged | None:
    return url_ruling(subject.text)


def _switch(subject: Subject) -> Judged | None:
    text = subject.text
    if shapes.is_placeholder(text):
        return clear("placeholder", "placeholder")
    if shapes.is_measure(text):
        return clear("measure", "duration, size or date")
    if shapes.is_number(text) and not (len(text) >= 6 and promise(subject.name_words) is Promise.STRONG):  # noqa: PLR2004
        return clear("number", "number")
    return None


def _name(subject: Subject) -> Judged | None:
    promised = promise(subject.name_words)
    if promised is Promise.NONE:
        return None
    if shapes.is_place(subject.text):
        return clear("place", "path, host or file name")
    if _PASSWORD_HASH.fullmatch(subject.text):
        return doubtful("password-hash", "password hash", "a password hash, which can be guessed offline")
    if promised is Promise.STRONG:
        return _strong(subject)
    return _keyed(subject, promised)


def _strong(subject: Subject) -> Judged | None:
    text = subject.text
    if len(text) < 4 or shapes.is_constant(text):  # noqa: PLR2004
        return clear("short", note="too short or an identifier")
    if is_stand_in(text):
        return doubtful("weak-password", "password", "the word for a password in its place")
    if _names_a_secret(text):
        return doubtful("secret-name", "name of a secret", "may be the name of a secret")
    return secret("name-strong", "password or secret", "the name promises a password or secret")


def _names_a_secret(text: str) -> bool:
    lowered = text.lower()
    return (
        any(sign in text for sign in "-_./")
        and any(word in lowered for word in ("secret", "creds", "credential", "password"))
        and shapes.is_wordy(text)
    )


def _keyed(subject: Subject, promised: Promise) -> Judged | None:
    text = subject.text
    if " " in text or shapes.is_constant(text):
        return None
    if shapes.looks_random(text.removeprefix("base64:")):
        if promised is Promise.WEAK_KEY and shapes.UUID.fullmatch(text):
            return None
        return secret(
            "name-token", "token or key", "the name promises a token or key, and the value looks random"
        )
    if promised is Promise.WEAK_KEY or shapes.is_wordy(text) or not any(sign.isdigit() for sign in text):
        return None
    return doubtful("short-token", "token or key", "the name promises a token or key")


def _long_random(subject: Subject) -> Judged | None:
    return None


_RULES: tuple[Callable[[Subject], Judged | None], ...] = (
    _empty,
    _known_name,
    _pem,
    _ciphertext,
    _nested_json,
    _nested_base64,
    _provider,
    _reference,
    _url,
    _switch,
    _name,
)
