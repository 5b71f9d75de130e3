"""Roles that amount to an administrator."""

from auditor.iam import actions
from auditor.iam.overreach import Overreach, by_statement, overreach
from auditor.iam.privileges import Grant, Privileges
from auditor.verdict import Severity


def administrator(privileges: Privileges, *, share: float = 0.9) -> tuple[Overreach, ...]:
    """Whether the role can do `share` (0 to 1) of all changing actions of AWS on every resource, after Deny
    and boundary.

    Changing are the access levels Write and Permissions management. At most one finding, of the statement
    that grants most. Raises `EvidenceMissingError` where a boundary or, with nothing found, a policy was
    not read.
    """
    broad = tuple(grant for grant in privileges.sure() if grant.broad)
    changing = {grant.key for grant in broad if grant.documented and grant.level.changes}
    everything = actions.changing()
    if len(changing) < share * everything:
        privileges.conclude()
        return ()
    group = max(by_statement(broad), key=len)
    reach = _reach(broad)
    text = (
        f"{group[0].place} makes the role an administrator: {reach:,} of {len(actions.universe()):,} actions"
        f" on every resource, {len(changing):,} of the {everything:,} that change something"
    )
    fix = "Grant the actions that the function calls, each on the ARNs that it uses, instead of this policy"
    return (overreach(Severity.CRITICAL, group, text=text, fix=fix),)


def _reach(broad: tuple[Grant, ...]) -> int:
    return len({grant.key for grant in broad if grant.documented})
