"""When to stop asking: a circuit for each operation and region, and one budget of retries for the scan."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from auditor.collect.failures import Lost
from auditor.model import Reason, Unavailable

# Lost calls in a row after which an operation is not asked again: of a service that fails, and of refusals
# that may yet be about single resources.
FAILURES_TO_OPEN = 5
REFUSALS_TO_OPEN = 50
# Seconds after which an open circuit lets one call through, to see whether the service is back.
PROBE_AFTER_S = 30.0

# Retries of the whole scan; each answered call gives a tenth of one back.
RETRY_BUDGET = 200.0
GIVEN_BACK = 0.1


@dataclass
class _State:
    failures: int = 0
    refusals: int = 0
    answered: bool = False
    open: Unavailable | None = None
    opened_at: float = 0.0


class Circuits:
    """The circuits of one account. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[tuple[str, str, str], _State] = {}
        self._budget = RETRY_BUDGET
        self._lock = threading.Lock()

    def blocking(self, service: str, name: str, region: str) -> Unavailable | None:
        """Return why an operation is not asked at present, None where it may be. Every half minute one call
        of a failing operation is let through.
        """
        with self._lock:
            state = self._state(service, name, region)
            if state.open is None:
                return None
            if self._clock() - state.opened_at >= PROBE_AFTER_S:
                state.opened_at = self._clock()
                return None
            return state.open

    def is_open(self, service: str, name: str, region: str) -> bool:
        """Whether an operation fails for good at present, so that a retry is not worth its wait."""
        with self._lock:
            return self._state(service, name, region).open is not None

    def may_retry(self) -> bool:
        """Take one retry of the scan's budget."""
        with self._lock:
            if self._budget < 1:
                return False
            self._budget -= 1
            return True

    def answered(self, service: str, name: str, region: str) -> None:
        """Note an answer, also one that says "there is none"."""
        with self._lock:
            self._budget = min(RETRY_BUDGET, self._budget + GIVEN_BACK)
            state = self._state(service, name, region)
            state.failures, state.refusals, state.answered, state.open = 0, 0, True, None

    def lost(self, service: str, name: str, region: str, lost: Lost) -> None:
        """Note a lost call; open the circuit where enough were lost in a row."""
        with self._lock:
            state = self._state(service, name, region)
            state.failures += lost.systemic
            state.refusals += lost.why.reason is Reason.ACCESS_DENIED and not state.answered
            if state.failures >= FAILURES_TO_OPEN or state.refusals >= REFUSALS_TO_OPEN:
                times = max(state.failures, state.refusals)
                state.opened_at = self._clock()
                state.open = replace(
                    lost.why, note=f"{lost.why.note}, {times} times in a row; not asked again"
                )

    def _state(self, service: str, name: str, region: str) -> _State:
        return self._states.setdefault((service, name, region), _State())
