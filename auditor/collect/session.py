"""Asking one account: for every call an answer, or the reason why there is none."""

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from auditor.collect.ahead import Ahead
from auditor.collect.circuits import Circuits
from auditor.collect.clients import THREADS, Clients
from auditor.collect.failures import UNKNOWN_KEY, Failure, Lost, error_code, is_absence, lost, malformed
from auditor.collect.kept import Kept
from auditor.collect.ledger import Ledger
from auditor.collect.needs import Needs, flaw, needs_of
from auditor.collect.operations import Operation, Tier, not_asked
from auditor.collect.pace import DEFAULT_PACE, Pace
from auditor.collect.paging import Paging, at, following, is_cut, paging_of
from auditor.collect.shapes import STRANGE
from auditor.model import Reason, Spending, Unavailable

CALLER_IDENTITY = Operation(
    service="sts", name="GetCallerIdentity", actions=(), requires=("Account", "Arn"), is_global=True
)
ASSUME_ROLE = Operation(
    service="sts", name="AssumeRole", actions=(), requires=("Credentials",), is_global=True
)
REGIONS = Operation(
    service="ec2",
    name="DescribeRegions",
    actions=("ec2:DescribeRegions",),
    tier=Tier.QUICK,
    requires=("Regions", "Regions[].RegionName"),
)
OPERATIONS = (CALLER_IDENTITY, ASSUME_ROLE, REGIONS)

TIME_IS_UP = "the time given to the scan was used up"
EXPIRED = "the credentials expired during the scan"


class Absent(Enum):
    """AWS's documented word for "there is none"."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Api:
    """One account, all regions. Safe to use from many threads; no call ever raises.

    `session` carries the read-only guard. Operations beyond `tier` are answered "not collected" without being
    sent. After `deadline` (as `clock` counts), once `stop` was called, and once the credentials have expired,
    every further call is answered `Unavailable` at once, and `stopped` says why; what was seen before stays.
    `pace` is the share of AWS's request quotas to use. `kept` are the answers of an unfinished run, where
    one is resumed.
    """

    session: boto3.Session
    account: str
    partition: str = "aws"
    regions: tuple[str, ...] = ()
    endpoint_url: str = ""
    pace: float = DEFAULT_PACE
    tier: Tier = Tier.DEEP
    deadline: float | None = None
    kept: Kept | None = None
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], object] | None = None
    _ahead: Ahead[dict[str, Any] | Absent | Unavailable] = field(default_factory=Ahead)
    _answered: set[tuple[str, str]] = field(default_factory=set)
    _needs: dict[tuple[str, str], Needs] = field(default_factory=dict)
    _end: threading.Event = field(default_factory=threading.Event)
    _stopped: tuple[Reason, str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Make the buckets, the circuits, the ledger and the clients that use them."""
        # Waits end with the scan, so that an interrupt does not have to sit them out.
        pause = self.pause or self._end.wait
        self._circuits = Circuits(self.clock)
        self._ledger = Ledger()
        self._clients = Clients(
            session=self.session,
            endpoint_url=self.endpoint_url,
            pace=Pace(self.pace, self.clock, pause),
            circuits=self._circuits,
            ledger=self._ledger,
            pause=pause,
            is_over=self._end.is_set,
        )

    @property
    def is_aws(self) -> bool:
        """Whether AWS itself answers, and not an emulator behind an endpoint of one's own."""
        host = urlsplit(self.endpoint_url).hostname or ""
        return not self.endpoint_url or host.endswith((".amazonaws.com", ".amazonaws.com.cn"))

    @property
    def stopped(self) -> str:
        """Why the scan ends before its end, "" while it goes on."""
        return self._stopped[1] if self._stopped else ""

    def stop(self, why: str, reason: Reason = Reason.NOT_COLLECTED) -> None:
        """End the scan: no further request is sent. The first reason stays."""
        with self._lock:
            self._stopped = self._stopped or (reason, why)
        self._end.set()

    def ahead(self, operation: Operation, region: str, **parameters: Hashable) -> None:
        """Begin to ask what will be asked once: the same `call` is then handed the answer. A resumed run may
        have it already, so that nothing is asked ahead there.
        """
        if self.kept is None and self.tier.covers(operation.tier):
            self._ahead.ask(
                _question(operation, region, parameters), lambda: self._call(operation, region, parameters)
            )

    def call(
        self, operation: Operation, region: str, **parameters: object
    ) -> dict[str, Any] | Absent | Unavailable:
        """Ask once. The answer has every member that the operation `requires`, or it is `Unavailable`."""
        if operation.is_early:
            early = self._ahead.answer(_question(operation, region, parameters))
            if early is not None:
                return early
        return self._call(operation, region, parameters)

    def _call(
        self, operation: Operation, region: str, parameters: Mapping[str, object]
    ) -> dict[str, Any] | Absent | Unavailable:
        refused = self._not_asked(operation, region)
        if refused is not None:
            return refused
        client = self._client(operation, region)
        if isinstance(client, Unavailable):
            return client
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation.name))(**parameters)
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            return self._failed(operation, region, error)
        except STRANGE:  # botocore's parsers, where a member is of another type than documented
            return self._broken(operation, region, "an answer that is not built as documented")
        gone = self._gone(operation, client, answer)
        if gone:
            return self._broken(operation, region, f"an answer without {gone}")
        self._answer(operation, region)
        return answer

    def pages(
        self, operation: Operation, region: str, items: str, **parameters: object
    ) -> list[Any] | Absent | Unavailable:
        """Ask for all pages and return the list under `items` (a dotted path): whole, or not at all.

        A page without the key, a token that repeats and a failure on any page make it `Unavailable`.
        """
        return self.rows(operation, region, items, lambda row: row, **parameters)

    def rows(
        self,
        operation: Operation,
        region: str,
        items: str,
        read: Callable[[Any], R],
        **parameters: object,
    ) -> list[R] | Absent | Unavailable:
        """Ask for all pages, as `pages` does, and read each row as it comes, so that only one page is held.

        What is added while a list is read pushes rows onto the next page: there they count once.
        """
        found: list[R] = []
        before: list[Any] = []

        def take(page: dict[str, Any]) -> str:
            nonlocal before
            listed = at(page, items)
            if not isinstance(listed, list):
                return f"a page without {items}"
            found.extend(read(row) for row in listed if row not in before)
            before = listed
            return ""

        missing = self._each_page(operation, region, take, parameters)
        return found if missing is None else missing

    def whole_pages(
        self, operation: Operation, region: str, **parameters: object
    ) -> list[dict[str, Any]] | Absent | Unavailable:
        """Ask for all pages and return them as they are: every one of them, or why not."""
        found: list[dict[str, Any]] = []

        def take(page: dict[str, Any]) -> str:
            found.append(page)
            return ""

        missing = self._each_page(operation, region, take, parameters)
        return found if missing is None else missing

    def _each_page(
        self,
        operation: Operation,
        region: str,
        take: Callable[[dict[str, Any]], str],
        parameters: Mapping[str, object],
    ) -> Absent | Unavailable | None:
        """Hand each page to `take`, which says what a page lacks; return why not all of them came."""
        client = self._client(operation, region)
        if isinstance(client, Unavailable):
            return client
        paging = paging_of(client.meta.service_model, operation.name)
        given = {**_limit(operation, paging), **parameters}
        seen: set[str] = set()
        while True:
            page = self.call(operation, region, **given)
            if not isinstance(page, dict):
                return page
            broken = take(page)
            tokens = following(paging, page)
            mark = repr(sorted(tokens.items()))
            if not tokens and is_cut(paging, page):
                broken = broken or "a page with more to come and no token"
            if broken or mark in seen:
                return self._broken(operation, region, broken or "a page token that repeats")
            if not tokens:
                return None
            seen.add(mark)
            given = {**given, **tokens}

    def map(self, function: Callable[[T], R], items: Iterable[T], *, threads: int = THREADS) -> list[R]:
        """Apply a function to items on threads; results in the order of the items. The first exception is
        raised.
        """
        todo = list(items)
        if len(todo) < 2:  # noqa: PLR2004 - one needs no thread
            return [function(item) for item in todo]
        with ThreadPoolExecutor(min(threads, len(todo)), thread_name_prefix="collect") as pool:
            return list(pool.map(function, todo))

    def spend(self, operation: Operation, usd: float) -> None:
        """Book what requests of an operation cost, in US dollars."""
        self._ledger.add(_name(operation), usd=usd)

    def spending(self) -> tuple[Spending, ...]:
        """Return what was sent so far, by `service:Operation`."""
        return self._ledger.spending()

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """Return the one client of a service in a region. Raises `BotoCoreError` where there is none."""
        return self._clients.get(service, region)

    def close(self) -> None:
        """Give the connections back."""
        self._ahead.close()
        self._clients.close()

    def _not_asked(self, operation: Operation, region: str) -> Unavailable | None:
        if not self.tier.covers(operation.tier):
            return not_asked(operation)
        if self.deadline is not None and self.clock() > self.deadline:
            self.stop(TIME_IS_UP)
        if self._stopped is not None:
            reason, why = self._stopped
            return Unavailable(reason=reason, operation=operation.label, note=f"not asked: {why}")
        return self._circuits.blocking(operation.service, operation.name, region)

    def _client(self, operation: Operation, region: str) -> Any:  # noqa: ANN401 - as above
        try:
            return self.client(operation.service, region)
        except BotoCoreError as error:
            return lost(operation, error).why

    def _gone(self, operation: Operation, client: Any, answer: Mapping[str, object]) -> str:  # noqa: ANN401 - as above
        """Return what an answer lacks, "" where it is whole.

        A body that is no JSON at all reaches us as an answer without any member, with status 200.
        """
        if not answer.keys() - {"ResponseMetadata"}:
            return "content"
        needs = self._needs.get(operation.key)
        if needs is None:
            shape = client.meta.service_model.operation_model(operation.name).output_shape
            needs = self._needs[operation.key] = needs_of(shape, operation.requires)
        return flaw(answer, needs)

    def _answer(self, operation: Operation, region: str) -> None:
        self._circuits.answered(operation.service, operation.name, region)
        self._answered.add((operation.service, region))

    def _failed(self, operation: Operation, region: str, error: Failure) -> Absent | Unavailable:
        if is_absence(operation, error):
            self._answer(operation, region)
            return ABSENT
        why = lost(operation, error)
        if why.why.reason is Reason.CREDENTIALS_EXPIRED or self._is_forgotten(operation, region, error):
            self.stop(EXPIRED, Reason.CREDENTIALS_EXPIRED)
        return self._lose(operation, region, why)

    def _is_forgotten(self, operation: Operation, region: str, error: Failure) -> bool:
        """Whether an access key that worked is not known any more: it was deleted during the scan."""
        known = (operation.service, region) in self._answered
        return known and isinstance(error, ClientError) and error_code(error) in UNKNOWN_KEY

    def _broken(self, operation: Operation, region: str, what: str) -> Unavailable:
        return self._lose(operation, region, Lost(malformed(operation, what), systemic=False))

    def _lose(self, operation: Operation, region: str, why: Lost) -> Unavailable:
        is_denied = why.why.reason is Reason.ACCESS_DENIED
        cause = why.why.denied_by
        self._ledger.add(
            _name(operation),
            denied=int(is_denied),
            lost=int(not is_denied),
            denied_by=((cause, 1),) if cause else (),
        )
        self._circuits.lost(operation.service, operation.name, region, why)
        return why.why


def _question(operation: Operation, region: str, parameters: Mapping[str, object]) -> Hashable:
    return operation.key, region, tuple(sorted(parameters.items()))


def _limit(operation: Operation, paging: Paging) -> Mapping[str, object]:
    return {paging.limit: operation.page_size} if operation.page_size and paging.limit else {}


def _name(operation: Operation) -> str:
    return f"{operation.service}:{operation.name}"
