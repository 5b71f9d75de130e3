"""An unfinished scan leaves what it was told, and the next one asks only for what is not there."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from auditor.cli import main
from auditor.collect import CollectError, ScanRequest, collect
from auditor.collect.kept import NOTHING, Kept
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, DEMO_REGIONS, DEMO_SECRETS, DemoSession, Fault, FaultKind, demo_session
from auditor.model import (
    ImageFacts,
    Inventory,
    Reason,
    ResourcePolicy,
    SecretVerdict,
    Tag,
    Topic,
    Unavailable,
    Variable,
)
from auditor.testing import healthy_function
from tests.canaries import leaks

ACCOUNT = "123456789012"
# Questions of which a scan asks many, and which wait in line, cost money or bring a package. Listings, which
# say what there is now, are asked anew.
DEAR = {
    "apigateway:GetResources",
    "apigatewayv2:GetIntegrations",
    "apigatewayv2:GetRoutes",
    "cloudwatch:GetMetricData",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "iam:GetPolicyVersion",
    "lambda:GetFunction",
    "lambda:GetFunctionRecursionConfig",
    "lambda:GetFunctionScalingConfig",
    "lambda:GetLayerVersionByArn",
    "lambda:GetLayerVersionPolicy",
    "lambda:GetPolicy",
    "lambda:GetRuntimeManagementConfig",
    "lambda:ListAliases",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListLayerVersions",
    "lambda:ListProvisionedConcurrencyConfigs",
    "logs:DescribeSubscriptionFilters",
    "logs:FilterLogEvents",
    "logs:StartQuery",
}
# Functions of the demo account of which all of these are asked.
FUNCTIONS = (
    "sales-dashboard",
    "sales-export",
    "fraud-rules",
    "price-engine",
    "legacy-soap-bridge",
    "log-shipper",
)
# Asked of a function or layer once for what it is, and once more for the place of its package.
ALSO_FOR_PACKAGES = {"lambda:GetFunction", "lambda:GetLayerVersionByArn"}
DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:GetPolicy")
NEVER_SCANNED = Unavailable(reason=Reason.NO_DATA, operation="ecr:DescribeImages")
TOKENS = {"NextToken", "nextToken", "NextMarker", "Marker"}

Question = tuple[str, str, str]


class Run(NamedTuple):
    """What a run saw, and the questions that it got an answer to."""

    inventory: Inventory
    answered: list[Question]


def run(folder: Path | None, *faults: Fault, now: datetime = DEMO_NOW, tier: Tier = Tier.DEEP) -> Run:
    session = demo_session(faults=faults, check=False)
    answered = listen(session)
    request = ScanRequest(resume=str(folder or ""), tier=tier, regions=DEMO_REGIONS, functions=FUNCTIONS)
    return Run(collect(request, session=session, now=now), answered)


@cache
def clean() -> Run:
    return run(None)


def listen(session: DemoSession) -> list[Question]:
    """Note each question that is answered, with AWS's word for "there is none" among the answers."""
    answered: list[Question] = []

    def ask(params: Any, context: Any, **_: object) -> None:
        context["asked"] = params

    def hear(parsed: Any, model: Any, context: Any, **_: object) -> None:
        code = parsed.get("Error", {}).get("Code", "")
        # A listing is answered with its last page.
        if "Denied" not in code and "Expired" not in code and not parsed.keys() & TOKENS:
            name = f"{model.service_model.service_name}:{model.name}"
            region = context["client_region"]
            answered.extend((name, region, part) for part in parts(context["asked"]))

    session.events.register_first("before-parameter-build", ask)
    session.events.register_last("after-call", hear)
    return answered


def parts(asked: dict[str, Any]) -> Iterator[str]:
    """Take a request apart that asks about several things."""
    for query in asked.get("MetricDataQueries", ()):
        yield json.dumps({**query, "Id": ""}, sort_keys=True)
    for group in asked.get("logGroupNames", ()):
        yield json.dumps({**asked, "logGroupNames": [group]}, sort_keys=True)
    if not {"MetricDataQueries", "logGroupNames"} & asked.keys():
        yield json.dumps(asked, sort_keys=True, default=str)


def twice(first: Run, second: Run) -> set[str]:
    """Return the operations of the questions that both runs got an answer to."""
    return {name for name, _, _ in set(first.answered) & set(second.answered)}


def test_the_dear_questions_are_asked_of_the_demo_account() -> None:
    assert {name for name, _, _ in clean().answered} >= DEAR


@pytest.mark.parametrize(
    ("denied", "stop"),
    [("lambda:GetPolicy", 80), ("cloudwatch:GetMetricData", 160), ("lambda:ListAliases", 120)],
)
def test_what_was_answered_is_not_asked_again(tmp_path: Path, denied: str, stop: int) -> None:
    first = run(
        tmp_path,
        Fault(operation=denied, kind=FaultKind.DENIED),
        Fault(operation="*", kind=FaultKind.EXPIRED, after=stop),
    )
    assert first.inventory.scan.interrupted
    second = run(tmp_path)
    assert twice(first, second) & DEAR <= ALSO_FOR_PACKAGES
    assert second.inventory.accounts == clean().inventory.accounts


def test_a_function_is_not_asked_again_what_it_is(tmp_path: Path) -> None:
    expired = Fault(operation="*", kind=FaultKind.EXPIRED, after=150)
    first = run(tmp_path, expired, tier=Tier.STANDARD)
    assert "lambda:GetFunction" in {name for name, _, _ in first.answered}
    assert twice(first, run(tmp_path, tier=Tier.STANDARD)) & DEAR == set()


def test_what_was_refused_is_all_that_is_asked_again(tmp_path: Path) -> None:
    run(tmp_path, Fault(operation="lambda:GetPolicy", kind=FaultKind.DENIED))
    second = run(tmp_path)
    assert {name for name, _, _ in second.answered} & DEAR == {
        "lambda:GetPolicy",
        # Asked of the log groups of functions whose policy lets CloudWatch Logs invoke them.
        "logs:DescribeSubscriptionFilters",
    }
    third = run(tmp_path)
    assert {name for name, _, _ in third.answered} & DEAR == set()
    assert second.inventory.accounts == clean().inventory.accounts


def test_a_role_is_asked_again_only_for_the_policy_that_is_missing(tmp_path: Path) -> None:
    bulk = Fault(operation="iam:GetAccountAuthorizationDetails", kind=FaultKind.DENIED)
    whole = run(None, bulk, tier=Tier.QUICK)
    run(tmp_path, bulk, Fault(operation="iam:GetRolePolicy", kind=FaultKind.DENIED), tier=Tier.QUICK)
    second = run(tmp_path, bulk, tier=Tier.QUICK)
    assert {name for name, _, _ in second.answered if name.startswith("iam:")} == {
        "iam:GetRolePolicy",
        "iam:ListAccountAliases",
        # One role is gone, and might be there again.
        "iam:GetRole",
    }
    assert second.inventory.accounts == whole.inventory.accounts


def test_a_resumed_scan_measures_the_same_time_and_says_so(tmp_path: Path) -> None:
    first = run(tmp_path, tier=Tier.STANDARD)
    later = run(tmp_path, tier=Tier.STANDARD, now=DEMO_NOW + timedelta(hours=20))
    assert {name for name, _, _ in later.answered} & DEAR == set()
    assert later.inventory.accounts == first.inventory.accounts
    assert later.inventory.scan.notes == (
        "What account 123456789012 answered since 2026-11-23 06:00 UTC was not asked again",
    )


def test_what_is_kept_holds_no_secret_and_is_private(tmp_path: Path) -> None:
    request = ScanRequest(resume=str(tmp_path), tier=Tier.DEEP, regions=DEMO_REGIONS)
    collect(request, session=demo_session(check=False), now=DEMO_NOW)
    (file,) = tmp_path.iterdir()
    text = file.read_text()
    assert "policies.policy" in text
    assert not [secret for secret in DEMO_SECRETS if secret in text]
    assert leaks(file.read_bytes()) == []
    assert file.stat().st_mode & 0o077 == 0


def store(folder: Path, program: str = "1.0", now: datetime = DEMO_NOW) -> Kept:
    return Kept(folder, ACCOUNT, program, now)


def filled(folder: Path) -> Kept:
    found = store(folder)
    for number in range(3):
        found.keep("count", [((f"function-{number}",), number)])
    return store(folder)


def recalled(found: Kept) -> list[object]:
    return [found.recall(int, "count", f"function-{number}") for number in range(3)]


@pytest.mark.parametrize(
    ("late", "program", "why"),
    [
        (timedelta(hours=24), "1.0", ""),
        (timedelta(hours=25), "1.0", "are not of the last 24 h"),
        (-timedelta(hours=1), "1.0", "are not of the last 24 h"),
        (timedelta(), "1.1", "are of another version of the program"),
    ],
    ids=["in time", "a day later", "before it", "another version"],
)
def test_old_answers_are_passed_over_with_a_sentence(
    tmp_path: Path, late: timedelta, program: str, why: str
) -> None:
    filled(tmp_path)
    found = store(tmp_path, program, DEMO_NOW + late)
    assert recalled(found) == ([NOTHING] * 3 if why else [0, 1, 2])
    said = f"The kept answers of account {ACCOUNT} {why}: everything was asked anew"
    assert found.note == (
        said if why else f"What account {ACCOUNT} answered since 2026-11-23 06:00 UTC was not asked again"
    )
    found.keep("count", [(("function-1",), 7)])
    again = store(tmp_path, program, DEMO_NOW + late)
    assert recalled(again) == ([NOTHING, 7, NOTHING] if why else [0, 7, 2])


def test_answers_to_other_records_are_passed_over(tmp_path: Path) -> None:
    filled(tmp_path)
    (file,) = tmp_path.iterdir()
    head, *lines = file.read_text().splitlines()
    file.write_text("\n".join([json.dumps({**json.loads(head), "model": "another"}), *lines]))
    assert "are of another version" in store(tmp_path).note


@pytest.mark.parametrize(
    "head", ["", "\x00", '{"began":1}', "[" * 10_000], ids=["none", "nul", "type", "deep"]
)
def test_a_file_without_a_head_is_begun_anew(tmp_path: Path, head: str) -> None:
    filled(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text("\n".join([head, *file.read_text().splitlines()[1:]]))
    found = store(tmp_path)
    assert recalled(found) == [NOTHING] * 3
    assert ("cannot be read" in found.note) is bool(head)
    assert file.read_text().startswith('{"began"')


def test_an_empty_file_is_begun_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"")
    found = store(tmp_path)
    assert (recalled(found), found.note) == ([NOTHING] * 3, "")
    assert recalled(filled(tmp_path)) == [0, 1, 2]


def test_a_line_that_a_killed_run_tore_costs_its_own_answers_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    last = len(whole.splitlines()[-1])
    for cut in range(1, last):
        file.write_bytes(whole[:-cut])
        assert recalled(store(tmp_path)) == [0, 1, NOTHING]
        store(tmp_path).keep("count", [(("function-2",), 2)])
        assert recalled(store(tmp_path)) == [0, 1, 2]


def test_an_answer_of_another_type_is_asked_again(tmp_path: Path) -> None:
    assert filled(tmp_path).recall(str, "count", "function-1") is NOTHING


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        (ResourcePolicy(qualifier="", statements=()), True),
        (DENIED, False),
        ((Tag(key="a", value="b"), DENIED), False),
        (Topic(arn="arn", kms_key_id=DENIED), False),
        (ImageFacts(uri="uri", scan_findings=NEVER_SCANNED), True),
        (ImageFacts(uri="uri"), True),
    ],
    ids=["whole", "none", "a row lost", "a field lost", "settled", "never asked"],
)
def test_what_is_kept_is_whole(tmp_path: Path, answer: object, *, is_kept: bool) -> None:
    store(tmp_path).keep("question", [(("subject",), answer)])
    assert (store(tmp_path).recall(object, "question", "subject") is not NOTHING) is is_kept


@pytest.mark.parametrize(
    "deployed",
    [
        {"code_sha256": "another"},
        {"last_modified": DEMO_NOW},
        {"memory_mb": 3008},
        {"role_arn": "arn:aws:iam::123456789012:role/another"},
        {"environment": (Variable(name="NEW", verdict=SecretVerdict.CLEAR),)},
        {"versions": ()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_function_that_was_deployed_since_is_asked_again(tmp_path: Path, deployed: dict[str, Any]) -> None:
    function = healthy_function()
    store(tmp_path).keep("question", [(("eu-west-1", function), "answer")])
    found = store(tmp_path)
    assert found.recall(str, "question", "eu-west-1", function) == "answer"
    asked = replace(function, policies=(), tags=DENIED)
    assert found.recall(str, "question", "eu-west-1", asked) == "answer"
    assert found.recall(str, "question", "eu-west-1", replace(function, **deployed)) is NOTHING


def test_the_terminal_says_what_was_not_asked_again(tmp_path: Path) -> None:
    words = ["scan", "--demo", "--tier", "quick", "--function", "price-engine", "--exit-zero"]
    words += ["--no-history", "--resume", str(tmp_path / "kept"), "-o", str(tmp_path)]
    said = [CliRunner().invoke(main, words).stderr for _ in range(2)]
    assert "was not asked again" not in said[0]
    assert "since 2026-11-23 06:00 UTC was not asked again" in said[1]
    assert "was not asked again" not in CliRunner().invoke(main, [*words, "-q"]).stderr


def test_cost_explorer_is_paid_once(tmp_path: Path) -> None:
    request = ScanRequest(
        resume=str(tmp_path),
        tier=Tier.DEEP,
        regions=DEMO_REGIONS,
        functions=FUNCTIONS[:1],
        cost_explorer=True,
    )
    first, second = (demo_session(check=False) for _ in range(2))
    bills = [
        collect(request, session=session, now=DEMO_NOW).accounts[0].lambda_bill_usd
        for session in (first, second)
    ]
    assert isinstance(bills[0], float)
    assert bills[0] == bills[1]
    assert (first.calls["ce:GetCostAndUsage"], second.calls["ce:GetCostAndUsage"]) == (1, 0)


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectError, match="cannot be used to resume from"):
        run(tmp_path / "file" / "folder")
