"""The group of all commands, and the last stand against faults of our own."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from auditor.cli.access import print_iam_policy, suggest_policy, template
from auditor.cli.checks import docs, explain, list_checks, write_new_check
from auditor.cli.completion import completion
from auditor.cli.defaults import with_environment
from auditor.cli.diff import diff
from auditor.cli.evidence import pack, verify_pack
from auditor.cli.exceptions import mutes
from auditor.cli.exits import INTERNAL, INTERRUPTED, end
from auditor.cli.frameworks import list_frameworks
from auditor.cli.history import list_history
from auditor.cli.push import push
from auditor.cli.render import render, schema
from auditor.cli.runtimes import list_runtimes
from auditor.cli.sbom import sbom
from auditor.cli.scan import scan
from auditor.cli.settings import config
from auditor.cli.terminal import degrade, safe
from auditor.selection import nearest


def harmless(error: click.ClickException, context: click.Context) -> click.UsageError:
    """Return an error whose words, which may be the command line's, cannot steer a terminal."""
    words = " ".join(safe(error.format_message()).split())
    return click.UsageError(words, error.ctx if isinstance(error, click.UsageError) else context)


class Guarded(click.Group):
    """A group whose faults end in one sentence and the documented exit code, never in a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order in which they are needed."""
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before the command."""
        try:
            return super().parse_args(ctx, args)
        except click.ClickException as error:
            raise harmless(error, ctx) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a slip of the pen name the nearest."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            known = [found for found, command in self.commands.items() if not command.hidden]
            ctx.fail(f"there is no command '{name}'{nearest(name, known) or '; see --help'}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise harmless(error, ctx) from None
        except (click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            # Whoever read has read enough, as `head` does.
            sys.stdout = None
            sys.exit(0)
        except KeyboardInterrupt:
            end(INTERRUPTED, "interrupted before anything could be kept")
        except Exception as error:  # noqa: BLE001 - the last stand
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "?"
            end(
                INTERNAL,
                f"a fault of lambda-auditor itself: {type(error).__name__} at {where}; please report it",
            )


def with_paragraphs(command: click.Command) -> None:
    """Leave examples in help texts as they are written.

    click knows them by a backspace, which a raw docstring has as two signs.
    https://click.palletsprojects.com/en/stable/documentation/#escaping-click-s-wrapping
    """
    command.help = (command.help or "").replace("\\b\n", "\b\n")
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        with_paragraphs(inner)


@click.group(cls=Guarded, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("lambda-auditor"), prog_name="lambda-auditor")
def main() -> None:
    r"""Judge every AWS Lambda function of an account against the production checklist, with evidence.

    It only reads (`push` alone writes, and says so). What it could not see is UNKNOWN, never a pass.

    \b
    See it run, without an account:
      lambda-auditor scan --demo
    Audit one region:
      lambda-auditor scan --region eu-west-1 -o audit
    Give the auditor its permissions:
      lambda-auditor iam-policy > policy.json
    Understand one finding:
      lambda-auditor explain timeout-near-limit
    Export again later, offline:
      lambda-auditor render audit/report.json -f sarif
    Compare two runs:
      lambda-auditor diff old/report.json audit/report.json

    \b
    Exit codes:
      0    the gate passed
      1    the gate failed (see --fail-on)
      2    wrong usage, or a file that cannot be used
      3    incomplete: no credentials, nothing listed, too little coverage
      4    a fault of the tool, or of a check of your own
      130  interrupted

    Options of scan and render can be set in auditor.yaml and by variables such as LAMBDA_AUDITOR_FAIL_ON;
    `lambda-auditor config show --origin` says what holds.
    """
    degrade(sys.stdout)
    degrade(sys.stderr)


for command in (
    scan,
    render,
    diff,
    list_history,
    list_checks,
    explain,
    print_iam_policy,
    suggest_policy,
    pack,
    verify_pack,
    push,
    list_frameworks,
    list_runtimes,
    sbom,
    mutes,
    config,
    completion,
    write_new_check,
    template,
    schema,
    docs,
):
    main.add_command(command)
with_environment(scan, render)
with_paragraphs(main)
