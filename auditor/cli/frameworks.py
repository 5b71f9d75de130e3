"""The command on frameworks."""

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from auditor.cli.exits import USAGE, end, refusing
from auditor.cli.params import FILE
from auditor.cli.terminal import safe
from auditor.frameworks import Framework
from auditor.pipeline import RuleFiles, load_rules
from auditor.selection import nearest


@click.command(name="frameworks", short_help="List the frameworks, or the controls of one.")
@click.argument("framework_id", metavar="[ID]", required=False)
@click.option("--framework", "files", type=FILE, multiple=True, help="A framework of your own.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_frameworks(framework_id: str | None, files: tuple[Path, ...], *, as_json: bool) -> None:
    r"""List the frameworks, or the controls of the one with this ID and the checks that speak for them.

    \b
    Examples:
      lambda-auditor frameworks
      lambda-auditor frameworks pci-dss-4
      lambda-auditor scan --only-framework production-checklist
    """
    found = refusing(lambda: load_rules(RuleFiles(frameworks=files), datetime.now(UTC))).frameworks
    if framework_id is not None:
        found = (_named(framework_id, found),)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    if framework_id is None:
        width = max(len(one.framework) for one in found)
        for one in found:
            click.echo(
                safe(f"{one.framework:<{width}}  {len(one.controls):>3} controls  {one.name} {one.version}")
            )
        return
    for control in found[0].controls:
        click.echo(
            safe(f"{control.id:<12} {control.coverage if control.checks else 'none':<8} {control.title}")
        )
        if control.checks:
            click.echo(safe(f"{'':<12} {', '.join(control.checks)}"))


def _named(name: str, found: tuple[Framework, ...]) -> Framework:
    by_id = {one.framework: one for one in found}
    if name not in by_id:
        end(USAGE, f"there is no framework '{name}'{nearest(name, by_id)}")
    return by_id[name]
