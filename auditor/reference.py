"""Dated reference data that judgements need: runtime calendar, prices, known layer publishers."""

from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec

from auditor import yaml_text
from auditor.model import Function, Record
from auditor.verdict import ChecklistItem


class RuntimeLife(Record, frozen=True, kw_only=True):
    """The life of one runtime identifier. A date is None where AWS has published none."""

    id: str
    family: str
    deprecated: date | None = None
    create_blocked: date | None = None
    update_blocked: date | None = None
    successor: str = ""
    snapstart: bool = False
    arm64: bool = True


class RuntimeCalendar(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """All runtimes, as of a date, oldest first within a family."""

    as_of: date
    source: str
    runtimes: tuple[RuntimeLife, ...]

    @cached_property
    def _by_id(self) -> dict[str, RuntimeLife]:
        return {runtime.id: runtime for runtime in self.runtimes}

    def life(self, runtime: str) -> RuntimeLife | None:
        """The life of a runtime, None where the calendar does not know it."""
        return self._by_id.get(runtime)


class RegionPrices(Record, frozen=True, kw_only=True):
    """On-demand prices of one region in US dollars.

    Requests per million, compute per GB-second by architecture, provisioned concurrency per GB-second
    (idle) and its
    compute, ephemeral storage above 512 MB per GB-second, logs per GB ingested and per GB-month stored.
    SnapStart of runtimes other than Java: its cache per GB-second, a restore per GB. Tiers are (GB-seconds a
    month of a region and architecture, the discount on what lies above).
    """

    requests_per_million: float = 0.20
    x86_gb_second: float = 0.0000166667
    arm64_gb_second: float = 0.0000133334
    provisioned_x86_gb_second: float = 0.0000041667
    provisioned_arm64_gb_second: float = 0.0000033334
    provisioned_x86_compute_gb_second: float = 0.0000097222
    provisioned_arm64_compute_gb_second: float = 0.0000077778
    ephemeral_gb_second: float = 0.0000000309
    snapstart_cache_gb_second: float = 0.0000015046
    snapstart_restore_gb: float = 0.0001397998
    durable_operations_per_million: float = 8.00
    x86_tiers: tuple[tuple[float, float], ...] = ((6e9, 0.10), (15e9, 0.20))
    arm64_tiers: tuple[tuple[float, float], ...] = ((7.5e9, 0.10), (18.75e9, 0.20))
    log_ingestion_gb: float = 0.50
    log_storage_gb_month: float = 0.03


class Prices(Record, frozen=True, kw_only=True):
    """Prices by region, with the date and page they were read on; `default` stands in for regions not
    listed.
    """

    as_of: date
    source: str
    default: RegionPrices
    regions: dict[str, RegionPrices] = {}  # noqa: RUF012 - msgspec copies the default

    def of(self, region: str) -> RegionPrices:
        """Prices of a region."""
        return self.regions.get(region, self.default)


class Publisher(Record, frozen=True, kw_only=True):
    """Who publishes layers for everybody: accounts, and the layer name prefixes they are known for (empty:
    any).
    """

    accounts: tuple[str, ...]
    name: str
    layers: tuple[str, ...] = ()
    source: str = ""


class Publishers(Record, frozen=True, kw_only=True, dict=True, gc=True):
    """Known layer publishers."""

    as_of: date
    publishers: tuple[Publisher, ...]

    @cached_property
    def _by_account(self) -> dict[str, Publisher]:
        return {account: publisher for publisher in self.publishers for account in publisher.accounts}

    def of(self, account: str) -> Publisher | None:
        """The known publisher that owns an account."""
        return self._by_account.get(account)


class Reference(Record, frozen=True, kw_only=True):
    """Everything dated that a check may ask for. `as_of` is the day the audit judges for."""

    as_of: date
    runtimes: RuntimeCalendar
    prices: Prices
    publishers: Publishers


class Attestation(Record, frozen=True, kw_only=True):
    """What a person vouches for: a checklist item of functions (name patterns), with evidence and an end."""

    item: str
    functions: tuple[str, ...]
    who: str
    when: date
    evidence: str
    expires: date


class Attestations(Record, frozen=True, kw_only=True):
    """All attestations of an attestation file."""

    attestations: tuple[Attestation, ...] = ()

    def of(self, item: str, function: Function) -> tuple[Attestation, ...]:
        """Attestations about one item of one function, running or expired."""
        return tuple(
            found
            for found in self.attestations
            if found.item == item and any(_matches(pattern, function.name) for pattern in found.functions)
        )


ATTESTATION_WARNING = timedelta(days=14)

T = TypeVar("T")


def load_reference(
    as_of: date, runtime_table: Path | None = None, price_table: Path | None = None
) -> Reference:
    """Read the packaged reference data, each part replaceable by a file of the same form.

    Raises `ReferenceDataError` naming the file and field where a replacement does not have the form.
    """
    return Reference(
        as_of=as_of,
        runtimes=_read(RuntimeCalendar, "runtimes.yaml", runtime_table),
        prices=_read(Prices, "prices.yaml", price_table),
        publishers=_read(Publishers, "publishers.yaml", None),
    )


class _Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    item: ChecklistItem
    functions: tuple[str, ...]
    who: str
    when: date
    evidence: str
    expires: date


class _AttestationFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    attestations: tuple[_Given, ...]
    version: int = 1


def load_attestations(file: Path) -> Attestations:
    """Read an attestation file: a list `attestations` of item, functions, who, when, evidence, expires.

    Raises `ReferenceDataError` for a file that cannot be read, an unknown key, and an item that is none.
    """
    return Attestations(
        attestations=tuple(
            Attestation(
                item=one.item.value,
                functions=one.functions,
                who=one.who,
                when=one.when,
                evidence=one.evidence,
                expires=one.expires,
            )
            for one in _read(_AttestationFile, "", file).attestations
        )
    )


class ReferenceDataError(Exception):
    """A reference file that cannot be read, in one sentence."""


FORMS = {
    "RuntimeCalendar": "a runtime calendar",
    "Prices": "a price table",
    "Publishers": "a list of publishers",
    "_AttestationFile": "an attestation file",
}


def _read(form: type[T], packaged: str, override: Path | None) -> T:
    try:
        if override is not None:
            return yaml_text.decode(override.read_bytes(), form)
        return msgspec.yaml.decode(files("auditor").joinpath(packaged).read_bytes(), type=form)
    except OSError as error:
        raise ReferenceDataError(f"{override or packaged} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ReferenceDataError(f"{override or packaged} is not {FORMS[form.__name__]}: {error}") from error


def _matches(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern)
