"""The page of a comparison: it says what changed, bounded, and nothing in it runs or asks."""

import base64
import hashlib
import re

import pytest
from msgspec.structs import replace

from auditor.history import Comparison, compare, standing
from auditor.render.html_diff import ROWS, render
from auditor.report import Change, Report
from auditor.verdict import Severity, Status
from tests.render.export_sample import HOSTILE, small
from tests.render.html_reading import elements


def failing() -> Report:
    """Return the small report with every finding failed."""
    found = (replace(finding, status=Status.FAIL, reason=None) for finding in small().findings)
    return replace(small(), findings=tuple(found))


def compared() -> Comparison:
    return compare(standing(small()), failing())


def page(comparison: Comparison | None = None) -> bytes:
    return render(comparison or compared(), failing())


def hostile(text: str) -> bytes:
    """Return the page with a text wherever AWS or the user writes."""
    change = Change(
        kind="new",
        check=text,
        resource=text,
        before="PASS",
        after="FAIL",
        severity=Severity.HIGH,
        message=text,
    )
    found = replace(
        compared(),
        title=text,
        new=(change,),
        checks_changed=(replace(change, kind="check-changed"),),
        functions_added=(text,),
    )
    checks = tuple(replace(check, title=text) for check in failing().checks)
    return render(found, replace(failing(), checks=checks))


def test_the_same_comparison_gives_the_same_bytes() -> None:
    assert page() == page()


def test_only_its_own_style_is_allowed() -> None:
    found = elements(page())
    policy = next(one for one in found if one.attributes.get("http-equiv") == "Content-Security-Policy")
    style = next(one for one in found if one.tag == "style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    wanted = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy.attributes["content"] == wanted


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_make_no_element(text: str) -> None:
    tags = [one.tag for one in elements(hostile("plain"))]
    found = elements(hostile(text))
    assert [one.tag for one in found] == tags
    assert not {one.tag for one in found} & {"script", "img", "iframe", "form", "object", "base"}
    for one in found:
        assert not [name for name in one.attributes if name.startswith("on") or name == "style"]
        assert one.attributes.get("href", "#").startswith("#")


def test_every_link_leads_somewhere() -> None:
    found = elements(page())
    ids = {one.attributes["id"] for one in found if "id" in one.attributes}
    links = {one.attributes["href"][1:] for one in found if one.attributes.get("href", "").startswith("#")}
    assert links <= ids


def test_what_changed_is_told_with_its_words() -> None:
    text = page().decode()
    change = compared().new[0]
    title = next(check.title for check in small().checks if check.id == change.check)
    for word in ("Like for like", "New", title.split("'")[0], change.resource):
        assert word in text


def test_nothing_changed_is_told() -> None:
    same = compare(standing(small()), small())
    assert b"Nothing changed between the two runs" in render(same, small())


def test_many_changes_are_bounded() -> None:
    change = compared().new[0]
    many = tuple(replace(change, resource=f"arn:{number}") for number in range(ROWS + 7))
    text = render(replace(compared(), new=many), failing()).decode()
    assert "7 more in diff.json" in text
    assert len(re.findall(r"arn:\d+<", text)) == ROWS
