"""How far a scan has come, told to whoever listens."""

import threading
from collections.abc import Callable

Progress = Callable[[str, int, int], None]
READING = "functions"


class Steps:
    """Counts functions over all regions and tells each step; only one thread at a time is told."""

    def __init__(self, report: Progress | None) -> None:
        self._report = report
        self._done = 0
        self._total = 0
        self._lock = threading.Lock()

    def stage(self, name: str) -> None:
        """Tell that a stage without a count begins."""
        with self._lock:
            if self._report is not None:
                self._report(name, 0, 0)

    def more(self, functions: int) -> None:
        """Add functions to the whole."""
        with self._lock:
            self._total += functions

    def done(self) -> None:
        """Tell that one more function was read."""
        with self._lock:
            self._done += 1
            if self._report is not None:
                self._report(READING, self._done, self._total)
