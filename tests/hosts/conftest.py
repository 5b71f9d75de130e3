"""Emulators of AWS over HTTP, each with an account of the same functions."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MINISTACK = ROOT / ".ministack-venv" / "bin" / "ministack"
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="session")
def moto_host() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - reads the environment when imported

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def ministack_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not MINISTACK.exists():
        pytest.fail(f"{MINISTACK} is missing: run `python3 tests/run.py` once, which installs it")
    port = free_port()
    folder = tmp_path_factory.mktemp("ministack")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(MINISTACK)],
            cwd=folder,
            env={
                **os.environ,
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(port),
                "LAMBDA_EXECUTOR": "local",
                "TMPDIR": str(folder),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    endpoint = f"http://127.0.0.1:{port}"
    _wait_for(endpoint)
    yield endpoint
    process.kill()
    process.wait()


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


@pytest.fixture(scope="session", autouse=True)
def credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "123456789012")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        patch.delenv("AWS_PROFILE", raising=False)
        yield
