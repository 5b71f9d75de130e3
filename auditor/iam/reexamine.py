"""Our own judgement of a policy that we suggest."""

from auditor.iam.administrator import administrator
from auditor.iam.escalation import escalation_paths
from auditor.iam.evaluate import privileges
from auditor.iam.parse import parse_document
from auditor.iam.privileges import Privileges
from auditor.iam.reach import (
    assumable_roles,
    passable_roles,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
)
from auditor.iam.wildcards import negations, partial_wildcards, service_wildcards, unscoped_resources
from auditor.model import Policy, PolicyKind, Role
from auditor.verdict import Severity

_FINDERS = (
    administrator,
    assumable_roles,
    negations,
    partial_wildcards,
    passable_roles,
    readable_data,
    readable_secrets,
    resource_exposure,
    returned_credentials,
    service_wildcards,
    unscoped_resources,
)


def remaining(document: str, of: Privileges) -> tuple[str, ...]:
    """Sentences of what a role with this document alone would still be found for, from medium severity on."""
    policy = Policy(name="suggested", kind=PolicyKind.INLINE, statements=parse_document(document))
    role = Role(arn=of.caller.role_arn, name=of.role_name, policies=(policy,), boundary=None)
    judged = privileges(role, as_of=of.caller.as_of)
    told = [
        one.text for find in _FINDERS for one in find(judged) if one.severity.rank <= Severity.MEDIUM.rank
    ]
    return (*told, *(path.text for path in escalation_paths(judged)))
