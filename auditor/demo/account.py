"""The demo account as its YAML file declares it: templates merged, shorthand spelt out, keys checked."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

from auditor.demo import packages
from auditor.demo.faults import Fault
from auditor.demo.secrets import PLANTED
from auditor.demo.specs import HOME, Answer, FunctionSpec, Json, RoleSpec

MAIN = "webshop-prod"
_AGE = re.compile(r"^@(-?\d+(?:\.\d+)?)([dhm])$")
_HERE = re.compile(r"(arn:aws[\w-]*:[a-z0-9-]+):(:?)@:")
_SECRET = re.compile(r"\$\{secret:(\w+)\}")
_PAD = re.compile(r"\$\{pad:(\d+)\}")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class World(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that the host answers from, by region where AWS has regions."""

    id: str
    alias: str
    now: datetime
    functions: Mapping[str, Mapping[str, FunctionSpec]]
    roles: Mapping[str, RoleSpec]
    policies: Mapping[str, list[Json]]
    aws_policies: Mapping[str, list[Json]]
    tables: Mapping[str, Mapping[str, list[Json]]]
    presets: Mapping[str, Json]
    answers: Mapping[str, list[Answer]]
    denied: tuple[Fault, ...]
    log_lines: Mapping[str, list[str]]
    fetch: Callable[[str, int, int | None], bytes]

    def rows(self, table: str, region: str) -> list[Json]:
        """Rows of a table in a region."""
        return self.tables.get(table, {}).get(region, [])

    def date(self, text: str) -> datetime:
        """Turn `@-30d` into a time before the demo's now."""
        return _date(text, self.now)

    @cached_property
    def versions(self) -> dict[tuple[str, bool], list[tuple[FunctionSpec, str]]]:
        """Rows of ListFunctions by region and by whether published versions are asked for too."""
        return {
            (region, every): [
                (spec, version)
                for spec in specs.values()
                for version in ("$LATEST", *(spec.versions if every else ()))
            ]
            for region, specs in self.functions.items()
            for every in (False, True)
        }

    @cached_property
    def log_groups(self) -> dict[str, dict[str, tuple[Json, FunctionSpec | None]]]:
        """Declared log groups by region and name, sorted: those of functions and those of the table."""
        found: dict[str, dict[str, tuple[Json, FunctionSpec | None]]] = {}
        for region in self.functions:
            groups: dict[str, tuple[Json, FunctionSpec | None]] = {
                name: (spec.log, spec)
                for (where, name), spec in self.log_owners.items()
                if where == region and not spec.log.get("missing")
            }
            groups.update({row["name"]: (row, None) for row in self.rows("log_groups", region)})
            found[region] = dict(sorted(groups.items()))
        return found

    @cached_property
    def log_owners(self) -> dict[tuple[str, str], FunctionSpec]:
        """First function that writes to each log group, by region and name."""
        found: dict[tuple[str, str], FunctionSpec] = {}
        for region, specs in self.functions.items():
            for spec in specs.values():
                found.setdefault((region, spec.log_group), spec)
        return found

    def region_functions(self, region: str) -> Mapping[str, FunctionSpec]:
        """Functions of a region by name."""
        return self.functions.get(region, {})


@lru_cache(maxsize=8)
def load_world(now: datetime, alias: str = MAIN) -> World:
    """Read an account from the package's YAML file, with every `@` date relative to `now`.

    Raises `KeyError` for an alias that the file does not declare.
    """
    text = files("auditor.demo").joinpath("account.yaml").read_text(encoding="utf-8")
    raw = _parsed(text)
    if alias == raw["account"]["alias"]:
        return _world(raw, now)
    other = raw["others"][alias]
    raw = _parsed(text.replace(raw["account"]["id"], other["id"]))
    return _world(_narrowed(raw, alias, raw["others"][alias]), now)


def declared_world(text: str, now: datetime) -> World:
    """Read an account that is declared in the same words as the demo's."""
    return _world(_parsed(text), now)


def _parsed(text: str) -> Json:
    reader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        parsed: Json = reader.get_single_data()
    finally:
        reader.dispose()
    return parsed


def _narrowed(raw: Json, alias: str, other: Json) -> Json:
    """Make the declaration of another account out of the main one's: some functions, other answers."""
    functions = {name: raw["functions"][name] for name in other["functions"]}
    return {
        **raw,
        "account": {**raw["account"], "id": other["id"], "alias": alias},
        "functions": functions,
        "tables": {name: rows for name, rows in raw["tables"].items() if name not in other["without"]},
        "answers": {**raw["answers"], **other["answers"]},
    }


def _world(raw: Json, now: datetime) -> World:
    account = str(raw["account"]["id"])
    functions: dict[str, dict[str, FunctionSpec]] = {region: {} for region in raw["account"]["regions"]}
    for key, declared in raw["functions"].items():
        name, _, elsewhere = key.partition("@")
        merged = _like(declared, raw["templates"])
        region = elsewhere or merged.get("region", HOME)
        merged["region"] = region
        merged = {**merged, "name": name, "account": account}
        spec = msgspec.convert(expanded(merged, region, account, now, dates=False), FunctionSpec)
        functions[region][name] = spec
    roles = {
        name: msgspec.convert(
            expanded({**declared, "name": name, "account": account}, HOME, account, now, dates=False),
            RoleSpec,
        )
        for name, declared in raw["roles"].items()
    }
    tables = {
        table: {region: expanded(rows, region, account, now) for region, rows in by_region.items()}
        for table, by_region in raw["tables"].items()
    }
    return World(
        id=account,
        alias=raw["account"]["alias"],
        now=now,
        functions=functions,
        roles=roles,
        policies=expanded(raw["policies"], HOME, account, now),
        aws_policies=raw["aws_policies"],
        tables=tables,
        presets=expanded(raw["presets"], HOME, account, now),
        answers={name: _answers(rows, account, now) for name, rows in raw["answers"].items()},
        denied=tuple(msgspec.convert({"kind": "denied", **row}, Fault) for row in raw["denied"]),
        log_lines=expanded(raw["log_lines"], HOME, account, now, dates=False),
        fetch=packages.fetch,
    )


def _answers(rows: Any, account: str, now: datetime) -> list[Answer]:  # noqa: ANN401 - YAML
    listed = rows if isinstance(rows, list) else [{"answer": rows}]
    return [msgspec.convert(expanded(row, _written_region(row), account, now), Answer) for row in listed]


def _written_region(row: Json) -> str:
    region = str(row.get("region", HOME))
    return HOME if "*" in region else region


def _like(declared: Json, templates: Json) -> Json:
    """Lay a declaration over its templates, mappings key by key."""
    names = declared.get("like", [])
    merged: Json = {}
    for name in [names] if isinstance(names, str) else names:
        merged = _over(merged, _like(templates[name], templates))
    return _over(merged, {key: value for key, value in declared.items() if key != "like"})


def _over(below: Json, above: Json) -> Json:
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def expanded(value: Any, region: str, account: str, now: datetime, *, dates: bool = True) -> Any:  # noqa: ANN401 - YAML
    """Spell out shorthand: `:@:` in an ARN is here, `@-30d` a date, `${secret:x}` a planted secret,
    `${pad:90}` 90 harmless characters.
    """
    if isinstance(value, dict):
        return {str(key): expanded(item, region, account, now, dates=dates) for key, item in value.items()}
    if isinstance(value, list):
        return [expanded(item, region, account, now, dates=dates) for item in value]
    if not isinstance(value, str):
        return value
    if dates and _AGE.match(value):
        return _date(value, now)
    text = _SECRET.sub(lambda found: PLANTED[found[1]], value)
    text = _PAD.sub(lambda found: ("hello " * int(found[1]))[: int(found[1])], text)
    return _HERE.sub(lambda found: f"{found[1]}:{found[2] or region + ':'}{account}:", text)


def _date(text: str, now: datetime) -> datetime:
    found = _AGE.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no date such as @-30d")
    return now + timedelta(**{_UNITS[found[2]]: float(found[1])})
