"""How much a value looks drawn at random, and how much like words."""

import math
import re
from collections import Counter

from auditor.secrets.vocabulary import vocabulary

LONGEST_READ = 128
SHORTEST_TOKEN = 16
# A third of letter pairs outside the table is what one word in twenty has; of ten random letters, fifteen in
# sixteen.
WORDY_SHARE = 0.66
# 16 hexadecimal digits drawn at random have 3.2 bits a sign on average; less than 2.5 is a pattern.
HEX_ENTROPY = 2.5
ENTROPY = 3.0
_SHORTEST_RUN = 3
_LETTERS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_HEX = re.compile(r"[0-9a-fA-F]+")


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0


def is_hex(text: str) -> bool:
    """Whether a value is written in hexadecimal digits alone."""
    return _HEX.fullmatch(text) is not None


def is_wordy(text: str) -> bool:
    """Whether a value reads as words: at most a third of its letters and digits fall outside pronounceable
    runs.
    """
    text = text[:LONGEST_READ]
    size = sum(1 for sign in text if sign.isalnum())
    return bool(size) and _wordy_letters(text) / size >= WORDY_SHARE


def _wordy_letters(text: str) -> int:
    pairs, known = vocabulary().letter_pairs, vocabulary().known_words
    total = 0
    for run in _LETTERS.findall(text):
        lowered = run.lower()
        if lowered in known:
            total += len(run)
            continue
        # A pair of letters tells nothing by itself.
        if len(run) < _SHORTEST_RUN:
            continue
        common = sum(lowered[at : at + 2] in pairs for at in range(len(lowered) - 1))
        if common / (len(lowered) - 1) >= WORDY_SHARE:
            total += len(run)
    return total


def looks_random(text: str, least: int = SHORTEST_TOKEN) -> bool:
    """Whether a value looks drawn at random: `least` signs or more without spaces, mixed, and not words."""
    if len(text) < least or " " in text:
        return False
    if is_hex(text) and not text.isdigit():
        return entropy(text) >= HEX_ENTROPY
    return entropy(text) >= ENTROPY and not is_wordy(text)
