"""Resource-based policies of functions and of the qualifiers that somebody uses."""

from collections.abc import Iterable

from auditor.collect.kept import kept
from auditor.collect.operations import Operation
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole
from auditor.iam.parse import PolicyError, parse_document
from auditor.model import Function, Reason, ResourcePolicy, Unavailable

GET_POLICY = Operation(
    service="lambda",
    name="GetPolicy",
    actions=("lambda:GetPolicy",),
    requires=("Policy",),
    absent=("ResourceNotFoundException",),
    family="lambda:GetPolicy",
    is_early=True,
)
OPERATIONS = (GET_POLICY,)


def ask_ahead(api: Api, region: str, name: str) -> None:
    """Begin to ask for the policy of an unqualified function: of all that is asked it takes longest."""
    api.ahead(GET_POLICY, region, FunctionName=name)


@whole(GET_POLICY)
def policies(
    api: Api, region: str, function: Function, qualifiers: Iterable[str]
) -> tuple[ResourcePolicy, ...] | Unavailable:
    """Return the policies of the unqualified function and of the given qualifiers; those without one are
    left out.

    One policy that cannot be read makes the whole `Unavailable`: it might be the one that lets everybody in.
    """
    found: list[ResourcePolicy] = []
    for qualifier in ("", *qualifiers):
        policy = _policy(api, region, function, qualifier)
        if isinstance(policy, Unavailable):
            return policy
        if policy is not None:
            found.append(policy)
    return tuple(found)


@kept
def _policy(api: Api, region: str, function: Function, qualifier: str) -> ResourcePolicy | None | Unavailable:
    extra = {"Qualifier": qualifier} if qualifier else {}
    answer = api.call(GET_POLICY, region, FunctionName=function.name, **extra)
    if isinstance(answer, Absent):
        return None
    if isinstance(answer, Unavailable):
        return answer
    try:
        return ResourcePolicy(qualifier=qualifier, statements=parse_document(answer["Policy"]))
    except PolicyError:
        return Unavailable(
            reason=Reason.MALFORMED_RESPONSE,
            operation=GET_POLICY.label,
            code="PolicyError",
            note="the policy is not a policy document",
        )
