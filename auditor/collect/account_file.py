"""The file that names the accounts of a scan, one on each line."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from auditor.collect.failures import CollectError
from auditor.collect.request import NamedAccount

ACCOUNT = re.compile(r"\d{12}")
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]{1,576}")
REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d|all")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
FORM = "ACCOUNT_OR_ROLE_ARN [external-id=ID] [regions=REGION,REGION]"


class AccountFileError(CollectError):
    """A file of accounts that cannot be used; the text names the file, the line and the remedy."""


def read_accounts(file: Path) -> tuple[NamedAccount, ...]:
    """Read a file of accounts: on each line the number of an account or the ARN of a role to assume in it
    and, where wanted, `external-id=ID` and `regions=REGION,REGION` (or `regions=all`). Empty lines and what
    follows a # are passed over.

    Raises `AccountFileError` where the file cannot be read, a line has another form, or an account stands
    twice.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise AccountFileError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AccountFileError(f"{file} is no text in UTF-8; put {FORM} on each line") from None
    found: dict[str, int] = {}
    accounts = []
    for number, one in _rows(lines, file):
        if one.account in found:
            raise AccountFileError(
                f"line {number} of {file} names account {one.account} again, as line {found[one.account]}; "
                "name it once, with all of its regions"
            )
        found[one.account] = number
        accounts.append(one)
    if not accounts:
        raise AccountFileError(f"{file} names no account; put {FORM} on each line")
    return tuple(accounts)


def _rows(lines: Iterable[str], file: Path) -> Iterator[tuple[int, NamedAccount]]:
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        fault = _fault(words)
        if fault:
            # The line is not quoted: an external id may stand in it.
            raise AccountFileError(f"line {number} of {file}: {fault}; the form is {FORM}")
        yield number, _account(words)


def _fault(words: list[str]) -> str:
    first, *rest = words
    if not (ACCOUNT.fullmatch(first) or ROLE_ARN.fullmatch(first)):
        return "its first word is neither an account number of 12 digits nor the ARN of a role"
    given = [word.partition("=")[0] for word in rest]
    if not set(given) <= {"external-id", "regions"} or len(set(given)) < len(given):
        return "after the account it says something else than external-id= and regions=, each once"
    said = dict(word.partition("=")[::2] for word in rest)
    if "external-id" in said and not EXTERNAL_ID.fullmatch(said["external-id"]):
        return "its external id is none: 2 to 1,224 letters, digits and +=,.@:/-"
    if not all(REGION.fullmatch(name) for name in said.get("regions", "all").split(",")):
        return "its regions are not names such as eu-west-1, with a comma between two"
    return ""


def _account(words: list[str]) -> NamedAccount:
    first, *rest = words
    said = dict(word.partition("=")[::2] for word in rest)
    role = ROLE_ARN.fullmatch(first)
    return NamedAccount(
        account=role.group(1) if role else first,
        role_arn=first if role else "",
        external_id=said.get("external-id", ""),
        regions=tuple(dict.fromkeys(said["regions"].split(","))) if "regions" in said else (),
    )
