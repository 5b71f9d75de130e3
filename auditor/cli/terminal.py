"""Text for a terminal: in colour or plain, and unable to steer it."""

import codecs
import io
import json
import re
import shutil
import sys
from collections.abc import Mapping
from typing import TextIO

import click

# C0 and C1 control characters, so that no name or message can send an escape sequence.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
OUR_CODES = re.compile(r"\x1b\[[0-9;]*m")
COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}


def safe(text: str) -> str:
    """Return text without characters that steer a terminal."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def wants_colour(choice: str, environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Decide on colour: the flag, NO_COLOR (https://no-color.org), FORCE_COLOR, TERM=dumb, then whether it
    is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"


class Painter:
    """Writes words in colour, or plainly."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, *styles: str) -> str:
        """Return safe text, as one line, in the given styles."""
        line = safe(text).replace("\n", " ").replace("\t", " ")
        if not self.colour or not styles:
            return line
        codes = ";".join(COLOURS[style] for style in styles)
        return f"\x1b[{codes}m{line}\x1b[0m"


def wrapped(text: str, hang: int, width: int | None) -> list[str]:
    """Break a painted line at spaces so that it fits, its continuations `hang` columns from the left.

    A word that is longer than a line stays whole: names and paths can be copied.
    """
    if width is None or _length(text) <= width:
        return [text]
    lines, current = [], ""
    for word in re.split(r"(?<=\S) ", text):
        if current.strip() and _length(current) + 1 + _length(word) > width:
            lines.append(current)
            current = " " * hang + word.lstrip()
        else:
            current = f"{current} {word}" if current else word
    return [*lines, current]


def _length(text: str) -> int:
    return len(OUR_CODES.sub("", text))


def terminal_width(stream: TextIO) -> int | None:
    """Return the columns that lines may take; None where no person reads them as they come."""
    return max(40, shutil.get_terminal_size().columns) if is_terminal(stream) else None


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads a stream as it comes."""
    return stream.isatty()


def fail(message: str) -> None:
    """Say one sentence on stderr, as the log format has it."""
    _say("error", message)


def note(message: str) -> None:
    """Say on stderr what is worth knowing and stops nothing."""
    _say("warning", message)


def _say(level: str, message: str) -> None:
    # Messages of parsers may have several lines; what is said here has one.
    message = ", ".join(line.strip() for line in message.splitlines())
    context = click.get_current_context(silent=True)
    if context is not None and context.params.get("log_format") == "json":
        log_line(sys.stderr, level=level, message=message)
    else:
        sys.stderr.write(f"lambda-auditor: {safe(message)}\n")


def log_line(stream: TextIO, **facts: object) -> None:
    """Write one JSON object as a line."""
    stream.write(json.dumps(facts, ensure_ascii=True) + "\n")
    stream.flush()


# What stands in for our own signs where a terminal's encoding does not have them.
PLAIN = {"→": "->", "…": "...", "–": "-", "−": "-", "·": "-", "’": "'", "×": "x", "█": "#", "░": "."}


def degrade(stream: object) -> None:
    """Let a stream write in its own encoding what it can, and plain signs in place of the rest."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    name = codecs.lookup(stream.encoding or "ascii").name
    if name != "utf-8":
        codecs.register_error("plain-signs", _plain)
        # click takes a stream for ASCII as one that is set up wrongly, and writes UTF-8 to it.
        stream.reconfigure(encoding="latin-1" if name == "ascii" else None, errors="plain-signs")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in text), error.end
