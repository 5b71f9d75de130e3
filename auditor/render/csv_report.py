"""Findings and control matrices as CSV that a spreadsheet opens without running anything."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from auditor.render.plain import clean
from auditor.report import FrameworkReport, Report
from auditor.verdict import Finding, Status

FINDING_COLUMNS = (
    "account",
    "region",
    "function",
    "resource",
    "check",
    "item",
    "status",
    "severity",
    "confidence",
    "message",
    "reason",
    "operation",
    "muted",
    "owner",
    "expires",
    "points",
    "details",
    "exception_reason",
    "ticket",
)
CONTROL_COLUMNS = (
    "framework",
    "version",
    "control",
    "title",
    "control_status",
    "coverage",
    "account",
    "region",
    "resource",
    "check",
    "status",
    "message",
    "note",
    "exception",
)
# Leading characters that spreadsheets take for a formula, full-width variants included:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = re.compile(r"^\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
PLAIN_NUMBER = re.compile(r"^[+-]?[0-9]+(\.[0-9]+)?\Z")


def findings(report: Report) -> bytes:
    """Return one row for each finding."""
    return _table(FINDING_COLUMNS, (_finding_row(finding) for finding in report.findings))


def controls(framework: FrameworkReport, report: Report) -> bytes:
    """Return one row for each control and resource that speaks for it; a control without any has one row."""
    by_check: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_check.setdefault(finding.check, []).append(finding)
    return _table(CONTROL_COLUMNS, _control_rows(framework, by_check))


def _finding_row(finding: Finding) -> tuple[object, ...]:
    reason, muted = finding.reason, finding.muted
    return (
        finding.account,
        finding.region,
        finding.function,
        finding.resource,
        finding.check,
        finding.item.value,
        finding.status.value,
        finding.severity.value,
        finding.confidence.value,
        finding.message,
        reason.reason.value if reason else "",
        reason.operation if reason else "",
        muted.kind if muted else "",
        muted.owner if muted else "",
        muted.expires if muted else "",
        f"{finding.points:.4f}",
        "; ".join(f"{detail.subject}: {detail.text}" for detail in finding.details),
        muted.reason if muted else "",
        muted.ticket if muted else "",
    )


def _control_rows(
    framework: FrameworkReport, by_check: dict[str, list[Finding]]
) -> Iterable[tuple[object, ...]]:
    for control in framework.controls:
        head = (
            framework.name,
            framework.version,
            control.control,
            control.title,
            control.status,
            control.coverage,
        )
        spoken = [
            finding
            for check in control.checks
            for finding in by_check.get(check, ())
            if finding.status is not Status.NOT_APPLICABLE
        ]
        if not spoken:
            yield (*head, "", "", "", "", "", "", control.note, "")
        for finding in spoken:
            yield (
                *head,
                finding.account,
                finding.region,
                finding.resource,
                finding.check,
                finding.status.value,
                finding.message,
                control.note,
                _exception(finding),
            )


def _exception(finding: Finding) -> str:
    muted = finding.muted
    return f"{muted.kind} by {muted.owner} until {muted.expires}: {muted.reason}" if muted else ""


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([inert(value) for value in row] for row in rows)
    return out.getvalue().encode()


def inert(value: object) -> str:
    """Return a cell that no spreadsheet runs: `'` before what looks like a formula, control characters
    dropped.
    """
    text = clean(str(value))
    return f"'{text}" if FORMULA.match(text) and not PLAIN_NUMBER.match(text) else text
