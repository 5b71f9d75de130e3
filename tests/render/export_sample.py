"""A small report of a spoilt account, and the same with hostile text wherever AWS lets people write."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from auditor.model import Reason, Unavailable
from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.report import Report
from auditor.testing import (
    healthy_account,
    healthy_function,
    healthy_region,
    inventory_of,
)
from auditor.verdict import Detail, Finding, Mute, Status

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
MUTE = Mute(
    id="M-1", kind="accepted_risk", reason="Known, and borne", owner="shop@example.com", expires="2027-01-31"
)
DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy", code="AccessDeniedException")

HOSTILE = {
    "script": "</script><script>alert(1)</script>",
    "attribute": "\" onerror='alert(1)' x=\"",
    "comment": "--><img src=x onerror=alert(1)>",
    "cdata": "]]><evil/>&bogus;<!DOCTYPE x>",
    "formula": "=cmd|' /C calc'!A0",
    "formula-plus": "+1+cmd|x",
    "formula-minus": "-2+3+cmd|x",
    "formula-at": "@SUM(1+9)*cmd|x",
    "formula-tab": "\t=HYPERLINK(1)",
    "formula-space": "  =1+1",
    "formula-wide": "\uff1dcmd",
    "controls": "a\x00b\x01c\x08d\x0be\x1ff\x7fg\x9bh",
    "ansi": "\x1b[31mred\x1b]0;title\x07\x1b[2J",
    "surrogate": "low \udc00 high \ud800",
    "noncharacter": "\ufffe \uffff",
    "turning": "\u202etxt.exe\u202c \u2066x\u2069",
    "table": "a | b \\| c \\\\| d\n| e | f |",
    "backticks": "`` `code` ``` fence\n```\n",
    "mention": "@octocat and #123 and GH-1",
    "link": "[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example>",
    "autolink": "http://evil.example www.evil.example mailto:a@evil.example",
    "html": "<details><summary>x</summary><h1>big</h1>",
    "mark-up": "**bold** _it_ ~~gone~~ $x^2$ :smile: # head",
    "yaml": "x: {y: [z\n- a: &anchor *alias",
    "shell": "$(touch /tmp/x); `id` && rm -rf ~",
    "long": "x" * 50_000,
    "quotes": '"a","b"\r\n"c"',
}


@cache
def audited() -> Report:
    """Audit one healthy and one spoilt function."""
    healthy = healthy_function()
    arn = healthy.arn.replace(healthy.name, "spoilt")
    spoilt = healthy_function(name="spoilt", arn=arn, timeout_s=3, memory_mb=128, description="")
    inventory = inventory_of(healthy_account(healthy_region(healthy, spoilt)))
    return audit(inventory, load_rules(RuleFiles(), NOW), NOW)


@cache
def small() -> Report:
    """Return the audit with a finding of each status, and an accepted one; scores stay as they were."""
    return replace(audited(), findings=tuple(_every_kind(audited().findings)))


def _every_kind(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Make one finding of each status, and a muted one, out of the first ones."""
    passed = [finding for finding in findings if finding.function == "spoilt"][:7]
    kinds = dict(zip((_name(finding) for finding in passed), (*Status, Status.FAIL), strict=False))
    last = _name(passed[-1])
    for finding in findings:
        status = kinds.get(_name(finding), finding.status)
        reason = DENIED if status is Status.UNKNOWN else None
        yield replace(finding, status=status, reason=reason, muted=MUTE if _name(finding) == last else None)


def _name(finding: Finding) -> str:
    return f"{finding.check} {finding.resource}"


def poisoned(text: str) -> Report:
    """Put a text wherever the report repeats what people wrote."""
    report = small()
    mute = replace(MUTE, reason=text, owner=text)
    findings = tuple(
        replace(
            finding,
            message=text,
            resource=text if number % 3 == 0 else finding.resource,
            function=text if number % 3 == 0 else finding.function,
            details=(Detail(subject=text, text=text, at=text),),
            reason=replace(finding.reason, note=text) if finding.reason else None,
            muted=mute if finding.muted else None,
        )
        for number, finding in enumerate(report.findings[:60])
    )
    functions = tuple(
        replace(function, name=text, description=text, owner=text, tags=((text, text),))
        for function in report.functions
    )
    checks = tuple(replace(check, title=text, why=text, fix=text) for check in report.checks)
    return replace(report, title=text, findings=findings, functions=functions, checks=checks)


def packaged_frameworks() -> Path:
    """Return the folder of the packaged frameworks."""
    return Path(__file__).resolve().parents[2] / "checks" / "frameworks"


def copy_of(report: Report) -> Report:
    """Return an equal report that shares nothing with the other."""
    return msgspec.json.decode(msgspec.json.encode(report), type=Report)
