"""Answers that are computed from declarations, one module a service family; the YAML file has the rest."""

from collections.abc import Callable, Mapping
from typing import Any

from auditor.demo.account import World
from auditor.demo.answers import (
    alarms,
    functions,
    iam,
    insights,
    lambda_parts,
    layers,
    messaging,
    metrics,
    queries,
    tables,
    trail,
)

Handler = Callable[[World, str, dict[str, Any]], dict[str, Any]]

HANDLERS: Mapping[str, Handler] = {
    **functions.HANDLERS,
    **lambda_parts.HANDLERS,
    **layers.HANDLERS,
    **iam.HANDLERS,
    **metrics.HANDLERS,
    **alarms.HANDLERS,
    **insights.HANDLERS,
    **queries.HANDLERS,
    **messaging.HANDLERS,
    **tables.HANDLERS,
    **trail.HANDLERS,
}
"""Answer of each computed operation, by `service:Operation`."""

PRUNED = frozenset(tables.PRUNED)
"""Operations whose rows serve listing and description: keys that an answer does not have are dropped."""
