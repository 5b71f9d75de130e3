"""AWS's pace: one token bucket for each request quota, which slows down when AWS says so."""

import threading
import time
from collections.abc import Callable

# Requests a second for an account and region.
# Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests
# CloudWatch: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
# Logs: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
# The others publish no figure; 10 is what their default retries bear.
QUOTAS = {
    "lambda:GetFunction": 100.0,
    "lambda:GetPolicy": 15.0,
    "lambda": 15.0,
    "cloudwatch:GetMetricData": 50.0,
    "cloudwatch": 9.0,
    "logs": 10.0,
    "logs:filters": 5.0,
    "iam": 15.0,
    "ec2": 20.0,
}
UNPUBLISHED = 10.0
DEFAULT_PACE = 2 / 3
SLOWEST = 0.1
RECOVERY = 1.05


class Bucket:
    """A token bucket without burst: `take` waits until the next request may go."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._full = rate
        self._rate = rate
        self._next = 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """Requests a second at present."""
        return self._rate

    def take(self) -> None:
        """Wait for the next place in the line."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + 1 / self._rate
            self._rate = min(self._full, self._rate * RECOVERY) if self._rate < self._full else self._full
        if at > now:
            self._sleep(at - now)

    def throttled(self) -> None:
        """Halve the rate, down to a tenth of a request a second."""
        with self._lock:
            self._rate = max(SLOWEST, self._rate / 2)


class Pace:
    """The buckets of one account: one for each quota and region."""

    def __init__(self, share: float = DEFAULT_PACE) -> None:
        self._share = share
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._lock = threading.Lock()

    def bucket(self, family: str, region: str) -> Bucket:
        """Return the bucket of a quota in a region."""
        key = (family, region)
        with self._lock:
            if key not in self._buckets:
                quota = QUOTAS.get(family, QUOTAS.get(family.split(":", maxsplit=1)[0], UNPUBLISHED))
                self._buckets[key] = Bucket(quota * self._share)
            return self._buckets[key]
