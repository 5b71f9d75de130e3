"""AppSync and CloudFront in front of functions: who asks, how long it waits, and who may ask it."""

from typing import Any

import msgspec
import pytest

from auditor.collect.distributions import collect_distributions
from auditor.collect.graphql import collect_graphql
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import Function, FunctionUrl, Reason, Region, Unavailable
from auditor.testing import healthy_function, healthy_region

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HERE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
URL = FunctionUrl(qualifier="", auth_type="NONE", url="https://a.lambda-url.eu-west-1.on.aws/")


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


def sent(api: Api) -> dict[str, int]:
    return {row.operation: row.requests for row in api.spending()}


def test_data_sources_and_authorisers_are_callers() -> None:
    found = collect_graphql(demo(), REGION)
    assert isinstance(found, tuple)
    assert [(one.route, one.function_arn, one.authorization, one.timeout_ms) for one in found] == [
        ("data source recommendations", f"{HERE}:recommendation-api", "AMAZON_COGNITO_USER_POOLS", 30_000),
        ("authoriser", f"{HERE}:tenant-portal", "AWS_LAMBDA", 10_000),
    ]
    assert not any(one.private or one.api_key_required for one in found)


def test_a_region_without_apis_is_asked_once() -> None:
    api = demo()
    assert collect_graphql(api, "us-east-1") == ()
    assert sent(api) == {"appsync:ListGraphqlApis": 1}


def test_a_region_that_the_service_is_not_in_is_not_asked() -> None:
    api = demo()
    assert collect_graphql(api, "xx-nowhere-1") == ()
    assert sent(api) == {}


@pytest.mark.parametrize("name", ["ListGraphqlApis", "ListDataSources"])
def test_apis_that_cannot_be_read_are_not_absent(name: str) -> None:
    found = collect_graphql(demo(Fault(operation=f"appsync:{name}", kind=FaultKind.DENIED)), REGION)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.ACCESS_DENIED


def function(**changes: Any) -> Function:
    return msgspec.structs.replace(healthy_function(), **{"urls": (), **changes})


def test_distributions_run_functions_and_stand_before_urls() -> None:
    found = collect_distributions(demo(), [healthy_region(function(urls=(URL,)))])
    assert isinstance(found, tuple)
    edge, pictures = found
    assert edge.functions == (
        (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:edge-redirect:12", "viewer-request"),
    )
    assert (edge.origins, edge.firewall, edge.enabled) == ((), False, True)
    (origin,) = pictures.origins
    assert (origin.signed, origin.read_timeout_s) == (False, 20)
    assert origin.domain.endswith(".lambda-url.eu-west-1.on.aws")


UNREAD = Unavailable(reason=Reason.THROTTLED, operation="lambda:ListFunctionUrlConfigs")
ASKED: tuple[tuple[str, Region, bool], ...] = (
    ("no URL", healthy_region(function()), False),
    ("a URL", healthy_region(function(), function(urls=(URL,))), True),
    ("URLs that were not read", healthy_region(function(urls=UNREAD)), True),
    ("where functions of the edge are made", healthy_region(function(region="us-east-1")), True),
    ("functions that could not be listed", msgspec.structs.replace(healthy_region(), functions=UNREAD), True),
)


@pytest.mark.parametrize(("one", "asked"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_cloudfront_is_asked_only_where_it_may_matter(one: Region, *, asked: bool) -> None:
    api = demo()
    collect_distributions(api, [one])
    assert bool(sent(api)) is asked


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.HTML], ids=["denied", "malformed"])
def test_distributions_that_cannot_be_read_are_not_absent(kind: FaultKind) -> None:
    api = demo(Fault(operation="cloudfront:*", kind=kind))
    assert isinstance(collect_distributions(api, [healthy_region(function(urls=(URL,)))]), Unavailable)
