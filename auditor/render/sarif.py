"""SARIF 2.1.0, within the limits of GitHub code scanning."""

import re
from urllib.parse import quote

from auditor.render.plain import clean, cut, fingerprint, indented, instant, line
from auditor.report import CheckReport, Report
from auditor.verdict import ChecklistItem, Finding, Severity, Status

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
RESULTS_LIMIT = 25_000
TAGS_LIMIT = 20
# Codes of checks about access and secrets, in the catalogue.
SECURITY_CODES = ("IAM-", "SEC-")
DESCRIPTION_LIMIT = 1024
# Ours, so that a result stays far below the 10 MB of a file.
MESSAGE_LIMIT = 4096
# `[text](target)` in a message is a link to a viewer: SARIF 2.1.0, 3.11.6.
LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# Bands of GitHub's `security-severity`: over 9.0 critical, 7.0 high, 4.0 medium.
SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
KINDS = {
    Status.FAIL: "fail",
    Status.WARN: "fail",
    Status.UNKNOWN: "open",
    Status.MANUAL: "review",
    Status.NOT_APPLICABLE: "notApplicable",
    Status.PASS: "pass",
}


def render(report: Report, *, every: bool = False) -> bytes:
    """Return failed, warned and unknown findings as one run; with `every`, also what passed or did not apply.

    What exceeds GitHub's 25,000 results is cut, worst first, and a notification says how many were left out.
    """
    wanted = {Status.FAIL, Status.WARN, Status.UNKNOWN} if not every else set(Status)
    chosen = sorted(
        (finding for finding in report.findings if finding.status in wanted),
        key=lambda found: (found.status is not Status.FAIL, found.severity.rank, found.check, found.resource),
    )
    kept = chosen[:RESULTS_LIMIT]
    rules = {check.id: index for index, check in enumerate(report.checks)}
    run = {
        "tool": {"driver": _driver(report)},
        "invocations": [_invocation(report, len(chosen) - len(kept))],
        "results": [_result(finding, rules) for finding in kept],
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"lambda-auditor/{report.scan.id}"},
        "properties": {"score": report.score, "coverage": report.coverage, "grade": report.grade},
    }
    return indented({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _driver(report: Report) -> dict[str, object]:
    return {
        "name": "lambda-auditor",
        "version": report.tool_version,
        "semanticVersion": report.tool_version,
        "informationUri": "https://pypi.org/project/lambda-auditor/",
        "rules": [_rule(check) for check in report.checks],
    }


def _rule(check: CheckReport) -> dict[str, object]:
    fix = clean(check.fix) or check.id
    rule: dict[str, object] = {
        "id": check.id,
        "shortDescription": {"text": cut(line(check.title) or check.id, DESCRIPTION_LIMIT)},
        "fullDescription": {"text": cut(clean(check.why) or check.id, DESCRIPTION_LIMIT)},
        "help": {"text": fix, "markdown": f"**How to fix**\n\n{fix}"},
        "defaultConfiguration": {"level": LEVELS[check.severity]},
        "properties": {
            "tags": _tags(check),
            "precision": {"high": "very-high", "medium": "high", "low": "medium"}[check.confidence.value],
            **_security(check),
        },
    }
    if "-" in check.id:
        # A name that is the id in another case tells nothing: SARIF 2.1.0, 3.49.7.
        rule["name"] = "".join(part.capitalize() for part in check.id.split("-"))
    if check.references:
        rule["helpUri"] = check.references[0]
    return rule


def _is_security(check: CheckReport) -> bool:
    return check.item is ChecklistItem.LEAST_PRIVILEGE or any(
        code.startswith(SECURITY_CODES) for code in check.codes
    )


def _tags(check: CheckReport) -> list[str]:
    """Return tags, each once: the schema wants them unique, GitHub at most 20."""
    kind = ("security",) if _is_security(check) else ()
    return list(dict.fromkeys((*kind, "aws-lambda", check.item.value, *check.codes)))[:TAGS_LIMIT]


def _security(check: CheckReport) -> dict[str, str]:
    """Return the severity that GitHub reads for rules tagged `security`; others go by their level."""
    return {"security-severity": SECURITY_SEVERITY[check.severity]} if _is_security(check) else {}


def _invocation(report: Report, left_out: int) -> dict[str, object]:
    notes = [
        {
            "level": "warning",
            "descriptor": {"id": gap.operation or "not-collected"},
            "message": {
                "text": f"{gap.operation or 'Evidence'}: {gap.reason} {gap.code}, {gap.results} unknown"
            },
        }
        for gap in report.gaps
    ]
    if left_out:
        notes.append(
            {
                "level": "warning",
                "descriptor": {"id": "results-left-out"},
                "message": {
                    "text": f"{left_out} results beyond {RESULTS_LIMIT} are left out; report.json has them"
                },
            }
        )
    return {
        "executionSuccessful": report.scan.complete,
        "startTimeUtc": instant(report.scan.started_at),
        "endTimeUtc": instant(report.scan.ended_at),
        "toolExecutionNotifications": notes,
    }


def _result(finding: Finding, rules: dict[str, int]) -> dict[str, object]:
    uri = "/".join(
        ("aws", _segment(finding.account), _segment(finding.region or "global"), "lambda", _place(finding))
    )
    result: dict[str, object] = {
        "ruleId": finding.check,
        "kind": KINDS[finding.status],
        "level": LEVELS[finding.severity] if finding.status in {Status.FAIL, Status.WARN} else "none",
        "message": {"text": _message(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": clean(finding.resource), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"checkAndResource/v1": fingerprint(finding)},
        "properties": {"points": round(finding.points, 4), "confidence": finding.confidence.value},
    }
    if finding.check in rules:
        result["ruleIndex"] = rules[finding.check]
    if finding.muted is not None:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": clean(finding.muted.reason)}
        ]
    return result


def _segment(text: str) -> str:
    return quote(clean(text), safe="") or "unknown"


def _place(finding: Finding) -> str:
    """Return the file that a finding is shown at: GitHub refuses a whole run for one result without."""
    return f"{_segment(finding.function or 'account')}.json"


def _message(finding: Finding) -> str:
    details = "; ".join(f"{detail.subject}: {detail.text}" for detail in finding.details[:10])
    said = f"{finding.message}. {details}" if details else finding.message
    text = cut(clean(said), MESSAGE_LIMIT) or finding.check
    return LINK.sub(r"\\[", text)
