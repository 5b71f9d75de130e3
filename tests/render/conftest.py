"""One Chromium for all tests of the page, and one report to open in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.render.html import render
from tests.render.html_browser import Browser, chromium
from tests.render.html_sample import sample


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start a Chromium."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine")
    with Browser(path, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of the sample report."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(render(sample()))
    return path
