"""The HTML report: one file without any request, safe to open, mail and print."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

import auditor
from auditor.render.html_address import anchors, letter_kind
from auditor.render.html_checklist import checklist, fix_rows, gaps
from auditor.render.html_cost import cost
from auditor.render.html_island import island, packed
from auditor.render.html_method import method
from auditor.render.html_overview import (
    ACCOUNTS,
    account_rows,
    answer,
    facts,
    incomplete,
    past,
    pillars,
    urgent,
)
from auditor.render.html_pages import exceptions, frameworks, worst
from auditor.render.html_runtimes import runtimes
from auditor.report import Report

_COLOUR = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
SCRIPTS = (
    "report_data",
    "report_pieces",
    "report_explorer",
    "report_functions",
    "report_findings",
    "report_function",
    "report_controls",
    "report",
)
PARTS = ("shapes", "macros", "overview", "worst", "controls", "runtimes", "cost", "exceptions", "method")


def render(report: Report, *, plain: bool = False) -> bytes:
    """Return the page as UTF-8; a pure function of the report.

    The tables' data are compressed where they are longer than 1 MB; `plain` leaves them readable for browsers
    without `DecompressionStream`.
    """
    data, encoding = packed(island(report), plain=plain)
    address = dict(zip((f.arn for f in report.functions), anchors(report.functions), strict=True))
    urgent_rows, more_urgent = urgent(report, address)
    page = (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            subject=_subject(report),
            policy=content_security_policy(),
            style=Markup(style()),  # noqa: S704 - our own file
            script=Markup(script()),  # noqa: S704 - our own file
            data=Markup(data),  # noqa: S704 - escaped by `packed`
            encoding=encoding,
            incomplete=incomplete(report),
            facts=facts(report),
            answer=answer(report),
            letter_kind=letter_kind(report.grade),
            pillars=pillars(report),
            past=past(report),
            urgent=urgent_rows,
            more_urgent=more_urgent,
            checklist=checklist(report),
            fixes=fix_rows(report),
            gaps=gaps(report),
            accounts=account_rows(report),
            more_accounts=max(0, len(report.accounts) - ACCOUNTS),
            worst=worst(report, address),
            frameworks=frameworks(report),
            runtimes=runtimes(report),
            cost=cost(report, address),
            exceptions=exceptions(report),
            method=method(report),
            open_count=report.counts.failed + report.counts.warned,
        )
    )
    return page.encode("utf-8", "replace")


def _subject(report: Report) -> str:
    """Return the number of the account where the title is its alias."""
    accounts = [account.id for account in report.accounts]
    return accounts[0] if len(accounts) == 1 and accounts[0] != report.title else ""


def environment() -> Environment:
    """Return the template engine: everything is escaped, and an unknown name is an error."""
    names = ("report.html.j2", "diff.html.j2", *(f"parts/{part}.j2" for part in PARTS))
    return Environment(
        loader=DictLoader({name: asset(name) for name in names}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def asset(name: str) -> str:
    """Return a file of the report's templates as text."""
    package = Path(auditor.__file__).parent
    installed = package / "report_templates"
    folder = installed if installed.is_dir() else package.parent / "report_templates"
    return (folder / name).read_text("utf-8")


@cache
def style() -> str:
    """Return the style sheet, and its colours once more for browsers without `light-dark()`.

    https://developer.mozilla.org/en-US/docs/Web/CSS/color_value/light-dark
    """
    sheet = asset("report.css")
    light, dark = ("".join(f"--{name}:{pair[n]};" for name, *pair in _COLOUR.findall(sheet)) for n in (0, 1))
    return (
        f"{sheet}\n/* Without light-dark() */\n@supports not (color: light-dark(red, red)) {{\n"
        f":root {{{light}}}\n:root[data-theme=dark] {{{dark}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{{dark}}} }}\n"
        f"@media print {{ :root[data-theme=dark] {{{light}}} }}\n}}\n"
    )


def script() -> str:
    """Return the script: its files one after the other, in one function of their own."""
    files = "\n".join(asset(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{files}}})();\n'


def content_security_policy() -> str:
    """Allow our style and script by their hashes, and nothing else.

    https://www.w3.org/TR/CSP3/#matched-elements
    """
    return (
        "default-src 'none'; "
        f"script-src 'sha256-{_digest(script())}'; style-src 'sha256-{_digest(style())}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
