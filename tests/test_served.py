"""Which versions serve, who waits for them, and what other sizes would cost."""

from typing import Any

import msgspec
import pytest

from auditor.callers import callers_waiting, is_waited_for
from auditor.cost import MonthlyCost
from auditor.model import (
    Alias,
    ApiIntegration,
    Distribution,
    EventSourceMapping,
    Function,
    FunctionUrl,
    Principal,
    ProvisionedConcurrency,
    Reason,
    ResourcePolicy,
    Unavailable,
    UrlOrigin,
)
from auditor.served import in_traffic, served
from auditor.sizing import SIZES_MB, candidates, smallest_fitting_mb, vcpus
from auditor.testing import ARN, healthy_function, healthy_region, healthy_version, statement

DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListAliases", code="AccessDenied")


def versions(*numbers: str) -> tuple[Any, ...]:
    """Published versions of these numbers."""
    return tuple(healthy_version(version=number) for number in numbers)


def mapping(qualifier: str) -> tuple[EventSourceMapping, ...]:
    """One mapping that points to a qualifier."""
    arn = f"{ARN}:{qualifier}" if qualifier else ARN
    return (EventSourceMapping(uuid="1", function_arn=arn, source_arn="q", kind="sqs", state="Enabled"),)


@pytest.mark.parametrize(
    ("changes", "mappings", "expected"),
    [
        ({"aliases": (), "versions": (), "policies": ()}, (), {"$LATEST"}),
        ({"aliases": (), "policies": ()}, (), {"$LATEST"}),
        ({}, (), {"12"}),
        ({}, mapping(""), {"$LATEST", "12"}),
        ({"versions": versions("12", "3")}, mapping("3"), {"12", "3"}),
        (
            {
                "aliases": (Alias(name="live", version="12", extra_weights=(("13", 0.1),)),),
                "versions": versions("12", "13"),
            },
            (),
            {"12", "13"},
        ),
        (
            {
                "versions": versions("12", "9"),
                "provisioned": (ProvisionedConcurrency(qualifier="9", requested=1),),
            },
            (),
            {"12", "9"},
        ),
        ({"urls": (FunctionUrl(qualifier="", auth_type="NONE"),)}, (), {"$LATEST", "12"}),
        ({"aliases": (Alias(name="dev", version="$LATEST"),), "policies": ()}, (), {"$LATEST"}),
    ],
    ids=[
        "nothing published",
        "published, and nothing points to it",
        "an alias",
        "an alias, and a mapping to the unqualified function",
        "a mapping to a version",
        "an alias with two versions",
        "warm capacity on a version",
        "a URL on the unqualified function",
        "an alias of $LATEST",
    ],
)
def test_what_is_in_traffic(
    changes: dict[str, Any], mappings: tuple[EventSourceMapping, ...], expected: set[str]
) -> None:
    function = healthy_function(**changes)
    found = served(function, healthy_region(function, mappings=mappings))
    assert not isinstance(found, Unavailable)
    assert found[0].version == "$LATEST"
    assert {one.version for one in in_traffic(found)} == expected


@pytest.mark.parametrize("field", ["aliases", "versions", "policies"])
def test_a_version_may_be_missing_where_evidence_is(field: str) -> None:
    function = healthy_function(**{field: DENIED})
    assert served(function, healthy_region(function)) == DENIED


@pytest.mark.parametrize(
    ("numbers", "pointed", "needed"),
    [
        (("12",), "", set()),
        (("12", "9"), "", {"provisioned", "schedules"}),
        (("12",), "12", {"urls", "schedules"}),
    ],
    ids=["everything is pointed to", "not every version", "not the unqualified function"],
)
def test_what_else_may_be_in_use_has_to_be_known(
    numbers: tuple[str, ...], pointed: str, needed: set[str]
) -> None:
    own = {"versions": versions(*numbers)}
    unknown = set()
    for field in ("urls", "provisioned", "schedules"):
        of_region = field == "schedules"
        function = healthy_function(**own, **({} if of_region else {field: DENIED}))
        seen = {"mappings": mapping(pointed), **({field: DENIED} if of_region else {})}
        if isinstance(served(function, healthy_region(function, **seen)), Unavailable):
            unknown.add(field)
    assert unknown == needed


def test_an_alias_of_a_version_that_was_not_listed_leaves_it_unknown() -> None:
    function = healthy_function(versions=versions("11"))
    found = served(function, healthy_region(function))
    assert isinstance(found, Unavailable)
    assert found.note == "version 12, which live points to, is not among those listed"


def test_the_same_function_in_another_region_is_asked_anew() -> None:
    function = healthy_function(aliases=(), policies=())
    alone = served(function, healthy_region(function))
    driven = served(function, healthy_region(function, mappings=mapping("12")))
    assert not isinstance(alone, Unavailable)
    assert not isinstance(driven, Unavailable)
    assert {one.version for one in in_traffic(alone)} != {one.version for one in in_traffic(driven)}


def called_by(service: str) -> Function:
    """The function with a policy for one service."""
    allowed = statement(
        "lambda:InvokeFunction", principals=(Principal(kind="Service", value=f"{service}.amazonaws.com"),)
    )
    return healthy_function(policies=(ResourcePolicy(qualifier="", statements=(allowed,)),))


def test_the_least_patient_caller_comes_first_and_read_apis_replace_assumed_ones() -> None:
    api = ApiIntegration(
        api_id="1",
        api_name="shop",
        kind="REST",
        route="GET /",
        function_arn=f"{ARN}:live",
        authorization="NONE",
        timeout_ms=29_000,
    )
    slow = msgspec.structs.replace(api, route="POST /", timeout_ms=60_000)
    function = called_by("apigateway")
    found = callers_waiting(function, healthy_region(function, integrations=(slow, api)))
    assert not isinstance(found, Unavailable)
    assert [(one.name, one.limit_s, one.assumed) for one in found] == [
        ("REST API shop GET /", 29.0, False),
        ("REST API shop POST /", 60.0, False),
    ]


def test_cloudfront_waits_as_its_distribution_says() -> None:
    host = "a.lambda-url.eu-west-1.on.aws"
    function = healthy_function(
        policies=(), urls=(FunctionUrl(qualifier="", auth_type="NONE", url=f"https://{host}/"),)
    )
    region = healthy_region(function)
    origin = UrlOrigin(domain=host, signed=False, read_timeout_s=20)
    here = Distribution(arn="a", domain="d1.cloudfront.net", enabled=True, origins=(origin,))
    off = msgspec.structs.replace(here, enabled=False)
    elsewhere = msgspec.structs.replace(
        here, origins=(UrlOrigin(domain="b.lambda-url.eu-west-1.on.aws", signed=False, read_timeout_s=5),)
    )
    found = callers_waiting(function, region, (off, elsewhere, here))
    assert not isinstance(found, Unavailable)
    assert [(one.name, one.limit_s) for one in found] == [("CloudFront d1.cloudfront.net", 20.0)]
    unread = Unavailable(reason=Reason.ACCESS_DENIED, operation="cloudfront:ListDistributions")
    assert callers_waiting(function, region, unread) == unread
    assert callers_waiting(healthy_function(policies=(), urls=()), region, unread) == ()


@pytest.mark.parametrize(
    ("service", "limit"),
    [("appsync", 30.0), ("cognito-idp", 5.0), ("connect", 8.0), ("sns", None), ("states", None)],
)
def test_services_wait_as_long_as_they_document(service: str, limit: float | None) -> None:
    function = called_by(service)
    found = callers_waiting(function, healthy_region(function))
    assert not isinstance(found, Unavailable)
    assert [one.limit_s for one in found] == ([] if limit is None else [limit])


def test_somebody_waits_or_not_or_it_is_not_known() -> None:
    event, api = called_by("sns"), called_by("apigateway")
    assert is_waited_for(event, healthy_region(event)) is False
    assert is_waited_for(api, healthy_region(api)) is True
    unseen = msgspec.structs.replace(event, urls=DENIED)
    assert is_waited_for(unseen, healthy_region(unseen)) == DENIED


COST = MonthlyCost(requests_usd=0.6, compute_usd=10.0, runs=3_000_000, billed_ms=200.0, gb_seconds=1_200_000)


def test_sizes_are_priced_under_both_bounds() -> None:
    found = {one.memory_mb: one for one in candidates(2_048, COST, 0.00001, used_mb=300, headroom=0.2)}
    assert 256 not in found
    assert found[1_024].same_usd == pytest.approx(found[2_048].same_usd / 2)
    assert found[1_024].cpu_bound_usd == pytest.approx(found[1_769].cpu_bound_usd)
    assert found[3_072].cpu_bound_usd == pytest.approx(found[3_072].same_usd)
    assert list(found) == sorted(found)


def test_memory_brings_its_share_of_a_processor() -> None:
    """1,769 MB are one vCPU, so that 1,024 MB are little more than half of one."""
    assert [round(vcpus(size), 2) for size in (128, 1_024, 1_769, 3_008)] == [0.07, 0.58, 1.0, 1.7]


def test_the_smallest_size_leaves_headroom() -> None:
    assert smallest_fitting_mb(100, 0.2) == 128
    assert smallest_fitting_mb(103, 0.2) == 192
    assert smallest_fitting_mb(99_999, 0.2) == SIZES_MB[-1]
