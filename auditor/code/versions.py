"""Order of version numbers: PEP 440 for PyPI, Semantic Versioning for npm, dotted numbers for the rest."""

import re

_PYTHON = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d*))?"
    r"(?P<post>-(?P<post_n1>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n2>\d*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_SEMANTIC = re.compile(r"v?(?P<numbers>\d+(?:\.\d+){0,3})(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_STAGES = {"alpha": "a", "beta": "b", "preview": "rc", "pre": "rc", "c": "rc"}
_LONGEST = 128

Part = tuple[int, int, str]
Key = tuple[tuple[Part, ...], ...]


def version_key(ecosystem: str, version: str) -> Key | None:
    """A key by which versions of an ecosystem are ordered; None for a text that is no version there.

    Keys of one ecosystem compare with each other only.
    """
    text = version.strip().lower()[:_LONGEST]
    if ecosystem == "PyPI":
        return _python_key(text)
    return _semantic_key(text)


def _number(value: int) -> Part:
    return (1, value, "")


def _python_key(text: str) -> Key | None:
    """The order of https://packaging.python.org/en/latest/specifications/version-specifiers/#summary-of-
    permitted-suffixes-and-relative-ordering.
    """
    found = _PYTHON.fullmatch(text)
    if found is None:
        return None
    release = [int(part) for part in found["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    return (
        (_number(int(found["epoch"] or 0)),),
        tuple(_number(part) for part in release),
        (_python_stage(found),),
        (_number(int(found["post_n1"] or found["post_n2"] or 0)) if found["post"] else (0, 0, ""),),
        (_number(int(found["dev_n"] or 0)) if found["dev"] else (2, 0, ""),),
        _local(found["local"]),
    )


def _python_stage(found: "re.Match[str]") -> Part:
    """Where a release stands: dev releases come before alphas, finals after candidates."""
    if found["pre"]:
        return _staged(found)
    if found["dev"] and not found["post"]:
        return (0, 0, "")
    return (9, 0, "")


def _staged(found: "re.Match[str]") -> Part:
    stage = _STAGES.get(found["pre"], found["pre"])
    return ({"a": 1, "b": 2, "rc": 3}[stage], int(found["pre_n"] or 0), "")


def _local(text: str | None) -> tuple[Part, ...]:
    parts = re.split(r"[-_.]", text) if text else []
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


def _semantic_key(text: str) -> Key | None:
    """The order of https://semver.org/#spec-item-11; fewer or more than three numbers are taken as well."""
    found = _SEMANTIC.fullmatch(text)
    if found is None:
        return None
    numbers = [int(part) for part in found["numbers"].split(".")]
    numbers += [0] * (4 - len(numbers))
    return (
        tuple(_number(part) for part in numbers),
        ((0, 0, ""),) if found["pre"] else ((1, 0, ""),),
        tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in (found["pre"] or "").split(".")
            if part
        ),
    )
