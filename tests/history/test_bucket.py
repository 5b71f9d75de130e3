"""The history in a bucket: read back, grown by one run, never overwritten where it could not be read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from msgspec.structs import replace

from auditor.history import run_of, scope_of, standing
from auditor.history.bucket import RUNS, Index, extended, key, read
from auditor.report import Report
from tests.render.export_sample import small

BUCKET = "reports"
NAME = key("runs", scope_of(small()))


def run_on(day: int, *, complete: bool = True) -> Report:
    scan = replace(small().scan, id=f"run-{day}", complete=complete)
    return replace(small(), generated_at=small().generated_at + timedelta(days=day), scan=scan)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    maker: Any = boto3
    with mock_aws():
        client = maker.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_what_is_kept_is_read_back(s3: Any) -> None:
    assert read(s3, BUCKET, NAME) == Index()
    for day in range(2):
        data = extended(read(s3, BUCKET, NAME), run_on(day))
        s3.put_object(Bucket=BUCKET, Key=NAME, Body=data)
    found = read(s3, BUCKET, NAME)
    assert found.runs == (run_of(run_on(0)), run_of(run_on(1)))
    assert found.standing == standing(run_on(1))


def test_a_run_is_kept_once_and_the_same_way(s3: Any) -> None:
    once = extended(Index(), run_on(0))
    s3.put_object(Bucket=BUCKET, Key=NAME, Body=once)
    assert extended(read(s3, BUCKET, NAME), run_on(0)) == once


def test_an_incomplete_run_is_no_measure_for_the_next(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=NAME, Body=extended(Index(), run_on(0)))
    s3.put_object(Bucket=BUCKET, Key=NAME, Body=extended(read(s3, BUCKET, NAME), run_on(1, complete=False)))
    found = read(s3, BUCKET, NAME)
    assert found.standing == standing(run_on(0))
    assert [run.complete for run in found.runs] == [True, False]


def test_only_so_many_runs_are_kept() -> None:
    past = Index(runs=tuple(run_of(run_on(day)) for day in range(RUNS)))
    assert len(extended(past, run_on(RUNS))) < 200_000


def test_what_cannot_be_read_is_said_and_not_overwritten(s3: Any) -> None:
    found = read(s3, "somebody-elses", NAME)
    assert "NoSuchBucket on ListObjectsV2" in found.note
    assert not found.writable


def test_a_broken_object_begins_anew(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=NAME, Body=b"not gzip")
    found = read(s3, BUCKET, NAME)
    assert "begins anew" in found.note
    assert found.writable


def test_a_newer_form_is_left_alone(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=NAME, Body=extended(Index(form=2), run_on(0)))
    found = read(s3, BUCKET, NAME)
    assert "form 2" in found.note
    assert not found.writable
