"""The data island: every function and result of a report in columns, words once, for the page's script."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter

from auditor.placeholders import FOR_THE_READER
from auditor.render.html_address import anchors
from auditor.render.html_columns import ITEMS, SEVERITIES, Words, function_columns, shortened
from auditor.render.html_policies import places, policies
from auditor.report import (
    CheckReport,
    FrameworkReport,
    Report,
)
from auditor.verdict import ChecklistItem, Detail, Exhibit, Finding, Severity, Status

COMPRESS_FROM = 1_000_000
"""Length of the data in bytes above which they are compressed."""

WORDS_OF_PASSES = 250_000
"""Results up to which the sentences of passed and not applicable ones are kept too."""

TEXT_LIMIT = 2_000
"""Characters of one block of evidence; the whole stands in report.json."""

DETAIL_LIMIT = 25
"""Details of one result; the whole stands in report.json."""

_CODES = {
    Status.PASS: "P",
    Status.FAIL: "F",
    Status.WARN: "W",
    Status.UNKNOWN: "U",
    Status.NOT_APPLICABLE: "N",
    Status.MANUAL: "M",
}
_QUIET = frozenset({Status.PASS, Status.NOT_APPLICABLE})
_ABSENT = ord("-")
_SPARSE = ("severity", "confidence", "evidence", "reason", "muted", "commands", "query", "usd")


def island(report: Report, *, words_of_passes: int = WORDS_OF_PASSES) -> dict[str, object]:
    """Put a report into columns. `report_data.js` describes the layout."""
    words = Words()
    subjects, matrix, results = _results(report, words, words_of_passes)
    address = anchors(report.functions)
    return {
        "items": [{"id": item.value, "title": item.title, "number": item.number} for item in ChecklistItem],
        "severities": [severity.value for severity in Severity],
        "checks": [_check(check) for check in report.checks],
        "functions": {**function_columns(report.functions, words), "policy": places(report)},
        "policies": policies(report, words),
        "address": {
            place: words(found)
            for place, (found, function) in enumerate(zip(address, report.functions, strict=True))
            if found != function.name
        },
        "others": subjects,
        "matrix": matrix,
        "results": results,
        "frameworks": [_framework(framework) for framework in report.frameworks],
        "changes": _changes(report, words),
        "meta": _meta(report),
        "words": list(words.index),
    }


def packed(data: dict[str, object], *, plain: bool) -> tuple[str, str]:
    """Encode the island for a script element; return the text and its encoding, `json` or `gzip`."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    if plain or len(text) <= COMPRESS_FROM:
        return inert(text), "json"
    return base64.b64encode(gzip.compress(text.encode("ascii"), 6, mtime=0)).decode("ascii"), "gzip"


def inert(text: str) -> str:
    """Escape JSON so that no HTML parser finds markup in it."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _meta(report: Report) -> dict[str, object]:
    return {
        "accounts": len(report.accounts),
        "aliases": {account.id: account.alias for account in report.accounts if account.alias},
        "since": report.history.since.date().isoformat() if report.history else "",
        "blanks": FOR_THE_READER,
        "successors": {row.id: row.successor for row in report.runtimes if row.successor},
    }


def _check(check: CheckReport) -> dict[str, object]:
    return {
        "id": check.id,
        "title": check.title,
        "item": ITEMS[check.item],
        "severity": SEVERITIES[check.severity],
        "confidence": check.confidence.value,
        "why": check.why,
        "fix": check.fix,
        "commands": list(check.commands),
        "references": list(check.references),
        "effort": check.effort,
        "subject": check.subject,
        "points": round(check.points, 3),
    }


def _framework(framework: FrameworkReport) -> dict[str, object]:
    return {
        "id": framework.id,
        "name": framework.name,
        "version": framework.version,
        "source": framework.source,
        "controls": [
            [c.control, c.title, c.status, c.coverage, list(c.checks), c.failed, c.unknown, c.passed, c.note]
            for c in framework.controls
        ],
    }


def _changes(report: Report, words: Words) -> list[list[int]]:
    if report.history is None:
        return []
    return [
        words.many((change.kind, change.check, change.resource, change.before, change.after))
        for change in report.history.changes
    ]


def _results(
    report: Report, words: Words, words_of_passes: int
) -> tuple[list[list[int]], list[str], dict[str, object]]:
    """Return the subjects that are no functions, the matrix of statuses, and the words of the results.

    Those stand check by check: what one check says of many functions packs to less than half of what many
    checks say of one.
    """
    width = len(report.checks)
    column = {check.id: place for place, check in enumerate(report.checks)}
    row = {function.arn: place for place, function in enumerate(report.functions)}
    matrix = [bytearray([_ABSENT]) * width for _ in report.functions]
    others: list[list[int]] = []
    told = len(report.findings) <= words_of_passes
    kept: list[tuple[int, int, Finding]] = []
    for finding in report.findings:
        at = row.get(finding.resource)
        if at is None:
            at = row[finding.resource] = len(matrix)
            matrix.append(bytearray([_ABSENT]) * width)
            others.append(words.many((finding.resource, finding.function, finding.account, finding.region)))
        place = column[finding.check]
        code = _CODES[finding.status]
        matrix[at][place] = ord(code.lower() if finding.muted else code)
        if told or finding.status not in _QUIET:
            kept.append((place, at, finding))
    kept.sort(key=itemgetter(0, 1))
    shares = [0.0] * len(matrix)
    for _, at, finding in kept:
        if finding.function_points:
            shares[at] = float(f"{finding.points / finding.function_points:.6g}")
    own = {check.id: check for check in report.checks}
    return (
        others,
        [line.decode("ascii") for line in matrix],
        {"told": told, "shares": shares, **_columns([f for _, _, f in kept], own, words)},
    )


def _columns(kept: Sequence[Finding], own: dict[str, CheckReport], words: Words) -> dict[str, object]:
    sparse: dict[str, dict[int, object]] = {name: {} for name in _SPARSE}
    messages: list[int] = []
    reasons: dict[tuple[int, int, int, int], int] = {}
    lost: list[float] = []
    for place, finding in enumerate(kept):
        messages.append(words(finding.message))
        lost.append(shortened(finding.function_points, 2))
        _sparse(place, finding, own[finding.check], sparse, words)
        if finding.reason is not None:
            reason = finding.reason
            key = (
                words(reason.operation),
                words(reason.reason.value),
                words(reason.code),
                words(reason.note),
            )
            sparse["reason"][place] = reasons.setdefault(key, len(reasons))
    details = _details(kept, words)
    return {"message": messages, "points": lost, "reasons": list(reasons), **sparse, "details": details}


def _details(kept: Sequence[Finding], words: Words) -> dict[int, object]:
    """Return the details result by result: their number, and the first of them.

    A text that stands once is kept where it stands: a number that points to it is longer than what it saves.
    """
    shown = {
        place: [_detail(found, finding.message) for found in finding.details[:DETAIL_LIMIT]]
        for place, finding in enumerate(kept)
        if finding.details
    }
    uses = Counter(text for details in shown.values() for detail in details for text in detail)
    return {
        place: [
            len(kept[place].details),
            [[words(text) if uses[text] > 1 else text for text in detail] for detail in details],
        ]
        for place, details in shown.items()
    }


def _detail(detail: Detail, message: str) -> tuple[str, str, str]:
    """Return subject, text and place, without a message that the text repeats."""
    rest = detail.text[len(message) :].lstrip(" .;,:\n") if detail.text.startswith(message) else ""
    return detail.subject, (rest or detail.text)[:TEXT_LIMIT], detail.at


def _sparse(
    place: int, finding: Finding, check: CheckReport, sparse: dict[str, dict[int, object]], words: Words
) -> None:
    if finding.severity is not check.severity:
        sparse["severity"][place] = SEVERITIES[finding.severity]
    if finding.confidence is not check.confidence:
        sparse["confidence"][place] = words(finding.confidence.value)
    if finding.muted is not None:
        mute = finding.muted
        sparse["muted"][place] = words.many(
            (mute.id, mute.kind, mute.reason, mute.owner, mute.expires, mute.ticket)
        )
    if finding.exhibit is not None:
        _shown(place, finding.exhibit, sparse, words)


def _shown(place: int, exhibit: Exhibit, sparse: dict[str, dict[int, object]], words: Words) -> None:
    if exhibit.evidence:
        sparse["evidence"][place] = [
            [
                words(e.caption),
                words(_cut(e.lines)),
                [line for line in e.marked if line < len(e.lines)],
                int(e.diff),
            ]
            for e in exhibit.evidence[:DETAIL_LIMIT]
        ]
    if exhibit.commands:
        sparse["commands"][place] = words.many(exhibit.commands)
    if exhibit.query:
        sparse["query"][place] = words(exhibit.query)
    if exhibit.usd_month is not None:
        sparse["usd"][place] = round(exhibit.usd_month, 2)


def _cut(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    if len(text) <= TEXT_LIMIT:
        return text
    return text[:TEXT_LIMIT].rsplit("\n", 1)[0] + "\n… the rest stands in report.json"
