"""A suggested policy as text: on which resources each action stays, and the difference to today."""

import json
from itertools import count

from auditor.iam import actions
from auditor.iam.actions import Action, ResourceType
from auditor.iam.overreach import runtime_keys
from auditor.iam.patterns import REDACTED, arn, arn_intersects, plain
from auditor.iam.privileges import Grant, Privileges
from auditor.iam.scope import WHOLE_TYPE
from auditor.model import Condition, Record, Statement

REPLACE = "<REPLACE>"


class Entry(Record, frozen=True, kw_only=True):
    """One action on resources under the conditions that it is granted under today."""

    key: str
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    verified: bool = True


def resources_for(  # noqa: PLR0913 - one keyword for each thing that is known
    privileges: Privileges,
    key: str,
    *,
    named: tuple[str, ...],
    arns: tuple[str, ...],
    region: str,
    verified: bool,
) -> tuple[Entry, ...]:
    """Entries of an action on what is known: resources that a setting names, those of the account that the
    code may mean, those that the policy names already, else a placeholder. Never more than is granted.
    """
    entries: list[Entry] = []
    for grant in privileges.of(key):
        resources = _resources(grant, named=named, arns=arns, region=region, privileges=privileges)
        if resources:
            entry = Entry(
                key=key, resources=resources, conditions=_conditions(privileges, grant), verified=verified
            )
            entries.append(entry)
    sure = [entry for entry in entries if not any(REPLACE in resource for resource in entry.resources)]
    return tuple(dict.fromkeys(sure or entries[:1]))


def document(entries: tuple[Entry, ...]) -> str:
    """The JSON text of a policy with some entries; statements with unverified actions are named so by their
    Sid.
    """
    groups: dict[tuple[tuple[str, ...], tuple[Condition, ...], bool], list[str]] = {}
    for entry in entries:
        names = groups.setdefault((entry.resources, entry.conditions, entry.verified), [])
        names.append(actions.display(entry.key))
    statements: list[dict[str, object]] = []
    unverified = count(1)
    for (resources, conditions, verified), names in groups.items():
        statement: dict[str, object] = {} if verified else {"Sid": f"Unverified{next(unverified)}"}
        statement |= {"Effect": "Allow", "Action": sorted(set(names)), "Resource": list(resources)}
        if conditions:
            statement["Condition"] = _block(conditions)
        statements.append(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def placeholders_of(entries: tuple[Entry, ...]) -> int:
    """Number of different places to fill in."""
    return len({resource for entry in entries for resource in entry.resources if REPLACE in resource})


def difference(privileges: Privileges, entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """What goes and what comes, action pattern by action pattern."""
    before = {
        f"{action} on {_on(rule.statement)}"
        for rule in privileges.rules
        if rule.statement.effect == "Allow"
        for action in rule.statement.actions or tuple(f"not {one}" for one in rule.statement.not_actions)
    }
    after = {f"{actions.display(entry.key)} on {', '.join(entry.resources)}" for entry in entries}
    gone = [f"- {line}" for line in sorted(before - after)]
    return (*gone, *(f"+ {line}" for line in sorted(after - before)))


def _on(statement: Statement) -> str:
    if statement.not_resources:
        return f"all but {', '.join(statement.not_resources)}"
    return ", ".join(statement.resources)


def _resources(
    grant: Grant, *, named: tuple[str, ...], arns: tuple[str, ...], region: str, privileges: Privileges
) -> tuple[str, ...]:
    if grant.sole:
        return ("*",)
    action = actions.find(grant.key)
    told = tuple(one for one in named if grant.reaches(_sample(one)))
    if told:
        return tuple(dict.fromkeys(told))
    if grant.breadth < WHOLE_TYPE and not grant.negated:
        return grant.resources
    if grant.key in runtime_keys() and grant.service != "logs":
        return ("*",)
    fitting = tuple(
        one
        for known in arns
        for one in _forms(known, action)
        if grant.reaches(_sample(one)) and _takes(action, one)
    )
    return tuple(dict.fromkeys(fitting)) or _placeholders(action, region, privileges)


def _sample(pattern: str) -> str:
    # Granted are whole patterns here only where one of what they match is; a name stands for the star.
    return pattern.replace("*", "name")


def _forms(known: str, action: Action | None) -> tuple[str, ...]:
    """The ARN as it stands, and that of what it contains: objects of a bucket, indexes of a table."""
    if known.startswith("arn:") and known.split(":")[2] == "s3" and "/" not in known:
        return (known, f"{known}/*")
    if action and action.key in ("dynamodb:query", "dynamodb:scan") and ":table/" in known:
        return (known, f"{known}/index/*")
    return (known,)


def _takes(action: Action | None, pattern: str) -> bool:
    if action is None:
        return False
    asked = arn(plain(pattern))
    return any(_same_depth(pattern, kind) and arn_intersects(asked, kind.pattern) for kind in action.types)


def _same_depth(pattern: str, kind: ResourceType) -> bool:
    # `bucket/*` is of objects and `bucket` of buckets: a template's lone variable holds no slash.
    resource, template = pattern.split(":", 5)[5], kind.arn.split(":", 5)[5]
    return resource.count("/") == template.count("/") or not template.startswith("${")


def _placeholders(action: Action | None, region: str, privileges: Privileges) -> tuple[str, ...]:
    if action is None or not action.types:
        return (REPLACE,)
    wanted = (_filled(kind.arn, region, privileges) for kind in actions.main_types(action))
    return tuple(dict.fromkeys(wanted))


def _filled(form: str, region: str, privileges: Privileges) -> str:
    known = {"Partition": privileges.caller.partition, "Region": region, "Account": privileges.caller.account}
    for name, value in known.items():
        form = form.replace(f"${{{name}}}", value)
    while "${" in form:
        before, _, rest = form.partition("${")
        form = f"{before}{REPLACE}{rest.partition('}')[2]}"
    return form


def _conditions(privileges: Privileges, grant: Grant) -> tuple[Condition, ...]:
    return next(
        (
            rule.statement.conditions
            for rule in privileges.rules
            if (rule.policy, rule.kind, rule.statement.index) == (grant.policy, grant.kind, grant.statement)
        ),
        (),
    )


def _block(conditions: tuple[Condition, ...]) -> dict[str, dict[str, list[str]]]:
    block: dict[str, dict[str, list[str]]] = {}
    for condition in conditions:
        values = [REPLACE if value == REDACTED else value for value in condition.values]
        block.setdefault(condition.operator, {})[condition.key] = values
    return block
