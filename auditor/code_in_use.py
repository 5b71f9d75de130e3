"""The code that callers reach where it, or a setting it runs with, is not that of `$LATEST`."""

from msgspec.structs import replace

from auditor.model import Function, LayerUse, PublishedVersion, Record, Region, Unavailable
from auditor.served import in_traffic, served
from auditor.verdict import Status, Verdict

# A worse verdict stands for the function.
WORST = (Status.NOT_APPLICABLE, Status.PASS, Status.UNKNOWN, Status.WARN, Status.FAIL)


class OtherCode(Record, frozen=True, kw_only=True):
    """A function as it would be with the code and settings of a version in use.

    `label` is how a message names what differs: `code of version 12 (live)`. `doubt` is set where it is not
    known whether the version is in use: what is worse there is then unknown of the function.
    """

    label: str
    function: Function
    doubt: Unavailable | None = None


def other_code(function: Function, region: Region) -> tuple[OtherCode, ...]:
    """Return the function once for each code in use that is not `$LATEST`'s, or runs with other settings.

    Empty where one serves all callers alike. Where it is not known which versions
    are in use, the code of one that may be is `Unavailable`, and its settings are in doubt. Settings are the
    timeout and the layers; all else, such as the environment, stays that of `$LATEST`.
    """
    differing = _differing(function)
    if not differing and not isinstance(function.versions, Unavailable):
        return ()
    found = served(function, region)
    if isinstance(found, Unavailable):
        if not differing:
            return (OtherCode(label="code of versions in use", function=replace(function, code=found)),)
        return tuple({_key(one): _unsure(one, function, found) for one in differing}.values())
    labels = {one.version: one.label for one in in_traffic(found)}
    several: dict[object, OtherCode] = {}
    for version in differing:
        if version.version in labels:
            several.setdefault(_key(version), _as(version, function, labels[version.version]))
    return tuple(several.values())


def _differing(function: Function) -> tuple[PublishedVersion, ...]:
    """Versions with another code than `$LATEST`, or other settings; none where they could not be listed."""
    return tuple(
        one
        for one in (() if isinstance(function.versions, Unavailable) else function.versions)
        if one.code_sha256 != function.code_sha256 or _settings(one) != _settings(function)
    )


def _settings(one: Function | PublishedVersion) -> tuple[int, tuple[LayerUse, ...]]:
    """The settings by which code is judged: the timeout, and where else its modules may be."""
    return one.timeout_s, one.layers


def _key(version: PublishedVersion) -> object:
    return version.code_sha256, version.handler, _settings(version)


def _unsure(version: PublishedVersion, function: Function, why: Unavailable) -> OtherCode:
    found = replace(_as(version, function, f"version {version.version}"), doubt=why)
    if version.code_sha256 == function.code_sha256:
        return found
    return replace(found, function=replace(found.function, code=why))


def _as(version: PublishedVersion, function: Function, label: str) -> OtherCode:
    # A durable function's timeout is judged against that of its executions, which is known of $LATEST alone.
    timeout_s = function.timeout_s if function.is_durable else version.timeout_s
    settled = replace(function, timeout_s=timeout_s, layers=version.layers)
    if version.code_sha256 == function.code_sha256:
        return OtherCode(label=f"configuration of {label}", function=settled)
    with_code = replace(
        settled,
        code=version.code,
        handler=version.handler or function.handler,
        runtime=version.runtime or function.runtime,
    )
    return OtherCode(label=f"code of {label}", function=with_code)


def doubted(other: OtherCode, outcome: Verdict | Unavailable) -> Verdict | Unavailable:
    """What a verdict about a version that may be in use is worth: a fault there is not known to be one."""
    if other.doubt is None or isinstance(outcome, Unavailable):
        return outcome
    return other.doubt if outcome.status in {Status.WARN, Status.FAIL} else outcome


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
        note = f"the {label} is not that of $LATEST" + (f"; {outcome.note}" if outcome.note else "")
        return replace(outcome, note=note)
    return replace(outcome, message=f"{label[0].upper()}{label[1:]}: {outcome.message}")
