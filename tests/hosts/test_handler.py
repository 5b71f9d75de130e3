"""The scheduled auditor under a real runtime interface client, against an emulator of account and S3."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.hosts.runtime_api import Invocation, invoke
from tests.hosts.seed import FUNCTIONS, REGION, SECRET, seed

BUCKET = "reports"


@pytest.fixture(scope="module")
def run(moto_host: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Invocation, dict[str, bytes]]:
    """Run the handler once; return what became of it and the objects that it wrote."""
    maker: Any = boto3
    s3 = maker.client("s3", region_name=REGION, endpoint_url=moto_host)
    if not _is_seeded(maker, moto_host):
        seed(moto_host)
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
    result = invoke(
        "auditor.handler.handler",
        {"source": "schedule"},
        environment,
        timeout_s=120,
        folder=tmp_path_factory.mktemp("task"),
    )
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    objects = {
        one["Key"].rsplit("/", 1)[-1]: s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        for one in listed
    }
    return result, objects


def _is_seeded(maker: Any, endpoint: str) -> bool:
    functions = maker.client("lambda", region_name=REGION, endpoint_url=endpoint)
    return bool(functions.list_functions()["Functions"])


def test_the_answer_is_compact(run: tuple[Invocation, dict[str, bytes]]) -> None:
    result, _ = run
    assert not result.error, result.error
    answer = json.loads(result.answer)
    assert answer["status"] == "complete"
    assert answer["exit_code"] == 1
    assert answer["functions"] == FUNCTIONS
    assert 0 <= answer["score"] <= answer["possible"] <= 100
    assert len(result.answer) < 10_000


def test_the_files_are_in_the_bucket(run: tuple[Invocation, dict[str, bytes]]) -> None:
    result, objects = run
    assert {"report.html", "report.json", "snapshot.json", "findings.csv", "report.sarif"} <= set(objects)
    answer = json.loads(result.answer)
    assert len(answer["files"]) == len(objects)
    assert json.loads(objects["report.json"])["score"] == answer["score"]


def test_logs_are_structured_and_tell_no_secret(run: tuple[Invocation, dict[str, bytes]]) -> None:
    result, objects = run
    lines = [json.loads(line) for line in result.log.splitlines() if line.startswith("{")]
    assert any("scan finished" in str(line.get("message")) for line in lines)
    assert SECRET not in result.log
    assert not [name for name, data in objects.items() if SECRET.encode() in data]


def test_a_missing_bucket_name_fails_the_run(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "REPORT_BUCKET": ""}
    result = invoke("auditor.handler.handler", {}, environment, timeout_s=60, folder=tmp_path)
    assert result.error["errorType"] == "ScanFailedError"
    assert "REPORT_BUCKET" in result.error["errorMessage"]
