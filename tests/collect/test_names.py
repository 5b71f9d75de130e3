"""Names of secrets and parameters: listed only where a value is doubtful, and only ever an excuse."""

import pytest

from auditor.collect.functions import Selection, list_functions
from auditor.collect.names import names_of
from auditor.collect.operations import Tier
from auditor.collect.session import Api
from auditor.demo import Fault, FaultKind, demo_session
from auditor.model import SecretVerdict, Unavailable, Variable

ACCOUNT = "123456789012"
REGION = "eu-west-1"
LISTS = {"secretsmanager:ListSecrets", "ssm:DescribeParameters"}


def demo(*faults: Fault, tier: Tier = Tier.STANDARD) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), tier=tier, pace=1e9, pause=lambda _: None)


def variable(api: Api, function: str, name: str) -> Variable:
    found = list_functions(api, REGION, Selection(names=(function,)), names_of(api, REGION))
    assert isinstance(found, tuple)
    environment = found[0].environment
    assert not isinstance(environment, Unavailable)
    return next(one for one in environment if one.name == name)


def asked(api: Api) -> set[str]:
    return {row.operation for row in api.spending()} & LISTS


def test_a_value_that_is_the_name_of_a_secret_refers() -> None:
    found = variable(demo(), "db-migrator", "DB_PASSWORD")
    assert (found.verdict, found.rule) == (SecretVerdict.CLEAR, "known-name")


def test_a_value_that_is_no_name_stays_a_secret() -> None:
    api = demo()
    assert variable(api, "legacy-soap-bridge", "PASSWORD").verdict is SecretVerdict.FAIL
    assert asked(api) == LISTS


def test_where_nothing_is_doubtful_nothing_is_listed() -> None:
    api = demo()
    variable(api, "payment-refund", "PAYMENT_SECRET_ARN")
    assert not asked(api)


def test_each_list_is_read_once_however_many_ask() -> None:
    api = demo()
    names = names_of(api, REGION)
    found = api.map(lambda _: names(), range(20))
    assert {*found} == {
        frozenset({"payment/provider", "shop-db", "/webshop/prod/flags", "/webshop/prod/mail/password"})
    }
    assert {row.requests for row in api.spending()} == {1}


@pytest.mark.parametrize("operation", sorted(LISTS))
def test_a_list_that_cannot_be_read_leaves_the_other(operation: str) -> None:
    names = names_of(demo(Fault(operation=operation, kind=FaultKind.DENIED)), REGION)()
    assert len(names) == 2


def test_a_quick_scan_judges_without_names() -> None:
    api = demo(tier=Tier.QUICK)
    assert variable(api, "db-migrator", "DB_PASSWORD").verdict is SecretVerdict.FAIL
    assert not asked(api)
