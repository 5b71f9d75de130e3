"""Columns of the data island: one array for each fact of the functions, strings by number."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from auditor.render.html_words import mostly
from auditor.report import FunctionReport, Measured
from auditor.verdict import ChecklistItem, Severity

SEVERITIES = {severity: rank for rank, severity in enumerate(Severity)}
ITEMS = {item: place for place, item in enumerate(ChecklistItem)}
NAMES = 40
"""Names of one connection that are kept; the whole stands in report.json."""


class Words:
    """Every string once; others point to it by its number."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {"": 0}

    def __call__(self, text: str) -> int:
        """Return the number of a string."""
        found = self.index.get(text)
        if found is None:
            found = self.index[text] = len(self.index)
        return found

    def many(self, texts: Iterable[str]) -> list[int]:
        """Return the numbers of strings."""
        return [self(text) for text in texts]


def shortened(value: float, digits: int) -> float:
    """Round a number, and write whole ones without decimals."""
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def function_columns(functions: Sequence[FunctionReport], words: Words) -> dict[str, object]:
    """Return the facts of the functions, one array for each."""
    columns: dict[str, list[object]] = {}
    for function in functions:
        for name, value in _function(function, words).items():
            columns.setdefault(name, []).append(value)
    return {"count": len(functions), **columns}


def _function(function: FunctionReport, words: Words) -> dict[str, object]:
    counts = function.counts
    return {
        "arn": words(function.arn),
        "name": words(function.name),
        "account": words(function.account),
        "region": words(function.region),
        "score": function.score,
        "raw": round(function.raw, 1),
        "possible": function.possible,
        "coverage": function.coverage,
        "grade": words(function.grade),
        "caps": [[cap.ceiling, words(cap.why), round(cap.held, 1)] for cap in function.caps],
        "counts": [
            counts.failed,
            counts.warned,
            counts.unknown,
            counts.passed,
            counts.not_applicable,
            counts.manual,
        ],
        "items": [
            [ITEMS[item.item], shortened(item.lost, 1), shortened(item.unseen, 1), words(item.note)]
            for item in function.items
            if item.lost or item.unseen or item.note
        ],
        "worst": -1 if function.worst is None else SEVERITIES[function.worst],
        "worstTitle": words(function.worst_title),
        "description": words(function.description),
        "owner": words(function.owner),
        "tags": [words(f"{key}={value}") for key, value in function.tags],
        "runtime": words(function.runtime),
        "ends": words(function.support_ends.isoformat() if function.support_ends else ""),
        "left": function.days_left,
        "architecture": words(function.architecture),
        "image": int(function.package_type.lower() == "image"),
        "memory": function.memory_mb,
        "timeout": function.timeout_s,
        "triggers": words.many(function.triggers),
        "invocation": words.many(function.invocation),
        "mostly": words(mostly(function.cost)),
        "usd": None if function.usd_month is None else round(function.usd_month, 2),
        "chips": [words.many((c.label, c.value, c.remark, c.flagged)) for c in function.chips],
        "links": [[words(c.label), *words.many(c.values[:NAMES])] for c in function.connections],
        "role": words(function.role),
        **_measured(function.measured, words),
    }


def _measured(found: Measured, words: Words) -> dict[str, object]:
    return {
        "unseen": words(found.unseen),
        "window": [_stamp(found.window_start, words), _stamp(found.window_end, words)],
        "runs": found.runs,
        "errors": found.errors,
        "throttles": found.throttles,
        "p50": _rounded(found.p50_ms),
        "p95": _rounded(found.p95_ms),
        "p99": _rounded(found.p99_ms),
        "longest": _rounded(found.longest_ms),
        "peak": found.peak_concurrency,
        "used": _rounded(found.memory_used_mb),
        "cold": None if found.cold_start_rate is None else round(found.cold_start_rate, 5),
        "init": _rounded(found.init_p99_ms),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else shortened(value, 1)


def _stamp(value: datetime | None, words: Words) -> int:
    return words(value.date().isoformat() if value else "")
