"""Frameworks as data: which checks speak for which control, and what became of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from auditor import yaml_text
from auditor.catalogue import Check, builtin_folder
from auditor.report import ControlResult, FrameworkReport
from auditor.verdict import ChecklistItem, Finding, Status

CHECKLIST = "production-checklist"


class FrameworkError(Exception):
    """A framework file that cannot be used; the text names the file and the control."""


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One control: the checks that speak for it, and whether they prove all of it or a part."""

    id: str
    title: str
    checks: tuple[str, ...] = ()
    coverage: Literal["full", "partial"] = "partial"
    note: str = ""


class Framework(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A framework, in our words; `source` is the page that its ids come from, `reviewed` when that was
    read.
    """

    framework: str
    name: str
    version: str
    source: str
    reviewed: date
    controls: tuple[Control, ...]


def load_frameworks(checks: Sequence[Check], files: Iterable[Path] = ()) -> tuple[Framework, ...]:
    """Return the production checklist (made of the checks' items), the packaged frameworks, and those of
    `files`.

    Raises `FrameworkError` for a file that cannot be read or that names a check that does not exist.
    """
    known = {check.id for check in checks}
    packaged = sorted((builtin_folder() / "frameworks").glob("*.yaml"))
    return (checklist(checks), *(_read(file, known) for file in (*packaged, *files)))


def checklist(checks: Sequence[Check]) -> Framework:
    """Make the production checklist: each item with the checks that name it."""
    controls = tuple(
        Control(
            id=str(item.number),
            title=item.title,
            checks=tuple(check.id for check in checks if check.item is item),
            coverage="full",
        )
        for item in ChecklistItem
    )
    return Framework(
        framework=CHECKLIST,
        name="Production checklist",
        version="2026.1",
        source="https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html",
        reviewed=date(2026, 11, 23),
        controls=controls,
    )


def _read(file: Path, known: set[str]) -> Framework:
    try:
        framework = yaml_text.decode(file.read_bytes(), Framework)
    except OSError as error:
        raise FrameworkError(f"{file} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FrameworkError(f"{file} is not a framework: {error}") from error
    for control in framework.controls:
        strange = [check for check in control.checks if check not in known]
        if strange:
            raise FrameworkError(
                f"{file}: control {control.id} names the check '{strange[0]}', which is not there"
            )
    return framework


def assess(
    framework: Framework, findings: Mapping[str, Sequence[Finding]], asked: Collection[str]
) -> FrameworkReport:
    """Say what became of each control. `findings` are grouped by check id, `asked` are the checks that
    judged.
    """
    return FrameworkReport(
        id=framework.framework,
        name=framework.name,
        version=framework.version,
        source=framework.source,
        controls=tuple(
            _control(framework.framework, control, findings, asked) for control in framework.controls
        ),
    )


def _control(
    framework: str, control: Control, findings: Mapping[str, Sequence[Finding]], asked: Collection[str]
) -> ControlResult:
    statuses = [finding.status for check in control.checks for finding in findings.get(check, ())]
    return ControlResult(
        framework=framework,
        control=control.id,
        title=control.title,
        status=control_status(statuses, control, asked),
        coverage=control.coverage,
        checks=control.checks,
        failed=statuses.count(Status.FAIL),
        unknown=statuses.count(Status.UNKNOWN),
        passed=statuses.count(Status.PASS),
        note=control.note,
    )


def control_status(statuses: Sequence[Status], control: Control, asked: Collection[str]) -> str:
    """Return the status of a control: never PASS without evidence for all of it, nor where a check that
    speaks for it was switched off.
    """
    heard = sum(check in asked for check in control.checks)
    if not heard:
        return "NOT_ASSESSED"
    found = set(statuses)
    if Status.FAIL in found:
        return "FAIL"
    if Status.UNKNOWN in found:
        return "UNKNOWN"
    if Status.WARN in found:
        return "PARTIAL"
    if Status.PASS in found:
        whole = control.coverage == "full" and heard == len(control.checks)
        return "PASS" if whole and Status.MANUAL not in found else "PARTIAL"
    return "MANUAL" if Status.MANUAL in found else "NOT_APPLICABLE"
