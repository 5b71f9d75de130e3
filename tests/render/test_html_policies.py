"""Suggested policies in the page: each once, shortened only where report.json has the rest."""

import json
from pathlib import Path

from msgspec.structs import replace

from auditor.render.html_island import island
from auditor.render.html_policies import DIFFERENCE_LIMIT
from tests.render.html_browser import Browser, tab
from tests.render.html_sample import sample

CARD = "[...document.querySelectorAll('.card')].find((one) => one.textContent.startsWith('Suggested policy'))"


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


def test_the_page_shows_policy_and_difference_to_copy(browser: Browser, file: Path) -> None:
    report = sample()
    by_role = {policy.role: policy for policy in report.policies}
    function = next(one for one in report.functions if by_role[one.role_arn].text)
    policy = by_role[function.role_arn]
    with tab(browser) as page:
        page.open(file, f"#fn-{function.name}")
        page.until(f"{CARD} !== undefined")
        page.run(f"{CARD}.querySelector('details').open = true")
        page.until(f"{CARD}.querySelectorAll('pre').length === 2")
        shown = [page.text(f"{CARD}.querySelectorAll('pre')[{place}].textContent") for place in (0, 1)]
        assert json.loads(shown[0]) == json.loads(policy.text)
        assert shown[1].split("\n") == list(policy.difference)
        assert page.number(f"{CARD}.querySelectorAll('.code button').length") == 2
        assert all(note in page.text(f"{CARD}.textContent") for note in policy.notes)
        gone = next(one for one in report.functions if by_role[one.role_arn].unseen)
        page.go(f"#fn-{gone.name}")
        page.until(f"{CARD} !== undefined")
        assert by_role[gone.role_arn].unseen in page.text(f"{CARD}.textContent")
        assert page.complaints() == []
