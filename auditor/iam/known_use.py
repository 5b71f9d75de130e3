"""What an inventory knows of a function's use of its role, gathered for the suggested policy."""

import re
from collections.abc import Iterator

from auditor.iam.needs import configuration_needs
from auditor.iam.suggest import KnownUse
from auditor.model import EventSourceMapping, Function, Role, Unavailable, known

# https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE, and the older https://REGION.queue.amazonaws.com/ACCOUNT/QUEUE
_QUEUE_URL = re.compile(
    r"https://(?:sqs\.(?P<region>[a-z0-9-]+)|(?P<old>[a-z0-9-]+)\.queue)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<account>\d{12})/(?P<name>[\w.-]+)"
)
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
    code = function.code
    return KnownUse(
        region=function.region,
        calls=code if isinstance(code, Unavailable) else code.calls,
        needs=configuration_needs(function, mappings),
        accessed=role.last_accessed,
        arns=tuple(dict.fromkeys(_named(function, mappings))),
        shared=shared,
        window_days=window_days,
    )


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
