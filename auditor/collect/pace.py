"""AWS's pace: one token bucket for each request quota, which slows down when AWS says so."""

import threading
import time
from collections.abc import Callable

# Requests a second for an account and region, under the name of an operation or of a whole service.
# Lambda, "cannot be increased": https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests
# CloudWatch: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
# Logs: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
# IAM, EC2 and the services without a line publish no single figure: these are what their clients bear.
QUOTAS = {
    "lambda:GetFunction": 100.0,
    "lambda:GetPolicy": 15.0,
    "lambda": 15.0,
    "cloudwatch:GetMetricData": 50.0,
    "cloudwatch:GetMetricStatistics": 400.0,
    "cloudwatch:ListMetrics": 25.0,
    "cloudwatch": 9.0,
    "logs:DescribeLogGroups": 10.0,
    "logs:filters": 5.0,
    "logs:DescribeMetricFilters": 5.0,
    "logs:DescribeSubscriptionFilters": 5.0,
    "logs:StartQuery": 10.0,
    # 25 in us-east-1, 10 in most regions, 5 in some.
    "logs:FilterLogEvents": 5.0,
    "logs:GetQueryResults": 10.0,
    "logs": 10.0,
    # https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    "cloudtrail:LookupEvents": 2.0,
    # All operations of both together 10, of one of them fewer:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    "apigateway:GetResources": 2.5,
    "apigateway": 5.0,
    "apigatewayv2": 5.0,
    "iam": 15.0,
    "ec2": 20.0,
    "sqs": 50.0,
    # What buckets of 100 and 200 requests are refilled by:
    # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    "stepfunctions:ListStateMachines": 5.0,
    "stepfunctions:DescribeStateMachine": 20.0,
}
UNPUBLISHED = 10.0
# The quota is shared with the account's own deployments.
DEFAULT_PACE = 2 / 3
SLOWEST = 0.1
# Seconds in which a bucket that was halved once gains its full rate again.
RECOVERY_S = 60.0
# Throttles of requests that were in flight together are one event.
ONE_EVENT_S = 1.0


def family(bucket: str) -> str:
    """Return the quota that a bucket's name (`lambda:GetAlias`) counts against: its own, or its service's."""
    return bucket if bucket in QUOTAS else bucket.partition(":")[0]


class Bucket:
    """A token bucket without burst: `take` waits until the next request may go."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._full = rate
        self._rate = rate
        self._next = 0.0
        self._halved_at = float("-inf")
        self._seen_at = clock()
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """Requests a second at present."""
        return self._rate

    def take(self) -> None:
        """Wait for the next place in the line."""
        with self._lock:
            now = self._clock()
            self._recover(now)
            at = max(now, self._next)
            self._next = at + 1 / self._rate
        if at > now:
            self._pause(at - now)

    def throttled(self) -> None:
        """Halve the rate, once for all requests under way, down to a tenth of a request a second."""
        with self._lock:
            now = self._clock()
            if now - self._halved_at >= ONE_EVENT_S:
                self._halved_at = now
                self._rate = max(SLOWEST, self._rate / 2)

    def _recover(self, now: float) -> None:
        elapsed, self._seen_at = now - self._seen_at, now
        if self._rate < self._full:
            self._rate = min(self._full, self._rate + elapsed * self._full / 2 / RECOVERY_S)


class Pace:
    """The buckets of one account: one for each quota and region."""

    def __init__(
        self,
        share: float = DEFAULT_PACE,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._share = share
        self._clock = clock
        self._pause = pause
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._lock = threading.Lock()

    def bucket(self, name: str, region: str) -> Bucket:
        """Return the bucket of an operation's quota in a region."""
        key = (family(name), region)
        with self._lock:
            if key not in self._buckets:
                quota = QUOTAS.get(key[0], UNPUBLISHED)
                self._buckets[key] = Bucket(quota * self._share, self._clock, self._pause)
            return self._buckets[key]
