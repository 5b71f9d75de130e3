"""Every export of a small report: its structure, the words for each status, and the limits of its readers."""

import csv
import io
import json
import sys
from collections import Counter
from typing import Any

import openpyxl
import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from lxml import etree
from msgspec.structs import replace

from auditor.render import FORMATS, FormatError, asff, markdown, render, sarif, xlsx
from auditor.report import Change, History, Report
from auditor.verdict import Status
from tests.render.export_sample import MUTE, NOW, copy_of, small


def only(report: Report, name: str) -> bytes:
    (data,) = render(report, name).values()
    return data


def kinds(report: Report) -> Counter[Status]:
    return Counter(finding.status for finding in report.findings)


def many(count: int) -> Report:
    first = next(finding for finding in small().findings if finding.status is Status.FAIL)
    found = tuple(replace(first, resource=f"{first.resource}-{number}") for number in range(count))
    return replace(small(), findings=found)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_report_gives_the_same_bytes(name: str) -> None:
    assert render(copy_of(small()), name) == render(copy_of(small()), name)


def test_the_sample_has_a_finding_of_each_status() -> None:
    assert set(kinds(small())) == set(Status)


def suites() -> list[Any]:
    return list(etree.fromstring(only(small(), "junit")))


def test_junit_has_a_suite_for_each_place() -> None:
    places = {(finding.account, finding.region, finding.function) for finding in small().findings}
    assert [suite.tag for suite in suites()] == ["testsuite"] * len(places)


def test_junit_counts_are_those_of_its_cases() -> None:
    for suite in suites():
        found = Counter(child.tag for case in suite for child in case)
        told = {name: int(suite.get(name)) for name in ("failures", "errors", "skipped")}
        assert told == {
            "failures": found["failure"],
            "errors": found["error"],
            "skipped": found["skipped"],
        }
        assert int(suite.get("tests")) == len(suite)


def test_junit_words_for_each_status() -> None:
    found = Counter(child.tag for suite in suites() for case in suite for child in case)
    count = kinds(small())
    assert found["failure"] == count[Status.FAIL] - 1
    assert found["error"] == count[Status.UNKNOWN]
    assert found["skipped"] == count[Status.NOT_APPLICABLE] + count[Status.MANUAL] + 1
    assert found["system-out"] == count[Status.WARN]


def test_junit_says_who_accepted_a_finding() -> None:
    tree = etree.fromstring(only(small(), "junit"))
    (muted,) = tree.xpath("//skipped[@type='accepted_risk']")
    assert MUTE.owner in muted.get("message")


def events() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(only(small(), "ocsf"))
    return found


OCSF_STATUS = {
    Status.PASS: (1, "Pass"),
    Status.UNKNOWN: (2, "Warning"),
    Status.FAIL: (3, "Fail"),
    Status.WARN: (3, "Fail"),
    Status.NOT_APPLICABLE: (99, "Not applicable"),
    Status.MANUAL: (99, "Manual"),
}


def test_ocsf_events_are_compliance_findings_of_the_pinned_version() -> None:
    for event in events():
        assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (2003, 2, 200301)
        assert event["metadata"]["version"] == "1.5.0"
        assert event["time"] == int(NOW.timestamp()) * 1000
        assert event["severity_id"] in range(1, 6)
        assert event["finding_info"]["uid"]
        assert event["finding_info"]["title"]
        assert event["resources"][0]["uid"]


def test_ocsf_words_for_each_status() -> None:
    for finding, event in zip(small().findings, events(), strict=True):
        told = event["compliance"]["status_id"], event["compliance"]["status"]
        assert told == OCSF_STATUS[finding.status]
        assert event["status_id"] == (3 if finding.muted else 1)


def test_ocsf_gives_the_reason_of_an_unknown() -> None:
    told = [event["compliance"] for event in events() if event["compliance"]["status_id"] == 2]
    assert told
    assert {one["status_code"] for one in told} == {"ACCESS_DENIED"}


def test_asff_findings_pass_the_model_and_the_limits() -> None:
    shape = get_session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    assert shape is not None
    found = asff.findings(small())
    assert not ParamValidator().validate({"Findings": found}, shape).has_errors()
    assert [asff.faults(one) for one in found] == [()] * len(found)


def test_asff_words_for_each_status() -> None:
    told = Counter(one["Compliance"]["Status"] for one in json.loads(only(small(), "asff")))
    count = kinds(small())
    assert told == {
        "PASSED": count[Status.PASS],
        "FAILED": count[Status.FAIL],
        "WARNING": count[Status.WARN],
        "NOT_AVAILABLE": count[Status.UNKNOWN],
    }


def test_asff_suppresses_what_is_accepted() -> None:
    found = [one["Workflow"]["Status"] for one in json.loads(only(small(), "asff"))]
    assert found.count("SUPPRESSED") == 1


def test_asff_ids_last_from_run_to_run() -> None:
    later = replace(small(), generated_at=NOW.replace(year=2027))
    second = asff.findings(later)
    assert [one["Id"] for one in second] == [one["Id"] for one in asff.findings(small())]
    assert {one["UpdatedAt"] for one in second} == {"2027-11-23T06:00:00Z"}


def test_asff_batches_hold_what_one_call_takes() -> None:
    assert [len(found) for found in asff.batches(asff.findings(many(250)))] == [100, 100, 50]


BAD = {
    "title": ({"Title": "x" * 300}, "Title has a length of 300"),
    "description": ({"Description": "x" * 5000}, "Description has a length of 5000"),
    "blank": ({"Title": " "}, "Title is blank"),
    "status": ({"Compliance": {"Status": "UNKNOWN"}}, "Compliance.Status is 'UNKNOWN'"),
    "type": ({"Types": ["a/b/c/d"]}, "type 'a/b/c/d'"),
    "account": ({"AwsAccountId": "123"}, "AwsAccountId has a length of 3"),
    "resources": ({"Resources": []}, "Resources has a length of 0"),
    "resource id": ({"Resources": [{"Id": "x" * 600}]}, "a resource's Id"),
    "requirement": ({"Compliance": {"RelatedRequirements": ["x" * 65]}}, "requirement"),
    "requirements": ({"Compliance": {"RelatedRequirements": ["x"] * 33}}, "has a length of 33"),
    "size": ({"ProductFields": {"x": "y" * 250_000}}, "the finding has"),
    "label": ({"Severity": {"Label": "SEVERE"}}, "Severity.Label is 'SEVERE'"),
    "shape": ({"Title": 7}, "Title is neither text nor a list"),
}


@pytest.mark.parametrize(("changes", "said"), BAD.values(), ids=BAD)
def test_asff_names_what_security_hub_would_refuse(changes: dict[str, object], said: str) -> None:
    assert any(said in fault for fault in asff.faults(asff.findings(small())[0] | changes))


def test_asff_misses_a_required_field() -> None:
    whole = asff.findings(small())[0]
    del whole["Title"]
    assert asff.faults(whole) == ("Title is missing",)


def test_asff_refuses_what_no_cutting_makes_fit() -> None:
    first = replace(next(iter(many(1).findings)), account="12")
    with pytest.raises(FormatError, match="AwsAccountId has a length of 2"):
        asff.findings(replace(small(), findings=(first,)))


def run() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(only(small(), "sarif"))["runs"][0]
    return found


def test_sarif_results_have_a_place_that_github_takes() -> None:
    rules = [rule["id"] for rule in run()["tool"]["driver"]["rules"]]
    for result in run()["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.startswith("aws/123456789012/")
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert (result["level"] == "none") == (result["kind"] != "fail")
        assert result["partialFingerprints"]


def test_sarif_rules_stay_within_the_limits() -> None:
    for rule in run()["tool"]["driver"]["rules"]:
        tags = rule["properties"]["tags"]
        assert len(set(tags)) == len(tags) <= 20
        assert ("security" in tags) == ("security-severity" in rule["properties"])
        assert len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024


@pytest.mark.parametrize(("check", "security"), [("public-function", True), ("memory-oversized", False)])
def test_sarif_tags_what_is_about_security(check: str, *, security: bool) -> None:
    (rule,) = [rule for rule in run()["tool"]["driver"]["rules"] if rule["id"] == check]
    assert ("security" in rule["properties"]["tags"]) == security


def test_sarif_says_what_it_leaves_out() -> None:
    cut = json.loads(sarif.render(many(sarif.RESULTS_LIMIT + 7)))["runs"][0]
    assert len(cut["results"]) == sarif.RESULTS_LIMIT
    notes = [note["message"]["text"] for note in cut["invocations"][0]["toolExecutionNotifications"]]
    assert any(note.startswith("7 results") for note in notes)


def test_markdown_stays_within_a_comment() -> None:
    text = only(many(5000), "markdown").decode()
    assert len(text) <= markdown.LIMIT
    check = many(1).findings[0].check
    shown = sum(f"| {check} |" in line for line in text.split("### Open findings")[1].splitlines())
    assert shown > 100
    assert text.splitlines()[-1] == f"{5000 - shown} more in report.json"


def test_markdown_tells_what_changed() -> None:
    change = Change(kind="new", check="public-function", resource="arn", before="PASS", after="FAIL")
    history = History(since=NOW, fixed=2, new=1, visibility_lost=0, delta=-3, changes=(change,))
    text = only(replace(small(), history=history), "markdown").decode()
    assert "### Since 2026-11-23: -3 points, 2 fixed, 1 new, 0 no longer seen" in text
    assert "| new | public-function | arn | PASS → FAIL |" in text


def sheets() -> Any:
    return openpyxl.load_workbook(io.BytesIO(only(small(), "xlsx")))


def test_workbook_has_its_sheets_and_rows() -> None:
    book = sheets()
    assert book.sheetnames == ["Summary", "Findings", "Controls", "Unknown", "Accepted", "Functions"]
    assert book["Findings"].max_row == len(small().findings) + 1
    assert book["Functions"].max_row == len(small().functions) + 1
    assert book["Unknown"].max_row == kinds(small())[Status.UNKNOWN] + 1
    assert book["Controls"].max_row == sum(len(one.controls) for one in small().frameworks) + 1


def test_a_full_sheet_keeps_the_worst_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS", 10)
    rows = list(sheets()["Findings"].iter_rows(values_only=True))
    assert len(rows) == 10
    assert rows[1][5] == "FAIL"
    assert rows[-1][0].startswith("More rows than a sheet holds")


def test_workbook_without_its_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(FormatError, match=r"pip install 'lambda-auditor\[xlsx\]'"):
        render(small(), "xlsx")


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_csv_has_a_row_for_each_finding() -> None:
    rows = table(render(small(), "csv")["findings.csv"])
    assert [(row["check"], row["status"]) for row in rows] == [
        (finding.check, finding.status.value) for finding in small().findings
    ]


def test_csv_tells_the_exception_of_what_is_accepted() -> None:
    files = render(small(), "csv")
    (row,) = [row for row in table(files["findings.csv"]) if row["muted"]]
    assert (row["muted"], row["owner"], row["exception_reason"]) == (MUTE.kind, MUTE.owner, MUTE.reason)
    told = {row["exception"] for row in table(files["controls-production-checklist.csv"])}
    assert told == {"", f"{MUTE.kind} by {MUTE.owner} until {MUTE.expires}: {MUTE.reason}"}


def test_csv_has_every_control_of_every_framework() -> None:
    files = render(small(), "csv")
    for framework in small().frameworks:
        rows = table(files[f"controls-{framework.id}.csv"])
        assert {row["control"] for row in rows} == {control.control for control in framework.controls}


def test_findings_are_told_apart_by_check_and_resource() -> None:
    assert len({event["finding_info"]["uid"] for event in events()}) == len(small().findings)
