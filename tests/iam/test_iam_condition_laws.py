"""What is said to hold always or never, held against request contexts one by one."""

import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.iam import Caller, Narrowing, actions, privileges
from auditor.iam.conditions import Truth, read_allow, read_deny, truth
from auditor.model import Condition, ControlLevel, Policy, PolicyKind, Role, Statement

ROLE = "arn:aws:iam::123456789012:role/fn"
CALLER = Caller(role_arn=ROLE, partition="aws", account="123456789012", as_of=date(2026, 11, 23))
# Contexts of a function's own sqs:SendMessage: keys that are always there, never there, or vary.
ALWAYS = {"aws:SecureTransport": "true", "aws:PrincipalArn": ROLE, "aws:PrincipalAccount": "123456789012"}
NEVER = ("aws:MultiFactorAuthPresent", "aws:SourceAccount", "kms:ViaService")
VARYING: dict[str, tuple[str | None, ...]] = {
    "aws:RequestedRegion": ("eu-west-1", "us-east-1"),
    "aws:ResourceTag/team": (None, "a", "b"),
    "aws:SourceVpce": (None, "vpce-1"),
}
VALUES = (
    "true",
    "false",
    "a",
    "b",
    "*",
    "eu-*",
    "eu-west-1",
    "vpce-1",
    ROLE,
    "arn:aws:iam::*:role/f?",
    "123456789012",
)
BASES = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "Bool")
CONTEXTS = [
    {
        key: value
        for key, value in {
            **ALWAYS,
            "aws:RequestedRegion": region,
            "aws:ResourceTag/team": tag,
            "aws:SourceVpce": vpce,
        }.items()
        if value is not None
    }
    for region in VARYING["aws:RequestedRegion"]
    for tag in VARYING["aws:ResourceTag/team"]
    for vpce in VARYING["aws:SourceVpce"]
]


def _equal(base: str, held: str, value: str) -> bool:
    if base in ("StringLike", "ArnLike"):
        return re.fullmatch(re.escape(value).replace(r"\*", ".*").replace(r"\?", "."), held) is not None
    return held.lower() == value.lower() if base == "Bool" else held == value


def _met(condition: Condition, context: dict[str, str]) -> bool:
    """The textbook, for keys of one value."""
    quantifier, _, rest = condition.operator.rpartition(":")
    base = rest.removesuffix("IfExists").replace("Not", "")
    negated = "Not" in rest
    held = context.get(condition.key)
    if rest == "Null":
        return (held is None) == ("true" in condition.values)
    if held is None:
        if quantifier:
            return quantifier == "ForAllValues" or rest.endswith("IfExists")
        return negated or rest.endswith("IfExists")
    return any(_equal(base, held, value) for value in condition.values) != negated


@st.composite
def _conditions(draw: st.DrawFn) -> Condition:
    key = draw(st.sampled_from((*ALWAYS, *NEVER, *VARYING)))
    if draw(st.integers(0, 9)) == 0:
        return Condition(operator="Null", key=key, values=(draw(st.sampled_from(("true", "false"))),))
    prefix = draw(st.sampled_from(("", "", "", "ForAllValues:", "ForAnyValue:")))
    suffix = draw(st.sampled_from(("", "", "IfExists")))
    values = draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True))
    return Condition(
        operator=f"{prefix}{draw(st.sampled_from(BASES))}{suffix}", key=key, values=tuple(values)
    )


@settings(max_examples=600, deadline=None)
@given(_conditions())
def test_always_and_never_are_true_of_every_context(condition: Condition) -> None:
    said = truth(condition, actions.find("sqs:SendMessage"), CALLER)
    met = {_met(condition, context) for context in CONTEXTS}
    if said is Truth.ALWAYS:
        assert met == {True}
    if said is Truth.NEVER:
        assert met == {False}
    if met == {True} and condition.key not in VARYING:
        assert said is Truth.ALWAYS
    if met == {False} and condition.key not in VARYING:
        assert said is Truth.NEVER


@settings(max_examples=300, deadline=None)
@given(st.lists(_conditions(), min_size=1, max_size=3))
def test_an_allow_is_dead_only_where_no_context_meets_it(conditions: list[Condition]) -> None:
    action = actions.find("sqs:SendMessage")
    meeting = [one for one in CONTEXTS if all(_met(condition, one) for condition in conditions)]
    reading = read_allow(tuple(conditions), action, CALLER)
    if meeting:
        assert reading.narrowing is not Narrowing.DEAD
    if reading.narrowing is Narrowing.STRONG:
        assert len(meeting) < len(CONTEXTS)
    deny = read_deny(tuple(conditions), action, CALLER)
    if deny.applies is Truth.ALWAYS:
        assert len(meeting) == len(CONTEXTS)
    if deny.applies is Truth.NEVER:
        assert not meeting
    if deny.leaves.narrowing is Narrowing.STRONG:
        assert len(meeting) > 0


Rule = tuple[str, str, tuple[Condition, ...]]
QUEUES = ("*", "arn:aws:sqs:*:*:*", "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:*:*:other")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"

_rule = st.tuples(
    st.sampled_from(("Allow", "Allow", "Deny")),
    st.sampled_from(QUEUES),
    st.lists(_conditions(), max_size=2).map(tuple),
)
_rules = st.lists(_rule, min_size=1, max_size=3)


def _holds(rule: Rule, context: dict[str, str]) -> bool:
    matched = re.fullmatch(re.escape(rule[1]).replace(r"\*", ".*"), QUEUE) is not None
    return matched and all(_met(condition, context) for condition in rule[2])


def _allowed(parts: list[list[Rule]], context: dict[str, str]) -> bool:
    """The textbook: no Deny anywhere, and an Allow in the policies and in each ceiling."""
    held = [[rule[0] for rule in part if _holds(rule, context)] for part in parts]
    return all("Allow" in part and "Deny" not in part for part in held)


def _policy(kind: PolicyKind, rules: list[Rule]) -> Policy:
    statements = tuple(
        Statement(index=n, effect=effect, actions=("sqs:*",), resources=(on,), conditions=conditions)
        for n, (effect, on, conditions) in enumerate(rules, 1)
    )
    return Policy(name=kind.value, kind=kind, statements=statements)


@settings(max_examples=300, deadline=None)
@given(_rules, st.none() | _rules, st.lists(_rules, max_size=2))
def test_what_some_context_allows_is_granted(
    policies: list[Rule], boundary: list[Rule] | None, levels: list[list[Rule]]
) -> None:
    role = Role(
        arn=ROLE,
        name="fn",
        policies=(_policy(PolicyKind.INLINE, policies),),
        boundary=_policy(PolicyKind.CUSTOMER_MANAGED, boundary) if boundary is not None else None,
    )
    controls = tuple(
        ControlLevel(target=str(n), policies=(_policy(PolicyKind.SERVICE_CONTROL, level),))
        for n, level in enumerate(levels)
    )
    judged = privileges(role, as_of=CALLER.as_of, controls=controls)
    parts = [policies, *([boundary] if boundary is not None else []), *levels]
    granted = judged.allows("sqs:SendMessage", QUEUE)
    if any(_allowed(parts, context) for context in CONTEXTS):
        assert granted is True
    if not any(conditions for part in parts for _, _, conditions in part):
        assert granted is _allowed(parts, CONTEXTS[0])
