"""AWS Security Finding Format, within the limits that Security Hub CSPM enforces and the SDK does not."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from auditor.render.plain import FormatError, clean, cut, fingerprint, instant, line, listed, partition
from auditor.report import CheckReport, FunctionReport, Report
from auditor.verdict import Finding, Severity, Status

SCHEMA = "2018-10-08"
# https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
BATCH = 100
FINDING_BYTES = 240_000
BATCH_BYTES = 6_000_000
# What the ids of our findings and of what made them begin with.
GENERATOR = "lambda-auditor/"
TYPE = "Software and Configuration Checks/AWS Security Best Practices"
TYPE_FORM = re.compile(r"[^/]+(/[^/]+){0,2}")
COMPLIANCE = {
    Status.PASS: "PASSED",
    Status.FAIL: "FAILED",
    Status.WARN: "WARNING",
    Status.UNKNOWN: "NOT_AVAILABLE",
}
LABELS = {
    Severity.CRITICAL: "CRITICAL",
    Severity.HIGH: "HIGH",
    Severity.MEDIUM: "MEDIUM",
    Severity.LOW: "LOW",
    Severity.INFO: "INFORMATIONAL",
}


@dataclass(frozen=True)
class Limit:
    """Least and greatest number of characters of a text, or of members of a list, at a path of a finding."""

    path: tuple[str, ...]
    most: int
    least: int = 1
    required: bool = False


# https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html and
# https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
LIMITS = (
    Limit(("Id",), 512, required=True),
    Limit(("ProductArn",), 2048, 12, required=True),
    Limit(("GeneratorId",), 512, required=True),
    Limit(("AwsAccountId",), 12, 12, required=True),
    Limit(("CreatedAt",), 64, required=True),
    Limit(("UpdatedAt",), 64, required=True),
    Limit(("Title",), 256, required=True),
    Limit(("Description",), 1024, required=True),
    Limit(("Types",), 50),
    Limit(("Region",), 16),
    Limit(("CompanyName",), 128),
    Limit(("ProductName",), 128),
    Limit(("Resources",), 32, required=True),
    Limit(("Remediation", "Recommendation", "Text"), 512),
    Limit(("Remediation", "Recommendation", "Url"), 2048),
    Limit(("Compliance", "RelatedRequirements"), 32),
    Limit(("Note", "Text"), 512),
)
REQUIREMENT_LENGTH = 64
RESOURCE_LENGTH = 512
REASON_LENGTH = 1024
ALLOWED: Mapping[tuple[str, ...], frozenset[str]] = {
    ("SchemaVersion",): frozenset({SCHEMA}),
    ("Compliance", "Status"): frozenset(COMPLIANCE.values()),
    ("Severity", "Label"): frozenset(LABELS.values()),
    ("RecordState",): frozenset({"ACTIVE", "ARCHIVED"}),
    ("Workflow", "Status"): frozenset({"NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"}),
}


def render(report: Report) -> bytes:
    """Return a JSON array of findings; `batches` cuts it into what one call takes."""
    return listed(findings(report))


def findings(report: Report) -> list[dict[str, object]]:
    """Return passed, failed, warned and unknown findings, each checked against the limits.

    What does not apply or waits for a person is not sent. Raises `FormatError` for a finding that no cutting
    can make fit.
    """
    checks = {check.id: check for check in report.checks}
    functions = {function.arn: function for function in report.functions}
    made = [
        _finding(found, checks.get(found.check), functions.get(found.resource), report)
        for found in report.findings
        if found.status in COMPLIANCE
    ]
    for one in made:
        wrong = faults(one)
        if wrong:
            raise FormatError(f"Security Hub would refuse {one['Id']}: {wrong[0]}")
    return made


def batches(found: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """Yield findings in what one `BatchImportFindings` call takes: at most 100 and 6 MB."""
    batch: list[dict[str, object]] = []
    held = 0
    for one in found:
        size = len(msgspec.json.encode(one))
        if batch and (len(batch) == BATCH or held + size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(one)
        held += size
    if batch:
        yield batch


def _finding(
    finding: Finding,
    check: CheckReport | None,
    function: FunctionReport | None,
    report: Report,
) -> dict[str, object]:
    region = finding.region or _home(finding, report)
    where = partition(finding.resource)
    product = f"arn:{where}:securityhub:{region}:{finding.account}:product/{finding.account}/default"
    at = instant(report.generated_at)
    passed = finding.status is Status.PASS
    severity = {
        "Label": "INFORMATIONAL" if passed else LABELS[finding.severity],
        "Original": finding.severity.value,
    }
    made: dict[str, object] = {
        "SchemaVersion": SCHEMA,
        "Id": f"{GENERATOR}{finding.account}/{fingerprint(finding)}",
        "ProductArn": product,
        "ProductName": "lambda-auditor",
        "CompanyName": "lambda-auditor",
        "Region": region,
        "GeneratorId": f"{GENERATOR}{finding.check}",
        "AwsAccountId": finding.account,
        "Types": [TYPE],
        "CreatedAt": at,
        "UpdatedAt": at,
        "Severity": severity,
        "Title": cut(line(check.title if check else finding.check) or finding.check, 256),
        "Description": cut(clean(finding.message).strip() or finding.check, 1024),
        "Resources": [_resource(finding, function, region, where)],
        "Compliance": _compliance(finding, check),
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "SUPPRESSED" if finding.muted else "NEW"},
        "FindingProviderFields": {"Severity": severity, "Types": [TYPE]},
    }
    remedy = _remedy(check)
    if remedy and not passed:
        made["Remediation"] = {"Recommendation": remedy}
    return made


def _home(finding: Finding, report: Report) -> str:
    """Return the region of a finding about an account: the first that was scanned there."""
    regions = [
        region for account in report.accounts if account.id == finding.account for region in account.regions
    ]
    return next(iter(regions or report.scan.regions), "us-east-1")


def _resource(
    finding: Finding, function: FunctionReport | None, region: str, where: str
) -> dict[str, object]:
    if function is None:
        identity = f"AWS::::Account:{finding.account}"
        return {"Type": "AwsAccount", "Id": identity, "Partition": where, "Region": region}
    details: dict[str, object] = {"FunctionName": clean(function.name)}
    if function.runtime:
        details["Runtime"] = function.runtime
    details |= {"MemorySize": function.memory_mb, "Timeout": function.timeout_s}
    return {
        "Type": "AwsLambdaFunction",
        "Id": clean(finding.resource),
        "Partition": where,
        "Region": region,
        "Details": {"AwsLambdaFunction": details},
    }


def _compliance(finding: Finding, check: CheckReport | None) -> dict[str, object]:
    told: dict[str, object] = {"Status": COMPLIANCE[finding.status]}
    if finding.reason is not None:
        said = cut(line(str(finding.reason)), REASON_LENGTH)
        told["StatusReasons"] = [{"ReasonCode": finding.reason.reason.value, "Description": said}]
    controls = [cut(line(control), REQUIREMENT_LENGTH) for control in check.controls] if check else []
    if controls:
        told["RelatedRequirements"] = controls[:32]
    return told


def _remedy(check: CheckReport | None) -> dict[str, str]:
    said = line(check.fix) if check else ""
    if check is None or not said:
        return {}
    text = {"Text": cut(said, 512)}
    url = next((link for link in check.references if len(link) <= 2048), "")  # noqa: PLR2004 - limit of Url
    return {**text, "Url": url} if url else text


def faults(finding: Mapping[str, object]) -> tuple[str, ...]:
    """Return what Security Hub would refuse about a finding, one sentence each; nothing for a good one."""
    said = [*_length_faults(finding), *_word_faults(finding), *_member_faults(finding)]
    size = len(msgspec.json.encode(finding))
    if size > FINDING_BYTES:
        said.append(f"the finding has {size} bytes, {FINDING_BYTES} are allowed")
    return tuple(said)


def _at(finding: object, path: Sequence[str]) -> object:
    for key in path:
        if not isinstance(finding, Mapping):
            return None
        finding = finding.get(key)
    return finding


def _length_faults(finding: Mapping[str, object]) -> Iterator[str]:
    for limit in LIMITS:
        value, name = _at(finding, limit.path), ".".join(limit.path)
        if value is None:
            if limit.required:
                yield f"{name} is missing"
        elif not isinstance(value, str | list):
            yield f"{name} is neither text nor a list"
        elif not limit.least <= len(value) <= limit.most:
            yield f"{name} has a length of {len(value)}, {limit.least} to {limit.most} are allowed"
        elif isinstance(value, str) and not value.strip():
            yield f"{name} is blank"


def _word_faults(finding: Mapping[str, object]) -> Iterator[str]:
    for path, allowed in ALLOWED.items():
        value = _at(finding, path)
        if value is not None and value not in allowed:
            yield f"{'.'.join(path)} is {value!r}, which is none of {', '.join(sorted(allowed))}"


def _member_faults(finding: Mapping[str, object]) -> Iterator[str]:
    for kind in _members(finding, ("Types",)):
        if not isinstance(kind, str) or not TYPE_FORM.fullmatch(kind):
            yield f"type {kind!r} is not of the form namespace/category/classifier"
    for resource in _members(finding, ("Resources",)):
        identity = _at(resource, ("Id",))
        if not isinstance(identity, str) or not 1 <= len(identity.strip()) <= RESOURCE_LENGTH:
            yield f"a resource's Id is blank or longer than {RESOURCE_LENGTH} characters"
    for requirement in _members(finding, ("Compliance", "RelatedRequirements")):
        if not isinstance(requirement, str) or not 1 <= len(requirement) <= REQUIREMENT_LENGTH:
            yield f"requirement {requirement!r} is blank or longer than {REQUIREMENT_LENGTH} characters"


def _members(finding: Mapping[str, object], path: Sequence[str]) -> Sequence[object]:
    value = _at(finding, path)
    return value if isinstance(value, list) else ()
