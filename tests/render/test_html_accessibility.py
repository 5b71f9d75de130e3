"""Every page of the report against axe-core: no violation of WCAG 2.2 AA, in both themes, wide and narrow.

https://github.com/dequelabs/axe-core
"""

import json
from pathlib import Path

import pytest

from auditor.render.html import render
from tests.render.html_browser import Browser, tab
from tests.render.html_sample import sample
from tests.render.test_html_diff import page as comparison_page

ENGINE = Path(__file__).parents[2] / "requirements/node/node_modules/axe-core/axe.min.js"
PAGES = (
    "#overview",
    "#functions",
    "#functions?q=nothing-like-this",
    "#findings",
    "#findings?by=result&status=any",
    "#controls",
    "#runtimes",
    "#cost",
    "#exceptions",
    "#changes",
    "#method",
    "#check-write-on-every-resource",
    "#fn-notify-render",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = f"""axe.run(document, {{ runOnly: {json.dumps(RULES)}, resultTypes: ['violations'] }})
  .then((found) => found.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) =>
    node.target + ' ' + node.any.concat(node.all, node.none).map((check) => check.message)[0]).join('; ')))"""


@pytest.fixture(scope="module")
def engine() -> str:
    if not ENGINE.exists():
        pytest.skip("axe-core is not installed: `python3 tests/run.py` takes it from the npm registry")
    return ENGINE.read_text()


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a report of two accounts, which has more tables."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(render(sample(24, 16, accounts=2)))
    return path


def _violations(browser: Browser, file: Path, engine: str, *, width: int, dark: bool) -> dict[str, object]:
    found: dict[str, object] = {}
    with tab(browser, width=width, dark=dark) as page:
        page.open(file)
        page.run(engine)
        for address in PAGES:
            page.go(address)
            page.run("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
            said = page.run(RUN)
            if said:
                found[address] = said
    return found


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (390, False)])
def test_no_page_violates_wcag(
    browser: Browser, accounts: Path, engine: str, *, width: int, dark: bool
) -> None:
    assert _violations(browser, accounts, engine, width=width, dark=dark) == {}


def test_the_engine_finds_what_is_wrong(browser: Browser, file: Path, engine: str) -> None:
    with tab(browser) as page:
        page.open(file)
        page.run(engine)
        page.run("document.querySelector('#theme').removeAttribute('aria-label')")
        page.run("document.querySelector('.product').style.color = '#bbb'")
        said = json.dumps(page.run(RUN))
    assert "button-name" in said
    assert "color-contrast" in said


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_page_of_a_comparison_violates_nothing(
    browser: Browser, tmp_path: Path, engine: str, *, width: int, dark: bool
) -> None:
    path = tmp_path / "diff.html"
    path.write_bytes(comparison_page())
    with tab(browser, width=width, dark=dark) as page:
        page.call("Page.navigate", url=path.as_uri())
        page.until("document.readyState === 'complete' && document.querySelector('h1') !== null")
        page.run(engine)
        assert page.run(RUN) == []
        assert page.number("document.documentElement.scrollWidth") <= width
