"""What the formats share: text that breaks no parser, keys, times, and JSON that people can read."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeAlias

import msgspec

from auditor.report import Report
from auditor.verdict import Finding

Tree: TypeAlias = "str | int | float | bool | None | list[Tree] | dict[str, Tree]"

# What may not stand in XML 1.0 (https://www.w3.org/TR/xml/#charsets), and C1 controls, which steer terminals.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Characters that turn the direction of what follows: text would read otherwise than it is.
_TURNING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class FormatError(Exception):
    """A format that cannot be written, or a file that is not what it says; the text is one sentence."""


def clean(text: str) -> str:
    """Return text without control characters (tab and line ends stay), lone surrogates and turning marks."""
    return _TURNING.sub("", _ILLEGAL.sub("", text))


def line(text: str) -> str:
    """Return clean text in one line."""
    return " ".join(clean(text).split())


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text, the last one `…` where something is left out."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def fingerprint(finding: Finding) -> str:
    """Return the stable key of a finding: a hash of check and resource."""
    key = f"{finding.check}\0{finding.resource}"
    return sha256(key.encode(errors="surrogatepass")).hexdigest()[:32]


def partition(resource: str) -> str:
    """Return the partition of an ARN, `aws` for what is none."""
    parts = resource.split(":")
    return parts[1] if parts[0] == "arn" and len(parts) > 1 and parts[1] else "aws"


def instant(at: datetime) -> str:
    """Return a time as `2026-11-23T06:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(at: datetime) -> int:
    """Return a time in milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def indented(tree: object) -> bytes:
    """Return JSON with one value a line, ending in a line end."""
    return msgspec.json.format(msgspec.json.encode(tree), indent=1) + b"\n"


def listed(rows: Iterable[object]) -> bytes:
    """Return a JSON array with one element a line."""
    return b"[\n" + b",\n".join(map(msgspec.json.encode, rows)) + b"\n]\n"


def whole(report: Report) -> Report:
    r"""Return a report that can be encoded: lone surrogates, which JSON lets in as `\ud800`, become `?`."""
    try:
        msgspec.json.encode(report)
    except UnicodeEncodeError:
        return msgspec.convert(_encodable(msgspec.to_builtins(report)), Report)
    return report


def _encodable(tree: Tree) -> Tree:
    if isinstance(tree, str):
        return tree.encode(errors="replace").decode()
    if isinstance(tree, list | tuple):
        return [_encodable(part) for part in tree]
    if isinstance(tree, dict):
        return {str(_encodable(key)): _encodable(value) for key, value in tree.items()}
    return tree
