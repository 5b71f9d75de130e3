"""The canonical form: `report.json`, read back by `render`, with its JSON Schema."""

import msgspec

from auditor.report import SCHEMA_VERSION, Report


class ReportError(Exception):
    """A report that cannot be read; the text names the file, the cause and the remedy."""


class _Version(msgspec.Struct):
    schema_version: int
    score_profile: str


def render(report: Report) -> bytes:
    """Return the report as JSON, the same bytes for the same report."""
    return msgspec.json.encode(report) + b"\n"


def read(data: bytes, source: str) -> Report:
    """Return the report that `render` wrote. Raises `ReportError` naming `source` and the field in
    question.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).schema_version
        if version != SCHEMA_VERSION:
            raise ReportError(
                f"{source} has report version {version}, this program reads {SCHEMA_VERSION}: scan again"
            )
        report = msgspec.json.decode(data, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReportError(
            f"{source} is not a whole report ({error}): render it again from its snapshot"
        ) from error
    known = {check.id for check in report.checks}
    strange = next((finding.check for finding in report.findings if finding.check not in known), None)
    if strange is not None:
        raise ReportError(
            f"{source} has findings of a check that it does not list: {strange!r}; render it again from its "
            "snapshot"
        )
    return report


def is_report(data: bytes) -> bool:
    """Whether data looks like a report rather than a snapshot."""
    try:
        msgspec.json.decode(data, type=_Version)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def schema() -> bytes:
    """Return the JSON Schema of `report.json`."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Report)), indent=1) + b"\n"
