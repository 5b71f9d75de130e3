"""How close a scan comes to the bound that AWS's quotas set: `python tests/bench/bench_collect.py 100 1000`.

A host with the published quotas and 50 ms of latency stands before the demo account's answers; requests
beyond a quota are throttled. Prints one line for each number of functions. `--pace 1` uses the whole quota.
"""

import argparse
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from botocore.awsrequest import AWSResponse

from auditor.collect import ScanRequest
from auditor.collect.inventory import collect_account
from auditor.collect.operations import Tier
from auditor.collect.pace import QUOTAS, UNPUBLISHED, family
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW, demo_session, wire
from auditor.demo.host import Host
from auditor.model import Account, Unavailable

LATENCY_S = 0.05
# AWS's buckets allow a short burst; one second's worth is what their throttling shows from outside.
BURST_S = 1.0
REGION = "eu-west-1"


class ThrottlingHost:
    """Counts requests, and refuses those beyond the quota of their family."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.throttled = 0
        self._tokens: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def answer(self, event_name: str, **_: object) -> AWSResponse | None:
        """Wait as the network does, then refuse, or leave the answer to the demo account."""
        service, name = event_name.split(".")[1:]
        time.sleep(LATENCY_S)
        bucket = family(f"{service.replace('cloudwatch-logs', 'logs')}:{name}")
        with self._lock:
            self.requests[bucket] += 1
            if self._take(bucket):
                return None
            self.throttled += 1
        return wire.response(429, b'{"__type":"TooManyRequestsException"}', THROTTLED)

    def _take(self, bucket: str) -> bool:
        quota, now = QUOTAS.get(bucket, UNPUBLISHED), time.monotonic()
        tokens, at = self._tokens.get(bucket, (quota * BURST_S, now))
        tokens = min(quota * BURST_S, tokens + (now - at) * quota)
        self._tokens[bucket] = (tokens - 1, now) if tokens >= 1 else (tokens, now)
        return tokens >= 1

    def bound_s(self) -> float:
        """Seconds that the requests take at full quotas, the families beside each other."""
        return max(count / QUOTAS.get(bucket, UNPUBLISHED) for bucket, count in self.requests.items())


THROTTLED = {"x-amzn-errortype": "TooManyRequestsException"}


class Stopwatch:
    """Sums the processor time that the host's own answers take."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time taken."""

        def timed(*args: object, **kwargs: object) -> object:
            began = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                with self._lock:
                    self.seconds += time.thread_time() - began

        return timed


def peak_mb() -> float:
    """Return the most memory that the process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(functions: int, pace: float, tier: Tier) -> str:
    """Scan an account of so many functions, and say how it went."""
    host, watch = ThrottlingHost(), Stopwatch()
    session = demo_session(functions=functions, wire_all=True, check=False)
    Host.answer = watch.around(Host.answer)  # type: ignore[method-assign]
    session.events.register("before-send", host.answer)  # type: ignore[arg-type]
    request = ScanRequest(tier=tier, pace=pace, regions=(REGION,))
    api, caller = open_account(request, session)
    before_mb, began, cpu = peak_mb(), time.monotonic(), time.process_time()
    account = collect_account(api, caller, request, DEMO_NOW, Steps(None)).account
    wall, busy = time.monotonic() - began, time.process_time() - cpu - watch.seconds
    sent = sum(host.requests.values())
    lost = sum(row.lost for row in api.spending())
    return (
        f"{found(account):>7,} {wall:>8.1f} {host.bound_s():>8.1f} {wall / host.bound_s():>6.2f} "
        f"{sent / functions:>7.2f} {host.throttled / sent:>9.2%} {lost:>5} {busy:>6.1f} "
        f"{before_mb:>7.0f} {peak_mb():>7.0f}"
    )


def found(account: Account | None) -> int:
    """Count the functions of an account."""
    regions = account.regions if account else ()
    return sum(len(region.functions) for region in regions if not isinstance(region.functions, Unavailable))


def main() -> None:
    """Read the sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--tier", default="standard", choices=[tier.value for tier in Tier])
    given = parser.parse_args()
    sys.stdout.write(
        "functions  wall s  bound s  ratio  req/fn  throttled  lost  CPU s  before MB  peak MB\n"
    )
    for functions in given.functions:
        sys.stdout.write(measure(functions, given.pace, Tier(given.tier)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
