"""The order of rules that turns a name and a value into a verdict."""

import re
from collections.abc import Callable

import msgspec

from auditor.model import SecretVerdict
from auditor.secrets import shapes
from auditor.secrets.evidence import Judged, clear, fingerprint, length_bucket, worst
from auditor.secrets.naming import name_ruling
from auditor.secrets.nesting import Subject, inside_base64, inside_json, inside_options
from auditor.secrets.pem import password_hash_ruling, pem_ruling, public_token_ruling
from auditor.secrets.providers import named_ruling, token_ruling
from auditor.secrets.randomness import entropy, is_wordy
from auditor.secrets.urls import url_ruling
from auditor.secrets.words import Promise, promise, words

SHORTEST_NUMERIC_PASSWORD = 4
SHORTEST_NUMERIC_KEY = 20
# `86400s` is a duration still.
LONGEST_DURATION = 7
# What a random token of base 62 has at least, at this length; hashes in hexadecimal stay below.
LONG_RANDOM = 40
LONG_RANDOM_ENTROPY = 4.5
# `user:password` has one.
COLONS_OF_A_REFERENCE = 2
_HUNG_ON = re.compile(r"-[A-Za-z0-9]{6}$")


def classify(
    name: str,
    value: str,
    *,
    known_names: frozenset[str] = frozenset(),
    fingerprint_key: bytes | None = None,
) -> Judged:
    """Judge a value by its name and its own shape.

    `known_names` are the names that Secrets Manager and Parameter Store of the account hold: a value that
    names one is a reference, with or without the slash in front, the six signs that Secrets Manager hangs on
    in ARNs, and the key and version after colons (`name:key::`). With `fingerprint_key` FAIL and WARN carry a
    keyed fingerprint. Never raises for any text.
    """
    text = value.strip()
    judged = _judge(Subject(words(name), text, known_names, 0))
    mark = ""
    if fingerprint_key is not None and judged.verdict is not SecretVerdict.CLEAR:
        mark = fingerprint(text, fingerprint_key)
    return msgspec.structs.replace(judged, length_bucket=length_bucket(len(text)), fingerprint=mark)


def _judge(subject: Subject) -> Judged:
    for rule in _RULES:
        ruling = rule(subject)
        if ruling is not None:
            return ruling
    return clear("no-secret")


def _empty(subject: Subject) -> Judged | None:
    return None if subject.text else clear("empty")


def _known_name(subject: Subject) -> Judged | None:
    if subject.known_names and not subject.known_names.isdisjoint(_as_names(subject.text)):
        return clear("known-name", "reference", "the name of a secret or parameter of this account")
    return None


def _as_names(text: str) -> tuple[str, ...]:
    """The names that a value may stand for.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    bare = text.partition(":")[0] if text.count(":") >= COLONS_OF_A_REFERENCE else text
    return text, bare, f"/{bare}", bare.removeprefix("/"), _HUNG_ON.sub("", bare)


def _pem(subject: Subject) -> Judged | None:
    return pem_ruling(subject.text) or public_token_ruling(subject.text) or password_hash_ruling(subject.text)


def _ciphertext(subject: Subject) -> Judged | None:
    if shapes.is_ciphertext(subject.text):
        return clear("ciphertext", "ciphertext", "an encrypted value", encrypted=True)
    return None


def _nested(subject: Subject) -> Judged | None:
    members = inside_json(subject)
    if members is not None:
        gravest = worst((clear("nested-json", "JSON"), *(_judge(member) for member in members)))
        return clear("nested-json", "JSON") if gravest.verdict is SecretVerdict.CLEAR else gravest
    decoded = inside_base64(subject)
    ruling = _judge(decoded) if decoded else None
    return None if ruling is None or ruling.verdict is SecretVerdict.CLEAR else ruling


def _token(subject: Subject) -> Judged | None:
    return token_ruling(subject.text)


def _reference(subject: Subject) -> Judged | None:
    if shapes.is_reference(subject.text):
        return clear("reference", "reference", "points to where the value is kept")
    return None


def _url(subject: Subject) -> Judged | None:
    return url_ruling(subject.text)


def _options(subject: Subject) -> Judged | None:
    rulings = (
        _judge(member) for member in inside_options(subject) if promise(member.name_words) is not Promise.NONE
    )
    return next((ruling for ruling in rulings if ruling.verdict is SecretVerdict.FAIL), None)


def _plain(subject: Subject) -> Judged | None:
    text = subject.text
    if shapes.is_placeholder(text):
        return clear("placeholder", "placeholder")
    if shapes.is_measure(text) and not _is_password_of_digits(subject):
        return clear("measure", "duration, size, date or version")
    if shapes.is_number(text):
        promised = promise(subject.name_words)
        if promised is Promise.NONE:
            return clear("number", "number")
        least = SHORTEST_NUMERIC_PASSWORD if promised is Promise.STRONG else SHORTEST_NUMERIC_KEY
        return clear("number", "number") if len(text) < least else None
    return None


def _is_password_of_digits(subject: Subject) -> bool:
    """Whether a password is digits and a letter (`19081984m`), which look like a duration."""
    strong = promise(subject.name_words) is Promise.STRONG
    return strong and len(subject.text) >= LONGEST_DURATION and subject.text[:-1].isdigit()


def _name(subject: Subject) -> Judged | None:
    name_words, text = subject.name_words, subject.text
    promised = promise(name_words)
    known = named_ruling(name_words, text, promised=promised is not Promise.NONE)
    if known is not None or promised is Promise.NONE:
        return known
    if shapes.is_place(text):
        return clear("place", "path, host or file name")
    return name_ruling(promised, name_words, text)


def _unnamed(subject: Subject) -> Judged | None:
    text = subject.text
    if len(text) < LONG_RANDOM or " " in text or shapes.is_place(text) or is_wordy(text):
        return None
    if entropy(text) > LONG_RANDOM_ENTROPY:
        return clear(
            "unnamed-random",
            "random text",
            "looks random, but neither name nor format says that it is a secret",
        )
    return None


_RULES: tuple[Callable[[Subject], Judged | None], ...] = (
    _empty,
    _known_name,
    _pem,
    _ciphertext,
    _nested,
    _token,
    _reference,
    _url,
    _options,
    _plain,
    _name,
    _unnamed,
)
