"""Secrets among the literals of source files."""

import re
from collections.abc import Iterator

from auditor.code.syntax import Literal, Module, Role
from auditor.model import Located, SecretVerdict
from auditor.secrets import classify

MOST_HITS = 200
_SHORTEST = 4
_NAMED = frozenset({Role.ASSIGNED, Role.ENTRY, Role.ENVIRONMENT_DEFAULT})
_FIXTURES = re.compile(
    r"(?:^|/)(?:tests?|__tests__|fixtures?|examples?|mocks?|__mocks__|samples?)/|(?:^|/)test_[^/]+\.py$|"
    r"\.(?:test|spec)\.[cm]?[jt]s$"
)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$.\[\]-]{0,79}")


def is_fixture(path: str) -> bool:
    """Whether a file is a test or sample, whose secrets are made up."""
    return bool(_FIXTURES.search(path))


def literal_secrets(module: Module, *, by_name: bool = True) -> Iterator[Located]:
    """Secrets in one source file: `kind` is the rule, `what` the name a literal is given to, or the kind of
    secret.

    `confidence` is high for a format that speaks for itself, medium where the name decides, low for a doubt.
    Without `by_name` (bundles, minified files) names are not believed.
    """
    seen: set[tuple[int, str]] = set()
    for literal in module.literals:
        hit = _judged(module.path, literal, by_name=by_name)
        if hit is None or (hit.line, hit.kind) in seen:
            continue
        seen.add((hit.line, hit.kind))
        yield hit
        if len(seen) >= MOST_HITS:
            return


def _judged(path: str, literal: Literal, *, by_name: bool) -> Located | None:
    if len(literal.text) < _SHORTEST or literal.role in {Role.DOCSTRING, Role.KEY, Role.IMPORTED}:
        return None
    name = literal.name if by_name and literal.role in _NAMED and not literal.templated else ""
    judged = classify(name, literal.text)
    if judged.verdict is SecretVerdict.CLEAR:
        return None
    doubt = judged.verdict is SecretVerdict.WARN
    if doubt and not name:
        return None
    confidence = "low" if doubt else "medium" if judged.rule.startswith("name-") else "high"
    shown = literal.name if _IDENTIFIER.fullmatch(literal.name) else judged.kind
    return Located(
        kind=judged.rule, file=path, line=literal.line, what=shown or judged.kind, confidence=confidence
    )
