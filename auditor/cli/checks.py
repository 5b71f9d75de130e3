"""Commands on the catalogue of checks: list, explain, write one of your own."""

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from auditor.catalogue import Check, builtin_folder
from auditor.cli.exits import USAGE, end, refusing
from auditor.cli.files import write
from auditor.cli.options import checks_dir_option
from auditor.cli.params import FOLDER
from auditor.cli.terminal import safe, terminal_width, wrapped
from auditor.docs import catalogue_page, coverage_rows
from auditor.pipeline import RuleFiles, Rules, load_rules
from auditor.scaffold import new_check
from auditor.selection import nearest


@click.command(name="checks")
@checks_dir_option
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a check.")
@click.option("--coverage", is_flag=True, help="Each row of the catalogue of practices with its checks.")
def list_checks(check_folders: Sequence[Path], *, as_json: bool, coverage: bool) -> None:
    """List the checks: item, severity, id, title."""
    rules = _rules(check_folders)
    if coverage:
        for code, covered in coverage_rows(rules.checks):
            click.echo(f"{code:<8} {covered or 'neither check nor reason'}")
        return
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_described(check) for check in rules.checks])))
        return
    for check in sorted(rules.checks, key=lambda found: (found.item.number, found.severity.rank, found.id)):
        line = f"{check.item.number:>2} {check.severity.value:<8} {check.id:<45} {check.title}"
        for row in wrapped(line, 12, terminal_width(sys.stdout)):
            click.echo(row)


@click.command(short_help="Explain one check.")
@click.argument("check_id", metavar="CHECK")
@checks_dir_option
def explain(check_id: str, check_folders: Sequence[Path]) -> None:
    """Explain one check: why it matters, how to fix it, what may be set, which controls it speaks for."""
    rules = _rules(check_folders)
    check = _named(check_id, rules)
    width = terminal_width(sys.stdout)
    for line in explained(check, tuple(_controls(check, rules))).splitlines():
        for row in wrapped(safe(line), len(line) - len(line.lstrip()), width):
            click.echo(row)


@click.command(name="new-check", short_help="Write a check of your own, with its tests.")
@click.argument("name")
@click.option(
    "--checks-dir", "folder", type=FOLDER, default=Path("checks"), show_default=True, help="Its folder."
)
def write_new_check(name: str, folder: Path) -> None:
    """Write a check of your own, NAME in snake_case, and its table of cases."""
    for file in refusing(lambda: new_check(name, folder)):
        click.echo(str(file))


@click.command(hidden=True)
def docs() -> None:
    """Write checks/README.md of the checkout anew."""
    write(builtin_folder() / "README.md", catalogue_page(_rules(()).checks).encode())


def _rules(check_folders: Sequence[Path]) -> Rules:
    return refusing(lambda: load_rules(RuleFiles(check_folders=check_folders), datetime.now(UTC)))


def _named(check_id: str, rules: Rules) -> Check:
    found = {check.id: check for check in rules.checks}
    if check_id not in found:
        hint = nearest(check_id, found) or "; `lambda-auditor checks` lists them"
        end(USAGE, f"there is no check '{check_id}'{hint}")
    return found[check_id]


def explained(check: Check, controls: Sequence[str] = ()) -> str:
    """Return the documentation of a check as plain text."""
    references = "\n".join(f"  {url}" for url in check.references)
    weight = check.severity.weight * check.confidence.factor
    said = f"severity {check.severity.value}, confidence {check.confidence.value}, weight {weight:g}"
    spoken = "\n".join(f"  {control}" for control in controls) or "  none"
    return "\n".join(
        (
            f"{check.title}  ({check.id})",
            f"{check.item.number}. {check.item.title}; {said}",
            f"\nWhy it matters\n{_flowing(check.why)}",
            f"\nHow to fix\n{_flowing(check.fix)}",
            f"\nWhat may be set, in auditor.yaml\n{_settable(check)}",
            f"\nControls that it speaks for\n{spoken}",
            f"\nReferences\n{references}",
        )
    )


def _flowing(text: str) -> str:
    """Join the lines of a paragraph, which its source breaks; commands and lists stay lines."""
    return re.sub(r"(?<=[^\n`:])\n(?=[\w(\"])", " ", text)


def _settable(check: Check) -> str:
    lines = [
        "  checks:",
        f"    {check.id}:",
        "      enabled: true",
        f"      severity: {check.severity.value}",
    ]
    if check.thresholds:
        lines.append("      thresholds:")
        lines += [f"        {found.name}: {_yaml(found.default)}" for found in check.thresholds]
    return "\n".join(lines)


def _yaml(value: object) -> str:
    # JSON is YAML, and leaves no room for doubt.
    return msgspec.json.encode(value).decode()


def _controls(check: Check, rules: Rules) -> Iterator[str]:
    for framework in rules.frameworks:
        spoken = [control.id for control in framework.controls if check.id in control.checks]
        if spoken:
            yield f"{framework.name} {framework.version}: {', '.join(spoken)}"


def _described(check: Check) -> dict[str, object]:
    return {
        "id": check.id,
        "title": check.title,
        "item": check.item.value,
        "severity": check.severity.value,
        "confidence": check.confidence.value,
        "codes": check.codes,
        "thresholds": {found.name: found.default for found in check.thresholds},
    }
