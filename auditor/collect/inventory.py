"""A scan: the accounts and regions of a request become an inventory, whole or with the reason why not."""

import gc
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import boto3
from msgspec.structs import replace

from auditor.collect.account import (
    LIST_ALIASES,
    collect_alias,
)
from auditor.collect.accounts import ACCOUNTS_AT_ONCE, Target, targets
from auditor.collect.advisor import LIST_RECOMMENDATIONS, trusted_advisor
from auditor.collect.cost import (
    DESCRIBE_BUDGETS,
    GET_ANOMALY_MONITORS,
    GET_COST,
    USD_A_COST_REQUEST,
    collect_anomaly_monitors,
    collect_budgets,
    collect_lambda_bill,
)
from auditor.collect.distributions import collect_distributions
from auditor.collect.edge import collect_edge_usage
from auditor.collect.failures import CollectError
from auditor.collect.halt import INTERRUPTED, Halt
from auditor.collect.health import DESCRIBE_EVENTS, announcements
from auditor.collect.kept import Kept
from auditor.collect.metrics import GET_METRIC_DATA, Window, window_before
from auditor.collect.names import names_of
from auditor.collect.people import organization_and_controls, people
from auditor.collect.policies import ask_ahead
from auditor.collect.progress import Progress, Steps
from auditor.collect.region import Listing, collect_region, list_region
from auditor.collect.request import ScanRequest, open_account
from auditor.collect.session import Api
from auditor.collect.shapes import whole
from auditor.model import (
    Account,
    Caller,
    Function,
    Inventory,
    Reason,
    Region,
    Scan,
    Unavailable,
)
from auditor.model.invocation import invoking_services

# More at once only wait for the same processor.
REGIONS_AT_ONCE = 6


class Seen(NamedTuple):
    """An account, or the failure to enter it; the regions of it that are not enabled, with the reason; `note`
    tells of answers that an earlier run was given.
    """

    name: str
    account: Account | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    failure: str = ""
    note: str = ""


def collect(
    request: ScanRequest,
    *,
    now: datetime,
    session: boto3.Session | None = None,
    on_progress: Progress | None = None,
    deadline: float | None = None,
) -> Inventory:
    """Collect what a request asks for, in the session's account or behind its role.

    `now` ends the measured window and dates the scan. After `deadline` (as `time.monotonic` counts), on an
    interrupt, and when credentials expire, collecting ends early: the inventory then holds what was seen, and
    `scan.interrupted` says why. Of several accounts those that cannot be entered are named in the scan.
    Raises `CollectError` where a scan cannot begin, in none of them.
    """
    halt, began = Halt(deadline), time.monotonic()
    with _seldom_tidied():
        seen = halt.interruptible(lambda: _collected(request, session, now, Steps(on_progress), halt))
    accounts = tuple(one.account for one in seen if one.account is not None)
    return Inventory(
        scan=Scan(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{[one.name for one in seen]} {now.isoformat()}")),
            tool_version=_tool_version(),
            started_at=now,
            ended_at=now + timedelta(seconds=round(time.monotonic() - began)),
            tier=request.tier.value,
            interrupted=halt.stopped,
            spending=halt.spending,
            skipped_regions=(
                *((region, "left out by --exclude-region") for region in request.excluded_regions),
                *(row for one in seen for row in one.skipped),
            ),
            failed_accounts=tuple((one.name, one.failure) for one in seen if one.account is None),
            filters=request.filters,
            notes=(*request.left_out, *(one.note for one in seen if one.note)),
        ),
        accounts=accounts,
    )


@contextmanager
def _seldom_tidied() -> Iterator[None]:
    """Look for garbage cycles less often: a scan keeps nearly all that it makes, and a seventh of its time
    would go into looking.
    """
    before = gc.get_threshold()
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _collected(
    request: ScanRequest, session: boto3.Session | None, now: datetime, steps: Steps, halt: Halt
) -> list[Seen]:
    """Collect every account of a request. Of several, one that cannot be entered is named and left out."""
    session, several = targets(request, session)
    if not several:
        return [_entered(request, session, now, steps, halt)]

    def one(target: Target) -> Seen:
        if halt.stopped == INTERRUPTED:
            return Seen(name=target.account, failure=f"not asked: {INTERRUPTED}")
        try:
            return _entered(target.request, session, now, steps, halt)
        except CollectError as error:
            return Seen(name=target.account, failure=str(error))

    with ThreadPoolExecutor(ACCOUNTS_AT_ONCE, thread_name_prefix="accounts") as pool:
        seen = list(pool.map(one, several))
    if all(found.account is None for found in seen) and halt.stopped != INTERRUPTED:
        raise CollectError(_nowhere(seen))
    return [
        found._replace(skipped=tuple((f"{region} of {found.name}", why) for region, why in found.skipped))
        for found in seen
    ]


def _nowhere(seen: list[Seen], *, named: int = 3) -> str:
    why = "; ".join(f"{one.name}: {one.failure}" for one in seen[:named])
    more = f"; and {len(seen) - named} more" if len(seen) > named else ""
    return f"none of {len(seen)} accounts could be entered: {why}{more}"


def _entered(
    request: ScanRequest, session: boto3.Session | None, now: datetime, steps: Steps, halt: Halt
) -> Seen:
    api, caller = open_account(request, session)
    if request.resume:
        api.kept = Kept(Path(request.resume), api.account, _tool_version(), now)
    with halt.watching(api):
        return collect_account(api, caller, request, now, steps)


def collect_account(api: Api, caller: Caller, request: ScanRequest, now: datetime, steps: Steps) -> Seen:
    """Collect one account: all listings first, so that roles and regions need not wait for each other.

    Never raises: what could not be had is `Unavailable` in its place.
    """
    steps.stage("listing functions")
    # A resumed scan measures the time that it measured before.
    measured_at = api.kept.began if api.kept else now
    window = window_before(measured_at, request.window_days)
    listings = api.map(
        lambda region: list_region(
            api, region, request.selection, steps, names_of(api, region), partial(ask_ahead, api, region)
        ),
        api.regions,
        threads=REGIONS_AT_ONCE,
    )
    off = tuple((one.region, str(one.functions)) for one in listings if _is_off(one))
    roles_used = {function.role_arn for one in listings for function in one.found}
    enabled = {one.region: one for one in listings if not _is_off(one)}
    del listings
    with ThreadPoolExecutor(thread_name_prefix="account") as pool:
        regions = pool.submit(_regions, api, enabled, window, steps)
        everybody = pool.submit(people, api, roles_used)
        alias = pool.submit(whole(LIST_ALIASES)(collect_alias), api)
        budgets = pool.submit(whole(DESCRIBE_BUDGETS)(collect_budgets), api)
        monitors = pool.submit(whole(GET_ANOMALY_MONITORS)(collect_anomaly_monitors), api)
        announced = pool.submit(whole(DESCRIBE_EVENTS)(announcements), api)
        advised = pool.submit(whole(LIST_RECOMMENDATIONS)(trusted_advisor), api)
        organization = pool.submit(organization_and_controls, api)
        bill = pool.submit(_bill, api, request, measured_at)
    roles, identities = everybody.result()
    seen = regions.result()
    account = Account(
        id=api.account,
        partition=api.partition,
        caller=caller,
        alias=alias.result(),
        regions=_with_edge_usage(api, seen, window),
        roles=roles,
        identities=identities,
        distributions=collect_distributions(api, seen),
        budgets=budgets.result(),
        anomaly_monitors=monitors.result(),
        announcements=announced.result(),
        trusted_advisor=advised.result(),
        organization=organization.result()[0],
        service_control=organization.result()[1],
        lambda_bill_usd=bill.result(),
    )
    return Seen(api.account, account, off, note=api.kept.note if api.kept else "")


def _tool_version() -> str:
    try:
        return version("lambda-auditor")
    except PackageNotFoundError:
        # Code that is run where it stands, as in a Lambda package without metadata.
        return "unreleased"


def _bill(api: Api, request: ScanRequest, now: datetime) -> float | Unavailable:
    """Ask Cost Explorer, which takes a price for each request, where the owner wants it."""
    if not request.cost_explorer:
        return Unavailable(
            reason=Reason.NOT_COLLECTED,
            operation=GET_COST.label,
            note=f"not collected: Cost Explorer takes USD {USD_A_COST_REQUEST} for a request",
        )
    return whole(GET_COST)(collect_lambda_bill)(api, now)


def _regions(api: Api, listings: dict[str, Listing], window: Window, steps: Steps) -> list[Region]:
    """Collect the regions of listings, each of which is handed over: what comes of it takes its place."""
    return api.map(
        lambda region: collect_region(api, listings.pop(region), window, steps),
        tuple(listings),
        threads=REGIONS_AT_ONCE,
    )


def _with_edge_usage(api: Api, regions: Iterable[Region], window: Window) -> tuple[Region, ...]:
    """Measure the functions that CloudFront runs where their metrics stand: in the regions of the viewers."""
    several = tuple(regions)
    at_edge = [one for region in several for one in _listed(region) if "edgelambda" in invoking_services(one)]
    if not at_edge:
        return several
    usage = whole(GET_METRIC_DATA)(collect_edge_usage)(api, at_edge, window)
    found = dict.fromkeys((one.arn for one in at_edge), usage) if isinstance(usage, Unavailable) else usage
    return tuple(
        region
        if isinstance(region.functions, Unavailable)
        else replace(
            region,
            functions=tuple(
                replace(one, usage=found[one.arn]) if one.arn in found else one for one in region.functions
            ),
        )
        for region in several
    )


def _listed(region: Region) -> tuple[Function, ...]:
    return () if isinstance(region.functions, Unavailable) else region.functions


def _is_off(listing: Listing) -> bool:
    found = listing.functions
    return isinstance(found, Unavailable) and found.reason is Reason.REGION_DISABLED
