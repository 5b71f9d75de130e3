"""Names of variables split into words, and what those words promise of the value."""

import re
from enum import Enum

from auditor.secrets.vocabulary import vocabulary

LONGEST_NAME = 256
SHORTEST_GLUED = 5
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_CHUNK = re.compile(r"[A-Za-z0-9]+")
_GLUED = re.compile(
    r"(password|passwd|passphrase|passcode|pwd|secret|token|credentials?|apikey|accesskey|secretkey"
    r"|privatekey"
    r"|signingkey|encryptionkey|masterkey|authkey|licensekey)"
)
_GLUED_PASS = re.compile(
    r"(?:db|user|admin|root|mysql|pg|postgres|smtp|mail|ftp|redis|mongo|ldap|app|ssh|sudo)pass"
)
# Words that keep their digits.
_WITH_DIGITS = re.compile("ed25519|oauth2|auth0|s3|i18n|erc20", re.IGNORECASE)


# `DB_PASSWORD_KEY` is the key that a password is kept under.
# `SECRET_STRING_KEY` is the key of a member in what the secret holds.
_HOLDERS = frozenset({"string", "json", "cache", "map"})
# `forgotPassword` is what a button says.
_SAYS_SOMETHING = frozenset(
    {
        "by",
        "no",
        "allow",
        "all",
        "boarding",
        "forgot",
        "forgotten",
        "show",
        "hide",
        "wrong",
        "invalid",
        "missing",
    }
)
_PHRASES = frozenset({"seed", "secret", "recovery", "backup", "wallet", "mnemonic", "pass"})
_PASSWORDS = frozenset({"password", "passwords", "passwd", "pwd", "pass", "passphrase"})


class Promise(Enum):
    """What a name promises: a password or secret, a token, a key of a telling kind, some key, or nothing."""

    STRONG = "password or secret"
    TOKEN = "token"  # noqa: S105 - the name of a class of names
    KEY = "key"
    WEAK_KEY = "unqualified key"
    NONE = ""


def words(name: str) -> tuple[str, ...]:
    """Split a name at camelCase, digits and signs into lower-case words; glued ones (`dbpassword`) too.

    >>> words("myDbPasswordARN")
    ('my', 'db', 'password', 'arn')
    """
    found: list[str] = []
    rest = 0
    name = name[:LONGEST_NAME]
    for fixed in _WITH_DIGITS.finditer(name):
        found.extend(_plain(name[rest : fixed.start()]))
        found.append(fixed[0].lower())
        rest = fixed.end()
    found.extend(_plain(name[rest:]))
    for at in range(len(found) - 1, 0, -1):
        if found[at - 1 : at + 1] == ["pass", "word"]:
            found[at - 1 : at + 1] = ["password"]
    return tuple(found)


def _plain(text: str) -> list[str]:
    return [word for chunk in _CHUNK.findall(text) for word in _chunk(chunk)]


def _chunk(chunk: str) -> list[str]:
    """The words of a run of letters and digits, also where capitals stand oddly (`PassWord`, `APIkey`)."""
    found = [part for word in _WORD.findall(chunk) for part in _unglue(word.lower())]
    lowered = chunk.lower()
    known = vocabulary()
    if _GLUED.search(lowered) and known.strong.isdisjoint(found) and known.token.isdisjoint(found):
        whole = _unglue(lowered)
        return whole if len(whole) < len(found) or lowered in known.token | known.strong else found
    return found


def _unglue(word: str) -> list[str]:
    if len(word) < SHORTEST_GLUED:
        return [word]
    known = vocabulary()
    if word in known.strong or word in known.token:
        return [word]
    if _GLUED_PASS.fullmatch(word):
        return [word[:-4], "pass"]
    parts = [part for part in _GLUED.split(word) if part]
    tail = parts[-1]
    if len(parts) > 1 and (
        tail in known.negations or tail in known.strong or tail in known.token or tail == "key"
    ):
        return parts
    if word.endswith("key") and word[:-3] in known.key_qualifiers:
        return [word[:-3], "key"]
    return [word]


def promise(name_words: tuple[str, ...]) -> Promise:
    """Tell what the words of a name promise of its value.

    The last secret word counts, and a word after it that turns the value into a statement about the secret
    (`_ARN`, `_LENGTH`, `_HEADER` …) takes the promise back.
    """
    negations = vocabulary().negations
    for at in range(len(name_words) - 1, -1, -1):
        found = _promise_at(name_words, at)
        if found is not None:
            return Promise.NONE if negations.intersection(name_words[at + 1 :]) else found
    return Promise.NONE


def _promise_at(name_words: tuple[str, ...], at: int) -> Promise | None:
    known = vocabulary()
    word, before, after = name_words[at], name_words[:at], name_words[at + 1 :]
    if word in known.strong:
        return _strong(word, before, after)
    if word == "pat":
        return Promise.TOKEN if not before or known.forges.intersection(before) else None
    if word in known.token:
        ignored = before and (before[-1] in known.token_ignores or known.public.intersection(before))
        return Promise.NONE if ignored else Promise.TOKEN
    if word in {"key", "keys"}:
        return _key(before)
    if word == "phrase" and before and before[-1] in _PHRASES:
        return Promise.STRONG
    return None


def _strong(word: str, before: tuple[str, ...], after: tuple[str, ...]) -> Promise | None:
    if word in {"pass", "pw"} and any(
        not (each.isdigit() or each in vocabulary().suffixes) for each in after
    ):
        return None
    return Promise.NONE if before and before[-1] in _SAYS_SOMETHING else Promise.STRONG


def _key(before: tuple[str, ...]) -> Promise | None:
    known = vocabulary()
    if not before:
        return Promise.WEAK_KEY
    if before[-1] in _PASSWORDS or before[-1] in _HOLDERS:
        return Promise.NONE
    if known.strong.intersection(before[-2:]):
        return Promise.STRONG
    if known.public.intersection(before) or before[-1] in known.key_ignores:
        return Promise.NONE
    return Promise.KEY if before[-1] in known.key_qualifiers else Promise.WEAK_KEY
