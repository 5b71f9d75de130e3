"""Grants that matter for what they reach: secrets, data, exposure, credentials, other roles."""

from collections.abc import Iterable

from auditor.iam.actions import Level
from auditor.iam.conditions import Caller, Narrowing
from auditor.iam.overreach import Overreach, arns_wanted, by_aws, by_statement, overreach, sensitive, some
from auditor.iam.privileges import Grant, Privileges
from auditor.verdict import Severity


def readable_secrets(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that let the function read every secret, parameter, or anything under any key."""
    keys = _keys(sensitive().secrets.actions)
    wide = [grant for grant in privileges.sure() if grant.key in keys and _wide(grant)]
    return _each(
        privileges,
        wide,
        Severity.HIGH,
        "lets the function read secrets of every name",
        "name the ARNs of the secrets and keys",
    )


def readable_data(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that let the function read what the account stores, whatever it is called."""
    keys = _keys(sensitive().data.actions)
    wide = [grant for grant in privileges.sure() if grant.key in keys and _wide(grant)]
    return _each(
        privileges, wide, Severity.MEDIUM, "lets the function read stored data of every name", "name the ARNs"
    )


def resource_exposure(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that let the function open resources to others: policies, sharing, every Permissions
    management.
    """
    keys = _keys(sensitive().exposure.actions)
    wide = [
        grant
        for grant in privileges.sure()
        if (grant.key in keys or grant.level is Level.PERMISSIONS) and grant.broad and not by_aws(grant)
    ]
    # Those that are known to open something come before those whose level alone says so.
    wide.sort(key=lambda grant: grant.key not in keys)
    return _each(
        privileges,
        wide,
        Severity.HIGH,
        "lets the function open resources of every name to others",
        "take out, or name the ARNs",
    )


def returned_credentials(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that grant actions whose answer holds credentials, on anything but named resources."""
    keys = _keys(sensitive().credentials.actions)
    wide = [grant for grant in privileges.sure() if grant.key in keys and grant.broad and not by_aws(grant)]
    return _each(
        privileges,
        wide,
        Severity.MEDIUM,
        "lets the function obtain credentials that work elsewhere",
        "take out, or name the ARNs",
    )


def passable_roles(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that let the function pass every role: high, or low where the receiver is pinned."""
    wide = [grant for grant in privileges.sure() if grant.action == "iam:PassRole" and grant.broad]
    return _concluded(privileges, [_passable(grant) for grant in wide])


def assumable_roles(privileges: Privileges) -> tuple[Overreach, ...]:
    """Statements that let the function assume every role whose trust policy lets it."""
    wide = [grant for grant in privileges.sure() if grant.action == "sts:AssumeRole" and grant.broad]
    pinned = [grant for grant in wide if grant.narrowing is Narrowing.OWNER]
    others = [grant for grant in wide if grant.narrowing is not Narrowing.OWNER]
    what = "lets the function assume every role that trusts this account"
    found = [
        _one(group, Severity.HIGH, what, "name the roles", privileges.caller)
        for group in by_statement(others)
    ]
    what = f"{what}, within an account or organisation"
    found += [
        _one(group, Severity.MEDIUM, what, "name the roles", privileges.caller)
        for group in by_statement(pinned)
    ]
    return _concluded(privileges, found)


def _passable(grant: Grant) -> Overreach:
    to = f"to {some(grant.passed_to)} alone" if grant.passed_to else "to any service"
    on = some(grant.resources, 2)
    text = f"{grant.place} lets the function pass every role of the account {to}: iam:PassRole on {on}"
    asked = "" if grant.passed_to else ", and ask for iam:PassedToService"
    fix = f"In {grant.place}, name the ARNs of the roles that may be passed{asked}"
    return overreach(Severity.LOW if grant.passed_to else Severity.HIGH, (grant,), text=text, fix=fix)


def _wide(grant: Grant) -> bool:
    return grant.broad and not grant.sole and not by_aws(grant)


def _keys(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _each(
    privileges: Privileges, grants: Iterable[Grant], severity: Severity, what: str, fix: str
) -> tuple[Overreach, ...]:
    caller = privileges.caller
    return _concluded(
        privileges, [_one(group, severity, what, fix, caller) for group in by_statement(grants)]
    )


def _one(group: tuple[Grant, ...], severity: Severity, what: str, fix: str, caller: Caller) -> Overreach:
    first = group[0]
    on = some((written for grant in group for written in grant.resources), 2)
    text = f"{first.place} {what}: {some(grant.action for grant in group)} on {on}"
    form = arns_wanted(group, caller)
    return overreach(
        severity, group, text=text, fix=f"In {first.place}, {fix}" + (f", of the form {form}" if form else "")
    )


def _concluded(privileges: Privileges, found: list[Overreach]) -> tuple[Overreach, ...]:
    if not found:
        privileges.conclude()
    return tuple(sorted(found, key=lambda one: (one.severity.rank, one.policy, one.statement)))
