"""Layer versions that functions mount: the newest of each layer, and who may use it."""

from collections.abc import Iterable
from typing import NamedTuple

from auditor.collect.answers import definite
from auditor.collect.kept import kept
from auditor.collect.operations import Operation, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole
from auditor.iam.parse import PolicyError, parse_document
from auditor.model import LayerUse, LayerVersion, Reason, ResourcePolicy, Unavailable
from auditor.secrets import redact

GET_LAYER = Operation(
    service="lambda",
    name="GetLayerVersionByArn",
    actions=("lambda:GetLayerVersion",),
    requires=("LayerVersionArn", "Content", *each("Content", "CodeSha256 CodeSize Location")),
    absent=("ResourceNotFoundException",),
)
LIST_LAYER_VERSIONS = Operation(
    service="lambda",
    name="ListLayerVersions",
    actions=("lambda:ListLayerVersions",),
    requires=("LayerVersions", "LayerVersions[].Version"),
)
GET_LAYER_POLICY = Operation(
    service="lambda",
    name="GetLayerVersionPolicy",
    actions=("lambda:GetLayerVersionPolicy",),
    requires=("Policy",),
    absent=("ResourceNotFoundException",),
)
OPERATIONS = (GET_LAYER, LIST_LAYER_VERSIONS, GET_LAYER_POLICY)


@whole(GET_LAYER)
def layers(api: Api, region: str, uses: Iterable[LayerUse]) -> tuple[LayerVersion, ...]:
    """Return each mounted layer version once; the policy of another account's layer is not ours to read."""
    arns = sorted({use.arn for use in uses})
    newest = {name: _newest(api, region, name) for name in sorted({arn.rsplit(":", 1)[0] for arn in arns})}
    return tuple(api.map(lambda arn: _layer(api, region, arn, newest[arn.rsplit(":", 1)[0]]), arns))


@kept
def _newest(api: Api, region: str, layer_arn: str) -> int | Unavailable:
    items = api.pages(LIST_LAYER_VERSIONS, region, "LayerVersions", LayerName=layer_arn)
    if isinstance(items, Unavailable):
        return items
    numbers = [] if isinstance(items, Absent) else [int(item["Version"]) for item in items]
    if not numbers:
        return Unavailable(
            reason=Reason.NO_DATA,
            operation=LIST_LAYER_VERSIONS.label,
            note="the layer has no version",
        )
    return max(numbers)


def _layer(api: Api, region: str, arn: str, newest: int | Unavailable) -> LayerVersion:
    found = _described(api, region, arn)
    return LayerVersion(
        arn=arn,
        latest_version=newest,
        policy=_policy(api, region, arn),
        description=found if isinstance(found, Unavailable) else found.description,
        compatible_runtimes=found if isinstance(found, Unavailable) else found.runtimes,
    )


class _Described(NamedTuple):
    """What a layer version says of itself."""

    description: str
    runtimes: tuple[str, ...]


@kept
def _described(api: Api, region: str, arn: str) -> _Described | Unavailable:
    # A version that was deleted still runs in the functions that mount it, and cannot be described any more.
    answer = definite(api.call(GET_LAYER, region, Arn=arn), GET_LAYER)
    if isinstance(answer, Unavailable):
        return answer
    return _Described(redact(answer.get("Description", "")), tuple(answer.get("CompatibleRuntimes", ())))


@kept
def _policy(api: Api, region: str, arn: str) -> ResourcePolicy | None | Unavailable:
    if arn.split(":")[4] != api.account:
        return Unavailable(
            reason=Reason.OTHER_ACCOUNT,
            operation=GET_LAYER_POLICY.label,
            note="the layer belongs to another account",
        )
    name, version = arn.rsplit(":", 1)
    answer = api.call(GET_LAYER_POLICY, region, LayerName=name, VersionNumber=int(version))
    if isinstance(answer, Absent):
        return None
    if isinstance(answer, Unavailable):
        return answer
    try:
        return ResourcePolicy(qualifier=version, statements=parse_document(answer["Policy"]))
    except PolicyError:
        return Unavailable(
            reason=Reason.MALFORMED_RESPONSE,
            operation=GET_LAYER_POLICY.label,
            code="PolicyError",
            note="the policy is not a policy document",
        )
