"""The scheduled auditor under a real runtime interface client, against an emulator of account and S3."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.hosts.runtime_api import Invocation, invoke
from tests.hosts.seed import FUNCTIONS, SECRET, seed

REGION = "eu-north-1"
BUCKET = "reports"


@dataclass(frozen=True)
class Ran:
    """Two runs, and what is in the bucket after the second, by name and by key."""

    first: Invocation
    second: Invocation
    objects: dict[str, bytes]
    keys: frozenset[str]


@pytest.fixture(scope="module")
def ran(moto_host: str, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run the handler, mend one function, take the log of another, and run it again."""
    maker: Any = boto3
    s3 = maker.client("s3", region_name=REGION, endpoint_url=moto_host)
    seed(moto_host, REGION)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    environment = {
        "AWS_ENDPOINT_URL": moto_host,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "REPORT_BUCKET": BUCKET,
        "REPORT_PREFIX": "runs",
        "SCAN_REGIONS": REGION,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }

    def once(**more: str) -> Invocation:
        return invoke(
            "auditor.handler.handler",
            {"source": "schedule"},
            {**environment, **more},
            timeout_s=120,
            folder=tmp_path_factory.mktemp("task"),
        )

    first = once()
    functions = maker.client("lambda", region_name=REGION, endpoint_url=moto_host)
    functions.remove_permission(FunctionName="shop-003", StatementId="all")
    functions.add_permission(
        FunctionName="shop-001", StatementId="all", Action="lambda:InvokeFunction", Principal="*"
    )
    second = once(FAIL_ON="new")
    functions.remove_permission(FunctionName="shop-001", StatementId="all")
    functions.add_permission(
        FunctionName="shop-003", StatementId="all", Action="lambda:InvokeFunction", Principal="*"
    )
    listed = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    objects = {one.rsplit("/", 1)[-1]: s3.get_object(Bucket=BUCKET, Key=one)["Body"].read() for one in listed}
    return Ran(first, second, objects, frozenset(listed))


def test_the_answer_is_compact(ran: Ran) -> None:
    assert not ran.first.error, ran.first.error
    answer = json.loads(ran.first.answer)
    assert answer["status"] == "complete"
    assert answer["exit_code"] == 1
    assert answer["functions"] == FUNCTIONS
    assert 0 <= answer["score"] <= answer["possible"] <= 100
    assert answer["history"] == {"note": "no earlier complete run of this scope"}
    assert len(ran.first.answer) < 10_000


def test_the_second_run_tells_what_became_of_the_first(ran: Ran) -> None:
    assert not ran.second.error, ran.second.error
    answer = json.loads(ran.second.answer)
    past = answer["history"]
    assert past["trend"] == [json.loads(ran.first.answer)["score"]]
    assert {"check": "public-function", "severity": "critical"}.items() <= past["changes"][0].items()
    assert past["changes"][0]["resource"].endswith(":shop-001")
    assert past["fixed"] >= 1
    assert answer["exit_code"] == 1
    assert answer["gate"].startswith("failed: ")
    assert "that the baseline does not have" in answer["gate"]


def test_the_files_are_in_the_bucket(ran: Ran) -> None:
    wanted = {"report.html", "report.json", "snapshot.json", "findings.csv", "report.sarif"}
    assert wanted | {"diff.html", "diff.json"} <= set(ran.objects)
    answer = json.loads(ran.second.answer)
    (index,) = (one for one in ran.keys if one.startswith("runs/history/"))
    assert {one.removeprefix(f"s3://{BUCKET}/") for one in answer["files"]} == ran.keys - {index}
    report = json.loads(ran.objects["report.json"])
    assert report["score"] == answer["score"]
    assert len(report["history"]["trend"]) == 1
    assert len(ran.objects[index.rsplit("/", 1)[-1]]) < 100_000


def test_logs_are_structured_and_tell_no_secret(ran: Ran) -> None:
    for result in (ran.first, ran.second):
        lines = [json.loads(line) for line in result.log.splitlines() if line.startswith("{")]
        assert any("scan finished" in str(line.get("message")) for line in lines)
        assert SECRET not in result.log
    assert not [name for name, data in ran.objects.items() if SECRET.encode() in _unpacked(name, data)]


def _unpacked(name: str, data: bytes) -> bytes:
    return gzip.decompress(data) if name.endswith(".gz") else data


def test_a_missing_bucket_name_fails_the_run(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "REPORT_BUCKET": ""}
    result = invoke("auditor.handler.handler", {}, environment, timeout_s=60, folder=tmp_path)
    assert result.error["errorType"] == "ScanFailedError"
    assert "REPORT_BUCKET" in result.error["errorMessage"]


def test_an_unknown_level_fails_the_run_before_it_scans(tmp_path: Path) -> None:
    environment = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "REPORT_BUCKET": BUCKET,
        "FAIL_ON": "severe",
    }
    result = invoke("auditor.handler.handler", {}, environment, timeout_s=60, folder=tmp_path)
    assert result.error["errorType"] == "ScanFailedError"
    assert "FAIL_ON severe is not known" in result.error["errorMessage"]
