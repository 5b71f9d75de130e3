"""The owner's rule files in a bucket of an emulator: what is there is judged by, and a slip ends the run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.bucket_rules import LARGEST_BYTES, BucketRulesError, rule_files
from auditor.pipeline import RuleFiles
from tests.hosts.runtime_api import invoke

REGION = "eu-north-1"
MUTES = b"version: 1\nmutes: []\n"


@pytest.fixture
def s3(moto_host: str) -> Any:
    maker: Any = boto3
    return maker.client("s3", region_name=REGION, endpoint_url=moto_host)


@pytest.fixture
def bucket(s3: Any) -> Iterator[Callable[..., str]]:
    """Return how to make a bucket with objects under `rules`."""
    s3.create_bucket(Bucket="ruled", CreateBucketConfiguration={"LocationConstraint": REGION})

    def made(**objects: bytes) -> str:
        for name, data in objects.items():
            s3.put_object(Bucket="ruled", Key=f"rules/{name}.yaml", Body=data)
        return "ruled"

    yield made
    for item in s3.list_objects_v2(Bucket="ruled").get("Contents", []):
        s3.delete_object(Bucket="ruled", Key=item["Key"])
    s3.delete_bucket(Bucket="ruled")


def test_a_bucket_without_rules_leaves_the_packaged_ones(
    s3: Any, bucket: Callable[..., str], tmp_path: Path
) -> None:
    assert rule_files(s3, bucket(), "rules", tmp_path) == RuleFiles()


def test_what_is_there_is_read_and_nothing_else(s3: Any, bucket: Callable[..., str], tmp_path: Path) -> None:
    found = rule_files(s3, bucket(mutes=MUTES, other=b"x"), "rules", tmp_path)
    assert found == RuleFiles(mutes=tmp_path / "mutes.yaml")
    assert (tmp_path / "mutes.yaml").read_bytes() == MUTES
    assert [file.name for file in tmp_path.iterdir()] == ["mutes.yaml"]


def test_a_file_beyond_the_limit_is_refused(s3: Any, bucket: Callable[..., str], tmp_path: Path) -> None:
    name = bucket(auditor=b"#" * (LARGEST_BYTES + 1))
    with pytest.raises(BucketRulesError, match=r"auditor\.yaml has 1,000,001 bytes, 1,000,000 are read"):
        rule_files(s3, name, "rules", tmp_path)


def test_rules_that_cannot_be_read_are_no_absent_rules(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(BucketRulesError, match=r"NoSuchBucket on ListObjectsV2"):
        rule_files(s3, "no-such-bucket", "rules", tmp_path)


def test_a_slip_in_a_rule_file_ends_the_run_before_it_scans(
    moto_host: str, bucket: Callable[..., str], tmp_path: Path
) -> None:
    environment = {
        "AWS_ENDPOINT_URL": moto_host,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "REPORT_BUCKET": bucket(auditor=b"chekcs: {}\n"),
        "SCAN_REGIONS": REGION,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    ran = invoke("auditor.handler.handler", {}, environment, timeout_s=60, folder=tmp_path)
    assert "ScanFailedError" in str(ran.error)
    assert "chekcs" in str(ran.error)
    assert not [line for line in ran.log.splitlines() if "/2015-03-31/functions" in line]
