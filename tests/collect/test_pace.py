"""The pace: never above the share of the quota, slower when AWS says so, back at the full rate in time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from auditor.collect.operations import declared
from auditor.collect.pace import QUOTAS, RECOVERY_S, Bucket, Pace, family


class Clock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@given(rate=st.floats(0.5, 500), idle=st.lists(st.floats(0, 3), min_size=1, max_size=30))
def test_no_two_requests_are_nearer_than_the_rate_allows(rate: float, idle: list[float]) -> None:
    clock = Clock()
    bucket = Bucket(rate, clock.read, clock.wait)
    sent = []
    for pause in idle:
        clock.wait(pause)
        bucket.take()
        sent.append(clock.now)
    gaps = [after - before for before, after in pairwise(sent)]
    assert all(gap >= 1 / rate - 1e-9 for gap in gaps)


def test_a_throttle_halves_the_rate_once_for_requests_that_were_in_flight_together() -> None:
    clock = Clock()
    bucket = Bucket(10.0, clock.read, clock.wait)
    for _ in range(3):
        bucket.throttled()
    assert bucket.rate == 5.0
    clock.wait(2)
    bucket.throttled()
    assert bucket.rate == 2.5


def test_the_rate_comes_back_slowly_and_no_further_than_it_was() -> None:
    clock = Clock()
    bucket = Bucket(10.0, clock.read, clock.wait)
    bucket.take()
    bucket.throttled()
    clock.wait(RECOVERY_S / 2)
    bucket.take()
    assert 7.0 < bucket.rate < 8.0
    clock.wait(10 * RECOVERY_S)
    bucket.take()
    assert bucket.rate == 10.0


def test_the_rate_never_stops() -> None:
    clock = Clock()
    bucket = Bucket(10.0, clock.read, clock.wait)
    for _ in range(100):
        clock.wait(2)
        bucket.throttled()
    assert bucket.rate > 0


def test_regions_and_quotas_have_buckets_of_their_own() -> None:
    pace = Pace(0.5)
    assert pace.bucket("lambda:GetPolicy", "eu-west-1").rate == 7.5
    assert pace.bucket("lambda:GetFunction", "eu-west-1").rate == 50
    assert pace.bucket("lambda:ListAliases", "eu-west-1") is pace.bucket("lambda:ListTags", "eu-west-1")
    assert pace.bucket("lambda:GetPolicy", "eu-west-1") is not pace.bucket("lambda:GetPolicy", "us-east-1")


def test_every_quota_is_about_an_operation_or_a_service_that_is_asked() -> None:
    services = {one.service for one in declared()}
    assert {family(name).partition(":")[0] for name in QUOTAS} <= services
