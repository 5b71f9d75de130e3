"""The page over hostile words: nothing runs and nothing is built of them, even without the page's policy."""

import re
from collections import Counter
from pathlib import Path

import pytest

from auditor.render.html import render
from tests.render.export_sample import HOSTILE
from tests.render.html_browser import Browser, Page, tab
from tests.render.html_sample import sample

PAYLOADS = (
    "</script><img src=x onerror=document.documentElement.dataset.pwned=1>"
    "<script>document.documentElement.dataset.pwned=2</script>"
    "<svg onload=document.documentElement.dataset.pwned=3><a href=javascript:alert(1)>x</a>"
    "<style>*{display:none}</style><base href=//evil.example><form action=//evil.example>"
    "<iframe srcdoc='<script>parent.document.documentElement.dataset.pwned=5</script>'></iframe>"
    "\"' onmouseover=document.documentElement.dataset.pwned=4 autofocus "
    "onfocus=document.documentElement.dataset.pwned=6 "
)
CORPUS = PAYLOADS + " ".join(text for kind, text in HOSTILE.items() if kind != "long")
VIEWS = (
    "#overview",
    "#functions",
    "#findings",
    "#findings?by=result&status=any",
    "#controls",
    "#runtimes",
    "#cost",
    "#exceptions",
    "#changes",
    "#method",
    "#check-write-on-every-resource",
)
BUILT = (
    "[...document.querySelectorAll('*')].map((e) => e.tagName + ' ' + e.getAttributeNames().sort().join(' '))"
)


def _written(tmp_path: Path, words: str, *, policy: bool) -> Path:
    content = render(sample(6, 8, hostile=words))
    if not policy:
        content, found = re.subn(rb"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", b"", content)
        assert found == 1
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.html"
    path.write_bytes(content)
    return path


def _walk(page: Page, file: Path) -> dict[str, Counter[str]]:
    """Open every view with all that can be opened, tease it, and count what it is built of."""
    page.open(file)
    page.go("#functions")
    address = page.text("document.querySelector('a.name').getAttribute('href')")
    built: dict[str, Counter[str]] = {}
    for view in (*VIEWS, address):
        page.go(view)
        page.run("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        page.run("document.querySelectorAll('*').forEach((e) => e.dispatchEvent(new Event('mouseover')))")
        page.run("new Promise((done) => setTimeout(done, 30))")
        assert page.run("document.documentElement.dataset.pwned === undefined") is True, view
        assert page.number("document.querySelectorAll('img, iframe, form, base, main script').length") == 0, (
            view
        )
        assert (
            page.number('document.querySelectorAll(\'a:not([href^="#"], [href^="https://"])\').length') == 0
        ), view
        tags = page.run(BUILT)
        assert isinstance(tags, list)
        built[view if view in VIEWS else "function"] = Counter(map(str, tags))
    assert page.run("document.querySelector('main h1').textContent !== 'Unknown function'") is True
    assert page.complaints() == []
    assert page.requests() == []
    return built


@pytest.mark.parametrize("policy", [True, False], ids=["with policy", "without policy"])
def test_hostile_words_do_nothing(browser: Browser, tmp_path: Path, *, policy: bool) -> None:
    with tab(browser) as page:
        _walk(page, _written(tmp_path, CORPUS, policy=policy))


def test_hostile_words_build_what_tame_ones_build(browser: Browser, tmp_path: Path) -> None:
    words = CORPUS.replace("`", "'")
    tame = re.sub(r"[<>&\"'=/;(){}\[\]]", "x", words)
    with tab(browser) as page:
        hostile = _walk(page, _written(tmp_path, words, policy=False))
    with tab(browser) as page:
        assert hostile == _walk(page, _written(tmp_path, tame, policy=False))


def test_policy_stops_what_it_has_to_stop(browser: Browser, file: Path) -> None:
    with tab(browser) as page:
        page.open(file)
        page.run(
            "(() => { const s = document.createElement('script');"
            "s.textContent = 'document.documentElement.dataset.pwned = 1'; document.body.append(s);"
            "const d = document.createElement('div'); d.setAttribute('onclick', s.textContent);"
            "document.body.append(d); d.click(); })()"
        )
        assert page.run("document.documentElement.dataset.pwned === undefined") is True
        assert len(page.complaints()) == 2


def test_payloads_run_where_a_page_is_careless(browser: Browser, tmp_path: Path) -> None:
    careless = tmp_path / "careless.html"
    careless.write_text(f"<!doctype html><html data-ready=data><body><p>{PAYLOADS}</p></body></html>")
    with tab(browser) as page:
        page.open(careless)
        assert page.run("document.documentElement.dataset.pwned !== undefined") is True
