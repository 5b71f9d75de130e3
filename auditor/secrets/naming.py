"""What a telling name makes of a value that says nothing by itself."""

import re

from auditor.secrets.evidence import Judged, clear, doubtful, secret
from auditor.secrets.randomness import SHORTEST_TOKEN, is_wordy, looks_random
from auditor.secrets.shapes import UUID, is_constant
from auditor.secrets.urls import is_stand_in
from auditor.secrets.vocabulary import vocabulary
from auditor.secrets.words import Promise, words

SHORTEST_PASSWORD = 4
SHORT_TOKEN = 12
SHORTEST_DOUBTFUL_TOKEN = 8
_SECRET_WORDS = (
    "secret",
    "creds",
    "credential",
    "password",
    "passwd",
    "token",
    "apikey",
    "api-key",
    "api_key",
)
_SEPARATORS = "-_./:"
# What people write when they make a password up.
_MADE_UP = re.compile(
    r"(?:super|very|top|ultra|mega|extra|not-?so)[-_.]?(?:secret|secure|strong|safe|private|long)|mysecret|s3cr3t|s3cret|secr3t|p@ss|pa\$\$"
    r"|passw0rd|letmein|qwerty|hunter2|12345|abc123|!$",
    re.IGNORECASE,
)


def name_ruling(promised: Promise, name_words: tuple[str, ...], text: str) -> Judged | None:
    """Judge a value whose name promises a secret; None where the value does not keep the promise."""
    if is_constant(text) and not _MADE_UP.search(text):
        return clear("identifier", "identifier")
    if promised is Promise.STRONG:
        return _strong(name_words, text)
    return _keyed(promised, name_words, text)


def _strong(name_words: tuple[str, ...], text: str) -> Judged:
    if len(text) < SHORTEST_PASSWORD:
        return clear("short", note="shorter than 4 characters")
    if is_stand_in(text) or _repeats(name_words, text):
        return doubtful("weak-password", "password", "the word for a password stands in its place")
    if _names_a_secret(text):
        return doubtful("secret-name", "name of a secret", "may be the name of a secret")
    return secret("name-strong", "password or secret", "the name promises a password or secret")


def _repeats(name_words: tuple[str, ...], text: str) -> bool:
    """Whether a value only says its name again (`DB_PASSWORD=db-password`)."""
    own = words(text)
    return bool(own) and set(own) <= {
        *name_words,
        *vocabulary().fillers,
        "key",
        "secret",
        "token",
        "password",
    }


def _names_a_secret(text: str) -> bool:
    lowered = text.lower()
    return (
        any(sign in text for sign in _SEPARATORS)
        and any(word in lowered for word in _SECRET_WORDS)
        and not _MADE_UP.search(text)
        and is_wordy(text)
    )


def _keyed(promised: Promise, name_words: tuple[str, ...], text: str) -> Judged | None:
    bare = text.removeprefix("base64:")
    if " " in text or _repeats(name_words, text):
        return None
    if looks_random(bare):
        return _random(promised, name_words, text)
    if promised is Promise.WEAK_KEY:
        return None
    mixed = any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text)
    if is_wordy(text):
        made_up = len(text) >= SHORT_TOKEN and _MADE_UP.search(text)
        return (
            doubtful("made-up-token", "token or key", "the name promises a token or key") if made_up else None
        )
    if mixed and SHORT_TOKEN <= len(text) < SHORTEST_TOKEN:
        return secret(
            "name-token", "token or key", "the name promises a token or key, and the value looks random"
        )
    if mixed and len(text) >= SHORTEST_DOUBTFUL_TOKEN:
        return doubtful("short-token", "token or key", "the name promises a token or key")
    return None


def _random(promised: Promise, name_words: tuple[str, ...], text: str) -> Judged | None:
    if UUID.fullmatch(text) and (
        promised is Promise.WEAK_KEY or {"encryption", "kms"}.intersection(name_words)
    ):
        return None
    return secret(
        "name-token", "token or key", "the name promises a token or key, and the value looks random"
    )
