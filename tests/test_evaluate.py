"""Evaluation: who owns which status, and that no failure of evidence or of a check becomes a pass."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auditor.catalogue import Check, load
from auditor.evaluate import Evaluation, evaluate
from auditor.model import NOT_COLLECTED, Account, CodeFacts, Principal, Reason, RoleEvidence, Unavailable
from auditor.reference import Attestations
from auditor.settings import CheckSettings, Override, Settings
from auditor.testing import (
    ARN,
    ROLE,
    fact,
    function_with,
    healthy_account,
    healthy_code,
    healthy_function,
    healthy_region,
    healthy_role,
    healthy_version,
    inventory_of,
    reference,
    statement,
)
from auditor.verdict import Severity, Status

CHECKS = load()
DENIED = Unavailable(
    reason=Reason.ACCESS_DENIED, operation="lambda:ListFunctions", code="AccessDeniedException"
)
PARTNER = "999988887777"


def run(account: Account, *checks: Check, settings: Settings | None = None) -> Evaluation:
    return evaluate(inventory_of(account), checks, settings or Settings(), reference(), Attestations())


def named(name: str) -> Check:
    return next(check for check in CHECKS if check.id == name)


def test_functions_that_could_not_be_listed_are_unknown_to_every_check() -> None:
    account = healthy_account(msgspec.structs.replace(healthy_region(), functions=DENIED))
    found = run(account, *CHECKS).findings
    of_function = [finding for finding in found if finding.function == "*"]
    assert len(of_function) == sum(check.resource.__name__ == "Function" for check in CHECKS)
    assert {finding.status for finding in of_function} == {Status.UNKNOWN}
    assert {finding.reason for finding in of_function} == {DENIED}


def test_a_check_that_raises_is_unknown_and_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        "from auditor import ChecklistItem, Function, Severity, Verdict, check\n\n\n"
        "@check(item=ChecklistItem.COST, severity=Severity.LOW)\n"
        "def broken(function: Function) -> Verdict:\n"
        '    """A check that raises.\n\n    ## Why it matters\n    x\n\n    ## How to fix\n    x\n\n'
        '    ## References\n    - https://example.com\n    """\n'
        "    raise KeyError(function.name)\n"
    )
    broken = next(check for check in load([tmp_path]) if check.id == "broken")
    found = run(healthy_account(), broken)
    assert found.bugs == ("broken: KeyError",)
    assert found.findings[0].status is Status.UNKNOWN
    assert found.findings[0].reason is not None
    assert found.findings[0].reason.reason is Reason.CHECK_BUG


def test_what_is_set_for_one_function_does_not_reach_another_under_its_role() -> None:
    trust = (
        statement("sts:AssumeRole", resources=(), principals=(Principal(kind="AWS", value=PARTNER),)),
        statement(
            "sts:AssumeRole",
            resources=(),
            principals=(Principal(kind="Service", value="lambda.amazonaws.com"),),
        ),
    )
    other = healthy_function(name="orders-worker", arn=f"{ARN}-worker")
    account = healthy_account(
        healthy_region(
            healthy_function(), other, healthy_function(name="orders-sweeper", arn=f"{ARN}-sweeper")
        ),
        roles=(RoleEvidence(arn=ROLE, role=healthy_role(trust=trust)),),
    )
    trusting = CheckSettings(thresholds={"trusted_accounts": (PARTNER,)})
    settings = Settings(
        override=(Override(functions=("orders-worker",), checks={"trust-too-wide": trusting}),)
    )
    found = run(account, named("trust-too-wide"), settings=settings).findings
    assert {finding.function: finding.status for finding in found} == {
        "orders-api": Status.FAIL,
        "orders-worker": Status.PASS,
        "orders-sweeper": Status.FAIL,
    }


def test_the_owner_may_change_a_severity() -> None:
    settings = Settings(checks={"timeout-near-limit": CheckSettings(severity=Severity.LOW)})
    found = run(healthy_account(), named("timeout-near-limit"), settings=settings).findings
    assert found[0].severity is Severity.LOW


def test_a_switched_off_check_is_not_asked() -> None:
    settings = Settings(checks={"timeout-near-limit": CheckSettings(enabled=False)})
    assert not run(healthy_account(), named("timeout-near-limit"), settings=settings).findings


def test_one_finding_for_each_check_and_resource() -> None:
    found = run(healthy_account(), *CHECKS).findings
    assert len({(finding.check, finding.resource) for finding in found}) == len(found) == len(CHECKS)


def test_an_override_may_change_severity_and_switch_off() -> None:
    worker = healthy_function(name="orders-worker", arn=f"{ARN}-worker")
    account = healthy_account(healthy_region(healthy_function(), worker))
    checks = {
        "timeout-near-limit": CheckSettings(severity=Severity.LOW),
        "tracing-off": CheckSettings(enabled=False),
    }
    settings = Settings(override=(Override(functions=("orders-worker",), checks=checks),))
    found = run(account, named("timeout-near-limit"), named("tracing-off"), settings=settings).findings
    assert {(finding.function, finding.check): finding.severity for finding in found} == {
        ("orders-api", "timeout-near-limit"): Severity.HIGH,
        ("orders-api", "tracing-off"): Severity.LOW,
        ("orders-worker", "timeout-near-limit"): Severity.LOW,
    }


BAD = healthy_code(facts=(fact("client-in-handler"),))
GOOD = healthy_code(facts=(fact("client-at-module"),))
CODES: dict[str, tuple[CodeFacts | Unavailable, str, Status, str]] = {
    "other code, worse": (BAD, "other", Status.FAIL, "Code of version 12 (live): 1 client is made"),
    "other code, as good": (GOOD, "other", Status.PASS, "1 client made once"),
    "other code, not read": (
        NOT_COLLECTED,
        "other",
        Status.UNKNOWN,
        "version 12 (live) is not that of $LATEST",
    ),
    "the same code": (NOT_COLLECTED, "q1w2e3", Status.PASS, "1 client made once"),
}
WAITS = healthy_code(facts=(fact("http-timeout", number=20.0),))
ELSEWHERE = healthy_code(handler=None)


@pytest.mark.parametrize(("code", "sha256", "status", "says"), CODES.values(), ids=CODES)
def test_code_of_latest_does_not_stand_for_that_of_a_version_in_use(
    code: CodeFacts | Unavailable, sha256: str, status: Status, says: str
) -> None:
    version = healthy_version(code=code, code_sha256=sha256)
    function = function_with("client-at-module", versions=(version,))
    (finding,) = run(healthy_account(healthy_region(function)), named("client-in-handler")).findings
    assert finding.status is status
    assert says in finding.message


SETTINGS: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any], Status, str]] = {
    "a shorter timeout": (
        "call-without-timeout",
        {"code": WAITS, "timeout_s": 30},
        {"timeout_s": 10},
        Status.FAIL,
        "Configuration of version 12 (live): 0 calls without a timeout, 1 with one beyond",
    ),
    "a longer timeout": (
        "call-without-timeout",
        {"code": WAITS, "timeout_s": 10},
        {"timeout_s": 30},
        Status.FAIL,
        "0 calls without a timeout, 1 with one beyond",
    ),
    "other code with a longer timeout": (
        "call-without-timeout",
        {"code": GOOD, "timeout_s": 10},
        {"code": WAITS, "code_sha256": "other", "timeout_s": 30},
        Status.PASS,
        "No call seen that may wait",
    ),
    "other code with a shorter timeout": (
        "call-without-timeout",
        {"code": GOOD, "timeout_s": 30},
        {"code": WAITS, "code_sha256": "other", "timeout_s": 10},
        Status.FAIL,
        "Code of version 12 (live): 0 calls without a timeout, 1 with one beyond the function's",
    ),
    "a layer that may hold the handler": (
        "handler-unresolvable",
        {"code": ELSEWHERE, "layers": healthy_version().layers},
        {"layers": ()},
        Status.FAIL,
        "Configuration of version 12 (live): The handler",
    ),
    "a shorter timeout, not known to be in use": (
        "call-without-timeout",
        {"code": WAITS, "timeout_s": 30, "aliases": DENIED},
        {"timeout_s": 10},
        Status.UNKNOWN,
        "the configuration of version 12 is not that of $LATEST",
    ),
    "a longer timeout, not known to be in use": (
        "call-without-timeout",
        {"code": WAITS, "timeout_s": 30, "aliases": DENIED},
        {"timeout_s": 60},
        Status.PASS,
        "timeout 30 s",
    ),
    "that cannot be set against a durable execution": (
        "durable-timeout-inconsistent",
        {"durable_execution_timeout_s": 20, "timeout_s": 15},
        {"timeout_s": 60},
        Status.PASS,
        "Executions last at most 20 s",
    ),
}


@pytest.mark.parametrize(("check", "latest", "version", "status", "says"), SETTINGS.values(), ids=SETTINGS)
def test_code_is_judged_with_the_settings_that_it_runs_with(
    check: str, latest: Mapping[str, Any], version: Mapping[str, Any], status: Status, says: str
) -> None:
    function = healthy_function(versions=(healthy_version(**version),), **latest)
    (finding,) = run(healthy_account(healthy_region(function)), named(check)).findings
    assert finding.status is status, finding.message
    assert says in finding.message


def test_code_of_a_version_that_nothing_points_to_is_not_judged() -> None:
    version = healthy_version(code=BAD, code_sha256="other")
    function = function_with("client-at-module", versions=(version,), aliases=(), policies=())
    (finding,) = run(healthy_account(healthy_region(function)), named("client-in-handler")).findings
    assert finding.status is Status.PASS


@pytest.mark.parametrize("field", ["aliases", "versions"])
def test_code_is_unknown_where_it_is_not_known_which_versions_are_in_use(field: str) -> None:
    version = healthy_version(code=BAD, code_sha256="other")
    function = function_with("client-at-module", **{"versions": (version,), field: DENIED})
    (finding,) = run(healthy_account(healthy_region(function)), named("client-in-handler")).findings
    assert finding.status is Status.UNKNOWN
    assert "AccessDenied" in finding.message


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"code": DENIED}, Status.FAIL), ({"aliases": DENIED}, Status.UNKNOWN)],
    ids=["whatever is known of the code", "unknown where it may not be in use"],
)
def test_the_runtime_of_other_code_is_judged(changes: dict[str, Any], status: Status) -> None:
    version = healthy_version(code_sha256="other", runtime="python3.7")
    function = healthy_function(versions=(version,), **changes)
    (finding,) = run(healthy_account(healthy_region(function)), named("newer-runtime-available")).findings
    assert finding.status is status


def test_a_fault_of_latest_is_told_whatever_a_version_in_use_has() -> None:
    version = healthy_version(code=GOOD, code_sha256="other")
    function = function_with("client-in-handler", versions=(version,))
    (finding,) = run(healthy_account(healthy_region(function)), named("client-in-handler")).findings
    assert finding.status is Status.FAIL
    assert "version 12" not in finding.message


def test_checks_that_read_no_code_answer_the_same_whatever_code_a_version_has() -> None:
    other = healthy_function(versions=(healthy_version(code_sha256="other"),))
    expected = run(healthy_account(), *CHECKS).findings
    found = run(healthy_account(healthy_region(other)), *CHECKS).findings
    changed = [new for old, new in zip(expected, found, strict=True) if new.message != old.message]
    assert {"client-in-handler", "secret-in-package"} <= {finding.check for finding in changed}
    assert all("$LATEST" in finding.message for finding in changed)
    assert {finding.status for finding in changed} == {Status.UNKNOWN}
