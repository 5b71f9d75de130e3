"""What is asked of capacity providers, and of functions that run on them."""

from typing import Any

import pytest

from auditor.collect.instances import collect_providers, environment_limits, provider_networks
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import Alias, EnvironmentLimits, Function, Reason, Unavailable
from auditor.testing import healthy_function

ACCOUNT = "123456789012"
REGION = "eu-west-1"
HERE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:capacity-provider"
LATEST = "$LATEST.PUBLISHED"


def demo(*faults: Fault) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), pace=1e9, pause=lambda _: None)


def placed(provider: str = "fraud", **changes: Any) -> Function:
    fields = {"name": "fraud-rules", "capacity_provider_arn": f"{HERE}:{provider}", "aliases": ()}
    return healthy_function(**{**fields, **changes})


def refuse(operation: str, kind: FaultKind = FaultKind.DENIED) -> Fault:
    return Fault(operation=f"lambda:{operation}", kind=kind)


def test_a_provider_that_several_functions_share_is_asked_once() -> None:
    api = demo()
    found = collect_providers(api, REGION, [placed(), placed("shop"), placed(), healthy_function()])
    subnets = {one.arn: one.subnet_ids for one in found}
    assert subnets == {
        f"{HERE}:fraud": ("subnet-0a01", "subnet-0a02", "subnet-0a03"),
        f"{HERE}:shop": ("subnet-0a01",),
    }
    assert [(row.operation, row.requests) for row in api.spending()] == [("lambda:GetCapacityProvider", 2)]
    assert [config.subnet_ids for config in provider_networks(found)] == list(subnets.values())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.DENIED, Reason.ACCESS_DENIED),
        (FaultKind.EMPTY_BODY, Reason.MALFORMED_RESPONSE),
        (FaultKind.THROTTLED, Reason.THROTTLED),
    ],
)
def test_a_provider_that_cannot_be_read_is_there_without_subnets(kind: FaultKind, reason: Reason) -> None:
    (found,) = collect_providers(demo(refuse("GetCapacityProvider", kind)), REGION, [placed()])
    assert isinstance(found.subnet_ids, Unavailable)
    assert found.subnet_ids.reason is reason
    assert provider_networks([found]) == []


def test_a_provider_that_is_gone_has_no_known_subnets() -> None:
    (found,) = collect_providers(demo(), REGION, [placed("deleted")])
    assert isinstance(found.subnet_ids, Unavailable)


def test_functions_elsewhere_ask_nothing() -> None:
    api = demo()
    assert collect_providers(api, REGION, [healthy_function()]) == ()
    assert environment_limits(api, REGION, healthy_function(), ()) == ()
    assert api.spending() == ()


def test_versions_that_callers_reach_are_asked_for_their_environments() -> None:
    aliases = (
        Alias(name="live", version="4", extra_weights=(("5", 0.1),)),
        Alias(name="x", version="$LATEST"),
    )
    asked: list[str] = []
    api = demo()

    def note(*, params: dict[str, Any], **_: object) -> None:
        asked.append(params["Qualifier"])

    api.session.events.register_first("before-parameter-build.lambda.GetFunctionScalingConfig", note)
    found = environment_limits(api, REGION, placed(aliases=aliases), ("live", "7"))
    assert asked == [LATEST, "4", "5", "7"]
    # Versions without limits of their own, as those that run elsewhere, are left out.
    assert found == (EnvironmentLimits(qualifier=LATEST, least=3, most=12),)


def test_what_was_asked_for_stands_in_while_nothing_is_applied() -> None:
    api = demo()

    def pending(*, parsed: dict[str, Any], **_: object) -> None:
        parsed.pop("AppliedFunctionScalingConfig", None)

    api.session.events.register_last("after-call.lambda.GetFunctionScalingConfig", pending)
    found = environment_limits(api, REGION, placed(name="stock-availability"), ())
    assert found == (EnvironmentLimits(qualifier=LATEST, least=1),)


def test_limits_that_cannot_be_read_are_not_the_default() -> None:
    assert isinstance(
        environment_limits(demo(refuse("GetFunctionScalingConfig")), REGION, placed(), ()), Unavailable
    )


def test_aliases_that_were_not_read_hide_versions() -> None:
    denied = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListAliases")
    api = demo()
    assert environment_limits(api, REGION, placed(aliases=denied), ()) == denied
    assert api.spending() == ()
