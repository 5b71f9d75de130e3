"""The same scan against two emulators: what they tell is judged, what they lack is UNKNOWN by name."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.seed import FUNCTIONS, SECRET, seed

REGION = "eu-central-1"
HOSTS = ("moto_host", "ministack_host")


@pytest.fixture(scope="module", params=HOSTS)
def scanned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Seed a host, scan it from the command line, and return the folder of files and what was printed."""
    endpoint: str = request.getfixturevalue(request.param)
    seed(endpoint, REGION)
    folder = tmp_path_factory.mktemp(request.param)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "auditor",
            "scan",
            "--endpoint-url",
            endpoint,
            "--region",
            REGION,
            "--pace",
            "1.5",
            "-f",
            "csv",
            "-f",
            "sarif",
            "-o",
            str(folder),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return folder, done.stdout + done.stderr


@pytest.fixture
def report(scanned: tuple[Path, str]) -> Any:
    return json.loads((scanned[0] / "report.json").read_bytes())


def statuses(report: Any, check: str) -> Counter[str]:
    return Counter(found["status"] for found in report["findings"] if found["check"] == check)


def test_every_function_is_judged(report: Any) -> None:
    assert len(report["functions"]) == FUNCTIONS
    judged = Counter(found["function"] for found in report["findings"] if found["function"])
    assert len(judged) == FUNCTIONS
    assert len(set(judged.values())) == 1


def test_known_faults_are_found(report: Any) -> None:
    assert statuses(report, "public-function")["FAIL"] == FUNCTIONS / 3
    assert statuses(report, "secret-in-environment")["FAIL"] == FUNCTIONS / 5
    assert statuses(report, "administrator-role")["FAIL"] == FUNCTIONS / 10
    assert statuses(report, "runtime-deprecated")["FAIL"] == FUNCTIONS / 4
    assert statuses(report, "queue-visibility-too-short")["FAIL"] == 1


def test_what_the_host_lacks_is_named(report: Any) -> None:
    unknown = [found for found in report["findings"] if found["status"] == "UNKNOWN"]
    assert unknown
    assert all(found["reason"]["operation"] for found in unknown)
    assert report["gaps"]


def test_coverage_stands_beside_the_score(report: Any) -> None:
    assert 0 <= report["score"] <= report["possible"] <= 100
    assert report["coverage"] < 100


def test_the_planted_secret_is_nowhere(scanned: tuple[Path, str]) -> None:
    folder, printed = scanned
    assert SECRET not in printed
    for file in folder.rglob("*"):
        assert SECRET.encode() not in file.read_bytes(), file.name
