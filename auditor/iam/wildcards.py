"""Wildcards that reach more than they have to: in actions, in resources, and by leaving things out."""

from collections.abc import Iterable

from auditor.iam.actions import Level
from auditor.iam.conditions import Caller
from auditor.iam.overreach import (
    Overreach,
    arns_wanted,
    by_aws,
    by_statement,
    counted,
    number,
    overreach,
    runtime_keys,
    sensitive_keys,
    some,
    whole_service,
)
from auditor.iam.patterns import has_wildcard, plain
from auditor.iam.privileges import Grant, Privileges
from auditor.verdict import Severity


def service_wildcards(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that grant `service:*` (or `*`), by what is left of it after Deny and boundary."""
    found = [
        _service_wildcard(group)
        for group in _by_pattern(privileges.sure())
        if whole_service(group[0].written)
    ]
    return _concluded(privileges, found)


def partial_wildcards(privileges: Privileges) -> tuple[Overreach, ...]:
    """Action patterns with a wildcard within the name, such as `s3:Get*`, judged by what they reach."""
    found = [
        _partial_wildcard(group)
        for group in _by_pattern(privileges.sure())
        if has_wildcard(plain(group[0].written)) and not whole_service(group[0].written)
    ]
    return _concluded(privileges, found)


def negations(privileges: Privileges) -> tuple[Overreach, ...]:
    """Allow statements with NotAction or NotResource, which grant whatever AWS adds next."""
    negated = [grant for grant in privileges.sure() if grant.written == _NOT_ACTION or grant.negated]
    return _concluded(privileges, [_negation(group) for group in by_statement(negated)])


def unscoped_resources(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that grant changing or reading actions on every resource, where the actions take
    resources.

    Left out are listing actions, actions that accept `*` alone, what every function needs to run, AWS's own
    execution policies, and grants under a condition that pins the target.
    """
    unscoped = [
        grant
        for grant in privileges.sure()
        if grant.broad
        and not grant.sole
        and grant.level is not Level.LIST
        and grant.key not in runtime_keys()
        and not by_aws(grant)
    ]
    return _concluded(privileges, [_unscoped(group, privileges.caller) for group in by_statement(unscoped)])


_NOT_ACTION = "NotAction"


def _concluded(privileges: Privileges, found: list[Overreach]) -> tuple[Overreach, ...]:
    if not found:
        privileges.conclude()
    return tuple(sorted(found, key=lambda one: (one.severity.rank, one.policy, one.statement)))


def _by_pattern(grants: Iterable[Grant]) -> list[tuple[Grant, ...]]:
    groups: dict[tuple[object, ...], list[Grant]] = {}
    for grant in grants:
        if grant.written != _NOT_ACTION and not by_aws(grant):
            groups.setdefault((grant.policy, grant.kind, grant.statement, grant.written), []).append(grant)
    return [tuple(group) for group in groups.values()]


def _service_wildcard(group: tuple[Grant, ...]) -> Overreach:
    first = group[0]
    broad = tuple(grant for grant in group if grant.broad)
    fix = f"In {first.place}, name the actions that the function calls instead of {first.written}"
    return overreach(_service_severity(broad), group, text=_pattern_text(group, broad), fix=fix)


def _pattern_text(group: tuple[Grant, ...], broad: tuple[Grant, ...]) -> str:
    first = group[0]
    reached = f"{number(len(group), 'action')} ({counted(group)})"
    if not first.documented:
        reached = "actions that the action data do not know, so new or retired"
    return f"{first.place}: {first.written} reaches {reached}, {_how_wide(group, broad)}"


def _service_severity(broad: tuple[Grant, ...]) -> Severity:
    if any(grant.documented and grant.level.changes and grant.key not in runtime_keys() for grant in broad):
        return Severity.HIGH
    return Severity.MEDIUM if any(not grant.sole for grant in broad) else Severity.LOW


def _how_wide(group: tuple[Grant, ...], broad: tuple[Grant, ...]) -> str:
    if not broad:
        return f"on {some((written for grant in group for written in grant.resources), 2)}"
    if len(broad) == len(group):
        return "all on every resource"
    return f"{len(broad):,} of them on every resource"


def _partial_wildcard(group: tuple[Grant, ...]) -> Overreach:
    first = group[0]
    broad = tuple(grant for grant in group if grant.broad)
    marked = tuple(grant for grant in group if grant.key in sensitive_keys())
    text = _pattern_text(group, broad)
    if marked:
        text += f"; among them {some(grant.action for grant in marked)}"
    fix = f"In {first.place}, name the actions that the function calls instead of {first.written}"
    return overreach(_partial_severity(group, broad), group, text=text, fix=fix)


def _partial_severity(group: tuple[Grant, ...], broad: tuple[Grant, ...]) -> Severity:
    if any(_matters(grant) for grant in broad):
        return Severity.MEDIUM
    return Severity.LOW if any(_matters(grant) for grant in group) else Severity.INFO


def _matters(grant: Grant) -> bool:
    return (grant.level.changes and grant.key not in runtime_keys()) or grant.key in sensitive_keys()


def _negation(group: tuple[Grant, ...]) -> Overreach:
    first = group[0]
    broad = tuple(grant for grant in group if grant.broad)
    element = _NOT_ACTION if first.written == _NOT_ACTION else "NotResource"
    services = {grant.service for grant in group}
    reached = f"{number(len(group), 'action')} of {number(len(services), 'service')} ({counted(group)})"
    text = (
        f"{first.place}: Allow with {element} reaches {reached}, {_how_wide(group, broad)},"
        " and every one that AWS adds"
    )
    wanted = "Action" if element == _NOT_ACTION else "Resource"
    fix = f"In {first.place}, turn {element} into {wanted} and list what the function uses"
    reaching = any(grant.key not in runtime_keys() for grant in broad)
    return overreach(Severity.HIGH if reaching else Severity.LOW, group, text=text, fix=fix)


def _unscoped(group: tuple[Grant, ...], caller: Caller) -> Overreach:
    first = group[0]
    worst = min((_LEVEL_SEVERITY[grant.level] for grant in group), key=lambda severity: severity.rank)
    named = sorted(group, key=lambda grant: _LEVEL_SEVERITY[grant.level].rank)
    on = some((written for grant in group for written in grant.resources), 2)
    take = "that takes resources is" if len(group) == 1 else "that take resources are"
    text = (
        f"{first.place}: {number(len(group), 'action')} {take} granted on {on} ({counted(group)}):"
        f" {some(grant.action for grant in named)}"
    )
    unknown = [grant.action for grant in group if not grant.documented]
    if unknown:
        text += f"; not in the action data, so new or retired: {some(unknown)}"
    form = arns_wanted(named, caller) or "<REPLACE>"
    fix = f"In {first.place}, name the ARNs that the function uses, of the form {form}"
    return overreach(worst, group, text=text, fix=fix)


_LEVEL_SEVERITY = {
    Level.PERMISSIONS: Severity.HIGH,
    Level.WRITE: Severity.MEDIUM,
    Level.TAGGING: Severity.LOW,
    Level.READ: Severity.LOW,
    Level.LIST: Severity.INFO,
}
