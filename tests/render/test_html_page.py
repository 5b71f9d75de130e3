"""The HTML page as bytes: inert, self-contained, true to the report, bounded, and readable in every state."""

import base64
import hashlib
import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.render.html import content_security_policy, render, script, style
from auditor.render.html_address import anchors
from auditor.render.html_island import inert, island, packed
from auditor.report import Counts, Report
from auditor.verdict import Evidence, Exhibit, Status
from tests.render.html_reading import Element, elements, island_of, results_of
from tests.render.html_sample import sample

TEMPLATES = Path(__file__).parents[2] / "report_templates"
HOSTILE = "</script></style><script>pwn()</script><img src=x onerror=pwn()>\"'{{7*7}}\u2028=cmd|' /C calc'!A0"
SMALL = sample(9, 8)


def test_renders_alike_for_the_same_report() -> None:
    assert render(sample(12, 8)) == render(sample(12, 8))


def test_policy_allows_nothing_but_our_own_style_and_script() -> None:
    policy = content_security_policy()
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "connect-src" not in policy
    for text in (script(), style()):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy


def test_policy_stands_before_everything_it_governs() -> None:
    tags = [
        element for element in elements(render(SMALL)) if element.tag in {"meta", "style", "script", "title"}
    ]
    assert [e.attributes.get("http-equiv", e.tag) for e in tags][:3] == [
        "meta",
        "Content-Security-Policy",
        "meta",
    ]


def test_style_and_script_are_embedded_as_hashed() -> None:
    found = elements(render(SMALL))
    assert [e.text for e in found if e.tag == "style"] == [style()]
    assert [e.text for e in found if e.tag == "script" and not e.attributes] == [script()]


@pytest.mark.parametrize("report", [SMALL, sample(9, 8, hostile=HOSTILE)], ids=["plain", "hostile"])
def test_has_no_inline_style_no_handler_and_no_remote_asset(report: Report) -> None:
    for element in elements(render(report)):
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
        assert element.tag not in {"link", "iframe", "object", "embed", "base", "form", "img"}
        assert "src" not in element.attributes
        assert re.match(r"#|$", element.attributes.get("href", "#"))


def _outline(found: list[Element]) -> list[tuple[str, frozenset[str]]]:
    return [(e.tag, frozenset(e.attributes)) for e in found]


def test_hostile_words_make_no_element() -> None:
    tame = sample(9, 8, hostile="tame")
    assert _outline(elements(render(sample(9, 8, hostile=HOSTILE)))) == _outline(elements(render(tame)))


def test_hostile_words_are_kept_as_they_are() -> None:
    page = render(sample(9, 8, hostile=HOSTILE), plain=True)
    words = island_of(page)["words"]
    assert isinstance(words, list)
    assert HOSTILE in words
    assert "\u2028".encode() not in page.split(b'id="data"')[1]


def test_lone_surrogates_do_not_stop_it() -> None:
    assert render(sample(2, 8, hostile="a\ud800b")).startswith(b"<!doctype html>")


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=40))
def test_island_text_holds_no_markup(text: str) -> None:
    data, encoding = packed({"words": [text]}, plain=True)
    assert encoding == "json"
    assert not set("<>&\u2028\u2029") & set(data)
    assert inert(data) == data
    assert json.loads(data) == {"words": [text]}


def test_templates_never_switch_escaping_off() -> None:
    for file in TEMPLATES.rglob("*.j2"):
        text = file.read_text()
        assert not re.search(r"\|\s*safe|autoescape|Markup", text), file.name
        assert not re.search(r"{%-?\s*set", text), f"{file.name} computes"


def test_script_writes_text_only() -> None:
    banned = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc|setAttributeNS"
    )
    assert not re.search(banned, script())
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import)\s*\(", script())


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "as needed"])
@pytest.mark.parametrize("size", [(6, 8), (60, 40)], ids=["small", "larger"])
def test_island_tells_every_result_as_the_report_does(size: tuple[int, int], *, plain: bool) -> None:
    report = sample(*size)
    told = {(t.resource, t.check): t for t in results_of(island_of(render(report, plain=plain)))}
    assert len(told) == len(report.findings)
    for finding in report.findings:
        found = told[finding.resource, finding.check]
        assert found.status == finding.status.value
        assert found.muted == (finding.muted is not None)
        assert found.message == finding.message


def test_island_keeps_only_statuses_of_passes_in_large_reports() -> None:
    report = sample(60, 40)
    told = list(results_of(island(report, words_of_passes=len(report.findings) - 1)))
    assert len(told) == len(report.findings)
    assert {t.status for t in told if t.message is None} == {"PASS", "NOT_APPLICABLE"}
    assert all(t.message is not None for t in told if t.status in {"FAIL", "WARN", "UNKNOWN", "MANUAL"})


def test_large_data_are_compressed_unless_plain_ones_are_wanted() -> None:
    report = sample(350, 100)
    packed_page, plain_page = render(report), render(report, plain=True)
    assert b'type="application/gzip"' in packed_page
    assert b'type="application/json"' in plain_page
    assert island_of(packed_page) == island_of(plain_page)
    assert len(packed_page) < len(plain_page) * 0.4


def test_evidence_is_cut_with_a_word_where_the_rest_is() -> None:
    finding = next(f for f in SMALL.findings if f.exhibit and f.exhibit.evidence)
    long = Exhibit(evidence=(Evidence(caption="statement", lines=("x" * 90,) * 90),))
    report = msgspec.structs.replace(
        SMALL,
        findings=tuple(
            msgspec.structs.replace(f, exhibit=long) if f is finding else f for f in SMALL.findings
        ),
    )
    words = island(report)["words"]
    assert isinstance(words, list)
    kept = [word for word in words if "x" * 90 in word]
    assert len(kept) == 1
    assert len(kept[0]) < 2100
    assert kept[0].endswith("report.json")


def _plainly(page: bytes) -> str:
    text = re.sub(rb"(?s)<(script|style)\b.*?</\1>", b"", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.decode()))


def test_says_that_an_account_without_functions_has_none() -> None:
    empty = sample(0, 8)
    text = _plainly(render(empty))
    assert "No function was found in what was scanned." in text
    assert "No managed runtime is in use." in text
    assert "No exception is in force" in text


def _with_status(report: Report, status: Status) -> Report:
    findings = tuple(
        msgspec.structs.replace(f, status=status, points=0.0, function_points=0.0, muted=None)
        for f in report.findings
    )
    zero = tuple(msgspec.structs.replace(item, lost=0.0, unseen=0.0) for item in report.items)
    return msgspec.structs.replace(
        report,
        findings=findings,
        items=zero,
        fixes=(),
        gaps=(),
        score=100,
        possible=100,
        caps=(),
        caps_points=0.0,
        score_without_accepted_risk=100,
        grade="A",
        history=None,
    )


def test_says_that_nothing_is_left_to_do() -> None:
    text = _plainly(render(_with_status(SMALL, Status.PASS)))
    assert "no point lost" in text
    assert "Nothing to mend" in text
    assert "Everything that was asked was answered." in text
    assert "Open critical findings" not in text


def test_says_that_nothing_was_judged() -> None:
    nothing = msgspec.structs.replace(
        _with_status(SMALL, Status.NOT_APPLICABLE),
        findings=(),
        counts=Counts(),
        score=0,
        possible=0,
        coverage=0,
        grade="-",
    )
    text = _plainly(render(nothing))
    assert "Production checklist: nothing was judged" in text
    assert "rounded down" not in text.split("Method")[0]
    assert "Nothing was judged" in text


def test_shows_no_letter_where_nothing_was_seen() -> None:
    blind = msgspec.structs.replace(
        _with_status(SMALL, Status.UNKNOWN),
        score=0,
        possible=100,
        coverage=0,
        grade="-",
        meaning="Too little was seen to grade",
    )
    page = render(blind)
    assert "Too little was seen to grade" in _plainly(page)
    assert b'class="sure' not in page
    assert b'class="maybe"' in page


def test_incomplete_scan_is_said_at_the_top() -> None:
    scan = msgspec.structs.replace(
        SMALL.scan,
        complete=False,
        interrupted="the run was stopped after 90 s",
        failed_accounts=(("222222222222", "AccessDenied"),),
    )
    text = _plainly(render(msgspec.structs.replace(SMALL, scan=scan)))
    assert (
        "This scan is not complete. The run was stopped after 90 s; account 222222222222: AccessDenied."
        in text
    )
    assert "This scan is not complete" not in _plainly(render(SMALL))


def test_accounts_are_listed_only_where_there_are_several() -> None:
    assert "<h2>Accounts</h2>" not in render(SMALL).decode()
    many = render(sample(30, 8, accounts=25)).decode()
    assert "<h2>Accounts</h2>" in many
    assert "5 more in report.json" in many


def test_printed_part_is_bounded() -> None:
    one = sample(3, 8)
    report = msgspec.structs.replace(
        sample(200, 8),
        exceptions=one.exceptions * 80,
        scan=msgspec.structs.replace(one.scan, operations=one.scan.operations * 60),
        gaps=one.gaps * 30,
        runtimes=one.runtimes * 90,
    )
    page = render(report)
    rows = [element for element in elements(page) if element.tag in {"tr", "li"}]
    assert len(rows) < 380
    text = _plainly(page)
    assert "The 18 lowest scores of 200 functions" in text
    assert "260 more in report.json" in text
    assert "240 more operations in report.json" in text


def test_page_without_script_links_to_nothing_missing() -> None:
    found = elements(render(SMALL))
    ids = {e.attributes["id"] for e in found if "id" in e.attributes}
    used = {e.attributes["href"][1:] for e in found if e.tag == "use"}
    described = {e.attributes["aria-labelledby"] for e in found if "aria-labelledby" in e.attributes}
    assert used <= ids
    assert described <= ids
    assert len(ids) == len([e for e in found if "id" in e.attributes])


def test_every_graphic_has_words() -> None:
    for element in elements(render(SMALL)):
        if element.tag == "svg":
            named = "aria-label" in element.attributes and element.attributes.get("role") == "img"
            assert (
                named
                or element.attributes.get("aria-hidden") == "true"
                or "preserveaspectratio" in element.attributes
            )


names = st.sampled_from(["a", "b", "orders"])
places = st.sampled_from(["eu-west-1", "us-east-1"])
owners = st.sampled_from(["111111111111", "222222222222"])


@given(st.sets(st.tuples(names, places, owners), max_size=12))
def test_every_function_has_an_address_of_its_own(wanted: set[tuple[str, str, str]]) -> None:
    model = SMALL.functions[0]
    functions = [
        msgspec.structs.replace(model, name=name, region=region, account=account)
        for name, region, account in sorted(wanted)
    ]
    found = anchors(functions)
    assert len(set(found)) == len(functions)
    assert all(
        address.split("@")[0] == function.name for address, function in zip(found, functions, strict=True)
    )
