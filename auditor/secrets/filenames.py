"""Which members of a package hold credentials by their name, and which are worth reading for secrets."""

from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

import msgspec


class FileNames(msgspec.Struct, frozen=True, kw_only=True):
    """Every list of `filenames.yaml`: patterns of the end of a path, in lower case."""

    credential_files: dict[str, tuple[str, ...]]
    config_files: tuple[str, ...]
    config_extensions: frozenset[str]
    never: tuple[str, ...]
    never_below: frozenset[str]


@cache
def file_names() -> FileNames:
    """The built-in lists, read once."""
    text = files("auditor.secrets").joinpath("filenames.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=FileNames)


def credential_file(path: str) -> str:
    """What a file is whose name says that it holds credentials, "" for any other.

    >>> credential_file("home/.aws/credentials")
    'AWS credentials file'
    """
    lowered = _normal(path)
    known = file_names().credential_files.items()
    return next((kind for kind, patterns in known if _ends_in(lowered, patterns)), "")


def looks_like_config_file(path: str) -> bool:
    """Whether a package member is worth reading for secrets: settings, credentials, scripts.

    Lock files, samples, tests, translations and other people's packages are not.
    """
    lowered, known = _normal(path), file_names()
    folders, _, name = lowered.rpartition("/")
    if not known.never_below.isdisjoint(folders.split("/")) or _ends_in(lowered, known.never):
        return False
    if name.rpartition(".")[2] in known.config_extensions or credential_file(path):
        return True
    return _ends_in(lowered, known.config_files)


def _normal(path: str) -> str:
    return path.lower().replace("\\", "/")


def _ends_in(path: str, patterns: tuple[str, ...]) -> bool:
    parts = path.split("/")
    return any(fnmatchcase("/".join(parts[-pattern.count("/") - 1 :]), pattern) for pattern in patterns)
