"""The policy that would be enough: over the demo account, re-judged, and told in words."""

import json
from datetime import date
from functools import cache
from typing import Any

import msgspec
import pytest

from auditor.catalogue import load
from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, demo_session
from auditor.evaluate import evaluate
from auditor.iam import Privileges, Suggestion, parse_document, privileges
from auditor.model import (
    NOT_COLLECTED,
    Account,
    Function,
    Inventory,
    Policy,
    PolicyKind,
    Principal,
    Reason,
    Role,
    RoleEvidence,
    Unavailable,
    known,
)
from auditor.reference import Attestations
from auditor.settings import Settings
from auditor.suggested_policies import suggested_policies
from auditor.suggestion import (
    Subject,
    SuggestionError,
    find_subject,
    other_users,
    suggested_policy,
    suggestion_text,
)
from auditor.testing import (
    healthy_account,
    healthy_function,
    healthy_region,
    healthy_role,
    healthy_version,
    inventory_of,
    reference,
    statement,
)
from auditor.verdict import Confidence, Severity, Status

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="iam:ListRolePolicies", code="AccessDenied")


@cache
def demo(tier: Tier = Tier.DEEP) -> Inventory:
    """The demo account; packages and last-accessed data are read by a deep scan."""
    request = ScanRequest(regions=("eu-west-1",), tier=tier)
    return collect(request, session=demo_session(), now=DEMO_NOW)


def subjects() -> list[Subject]:
    account = demo().accounts[0]
    return [
        Subject(function=function, region=region, account=account)
        for region in account.regions
        for function in known(region.functions)
    ]


@cache
def suggested(name: str, tier: Tier = Tier.DEEP) -> Suggestion | Unavailable:
    found = find_subject(demo(tier), name)
    day = reference(as_of=DEMO_NOW.date())
    return suggested_policy(found.function, found.region, found.account, day)


NAMES = tuple(one.function.name for one in subjects())
READY = tuple(name for name in NAMES if isinstance(suggested(name), Suggestion))


def applied(subject: Subject, text: str) -> Account:
    """The account once the role of the subject has the policy in place of its own; its boundary stays."""
    policy = Policy(name="suggested", kind=PolicyKind.INLINE, statements=parse_document(text))
    role = subject.account.role(subject.function.role_arn)
    assert isinstance(role, Role)
    changed = msgspec.structs.replace(role, policies=(policy,))
    return msgspec.structs.replace(
        subject.account,
        roles=(RoleEvidence(arn=role.arn, role=changed),),
        regions=(msgspec.structs.replace(subject.region, functions=(subject.function,)),),
    )


# What was used in the past is no property of a policy that nobody has applied yet.
ABOUT_PRIVILEGES = tuple(
    check for check in load() if check.subject is Privileges and check.id != "permissions-unused"
)


def test_most_of_the_demo_account_gets_a_suggestion() -> None:
    assert len(READY) >= len(NAMES) - 2
    ready = [one for one in map(suggested, READY) if isinstance(one, Suggestion)]
    assert sum("<REPLACE>" not in one.text for one in ready) >= len(ready) // 3


@pytest.mark.parametrize("name", READY)
def test_a_suggestion_judged_again_is_clean_or_has_resources_to_fill_in(name: str) -> None:
    suggestion = suggested(name)
    assert isinstance(suggestion, Suggestion)
    subject = find_subject(demo(), name)
    account = applied(subject, suggestion.text)
    found = evaluate(
        inventory_of(account), ABOUT_PRIVILEGES, Settings(), reference(as_of=DEMO_NOW.date()), Attestations()
    )
    grave = [
        f"{one.check}: {one.message}"
        for one in found.findings
        if one.function == name and one.status is Status.FAIL and one.severity.rank <= Severity.MEDIUM.rank
    ]
    assert "<REPLACE>" in suggestion.text or grave == []


@pytest.mark.parametrize("name", READY)
def test_a_suggestion_grants_nothing_that_the_role_has_not(name: str) -> None:
    suggestion, subject = suggested(name), find_subject(demo(), name)
    assert isinstance(suggestion, Suggestion)
    role = subject.account.role(subject.function.role_arn)
    assert isinstance(role, Role)
    before = privileges(role, as_of=DEMO_NOW.date())
    assert [one.action for one in suggestion.kept if not before.of(one.action)] == []


HEALTHY = healthy_function()


def of(function: Function = HEALTHY, **given: Any) -> Suggestion | Unavailable:
    """What is suggested for the healthy function, or another, in an account with some fields changed."""
    account = surrounding(function, **given)
    return suggested_policy(function, account.regions[0], account, reference())


def surrounding(*functions: Function, **given: Any) -> Account:
    return healthy_account(healthy_region(*functions), **given)


def with_role(role: Role | None | Unavailable) -> tuple[RoleEvidence, ...]:
    return (RoleEvidence(arn=HEALTHY.role_arn, role=role),)


def test_only_what_is_used_stays() -> None:
    wide = healthy_role(statement("s3:*"), statement("dynamodb:*"))
    suggestion = of(roles=with_role(wide))
    assert isinstance(suggestion, Suggestion)
    assert "s3" in suggestion.dropped_services
    assert {one.action for one in suggestion.kept} >= {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert not any(one.action.startswith("s3:") for one in suggestion.kept)


UNREADABLE = {
    "role denied": ({"roles": with_role(DENIED)}, "iam:ListRolePolicies"),
    "role not asked for": ({"roles": ()}, "not collected"),
    "role gone": ({"roles": with_role(None)}, "does not exist"),
    "policies denied": ({"roles": with_role(healthy_role(policies=DENIED))}, "iam:ListRolePolicies"),
    "boundary denied": ({"roles": with_role(healthy_role(boundary=DENIED))}, "iam:ListRolePolicies"),
}


@pytest.mark.parametrize(("given", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_nothing_is_suggested_where_the_role_was_not_read(given: dict[str, Any], says: str) -> None:
    suggestion = of(**given)
    assert isinstance(suggestion, Unavailable)
    assert says in str(suggestion)


def test_nothing_is_suggested_where_neither_code_nor_use_was_read() -> None:
    blind = healthy_function(code=DENIED)
    assert isinstance(of(blind, roles=with_role(healthy_role(last_accessed=DENIED))), Unavailable)
    assert isinstance(of(blind), Suggestion)


@pytest.mark.parametrize("setting", ["environment", "tracing", "dead_letter_arn", "async_configs"])
def test_nothing_is_suggested_where_a_setting_was_not_read(setting: str) -> None:
    assert isinstance(of(healthy_function(**{setting: DENIED})), Unavailable)


def test_nothing_is_suggested_where_event_source_mappings_were_not_read() -> None:
    account = healthy_account(healthy_region(mappings=DENIED))
    assert suggested_policy(HEALTHY, account.regions[0], account, reference()) == DENIED


def test_an_old_snapshot_is_counted_from_its_own_day() -> None:
    account = surrounding(HEALTHY, roles=with_role(healthy_role()))
    fresh = suggested_policy(HEALTHY, account.regions[0], account, reference())
    stale = suggested_policy(HEALTHY, account.regions[0], account, reference(as_of=date(2028, 1, 1)))
    assert isinstance(fresh, Suggestion)
    assert fresh.kept
    assert stale == fresh


SECOND = healthy_function(name="orders-batch", arn=f"{HEALTHY.arn.removesuffix(HEALTHY.name)}orders-batch")


def test_a_shared_role_keeps_what_every_function_of_it_uses() -> None:
    suggestion, alone = suggested("payment-capture"), suggested("payment-refund")
    assert isinstance(suggestion, Suggestion)
    assert isinstance(alone, Suggestion)
    for group in ("/aws/lambda/payment-capture:*", "/aws/lambda/payment-refund:*"):
        assert f"log-group:{group}" in suggestion.text
    assert {one.action for one in suggestion.kept} == {one.action for one in alone.kept}


def test_a_shared_role_is_not_cut_by_the_code_of_one_where_that_of_the_other_is_unread() -> None:
    queues = healthy_role(statement("dynamodb:DeleteItem"))
    unread = msgspec.structs.replace(SECOND, code=DENIED)
    account = surrounding(HEALTHY, unread, roles=with_role(queues))
    suggestion = suggested_policy(HEALTHY, account.regions[0], account, reference())
    assert isinstance(suggestion, Suggestion)
    assert "dynamodb:DeleteItem" in suggestion.unverified


def test_a_shared_role_is_left_alone_where_the_settings_of_one_function_are_unread() -> None:
    account = surrounding(HEALTHY, msgspec.structs.replace(SECOND, environment=DENIED))
    assert suggested_policy(HEALTHY, account.regions[0], account, reference()) == DENIED


OTHERS = {
    "a region that was not listed": (
        healthy_account(healthy_region(), healthy_region(name="us-east-1", functions=DENIED)),
        "us-east-1 could not be listed",
    ),
    "another principal": (
        healthy_account(
            roles=with_role(
                healthy_role(
                    trust=(
                        statement(
                            "sts:AssumeRole",
                            resources=(),
                            principals=(Principal(kind="Service", value="ec2.amazonaws.com"),),
                        ),
                    )
                )
            )
        ),
        "ec2.amazonaws.com",
    ),
    "a trust policy that was not read": (
        healthy_account(roles=with_role(healthy_role(trust=DENIED))),
        "Who else may take the role on is not known",
    ),
    "a version with other code": (
        surrounding(healthy_function(versions=(healthy_version(code_sha256="other"),))),
        "version 12 in use has other code",
    ),
    "versions that were not read": (
        surrounding(healthy_function(versions=DENIED)),
        "which versions are in use is not known",
    ),
}


@pytest.mark.parametrize(("account", "says"), OTHERS.values(), ids=OTHERS)
def test_whoever_else_may_use_the_role_is_named_and_nothing_is_taken_for_sure(
    account: Account, says: str
) -> None:
    subject = find_subject(inventory_of(account), HEALTHY.name)
    suggestion = suggested_policy(subject.function, subject.region, account, reference())
    assert isinstance(suggestion, Suggestion)
    assert suggestion.confidence is Confidence.LOW
    assert says in suggestion_text(subject, suggestion)


def test_nobody_else_uses_the_role_of_the_healthy_function() -> None:
    account = healthy_account()
    assert other_users(HEALTHY, account.regions[0], account) == ()


TOLD = {
    "order-api": (
        "confidence high",
        "8 actions granted, 7 kept, 1 dropped",
        "- dynamodb:GetItem on",
        "app.py:32",
    ),
    "mail-inbound": ("The role needs no policy", "not added: logs:CreateLogStream, logs:PutLogEvents"),
    "payment-capture": (
        "is shared, and what these use stays too: payment-refund",
        "<REPLACE>: ",
        "Unverified:",
    ),
    "payment-webhook": ("more\n",),
    "legacy-soap-bridge": ("No policy can be suggested for legacy-soap-bridge", "does not exist"),
}


@pytest.mark.parametrize(("name", "says"), TOLD.items(), ids=TOLD)
def test_what_a_person_reads(name: str, says: tuple[str, ...]) -> None:
    text = suggestion_text(find_subject(demo(), name), suggested(name))
    assert [part for part in says if part not in text] == []


@pytest.mark.parametrize("name", READY)
def test_the_policy_stands_in_the_text_as_json(name: str) -> None:
    suggestion = suggested(name)
    assert isinstance(suggestion, Suggestion)
    text = suggestion_text(find_subject(demo(), name), suggestion)
    if suggestion.kept:
        begin, end = text.index("\n{") + 1, text.index("\n}") + 2
        assert json.loads(text[begin:end]) == json.loads(suggestion.text)


def test_a_scan_that_read_no_code_says_what_to_do() -> None:
    account = surrounding(
        healthy_function(code=NOT_COLLECTED), roles=with_role(healthy_role(last_accessed=NOT_COLLECTED))
    )
    subject = find_subject(inventory_of(account), HEALTHY.name)
    suggestion = suggested_policy(subject.function, subject.region, account, reference())
    assert "scan with --tier deep" in suggestion_text(subject, suggestion)


def test_a_scan_of_some_functions_says_so() -> None:
    inventory = inventory_of(healthy_account())
    scan = msgspec.structs.replace(inventory.scan, filters=("function orders-*",))
    subject = find_subject(msgspec.structs.replace(inventory, scan=scan), HEALTHY.name)
    suggestion = suggested_policy(subject.function, subject.region, subject.account, reference())
    assert "left functions out (function orders-*)" in suggestion_text(subject, suggestion)


def test_a_function_is_found_by_its_name_and_by_its_arn() -> None:
    by_name = find_subject(demo(), "order-api")
    assert find_subject(demo(), by_name.function.arn) == by_name


@pytest.mark.parametrize(
    ("name", "says"), [("order-apl", "did you mean 'order-api'"), ("?", "the snapshot holds")]
)
def test_a_function_that_is_not_there(name: str, says: str) -> None:
    with pytest.raises(SuggestionError, match=says):
        find_subject(demo(), name)


def test_a_name_that_two_regions_have_wants_an_arn() -> None:
    twin = healthy_function(region="us-east-1", arn=HEALTHY.arn.replace("eu-west-1", "us-east-1"))
    account = healthy_account(healthy_region(), healthy_region(twin, name="us-east-1"))
    with pytest.raises(SuggestionError, match=r"2 functions .* give one of the ARNs"):
        find_subject(inventory_of(account), HEALTHY.name)
    assert find_subject(inventory_of(account), twin.arn).function == twin


def test_a_report_has_one_policy_for_each_role() -> None:
    inventory = demo()
    policies = suggested_policies(inventory, reference())
    roles = {one.function.role_arn for one in subjects()}
    assert [policy.role for policy in policies] == sorted(roles)
    assert all(bool(policy.unseen) is not bool(policy.confidence) for policy in policies)
    assert any(policy.text and policy.difference and policy.notes for policy in policies)
    unseen = {policy.role for policy in policies if policy.unseen}
    assert {arn for arn in roles if not isinstance(inventory.accounts[0].role(arn), Role)} <= unseen
