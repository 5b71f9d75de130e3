"""AWS as a scan meets it, in a process of its own: the demo account over HTTP, with latency and with quotas.

`python tests/bench/quota_host.py 1000` prints its port. Whoever asks puts what is asked into a header, since
botocore cannot read its own requests. With the end of its standard input the host prints what it counted.
`quick` leaves quotas and latency out.
"""

import asyncio
import json
import pickle
import sys
import time
from base64 import b64decode
from collections import Counter
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import botocore.session
from botocore.model import OperationModel
from moto.core.model import ServiceModel
from moto.core.serialize import ResponseSerializer, get_serializer_class

from auditor.collect.pace import QUOTAS, UNPUBLISHED, family
from auditor.demo import DEMO_NOW, wire
from auditor.demo.account import load_world
from auditor.demo.errors import AwsError, throttled
from auditor.demo.host import Host
from auditor.demo.scale import scaled
from auditor.demo.session import paginator

ASKED = "x-bench-asked"
LATENCY_S = 0.05
# AWS's buckets allow a short burst; one second's worth is what their throttling shows from outside.
BURST_S = 1.0

Answer = tuple[int, bytes, dict[str, str]]


class Quotas:
    """Counts requests by quota, and says which are beyond it."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self.requests: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()
        self.throttled = 0
        self._tokens: dict[str, tuple[float, float]] = {}

    def take(self, operation: str, region: str) -> bool:
        """Count a request, and tell whether its quota lets it through."""
        bucket = family(operation)
        self.operations[operation] += 1
        self.requests[bucket] += 1
        quota, now = QUOTAS.get(bucket, UNPUBLISHED), time.monotonic()
        tokens, at = self._tokens.get(f"{bucket} {region}", (quota * BURST_S, now))
        tokens = min(quota * BURST_S, tokens + (now - at) * quota)
        allowed = tokens >= 1 or not self._enforced
        self._tokens[f"{bucket} {region}"] = (tokens - allowed, now)
        self.throttled += not allowed
        return allowed

    def bound_s(self) -> float:
        """Seconds that the requests take at full quotas, the families beside each other."""
        return max(count / QUOTAS.get(bucket, UNPUBLISHED) for bucket, count in self.requests.items())


@cache
def model_of(service: str, operation: str) -> OperationModel:
    return models().get_service_model(service).operation_model(operation)


@cache
def serializer_of(service: str, operation: str) -> ResponseSerializer:
    """Return what writes an operation's answers; moto has shapes of its own for that."""
    raw = models().get_component("data_loader").load_service_model(service, "service-2")
    model = ServiceModel(raw, service)
    protocol = model_of(service, operation).service_model.resolved_protocol
    made: ResponseSerializer = get_serializer_class(service, str(protocol))(model.operation_model(operation))
    return made


@cache
def models() -> botocore.session.Session:
    return botocore.session.get_session()


class Server:
    """Answers HTTP/1.1 connections that stay open."""

    def __init__(self, functions: int, *, quick: bool) -> None:
        world = scaled(load_world(DEMO_NOW), functions)
        self._host = Host(world, cap=None, check=False, paginators=paginator)
        self.quotas = Quotas(enforced=not quick)
        self._latency_s = 0.0 if quick else LATENCY_S

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it is closed."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(
                    line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in head[1:-2]
                )
                await reader.readexactly(int(headers.get("content-length", 0)))
                await asyncio.sleep(self._latency_s)
                writer.write(_on_the_wire(self.answer(headers[ASKED])))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    def answer(self, asked: str) -> Answer:
        """Answer one request."""
        service, operation, region, parameters = pickle.loads(b64decode(asked))  # noqa: S301 - our own process
        model = model_of(service, operation)
        if not self.quotas.take(f"{service}:{operation}", region):
            return _of_botocore(wire.failure(model, throttled(model)))
        try:
            found = self._host.answer(model, f"{service}:{operation}", region, parameters)
        except AwsError as error:
            return _of_botocore(wire.failure(model, error))
        made = serializer_of(service, operation).serialize(found)
        body = made["body"]
        return made["status_code"], body.encode() if isinstance(body, str) else body, dict(made["headers"])


def _of_botocore(response: Any) -> Answer:
    return response.status_code, response.raw.read(), dict(response.headers.items())


def _on_the_wire(answer: Answer) -> bytes:
    status, body, headers = answer
    sent = {**{name.lower(): value for name, value in headers.items()}, "content-length": str(len(body))}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {sent[name]}" for name in sent)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def run(functions: int, *, quick: bool) -> None:
    """Serve until the standard input ends."""
    host = Server(functions, quick=quick)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0, limit=2**24)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    quotas = host.quotas
    counted = {
        "requests": quotas.requests.total(),
        "throttled": quotas.throttled,
        "bound_s": quotas.bound_s(),
        "operations": dict(quotas.operations.most_common()),
        "cpu_s": time.process_time(),
    }
    sys.stdout.write(json.dumps(counted) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), quick="quick" in sys.argv))
