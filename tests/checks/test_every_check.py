"""What holds for every check: asked once, over the catalogue and over all tables of cases."""

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from auditor.catalogue import TITLE_LENGTH, Check, load
from auditor.evaluate import evaluate
from auditor.iam import Privileges
from auditor.model import Account, Function, Reason, Record, Region, Role, RoleEvidence, Unavailable
from auditor.placeholders import FILLED_IN, FOR_THE_READER
from auditor.reference import Attestations
from auditor.settings import CheckSettings, Settings
from auditor.testing import Case, inventory_of, reference, surrounded
from auditor.verdict import ChecklistItem, Finding, Status

CHECKS = load()
GONE = Unavailable(reason=Reason.ACCESS_DENIED, operation="test:Denied", code="AccessDeniedException")
WELL = {Status.PASS, Status.NOT_APPLICABLE, Status.MANUAL}
BAD = {Status.FAIL, Status.WARN}
# Values that AWS spells in capitals.
SPELT_BY_AWS = {
    "ACTION_LEVEL",
    "AWS",
    "AWS_IAM",
    "ENABLED",
    "ERROR",
    "IMMUTABLE",
    "IMPORT",
    "INFO",
    "JSON",
    "LAMBDA",
    "LAMBDA_CODE",
    "LAMBDA_NETWORK_LOGS",
    "MONTHLY",
    "PER_TENANT",
    "SUBSCRIPTION_FILTER_POLICY",
    "WARN",
}
every_check = pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])


@cache
def tables() -> dict[str, tuple[Case, ...]]:
    """All tables of cases beside this file, by check."""
    found: dict[str, tuple[Case, ...]] = {}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        if file != Path(__file__):
            spec = importlib.util.spec_from_file_location(f"table_{file.stem}", file)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            found.update(module.TABLES)
    return found


def judged(check: Check, account: Account, one: Case) -> Finding:
    """Finding of one check on an account, by the thresholds of a case."""
    thresholds = {check.id: CheckSettings(thresholds=one.thresholds)} if one.thresholds else {}
    attestations = one.attestations or Attestations()
    result = evaluate(inventory_of(account), (check,), Settings(checks=thresholds), reference(), attestations)
    assert not result.bugs, f"{check.id}, {one.name}: {result.bugs}"
    return result.findings[0]


def around(one: Case) -> Account:
    """The account of a case."""
    return surrounded(one.function, one.region, one.account)


WHOLES = frozenset({Account, Region, Function, RoleEvidence, Role})
HEALTHY = Case(name="healthy", status=Status.PASS)


@cache
def evidence_fields(kind: type[Record]) -> tuple[tuple[str, bool], ...]:
    """Fields of a record, each with whether its value may be `Unavailable`."""
    return tuple((one.name, Unavailable in get_args(one.type)) for one in msgspec.structs.fields(kind))


def spoiled(record: Record, seen: frozenset[type]) -> Iterator[tuple[str, Record]]:
    """Copies of a record, each with one piece of evidence gone, however deep, and what is gone.

    Of a tuple of records the first and the last are spoiled. Of accounts, regions, functions and roles only
    those kinds that are `seen` lose evidence.
    """
    own = type(record) in seen or type(record) not in WHOLES
    for name, may_be_gone in evidence_fields(type(record)):
        value = getattr(record, name)
        if isinstance(value, Unavailable):
            continue
        if may_be_gone and own:
            yield name, msgspec.structs.replace(record, **{name: GONE})
        if isinstance(value, Record) and (own or type(value) in WHOLES):
            for path, inner in spoiled(value, seen):
                yield f"{name}.{path}", msgspec.structs.replace(record, **{name: inner})
        elif isinstance(value, tuple):
            for index in sorted({0, len(value) - 1} if value else ()):
                if isinstance(value[index], Record) and (own or type(value[index]) in WHOLES):
                    for path, inner in spoiled(value[index], seen):
                        several = (*value[:index], inner, *value[index + 1 :])
                        yield f"{name}[{index}].{path}", msgspec.structs.replace(record, **{name: several})


def in_sight(check: Check) -> frozenset[type]:
    """Kinds of resources whose evidence a check can see: it is handed only what it asked for."""
    asked = {check.subject, *check.needs}
    if Account in asked:
        return WHOLES
    kinds: set[type] = asked & {Function, Region}
    if Region in kinds:
        kinds.add(Function)
    if asked & {Role, Privileges}:
        kinds |= {RoleEvidence, Role}
    return frozenset(kinds)


@every_check
def test_the_healthy_account_is_well(check: Check) -> None:
    finding = judged(check, around(HEALTHY), HEALTHY)
    assert finding.status in WELL, f"{finding.status.value}: {finding.message}"


@every_check
def test_its_table_shows_it_bad_and_well(check: Check) -> None:
    statuses = {one.status for one in tables().get(check.id, ())}
    assert statuses & {*BAD, Status.MANUAL}, "no row in which it fails, warns or asks a person"
    assert statuses & {Status.PASS, Status.MANUAL}, "no row in which it passes"


@every_check
def test_missing_evidence_only_makes_it_unknown(check: Check) -> None:
    """Evidence gone turns no verdict into another, above all not into PASS; and the table tells of it."""
    seen = in_sight(check)
    unknown_seen = False
    for one in (HEALTHY, *tables().get(check.id, ())):
        account = around(one)
        whole = judged(check, account, one).status
        for path, without in spoiled(account, seen):
            assert isinstance(without, Account)
            status = judged(check, without, one).status
            unknown_seen |= status is Status.UNKNOWN and whole is not Status.UNKNOWN
            assert status in {whole, Status.UNKNOWN}, (
                f"{one.name}: {whole.value} became {status.value} without {path}"
            )
    has_row = Status.UNKNOWN in {one.status for one in tables().get(check.id, ())}
    assert has_row or not unknown_seen, "no row in which evidence is missing"


# Items whose facts are measured, so that a query shows them, and their checks whose facts are not.
MEASURED = {
    ChecklistItem.MEMORY,
    ChecklistItem.TIMEOUTS,
    ChecklistItem.COLD_START,
    ChecklistItem.CONCURRENCY,
    ChecklistItem.COST,
}
MEASURED_TOO = ("error-rate-high", "events-dropped", "stream-falls-behind", "runs-without-logs")
NOT_MEASURED = {
    "budget-missing": "a setting of the account",
    "call-without-timeout": "a fact of the code",
    "client-in-handler": "a fact of the code",
    "code-storage-nearly-full": "no metric tells of it",
    "compute-optimizer-off": "a setting of the account",
    "cost-tags-missing": "a setting",
    "durable-timeout-inconsistent": "a setting",
    "import-time-work": "a fact of the code",
    "instances-in-single-zone": "a setting",
    "mapping-concurrency-exceeds-reserved": "a setting",
    "mutable-globals": "a fact of the code",
    "old-versions-kept": "no metric tells of it",
    "recursive-loop-allowed": "a setting",
    "remaining-time-ignored": "a fact of the code",
    "shared-environment-unsafe": "a fact of the code",
}


def test_what_is_measured_can_be_seen_in_the_console() -> None:
    measured = {check.id: check for check in CHECKS if check.item in MEASURED or check.id in MEASURED_TOO}
    assert NOT_MEASURED.keys() <= measured.keys()
    blind = {
        f"{check.id}: {one.name}"
        for check in measured.values()
        if check.id not in NOT_MEASURED
        for one in tables().get(check.id, ())
        if (finding := judged(check, around(one), one)).status in BAD
        and not (finding.exhibit and finding.exhibit.query)
    }
    assert blind == set()


@every_check
def test_its_title_and_commands_can_be_used(check: Check) -> None:
    assert len(check.title) <= TITLE_LENGTH
    assert check.references
    words = {word for command in check.commands for word in re.findall(r"\b[A-Z][A-Z_]+\b", command)}
    strange = {word for word in words if word not in SPELT_BY_AWS | FILLED_IN.keys() | FOR_THE_READER.keys()}
    assert not strange, f"placeholders that nobody explains: {sorted(strange)}"


def test_ids_are_unique_and_tables_speak_of_checks() -> None:
    ids = [check.id for check in CHECKS]
    assert len(ids) == len(set(ids))
    assert tables().keys() <= set(ids)
