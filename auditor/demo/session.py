"""Real boto3 sessions whose clients are answered in-process."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, DataNotFoundError, ReadTimeoutError
from botocore.loaders import Loader, create_loader
from botocore.model import OperationModel

from auditor.demo import errors, wire
from auditor.demo.account import MAIN, World, load_world
from auditor.demo.errors import AwsError
from auditor.demo.faults import Fault, FaultCounter, FaultKind, Faults
from auditor.demo.host import Host
from auditor.demo.paging import SMALL_PAGE
from auditor.demo.scale import scaled
from auditor.demo.specs import HOME
from auditor.demo.tamper import tampered

DEMO_NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
"""The fixed "now" of the demo account; every date in it is relative to this."""

DEMO_REGIONS = ("eu-west-1", "us-east-1")
"""Regions in which the demo account has functions."""

Json = dict[str, Any]


class DemoSession(boto3.Session):
    """A boto3 session that answers itself.

    `fetch(url, start, end)` gives bytes `start` to `end` (exclusive; None: to the end) of a package or layer,
    in place of an HTTPS range request to the URL of `GetFunction` or `GetLayerVersion`. `calls` counts every
    attempt by `service:Operation`. `gate(operation, region)`, where set, is asked before each attempt that
    goes over the wire, and True answers it with a throttle: a place for quotas and latency.
    """

    fetch: Callable[[str, int, int | None], bytes]
    calls: Counter[str]
    gate: Callable[[str, str], bool] | None = None


def demo_session(  # noqa: PLR0913 - each is one way in which the account is another
    *,
    faults: Faults = (),
    functions: int | None = None,
    wire_all: bool = False,
    check: bool = True,
    page_rows: int = SMALL_PAGE,
    account: str | World = MAIN,
) -> DemoSession:
    """Open the demo account, another one that the YAML file declares by its alias, or one of one's own.

    `faults` make calls fail. `functions` replicates the account up to that many functions (with AWS's page
    sizes; without it pages are of `page_rows`, so that paging is exercised). With `wire_all`, every call
    passes through signing, `before-send`, botocore's parser and its retries, which costs about 1 ms a call;
    without it only calls that a fault concerns do, and the rest is answered at `before-call`. `check` holds
    each answer against the output shape.
    """
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    core.set_config_variable("config_file", "/dev/null")
    core.set_config_variable("credentials_file", "/dev/null")
    core.register_component("data_loader", _loader())
    session = DemoSession(
        aws_access_key_id="AKIADEMO" + "0" * 12,
        aws_secret_access_key="demo-" + "0" * 35,
        aws_session_token="demo",  # noqa: S106 - no credential: nothing is ever sent
        region_name=HOME,
        botocore_session=core,
    )
    world = load_world(DEMO_NOW, account) if isinstance(account, str) else account
    if functions is not None:
        world = scaled(world, functions)
    host = Host(world, cap=None if functions else page_rows, check=check, paginators=paginator)
    switchboard = _Switchboard(session, host, faults, wire_all=wire_all)
    session.calls = switchboard.calls
    session.fetch = world.fetch
    session.events.register_last("before-parameter-build", switchboard.remember)
    session.events.register_last("before-call", switchboard.answer)  # type: ignore[arg-type]
    session.events.register_last("before-send", switchboard.send)  # type: ignore[arg-type]
    session.events.register_last("before-parse", switchboard.fill)
    session.events.register_last("after-call", switchboard.forget)
    session.events.register_last("after-call-error", switchboard.forget)
    return session


class _Call:
    """A call under way over the wire, and the answer of its last attempt."""

    def __init__(self, model: OperationModel, operation: str, region: str, asked: Json) -> None:
        self.model = model
        self.operation = operation
        self.region = region
        self.asked = asked
        self.answer: Json = {}


class _Switchboard:
    """Connects botocore's events with the host; holds the calls that are under way."""

    def __init__(self, session: DemoSession, host: Host, faults: Faults, *, wire_all: bool) -> None:
        self._session = session
        self._host = host
        self._faults = FaultCounter(faults)
        self._wire_all = wire_all
        self._ids = itertools.count(1)
        self._open: dict[str, _Call] = {}
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()

    def remember(self, *, params: Json, context: Json, **_: object) -> None:
        """Keep the parameters as the caller gave them: later events only see the serialised request."""
        context["demo_params"] = params

    def answer(
        self, *, model: OperationModel, params: Json, context: Json, **_: object
    ) -> tuple[AWSResponse, Json] | None:
        """Answer at `before-call`, or let the call go on to the wire."""
        operation = f"{model.service_model.service_name}:{model.name}"
        region, asked = context["client_region"], context["demo_params"]
        if self._wire_all or self._faults.concerns(operation, region, asked):
            call_id = str(next(self._ids))
            self._open[call_id] = _Call(model, operation, region, asked)
            params["headers"][wire.CALL] = context[wire.CALL] = call_id
            return None
        self._count(operation)
        try:
            parsed = self._host.answer(model, operation, region, asked)
        except AwsError as error:
            return wire.response(error.status, b""), _error_answer(error, context)
        parsed["ResponseMetadata"] = _metadata(200)
        return wire.response(200, b""), parsed

    def send(self, *, request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - AWSPreparedRequest
        """Answer one attempt at `before-send`: fault or success."""
        call_id = _text(request.headers[wire.CALL])
        call = self._open[call_id]
        self._count(call.operation)
        if self._session.gate is not None and self._session.gate(call.operation, call.region):
            return wire.failure(call.model, errors.throttled(call.model))
        fault = self._faults.next(call.operation, call.region, call.asked)
        if fault is not None:
            broken = self._strike(fault, call.model, call.operation, request.url)
            if broken is not None:
                return broken
        try:
            answer = self._host.answer(call.model, call.operation, call.region, call.asked)
        except AwsError as error:
            return wire.failure(call.model, error)
        call.answer = tampered(
            answer,
            fault,
            paginator(*call.operation.split(":")),
            call.asked,
            lambda asked: self._host.answer(call.model, call.operation, call.region, asked),
        )
        return wire.success(call.model, call_id)

    def fill(self, *, response_dict: Json, customized_response_dict: Json, **_: object) -> None:
        """Put the answer in place of the empty body that the parser read."""
        call_id = response_dict["headers"].get(wire.CALL)
        if call_id is not None:
            customized_response_dict.update(self._open[call_id].answer)

    def forget(self, *, context: Json, **_: object) -> None:
        """Drop a call that has ended."""
        self._open.pop(context.get(wire.CALL, ""), None)

    def _count(self, operation: str) -> None:
        with self._lock:
            self.calls[operation] += 1

    def _strike(self, fault: Fault, model: OperationModel, operation: str, url: str) -> AWSResponse | None:
        match fault.kind:
            case FaultKind.TIMEOUT:
                raise ReadTimeoutError(endpoint_url=url)
            case FaultKind.RESET:
                raise ConnectionClosedError(endpoint_url=url)
            case FaultKind.DENIED:
                return wire.failure(model, errors.denied(model, operation, self._host.world.id, fault.by))
            case FaultKind.BARE_404:
                return wire.bare_404()
        plain = {
            FaultKind.THROTTLED: errors.throttled,
            FaultKind.ERROR_500: errors.internal,
            FaultKind.EXPIRED: errors.expired,
            FaultKind.OPT_IN: errors.opt_in,
        }
        if fault.kind in plain:
            return wire.failure(model, plain[fault.kind](model))
        bodies = {
            FaultKind.MALFORMED: wire.malformed,
            FaultKind.HTML: wire.html,
            FaultKind.EMPTY_BODY: wire.empty_body,
        }
        return bodies[fault.kind](model) if fault.kind in bodies else None


def _error_answer(error: AwsError, context: Json) -> Json:
    if error.shape:
        context["error_code_override"] = error.shape
    said = {"Code": error.code, "Message": error.message}
    return {"Error": said, "ResponseMetadata": _metadata(error.status), "message": error.message}


def _metadata(status: int) -> Json:
    return {
        "RequestId": wire.REQUEST_ID,
        "HTTPStatusCode": status,
        "HTTPHeaders": {},
        "RetryAttempts": 0,
    }


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@cache
def _loader() -> Loader:
    """Share the parsed service models between demo sessions: parsing them is most of a session's cost."""
    return create_loader()


@cache
def _paginators(service: str) -> Json:
    try:
        found: Json = _loader().load_service_model(service, "paginators-1")["pagination"]
    except DataNotFoundError:
        return {}
    return found


def paginator(service: str, operation: str) -> Json | None:
    """Return how botocore pages an operation, None where it does not."""
    found: Json | None = _paginators(service).get(operation)
    return found
