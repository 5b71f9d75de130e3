"""The same snapshot at the same moment gives the same bytes in every process, whatever order sets have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, DEMO_REGIONS, demo_session
from auditor.snapshot import encode

FORMATS = ("html", "json", "csv", "sarif", "asff", "ocsf", "junit", "markdown")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("same") / "snapshot.json"
    request = ScanRequest(regions=DEMO_REGIONS, tier=Tier.DEEP)
    file.write_bytes(encode(collect(request, session=demo_session(), now=DEMO_NOW)))
    return file


def _rendered(snapshot: Path, folder: Path, seed: str) -> dict[str, bytes]:
    chosen = [word for name in FORMATS for word in ("-f", name)]
    moment = ["--now", "2026-11-23T06:00:00Z", "--exit-zero", "-q"]
    command = [sys.executable, "-m", "auditor", "render", str(snapshot), "-o", str(folder), *chosen, *moment]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_every_format_has_the_same_bytes_in_every_process(snapshot: Path, tmp_path: Path) -> None:
    one, other = (_rendered(snapshot, tmp_path / seed, seed) for seed in ("1", "4711"))
    assert len(one) >= len(FORMATS)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
