"""Where an option's value comes from: command line, LAMBDA_AUDITOR_* variable, settings file, or default."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from auditor.cli.exits import refusing
from auditor.cli.params import FORMAT, STDOUT, Wanted
from auditor.selection import nearest
from auditor.settings import SettingsError, discovered, file_options

PREFIX = "LAMBDA_AUDITOR_"
SETTINGS = "auditor.settings"
# What is about one run, or about the file itself, is said on the command line.
NOT_IN_A_FILE = frozenset({"config", "demo", "plan", "resume", "help"})


def with_environment(*commands: click.Command) -> None:
    """Let every option of the commands be set by an environment variable of its own."""
    for command in commands:
        for option in _options(command):
            option.envvar = variable(option)


def variable(option: click.Option) -> str:
    """Return the environment variable of an option: LAMBDA_AUDITOR_FAIL_ON for --fail-on."""
    return PREFIX + word(option).upper().replace("-", "_")


def word(option: click.Option) -> str:
    """Return the long word of an option, as a settings file has it: fail-on for --fail-on."""
    return max(option.opts, key=len).lstrip("-")


def from_file(context: click.Context, _: click.Parameter, named: Path | None) -> Path | None:
    """Take the settings file that is named, else the one that is found here or above, and its options as
    defaults of the command.
    """
    if context.resilient_parsing:
        return named
    file = named or refusing(lambda: discovered(Path.cwd()))
    if file is not None:
        context.default_map = refusing(lambda: option_defaults(file, context.command))
        context.meta[SETTINGS] = file
    return file


def option_defaults(file: Path, command: click.Command) -> dict[str, Any]:
    """Return what a settings file says of a command's options. Raises `SettingsError`.

    Options of other commands are passed over. Paths are relative to the file.
    """
    given = file_options(file)
    known = {word(option): option for option in _options(command)}
    every = known.keys() | {word(option) for option in _related(command)}
    found = {}
    for name, value in given.items():
        if name in NOT_IN_A_FILE:
            raise SettingsError(f"{file}: the option {name} is for the command line, not for a file")
        if name not in every:
            raise SettingsError(f"{file}: there is no option '{name}'{nearest(name, every)}")
        if name in known:
            option = known[name]
            found[option.name or ""] = _converted(option, value, file)
    return found


def _related(command: click.Command) -> Iterator[click.Option]:
    """Yield the options of all commands that read a settings file."""
    context = click.get_current_context(silent=True)
    group = context.find_root().command if context else command
    commands = group.commands.values() if isinstance(group, click.Group) else ()
    for other in commands:
        options = list(_options(other))
        if any(word(option) == "config" for option in options):
            yield from options


def _converted(option: click.Option, value: object, file: Path) -> object:
    if isinstance(value, dict) or value is None:
        raise SettingsError(f"{file}: options.{word(option)} is no value that an option can have")
    values = value if isinstance(value, list) else [value]
    if not option.multiple and isinstance(value, list):
        raise SettingsError(f"{file}: options.{word(option)} takes one value")
    try:
        converted = [option.type.convert(one, option, None) for one in values]
    except click.UsageError as error:
        raise SettingsError(f"{file}: options.{word(option)}: {error.message}") from error
    placed = tuple(_placed(one, option, file) for one in converted)
    return placed if option.multiple else placed[0]


def _placed(value: Any, option: click.Option, file: Path) -> object:  # noqa: ANN401 - of the option's type
    if isinstance(value, Path):
        return file.parent / value
    if option.type is FORMAT and value.place not in {"", STDOUT}:
        return Wanted(value.format, str(file.parent / value.place))
    return value


def found_settings(context: click.Context) -> Path | None:
    """Return the settings file that nobody named."""
    named = context.get_parameter_source("settings") is not ParameterSource.DEFAULT
    found: Path | None = context.meta.get(SETTINGS)
    return None if named else found


def origin(context: click.Context, option: click.Option) -> str:
    """Say where the value of an option comes from."""
    source = context.get_parameter_source(option.name or "")
    if source is ParameterSource.ENVIRONMENT:
        return variable(option)
    if source is ParameterSource.DEFAULT_MAP:
        return str(context.meta[SETTINGS])
    if source is ParameterSource.COMMANDLINE:
        return "command line"
    if option.name == "settings" and found_settings(context):
        return "found"
    return "default"


def shown(values: Mapping[str, Any], option: click.Option) -> str:
    """Return an option's value as text."""
    value = values.get(option.name or "")
    if value is None or value == ():
        return "-"
    if isinstance(value, tuple):
        return ", ".join(map(_said, value))
    return _said(value)


def _said(value: object) -> str:
    if isinstance(value, Wanted):
        return f"{value.format}={value.place}" if value.place else value.format
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _options(command: click.Command) -> Iterator[click.Option]:
    return (param for param in command.params if isinstance(param, click.Option) and not param.hidden)
