"""boto3 clients at AWS's pace: one for each service and region, with our retries in place of botocore's."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.model import OperationModel

from auditor.collect.circuits import Circuits
from auditor.collect.ledger import Ledger
from auditor.collect.pace import Pace
from auditor.collect.retries import attempts_worth, delay_s, is_throttle

THREADS = 12
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30


@dataclass(frozen=True)
class Clients:
    """The clients of one account, made when they are first asked for. Safe to use from many threads.

    Every attempt, retries too, waits for its place in the pace and is booked in the ledger. `pause` waits for
    seconds; `is_over` is True once nothing more is to be sent.
    """

    session: boto3.Session
    endpoint_url: str
    pace: Pace
    circuits: Circuits
    ledger: Ledger
    pause: Callable[[float], object]
    is_over: Callable[[], bool]
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _chance: random.Random = field(default_factory=random.Random)

    def get(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """Return the one client of a service in a region. Raises `BotoCoreError` where there is none."""
        with self._lock:
            key = (service, region)
            if key not in self._made:
                self._made[key] = self._make(service, region)
            return self._made[key]

    def close(self) -> None:
        """Give the connections back."""
        for client in self._made.values():
            client.close()

    def _make(self, service: str, region: str) -> Any:  # noqa: ANN401 - as above
        session: Any = self.session
        client = session.client(
            service,
            region_name=region or None,
            endpoint_url=self.endpoint_url or None,
            config=Config(
                # One attempt of botocore's: `_retry` decides, with the scan's budget in view.
                retries={"mode": "standard", "total_max_attempts": 1},
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                max_pool_connections=THREADS,
                # Both are processor time for every request: botocore puts its own user agent together anew,
                # and holds parameters, which are ours and tested, against its models.
                user_agent="lambda-auditor",
                parameter_validation=False,
            ),
        )
        events = client.meta.events
        events.register_first("before-call", self._book)
        events.register_first("before-send", partial(self._wait, service, region))
        events.register_first("needs-retry", partial(self._retry, (service, region)))
        return client

    def _book(self, model: OperationModel, **_: object) -> None:
        self.ledger.add(f"{model.service_model.service_name}:{model.name}", requests=1)

    def _wait(self, service: str, region: str, event_name: str, **_: object) -> None:
        self.pace.bucket(f"{service}:{event_name.rsplit('.', 1)[-1]}", region).take()

    def _retry(
        self,
        where: tuple[str, str],
        *,
        response: Any,  # noqa: ANN401 - botocore's pair of HTTP response and parsed answer
        attempts: int,
        caught_exception: Exception | None,
        operation: OperationModel,
        **_: object,
    ) -> float | None:
        """Answer botocore's question whether to send again: after 0 s, having waited here, or not at all."""
        service, region = where
        name = f"{service}:{operation.name}"
        if is_throttle(response):
            self.pace.bucket(name, region).throttled()
            self.ledger.add(name, throttled=1)
        if attempts >= attempts_worth(response, caught_exception) or self.is_over():
            return None
        if self.circuits.is_open(service, operation.name, region) or not self.circuits.may_retry():
            return None
        self.pause(delay_s(attempts, self._chance))
        if self.is_over():
            return None
        self.ledger.add(name, requests=1)
        return 0
