"""The accounts of an organisation: every active one, or those under some of its organizational units."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.collect.account import LIST_ACCOUNTS
from auditor.collect.failures import CollectError
from auditor.collect.operations import Operation
from auditor.collect.session import Absent, Api
from auditor.model import Unavailable

LIST_ACCOUNTS_OF = Operation(
    service="organizations",
    name="ListAccountsForParent",
    actions=("organizations:ListAccountsForParent",),
    absent=("ParentNotFoundException",),
    is_global=True,
)
LIST_UNITS_OF = Operation(
    service="organizations",
    name="ListOrganizationalUnitsForParent",
    actions=("organizations:ListOrganizationalUnitsForParent",),
    absent=("ParentNotFoundException",),
    is_global=True,
)
OPERATIONS = (LIST_ACCOUNTS_OF, LIST_UNITS_OF)

Json = Mapping[str, Any]


def members(api: Api, units: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the numbers of the active accounts, each once; of `units` alone, and of those in them, if some
    are given.

    Raises `CollectError` where the accounts cannot be listed or there is no such unit.
    """
    rows = _under(api, units) if units else _listed(api.pages(LIST_ACCOUNTS, api.regions[0], "Accounts"))
    return tuple(dict.fromkeys(row["Id"] for row in rows if _is_active(row)))


def _under(api: Api, units: Sequence[str]) -> Iterator[Json]:
    waiting, seen = list(units), set[str]()
    while waiting:
        unit = waiting.pop(0)
        if unit in seen:
            continue
        seen.add(unit)
        accounts = api.pages(LIST_ACCOUNTS_OF, api.regions[0], "Accounts", ParentId=unit)
        nested = api.pages(LIST_UNITS_OF, api.regions[0], "OrganizationalUnits", ParentId=unit)
        yield from _listed(accounts, unit)
        waiting += [row["Id"] for row in _listed(nested, unit)]


def _listed(rows: list[Any] | Absent | Unavailable, unit: str = "") -> list[Any]:
    if isinstance(rows, Absent):
        raise CollectError(f"the organisation has no unit {unit}; give --ou the id of one of its own")
    if isinstance(rows, Unavailable):
        where = f"under {unit}" if unit else "of the organisation"
        raise CollectError(
            f"the accounts {where} cannot be listed ({rows}); "
            "ask from its management account or a delegated administrator, or name accounts with --accounts"
        )
    return rows


def _is_active(row: Json) -> bool:
    # https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
    return bool(row.get("State", row.get("Status")) == "ACTIVE")
