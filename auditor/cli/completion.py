"""The command that prints a shell's completion script."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM, VARIABLE = "lambda-auditor", "_LAMBDA_AUDITOR_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""Print the completion script of a SHELL.

    \b
    Examples:
      source <(lambda-auditor completion bash)
      lambda-auditor completion zsh > "${fpath[1]}/_lambda-auditor"
      lambda-auditor completion fish | source
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    made = kind(context.find_root().command, {}, PROGRAM, VARIABLE)
    click.echo(made.source_template % made.source_vars())
