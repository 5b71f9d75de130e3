"""What the conditions of a resource-based policy pin its callers to."""

import re
from ipaddress import ip_network

import msgspec

from auditor.iam.conditions import operator
from auditor.iam.patterns import anything, arn, has_wildcard, plain
from auditor.model import Condition, Record


class Pins(Record, frozen=True, kw_only=True):
    """What a statement's conditions pin. `accounts` and `organizations` are those named, `other` whether
    something else narrows the callers (network, principal ARN), `url` whether the call has to come through
    the function URL and `url_auth` with which AuthType; `source_arns` as written, `token` whether
    `lambda:EventSourceToken` is asked.
    """

    accounts: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    source_arns: tuple[str, ...] = ()
    other: bool = False
    url: bool = False
    url_auth: str = ""
    token: bool = False

    @property
    def any(self) -> bool:
        """Whether anything narrows who may call."""
        return bool(self.accounts or self.organizations or self.named_sources or self.other)

    @property
    def named_sources(self) -> tuple[str, ...]:
        """Source ARNs that name one resource although they hold no account id, such as a bucket's."""
        parts = [(value, arn(value)) for value in self.source_arns]
        return tuple(value for value, named in parts if not named[4] and not has_wildcard(named[5]))


def pins(conditions: tuple[Condition, ...]) -> Pins:
    """What conditions pin; negated operators, `…IfExists`, `Null`, and values of wildcards alone pin
    nothing.
    """
    found = Pins()
    for condition in conditions:
        values = tuple(plain(value) for value in condition.values)
        op = operator(condition.operator)
        loose = op.negated or op.if_exists or op.quantifier == "all" or op.base == "null" or not values
        if not loose and not any(anything(value) for value in condition.values):
            found = _with(found, condition.key.lower(), values)
    return found


_ACCOUNT_KEYS = frozenset({"aws:sourceaccount", "aws:principalaccount"})
_ORGANIZATION_KEYS = frozenset(
    {"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"}
)
_OTHER_KEYS = frozenset(
    {"aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:userid", "aws:principalservicename"}
)
# Ranges wider than these are public to S3 too:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
_NARROWEST_PUBLIC = {4: 8, 6: 32}


def _with(found: Pins, key: str, values: tuple[str, ...]) -> Pins:
    change = msgspec.structs.replace
    if key in _ACCOUNT_KEYS:
        named = all(not has_wildcard(value) for value in values)
        return change(found, accounts=found.accounts + values) if named else found
    if key in _ORGANIZATION_KEYS:
        ids = tuple(value.partition("/")[0] for value in values)
        named = all(not has_wildcard(one) for one in ids)
        return change(found, organizations=found.organizations + ids) if named else found
    if key == "aws:sourcearn":
        return change(
            found, source_arns=found.source_arns + values, accounts=found.accounts + _accounts(values)
        )
    if key == "aws:principalarn":
        accounts = _accounts(values)
        return change(found, accounts=found.accounts + accounts) if accounts else found
    if key == "aws:sourceip":
        return found if any(map(_public_range, values)) else change(found, other=True)
    if key in _OTHER_KEYS:
        return change(found, other=True)
    if key == "lambda:functionurlauthtype":
        return change(found, url=True, url_auth=values[0].upper())
    if key == "lambda:invokedviafunctionurl":
        return change(found, url="true" in {value.lower() for value in values} or found.url)
    return change(found, token=True) if key == "lambda:eventsourcetoken" else found


def _public_range(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return not network.is_private and network.prefixlen < _NARROWEST_PUBLIC[network.version]


def _accounts(arns: tuple[str, ...]) -> tuple[str, ...]:
    named = tuple(arn(value)[4] for value in arns)
    return named if all(re.fullmatch(r"\d{12}", account) for account in named) else ()
