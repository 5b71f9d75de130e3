"""Ends of a scan before its end: Ctrl-C, a deadline, credentials that expire. What was seen stays."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from threading import Lock
from typing import TypeVar

from auditor.collect.ledger import Ledger
from auditor.collect.session import Api
from auditor.model import Spending

T = TypeVar("T")

INTERRUPTED = "interrupted"
# Seconds between two looks whether somebody pressed Ctrl-C.
LOOK_S = 0.2


class Halt:
    """All accounts that a scan asks, so that one word ends it. `deadline` is as `time.monotonic` counts.

    Of an account that is done only what it took is kept: its clients weigh some ten megabytes.
    """

    def __init__(self, deadline: float | None = None) -> None:
        self._deadline = deadline
        self._lock = Lock()
        self._word = ""
        self._apis: list[Api] = []
        self._ended_early: dict[str, list[str]] = {}
        self._spent: list[tuple[Spending, ...]] = []

    @property
    def stopped(self) -> str:
        """Why the scan, or single accounts of it, ended early; "" where nothing did."""
        if self._word or not self._ended_early:
            return self._word
        if len(self._spent) == 1:
            return next(iter(self._ended_early))
        return "; ".join(f"{why} (account {', '.join(names)})" for why, names in self._ended_early.items())

    @property
    def spending(self) -> tuple[Spending, ...]:
        """What all accounts took together."""
        return merged(self._spent)

    @contextmanager
    def watching(self, api: Api) -> Iterator[None]:
        """Let an account end with the scan, and give its connections back."""
        with self._lock:
            self._apis.append(api)
            api.deadline = self._deadline
            if self._word:
                api.stop(self._word)
        try:
            yield
        finally:
            api.close()
            with self._lock:
                self._apis.remove(api)
                self._spent.append(api.spending())
                if api.stopped:
                    self._ended_early.setdefault(api.stopped, []).append(api.account)

    def stop(self, word: str) -> None:
        """End the scan: no further request is sent."""
        with self._lock:
            self._word = word
            for api in self._apis:
                api.stop(word)

    def interruptible(self, work: Callable[[], T]) -> T:
        """Run work on a thread of its own, so that Ctrl-C ends the asking and not the answer.

        A second Ctrl-C ends the program.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="scan") as pool:
            future = pool.submit(work)
            while True:
                try:
                    return future.result(LOOK_S)
                except TimeoutError:
                    if future.done():
                        raise
                except KeyboardInterrupt:
                    if self._word:
                        raise
                    self.stop(INTERRUPTED)


def merged(spent: Iterable[tuple[Spending, ...]]) -> tuple[Spending, ...]:
    """Add up what several accounts took."""
    ledger = Ledger()
    for row in chain.from_iterable(spent):
        ledger.add(
            row.operation,
            requests=row.requests,
            throttled=row.throttled,
            denied=row.denied,
            lost=row.lost,
            usd=row.usd,
            denied_by=row.denied_by,
        )
    return ledger.spending()
