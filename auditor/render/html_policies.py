"""Suggested policies in the data island, each once for all functions under its role."""

import json

from auditor.render.html_columns import Words
from auditor.report import PolicyReport, Report

DIFFERENCE_LIMIT = 60
"""Lines of one difference; the whole stands in report.json."""


def policies(report: Report, words: Words) -> list[list[object]]:
    """Return the policies in the order of the report. `report_function.js` reads them."""
    return [_policy(policy, words) for policy in report.policies]


def places(report: Report) -> list[int]:
    """Return for each function the place of its role's policy, -1 for none."""
    at = {policy.role: place for place, policy in enumerate(report.policies)}
    return [at.get(function.role_arn, -1) for function in report.functions]


def _policy(policy: PolicyReport, words: Words) -> list[object]:
    lines = policy.difference
    return [
        words(policy.role.rsplit("/", 1)[-1]),
        words(policy.unseen),
        words(_dense(policy.text)),
        policy.granted,
        policy.kept,
        words(policy.confidence),
        words.many(lines[:DIFFERENCE_LIMIT]),
        len(lines),
        words.many(policy.notes),
    ]


def _dense(text: str) -> str:
    """A document without white space, which the page puts in again."""
    return json.dumps(json.loads(text), separators=(",", ":")) if text else ""
