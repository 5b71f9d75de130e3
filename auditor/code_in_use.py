"""The code that callers reach where it is not that of `$LATEST`: published versions hold their own."""

from msgspec.structs import replace

from auditor.model import CodeFacts, Function, PublishedVersion, Record, Region, Unavailable
from auditor.served import in_traffic, served
from auditor.verdict import Status, Verdict

# A worse verdict stands for the function.
WORST = (Status.NOT_APPLICABLE, Status.PASS, Status.UNKNOWN, Status.WARN, Status.FAIL)


class OtherCode(Record, frozen=True, kw_only=True):
    """A function as it would be with the code of a version in use. `label` is how a message names it."""

    label: str
    function: Function


def other_code(function: Function, region: Region) -> tuple[OtherCode, ...]:
    """Return the function once for each code in use that is not `$LATEST`'s, with that code.

    Empty where no code was looked at, or one serves all callers. Where it is not known which versions are in
    use, the code of one that may be is `Unavailable`.
    """
    if not isinstance(function.code, CodeFacts):
        return ()
    if not isinstance(function.versions, Unavailable) and not _other(function.versions, function):
        return ()
    found = served(function, region)
    if isinstance(found, Unavailable):
        return (OtherCode(label="versions in use", function=replace(function, code=found)),)
    labels = {one.version: one.label for one in in_traffic(found)}
    several: dict[tuple[str, str], OtherCode] = {}
    for version in _other(function.versions, function):
        if version.version in labels:
            with_code = replace(function, code=version.code, handler=version.handler or function.handler)
            known = (version.code_sha256, version.handler)
            several.setdefault(known, OtherCode(label=labels[version.version], function=with_code))
    return tuple(several.values())


def _other(
    versions: tuple[PublishedVersion, ...] | Unavailable, function: Function
) -> tuple[PublishedVersion, ...]:
    if isinstance(versions, Unavailable):
        return ()
    return tuple(one for one in versions if one.code_sha256 != function.code_sha256)


def worst(
    outcome: Verdict | Unavailable, others: tuple[tuple[str, Verdict | Unavailable], ...]
) -> Verdict | Unavailable:
    """The verdict that holds for all code in use: the worst, which names its version; `$LATEST`'s else."""
    found = outcome
    for label, other in others:
        if _rank(other) > _rank(found):
            found = _named(label, other)
    return found


def _rank(outcome: Verdict | Unavailable) -> int:
    status = Status.UNKNOWN if isinstance(outcome, Unavailable) else outcome.status
    return WORST.index(status) if status in WORST else len(WORST)


def _named(label: str, outcome: Verdict | Unavailable) -> Verdict | Unavailable:
    if isinstance(outcome, Unavailable):
        note = f"the code of {label} is not that of $LATEST" + (f"; {outcome.note}" if outcome.note else "")
        return replace(outcome, note=note)
    return replace(outcome, message=f"Code of {label}: {outcome.message}")
