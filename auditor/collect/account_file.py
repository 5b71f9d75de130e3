"""The file that names the accounts of a scan: one on each line, or a list in YAML."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from auditor import yaml_text
from auditor.collect.failures import CollectError
from auditor.collect.request import NamedAccount

ACCOUNT = re.compile(r"\d{12}", re.ASCII)
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/[\w+=,.@/-]{1,576}", re.ASCII)
REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d|all", re.ASCII)
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
LINE = "ACCOUNT_OR_ROLE_ARN [external-id=ID] [regions=REGION,REGION]"
ENTRY = "- {account: NUMBER | role_arn: ARN, external_id: ID, regions: [REGION]}"
YAML = frozenset({".yaml", ".yml"})
NO_ACCOUNT = "is neither an account number of 12 digits nor the ARN of a role"
MORE = "after the account it says something else than"


class AccountFileError(CollectError):
    """A file of accounts that cannot be used; the text names the file, the place in it and the remedy."""


class _Row(NamedTuple):
    """What a place of the file says: the account, what goes with it, and what is wrong with its form."""

    place: str
    account: str = ""
    said: Mapping[str, object] = {}
    fault: str = ""


class _Form(NamedTuple):
    """How a file is written: where a row stands, and how to read rows from text."""

    row: str
    rows: Callable[[str], Iterator[_Row]]


def read_accounts(file: Path) -> tuple[NamedAccount, ...]:
    """Read a file of accounts: on each line the number of an account or the ARN of a role to assume in it
    and, where wanted, `external-id=ID` and `regions=REGION,REGION` (or `regions=all`). Empty lines and what
    follows a # are passed over. A `.yaml` file holds a list with `account` or `role_arn`, `external_id` and
    `regions`.

    Raises `AccountFileError` where the file cannot be read, a row has another form, or an account stands
    twice.
    """
    form = _Form(ENTRY, _entries) if file.suffix.lower() in YAML else _Form(LINE, _lines)
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = list(form.rows(text))
    except OSError as error:
        raise AccountFileError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AccountFileError(f"{file} is no text in UTF-8; the form of a row is {form.row}") from None
    except msgspec.DecodeError as error:
        raise AccountFileError(
            f"{file} is no list in YAML ({error}); the form of a row is {form.row}"
        ) from None
    found: dict[str, str] = {}
    accounts = []
    for row in rows:
        fault = row.fault or _fault(row)
        if fault:
            # The row is not quoted: an external id may stand in it.
            raise AccountFileError(f"{row.place} of {file}: {fault}; the form is {form.row}")
        one = _account(row)
        if one.account in found:
            raise AccountFileError(
                f"{row.place} of {file} names account {one.account} again, as {found[one.account]}; "
                "name it once, with all of its regions"
            )
        found[one.account] = row.place
        accounts.append(one)
    if not accounts:
        raise AccountFileError(f"{file} names no account; the form of a row is {form.row}")
    return tuple(accounts)


def _lines(text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        place, words = f"line {number}", line.partition("#")[0].split()
        if not words:
            continue
        first, *rest = words
        given = [word.partition("=")[0] for word in rest]
        said: dict[str, object] = dict(word.partition("=")[::2] for word in rest)
        if not (ACCOUNT.fullmatch(first) or ROLE_ARN.fullmatch(first)):
            yield _Row(place, fault=f"its first word {NO_ACCOUNT}")
        elif not said.keys() <= {"external-id", "regions"} or len(said) < len(given):
            yield _Row(place, fault=f"{MORE} external-id= and regions=, each once")
        else:
            if "regions" in said:
                said["regions"] = str(said["regions"]).split(",")
            yield _Row(place, first, said)


def _entries(text: str) -> Iterator[_Row]:
    # Each value is taken as it is written: a number in YAML would lose the zeros in front of an account's.
    read = yaml_text.as_written(text.encode())
    if not isinstance(read, list):
        if read:
            raise msgspec.DecodeError("it is something else")
        return
    for number, entry in enumerate(read, start=1):
        yield _entry(f"entry {number}", entry)


def _entry(place: str, entry: object) -> _Row:
    if not isinstance(entry, dict):
        return _Row(place, fault="it is no mapping")
    named = entry.keys() & {"account", "role_arn"}
    account = str(entry[min(named)]) if len(named) == 1 else ""
    pattern = ACCOUNT if "account" in named else ROLE_ARN
    if not pattern.fullmatch(account):
        return _Row(place, fault=f"what it names as account or role_arn, one of the two, {NO_ACCOUNT}")
    if not entry.keys() <= {"account", "role_arn", "external_id", "regions"}:
        return _Row(place, fault=f"{MORE} external_id and regions")
    said = {name.replace("_", "-"): entry[name] for name in ("external_id", "regions") if name in entry}
    if isinstance(said.get("regions"), str):
        said["regions"] = [said["regions"]]
    return _Row(place, account, said)


def _fault(row: _Row) -> str:
    external_id, regions = row.said.get("external-id", "any"), row.said.get("regions", ["all"])
    if not isinstance(external_id, str) or not EXTERNAL_ID.fullmatch(external_id):
        return "its external id is none: 2 to 1,224 letters, digits and +=,.@:/-"
    if not isinstance(regions, list) or not regions or not all(map(_is_region, regions)):
        return "its regions are not names such as eu-west-1, or all"
    return ""


def _is_region(name: object) -> bool:
    return isinstance(name, str) and REGION.fullmatch(name) is not None


def _account(row: _Row) -> NamedAccount:
    role = ROLE_ARN.fullmatch(row.account)
    regions = row.said.get("regions")
    return NamedAccount(
        account=role.group(1) if role else row.account,
        role_arn=row.account if role else "",
        external_id=str(row.said.get("external-id", "")),
        regions=tuple(dict.fromkeys(map(str, regions))) if isinstance(regions, list) else (),
    )
