"""Web Functions: who may call each endpoint, by region and by policy."""

import json
from typing import Any

import pytest

from auditor.collect.session import Api
from auditor.collect.web_functions import web_functions
from auditor.demo import Fault, demo_session
from auditor.demo.faults import FaultKind
from auditor.model import Unavailable, WebEndpoint

ACCOUNT = "123456789012"
REGION = "eu-west-1"
FRONT = f"arn:aws:lambda:{REGION}:{ACCOUNT}:web-function/shop-front"


def demo(*faults: Fault) -> Api:
    return Api(
        session=demo_session(faults=faults),
        account=ACCOUNT,
        regions=(REGION,),
        pace=1e9,
        pause=lambda _: None,
    )


def changed(operation: str, **answer: Any) -> Api:
    """The demo account with other members in one answer."""
    api = demo()

    def replace(*, parsed: dict[str, Any], **_: object) -> None:
        parsed.update(answer)

    api.session.events.register_last(f"after-call.lambda-web.{operation}", replace)
    return api


def endpoints(api: Api) -> tuple[WebEndpoint, ...] | Unavailable:
    found = web_functions(api, REGION)
    assert isinstance(found, tuple)
    assert found[0] == 1
    return found[1]


def test_each_endpoint_says_whom_it_asks() -> None:
    assert endpoints(demo()) == (
        WebEndpoint(
            arn=f"{FRONT}/endpoint/shop", function="shop-front", name="shop", unasked_regions=(REGION,)
        ),
        WebEndpoint(arn=f"{FRONT}/endpoint/staff", function="shop-front", name="staff"),
    )


def test_a_replica_may_be_open_where_the_endpoint_is_not() -> None:
    api = changed(
        "GetWebFunctionEndpoint", regionalEndpoints={"us-east-1": {"authType": "ApplicationManaged"}}
    )
    found = endpoints(api)
    assert isinstance(found, tuple)
    assert found[1].unasked_regions == ("us-east-1",)


POLICIES: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "everybody calls": ([{"Action": "lambda:InvokeWebFunctionEndpoint"}], True),
    "everybody does everything": ([{"Action": "lambda:*"}], True),
    "everybody reads": ([{"Action": "lambda:GetWebFunction"}], False),
    "everybody of an organisation": (
        [
            {
                "Action": "lambda:InvokeWebFunctionEndpoint",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
            }
        ],
        False,
    ),
    "nobody after all": (
        [{"Action": "lambda:*"}, {"Effect": "Deny", "Action": "lambda:InvokeWebFunctionEndpoint"}],
        False,
    ),
    "nobody at all": ([{"Action": "lambda:*"}, {"Effect": "Deny", "Action": "lambda:*"}], False),
    "everybody does all but another thing": ([{"NotAction": "lambda:GetWebFunction"}], True),
    "everybody does all but call": ([{"NotAction": "lambda:InvokeWeb*"}], False),
}


@pytest.mark.parametrize(("statements", "is_open"), POLICIES.values(), ids=POLICIES)
def test_a_policy_opens_what_iam_guards(statements: list[dict[str, Any]], *, is_open: bool) -> None:
    whole = [{"Effect": "Allow", "Principal": "*", "Resource": "*", **one} for one in statements]
    found = endpoints(changed("GetResourcePolicy", policy=json.dumps({"Statement": whole})))
    assert isinstance(found, tuple)
    assert [one.open_policy for one in found] == [False, is_open]


@pytest.mark.parametrize(
    "api",
    [
        demo(
            Fault(
                operation="lambda-web:ListWebFunctionEndpoints",
                kind=FaultKind.UNKNOWN_ENUM,
                field="authType",
            )
        ),
        changed("GetWebFunctionEndpoint", regionalEndpoints={"us-east-1": {"authType": "Later"}}),
        changed("GetResourcePolicy", policy="no JSON"),
        demo(Fault(operation="lambda-web:GetResourcePolicy", kind=FaultKind.DENIED)),
    ],
    ids=["an unheard-of way to ask", "the same in a replica", "a strange policy", "a policy denied"],
)
def test_what_cannot_be_read_is_missing_evidence(api: Api) -> None:
    assert isinstance(endpoints(api), Unavailable)
