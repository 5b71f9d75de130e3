"""Formats of a report: each turns a `Report` into named files."""

from collections.abc import Callable, Mapping

from auditor.render import csv_report, html, json_report, sarif
from auditor.report import Report

Files = Mapping[str, bytes]


def _csv(report: Report) -> Files:
    matrices = {f"controls-{found.id}.csv": csv_report.controls(found, report) for found in report.frameworks}
    return {"findings.csv": csv_report.findings(report), **matrices}


FORMATS: Mapping[str, Callable[[Report], Files]] = {
    "html": lambda report: {"report.html": html.render(report)},
    "json": lambda report: {"report.json": json_report.render(report)},
    "csv": _csv,
    "sarif": lambda report: {"report.sarif": sarif.render(report)},
}


def render(report: Report, format_name: str) -> Files:
    """Return the files of one format by name. Raises `KeyError` for a format that does not exist."""
    return FORMATS[format_name](report)
