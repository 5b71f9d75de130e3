"""Findings pushed into moto's Security Hub, and what a second push makes of them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from auditor.cli import main
from auditor.collect.guard import UndeclaredOperationError
from auditor.publish import open_caller
from auditor.render import json_report
from auditor.report import Report
from auditor.verdict import Status
from tests.render.export_sample import NOW, small

SENT = (Status.FAIL, Status.WARN, Status.UNKNOWN)


@pytest.fixture
def hub(moto_host: str) -> Iterator[Any]:
    maker: Any = boto3
    client = maker.client("securityhub", region_name="eu-west-1", endpoint_url=moto_host)
    client.enable_security_hub()
    yield client
    client.disable_security_hub()


@pytest.fixture
def push(moto_host: str, tmp_path: Any) -> Any:
    def pushed(report: Report, *options: str) -> Result:
        file = tmp_path / "report.json"
        file.write_bytes(json_report.render(report))
        return CliRunner().invoke(
            main, ["push", "security-hub", str(file), "--endpoint-url", moto_host, *options]
        )

    return pushed


def held(hub: Any) -> dict[str, dict[str, Any]]:
    pages = hub.get_paginator("get_findings").paginate()
    return {one["Id"]: one for page in pages for one in page["Findings"]}


def told(report: Report, *kinds: Status) -> int:
    return sum(finding.status in kinds for finding in report.findings)


def test_what_is_open_is_sent_and_what_passed_is_not(hub: Any, push: Any) -> None:
    done = push(small())
    assert done.exit_code == 0, done.output
    assert len(held(hub)) == told(small(), *SENT)
    assert f"{told(small(), *SENT)} imported, 0 of them archived; 0 refused" in done.output


def test_passes_are_sent_where_they_are_asked_for(hub: Any, push: Any) -> None:
    push(small(), "--passes")
    assert len(held(hub)) == told(small(), *SENT, Status.PASS)


def test_a_second_push_resolves_archives_and_keeps_the_creation(hub: Any, push: Any) -> None:
    push(small())
    before = held(hub)
    first, second, *_ = (one for one in small().findings if one.status is Status.FAIL and not one.muted)
    later = replace(
        small(),
        generated_at=NOW.replace(year=2027),
        findings=tuple(
            replace(one, status=Status.PASS) if one is first else one
            for one in small().findings
            if one is not second
        ),
    )
    done = push(later)
    assert f"{len(before)} imported, 1 of them archived; 0 refused" in done.output
    after = held(hub)
    assert {name: one["CreatedAt"] for name, one in after.items()} == {
        name: one["CreatedAt"] for name, one in before.items()
    }
    states = [one["RecordState"] for one in after.values()]
    assert states.count("ARCHIVED") == 1
    assert [one["Compliance"]["Status"] for one in after.values()].count("PASSED") == 1


@pytest.mark.parametrize("changes", [{"complete": False}, {"filters": ("function order-*",)}], ids=str)
def test_a_scan_that_did_not_look_for_all_archives_nothing(hub: Any, push: Any, changes: Any) -> None:
    push(small())
    before = held(hub)
    first = next(one for one in small().findings if one.status is Status.FAIL)
    others = tuple(one for one in small().findings if one is not first)
    narrowed = replace(small(), scan=replace(small().scan, **changes), findings=others)
    assert "0 of them archived" in push(narrowed).output
    assert {one["RecordState"] for one in held(hub).values()} == {"ACTIVE"}
    assert held(hub).keys() == before.keys()


@pytest.mark.usefixtures("hub")
def test_a_check_that_was_not_asked_keeps_its_findings(push: Any) -> None:
    push(small())
    first = next(one for one in small().findings if one.status is Status.FAIL)
    others = tuple(one for one in small().findings if one.check != first.check)
    assert "0 of them archived" in push(replace(small(), findings=others)).output


def test_findings_of_other_accounts_are_left_out_and_counted(hub: Any, push: Any) -> None:
    first, *others = small().findings
    done = push(replace(small(), findings=(replace(first, account="999988887777"), *others)))
    assert done.exit_code == 3
    assert "1 findings are of other accounts" in done.output
    assert len(held(hub)) == told(replace(small(), findings=tuple(others)), *SENT)


def test_a_report_of_another_account_is_refused(push: Any) -> None:
    moved = tuple(replace(one, account="999988887777") for one in small().findings)
    done = push(replace(small(), findings=moved))
    assert done.exit_code == 2
    assert "no findings of account 123456789012" in done.output


def test_no_connection_is_said_in_one_sentence(push: Any) -> None:
    done = push(small(), "--endpoint-url", "http://127.0.0.1:9")
    assert done.exit_code == 3
    assert "Could not connect" in done.output


def test_a_push_may_ask_for_nothing_else(moto_host: str) -> None:
    session: Any = open_caller("", moto_host).session
    with pytest.raises(UndeclaredOperationError):
        session.client("lambda", region_name="eu-west-1", endpoint_url=moto_host).list_functions()
