"""What an inventory knows of a function's use of its role, gathered for the suggested policy."""

import re
from collections.abc import Iterator

from auditor.iam.needs import configuration_needs, optional_needs
from auditor.iam.suggest import KnownUse
from auditor.model import (
    NOT_COLLECTED,
    CodeFacts,
    EventSourceMapping,
    Function,
    Reason,
    Role,
    Unavailable,
    UnusedAccess,
    known,
)

# https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE, and the older https://REGION.queue.amazonaws.com/ACCOUNT/QUEUE
_QUEUE_URL = re.compile(
    r"https://(?:sqs\.(?P<region>[a-z0-9-]+)|(?P<old>[a-z0-9-]+)\.queue)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<account>\d{12})/(?P<name>[\w.-]+)"
)
# Notes of the analysis that an own file, or a part of one, was not read.
UNREAD = frozenset({"unread-file", "partly-parsed"})
_BUCKET_URL = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})(?:/.*)?")


def known_use(
    function: Function,
    role: Role,
    mappings: tuple[EventSourceMapping, ...] = (),
    *,
    shared: bool = False,
    window_days: int = 90,
) -> KnownUse:
    """The evidence on one function: calls of its code, needs of its settings, IAM's record, and named
    resources.

    Raises `EvidenceMissingError` where a setting was not read; code and IAM's record may be missing, one of
    them.
    """
    return KnownUse(
        region=function.region,
        calls=_calls(function),
        needs=(*configuration_needs(function, mappings), *optional_needs(function)),
        accessed=role.last_accessed,
        arns=tuple(dict.fromkeys(_named(function, mappings))),
        shared=shared,
        window_days=window_days,
        idle=frozenset(_idle(role, window_days)),
    )


def _idle(role: Role, window_days: int) -> Iterator[str]:
    access = role.unused_access
    if isinstance(access, UnusedAccess) and access.days >= window_days:
        for one in access.permissions:
            yield from (f"{one.service}:{name.rpartition(':')[2]}".lower() for name in one.actions)


def _calls(function: Function) -> tuple[tuple[str, str, str], ...] | Unavailable:
    """The calls of all code in use: that of `$LATEST`, and of versions that were read beside it."""
    found: list[tuple[str, str, str]] = []
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    beside = [one.code for one in versions if one.code_sha256 != function.code_sha256]
    for code in (function.code, *(one for one in beside if one != NOT_COLLECTED)):
        calls = code if isinstance(code, Unavailable) else code.calls
        if isinstance(calls, Unavailable):
            return calls
        if isinstance(code, CodeFacts) and _is_partial(code):
            return Unavailable(
                reason=Reason.PACKAGE_UNREADABLE,
                operation="lambda:GetFunction",
                note="own files were not fully read: they may call more",
            )
        found += calls
    return tuple(dict.fromkeys(found))


def _is_partial(code: CodeFacts) -> bool:
    """Whether calls may be missing, because own source was read in part or not at all."""
    facts = () if isinstance(code.facts, Unavailable) else code.facts
    return any(fact.kind in UNREAD for fact in facts)


def _named(function: Function, mappings: tuple[EventSourceMapping, ...]) -> Iterator[str]:
    for variable in known(function.environment):
        arn = _arn_of(variable.refers_to, function)
        if arn:
            yield arn
    for mapping in mappings:
        yield mapping.source_arn
    if function.kms_key_arn:
        yield function.kms_key_arn


def _arn_of(reference: str, function: Function) -> str:
    if reference.startswith("arn:"):
        return reference
    queue = _QUEUE_URL.fullmatch(reference)
    if queue:
        region = queue["region"] or queue["old"]
        return f"arn:{function.partition}:sqs:{region}:{queue['account']}:{queue['name']}"
    bucket = _BUCKET_URL.fullmatch(reference)
    return f"arn:{function.partition}:s3:::{bucket['bucket']}" if bucket else ""
