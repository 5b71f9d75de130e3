"""AWS as a scan meets it, in a process of its own: the demo account over HTTP, with latency and with quotas.

`python tests/bench/quota_host.py 1000` prints its port. Whoever asks names service, operation and region in a
header, for all of AWS is at one address here. With the end of its standard input the host prints what it
counted. `quick` leaves quotas and latency out; `plain` grows the account by functions without aliases, URLs,
events and images alone.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import botocore.session
import msgspec
from botocore.model import OperationModel
from botocore.utils import parse_timestamp
from moto.core.model import OperationModel as MotoOperation
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import ResponseSerializer, get_serializer_class
from werkzeug.datastructures import Headers, MultiDict

from auditor.collect.pace import QUOTAS, UNPUBLISHED, family
from auditor.demo import DEMO_NOW, wire
from auditor.demo.account import World, load_world
from auditor.demo.errors import AwsError, throttled
from auditor.demo.host import Host
from auditor.demo.scale import scaled
from auditor.demo.session import paginator
from auditor.demo.specs import HOME, FunctionSpec
from auditor.model.invocation import ASYNCHRONOUS_PRINCIPALS

ASKED = "x-bench-asked"
LATENCY_S = 0.05
# AWS's buckets allow a short burst; one second's worth is what their throttling shows from outside.
BURST_S = 1.0

FORM = "application/x-www-form-urlencoded"

Answer = tuple[int, bytes, dict[str, str]]


class Request(NamedTuple):
    """A request as it came: its target (path and query), headers and body."""

    target: str
    headers: dict[str, str]
    body: bytes


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
def moto_model_of(service: str, operation: str) -> MotoOperation:
    """Return an operation as moto reads and writes it, which has shapes of its own."""
    raw = models().get_component("data_loader").load_service_model(service, "service-2")
    model: MotoOperation = ServiceModel(raw, service).operation_model(operation)
    return model


@cache
def serializer_of(service: str, operation: str) -> ResponseSerializer:
    """Return what writes an operation's answers."""
    protocol = model_of(service, operation).service_model.resolved_protocol
    made: ResponseSerializer = get_serializer_class(service, str(protocol))(moto_model_of(service, operation))
    return made


def parameters(model: OperationModel, request: Request) -> dict[str, Any]:
    """Return the parameters of a request, which moto's parsers read."""
    path, _, query = request.target.partition("?")
    is_form = request.headers.get("content-type", "").startswith(FORM)
    parser = PROTOCOL_PARSERS[str(model.service_model.resolved_protocol)]
    moto_model = moto_model_of(model.service_model.service_name, model.name)
    found = parser(moto_model, timestamp_parser=parse_timestamp).parse(
        {
            "method": model.http["method"],
            "url_path": path,
            "body": request.body,
            "headers": Headers(request.headers.items()),
            "url_params": in_path(model.http["requestUri"], path),
            "values": MultiDict(parse_qsl(request.body.decode() if is_form else query)),
        }
    )
    # moto keeps a place for each list that the query could have.
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def in_path(template: str, path: str) -> dict[str, str]:
    """Return what stands in a path where the template has names."""
    found = _pattern(template).match(path)
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else {}


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Write `/functions/{FunctionName}/url` and the like as a pattern; `{name+}` goes over slashes."""
    literal = re.split(r"\{(\w+)(\+?)\}", template.partition("?")[0])
    parts = [re.escape(literal[0])]
    for name, greedy, after in zip(literal[1::3], literal[2::3], literal[3::3], strict=True):
        parts.append(f"(?P<{name}>{'.+' if greedy else '[^/]+'}){re.escape(after)}")
    return re.compile("".join(parts))


@cache
def models() -> botocore.session.Session:
    return botocore.session.get_session()


def plainer(world: World) -> World:
    """Leave those functions in the home region whose evidence is in bulk listings and two calls each."""
    home = {name: spec for name, spec in world.functions[HOME].items() if _is_plain(spec)}
    return msgspec.structs.replace(world, functions={HOME: home})


def _is_plain(spec: FunctionSpec) -> bool:
    callers = {row.get("from") for row in spec.policy}
    special = spec.versions or spec.urls or spec.image or spec.environments or spec.usage.queued
    return not special and not callers & ASYNCHRONOUS_PRINCIPALS


class Server:
    """Answers HTTP/1.1 connections that stay open."""

    def __init__(self, functions: int, *, quick: bool, plain: bool) -> None:
        world = load_world(DEMO_NOW)
        world = scaled(plainer(world) if plain else world, functions)
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
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await asyncio.sleep(self._latency_s)
                writer.write(_on_the_wire(self.answer(Request(head[0].split(" ")[1], headers, body))))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        service, operation, region = request.headers[ASKED].split(" ")
        model = model_of(service, operation)
        if not self.quotas.take(f"{service}:{operation}", region):
            return _of_botocore(wire.failure(model, throttled(model)))
        try:
            given = parameters(model, request)
            found = self._host.answer(model, f"{service}:{operation}", region, given)
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


async def run(functions: int, *, quick: bool, plain: bool) -> None:
    """Serve until the standard input ends."""
    host = Server(functions, quick=quick, plain=plain)
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
    asyncio.run(run(int(sys.argv[1]), quick="quick" in sys.argv, plain="plain" in sys.argv))
