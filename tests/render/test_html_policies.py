"""Suggested policies in the page: each once, shortened only where report.json has the rest."""

import json

from msgspec.structs import replace

from auditor.render.html_island import island
from auditor.render.html_policies import DIFFERENCE_LIMIT
from tests.render.html_sample import sample


def test_functions_under_one_role_share_its_policy() -> None:
    report = sample(4, 3)
    first, second = report.functions[:2]
    report = replace(
        report, functions=(first, replace(second, role_arn=first.role_arn), *report.functions[2:])
    )
    found = island(report)
    functions, policies, words = found["functions"], found["policies"], found["words"]
    assert isinstance(functions, dict)
    assert isinstance(policies, list)
    assert isinstance(words, list)
    assert functions["policy"][0] == functions["policy"][1]
    role, _, document, *_ = policies[functions["policy"][0]]
    assert words[role] == first.role
    assert json.loads(words[document]) == json.loads(report.policies[0].text)


def test_a_function_without_a_policy_says_so() -> None:
    report = sample(3, 3)
    functions = island(replace(report, policies=report.policies[1:]))["functions"]
    assert isinstance(functions, dict)
    assert functions["policy"] == [-1, 0, 1]


def test_a_long_difference_is_cut_and_counted() -> None:
    report = sample(1, 3)
    lines = tuple(f"- s3:Get{place} on *" for place in range(DIFFERENCE_LIMIT + 5))
    policies = island(replace(report, policies=(replace(report.policies[0], difference=lines),)))["policies"]
    assert isinstance(policies, list)
    assert (len(policies[0][6]), policies[0][7]) == (DIFFERENCE_LIMIT, DIFFERENCE_LIMIT + 5)
