"""X-Ray's sampling rules: which requests of a region are recorded."""

from collections.abc import Iterable, Mapping
from typing import Any

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.model import Function, SamplingRule, Unavailable

GET_RULES = Operation(
    service="xray",
    name="GetSamplingRules",
    actions=("xray:GetSamplingRules",),
    requires=(
        "SamplingRuleRecords",
        "SamplingRuleRecords[].SamplingRule",
        *each("SamplingRuleRecords[].SamplingRule", "RuleName FixedRate ReservoirSize"),
        "SamplingRuleRecords[].SamplingRule.SamplingRateBoost.MaxRate",
    ),
)
OPERATIONS = (GET_RULES,)

ACTIVE = "Active"


def sampling_rules(
    api: Api, region: str, functions: Iterable[Function]
) -> tuple[SamplingRule, ...] | Unavailable:
    """Read the sampling rules of a region, nothing where no function of it traces."""
    if not any(_traces(function) for function in functions):
        return ()
    rows = listed(api.pages(GET_RULES, region, "SamplingRuleRecords"))
    return rows if isinstance(rows, Unavailable) else tuple(_rule(row["SamplingRule"]) for row in rows)


def _traces(function: Function) -> bool:
    versions = () if isinstance(function.versions, Unavailable) else function.versions
    return ACTIVE in {function.tracing, *(version.tracing for version in versions)}


def _rule(row: Mapping[str, Any]) -> SamplingRule:
    return SamplingRule(
        name=row["RuleName"],
        fixed_rate=row["FixedRate"],
        reservoir=row["ReservoirSize"],
        boosted_rate=row.get("SamplingRateBoost", {}).get("MaxRate", 0.0),
    )
