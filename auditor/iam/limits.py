"""What is left of an Allow once other statements had their say: resources, Deny, boundary, service
control.
"""

from functools import lru_cache

import msgspec

from auditor.iam import actions
from auditor.iam.actions import Action
from auditor.iam.conditions import Caller, Narrowing, Reading, Truth, both, read_allow, read_deny
from auditor.iam.patterns import Arn, arn, arn_covers, arn_intersects, meet, plain
from auditor.iam.privileges import Room, Rule
from auditor.iam.scope import PREFIX, Piece, pieces
from auditor.model import Record, Statement


class Scoped(Record, frozen=True, kw_only=True):
    """A rule with the keys of the actions that it is about, each with the pattern that matched."""

    rule: Rule
    keys: dict[str, str]

    def about_unknown(self, key: str) -> bool:
        """Whether the rule is about an action that the data do not know, kept as the pattern it was written
        in.
        """
        statement = self.rule.statement
        if statement.not_actions:
            return not actions.touched(key, statement.not_actions)
        return actions.covered(key, statement.actions)


def scoped(rule: Rule) -> Scoped:
    """A rule with its actions expanded."""
    return Scoped(rule=rule, keys=keys_of(rule.statement))


def keys_of(statement: Statement) -> dict[str, str]:
    """Keys of the actions that a statement is about, each with the pattern that matched, or `NotAction`."""
    return _but(statement.not_actions) if statement.not_actions else actions.expand_all(statement.actions)


@lru_cache(maxsize=16)
def _but(not_actions: tuple[str, ...]) -> dict[str, str]:
    # The same few guardrails stand over every role.
    return dict.fromkeys(actions.complement(not_actions), "NotAction")


class Share(Record, frozen=True, kw_only=True):
    """What is left of one statement's Allow of one action."""

    pieces: tuple[Piece, ...]
    reading: Reading = Reading()
    within: tuple[tuple[Room, ...], ...] = ()
    excluded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def share_of(statement: Statement, action: Action | None, caller: Caller) -> Share | None:
    """What a statement's resources mean for an action, before conditions and limits."""
    if not statement.not_resources:
        found = tuple(piece for written in statement.resources for piece in pieces(written, action, caller))
        return Share(pieces=found) if found else None
    return _without(Share(pieces=pieces("*", action, caller)), statement.not_resources, caller)


def _without(share: Share, patterns: tuple[str, ...], caller: Caller) -> Share | None:
    """What is left where patterns are taken out; what they only partly overlap stays, with the overlap noted.

    Where nothing is left of the own account, or only what the action is not mostly about, that is told by its
    breadth: it is no longer every resource.
    """
    taken = [(pattern, arn(plain(pattern))) for pattern in patterns]
    whole = [pattern for _, pattern in taken]
    left = [piece for piece in share.pieces if not any(arn_covers(one, piece.pattern) for one in whole)]
    if not left:
        return None
    remains = tuple(
        _at_most(piece, PREFIX) if _lost(piece, whole, caller) or _aside(piece, left, share) else piece
        for piece in left
    )
    overlapping = tuple(
        written
        for written, pattern in taken
        if any(not piece.sole and arn_intersects(pattern, piece.pattern) for piece in left)
    )
    return msgspec.structs.replace(share, pieces=remains, excluded=share.excluded + overlapping)


def _at_most(piece: Piece, breadth: float) -> Piece:
    return msgspec.structs.replace(piece, breadth=min(piece.breadth, breadth))


def _lost(piece: Piece, whole: list[Arn], caller: Caller) -> bool:
    prefix, partition, service, region, account, resource = piece.pattern
    if piece.sole or account != "*":
        return False
    own = (prefix, partition, service, region, caller.account, resource)
    return any(arn_covers(one, own) for one in whole)


def _aside(piece: Piece, left: list[Piece], share: Share) -> bool:
    return piece.aside and all(one.aside for one in left) and not all(one.aside for one in share.pieces)


def _only(share: Share, rooms: tuple[Room, ...], widths: tuple[Piece, ...]) -> Share | None:
    """What is left where something else has to allow it too: the common part, as narrow as the narrower.

    `widths` are the pieces of the rooms' patterns.
    """
    if any("*" in room.patterns and not room.excluded for room in rooms):
        return share
    left: list[Piece] = []
    for piece in share.pieces:
        for width in widths:
            common = meet(piece.pattern, width.pattern)
            if common is not None:
                breadth = min(piece.breadth, width.breadth)
                left.append(msgspec.structs.replace(piece, pattern=common, breadth=breadth))
    if not left:
        return None
    whole = not any(room.excluded for room in rooms) and all(
        any(arn_covers(width.pattern, piece.pattern) for width in widths) for piece in share.pieces
    )
    within = share.within if whole else (*share.within, rooms)
    return msgspec.structs.replace(share, pieces=tuple(dict.fromkeys(left)), within=within)


def under(action: Action | None, share: Share, ceiling: tuple[Rule, ...], caller: Caller) -> Share | None:
    """What is left where one of several rules has to allow the action too; they are those about it."""
    rooms: list[Room] = []
    widths: list[Piece] = []
    readings: list[Reading] = []
    for rule in ceiling:
        statement = rule.statement
        reading = read_allow(statement.conditions, action, caller)
        room = share_of(statement, action, caller)
        if room is not None and reading.narrowing is not Narrowing.DEAD:
            rooms.append(Room(patterns=statement.resources or ("*",), excluded=room.excluded))
            widths += room.pieces
            readings.append(reading)
    left = _only(share, tuple(rooms), tuple(widths))
    if left is None:
        return None
    loosest = min(readings, key=lambda reading: reading.narrowing.rank)
    return msgspec.structs.replace(left, reading=both(left.reading, loosest))


def after_deny(action: Action | None, share: Share, rule: Rule, caller: Caller) -> Share | None:
    """What a Deny about the action leaves."""
    statement = rule.statement
    deny = read_deny(statement.conditions, action, caller)
    if deny.applies is Truth.NEVER:
        return share
    if deny.applies is Truth.ALWAYS:
        return _denied(action, share, rule, caller)
    rest = _denied(action, share, rule, caller)
    if rest is not None and rest.pieces == share.pieces and rest.excluded == share.excluded:
        return share
    # It takes hold only under its condition: all of the grant is still there, except where the Deny would
    # have ended it, unless its one condition leaves no more than what it names.
    reading = both(share.reading, deny.leaves) if rest is None else share.reading
    if reading.narrowing is Narrowing.DEAD:
        return None
    return msgspec.structs.replace(
        share, reading=reading, notes=(*share.notes, f"narrowed by a conditional Deny in {rule.place}")
    )


def _denied(action: Action | None, share: Share, rule: Rule, caller: Caller) -> Share | None:
    statement = rule.statement
    if not statement.not_resources:
        left = _without(share, statement.resources, caller)
    else:
        spared = tuple(
            piece for pattern in statement.not_resources for piece in pieces(pattern, action, caller)
        )
        left = _only(share, (Room(patterns=statement.not_resources),), spared)
    if left is None or (left.pieces == share.pieces and left.excluded == share.excluded):
        return left
    return msgspec.structs.replace(left, notes=(*share.notes, f"narrowed by a Deny in {rule.place}"))
