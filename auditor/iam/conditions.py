"""What a Condition block means for the calls that a function makes with its execution role.

Each condition is read as always, never or sometimes met by such a call; what is sometimes met is classed by
how far it narrows a grant. Which key means what is data: `conditions.yaml`.
"""

import re
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache

from auditor.iam.actions import Action
from auditor.iam.condition_keys import Key, listed, unreliable
from auditor.iam.patterns import anything, has_variable, has_wildcard, intersects, matches, plain
from auditor.model import Condition, Record


class Narrowing(Enum):
    """How far a Condition narrows a grant, from not at all to nothing left."""

    NONE = "none"
    WEAK = "weak"
    OWNER = "owner"
    SERVICE = "service"
    STRONG = "strong"
    DEAD = "dead"

    @property
    def rank(self) -> int:
        """Place in the order, 0 for no condition."""
        return _RANK[self]


_RANK = {narrowing: rank for rank, narrowing in enumerate(Narrowing)}


class Caller(Record, frozen=True, kw_only=True):
    """Who calls: the execution role, and the day it is judged for. `*` where the role's ARN does not tell."""

    role_arn: str
    partition: str
    account: str
    as_of: date


class Reading(Record, frozen=True, kw_only=True):
    """What the conditions of an Allow leave of it.

    `passed_to` and `not_passed_to` are patterns of service principals from `iam:PassedToService`; empty
    where it is not asked.
    """

    narrowing: Narrowing = Narrowing.NONE
    passed_to: tuple[str, ...] = ()
    not_passed_to: tuple[str, ...] = ()


class DenyReading(Record, frozen=True, kw_only=True):
    """Whether a Deny applies, and for one that sometimes does, what it leaves of a grant."""

    applies: "Truth"
    leaves: Reading = Reading()


class Truth(Enum):
    """Whether a condition is met by a function's own calls."""

    ALWAYS = "always"
    NEVER = "never"
    SOMETIMES = "sometimes"


_DAY = timedelta(days=1)
# Keys that hold a moment, and how long before the day of the call it may lie: the credentials of a role's
# session are valid for 12 hours at most.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tokenissuetime
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html
_MOMENTS = {
    "aws:currenttime": timedelta(),
    "aws:epochtime": timedelta(),
    "aws:tokenissuetime": _DAY,
}


class Operator(Record, frozen=True, kw_only=True):
    """A condition operator taken apart. `quantifier` is `all`, `any` or "" for a single-valued key."""

    base: str
    negated: bool
    if_exists: bool
    quantifier: str


@lru_cache(maxsize=512)
def operator(text: str) -> Operator:
    """Take a condition operator such as `ForAllValues:StringNotLikeIfExists` apart."""
    quantifier, _, rest = text.lower().rpartition(":")
    bare = rest.removesuffix("ifexists")
    base = bare.replace("not", "", 1)
    return Operator(
        base=base,
        negated=base != bare,
        if_exists=bare != rest,
        quantifier={"foranyvalue": "any", "forallvalues": "all"}.get(quantifier, ""),
    )


def read_allow(conditions: tuple[Condition, ...], action: Action | None, caller: Caller) -> Reading:
    """What the conditions of an Allow leave of one action; an unknown action is taken to know every key."""
    reading = Reading()
    for condition in conditions:
        met = truth(condition, action, caller)
        if met is Truth.NEVER:
            return Reading(narrowing=Narrowing.DEAD)
        added = Reading(narrowing=Narrowing.WEAK) if met is Truth.ALWAYS else _classed(condition, action)
        reading = both(reading, added)
    return reading


def read_deny(conditions: tuple[Condition, ...], action: Action | None, caller: Caller) -> DenyReading:
    """Whether a Deny applies to a function's calls; where only unless one key has its value, that
    narrowing.
    """
    open_ones: list[Condition] = []
    for condition in conditions:
        met = truth(condition, action, caller)
        if met is Truth.NEVER:
            return DenyReading(applies=Truth.NEVER)
        if met is Truth.SOMETIMES:
            open_ones.append(condition)
    if not open_ones:
        return DenyReading(applies=Truth.ALWAYS)
    leaves = _left_by_deny(open_ones[0], action) if len(open_ones) == 1 else Reading()
    return DenyReading(applies=Truth.SOMETIMES, leaves=leaves)


def both(one: Reading, other: Reading) -> Reading:
    """Two readings that hold together."""
    passed_to = one.passed_to or other.passed_to
    if one.passed_to and other.passed_to:
        passed_to = tuple(v for v in one.passed_to if any(intersects(v, w) for w in other.passed_to))
        if not passed_to:
            return Reading(narrowing=Narrowing.DEAD)
    return Reading(
        narrowing=max(one.narrowing, other.narrowing, key=lambda narrowing: narrowing.rank),
        passed_to=passed_to,
        not_passed_to=one.not_passed_to + other.not_passed_to,
    )


def truth(condition: Condition, action: Action | None, caller: Caller) -> Truth:
    """Whether a condition is met by a function's own calls of an action."""
    op = operator(condition.operator)
    key = condition.key.lower()
    absent = _absent(key, action)
    if not condition.values:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
        return Truth.ALWAYS
    if op.base == "null":
        return _null_truth(condition, absent=absent, key=key, caller=caller)
    if absent:
        return _absent_truth(op)
    if key in _MOMENTS:
        return _date_truth(op, condition.values, caller.as_of - _MOMENTS[key], caller.as_of + _DAY)
    held = _fixed_value(key, caller)
    if held is None or any(has_variable(plain(value)) for value in condition.values):
        return Truth.SOMETIMES
    return _fixed_truth(op, held, condition.values)


def _null_truth(condition: Condition, *, absent: bool, key: str, caller: Caller) -> Truth:
    wanted_absent = "true" in {value.lower() for value in condition.values}
    if absent:
        return Truth.ALWAYS if wanted_absent else Truth.NEVER
    if key in _MOMENTS or _fixed_value(key, caller) is not None:
        return Truth.NEVER if wanted_absent else Truth.ALWAYS
    return Truth.SOMETIMES


def _absent_truth(op: Operator) -> Truth:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
    if op.quantifier == "any":
        return Truth.ALWAYS if op.if_exists else Truth.NEVER
    return Truth.ALWAYS if op.if_exists or op.negated or op.quantifier == "all" else Truth.NEVER


def _fixed_truth(op: Operator, held: str, values: tuple[str, ...]) -> Truth:
    if op.base in ("stringequals", "stringequalsignorecase", "bool"):
        met = held.lower() in {value.lower() for value in values}
        if op.base == "stringequals" and met:
            met = held in values
    elif op.base in ("stringlike", "arnlike", "arnequals"):
        met = any(matches(plain(value), held) for value in values)
    else:
        return Truth.SOMETIMES
    return Truth.ALWAYS if met != op.negated else Truth.NEVER


def _date_truth(op: Operator, values: tuple[str, ...], earliest: date, latest: date) -> Truth:
    begins, ends = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (earliest, latest))
    moments = [_moment(value) for value in values]
    if len(moments) != 1 or moments[0] is None:
        return Truth.SOMETIMES
    moment = moments[0]
    if op.base in ("datelessthan", "datelessthanequals", "numericlessthan", "numericlessthanequals"):
        return Truth.NEVER if moment <= begins else Truth.ALWAYS if moment >= ends else Truth.SOMETIMES
    if op.base in (
        "dategreaterthan",
        "dategreaterthanequals",
        "numericgreaterthan",
        "numericgreaterthanequals",
    ):
        return Truth.ALWAYS if moment <= begins else Truth.NEVER if moment >= ends else Truth.SOMETIMES
    return Truth.SOMETIMES


def _moment(text: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d{9,}(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), tz=UTC)
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _absent(key: str, action: Action | None) -> bool:
    if listed(key, "absent"):
        return True
    if action is None or listed(key, "caller"):
        return False
    prefix = key.partition(":")[0]
    tagged = ":resourcetag/" in key
    if prefix == "aws" and not tagged:
        return False
    # Of a key of the action's own service, the data may not know yet; of IAM, Lambda and tags they do.
    if prefix == action.service and not (tagged or prefix in ("iam", "lambda")):
        return False
    return not any(matches(known, key) for known in action.conditions)


def _classed(condition: Condition, action: Action | None) -> Reading:
    op = operator(condition.operator)
    key = condition.key.lower()
    values = tuple(plain(value) for value in condition.values)
    if listed(key, "service"):
        return _service(op, values)
    entry = listed(key, "strong")
    if entry and not _undone(key, action) and _pins(op, key, values, all_values=_carried(entry, key, action)):
        return Reading(narrowing=Narrowing.STRONG)
    if listed(key, "owner") and _pins(op, key, values, all_values=False):
        return Reading(narrowing=Narrowing.OWNER)
    return Reading(narrowing=Narrowing.WEAK)


def _carried(entry: Key, key: str, action: Action | None) -> bool:
    # ForAllValues is met where the key is absent, as for a Scan of a table that is pinned by
    # dynamodb:LeadingKeys.
    return entry.all_values and (action is None or any(matches(known, key) for known in action.conditions))


def _service(op: Operator, values: tuple[str, ...]) -> Reading:
    if not values or op.base not in ("stringequals", "stringlike", "stringequalsignorecase"):
        return Reading(narrowing=Narrowing.WEAK)
    if op.negated:
        like = op.base == "stringlike"
        # StringNotEquals takes a wildcard for the character, which no service has.
        shut = tuple(value for value in values if like or not has_wildcard(value))
        return Reading(narrowing=Narrowing.WEAK, not_passed_to=shut)
    if any(matches(value, _NO_SERVICE) for value in values):
        return Reading(narrowing=Narrowing.WEAK)
    return Reading(narrowing=Narrowing.SERVICE, passed_to=values)


# A value that lets this one through lets every service through.
_NO_SERVICE = "no-such-service.amazonaws.com"

_WIDE_POLICIES = ("*", "/AdministratorAccess", "/IAMFullAccess", "/PowerUserAccess")


def _pins(op: Operator, key: str, values: tuple[str, ...], *, all_values: bool) -> bool:
    if op.negated or op.if_exists or not values or op.base in ("null", "date", "numeric"):
        return False
    if op.quantifier == "all" and not all_values:
        return False
    if op.base == "bool":
        return values == ("true",)
    if key == "iam:policyarn":
        return not any(value.endswith(_WIDE_POLICIES) for value in values)
    return not any(anything(value) for value in values)


def _left_by_deny(condition: Condition, action: Action | None) -> Reading:
    op = operator(condition.operator)
    if op.quantifier:
        return Reading()
    if listed(condition.key.lower(), "service"):
        turned_op = Operator(base=op.base, negated=not op.negated, if_exists=False, quantifier="")
        return _service(turned_op, tuple(plain(value) for value in condition.values))
    if not op.negated:
        return Reading()
    suffix = "IfExists" if op.if_exists else ""
    turned = Condition(operator=f"{op.base}{suffix}", key=condition.key, values=condition.values)
    reading = _classed(turned, action)
    return reading if reading.narrowing in (Narrowing.STRONG, Narrowing.OWNER) else Reading()


def _undone(key: str, action: Action | None) -> bool:
    return action is not None and any(
        matches(entry.key, key) and action.key in entry.actions for entry in unreliable()
    )


def _fixed_value(key: str, caller: Caller) -> str | None:
    entry = listed(key, "fixed")
    if entry is None:
        return None
    value = {"{role}": caller.role_arn, "{account}": caller.account}.get(entry.value, entry.value)
    return value if value not in ("", "*") else None
