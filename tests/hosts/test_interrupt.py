"""Ctrl-C during a real scan: it ends at once, and what was seen is saved."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.hosts.seed import seed

REGION = "eu-south-1"


def test_an_interrupt_saves_what_was_seen(moto_host: str, tmp_path: Path) -> None:
    seed(moto_host, REGION)
    words = ["scan", "--endpoint-url", moto_host, "--region", REGION]
    command = [sys.executable, "-m", "auditor", *words, "--pace", "0.3", "-o", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ}) as scan:
        assert scan.stderr is not None
        # The first functions were read; at this pace the others take a quarter of a minute.
        next(line for line in scan.stderr if line.startswith("functions: "))
        scan.send_signal(signal.SIGINT)
        said = scan.stderr.read()
    assert scan.returncode == 130
    assert "Traceback" not in said
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert report["scan"]["interrupted"] == "interrupted"
    assert not report["scan"]["complete"]
    assert len(report["functions"]) == 60
    assert {"snapshot.json", "report.html"} <= {file.name for file in tmp_path.iterdir()}
