"""OCSF compliance findings (class 2003), for security lakes and event stores."""

from collections.abc import Mapping

from auditor.render.plain import clean, fingerprint, line, listed, milliseconds, partition
from auditor.report import CheckReport, Report
from auditor.verdict import Confidence, Finding, Severity, Status

# https://schema.ocsf.io/1.5.0/classes/compliance_finding
VERSION = "1.5.0"
CATEGORY, CLASS, CREATE = 2, 2003, 1
SEVERITIES = {
    Severity.INFO: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
CONFIDENCES = {Confidence.LOW: (1, "Low"), Confidence.MEDIUM: (2, "Medium"), Confidence.HIGH: (3, "High")}
# The schema's Warning is for what gave no result for lack of information; a graded warning of ours is a fail.
# Words of 99 (other) are the event source's own.
COMPLIANCE = {
    Status.PASS: (1, "Pass"),
    Status.UNKNOWN: (2, "Warning"),
    Status.FAIL: (3, "Fail"),
    Status.WARN: (3, "Fail"),
    Status.NOT_APPLICABLE: (99, "Not applicable"),
    Status.MANUAL: (99, "Manual"),
}
# What is told with its reason and its remedy.
ASKING = {Status.FAIL, Status.WARN, Status.UNKNOWN}
NEW, SUPPRESSED = (1, "New"), (3, "Suppressed")
AWS_ACCOUNT, RULE = 10, 1


def render(report: Report) -> bytes:
    """Return every finding as one event of a JSON array; times are in milliseconds."""
    checks = {check.id: check for check in report.checks}
    return listed(event(finding, checks.get(finding.check), report) for finding in report.findings)


def event(finding: Finding, check: CheckReport | None, report: Report) -> dict[str, object]:
    """Return one finding as a compliance finding; `check` explains it where the report has it."""
    at = milliseconds(report.generated_at)
    severity_id, severity = SEVERITIES[finding.severity]
    status_id, status = SUPPRESSED if finding.muted else NEW
    confidence_id, confidence = CONFIDENCES[finding.confidence]
    return {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Compliance Finding: Create",
        "time": at,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "confidence_id": confidence_id,
        "confidence": confidence,
        "message": clean(finding.message),
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "uid": fingerprint(finding),
            "product": {
                "name": "lambda-auditor",
                "vendor_name": "lambda-auditor",
                "version": report.tool_version,
            },
        },
        "cloud": _cloud(finding),
        "finding_info": {
            "uid": fingerprint(finding),
            "title": line(check.title if check else finding.check),
            **_description(finding, check),
            "created_time": at,
            "types": [finding.item.title],
            "analytic": {"name": finding.check, "uid": finding.check, "type_id": RULE, "type": "Rule"},
        },
        "compliance": _compliance(finding, check),
        "resources": [_resource(finding)],
        **_remediation(finding, check),
        **_suppression(finding),
    }


def _cloud(finding: Finding) -> dict[str, object]:
    account = {"uid": finding.account, "type_id": AWS_ACCOUNT, "type": "AWS Account"}
    return {"provider": "AWS", "account": account, **_region(finding)}


def _region(finding: Finding) -> dict[str, str]:
    return {"region": finding.region} if finding.region else {}


def _compliance(finding: Finding, check: CheckReport | None) -> dict[str, object]:
    status_id, status = COMPLIANCE[finding.status]
    told: dict[str, object] = {
        "control": finding.check,
        "standards": ["Lambda production checklist"],
        "status_id": status_id,
        "status": status,
        "status_code": finding.reason.reason.value if finding.reason else finding.status.value,
        "status_details": [clean(finding.message)],
    }
    if check and check.controls:
        told["requirements"] = list(check.controls)
    return told


def _resource(finding: Finding) -> dict[str, object]:
    return {
        "uid": clean(finding.resource),
        "name": clean(finding.function or finding.resource),
        "type": "AwsLambdaFunction" if finding.function else "AwsAccount",
        "cloud_partition": partition(finding.resource),
        **_region(finding),
    }


def _description(finding: Finding, check: CheckReport | None) -> Mapping[str, str]:
    return {"desc": clean(check.why)} if check and finding.status in ASKING else {}


def _remediation(finding: Finding, check: CheckReport | None) -> Mapping[str, object]:
    if check is None or finding.status not in ASKING:
        return {}
    told: dict[str, object] = {"desc": clean(check.fix)}
    if check.references:
        told["references"] = list(check.references)
    return {"remediation": told}


def _suppression(finding: Finding) -> Mapping[str, object]:
    muted = finding.muted
    if muted is None:
        return {}
    return {"comment": clean(f"{muted.kind}: {muted.reason} ({muted.owner}, until {muted.expires})")}
