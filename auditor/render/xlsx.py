"""The report as a workbook for working papers: sheets of text and numbers, without a single formula."""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from auditor.render.plain import FormatError, clean, cut
from auditor.report import Report
from auditor.verdict import Finding, Status

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

# https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
ROWS, CELL = 1_048_576, 32_767
WIDEST = 60
ORDER = (
    Status.FAIL,
    Status.UNKNOWN,
    Status.WARN,
    Status.MANUAL,
    Status.PASS,
    Status.NOT_APPLICABLE,
)
Row = Sequence[str | int | float | None]

FINDING_COLUMNS = (
    "Account",
    "Region",
    "Function",
    "Check",
    "Item",
    "Status",
    "Severity",
    "Confidence",
    "Message",
    "Points",
    "Exception",
    "Owner",
    "Expires",
    "Resource",
    "Details",
)
UNKNOWN_COLUMNS = (
    "Account",
    "Region",
    "Function",
    "Check",
    "Reason",
    "Operation",
    "Code",
    "Note",
    "Resource",
)
CONTROL_COLUMNS = (
    "Framework",
    "Version",
    "Control",
    "Title",
    "Status",
    "Coverage",
    "Failed",
    "Unknown",
    "Passed",
    "Checks",
    "Note",
)
ACCEPTED_COLUMNS = (
    "Id",
    "Check",
    "Kind",
    "Reason",
    "Owner",
    "Expires",
    "Ticket",
    "State",
    "Findings",
    "Points",
    "Resources",
)
FUNCTION_COLUMNS = (
    "Account",
    "Region",
    "Function",
    "Score",
    "Possible",
    "Coverage %",
    "Grade",
    "Failed",
    "Warned",
    "Unknown",
    "Runtime",
    "Support ends",
    "Memory MB",
    "Timeout s",
    "USD a month",
    "Owner",
    "ARN",
)


def render(report: Report) -> bytes:
    """Return the workbook, the same bytes for the same report.

    Raises `FormatError` where the package xlsxwriter is not installed.
    """
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra, needed for this format alone
    except ImportError as error:
        raise FormatError(
            "xlsx is written by the package xlsxwriter: pip install 'lambda-auditor[xlsx]'"
        ) from error
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        made = report.generated_at.replace(tzinfo=None)
        book.set_properties({"title": cut(clean(report.title), 255), "created": made})
        _sheet(book, "Summary", ("What", "Value"), _summary(report))
        _sheet(book, "Findings", FINDING_COLUMNS, (_finding(found) for found in _worst_first(report)))
        _sheet(book, "Controls", CONTROL_COLUMNS, _controls(report))
        _sheet(book, "Unknown", UNKNOWN_COLUMNS, _unknown(report.findings))
        _sheet(book, "Accepted", ACCEPTED_COLUMNS, _accepted(report))
        _sheet(book, "Functions", FUNCTION_COLUMNS, _functions(report))
    return out.getvalue()


def _sheet(book: "Workbook", name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write one sheet; what exceeds the rows of a sheet is left out, and its last row says so."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    widths = [len(column) for column in columns]
    for number, column in enumerate(columns):
        sheet.write_string(0, number, column, bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        if last == ROWS - 1:
            sheet.write_string(last, 0, "More rows than a sheet holds: report.json has them all")
            break
        for number, value in enumerate(row):
            text = _write(sheet, last, number, value)
            widths[number] = max(widths[number], min(len(text), WIDEST))
    sheet.autofilter(0, 0, last, len(columns) - 1)
    for number, width in enumerate(widths):
        sheet.set_column(number, number, width + 2)


def _write(sheet: "Worksheet", row: int, column: int, value: str | float | None) -> str:
    """Write one cell as text or number, never as a formula or link."""
    if value is None:
        return ""
    if isinstance(value, str):
        text = cut(clean(value), CELL)
        sheet.write_string(row, column, text)
        return text
    sheet.write_number(row, column, value)
    return str(value)


def _summary(report: Report) -> Iterable[Row]:
    scan = report.scan
    yield "Audit of", report.title
    yield "Score", report.score
    yield "Possible score", report.possible
    yield "Coverage %", report.coverage
    yield "Grade", report.grade
    yield "Meaning", report.meaning
    yield "Score without accepted risk", report.score_without_accepted_risk
    yield "Functions", len(report.functions)
    yield "Failed", report.counts.failed
    yield "Warned", report.counts.warned
    yield "Unknown", report.counts.unknown
    yield "Passed", report.counts.passed
    yield "Accepted", report.counts.muted
    yield "Accounts", ", ".join(account.id for account in report.accounts)
    yield "Regions", ", ".join(scan.regions)
    yield "Caller", scan.caller
    yield "Scan started", scan.started_at.isoformat()
    yield "Scan ended", scan.ended_at.isoformat()
    yield "Scan complete", "yes" if scan.complete else "no"
    yield "Requests", scan.requests
    yield "Judged for", report.as_of.isoformat()
    yield "Tool version", report.tool_version
    yield "Score profile", report.score_profile
    for item in report.items:
        yield f"{item.number} {item.title}", item.note if item.score is None else round(item.score, 2)
    for cap in report.caps:
        yield f"Ceiling {cap.ceiling}", cap.why


def _worst_first(report: Report) -> list[Finding]:
    """Sort findings so that what a full sheet leaves out is what passed or does not apply."""
    ranks = {status: rank for rank, status in enumerate(ORDER)}
    return sorted(report.findings, key=lambda found: (ranks[found.status], found.severity.rank))


def _finding(finding: Finding) -> Row:
    muted = finding.muted
    return (
        finding.account,
        finding.region,
        finding.function,
        finding.check,
        finding.item.title,
        finding.status.value,
        finding.severity.value,
        finding.confidence.value,
        finding.message,
        round(finding.points, 4),
        muted.kind if muted else "",
        muted.owner if muted else "",
        muted.expires if muted else "",
        finding.resource,
        "\n".join(f"{detail.subject}: {detail.text}" for detail in finding.details),
    )


def _unknown(findings: Iterable[Finding]) -> Iterable[Row]:
    for finding in findings:
        reason = finding.reason
        if finding.status is Status.UNKNOWN and reason is not None:
            why = (reason.reason.value, reason.operation, reason.code, reason.note)
            yield (finding.account, finding.region, finding.function, finding.check, *why, finding.resource)


def _controls(report: Report) -> Iterable[Row]:
    for framework in report.frameworks:
        for control in framework.controls:
            yield (
                framework.name,
                framework.version,
                control.control,
                control.title,
                control.status,
                control.coverage,
                control.failed,
                control.unknown,
                control.passed,
                ", ".join(control.checks),
                control.note,
            )


def _accepted(report: Report) -> Iterable[Row]:
    for row in report.exceptions:
        words = (row.id, row.check, row.kind, row.reason, row.owner, row.expires, row.ticket, row.state)
        yield (*words, row.findings, round(row.points, 4), ", ".join(row.resources))


def _functions(report: Report) -> Iterable[Row]:
    for function in report.functions:
        yield (
            function.account,
            function.region,
            function.name,
            function.score,
            function.possible,
            function.coverage,
            function.grade,
            function.counts.failed,
            function.counts.warned,
            function.counts.unknown,
            function.runtime,
            function.support_ends.isoformat() if function.support_ends else "",
            function.memory_mb,
            function.timeout_s,
            function.usd_month,
            function.owner,
            function.arn,
        )
