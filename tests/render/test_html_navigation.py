"""Ways through the page: addresses that survive, keys, filters, and rows beyond what a browser can scroll."""

import json
from pathlib import Path

import msgspec
import pytest

from auditor.render.html import render
from auditor.report import Report
from auditor.verdict import Status
from tests.render.html_browser import Browser, Page, tab
from tests.render.html_sample import sample

TABS = (
    "overview",
    "functions",
    "findings",
    "controls",
    "runtimes",
    "cost",
    "exceptions",
    "changes",
    "method",
)
WITHIN = "document.activeElement"


def _text(page: Page, selector: str) -> str:
    return page.text(f"document.querySelector({json.dumps(selector)}).textContent")


def _press(page: Page, *keys: str) -> None:
    codes = {"Tab": 9, "Escape": 27, "Enter": 13, "/": 191}
    for key in keys:
        name, modifiers = (key[6:], 8) if key.startswith("Shift+") else (key, 0)
        typed = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            page.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=name,
                windowsVirtualKeyCode=codes[name],
                modifiers=modifiers,
                **(typed if kind == "keyDown" else {}),
            )
    page.run("new Promise((done) => setTimeout(done, 30))")


def _written(tmp_path: Path, report: Report) -> Path:
    path = tmp_path / "report.html"
    path.write_bytes(render(report))
    return path


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("#/fn/notify-render", "notify-render"),
        ("#/check/write-on-every-resource", "Role may write to every resource of a service"),
        ("#/findings", "Findings"),
        ("#/?sev=high&q=alarm", "Findings"),
        ("#/", "Overview"),
    ],
)
def test_addresses_with_slashes_lead_to_the_same_pages(
    browser: Browser, file: Path, address: str, title: str
) -> None:
    with tab(browser) as page:
        page.open(file, address)
        assert _text(page, "main .view h1") == title


def test_severity_and_words_of_a_short_address_filter(browser: Browser, file: Path) -> None:
    report = sample()
    wanted = sum(
        f.status in {Status.FAIL, Status.WARN} and f.severity.value == "critical" for f in report.findings
    )
    assert wanted
    with tab(browser) as page:
        page.open(file, "#/?sev=critical")
        assert _text(page, ".count").startswith(f"{wanted} of ")


def test_escape_goes_one_step_out(browser: Browser, file: Path) -> None:
    with tab(browser) as page:
        page.open(file, "#functions?grade=C")
        page.run("document.querySelector('a.name').click()")
        page.run("new Promise((done) => setTimeout(done, 60))")
        assert page.text("location.hash").startswith("#fn-")
        page.run("document.querySelector('details.finding[open] > summary').focus()")
        _press(page, "Escape")
        assert page.number("document.querySelectorAll('details.finding[open]').length") == 0
        assert page.text("location.hash").startswith("#fn-")
        _press(page, "Escape")
        assert page.text("location.hash") == "#functions?grade=C"
        _press(page, "/")
        assert page.text(f"{WITHIN}.id") == "search"
        page.run("document.querySelector('#search').value = 'pay'")
        _press(page, "Escape")
        assert page.text("document.querySelector('#search').value") == ""


def test_first_stop_of_the_keyboard_is_the_skip_link(browser: Browser, file: Path) -> None:
    with tab(browser) as page:
        page.open(file, "#functions")
        _press(page, "Tab")
        assert page.text(f"{WITHIN}.className") == "skip"
        _press(page, "Enter")
        assert page.text(f"{WITHIN}.id") == "content"
        _press(page, "Tab")
        assert page.run(f"document.querySelector('main').contains({WITHIN})") is True


def test_focus_moves_in_the_order_of_the_page(browser: Browser, file: Path) -> None:
    seen: list[str] = []
    with tab(browser) as page:
        page.open(file, "#findings")
        for _ in range(14):
            _press(page, "Tab")
            seen.append(page.text(f"{WITHIN}.id || {WITHIN}.hash || {WITHIN}.tagName"))
    assert seen[:3] == ["#content", "save", "theme"]
    assert seen[3:12] == [f"#{name}" for name in TABS]
    assert seen[12].startswith("f-status-")


def test_findings_are_filtered_by_tag(browser: Browser, file: Path) -> None:
    report = sample()
    tagged = {f.arn for f in report.functions if ("team", "payment") in f.tags}
    wanted = sum(
        finding.resource in tagged and finding.status in {Status.FAIL, Status.WARN}
        for finding in report.findings
    )
    assert wanted
    with tab(browser) as page:
        page.open(file, "#findings?tag=team%3Dpayment")
        assert _text(page, ".count").startswith(f"{wanted} of ")


def test_filter_keeps_a_comma_of_its_value(browser: Browser, tmp_path: Path) -> None:
    report = sample(6, 8)
    owners = ("shop, web", "shop", "web", "shop, web", "", "web")
    functions = tuple(
        msgspec.structs.replace(f, owner=owner) for f, owner in zip(report.functions, owners, strict=True)
    )
    path = _written(tmp_path, msgspec.structs.replace(report, functions=functions))
    with tab(browser) as page:
        page.open(path, "#functions")
        page.run(
            "[...document.querySelectorAll('.facets label')]"
            ".find((one) => one.textContent.startsWith('shop, web')).querySelector('input').click()"
        )
        assert _text(page, ".count") == "2 of 6 functions"
        page.run("window.old = true; location.reload()")
        page.until("window.old === undefined && document.querySelector('.count') !== null")
        assert _text(page, ".count") == "2 of 6 functions"
        page.open(path, "#cost")
        page.go(
            page.text(
                "[...document.querySelectorAll('.share-row a')]"
                ".find((link) => link.textContent === 'shop, web').hash"
            )
        )
        assert _text(page, ".count") == "2 of 6 functions"


def test_rows_beyond_the_reach_of_a_browser_go_to_pages(browser: Browser, tmp_path: Path) -> None:
    report = sample(810, 130)
    path = _written(tmp_path, report)
    rows = len(report.findings)
    with tab(browser, width=390) as page:
        page.open(path, "#findings?by=result&status=any")
        size = 15_000_000 // 148
        assert _text(page, ".pager span") == f"Rows 1 to {size:,} of {rows:,}"
        page.run("document.querySelector('.pager button:last-child').click()")
        assert "page=2" in page.text("location.hash")
        assert _text(page, ".pager span") == f"Rows {size + 1:,} to {rows:,} of {rows:,}"
        assert page.number("+document.querySelector('.grid-row').ariaRowIndex") == size + 2
        assert page.nodes() <= 2000
        page.run("document.querySelector('.facets input').click()")
        assert "page=" not in page.text("location.hash")


def test_commands_name_what_only_the_reader_knows(browser: Browser, tmp_path: Path) -> None:
    report = sample(1, 8)
    fix = "Do:\n`aws lambda add-permission --function-name NAME --source-arn ARN --principal SERVICE`"
    report = msgspec.structs.replace(
        report,
        findings=tuple(msgspec.structs.replace(f, status=Status.FAIL) for f in report.findings),
        checks=tuple(msgspec.structs.replace(check, fix=fix) for check in report.checks),
    )
    with tab(browser) as page:
        page.open(_written(tmp_path, report), f"#fn-{report.functions[0].name}")
        command = _text(page, "details[open] .code pre")
        said = _text(page, "details[open] .blanks")
    assert f"--function-name {report.functions[0].name} " in command.replace("\\\n ", "")
    assert "--source-arn ARN" in command
    assert "ARN ARN of the source that may invoke" in said
    assert "SERVICE first part of the service's principal" in said


def test_name_that_several_functions_have_lists_them(browser: Browser, tmp_path: Path) -> None:
    report = sample(2, 8)
    functions = tuple(
        msgspec.structs.replace(f, name="orders", region=r)
        for f, r in zip(report.functions, "ab", strict=True)
    )
    path = _written(tmp_path, msgspec.structs.replace(report, functions=functions))
    with tab(browser) as page:
        page.open(path, "#/fn/orders")
        assert _text(page, "main .view h1") == "orders"
        links = page.run("[...document.querySelectorAll('.view .list a')].map((link) => link.hash)")
        assert links == ["#fn-orders%40a", "#fn-orders%40b"]
        page.go("#fn-orders%40b")
        assert page.number("document.querySelectorAll('.heading .letter').length") == 1
