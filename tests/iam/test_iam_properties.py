"""Laws of evaluation, against a simulator that shares nothing with ours but the documents."""

import re
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.iam import Privileges, parse_document, privileges
from auditor.iam.patterns import arn, arn_covers, arn_intersects, covers, intersects, matches, plain
from auditor.model import Policy, PolicyKind, Role

Doc = dict[str, object]

ACTION_PATTERNS = (
    "*",
    "*:*",
    "s3:*",
    "s3:Get*",
    "s3:GetObjec?",
    "S3:PUTOBJECT",
    "s?s:*",
    "sqs:SendMessage",
    "sqs:*Message",
    "dynamodb:PutItem",
    "dynamodb:*Item",
    "*:*Item",
    "iam:PassRole",
    "IAM:*",
    "kms:Decrypt",
)
RESOURCE_PATTERNS = (
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::?*",
    "arn:aws:s3:::b/x",
    "arn:aws:s3:::?/x",
    "arn:aws:sqs:*:*:*",
    "arn:aws:sqs:*:*:?*",
    "arn:aws:sqs:us-east-1:123456789012:q",
    "arn:aws:sqs:*:123456789012:q*",
    "arn:aws:dynamodb:*:*:table/t",
    "arn:aws:dynamodb:us-east-1:123456789012:table/*",
    "arn:aws:iam::123456789012:role/*",
    "arn:aws:iam::123456789012:role/team/*",
    "arn:aws:iam::*:role/app-?",
    "arn:aws:kms:*:123456789012:key/*",
)
REQUESTS = (
    ("s3:GetObject", "arn:aws:s3:::a/x"),
    ("s3:GetObject", "arn:aws:s3:::b/x"),
    ("s3:PutObject", "arn:aws:s3:::ab/y"),
    ("s3:PutObject", "arn:aws:s3:::b/x"),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q"),
    ("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:123456789012:q2"),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/k"),
    ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:123456789012:table/t"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/u"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/app-1"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/other"),
)


def _glob(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def _hits(statement: Doc, action: str, resource: str) -> bool:
    def listed(element: str, text: str, *, fold: bool) -> bool:
        patterns = statement.get(element, ())
        assert isinstance(patterns, Sequence)
        return any(_glob(one.lower(), text.lower()) if fold else _glob(one, text) for one in patterns)

    acts = (
        listed("Action", action, fold=True)
        if "Action" in statement
        else not listed("NotAction", action, fold=True)
    )
    on = (
        listed("Resource", resource, fold=False)
        if "Resource" in statement
        else not listed("NotResource", resource, fold=False)
    )
    return acts and on


def simulate(statements: list[Doc], boundary: list[Doc] | None, action: str, resource: str) -> bool:
    """The textbook: an explicit Deny anywhere, else an Allow in the policies and in the boundary."""
    every = statements + (boundary or [])
    if any(one["Effect"] == "Deny" and _hits(one, action, resource) for one in every):
        return False
    allowed = [
        any(one["Effect"] == "Allow" and _hits(one, action, resource) for one in part)
        for part in (statements, boundary or [])
    ]
    return allowed[0] and (boundary is None or allowed[1])


_acts = st.lists(st.sampled_from(ACTION_PATTERNS), min_size=1, max_size=3)
_ress = st.lists(st.sampled_from(RESOURCE_PATTERNS), min_size=1, max_size=3)


@st.composite
def _statements(
    draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Allow", "Deny"), *, few: bool = False
) -> Doc:
    """A statement; with `few` one of few actions, which takes little time to expand."""
    action = draw(st.sampled_from(("Action",) * 9 + ("NotAction",))) if not few else "Action"
    resource = draw(st.sampled_from(("Resource", "Resource", "Resource", "NotResource")))
    acts = draw(st.lists(st.sampled_from(FEW), min_size=1, max_size=3)) if few else draw(_acts)
    return {"Effect": draw(st.sampled_from(effects)), action: acts, resource: draw(_ress)}


FEW = tuple(pattern for pattern in ACTION_PATTERNS if not pattern.startswith("*"))


_some = st.lists(_statements(), min_size=1, max_size=4)
_perhaps = st.none() | st.lists(_statements(), min_size=1, max_size=2)


def _judge(groups: list[list[Doc]], boundary: list[Doc] | None = None) -> Privileges:
    policies = tuple(
        Policy(name=f"p{place}", kind=PolicyKind.INLINE, statements=parse_document({"Statement": group}))
        for place, group in enumerate(groups)
    )
    ceiling = None
    if boundary is not None:
        ceiling = Policy(
            name="b", kind=PolicyKind.CUSTOMER_MANAGED, statements=parse_document({"Statement": boundary})
        )
    role = Role(
        arn="arn:aws:iam::123456789012:role/fn",
        name="fn",
        policies=policies,
        boundary=ceiling,
    )
    return privileges(role, as_of=date(2026, 11, 23))


def _answers(judged: Privileges) -> list[object]:
    return [judged.allows(action, resource) for action, resource in REQUESTS]


@settings(max_examples=60, deadline=None)
@given(_some, _perhaps)
def test_every_answer_is_the_simulator_s(statements: list[Doc], boundary: list[Doc] | None) -> None:
    judged = _judge([statements], boundary)
    wanted = [simulate(statements, boundary, action, resource) for action, resource in REQUESTS]
    assert _answers(judged) == wanted
    assert all(judged.of(action) for (action, _), allowed in zip(REQUESTS, wanted, strict=True) if allowed)


NEW_NAMES = {
    "sqs:SendMessage": "arn:aws:sqs:{}:123456789012:zzzz",
    "dynamodb:PutItem": "arn:aws:dynamodb:{}:123456789012:table/zzzz",
    "iam:PassRole": "arn:aws:iam::123456789012:role/zzzz",
    "s3:GetObject": "arn:aws:s3:::zzzz/zzzz",
    "kms:Decrypt": "arn:aws:kms:{}:123456789012:key/zzzz",
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(_statements(few=True), min_size=1, max_size=4),
    st.none() | st.lists(_statements(few=True), min_size=1, max_size=2),
)
def test_what_is_broad_reaches_a_name_that_no_policy_tells(
    statements: list[Doc], boundary: list[Doc] | None
) -> None:
    judged = _judge([statements], boundary)
    for action, form in NEW_NAMES.items():
        reached = [
            simulate(statements, boundary, action, form.format(region))
            for region in ("us-east-1", "eu-west-1")
        ]
        assert bool(judged.broad(action)) is any(reached), action


@settings(max_examples=10, deadline=None)
@given(_some, _statements(("Allow",)))
def test_an_allow_more_never_takes_away(statements: list[Doc], added: Doc) -> None:
    before, after = _judge([statements]), _judge([statements, [added]])
    assert set(before.by_action) <= set(after.by_action)
    for action, grants in before.by_action.items():
        assert max(grant.breadth for grant in after.of(action)) >= max(grant.breadth for grant in grants)


@settings(max_examples=10, deadline=None)
@given(_some, _statements(("Deny",)))
def test_a_deny_more_never_adds(statements: list[Doc], added: Doc) -> None:
    before, after = _judge([statements]), _judge([statements, [added]])
    assert set(after.by_action) <= set(before.by_action)
    assert all(not late or early for early, late in zip(_answers(before), _answers(after), strict=True))


@settings(max_examples=10, deadline=None)
@given(_some, st.lists(_statements(), min_size=1, max_size=2))
def test_a_boundary_never_adds(statements: list[Doc], boundary: list[Doc]) -> None:
    without, within = _judge([statements]), _judge([statements], boundary)
    assert set(within.by_action) <= set(without.by_action)
    for action, grants in within.by_action.items():
        assert max(grant.breadth for grant in grants) <= max(grant.breadth for grant in without.of(action))


@settings(max_examples=10, deadline=None)
@given(_some, st.randoms(use_true_random=False))
def test_order_and_splitting_never_matter(statements: list[Doc], random: object) -> None:
    shuffled = list(statements)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    together, apart = _judge([statements]), _judge([[one] for one in shuffled])
    assert {key: sorted(g.breadth for g in grants) for key, grants in together.by_action.items()} == {
        key: sorted(g.breadth for g in grants) for key, grants in apart.by_action.items()
    }


@settings(max_examples=8, deadline=None)
@given(_some)
def test_case_of_actions_never_matters(statements: list[Doc]) -> None:
    def turned(statement: Doc) -> Doc:
        return {
            key: [one.swapcase() for one in value]
            if key in ("Action", "NotAction") and isinstance(value, list)
            else value
            for key, value in statement.items()
        }

    assert set(_judge([statements]).by_action) == set(_judge([[turned(one) for one in statements]]).by_action)


_pattern = st.text(alphabet="ab*?", max_size=5).map(plain)
_word = st.text(alphabet="abc", max_size=6)


@settings(max_examples=400, deadline=None)
@given(_pattern, _pattern, _word)
def test_patterns_agree_with_words(one: str, other: str, word: str) -> None:
    assert matches(one, word) == _glob(one, word)
    if matches(one, word) and matches(other, word):
        assert intersects(one, other)
    if covers(one, other) and matches(other, word):
        assert matches(one, word)
    if covers(one, other) and other:
        assert intersects(one, other) or not other.strip("*?")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(RESOURCE_PATTERNS), st.sampled_from(RESOURCE_PATTERNS), st.sampled_from(REQUESTS))
def test_arns_agree_with_words(one: str, other: str, request_: tuple[str, str]) -> None:
    left, right, resource = arn(plain(one)), arn(plain(other)), request_[1]
    if _glob(one, resource) and _glob(other, resource):
        assert arn_intersects(left, right)
    if arn_covers(left, right) and _glob(other, resource):
        assert _glob(one, resource)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("a*b", "*c", False),
        ("a*", "*b", True),
        ("a?", "a", False),
        ("?*", "", False),
        ("a*c*e", "ab*de", True),
        ("ab", "ab", True),
    ],
)
def test_intersections(one: str, other: str, both: bool) -> None:  # noqa: FBT001 - a row of a table
    assert intersects(one, other) is both
    assert intersects(other, one) is both
