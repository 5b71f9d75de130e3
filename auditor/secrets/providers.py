"""The table of token formats, and the search for them in a value."""

import re
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from auditor.secrets.evidence import Judged, doubtful, secret
from auditor.secrets.randomness import SHORTEST_TOKEN, is_wordy
from auditor.secrets.shapes import decode_base64, is_placeholder

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM_LENGTH = 6
TELLING_WORDS = 3
_ANONYMOUS = re.compile(rb'"role"\s?:\s?"anon"')


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One token format as its provider documents it.

    `pattern` is searched where one of `keywords` (lower case) occurs in a value; with `names` (sets of words)
    it has to match the whole value, and one of the sets has to stand in the name. A group named `prefix` is
    the part that all tokens of the format share. `checksum` names a check that the token carries in itself.
    `verdict` is `fail` or `warn`.
    """

    id: str
    kind: str
    pattern: str
    source: str
    provider: str = ""
    keywords: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    checksum: str = ""
    verdict: str = "fail"


class Compiled(NamedTuple):
    """A format and its pattern, ready to search."""

    format: Format
    pattern: re.Pattern[str]


class Formats(NamedTuple):
    """All formats: by the keyword that announces them, and by the first word of the names that they need.

    `by_sign` holds the keywords by a sign that stands in them ("" for none): one look for the sign spares
    many for words.
    """

    announced: tuple[tuple[str, tuple[Compiled, ...]], ...]
    by_sign: tuple[tuple[str, tuple[tuple[str, tuple[Compiled, ...]], ...]], ...]
    named: dict[str, tuple[Compiled, ...]]


class Token(NamedTuple):
    """A token found in a text, with its first and past-last position."""

    format: Format
    start: int
    end: int
    prefix: str
    checked: bool


@cache
def formats() -> Formats:
    """The built-in table, read once."""
    text = files("auditor.secrets").joinpath("providers.yaml").read_bytes()
    table = msgspec.yaml.decode(text, type=tuple[Format, ...])
    announced: dict[str, tuple[Compiled, ...]] = {}
    named: dict[str, tuple[Compiled, ...]] = {}
    for found in table:
        compiled = Compiled(found, re.compile(found.pattern))
        for first in {wanted[0] for wanted in found.names}:
            named[first] = (*named.get(first, ()), compiled)
        for keyword in found.keywords:
            announced[keyword] = (*announced.get(keyword, ()), compiled)
    by_sign: dict[str, tuple[tuple[str, tuple[Compiled, ...]], ...]] = {}
    for entry in announced.items():
        sign = next((each for each in entry[0] if not each.isalnum()), "")
        by_sign[sign] = (*by_sign.get(sign, ()), entry)
    return Formats(tuple(announced.items()), tuple(by_sign.items()), named)


def token_ruling(text: str) -> Judged | None:
    """The verdict of the gravest format whose shape stands in a value, None where none does."""
    doubt: Judged | None = None
    for token in tokens_in(text):
        ruling = ruling_of(token)
        if token.format.verdict == "fail":
            return ruling
        doubt = doubt or ruling
    return doubt


def named_ruling(name_words: tuple[str, ...], text: str, *, promised: bool) -> Judged | None:
    """The verdict of the first format that a value fits and whose provider stands in the name, None where
    none does.

    A name that does not promise a secret (`promised`) only counts where the format asks for three words of it
    (`vault_secret_id`), and so knows what it means.
    """
    table = formats().named
    for word in name_words:
        for found, pattern in table.get(word, ()):
            told = any(
                set(name_words).issuperset(wanted) and (promised or len(wanted) >= TELLING_WORDS)
                for wanted in found.names
            )
            if told and pattern.fullmatch(text) and not is_wordy(text):
                return secret(found.id, found.kind, "a format of the provider that stands in the name")
    return None


def ruling_of(token: Token) -> Judged:
    """The verdict on a token that was found by its shape."""
    judge = secret if token.format.verdict == "fail" else doubtful
    note = "the documented format, and its checksum holds" if token.checked else "the documented format"
    return judge(token.format.id, token.format.kind, note, public_prefix=token.prefix)


def tokens_in(text: str) -> Iterator[Token]:
    """Every token found in a text by its shape, placeholders left out."""
    if len(text) < SHORTEST_TOKEN:
        return
    for found, pattern in _announced_in(text.lower()):
        for match in pattern.finditer(text):
            token = _token(found, match)
            if token is not None:
                yield token


def _announced_in(lowered: str) -> list[Compiled]:
    return [
        compiled
        for sign, entries in formats().by_sign
        if sign in lowered
        for keyword, announced in entries
        if keyword in lowered
        for compiled in announced
    ]


def _token(found: Format, match: re.Match[str]) -> Token | None:
    prefix = match.groupdict().get("prefix") or ""
    body = match[0][len(prefix) :]
    if is_placeholder(match[0]) or _reads_as_words(body) or (found.id == "jwt" and _is_anonymous(match[0])):
        return None
    checked = found.checksum == "crc32-base62" and _crc32_holds(body)
    return Token(found, match.start(), match.end(), prefix, checked)


def _reads_as_words(body: str) -> bool:
    """Whether a body is an identifier that happens to fit: words joined by signs, or letters alone."""
    joined = any(sign in body for sign in "-_.") or not any(sign.isdigit() for sign in body)
    return len(body) >= SHORTEST_TOKEN and joined and "/" not in body and is_wordy(body)


def _is_anonymous(token: str) -> bool:
    """Whether a JSON Web Token grants the role `anon`, which Supabase hands to every browser.

    https://supabase.com/docs/guides/api/api-keys
    """
    payload = decode_base64(token.split(".")[1]) or b""
    return _ANONYMOUS.search(payload) is not None


def _crc32_holds(body: str) -> bool:
    """Whether the last six signs are the CRC-32 of those before, in base 62.

    https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    number = zlib.crc32(body[:-_CHECKSUM_LENGTH].encode())
    signs = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, rest = divmod(number, len(_BASE62))
        signs = _BASE62[rest] + signs
    return signs == body[-_CHECKSUM_LENGTH:]
