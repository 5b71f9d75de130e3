"""The words that names and values are made of, read from the table beside this module."""

from functools import cache
from importlib.resources import files

import msgspec


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """Every list of `words.yaml`, as sets of lower-case words."""

    strong: frozenset[str]
    token: frozenset[str]
    forges: frozenset[str]
    key_qualifiers: frozenset[str]
    key_ignores: frozenset[str]
    token_ignores: frozenset[str]
    negations: frozenset[str]
    public: frozenset[str]
    suffixes: frozenset[str]
    placeholder_values: frozenset[str]
    placeholder_parts: frozenset[str]
    placeholder_starts: frozenset[str]
    stand_ins: frozenset[str]
    fillers: frozenset[str]
    sentence_words: frozenset[str]
    asking_words: frozenset[str]
    prose_words: frozenset[str]
    known_words: frozenset[str]
    letter_pairs: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The built-in vocabulary, read once."""
    text = files("auditor.secrets").joinpath("words.yaml").read_bytes()
    table = msgspec.yaml.decode(text, type=dict[str, str])
    return msgspec.convert({name: frozenset(found.split()) for name, found in table.items()}, Vocabulary)
