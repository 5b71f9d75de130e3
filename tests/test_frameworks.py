"""Frameworks: the packaged ones hold together, and no control passes without evidence for all of it."""

import re
from pathlib import Path

import pytest

from auditor.catalogue import load
from auditor.frameworks import Control, Framework, FrameworkError, control_status, load_frameworks
from auditor.verdict import Status
from tests.render.export_sample import packaged_frameworks, small

PACKAGED = load_frameworks(load(()))
WANTED = {
    "production-checklist",
    "security-hub-controls",
    "serverless-lens",
    "cis-aws",
    "nist-800-53-r5",
    "pci-dss-4.0",
    "soc-2",
    "iso-27001-2022",
    "hipaa-security-rule",
}
HEAD = (
    "framework: own\nname: Own\nversion: '1'\nsource: https://example.com/\nreviewed: 2026-11-23\ncontrols:\n"
)


def test_the_packaged_frameworks_are_there() -> None:
    assert {one.framework for one in PACKAGED} == WANTED
    assert {f"{one.framework}.yaml" for one in PACKAGED[1:]} == {
        file.name for file in packaged_frameworks().glob("*.yaml")
    }


@pytest.mark.parametrize("framework", PACKAGED, ids=lambda one: one.framework)
def test_controls_are_told_apart_and_titled(framework: Framework) -> None:
    ids = [control.id for control in framework.controls]
    assert len(ids) == len(set(ids))
    assert framework.source.startswith("https://")
    for control in framework.controls:
        assert 4 <= len(control.title) <= 90
        assert len(set(control.checks)) == len(control.checks)


@pytest.mark.parametrize("framework", PACKAGED[1:], ids=lambda one: one.framework)
def test_a_control_without_checks_proves_nothing(framework: Framework) -> None:
    assert all(control.coverage == "partial" for control in framework.controls if not control.checks)


def test_ids_have_the_form_of_their_framework() -> None:
    forms = {
        "security-hub-controls": r"[A-Za-z]+\.\d+",
        "serverless-lens": r"(OPS|SEC|REL|PERF|COST)-\d",
        "cis-aws": r"12\.\d+|Foundations \d+\.\d+",
        "nist-800-53-r5": r"[A-Z]{2}-\d+(\(\d+\))?",
        "pci-dss-4.0": r"\d+\.\d+(\.\d+)?",
        "soc-2": r"(CC|A|C|PI)\d\.\d",
        "iso-27001-2022": r"A\.[5-8]\.\d+",
        "hipaa-security-rule": r"164\.3\d\d\([a-z]\)\(\d\)(\([ivx]+\)(\([A-Z]\))?)?|164\.312\([a-e]\)",
    }
    for framework in PACKAGED[1:]:
        for control in framework.controls:
            assert re.fullmatch(forms[framework.framework], control.id), control.id


STATUSES = [
    ((), "full", "NOT_APPLICABLE"),
    ((Status.NOT_APPLICABLE,), "full", "NOT_APPLICABLE"),
    ((Status.PASS,), "full", "PASS"),
    ((Status.PASS,), "partial", "PARTIAL"),
    ((Status.PASS, Status.WARN), "full", "PARTIAL"),
    ((Status.PASS, Status.MANUAL), "full", "PARTIAL"),
    ((Status.MANUAL,), "full", "MANUAL"),
    ((Status.PASS, Status.UNKNOWN), "full", "UNKNOWN"),
    ((Status.UNKNOWN, Status.FAIL, Status.PASS), "full", "FAIL"),
]


@pytest.mark.parametrize(("statuses", "coverage", "wanted"), STATUSES, ids=str)
def test_status_of_a_control(statuses: tuple[Status, ...], coverage: str, wanted: str) -> None:
    control = Control(
        id="1", title="One", checks=("public-function",), coverage="full" if coverage == "full" else "partial"
    )
    assert control_status(statuses, control, control.checks) == wanted


def test_a_control_without_checks_is_not_assessed_whatever_was_found() -> None:
    assert control_status((Status.PASS,), Control(id="1", title="One", coverage="full"), ()) == "NOT_ASSESSED"


def test_the_report_tells_every_control() -> None:
    told = {(one.id, control.control) for one in small().frameworks for control in one.controls}
    assert told == {(one.framework, control.id) for one in PACKAGED for control in one.controls}


BAD = {
    "unknown check": (
        f"{HEAD}  - {{id: a, title: A thing, checks: [no-such]}}\n",
        "names the check 'no-such'",
    ),
    "unknown field": (f"{HEAD}  - {{id: a, title: A thing, chekcs: []}}\n", "chekcs"),
    "coverage": (f"{HEAD}  - {{id: a, title: A thing, coverage: most}}\n", "most"),
    "no yaml": ("a: [", "is not a framework"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_bad_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(FrameworkError, match=re.escape(said)) as error:
        load_frameworks(load(()), (file,))
    assert str(file) in str(error.value)


def test_an_own_file_joins_the_packaged_ones(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(f"{HEAD}  - {{id: a, title: A thing, checks: [public-function], coverage: full}}\n")
    assert load_frameworks(load(()), (file,))[-1].framework == "own"
