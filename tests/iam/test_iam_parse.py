"""Every legal shape of a policy document parses alike; everything else is refused by name."""

import json
from urllib.parse import quote

import pytest

from auditor.iam import PolicyError, parse_document
from auditor.model import Condition, Principal, Statement

BASE = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
PARSED = Statement(index=1, effect="Allow", actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"Version": "2012-10-17", "Statement": [BASE]}, id="list"),
        pytest.param({"Statement": BASE}, id="single dict"),
        pytest.param({"Statement": (BASE,)}, id="tuple"),
        pytest.param({"Statement": [{**BASE, "Action": ["s3:GetObject"]}]}, id="action list"),
        pytest.param(
            {"statement": [{"effect": "allow", "action": "s3:GetObject", "RESOURCE": BASE["Resource"]}]},
            id="case",
        ),
        pytest.param(json.dumps({"Statement": [BASE]}), id="text"),
        pytest.param(quote(json.dumps({"Statement": [BASE]})), id="percent-encoded"),
        pytest.param("\ufeff " + json.dumps({"Statement": [BASE]}), id="byte order mark"),
        pytest.param({"Id": "x", "Statement": [{**BASE, "Condition": {}}]}, id="empty condition"),
    ],
)
def test_shapes_mean_the_same(document: str | dict[str, object]) -> None:
    assert parse_document(document) == (PARSED,)


def test_percent_signs_in_plain_text_stay() -> None:
    document = {"Statement": [{**BASE, "Resource": "arn:aws:s3:::b/a%20b"}]}
    assert parse_document(json.dumps(document))[0].resources == ("arn:aws:s3:::b/a%20b",)
    assert parse_document(quote(json.dumps(document)))[0].resources == ("arn:aws:s3:::b/a%20b",)


@pytest.mark.parametrize(
    ("principal", "parsed"),
    [
        ("*", (Principal(kind="*", value="*"),)),
        ({"AWS": "*"}, (Principal(kind="AWS", value="*"),)),
        ({"AWS": ["1", "2"]}, (Principal(kind="AWS", value="1"), Principal(kind="AWS", value="2"))),
        (
            {"Service": "lambda.amazonaws.com", "Federated": ["idp"]},
            (
                Principal(kind="Service", value="lambda.amazonaws.com"),
                Principal(kind="Federated", value="idp"),
            ),
        ),
        ({"canonicaluser": "79a5"}, (Principal(kind="CanonicalUser", value="79a5"),)),
    ],
)
def test_principals(principal: object, parsed: tuple[Principal, ...]) -> None:
    (statement,) = parse_document(
        {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}}
    )
    assert statement.principals == parsed
    assert statement.resources == ()


def test_negated_elements_and_numbers() -> None:
    first, second = parse_document(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "NotAction": "iam:*",
                    "NotResource": ["a", "b"],
                    "NotPrincipal": {"AWS": "1"},
                },
                {"Sid": "two", "Effect": "Deny", "Action": "*", "Resource": "*"},
            ]
        }
    )
    assert (first.not_actions, first.not_resources, first.index) == (("iam:*",), ("a", "b"), 1)
    assert first.not_principals == (Principal(kind="AWS", value="1"),)
    assert (second.sid, second.effect, second.index) == ("two", "Deny", 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, ("true",)), (False, ("false",)), (7, ("7",)), (1.5, ("1.5",)), (["a", 2], ("a", "2")), ([], ())],
)
def test_condition_values_become_text(value: object, text: tuple[str, ...]) -> None:
    (statement,) = parse_document(
        {"Statement": {**BASE, "Condition": {"Bool": {"aws:SecureTransport": value}}}}
    )
    assert statement.conditions == (Condition(operator="Bool", key="aws:SecureTransport", values=text),)


@pytest.mark.parametrize(
    "key", ["sts:ExternalId", "STS:externalid", "lambda:EventSourceToken", "aws:Referer"]
)
def test_values_that_let_callers_in_are_left_out(key: str) -> None:
    hidden = "very-private"
    (statement,) = parse_document(
        {"Statement": {**BASE, "Condition": {"StringEquals": {key: [hidden, "*"]}}}}
    )
    assert statement.conditions[0].values == ("***", "*")
    (asked,) = parse_document({"Statement": {**BASE, "Condition": {"Null": {key: "true"}}}})
    assert asked.conditions[0].values == ("true",)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param("not json", "not JSON", id="text"),
        pytest.param("[]", "JSON", id="list text"),
        pytest.param([], "JSON object", id="list"),
        pytest.param({}, "no Statement", id="empty"),
        pytest.param({"Statement": ["x"]}, "statement 1", id="statement of text"),
        pytest.param(
            {"Statement": [{"Action": "a:b", "Resource": "*"}]}, "Effect of statement 1", id="no effect"
        ),
        pytest.param({"Statement": [{**BASE, "Effect": "Maybe"}]}, "Effect of statement 1", id="odd effect"),
        pytest.param(
            {"Statement": [BASE, {**BASE, "NotAction": "x"}]}, "statement 2 has both", id="both actions"
        ),
        pytest.param({"Statement": {"Effect": "Allow", "Resource": "*"}}, "neither Action", id="no action"),
        pytest.param({"Statement": {**BASE, "Action": 7}}, "Action of statement 1", id="number"),
        pytest.param(
            {"Statement": {"Effect": "Allow", "NotAction": [], "Resource": "*"}}, "NotAction", id="empty not"
        ),
        pytest.param(
            {"Statement": {**BASE, "Principal": "bob"}}, "Principal of statement 1", id="principal text"
        ),
        pytest.param(
            {"Statement": {**BASE, "Principal": {"Bob": "1"}}}, "Principal of statement 1", id="kind"
        ),
        pytest.param(
            {"Statement": {**BASE, "Condition": {"Bool": "x"}}}, "Condition of statement 1", id="no keys"
        ),
        pytest.param({"Statement": {**BASE, "Condition": {"Bool": {"k": None}}}}, "Condition", id="null"),
        pytest.param('{"Statement": [], "Statement": []}', "twice", id="element twice"),
        pytest.param(
            '{"Statement": {"Effect": "Allow", "Action": "a", "action": "b"}}', "twice", id="twice by case"
        ),
        pytest.param("{" * 100_000, "not JSON", id="deep"),
    ],
)
def test_no_policy_is_refused_without_its_values(document: str | dict[str, object], said: str) -> None:
    with pytest.raises(PolicyError, match=said) as refused:
        parse_document(document)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
