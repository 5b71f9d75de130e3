"""The scheduled auditor as a function inside an emulator, which invokes it and keeps its reports."""

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.hosts.seed import FUNCTIONS, SECRET, seed

REGION = "eu-north-1"
BUCKET = "scheduled-reports"
ROOT = Path(__file__).resolve().parents[2]


def package() -> bytes:
    """Return a custom runtime that starts the real runtime interface client on the auditor's handler."""
    script = f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m awslambdaric auditor.handler.handler\n"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, script)
    return data.getvalue()


@pytest.fixture(scope="module")
def run(ministack_host: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Deploy the auditor beside sixty functions, invoke it, and return its answer and its objects."""
    maker: Any = boto3
    options = {"region_name": REGION, "endpoint_url": ministack_host}
    functions = maker.client(
        "lambda", config=Config(read_timeout=300, retries={"total_max_attempts": 1}), **options
    )
    s3 = maker.client("s3", **options)
    seed(ministack_host, REGION)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    functions.create_function(
        FunctionName="auditor",
        Runtime="provided.al2023",
        Role="arn:aws:iam::123456789012:role/shop-role-1",
        Handler="auditor.handler.handler",
        Code={"ZipFile": package()},
        Timeout=280,
        MemorySize=1024,
        Environment={
            "Variables": {
                "AWS_ENDPOINT_URL": ministack_host,
                "REPORT_BUCKET": BUCKET,
                "SCAN_REGIONS": REGION,
                "FAIL_ON": "none",
            }
        },
    )
    answer = functions.invoke(FunctionName="auditor", Payload=b'{"source": "schedule"}')
    assert "FunctionError" not in answer, answer["Payload"].read()
    payload = json.loads(answer["Payload"].read())
    again = functions.invoke(FunctionName="auditor", Payload=b'{"source": "schedule"}')
    assert "FunctionError" not in again, again["Payload"].read()
    payload["again"] = json.loads(again["Payload"].read())
    functions.delete_function(FunctionName="auditor")
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    objects = {one["Key"]: s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}
    return payload, objects


def test_it_answers_and_writes(run: tuple[dict[str, Any], dict[str, bytes]]) -> None:
    answer, objects = run
    assert answer["status"] == "complete"
    assert answer["exit_code"] == 0
    assert answer["functions"] == FUNCTIONS + 1
    assert {key.rsplit("/", 1)[-1] for key in objects} >= {"report.html", "report.json", "snapshot.json"}
    assert not [key for key, data in objects.items() if SECRET.encode() in data]


def test_the_second_run_knows_the_first(run: tuple[dict[str, Any], dict[str, bytes]]) -> None:
    answer, objects = run
    past = answer["again"]["history"]
    assert past["trend"] == [answer["score"]]
    # The auditor is a function too, and has now run once.
    assert {change["resource"].rsplit(":", 1)[-1] for change in past["changes"]} <= {"auditor"}
    assert past["visibility_lost"] == 0
    assert len([key for key in objects if key.startswith("runs/history/")]) == 1
    assert [key for key in objects if key.endswith("/diff.html")]
