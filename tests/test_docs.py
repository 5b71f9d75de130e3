"""Generated pages are true, and what the README says works."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from auditor.catalogue import load
from auditor.cli import main
from auditor.docs import catalogue_page, coverage_rows, practices

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_the_catalogue_page_is_generated() -> None:
    assert (ROOT / "checks" / "README.md").read_text() == catalogue_page(load()), "run `make docs`"


def test_every_practice_has_a_check_or_a_reason() -> None:
    bare = [code for code, covered in coverage_rows(load()) if not covered]
    assert not bare


def test_no_check_names_a_practice_that_is_not_there() -> None:
    known = set(practices().codes)
    assert {code for check in load() for code in check.codes} <= known


def test_reasons_are_for_rows_without_a_check() -> None:
    covered = {code for check in load() for code in check.codes}
    assert not covered & set(practices().reasons)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 3


@pytest.mark.parametrize("command", sorted(main.commands))
def test_no_two_options_of_a_command_share_a_name(command: str) -> None:
    parameters = main.commands[command].params
    names = [parameter.name for parameter in parameters]
    words = [word for parameter in parameters for word in parameter.opts]
    assert len(set(names)) == len(names)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("line", re.findall(r"^lambda-auditor .+$", README, flags=re.MULTILINE), ids=str)
def test_the_readmes_options_exist(line: str) -> None:
    words = shlex.split(line.split(" > ", maxsplit=1)[0], comments=True)[1:]
    command = main.commands[words[0]]
    if isinstance(command, click.Group):
        command = command.commands[words[1]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_the_readmes_policy_is_the_printed_one() -> None:
    result = CliRunner().invoke(main, ["iam-policy"])
    actions = [action for one in json.loads(result.output)["Statement"] for action in one["Action"]]
    assert f"{len(actions)} read actions" in README
