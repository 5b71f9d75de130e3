"""Broad or outdated AWS managed policies that are attached to a role, and boundaries that are not."""

from collections.abc import Iterator

from auditor.iam.overreach import Overreach, runtime_keys, sensitive, some
from auditor.iam.privileges import Privileges
from auditor.model import Policy, PolicyKind, Role, Unavailable, known
from auditor.verdict import Severity

_ADMINISTRATORS = {
    "AdministratorAccess": Severity.CRITICAL,
    "IAMFullAccess": Severity.CRITICAL,
    "PowerUserAccess": Severity.HIGH,
}


def broad_managed_policies(role: Role, privileges: Privileges) -> tuple[Overreach, ...]:
    """AWS managed policies that are attached although they were not made for execution roles, or are
    outdated.

    The severity is info where what the policy still grants on every resource after Deny and boundary changes
    nothing; else it follows the name where that tells (administrator and full access), and is low. Raises
    `EvidenceMissingError` where the list of policies or, with nothing found, one was not read.
    """
    attached = (policy for policy in known(role.policies) if policy.kind is PolicyKind.AWS_MANAGED)
    found = [judged for policy in attached for judged in _judged(policy, privileges)]
    if not found:
        privileges.conclude()
    return tuple(sorted(found, key=lambda one: (one.severity.rank, one.policy)))


def boundary_absent(role: Role) -> bool:
    """Whether the role has no permissions boundary; raises `EvidenceMissingError` where that was not read."""
    return known(role.boundary) is None


def _judged(policy: Policy, privileges: Privileges) -> Iterator[Overreach]:
    if policy.name in sensitive().deprecated_policies.names:
        successor = sensitive().deprecated_policies.names[policy.name]
        instead = f"replace it by {successor}, or" if successor else "replace it"
        yield Overreach(
            severity=Severity.MEDIUM,
            policy=policy.name,
            text=f"{policy.name} is an AWS managed policy that AWS has replaced or retired",
            fix=f"Detach {policy.name}: {instead} by a policy with the actions that the function calls",
        )
        return
    if policy.name in sensitive().execution_policies.names:
        return
    if isinstance(policy.statements, Unavailable) and not _tells(policy.name):
        return
    broad = tuple(
        grant
        for grant in privileges.grants
        if grant.policy == policy.name and grant.kind is PolicyKind.AWS_MANAGED and grant.broad
    )
    granted = {grant.action for grant in broad}
    changing = {grant.action for grant in broad if grant.level.changes}
    harmless = not isinstance(policy.statements, Unavailable) and all(
        grant.key in runtime_keys() or not grant.level.changes for grant in broad
    )
    services = some(sorted({grant.service for grant in broad}), 3) or "no service"
    reach = (
        "; its statements were not read"
        if isinstance(policy.statements, Unavailable)
        else f": {len(granted):,} actions of {services} on every resource,"
        f" {len(changing):,} of which change something"
    )
    yield Overreach(
        severity=Severity.INFO if harmless else _severity(policy.name),
        policy=policy.name,
        text=f"{policy.name} is an AWS managed policy not made for execution roles{reach}",
        fix=f"Detach {policy.name} and grant the actions that the function calls, on the ARNs that it uses",
        actions=tuple(grant.action for grant in broad),
    )


def _tells(name: str) -> bool:
    return name in _ADMINISTRATORS or name.endswith("FullAccess")


def _severity(name: str) -> Severity:
    if name in _ADMINISTRATORS:
        return _ADMINISTRATORS[name]
    return Severity.MEDIUM if name.endswith("FullAccess") else Severity.LOW
