"""The HTML page in Chromium: small, silent, offline and operable."""

import json
import re
import subprocess
from pathlib import Path

import msgspec
import pytest

from auditor.render.html import render
from auditor.report import Report
from auditor.verdict import Status
from tests.render.html_browser import Browser, Page, tab
from tests.render.html_sample import sample

VIEWS = (
    "#overview",
    "#functions",
    "#findings",
    "#findings?by=result&status=any",
    "#controls",
    "#controls?framework=nist-800-53",
    "#runtimes",
    "#cost",
    "#exceptions",
    "#changes",
    "#method",
    "#check-write-on-every-resource",
)
FUNCTION = "#fn-notify-render"


def _text(page: Page, selector: str) -> str:
    return page.text(f"document.querySelector({json.dumps(selector)}).textContent")


def _count(page: Page, selector: str) -> float:
    return page.number(f"document.querySelectorAll({json.dumps(selector)}).length")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (390, False)])
def test_every_view_is_small_silent_offline_and_fits(
    browser: Browser, file: Path, width: int, *, dark: bool
) -> None:
    with tab(browser, width=width, dark=dark) as page:
        page.open(file)
        for view in (*VIEWS, FUNCTION):
            page.go(view)
            assert page.nodes() <= 2000, view
            assert page.number("document.documentElement.scrollWidth") <= width, view
            assert _count(page, "main .view h1") == 1, view
            assert _count(page, ".sections a[aria-current]") == 1, view
        assert page.complaints() == []
        assert page.requests() == []


@pytest.mark.parametrize("width", [1440, 1024, 768, 390])
def test_rows_have_room_at_every_width(browser: Browser, file: Path, width: int) -> None:
    with tab(browser, width=width) as page:
        page.open(file)
        for view in ("#functions", "#findings", "#findings?by=result", "#controls", "#changes"):
            page.go(view)
            first = "document.querySelector('.grid-row').getBoundingClientRect()"
            assert page.number(f"{first}.width") > width / 2, view
            spilt = page.number(
                "Math.max(...[...document.querySelector('.grid-row').children]"
                f".map((cell) => cell.getBoundingClientRect().bottom - {first}.bottom))"
            )
            assert spilt <= 1, view


@pytest.mark.parametrize(
    "report", [sample(0, 8), sample(4, 8, accounts=3, history=False)], ids=["empty", "accounts"]
)
def test_opens_every_view_of_an_unusual_report(browser: Browser, tmp_path: Path, report: Report) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(render(report))
    with tab(browser) as page:
        page.open(path)
        for view in (*VIEWS, "#fn-nobody", "#check-nothing", "#nowhere", "#fn-%zz"):
            page.go(view)
            assert _count(page, "main .view h1") == 1, view
        page.go("#functions")
        assert f"of {len(report.functions)} functions" in _text(page, ".count")
        assert page.complaints() == []


def test_ten_thousand_rows_stay_few_nodes(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_bytes(render(sample(250, 40)))
    with tab(browser) as page:
        page.open(path, "#findings?by=result&status=any")
        assert _text(page, ".count").startswith("10,001 of 10,001 results")
        assert page.nodes() <= 2000
        page.run("scrollTo(0, 1e9)")
        page.until(
            "Math.max(...[...document.querySelectorAll('.grid-row')].map((row) => +row.ariaRowIndex))"
            " === 10002"
        )
        assert page.nodes() <= 2000
        assert page.complaints() == []


def test_address_holds_filter_search_and_order(browser: Browser, file: Path) -> None:
    report = sample()
    wanted = [f.name for f in report.functions if f.grade in {"C", "D"} and f.region == "eu-west-1"]
    with tab(browser) as page:
        page.open(file, "#functions?grade=C,D&region=eu-west-1&sort=name&dir=asc")
        assert _text(page, ".count") == f"{len(wanted)} of 42 functions"
        assert _text(page, "a.name") == min(wanted)
        page.run("document.querySelector('[type=checkbox]:checked').click()")
        assert "grade=D" in page.text("location.hash")
        page.run("window.old = true; location.reload()")
        page.until("window.old === undefined && document.querySelector('.count') !== null")
        left = [f.name for f in report.functions if f.grade == "D" and f.region == "eu-west-1"]
        assert _text(page, ".count") == f"{len(left)} of 42 functions"


def test_search_reaches_names_owners_and_tags(browser: Browser, file: Path) -> None:
    with tab(browser) as page:
        page.open(file, "#functions")
        page.run("document.querySelector('#search').value = 'team=checkout env'")
        page.run("document.querySelector('#search').dispatchEvent(new Event('input'))")
        page.until("document.querySelector('.count').textContent === '3 of 42 functions'")
        assert "q=team" in page.text("location.hash")


def test_arrows_lead_from_row_to_row(browser: Browser, file: Path) -> None:
    place = "+document.activeElement.closest('.grid-row').ariaRowIndex"
    with tab(browser) as page:
        page.open(file, "#functions")
        page.run("document.querySelector('a.name').focus()")
        for key, row in (("j", 3), ("ArrowDown", 4), ("k", 3), ("End", 43), ("Home", 2)):
            event = f"new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }})"
            page.run(f"document.activeElement.dispatchEvent({event})")
            assert page.number(place) == row


def test_findings_agree_with_the_report(browser: Browser, file: Path) -> None:
    report = sample()
    failed = sum(f.status is Status.FAIL for f in report.findings)
    with tab(browser) as page:
        page.open(file, "#findings?status=F&by=result")
        assert _text(page, ".count") == f"{failed} of {len(report.findings)} results"
        check = report.checks[3]
        bad = sum(f.check == check.id and f.status is Status.FAIL for f in report.findings)
        page.go(f"#check-{check.id}?status=F")
        assert _text(page, ".count").startswith(f"{bad} of ")


def test_link_to_a_finding_opens_it(browser: Browser, file: Path) -> None:
    shown = (f for f in sample().findings if f.exhibit and f.exhibit.evidence)
    finding = next(f for f in shown if f.status is Status.FAIL and f.function)
    with tab(browser) as page:
        page.open(file, f"#fn-{finding.function}?open={finding.check}")
        assert _text(page, "details[open] code") == finding.check or finding.check in _text(
            page, "details[open]"
        )
        assert _count(page, "details[open] mark") == 1
        assert _count(page, "details[open] ins") == 1
        assert page.run("document.activeElement.closest('details').dataset.check") == finding.check


def test_commands_hold_the_real_name_as_one_word_of_the_shell(browser: Browser, tmp_path: Path) -> None:
    name = 'a\'! ; touch owned; "$(id)" `id` #'
    template = "aws lambda invoke --function-name NAME --region REGION --a \"NAME\" --b 'x NAME' --c FILENAME"
    report = sample(1, 8)
    report = msgspec.structs.replace(
        report,
        functions=(msgspec.structs.replace(report.functions[0], name=name),),
        findings=tuple(
            msgspec.structs.replace(f, status=Status.FAIL, exhibit=None, details=()) for f in report.findings
        ),
        checks=tuple(
            msgspec.structs.replace(
                check,
                fix=f"Do:\n`{template}`",
            )
            for check in report.checks
        ),
    )
    path = tmp_path / "report.html"
    path.write_bytes(render(report))
    with tab(browser) as page:
        page.open(path, "#functions")
        page.go(page.text("document.querySelector('a.name').getAttribute('href')"))
        command = _text(page, "details[open] .code pre")
    shown = command.replace("aws lambda", "printf '%s\\n'", 1)
    words = subprocess.run(
        ["sh", "-c", shown], cwd=tmp_path, capture_output=True, check=True, text=True
    ).stdout
    region = report.functions[0].region
    expected = ["invoke", "--function-name", name, "--region", region, "--a", name]
    assert words.splitlines() == [*expected, "--b", f"x {name}", "--c", "FILENAME"]
    assert not (tmp_path / "owned").exists()


def test_csv_of_the_filter_starts_no_formula(browser: Browser, tmp_path: Path) -> None:
    report = sample(3, 8)
    owners = ("=cmd|' /C calc'!A0", "\uff1dSUM(1)", "-5")
    report = msgspec.structs.replace(
        report,
        functions=tuple(
            msgspec.structs.replace(f, owner=owner) for f, owner in zip(report.functions, owners, strict=True)
        ),
    )
    path = tmp_path / "report.html"
    path.write_bytes(render(report))
    with tab(browser) as page:
        page.open(path, "#functions?region=eu-west-1&sort=name&dir=asc")
        page.run("URL.createObjectURL = (blob) => { window.saved = blob; return 'blob:none'; }")
        page.run("HTMLAnchorElement.prototype.click = () => {}")
        page.run("document.querySelector('#save').click()")
        page.until("window.saved !== undefined")
        saved = page.text("window.saved.text()")
    lines = saved.removeprefix("\ufeff").split("\r\n")
    assert len(lines) == 4
    assert "'=cmd|' /C calc'!A0" in saved
    assert "'\uff1dSUM(1)" in saved
    assert report.functions[2].name not in saved


@pytest.mark.parametrize("address", ["", "#functions", FUNCTION])
def test_prints_few_pages_wherever_it_stands(browser: Browser, tmp_path: Path, address: str) -> None:
    path = tmp_path / "large.html"
    path.write_bytes(render(sample(400, 16)))
    with tab(browser) as page:
        page.open(path, address)
        assert 4 <= page.pages() <= 8
        assert page.run("document.querySelectorAll('main .view h1').length") == 1


def test_old_browser_is_told_what_to_do(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "packed.html"
    path.write_bytes(render(sample(350, 100)))
    with tab(browser) as page:
        page.call("Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream;")
        page.open(path, "#functions")
        page.until("document.documentElement.dataset.ready === 'failed'")
        assert "cannot unpack" in _text(page, "#trouble")
        assert _count(page, "#trouble[hidden]") == 0


def test_theme_follows_the_system_until_it_is_chosen(browser: Browser, file: Path) -> None:
    with tab(browser, dark=True) as page:
        page.open(file)
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = page.text(ground)
        page.run("document.querySelector('#theme').click()")
        assert page.text(ground) != dark
        page.run("document.querySelector('#theme').click()")
        assert page.text(ground) == dark


def test_points_of_a_function_lead_from_100_down_to_its_score(browser: Browser, file: Path) -> None:
    report = sample()
    held = [f for f in report.functions if any(cap.held > 1 for cap in f.caps)]
    free = [f for f in report.functions if not f.caps]
    assert held
    assert free
    with tab(browser) as page:
        page.open(file)
        for function in (held[0], free[0]):
            page.go(f"#fn-{function.name}")
            said = page.text("document.querySelector('.item-bars').innerText").replace("\u2212", "-")
            lost = sum(float(line) for line in said.splitlines() if line.startswith("-"))
            assert 100 + lost == pytest.approx(function.score, abs=1.6)
            assert ("Ceiling" in said) is bool(function.caps)
            assert said.splitlines()[-1] == str(function.score)


COLOURS = """JSON.stringify(['body', '.card', '.masthead', '.letter', '.legend', '.button'].map((one) => {
  const found = getComputedStyle(document.querySelector(one));
  return [found.color, found.backgroundColor];
}))"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_are_the_same_without_light_dark(browser: Browser, tmp_path: Path, *, dark: bool) -> None:
    """A name that no browser knows stands in for `light-dark`; the policy goes, since its hash is gone."""
    content = render(sample(4, 8)).decode()
    older = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", content)
    seen = []
    for number, text in enumerate((content, older.replace("light-dark(", "none-such("))):
        path = tmp_path / f"{number}.html"
        path.write_text(text)
        with tab(browser, dark=dark) as page:
            page.open(path)
            page.run("localStorage.clear()")
            page.open(path, "#overview")
            page.run("delete document.documentElement.dataset.theme")
            before = page.text(COLOURS)
            page.run("document.querySelector('#theme').click()")
            seen.append((before, page.text(COLOURS)))
            page.run("localStorage.clear()")
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[0][1]
