"""What is asked ahead is asked once, waited for where it is under way, and never asked in vain for long."""

from functools import partial
from threading import Event, Timer

from auditor.collect.ahead import Ahead
from auditor.collect.operations import Tier
from auditor.collect.policies import GET_POLICY, ask_ahead
from auditor.collect.session import Api
from auditor.demo.session import demo_session
from auditor.model import Unavailable

ACCOUNT, REGION = "123456789012", "eu-west-1"


def api(tier: Tier = Tier.STANDARD) -> Api:
    return Api(session=demo_session(), account=ACCOUNT, regions=(REGION,), pace=1e9, tier=tier)


def requests(asked: Api) -> dict[str, int]:
    return {row.operation: row.requests for row in asked.spending()}


def test_an_answer_is_waited_for_and_handed_out_once() -> None:
    ahead, begun, told = Ahead[str](), Event(), Event()

    def late() -> str:
        begun.set()
        assert told.wait(30)
        return "late"

    ahead.ask("question", late)
    assert begun.wait(30)
    Timer(0.05, told.set).start()
    assert ahead.answer("question") == "late"
    assert ahead.answer("question") is None
    ahead.close()


def test_what_still_waits_for_its_turn_is_left_to_whoever_needs_it() -> None:
    ahead, begun, told = Ahead[str](), Event(), Event()

    def late() -> str:
        begun.set()
        return str(told.wait(30))

    for number in range(50):
        ahead.ask(number, late)
    assert begun.wait(30)
    assert ahead.answer(49) is None
    told.set()
    assert ahead.answer(0) == "True"
    ahead.close()


def test_answers_do_not_pile_up() -> None:
    asked: list[int] = []
    ahead = Ahead[None](most=3)
    for number in range(9):
        ahead.ask(number, partial(asked.append, number))
    assert [ahead.answer(number) for number in range(3, 9)] == [None] * 6
    ahead.close()
    assert set(asked) <= {0, 1, 2}


def test_a_policy_that_was_asked_ahead_is_not_asked_again() -> None:
    asked = api()
    ask_ahead(asked, REGION, "payment-webhook")
    found = asked.call(GET_POLICY, REGION, FunctionName="payment-webhook")
    assert isinstance(found, dict)
    assert requests(asked) == {"lambda:GetPolicy": 1}
    asked.close()


def test_nothing_is_asked_ahead_that_the_tier_does_not_ask() -> None:
    asked = api(Tier.QUICK)
    ask_ahead(asked, REGION, "payment-webhook")
    assert isinstance(asked.call(GET_POLICY, REGION, FunctionName="payment-webhook"), Unavailable)
    asked.close()
    assert asked.spending() == ()
