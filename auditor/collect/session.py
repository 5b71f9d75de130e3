"""Asking one account: clients, paging, the guard, and for every call an answer or the reason why there is
none.
"""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from auditor.collect.failures import THROTTLED, error_code, unavailable
from auditor.collect.operations import Operation
from auditor.collect.pace import DEFAULT_PACE, Pace
from auditor.model import Reason, Spending, Unavailable

CALLER_IDENTITY = Operation(
    service="sts", name="GetCallerIdentity", actions=(), requires=("Account", "Arn"), is_global=True
)
ASSUME_ROLE = Operation(
    service="sts", name="AssumeRole", actions=(), requires=("Credentials",), is_global=True
)
REGIONS = Operation(
    service="ec2", name="DescribeRegions", actions=("ec2:DescribeRegions",), requires=("Regions",)
)
OPERATIONS = (CALLER_IDENTITY, ASSUME_ROLE, REGIONS)

THREADS = 12
ATTEMPTS = 8
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30
# Failures in a row, without a success in between, after which an operation is not asked again in a region.
FAILURES_TO_OPEN = 5
DENIALS_TO_OPEN = 50


class Absent(Enum):
    """AWS's documented word for "there is none"."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
BREAKING = frozenset({Reason.THROTTLED, Reason.API_ERROR, Reason.TIMEOUT, Reason.NOT_SUPPORTED})

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class _Count:
    requests: int = 0
    throttled: int = 0
    denied: int = 0
    lost: int = 0
    usd: float = 0.0


@dataclass
class _Circuit:
    failures: int = 0
    denials: int = 0
    succeeded: bool = False
    open: Unavailable | None = None


@dataclass
class Api:
    """One account, all regions. Safe to use from many threads.

    `session` carries the read-only guard. Answers of the same operation and parameters are asked once a
    scan where the caller
    says so with `once`.
    """

    session: boto3.Session
    account: str
    partition: str = "aws"
    regions: tuple[str, ...] = ()
    endpoint_url: str = ""
    pace: float = DEFAULT_PACE
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _counts: dict[str, _Count] = field(default_factory=dict)
    _circuits: dict[tuple[str, str], _Circuit] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Make the buckets and the pool."""
        self._pace = Pace(self.pace)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="collect")

    def close(self) -> None:
        """Give the threads back."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def call(
        self, operation: Operation, region: str, **parameters: object
    ) -> dict[str, Any] | Absent | Unavailable:
        """Ask once. The answer has every key that the operation `requires`, or it is `Unavailable`.

        Raises `CredentialsExpiredError` and `CollectError` where nothing more can be asked.
        """
        circuit = self._circuit(operation, region)
        if circuit.open is not None:
            return circuit.open
        client = self._client(operation.service, region)
        if isinstance(client, Unavailable):
            return client
        answer = self._send(client, operation, parameters)
        self._note(circuit, operation, answer)
        return answer

    def pages(
        self, operation: Operation, region: str, items: str, **parameters: object
    ) -> list[Any] | Absent | Unavailable:
        """Ask for all pages and return the list under `items`: whole, or not at all.

        A page without the key, a token that repeats, or a failure on any page makes the answer `Unavailable`.
        """
        client = self._client(operation.service, region)
        if isinstance(client, Unavailable):
            return client
        inputs, outputs = _tokens(client, operation.name)
        found: list[Any] = []
        seen: set[str] = set()
        given = dict(parameters)
        while True:
            page = self.call(operation, region, **given)
            if not isinstance(page, dict):
                return page
            if items not in page:
                return self._malformed(operation, f"a page without {items}")
            found.extend(page[items])
            following = {
                name: page[source] for name, source in zip(inputs, outputs, strict=True) if page.get(source)
            }
            if not following or page.get("IsTruncated") is False:
                return found
            mark = repr(sorted(following.items()))
            if mark in seen:
                return self._malformed(operation, "a page token that repeats")
            seen.add(mark)
            given = {**parameters, **following}

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Apply a function to items on threads; results in the order of the items. The first exception is
        raised.
        """
        todo = list(items)
        if threading.current_thread().name.startswith("collect"):
            return [function(item) for item in todo]
        return list(self._pool.map(function, todo))

    def spend(self, operation: Operation, usd: float) -> None:
        """Book what requests of an operation cost, in US dollars."""
        with self._lock:
            self._count(operation).usd += usd

    def spending(self) -> tuple[Spending, ...]:
        """Return what was sent so far, by operation."""
        with self._lock:
            return tuple(
                Spending(
                    operation=label,
                    requests=count.requests,
                    throttled=count.throttled,
                    denied=count.denied,
                    lost=count.lost,
                    usd=count.usd,
                )
                for label, count in sorted(self._counts.items())
            )

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """Return the one client of a service in a region. Raises `BotoCoreError` where there is no such
        service.
        """
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._made(service, region)
            return self._clients[key]

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        try:
            return self.client(service, region)
        except BotoCoreError as error:
            return Unavailable(
                reason=Reason.NOT_SUPPORTED,
                operation=service,
                code=type(error).__name__,
                note="the service has no endpoint here",
            )

    def _made(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        session: Any = self.session
        client = session.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url or None,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                max_pool_connections=THREADS,
                user_agent_extra="lambda-auditor",
            ),
        )
        families = _families(service)

        def wait(event_name: str, **_: object) -> None:
            name = event_name.rsplit(".", 1)[-1]
            self._pace.bucket(families.get(name, service), region).take()

        def slow_down(response: Any, event_name: str, **_: object) -> None:  # noqa: ANN401 - botocore's pair
            code = "" if response is None else str(response[1].get("Error", {}).get("Code", ""))
            status = 0 if response is None else response[0].status_code
            if code in THROTTLED or status == 429:  # noqa: PLR2004 - HTTP's Too Many Requests
                name = event_name.rsplit(".", 1)[-1]
                self._pace.bucket(families.get(name, service), region).throttled()
                with self._lock:
                    self._counts.setdefault(_label(service, name), _Count()).throttled += 1

        client.meta.events.register("before-send", wait)
        client.meta.events.register("needs-retry", slow_down)
        return client

    def _send(
        self,
        client: Any,  # noqa: ANN401 - boto3's clients have no common type
        operation: Operation,
        parameters: Mapping[str, object],
    ) -> dict[str, Any] | Absent | Unavailable:
        try:
            method = getattr(client, _snake(operation.name))
            answer: dict[str, Any] = method(**parameters)
        except ClientError as error:
            self._booked(operation, error.response.get("ResponseMetadata", {}))
            if error_code(error) in operation.absent and _is_aws_error(error):
                return ABSENT
            return self._lost(operation, unavailable(operation, error))
        except (BotoCoreError, ResponseParserError) as error:
            self._booked(operation, {})
            return self._lost(operation, unavailable(operation, error))
        self._booked(operation, answer.get("ResponseMetadata", {}))
        absent_keys = [key for key in operation.requires if key not in answer]
        if absent_keys:
            return self._lost(operation, self._malformed(operation, f"an answer without {absent_keys[0]}"))
        return answer

    def _booked(self, operation: Operation, metadata: Mapping[str, Any]) -> None:
        with self._lock:
            self._count(operation).requests += 1 + int(metadata.get("RetryAttempts", 0) or 0)

    def _lost(self, operation: Operation, reason: Unavailable) -> Unavailable:
        with self._lock:
            count = self._count(operation)
            if reason.reason is Reason.ACCESS_DENIED:
                count.denied += 1
            else:
                count.lost += 1
        return reason

    def _count(self, operation: Operation) -> _Count:
        return self._counts.setdefault(_label(operation.service, operation.name), _Count())

    def _circuit(self, operation: Operation, region: str) -> _Circuit:
        with self._lock:
            return self._circuits.setdefault((operation.label, region), _Circuit())

    def _note(self, circuit: _Circuit, operation: Operation, answer: object) -> None:
        with self._lock:
            if not isinstance(answer, Unavailable):
                circuit.succeeded, circuit.failures, circuit.denials = True, 0, 0
                return
            circuit.failures += answer.reason in BREAKING
            circuit.denials += answer.reason is Reason.ACCESS_DENIED
            if circuit.failures >= FAILURES_TO_OPEN or (
                circuit.denials >= DENIALS_TO_OPEN and not circuit.succeeded
            ):
                times = max(circuit.failures, circuit.denials)
                circuit.open = Unavailable(
                    reason=answer.reason,
                    operation=operation.label,
                    code=answer.code,
                    note=f"{answer.note} {times} times in a row; not asked again",
                )

    @staticmethod
    def _malformed(operation: Operation, what: str) -> Unavailable:
        return Unavailable(
            reason=Reason.MALFORMED_RESPONSE, operation=operation.label, code="MalformedResponse", note=what
        )


def _is_aws_error(error: ClientError) -> bool:
    """Whether an answer carries an AWS error code: a bare 404 says nothing about what was asked for."""
    return not str(error.response.get("Error", {}).get("Code", "")).isdigit()


def _label(service: str, name: str) -> str:
    return f"{service}:{name}"


def _snake(name: str) -> str:
    from botocore import xform_name  # noqa: PLC0415 - a function of the package's root

    return str(xform_name(name))


def _families(service: str) -> dict[str, str]:
    from auditor.collect.operations import declared  # noqa: PLC0415 - the collectors import this module

    return {found.name: found.bucket for found in declared() if found.service == service}


# Names of page tokens, tried in this order where botocore has no paginator for an operation.
TOKEN_INPUTS = ("NextToken", "nextToken", "Marker", "marker", "PaginationToken", "ContinuationToken")
TOKEN_OUTPUTS = ("NextToken", "nextToken", "NextMarker", "Marker", "marker", "PaginationToken")


def _tokens(client: Any, name: str) -> tuple[Sequence[str], Sequence[str]]:  # noqa: ANN401 - as above
    method = _snake(name)
    if client.can_paginate(method):
        settings = client.get_paginator(method)._pagination_cfg  # noqa: SLF001 - the model's own names of tokens
        inputs, outputs = settings["input_token"], settings["output_token"]
        names = [inputs] if isinstance(inputs, str) else list(inputs)
        sources = [outputs] if isinstance(outputs, str) else list(outputs)
        if all(re.fullmatch(r"\w+", source) for source in sources):
            return names, sources
    shape = client.meta.service_model.operation_model(name)
    members_in = shape.input_shape.members if shape.input_shape else {}
    members_out = shape.output_shape.members if shape.output_shape else {}
    source = next((token for token in TOKEN_OUTPUTS if token in members_out), None)
    target = next((token for token in TOKEN_INPUTS if token in members_in), None)
    return ([target], [source]) if source and target else ((), ())
