"""How much of what an action can reach a resource pattern leaves open: breadth, from 0 (one) to 3
(anything).
"""

from functools import lru_cache

from auditor.iam.actions import Action, Level, ResourceType, main_types, of_shape
from auditor.iam.conditions import Caller
from auditor.iam.patterns import ANY, Arn, arn, arn_covers, covers, has_wildcard, meet, plain
from auditor.model import Record

ONE = 0.0
ONE_CONTAINER = 0.5
PREFIX = 1.0
WHOLE_TYPE = 2.0
EVERYTHING = 3.0


class Piece(Record, frozen=True, kw_only=True, gc=False):
    """What one resource pattern of a statement means for one action and one resource type that it takes.

    `written` is the pattern of the policy, `pattern` what of it concerns the type, `breadth` how wide that
    is: 3 every resource, 2 every one of a type or account, 1 those of a prefix (or of one name in any
    account), 0.5 everything within one container (the objects of a bucket), 0 one. `sole` tells an action
    that accepts `*` alone, `aside` a type that is not what the action is mostly about (an access point, for
    an action on objects).
    """

    written: str
    pattern: Arn
    breadth: float
    sole: bool = False
    aside: bool = False


def pieces(written: str, action: Action | None, caller: Caller) -> tuple[Piece, ...]:
    """The pieces of a resource pattern for an action, none where it can never match.

    An action that takes no resources matches `*` and patterns that leave the whole resource open. Of an
    unknown action every pattern is kept.
    """
    if action is None:
        pattern = arn(plain(written))
        return (Piece(written=written, pattern=pattern, breadth=_untyped_breadth(pattern)),)
    return _pieces_of_shape(written, action.shape, caller.partition, caller.account)


@lru_cache(maxsize=32768)
def _pieces_of_shape(written: str, shape: str, partition: str, account: str) -> tuple[Piece, ...]:
    action = of_shape(shape)
    pattern = arn(plain(written))
    if not action.types:
        whole = pattern[5] == "*" and pattern[2] in ("*", action.service)
        return (Piece(written=written, pattern=ANY, breadth=EVERYTHING, sole=True),) if whole else ()
    kinds = _closest(pattern, tuple(kind for kind in action.types if _can_be(pattern, kind)))
    found = (_piece(written, kind, action, partition, account) for kind in kinds)
    return tuple(piece for piece in found if piece is not None)


def pattern_breadth(pattern: Arn, kind: ResourceType, *, own_account_only: bool = False) -> float:
    """Breadth of an ARN pattern that has something in common with a resource type."""
    resource = pattern[5]
    account_open = pattern[4] == "*" or kind.pattern[4] == ""
    if resource == "*":
        return EVERYTHING if account_open else WHOLE_TYPE
    template = kind.arn.split(":", 5)[5]
    head, variable, tail = template.partition("${")
    if not variable:
        return WHOLE_TYPE if has_wildcard(resource) else ONE
    if covers(resource, kind.pattern[5]):
        return EVERYTHING if account_open and not head else WHOLE_TYPE
    named = _named(resource, head, tail.partition("}")[2])
    return max(named, PREFIX) if pattern[4] == "*" and not own_account_only else named


def _can_be(pattern: Arn, kind: ResourceType) -> bool:
    """Whether a pattern is not of the form without region and account while the type's ARN has both.

    `arn:aws:s3:::a*` are buckets, never access points. A lone empty account stands for what AWS owns, such
    as its Systems Manager documents.
    """
    placed = kind.pattern[3] != "" and kind.pattern[4] != ""
    return not placed or pattern[3] != "" or pattern[4] != ""


def _closest(pattern: Arn, kinds: tuple[ResourceType, ...]) -> tuple[ResourceType, ...]:
    """Without the types whose names only seem to match since a longer form holds the whole pattern.

    `table/t/index/*` are the indexes of a table, not tables whose names hold slashes.
    """
    holding = [kind for kind in kinds if arn_covers(kind.pattern, pattern)]
    return tuple(
        kind
        for kind in kinds
        if kind not in holding
        or not any(
            kind.pattern != other.pattern and arn_covers(kind.pattern, other.pattern) for other in holding
        )
    )


def _piece(written: str, kind: ResourceType, action: Action, partition: str, account: str) -> Piece | None:
    pattern = arn(plain(written))
    # IAM changes and passes nothing but the own account's principals and policies.
    own_only = action.service == "iam" and action.level not in (Level.READ, Level.LIST)
    prefix, _, service, region, owner, resource = kind.pattern
    owner = account if own_only and owner == "*" else owner
    common = meet(pattern, (prefix, partition, service, region, owner, resource))
    if common is None:
        return None
    breadth = pattern_breadth(pattern, kind, own_account_only=own_only)
    return Piece(written=written, pattern=common, breadth=breadth, aside=kind not in main_types(action))


def _named(resource: str, head: str, rest: str) -> float:
    begins = len(head) if resource.startswith(head) else _first_wildcard(resource)
    tail = resource[begins:]
    ends = {":", rest[:1]} - {""}
    cut = min((place for end in ends if (place := tail.find(end)) >= 0), default=len(tail))
    name, within = tail[:cut], tail[cut:]
    if name == "*":
        return WHOLE_TYPE
    if has_wildcard(name) and not _is_secret_suffix(name):
        return PREFIX
    return ONE_CONTAINER if has_wildcard(within) else ONE


def _first_wildcard(text: str) -> int:
    return min((place for one in "*?" if (place := text.find(one)) >= 0), default=0)


def _is_secret_suffix(name: str) -> bool:
    # Secrets Manager ends every secret's ARN in six random characters, which `??????` stands for:
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
    return name.endswith("-??????") and not has_wildcard(name[: -len("-??????")])


def _untyped_breadth(pattern: Arn) -> float:
    resource = pattern[5]
    if resource == "*":
        return EVERYTHING if pattern[4] in ("*", "") else WHOLE_TYPE
    if not has_wildcard(resource):
        return PREFIX if pattern[4] == "*" else ONE
    if pattern[2] == "s3" and not pattern[4] and _first_wildcard(resource) > resource.find("/") > 0:
        # The name of a bucket, not of a type, stands before the slash.
        return ONE_CONTAINER
    before, after = resource[: _first_wildcard(resource)], resource[_first_wildcard(resource) :]
    whole = (
        before.endswith((":", "/"))
        and set(after) <= {"*", ":", "/"}
        and before.count("/") + before.count(":") == 1
    )
    return WHOLE_TYPE if whole else PREFIX
