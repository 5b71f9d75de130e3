"""A small Runtime API: hands one event to a real runtime interface client and keeps its answer.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ANSWER_LIMIT = 6 * 1024 * 1024


@dataclass
class Invocation:
    """What became of one invocation: the answer or the error, and everything that was logged."""

    answer: bytes = b""
    error: dict[str, Any] = field(default_factory=dict)
    log: str = ""


def invoke(
    handler: str, event: object, environment: Mapping[str, str], *, timeout_s: float = 60.0, folder: Path
) -> Invocation:
    """Run a handler through awslambdaric, as Lambda would, and return what it answered."""
    result, done = Invocation(), threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _endpoint(event, timeout_s, result, done))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", handler],
        cwd=folder,
        env={
            **os.environ,
            **environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "AWS_LAMBDA_FUNCTION_NAME": "auditor",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        done.wait(timeout_s)
    finally:
        process.kill()
        result.log = process.communicate()[0]
        server.shutdown()
        server.server_close()
    assert len(result.answer) <= ANSWER_LIMIT, "Lambda refuses answers above 6 MB"
    return result


def _endpoint(
    event: object, timeout_s: float, result: Invocation, done: threading.Event
) -> type[BaseHTTPRequestHandler]:
    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if done.is_set():
                time.sleep(timeout_s)
            body = json.dumps(event).encode()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "7f2c6d1e-0000-4000-8000-000000000001")
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + timeout_s) * 1000)))
            self.send_header(
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:eu-west-1:123456789012:function:auditor",
            )
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.path.endswith("/response"):
                result.answer = body
            else:
                result.error = json.loads(body or b"{}")
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()
            done.set()

        def log_message(self, *_: object) -> None:
            pass

    return Endpoint
