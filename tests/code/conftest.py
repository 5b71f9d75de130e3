"""Packages built in memory, and what is read from them."""

import io
import zipfile
from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from auditor.code import analyse_package
from auditor.model import CodeFacts, Unavailable

Zipped = Callable[[Mapping[str, str | bytes]], bytes]
FactsOf = Callable[..., CodeFacts]
Kinds = Callable[[str, str], frozenset[str]]


def _zipped(files: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def _facts(
    files: Mapping[str, str | bytes],
    *,
    handler: str = "app.handler",
    runtime: str = "python3.13",
    settings: Mapping[str, str] | None = None,
) -> CodeFacts:
    found = analyse_package(
        _zipped(files),
        runtime=runtime,
        handler=handler,
        architecture="arm64",
        settings=settings or {},
        deadline=lambda: False,
    )
    assert not isinstance(found, Unavailable), found
    return found


@pytest.fixture
def zipped() -> Zipped:
    """Build a zip of members."""
    return _zipped


@pytest.fixture
def facts_of() -> FactsOf:
    """Analyse a package of members."""
    return _facts


@pytest.fixture
def kinds() -> Kinds:
    """Analyse one handler file, `python` or `javascript`, and name the kinds of its facts."""

    def read(language: str, source: str) -> frozenset[str]:
        python = language == "python"
        found = _facts(
            {"app.py" if python else "app.js": dedent(source)},
            runtime="python3.13" if python else "nodejs22.x",
        )
        assert not isinstance(found.facts, Unavailable), found.facts
        return frozenset(fact.kind for fact in found.facts)

    return read
