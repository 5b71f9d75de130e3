"""Values inside values: JSON members under their own names, and text inside base64."""

import json
import re
from itertools import chain, islice
from typing import NamedTuple

from auditor.secrets.shapes import decode_base64
from auditor.secrets.words import words

DEEPEST = 3
MOST_MEMBERS = 200
SHORTEST_BASE64 = 64
_TELLING = re.compile(r"(?:pass|pwd|secret|token|key|auth|credential)[\w.-]{0,30}\s?[=:]\s?\S", re.IGNORECASE)
_SAYS_NOTHING = re.compile(r"[a-z_.-]{0,40}|.{0,200}[(\[\\*].{0,300}")
_OPTION = re.compile(
    r"(?:^|[\s,;&\"'])(?:-D|--?)?(?P<key>[A-Za-z][\w.-]{1,60})="
    r"(?P<value>\"[^\"]{1,500}\"|'[^']{1,500}'|(?:(?:Basic|Bearer)(?: |%20))?[^\s,;&\"']{1,500})"
)
_LINE = re.compile(
    r"^\s{0,40}(?:- )?[\"']?(?P<key>[A-Za-z][\w.-]{1,60})[\"']?:[ \t]{1,4}(?P<value>\S.{0,500})$",
    re.MULTILINE,
)


class Subject(NamedTuple):
    """One value to judge, the words of its name, and how deep inside another value it stands."""

    name_words: tuple[str, ...]
    text: str
    known_names: frozenset[str]
    depth: int


def inside_json(subject: Subject) -> list[Subject] | None:
    """The texts inside a JSON object or list, named by the words of all keys on the way; None where it is not
    JSON.

    Reads three levels and 200 members.
    """
    if subject.depth >= DEEPEST or not subject.text.startswith(("{", "[")):
        return None
    try:
        inside = json.loads(subject.text)
    except (ValueError, RecursionError):
        return None
    return _members(subject, inside) if isinstance(inside, dict | list) else None


def _members(subject: Subject, inside: object) -> list[Subject]:
    found: list[Subject] = []
    stack: list[tuple[tuple[str, ...], object, int]] = [(subject.name_words, inside, subject.depth)]
    for _ in range(MOST_MEMBERS):
        if not stack:
            break
        name_words, value, depth = stack.pop()
        if isinstance(value, str):
            found.append(Subject(name_words, value.strip(), subject.known_names, depth))
        elif depth < DEEPEST and isinstance(value, dict):
            stack.extend(((*name_words, *words(key)), child, depth + 1) for key, child in _named(value))
        elif depth < DEEPEST and isinstance(value, list):
            stack.extend((name_words, child, depth + 1) for child in value[:MOST_MEMBERS])
    return found


def _named(value: dict[str, object]) -> list[tuple[str, object]]:
    """The members of an object; `{"name": …, "value": …}` is one member of that name."""
    lowered = {key.lower(): child for key, child in value.items()}
    name, inner = lowered.get("name", lowered.get("key")), lowered.get("value")
    if isinstance(name, str) and isinstance(inner, str):
        return [(name, inner)]
    return list(value.items())[:MOST_MEMBERS]


def inside_options(subject: Subject) -> list[Subject]:
    """The values of `-Dkey=value`, `--key=value`, `key=value,key=value` and of `key: value` lines in a text.

    Plain words and expressions are left out: `password=field` maps names, and says no password.
    """
    if subject.depth >= DEEPEST or not _TELLING.search(subject.text):
        return []
    lines = _LINE.finditer(subject.text) if "\n" in subject.text else ()
    pairs = (
        (found["key"], found["value"].strip("\"' ")) for found in chain(_OPTION.finditer(subject.text), lines)
    )
    told = (pair for pair in pairs if not _SAYS_NOTHING.fullmatch(pair[1]))
    return [
        Subject(words(key), value, subject.known_names, DEEPEST) for key, value in islice(told, MOST_MEMBERS)
    ]


def inside_base64(subject: Subject) -> Subject | None:
    """The printable text that a long base64 value holds; None where it holds none."""
    if subject.depth or len(subject.text) < SHORTEST_BASE64:
        return None
    try:
        inside = (decode_base64(subject.text) or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not inside or not all(sign.isprintable() or sign.isspace() for sign in inside):
        return None
    return subject._replace(text=inside.strip(), depth=subject.depth + 1)
