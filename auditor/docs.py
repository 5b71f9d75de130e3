"""Generated pages: the catalogue of checks, and which rows of the catalogue of practices they cover."""

from collections.abc import Iterable, Sequence
from importlib.resources import files

import msgspec

from auditor.catalogue import Check
from auditor.verdict import ChecklistItem

HEAD = """# Checks

Every check, by the items of the production checklist. This page is generated from the checks' own
documentation by `make docs`; `lambda-auditor explain CHECK` prints one of them.
"""


def catalogue_page(checks: Sequence[Check]) -> str:
    """Return the page of all checks as Markdown."""
    parts = [
        HEAD,
        *(_contents(item, checks) for item in ChecklistItem),
        *(_item(item, checks) for item in ChecklistItem),
    ]
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _of(item: ChecklistItem, checks: Iterable[Check]) -> list[Check]:
    return sorted(
        (check for check in checks if check.item is item), key=lambda check: (check.severity.rank, check.id)
    )


def _contents(item: ChecklistItem, checks: Iterable[Check]) -> str:
    found = _of(item, checks)
    links = ", ".join(f"[{check.id}](#{check.id})" for check in found)
    return f"- **{item.number}. {item.title}**: {links or 'none'}"


def _item(item: ChecklistItem, checks: Iterable[Check]) -> str:
    found = _of(item, checks)
    return "\n".join([f"\n## {item.number}. {item.title}", *(_check(check) for check in found)])


def _check(check: Check) -> str:
    thresholds = ", ".join(f"`{found.name}` = `{found.default!r}`" for found in check.thresholds)
    references = "\n".join(f"- <{url}>" for url in check.references)
    facts = (
        f"Severity {check.severity.value}, confidence {check.confidence.value}; rows {', '.join(check.codes)}"
    )
    settings = f"\nThresholds: {thresholds}\n" if thresholds else ""
    fix = check.fix.replace("`\n`", "`\n\n`")
    return (
        f"\n### {check.id}\n\n**{check.title}.** {facts}.\n{settings}\n{check.why}\n\n{fix}\n\n{references}"
    )


class Practices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of the catalogue of practices: how many of each kind, and why some have no check."""

    rows: dict[str, int]
    reasons: dict[str, str]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every row's code, in order."""
        return tuple(
            f"{kind}-{number:02d}" for kind, count in self.rows.items() for number in range(1, count + 1)
        )


def practices() -> Practices:
    """Return the packaged list of rows."""
    return msgspec.yaml.decode(files("auditor").joinpath("practices.yaml").read_bytes(), type=Practices)


def coverage_rows(checks: Iterable[Check]) -> list[tuple[str, str]]:
    """Return each row with its checks, or with the reason why it has none ("" for neither)."""
    listed = practices()
    by_code: dict[str, list[str]] = {}
    for check in checks:
        for code in check.codes:
            by_code.setdefault(code, []).append(check.id)
    return [
        (code, ", ".join(by_code[code]) if code in by_code else listed.reasons.get(code, ""))
        for code in listed.codes
    ]
