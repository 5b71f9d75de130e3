"""The IAM policies of the auditor itself: what its declared operations need, and what a scan was refused."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from auditor.collect.operations import Tier, declared

# Characters of a managed policy, white space not counted:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_LIMIT = 6_144

Policy = dict[str, Any]


def iam_actions(tier: Tier) -> tuple[str, ...]:
    """Return the IAM actions that a scan of a tier needs, sorted."""
    return tuple(
        sorted(
            {
                action
                for operation in declared()
                if tier.covers(operation.tier)
                for action in operation.actions
            }
        )
    )


def actions_of_tier(tier: Tier) -> tuple[str, ...]:
    """Return the IAM actions that a tier needs and no lesser one does, sorted."""
    lesser = {action for one in Tier if one.rank < tier.rank for action in iam_actions(one)}
    return tuple(action for action in iam_actions(tier) if action not in lesser)


def iam_policies(tier: Tier, limit: int = MANAGED_POLICY_LIMIT) -> tuple[Policy, ...]:
    """Return identity policies that together allow exactly the declared actions: one statement a tier, in as
    few documents as managed policies of at most `limit` characters can hold.

    Most of the operations list an account and take no resource, so that the resource is `*` throughout.
    """
    documents: list[list[dict[str, Any]]] = [[]]
    for one in (found for found in Tier if tier.covers(found)):
        for number, actions in enumerate(_portions(one, limit), start=1):
            statement = _statement(actions, f"Audit{one.value.capitalize()}{number if number > 1 else ''}")
            if policy_size(_policy(*documents[-1], statement)) > limit:
                documents.append([])
            documents[-1].append(statement)
    return tuple(_policy(*statements) for statements in documents if statements)


def tier_policies(tier: Tier, limit: int = MANAGED_POLICY_LIMIT) -> tuple[Policy, ...]:
    """Return the policies that allow what a tier adds to the lesser ones."""
    name = f"Audit{tier.value.capitalize()}"
    return tuple(_policy(_statement(actions, name)) for actions in _portions(tier, limit))


def policy_size(policy: Policy) -> int:
    """Characters of a policy as IAM counts them: without white space."""
    return len("".join(json.dumps(policy, separators=(",", ":")).split()))


def missing_policy(refused: Iterable[str]) -> Policy | None:
    """Return the policy that allows the declared operations (`service:Operation`) that were refused; None
    where none of them needs an action.
    """
    names = set(refused)
    actions = {action for one in declared() if f"{one.service}:{one.name}" in names for action in one.actions}
    return _policy(_statement(sorted(actions), "AuditMissing")) if actions else None


def _portions(tier: Tier, limit: int) -> Iterator[list[str]]:
    """Part the actions of a tier so that each part fits into a policy of its own."""
    portion: list[str] = []
    for action in actions_of_tier(tier):
        # Room for a number at the end of the statement's name.
        if portion and policy_size(_policy(_statement([*portion, action], f"Audit{tier.value}00"))) > limit:
            yield portion
            portion = []
        portion.append(action)
    if portion:
        yield portion


def _statement(actions: Sequence[str], name: str) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": list(actions), "Resource": "*"}


def _policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}
