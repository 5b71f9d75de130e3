"""Which functions a service may invoke, by their resource-based policies: the others are not asked about.

A policy that could not be read rules nothing out.
"""

from collections.abc import Iterable

from auditor.model import Function, ResourcePolicy, Statement, Unavailable

SOURCE_KEYS = frozenset({"aws:sourcearn"})


def invokable(functions: Iterable[Function], service: str) -> tuple[str, ...]:
    """ARNs, with qualifier, that a service (`events`, `sns` …) may invoke, and those of unread policies."""
    found: list[str] = []
    for function in functions:
        if isinstance(function.policies, Unavailable):
            found.append(function.arn)
            found.extend(f"{function.arn}:{qualifier}" for qualifier in _aliases(function))
        else:
            found.extend(
                f"{function.arn}:{policy.qualifier}" if policy.qualifier else function.arn
                for policy in function.policies
                if any(_allows(statement, service) for statement in policy.statements)
            )
    return tuple(found)


def sources(functions: Iterable[Function], service: str) -> frozenset[str] | None:
    """ARNs (or patterns) to which policies limit a service; None where some policy limits it to nothing
    known.
    """
    found: set[str] = set()
    for function in functions:
        if isinstance(function.policies, Unavailable):
            return None
        for statement in _statements(function.policies, service):
            named = [
                value
                for condition in statement.conditions
                if condition.key.lower() in SOURCE_KEYS
                for value in condition.values
            ]
            if not named:
                return None
            found.update(named)
    return frozenset(found)


def _aliases(function: Function) -> Iterable[str]:
    aliases = () if isinstance(function.aliases, Unavailable) else function.aliases
    return (alias.name for alias in aliases)


def _statements(policies: Iterable[ResourcePolicy], service: str) -> Iterable[Statement]:
    return (
        statement for policy in policies for statement in policy.statements if _allows(statement, service)
    )


def _allows(statement: Statement, service: str) -> bool:
    """Whether a statement lets a service in; one for everyone lets it in too."""
    return statement.effect == "Allow" and any(
        principal.value == "*" or (principal.kind == "Service" and principal.value.split(".")[0] == service)
        for principal in statement.principals
    )
