"""Which configurations of a function serve its callers: `$LATEST` and published versions in use."""

from collections.abc import Callable, Collection

from auditor.model import (
    Function,
    LayerUse,
    PublishedVersion,
    Reason,
    Record,
    Region,
    SnapStart,
    Unavailable,
    Variable,
    known,
)

LATEST = "$LATEST"
UNQUALIFIED_COLONS = 6
REMEMBERED = "served"


class Served(Record, frozen=True, kw_only=True):
    """One configuration of a function in use. `qualifiers` are the names by which callers reach it: aliases,
    version numbers, or "" for the unqualified function. Timeout in seconds, memory in MB.
    """

    version: str
    qualifiers: tuple[str, ...]
    runtime: str
    timeout_s: int
    memory_mb: int
    code_size_bytes: int
    layers: tuple[LayerUse, ...]
    environment: tuple[Variable, ...] | Unavailable
    snap_start: SnapStart | None
    dead_letter_arn: str | Unavailable
    tracing: str | Unavailable

    @property
    def label(self) -> str:
        """How a message names it: `$LATEST`, or `version 12 (live)`."""
        if self.version == LATEST:
            return LATEST
        names = [name for name in self.qualifiers if name and name != self.version]
        return f"version {self.version}" + (f" ({', '.join(names)})" if names else "")


def served(function: Function, region: Region) -> tuple[Served, ...] | Unavailable:
    """Return `$LATEST` and the published versions that an alias, an event source mapping, a resource-based
    policy, a function URL or provisioned concurrency points to.

    `$LATEST` comes first; its `qualifiers` are empty where versions are in use and nothing points to the
    unqualified function. `Unavailable` where aliases, versions, mappings or the policy could not be read,
    because a version may then be missing; and where schedules, function URLs or provisioned concurrency could
    not, unless the rest points to all that they might.
    """
    remembered: tuple[Region, tuple[Served, ...] | Unavailable] | None = function.__dict__.get(REMEMBERED)
    if remembered is not None and remembered[0] is region:
        return remembered[1]
    found = _served(function, region)
    function.__dict__[REMEMBERED] = (region, found)
    return found


def in_traffic(found: tuple[Served, ...]) -> tuple[Served, ...]:
    """Those configurations that something points to."""
    return tuple(one for one in found if one.qualifiers)


def first_bad(function: Function, region: Region, is_bad: Callable[[Served], bool]) -> Served | None:
    """Return the first configuration that has a fault: `$LATEST`, or a version in use.

    A fault of `$LATEST` is told even where versions could not be read; without one they have to be known,
    else this raises `EvidenceMissingError`.
    """
    latest = _latest(function, ())
    if is_bad(latest):
        return latest
    return next((one for one in known(served(function, region)) if is_bad(one)), None)


def serving_memory_mb(function: Function, region: Region) -> int:
    """Memory of the configurations in traffic, the smallest where they differ; that of `$LATEST` where the
    versions could not be read.
    """
    found = served(function, region)
    if isinstance(found, Unavailable):
        return function.memory_mb
    return min(one.memory_mb for one in in_traffic(found))


def _served(function: Function, region: Region) -> tuple[Served, ...] | Unavailable:
    mappings = region.mappings_of(function)
    for evidence in (function.aliases, function.versions, function.policies, mappings):
        if isinstance(evidence, Unavailable):
            return evidence
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    aliases = () if isinstance(function.aliases, Unavailable) else function.aliases
    reached = _qualifiers(function, region)
    names: dict[str, list[str]] = {}
    for alias in aliases:
        for number in (alias.version, *(extra for extra, _ in alias.extra_weights)):
            names.setdefault(number, []).append(alias.name)
    for version in versions:
        if version.version in reached:
            names.setdefault(version.version, []).append(version.version)
    lost = names.keys() - {version.version for version in versions} - {LATEST}
    if lost:
        number = min(lost)
        return Unavailable(
            reason=Reason.NO_DATA,
            operation="lambda:ListVersionsByFunction",
            note=f"version {number}, which {names[number][0]} points to, is not among those listed",
        )
    unseen = _unseen(function, region, names)
    if unseen is not None:
        return unseen
    own = tuple(names.pop(LATEST, ()))
    if "" in reached or not names:
        own = ("", *own)
    latest = _latest(function, own)
    return (
        latest,
        *(
            _published(version, tuple(names[version.version]))
            for version in versions
            if version.version in names
        ),
    )


def _unseen(function: Function, region: Region, names: Collection[str]) -> Unavailable | None:
    """Why more may be in use than these versions: schedules reach all, URLs aliases and the unqualified
    function, provisioned concurrency aliases and versions.
    """
    schedules = region.schedules_of(function)
    if names and "" not in _qualifiers(function, region):
        for evidence in (schedules, function.urls):
            if isinstance(evidence, Unavailable):
                return evidence
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    if any(version.version not in names for version in versions):
        for more in (schedules, function.provisioned):
            if isinstance(more, Unavailable):
                return more
    return None


def _qualifiers(function: Function, region: Region) -> set[str]:
    mappings, schedules = region.mappings_of(function), region.schedules_of(function)
    policies = () if isinstance(function.policies, Unavailable) else function.policies
    urls = () if isinstance(function.urls, Unavailable) else function.urls
    provisioned = () if isinstance(function.provisioned, Unavailable) else function.provisioned
    found = {policy.qualifier for policy in policies}
    found.update(url.qualifier for url in urls)
    found.update(one.qualifier for one in provisioned)
    found.update(
        qualifier_of(one.function_arn)
        for several in (mappings, schedules)
        if not isinstance(several, Unavailable)
        for one in several
    )
    return found


def version_at(found: tuple[Served, ...], qualifier: str) -> tuple[Served, ...]:
    """Configurations that a caller reaches by a qualifier: two of them while an alias shifts."""
    return tuple(one for one in found if qualifier in one.qualifiers)


def qualifier_of(function_arn: str) -> str:
    """Qualifier at the end of a function's ARN, "" where it has none."""
    return function_arn.split(":", 7)[7] if function_arn.count(":") > UNQUALIFIED_COLONS else ""


def _latest(function: Function, qualifiers: tuple[str, ...]) -> Served:
    return Served(
        version=LATEST,
        qualifiers=qualifiers,
        runtime=function.runtime,
        timeout_s=function.timeout_s,
        memory_mb=function.memory_mb,
        code_size_bytes=function.code_size_bytes,
        layers=function.layers,
        environment=function.environment,
        snap_start=function.snap_start,
        dead_letter_arn=function.dead_letter_arn,
        tracing=function.tracing,
    )


def _published(version: PublishedVersion, qualifiers: tuple[str, ...]) -> Served:
    return Served(
        version=version.version,
        qualifiers=qualifiers,
        runtime=version.runtime,
        timeout_s=version.timeout_s,
        memory_mb=version.memory_mb,
        code_size_bytes=version.code_size_bytes,
        layers=version.layers,
        environment=version.environment,
        snap_start=version.snap_start,
        dead_letter_arn=version.dead_letter_arn,
        tracing=version.tracing,
    )


def mounted(function: Function, region: Region) -> tuple[LayerUse, ...] | Unavailable:
    """Layer versions of every configuration in use, each once. `Unavailable` as for `served`."""
    configurations = served(function, region)
    if isinstance(configurations, Unavailable):
        return configurations
    return tuple({layer.arn: layer for one in configurations for layer in one.layers}.values())
