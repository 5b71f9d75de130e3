"""Requests that are sent before anybody waits for their answers, while a slower question is under way."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

# Enough for one quota of 15 requests a second.
THREADS = 3
# Answers that are held until somebody asks for them.
MOST = 500

A = TypeVar("A")


class Ahead(Generic[A]):
    """Answers under way, by their questions. Safe to use from many threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._asked: dict[Hashable, Future[A]] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ahead")
        self._lock = threading.Lock()

    def ask(self, question: Hashable, call: Callable[[], A]) -> None:
        """Begin to ask, unless enough answers wait already."""
        with self._lock:
            if len(self._asked) < self._most and question not in self._asked:
                self._asked[question] = self._pool.submit(call)

    def answer(self, question: Hashable) -> A | None:
        """Hand an answer out, once, and wait for it where it is under way; None where it is not."""
        with self._lock:
            found = self._asked.pop(question, None)
        # One that still waits for its turn is sooner asked by whoever needs it.
        return None if found is None or found.cancel() else found.result()

    def close(self) -> None:
        """Ask nothing more."""
        self._pool.shutdown(cancel_futures=True)
