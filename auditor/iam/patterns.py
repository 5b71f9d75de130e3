"""Wildcard patterns and ARNs: what one matches, shares with, or covers of another.

A policy's text is first made `plain`: `${*}`, `${?}` and `${$}` stand for the characters themselves, and a
policy variable such as `${aws:PrincipalTag/team}` for one value that is not known here. Both become single
private characters, so that no colon or wildcard within them is taken for one of the pattern's own.

An ARN is six segments. A wildcard stays within its segment, except that a `*` which ends a segment may
reach over the colons that follow:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from functools import lru_cache

Arn = tuple[str, str, str, str, str, str]

# What stands for a value that is itself what lets a caller in.
REDACTED = "***"
ANY: Arn = ("*", "*", "*", "*", "*", "*")
_SEGMENTS = 6
_STAR, _QUESTION, _VARIABLE = "\ue000", "\ue001", "\ue002"
_SPECIAL = re.compile(r"\$\{([^}]*)\}")
_LITERALS = {"*": _STAR, "?": _QUESTION, "$": "$"}
_OPEN = re.compile(f"[*?{_VARIABLE}]")
_STARS = re.compile(r"\*{2,}")
# A part of its own that asks for no more than that there is something: no name is empty.
_ANY_NAME = re.compile(r"(?:^|(?<=[:/]))(?:\?{1,2}\*|\*\?{1,2}|\?\*\?)(?=[:/]|$)")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """A pattern with escapes and policy variables as single private characters, and runs of stars as one.

    `?*` in place of a whole name stands for every name, as `*` does.
    """
    if "$" in text:
        text = _SPECIAL.sub(lambda found: _LITERALS.get(found[1], _VARIABLE), text)
    text = _STARS.sub("*", text)
    return _ANY_NAME.sub("*", text) if "?" in text else text


def anything(value: str) -> bool:
    """Whether a condition's value is made of wildcards alone. A value that was left out (`***`) is not."""
    return value != REDACTED and set(plain(value)) <= {"*", "?"}


def has_wildcard(pattern: str) -> bool:
    """Whether a plain pattern can match more than one text, policy variables aside."""
    return "*" in pattern or "?" in pattern


def has_variable(pattern: str) -> bool:
    """Whether a plain pattern holds a policy variable."""
    return _VARIABLE in pattern


@lru_cache(maxsize=16384)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": ".", _VARIABLE: ".*"}
    return re.compile("".join(parts.get(one) or re.escape(one) for one in pattern), re.DOTALL)


@lru_cache(maxsize=16384)
def _covering(pattern: str) -> re.Pattern[str]:
    # A wildcard in the narrower pattern is a character like any other here, which only a wildcard at least
    # as wide can take in: `?` takes `?` but never `*`.
    parts = {"*": ".*", "?": "[^*]"}
    return re.compile("".join(parts.get(one) or re.escape(one) for one in pattern), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether a plain pattern matches a text; a policy variable may be anything."""
    if not has_wildcard(pattern) and _VARIABLE not in pattern:
        return pattern == text
    parts = _around_star(pattern)
    if parts is not None:
        return _fits(parts, text)
    return _compiled(pattern).fullmatch(text) is not None


def covers(wide: str, narrow: str) -> bool:
    """Whether `wide` matches everything that `narrow` matches.

    Never wrongly yes; a no may be wrong only where `wide` needs two wildcards side by side for one (`?*`
    for `*`).
    """
    if wide in ("*", narrow):
        return True
    if not has_wildcard(wide):
        return False
    parts = _around_star(wide)
    if parts is not None:
        return _fits(parts, narrow)
    return _covering(wide).fullmatch(narrow) is not None


@lru_cache(maxsize=16384)
def _around_star(pattern: str) -> tuple[str, str] | None:
    """What stands before and after the one star of a pattern, None where it has other wildcards: most have
    not.
    """
    before, star, after = pattern.partition("*")
    return (before, after) if star and not _OPEN.search(before + after) else None


def _fits(parts: tuple[str, str], text: str) -> bool:
    before, after = parts
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)


def intersects(one: str, other: str) -> bool:
    """Whether some text is matched by both plain patterns."""
    if "*" in (one, other) or one == other:
        return True
    starts, ends = _ends(one)
    other_starts, other_ends = _ends(other)
    if not (starts.startswith(other_starts) or other_starts.startswith(starts)):
        return False
    if not (ends.endswith(other_ends) or other_ends.endswith(ends)):
        return False
    # Letters that both begin with need no search; what is left mostly begins with a wildcard.
    shared = min(len(starts), len(other_starts))
    return _both(one[shared:].replace(_VARIABLE, "*"), other[shared:].replace(_VARIABLE, "*"))


@lru_cache(maxsize=16384)
def _ends(pattern: str) -> tuple[str, str]:
    parts = _OPEN.split(pattern)
    return parts[0], parts[-1]


@lru_cache(maxsize=16384)
def _both(one: str, other: str) -> bool:
    if "*" in (one, other):
        return True
    # reached[j]: some text is matched by one[:i] and by other[:j].
    reached = [True] + [False] * len(other)
    for j, right in enumerate(other):
        reached[j + 1] = reached[j] and right == "*"
    for left in one:
        row = [reached[0] and left == "*"]
        for j, right in enumerate(other):
            if "*" in (left, right):
                # The star is empty, or takes the other side's next character and stays.
                row.append(reached[j + 1] or row[j])
            else:
                row.append(reached[j] and (left == right or "?" in (left, right)))
        reached = row
    return reached[-1]


@lru_cache(maxsize=16384)
def arn(pattern: str) -> Arn:
    """The six segments of a plain ARN pattern, the last with all further colons.

    Fewer segments are filled up where a segment ends in `*`. What is no ARN matches nothing but itself.
    """
    if pattern == "*":
        return ANY
    parts = pattern.split(":", _SEGMENTS - 1)
    short = _SEGMENTS - len(parts)
    if short:
        reaching = next((place for place, part in enumerate(parts) if part.endswith("*")), None)
        if reaching is None:
            return (pattern, "", "", "", "", "")
        parts[reaching + 1 : reaching + 1] = ["*"] * short
    partition, service, region = parts[1], parts[2], parts[3]
    return (parts[0], partition, service, region, parts[4], parts[5])


def arn_matches(pattern: Arn, text: Arn) -> bool:
    """Whether an ARN pattern matches an ARN, segment by segment."""
    return all(map(matches, pattern, text))


def arn_covers(wide: Arn, narrow: Arn) -> bool:
    """Whether one ARN pattern matches everything that another matches."""
    return wide is ANY or all(map(covers, wide, narrow))


def arn_intersects(one: Arn, other: Arn) -> bool:
    """Whether some ARN is matched by both patterns."""
    return all(
        left == right or left == "*" or right == "*" or intersects(left, right)  # noqa: PLR1714 - the inner loop
        for left, right in zip(one, other, strict=True)
    )


def meet(one: Arn, other: Arn) -> Arn | None:
    """What two ARN patterns have in common, None for nothing.

    Exact where in each segment one covers the other; else that segment of `one`, which is at most too wide.
    """
    if one is ANY or one == other:
        return other
    if other is ANY:
        return one
    if not arn_intersects(one, other):
        return None
    parts = [right if covers(left, right) else left for left, right in zip(one, other, strict=True)]
    return (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
