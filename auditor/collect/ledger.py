"""What a scan spent: requests, throttles, refusals, lost calls and US dollars, by operation."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import fsum

from auditor.model import DeniedBy, Spending


@dataclass
class _Count:
    requests: int = 0
    throttled: int = 0
    denied: int = 0
    lost: int = 0
    denied_by: Counter[DeniedBy] = field(default_factory=Counter)
    prices: list[float] = field(default_factory=list)


class Ledger:
    """The counts of one account. Safe to use from many threads."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}
        self._lock = threading.Lock()

    def add(  # noqa: PLR0913 - one argument a column
        self,
        operation: str,
        *,
        requests: int = 0,
        throttled: int = 0,
        denied: int = 0,
        lost: int = 0,
        usd: float = 0.0,
        denied_by: Iterable[tuple[DeniedBy, int]] = (),
    ) -> None:
        """Book amounts on an operation (`service:Operation`)."""
        with self._lock:
            count = self._counts.setdefault(operation, _Count())
            count.requests += requests
            count.throttled += throttled
            count.denied += denied
            count.lost += lost
            count.denied_by.update(dict(denied_by))
            if usd:
                count.prices.append(usd)

    def spending(self) -> tuple[Spending, ...]:
        """Return what was spent so far, sorted by operation."""
        with self._lock:
            return tuple(
                Spending(
                    operation=operation,
                    requests=count.requests,
                    throttled=count.throttled,
                    denied=count.denied,
                    lost=count.lost,
                    # Exact, so that the order in which threads come makes no difference.
                    usd=fsum(count.prices),
                    denied_by=tuple(
                        (cause, times) for cause in DeniedBy if (times := count.denied_by[cause])
                    ),
                )
                for operation, count in sorted(self._counts.items())
            )
