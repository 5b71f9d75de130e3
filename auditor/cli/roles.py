"""The options that go with assuming a role."""

import re
import sys
from collections.abc import Mapping
from typing import Any

import click

from auditor.cli.options import options
from auditor.cli.terminal import is_terminal
from auditor.collect.request import SESSION_NAME

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
CODE = re.compile(r"\d{6}", re.ASCII)
SHORTEST_S, LONGEST_S = 900, 43200


def _name(_: click.Context, __: click.Parameter, value: str) -> str:
    if not NAME.fullmatch(value):
        raise click.BadParameter("2 to 64 letters, digits or any of _+=,.@- are wanted")
    return value


role_options = options(
    click.option("--role-arn", help="Role to assume first."),
    click.option("--external-id", help="External id that the role asks for."),
    click.option(
        "--role-session-name",
        default=SESSION_NAME,
        show_default=True,
        callback=_name,
        metavar="NAME",
        help="Name of the session, as CloudTrail has it.",
    ),
    click.option(
        "--session-duration",
        type=click.IntRange(SHORTEST_S, LONGEST_S),
        metavar="SECONDS",
        help="How long the role's credentials last; they are renewed unless --mfa-serial is given.",
    ),
    click.option(
        "--mfa-serial", metavar="ARN", help="MFA device whose code the role asks for; you are asked for it."
    ),
)


def mfa_code(given: Mapping[str, Any]) -> str:
    """Ask for the code of an MFA device, "" without one. Raises `UsageError` where nobody can be asked."""
    if not given["mfa_serial"]:
        return ""
    if not given["role_arn"]:
        raise click.UsageError("--mfa-serial goes with the role to assume: --role-arn ROLE_ARN")
    if given["org"] or given["accounts"]:
        raise click.UsageError("an MFA code is good for one role; leave --org and --accounts out")
    if not is_terminal(sys.stdin):
        raise click.UsageError(
            "the MFA code is asked for on a terminal, and this is none; "
            "use a profile or AWS_* variables of a session that has it"
        )
    code = str(click.prompt("MFA code", err=True)).strip()
    if not CODE.fullmatch(code):
        raise click.UsageError("an MFA code has 6 digits")
    return code
