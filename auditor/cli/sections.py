"""Help of a command with many options: under headings, by what they are about."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from auditor.cli.accounts import account_options
from auditor.cli.options import gate_options, history_options, output_options, rule_options
from auditor.cli.roles import role_options

SECTIONS: Mapping[str, Callable[[Any], Any]] = {
    "Roles": role_options,
    "Accounts": account_options,
    "Judging": rule_options,
    "Gate": gate_options,
    "Earlier runs": history_options,
    "Output": output_options,
}


class Sectioned(click.Command):
    """A command whose help lists shared options under the headings of their groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options: first those that are the command's own."""
        rest = {
            param.name or "": record
            for param in self.get_params(ctx)
            if (record := param.get_help_record(ctx))
        }
        grouped = {}
        for title, decorator in SECTIONS.items():
            names = _names(decorator) & rest.keys()
            grouped[title] = [rest.pop(name) for name in list(rest) if name in names]
        for title, records in {"Options": list(rest.values()), **grouped}.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _names(decorator: Callable[[Any], Any]) -> set[str]:
    def probe() -> None:
        pass

    decorated: Any = decorator(probe)
    return {parameter.name for parameter in decorated.__click_params__}
