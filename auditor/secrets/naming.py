"""What a telling name makes of a value that says nothing by itself."""

import re

from auditor.secrets.evidence import Judged, clear, doubtful, secret
from auditor.secrets.randomness import SHORTEST_TOKEN, entropy, is_wordy, looks_random
from auditor.secrets.shapes import UUID, decode_base64, is_constant
from auditor.secrets.urls import is_stand_in
from auditor.secrets.vocabulary import vocabulary
from auditor.secrets.words import Promise, words

SHORTEST_PASSWORD = 4
SHORT_TOKEN = 12
WEAK_KEY_LENGTH = 20
PRINTABLE_KEY_LENGTH = 40
PRINTABLE_KEY_ENTROPY = 4.5
MOST_JOINTS = 3
MOST_DIGITS_OF_WORDS = 4
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
_RARE_SIGNS = frozenset("!\"#$%&'()*;<>?[]^`{|}~")
LEAST_RARE_SIGNS = 4
_NO_KEY_SIGNS = ".:,;@/"
# What people write when they make a password up.
_MADE_UP = re.compile(
    r"(?:super|very|top|ultra|mega|extra|not-?so)[-_.]?(?:secret|secure|strong|safe|private|long)"
    r"|mysecret|my-secret-(?:pw|pass|key|token)|s3cr3t|s3cret|secr3t|p@ss|pa\$\$"
    r"|passw0rd|letmein|qwerty|hunter2|12345|abc123|!$",
    re.IGNORECASE,
)


# Where people write a key themselves rather than keep it under a name.
_BY_HAND = frozenset({"jwt", "session", "cookie", "nextauth", "flask", "express", "django", "webhook"})
# What services ship with, and people leave as it is.
_DEFAULTS = frozenset({"admin", "administrator", "root", "postgres", "guest", "redis", "mysql", "rabbitmq"})
_NAMED_SECRETS = frozenset({"secret", "secrets"})
_JOINED_WORDS = re.compile(
    r"[A-Za-z][a-z]{1,20}[0-9]?(?:[-_/.][A-Za-z][a-z]{0,20}[0-9]?|[A-Z][a-z]{1,20}[0-9]?){1,6}"
)
_LEAST_JOINED = 4
_PASSWORD_WORDS = frozenset({"password", "passwd", "pwd", "pass", "passphrase"})
_CAMEL = re.compile(r"[a-z]{2,20}(?:[A-Z][a-z]{1,20}){1,5}")
_CAMEL_NAME = re.compile(r"(?:[A-Z][a-z]{1,20}){2,6}")
_POINTS_ELSEWHERE = re.compile(
    r"(?:use|see|from|get|in|stored|managed|fetched|loaded|read|set|provided|retrieved|resolved|injected"
    r"|rotated|generated|populated)[-_ ](?:[a-z]{1,20}[-_ ]?){1,8}",
    re.IGNORECASE,
)
_EXPRESSION = re.compile(r"\[[^\]]{0,30}-[^\]]{0,30}\][+*{?]|\\[dws][+*{]|\(\?:")
_STRONG = ("password or secret", "the name promises a password or secret")
# What the CDK hangs on a logical id.
_LOGICAL_ID_HASH = re.compile(r"[0-9A-F]{8}$")
_WITH_SUFFIX = re.compile(r"-[A-Za-z0-9]{6,14}$")
_USER_AND_PASSWORD = re.compile(r"[^\s:/,;]{2,64}:(?!//)(?P<password>[^\s:/]{4,200})")
_PAIR_WORDS = frozenset({"auth", "credential", "credentials", "creds", "cred", "login", "userpass"})
_LEAST_SENTENCE = 3


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
    if _POINTS_ELSEWHERE.fullmatch(text):
        return clear("sentence", "text", "says where the value comes from")
    if _is_sentence(text):
        return _sentence(name_words, text)
    if _is_own_name(name_words, text) or _is_list_of_words(name_words, text):
        return clear("identifier", "identifier")
    return _doubt(name_words, text) or secret("name-strong", *_STRONG)


def _doubt(name_words: tuple[str, ...], text: str) -> Judged | None:
    """What a value that is made of words may be other than a password; None where it is one."""
    by_hand = not _BY_HAND.isdisjoint(name_words) and not _ends_like_an_arn(text)
    if by_hand or _MADE_UP.search(text) or text.lower() in _DEFAULTS:
        return None
    if _names_a_secret(name_words, text) or _may_name_a_secret(name_words, text):
        return doubtful("secret-name", "name of a secret", "may be the name of a secret")
    if is_stand_in(text) or _repeats(name_words, text):
        return doubtful("weak-password", "password", "the word for a password stands in its place")
    if _tells_of_use(text):
        return doubtful("weak-password", "password", "plain words, which may only stand in its place")
    return None


def _ends_like_an_arn(text: str) -> bool:
    """Whether a value ends in what Secrets Manager hangs on: six signs, not all letters of a word."""
    tail = _WITH_SUFFIX.search(text)
    return tail is not None and not is_wordy(tail[0])


def _sentence(name_words: tuple[str, ...], text: str) -> Judged:
    """A sentence asks for the value, or it is one: a key made up by hand may be `bob the builder`."""
    asks = not vocabulary().asking_words.isdisjoint(re.findall("[a-z]+", text.lower()))
    if asks:
        return clear("sentence", "text", "says where the value comes from")
    if _BY_HAND.intersection(name_words):
        return secret("name-strong", *_STRONG)
    return doubtful("sentence", "text", "a sentence, which may be a pass phrase")


def _tells_of_use(text: str) -> bool:
    """Whether joined words say what a value is for (`string-exists-for-development`)."""
    parts = re.split(r"[-_]", text.lower())
    return (
        len(parts) >= _LEAST_JOINED
        and all(part.isalpha() for part in parts)
        and not vocabulary().sentence_words.isdisjoint(parts)
    )


def _may_name_a_secret(name_words: tuple[str, ...], text: str) -> bool:
    """Whether the value of `DB_SECRET` reads like the name of a resource (`prod-orders-aurora`).

    Where people make the value up themselves, and where the name says password, it is the value.
    """
    if name_words[-1] not in _NAMED_SECRETS or _BY_HAND.intersection(name_words):
        return False
    return _JOINED_WORDS.fullmatch(text) is not None and is_wordy(text)


def _is_own_name(name_words: tuple[str, ...], text: str) -> bool:
    """Whether a value is its own name again (`DB_PASSWORD=db_password`)."""
    joined = any(sign in text for sign in "-_ ") or _CAMEL.fullmatch(text) is not None
    return joined and words(text) == name_words[-len(words(text)) :]


def _is_list_of_words(name_words: tuple[str, ...], text: str) -> bool:
    parts = text.split(",")
    return len(parts) > 1 and name_words[-1].endswith("s") and all(is_wordy(part) for part in parts)


def _repeats(name_words: tuple[str, ...], text: str) -> bool:
    """Whether a value is made of its name's words and of words for secrets alone
    (`DB_PASSWORD=mydbpassword`).
    """
    if sum(sign.isdigit() for sign in text) > MOST_DIGITS_OF_WORDS:
        return False
    known = vocabulary()
    own = set(words(text))
    secret_words = known.strong | known.token | {"key", "keys"}
    return bool(own & (secret_words | set(name_words))) and own <= {
        *name_words,
        *known.fillers,
        *secret_words,
    }


def _is_sentence(text: str) -> bool:
    """Whether a value tells what to put in its place (`get this from the console`)."""
    said = text.lower().replace(",", " ").split()
    return len(said) >= _LEAST_SENTENCE and not vocabulary().sentence_words.isdisjoint(said)


def _names_a_secret(name_words: tuple[str, ...], text: str) -> bool:
    """Whether a value reads like the name of a secret, with or without the signs that AWS hangs on."""
    lowered = text.lower()
    password = not _PASSWORD_WORDS.isdisjoint(name_words)
    return (
        (
            any(sign in text for sign in _SEPARATORS)
            or (not password and _CAMEL_NAME.fullmatch(_LOGICAL_ID_HASH.sub("", text)) is not None)
        )
        and any(word in lowered for word in _SECRET_WORDS)
        and not (password and text[-2:].isdigit())
        and (is_wordy(text) or is_wordy(_LOGICAL_ID_HASH.sub("", _WITH_SUFFIX.sub("", text))))
    )


def _keyed(promised: Promise, name_words: tuple[str, ...], text: str) -> Judged | None:
    pair = _USER_AND_PASSWORD.fullmatch(text)
    if pair and _PAIR_WORDS.intersection(name_words) and not is_stand_in(pair["password"]):
        return secret(
            "name-credentials",
            "user name and password",
            "the name promises credentials, the value has two parts",
        )
    if _is_encoded_pair(name_words, text):
        return secret("basic-auth", "basic authentication", "a user name and a password in base64")
    if _EXPRESSION.search(text) or _repeats(name_words, text) or (" " in text and not _is_random_text(text)):
        return None
    if promised is Promise.WEAK_KEY:
        return _weak(text)
    if looks_random(text.removeprefix("base64:")) or " " in text:
        return _random(name_words, text)
    mixed = any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text)
    if is_wordy(text):
        made_up = len(text) >= SHORT_TOKEN and _MADE_UP.search(text) is not None
        return secret("name-token", "token or key", "the name promises a token or key") if made_up else None
    if mixed and SHORT_TOKEN <= len(text) < SHORTEST_TOKEN:
        return secret(
            "name-token", "token or key", "the name promises a token or key, and the value looks random"
        )
    if mixed and len(text) >= SHORTEST_DOUBTFUL_TOKEN:
        return doubtful("short-token", "token or key", "the name promises a token or key")
    return None


def _is_encoded_pair(name_words: tuple[str, ...], text: str) -> bool:
    """Whether the value of `auth` is `user:password` in base64, as Docker and npm keep it."""
    if _PAIR_WORDS.isdisjoint(name_words):
        return False
    user, _, password = (decode_base64(text) or b"").decode("ascii", "replace").partition(":")
    return (
        bool(user)
        and len(password) >= SHORTEST_PASSWORD
        and (user + password).isprintable()
        and user.isascii()
    )


def _is_random_text(text: str) -> bool:
    """Whether a text is drawn from all printable signs, as WordPress draws its keys and salts."""
    if sum(1 for sign in text if sign in _RARE_SIGNS) < LEAST_RARE_SIGNS:
        return False
    return len(text) >= PRINTABLE_KEY_LENGTH and entropy(text) >= PRINTABLE_KEY_ENTROPY and not is_wordy(text)


def _weak(text: str) -> Judged | None:
    """A key of nobody knows what counts where its value is one random run, as no object key or name is."""
    joints = sum(text.count(sign) for sign in "-_")
    plain = joints <= MOST_JOINTS and not any(sign in text for sign in _NO_KEY_SIGNS)
    if _is_random_text(text) or (
        plain and looks_random(text, SHORTEST_TOKEN if text.isalnum() else WEAK_KEY_LENGTH)
    ):
        return secret("name-key", "key", "the name promises a key, and the value looks random")
    return None


def _random(name_words: tuple[str, ...], text: str) -> Judged | None:
    if UUID.fullmatch(text) and not {"encryption", "kms"}.isdisjoint(name_words):
        return None
    return secret(
        "name-token", "token or key", "the name promises a token or key, and the value looks random"
    )
