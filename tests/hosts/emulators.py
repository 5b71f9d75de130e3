"""Emulators of AWS over HTTP, each in a process of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
MINISTACK = ROOT / ".ministack-venv" / "bin" / "ministack"


class Moto(NamedTuple):
    """Where moto answers, and the keys of a user who may do everything ("" where anybody may)."""

    endpoint: str
    key: str = ""
    secret: str = ""


@contextmanager
def moto(*, enforced: bool = False) -> Iterator[Moto]:
    script = Path(__file__).with_name("moto_process.py")
    process = subprocess.Popen(
        [sys.executable, str(script), *(["enforced"] if enforced else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        port, *keys = process.stdout.readline().split()
        try:
            yield Moto(f"http://127.0.0.1:{port}", *keys)
        finally:
            process.kill()


@contextmanager
def ministack(folder: Path) -> Iterator[str]:
    """Start ministack, with its files in a folder."""
    if not MINISTACK.exists():
        pytest.fail(f"{MINISTACK} is missing: run `python3 tests/run.py` once, which installs it")
    port = _free_port()
    environment = {
        **os.environ,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(MINISTACK)], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    with process:
        endpoint = f"http://127.0.0.1:{port}"
        try:
            _wait_for(endpoint)
            yield endpoint
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(endpoint: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1).close()  # noqa: S310 - our own host
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"no answer from {endpoint}")
