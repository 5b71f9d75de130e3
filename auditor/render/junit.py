"""JUnit XML: a suite for each function, so that a build server shows findings as it shows tests."""

from collections.abc import Iterator
from html import escape

from auditor.render.plain import clean, instant, line
from auditor.report import Report
from auditor.verdict import Finding, Status

SKIPPED = {Status.NOT_APPLICABLE, Status.MANUAL}


def render(report: Report) -> bytes:
    """Return failed findings as failures, unknown ones as errors, and what does not apply, waits for a
    person or is muted as skipped.

    A warning is a test that passed with its text as output: it does not fail the gate either.
    """
    suites: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in report.findings:
        suites.setdefault((finding.account, finding.region, finding.function), []).append(finding)
    outcomes = [_outcome(finding) for finding in report.findings]
    head = _tag(
        "testsuites",
        name="lambda-auditor",
        tests=str(len(outcomes)),
        failures=str(outcomes.count("failure")),
        errors=str(outcomes.count("error")),
    )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"{head}>"]
    for key in sorted(suites):
        lines.extend(_suite(key, suites[key], instant(report.generated_at).rstrip("Z")))
    lines.append("</testsuites>\n")
    return "\n".join(lines).encode()


def _suite(key: tuple[str, str, str], findings: list[Finding], at: str) -> Iterator[str]:
    account, region, function = key
    place = "/".join(part for part in (account, region, function) if part)
    outcomes = [_outcome(finding) for finding in findings]
    head = _tag(
        "testsuite",
        name=place,
        tests=str(len(findings)),
        failures=str(outcomes.count("failure")),
        errors=str(outcomes.count("error")),
        skipped=str(outcomes.count("skipped")),
        timestamp=at,
        time="0",
    )
    yield f"{head}>"
    for finding, outcome in zip(findings, outcomes, strict=True):
        yield _case(finding, outcome, place)
    yield "</testsuite>"


def _case(finding: Finding, outcome: str, place: str) -> str:
    head = _tag("testcase", name=f"{finding.check} {finding.resource}", classname=place, time="0")
    if outcome == "passed":
        return f"{head}/>"
    if outcome == "warned":
        return f"{head}><system-out>{_text(f'WARN: {finding.message}')}</system-out></testcase>"
    result = _tag(outcome, message=_said(finding), type=_kind(finding))
    details = "\n".join(f"{detail.subject}: {detail.text}" for detail in finding.details)
    return f"{head}>{result}>{_text(details)}</{outcome}></testcase>"


def _outcome(finding: Finding) -> str:
    if finding.muted is not None or finding.status in SKIPPED:
        return "skipped"
    return {Status.FAIL: "failure", Status.UNKNOWN: "error", Status.WARN: "warned"}.get(
        finding.status, "passed"
    )


def _said(finding: Finding) -> str:
    muted = finding.muted
    if muted is None:
        return finding.message
    return f"{muted.kind}: {muted.reason} ({muted.owner}, until {muted.expires}); {finding.message}"


def _kind(finding: Finding) -> str:
    if finding.muted is not None:
        return finding.muted.kind
    if finding.reason is not None:
        return finding.reason.reason.value
    return finding.severity.value if finding.status is Status.FAIL else finding.status.value


def _tag(tag: str, /, **attributes: str) -> str:
    pairs = "".join(f' {key}="{escape(line(value))}"' for key, value in attributes.items())
    return f"<{tag}{pairs}"


def _text(text: str) -> str:
    return escape(clean(text), quote=False)
