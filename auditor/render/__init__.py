"""Formats of a report: each turns a `Report` into named files."""

from collections.abc import Callable, Mapping

from auditor.render import asff, csv_report, html, json_report, junit, markdown, ocsf, sarif, xlsx
from auditor.render.plain import FormatError, whole
from auditor.report import Report

Files = Mapping[str, bytes]

__all__ = ["FORMATS", "TEXT_FORMATS", "Files", "FormatError", "render"]


def _csv(report: Report) -> Files:
    matrices = {f"controls-{found.id}.csv": csv_report.controls(found, report) for found in report.frameworks}
    return {"findings.csv": csv_report.findings(report), **matrices}


FORMATS: Mapping[str, Callable[[Report], Files]] = {
    "html": lambda report: {"report.html": html.render(report)},
    "json": lambda report: {"report.json": json_report.render(report)},
    "csv": _csv,
    "sarif": lambda report: {"report.sarif": sarif.render(report)},
    "asff": lambda report: {"report.asff.json": asff.render(report)},
    "ocsf": lambda report: {"report.ocsf.json": ocsf.render(report)},
    "junit": lambda report: {"report.junit.xml": junit.render(report)},
    "markdown": lambda report: {"report.md": markdown.render(report)},
    "xlsx": lambda report: {"report.xlsx": xlsx.render(report)},
}
# What needs no package beyond the tool's own: the contents of an evidence file.
TEXT_FORMATS = tuple(name for name in FORMATS if name != "xlsx")


def render(report: Report, format_name: str) -> Files:
    """Return the files of one format by name.

    Raises `KeyError` for a format that does not exist, `FormatError` for one that cannot be written.
    """
    return FORMATS[format_name](whole(report))
