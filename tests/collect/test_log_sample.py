"""Newest lines of logs: facts of each, and none of their text."""

import base64
from typing import Any

import msgspec
import pytest
from botocore.awsrequest import AWSResponse

from auditor.collect.log_sample import collect_log_samples
from auditor.collect.metrics import window_before
from auditor.collect.operations import Tier
from auditor.collect.session import Api
from auditor.demo import DEMO_NOW, DEMO_SECRETS, Fault, FaultKind, demo_session
from auditor.model import (
    Function,
    LoggedSecret,
    Logging,
    LogGroup,
    LogSample,
    LogUsage,
    Reason,
    Unavailable,
)
from auditor.testing import healthy_function

ACCOUNT = "123456789012"
REGION = "eu-west-1"
WINDOW = window_before(DEMO_NOW)
GROUPS = tuple(LogGroup(name=f"/aws/lambda/{name}") for name in ("payment-webhook", "order-api", "quiet"))
UUID = "8f14e45f-ceea-467f-a0e6-9d1f0c0e7a11"


class _Pages:
    """Hands out pages of lines in place of the demo's, one page a call, and remembers what was asked."""

    def __init__(self, *pages: list[str], loops: bool = False) -> None:
        self.api = demo()
        self.asked: list[dict[str, Any]] = []
        self._pages, self._loops = list(pages), loops
        events = self.api.session.events
        events.register_first("before-parameter-build.*.FilterLogEvents", self._note)
        events.register_last("after-call.*.FilterLogEvents", self._put)

    def _note(self, *, params: dict[str, Any], **_: object) -> None:
        self.asked.append(params)

    def _put(self, *, parsed: dict[str, Any], http_response: AWSResponse, **_: object) -> None:
        http_response.status_code = 200
        page = self._pages.pop(0)
        token = base64.b64encode(f"demo:{0 if self._loops else len(self._pages)}".encode()).decode()
        more = {"nextToken": token} if self._pages else {}
        parsed.clear()
        events = [{"message": line} for line in page]
        parsed.update(events=events, ResponseMetadata={"HTTPStatusCode": 200}, **more)


def demo(*faults: Fault, tier: Tier = Tier.DEEP) -> Api:
    session = demo_session(faults=faults)
    return Api(session=session, account=ACCOUNT, regions=(REGION,), tier=tier, pace=1e9, pause=lambda _: None)


def function(name: str = "order-api", **changes: Any) -> Function:
    named = {
        "name": name,
        "arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        "logging": Logging(format="JSON", group=f"/aws/lambda/{name}"),
        **changes,
    }
    return msgspec.structs.replace(healthy_function(), **named)


def sample(api: Api, *functions: Function, groups: Any = GROUPS) -> LogSample | Unavailable:
    found = collect_log_samples(api, REGION, functions, groups, WINDOW)
    return found if isinstance(found, Unavailable) else found[functions[0].arn]


def test_secrets_and_events_are_counted_and_not_kept() -> None:
    found = sample(demo(), function("payment-webhook"))
    assert isinstance(found, LogSample)
    # Of four declared lines one is the platform's.
    assert (found.lines, found.secret_lines) == (3, 2)
    assert found.secrets == (
        LoggedSecret(name="", rule="url-password", kind="password in a URL", certain=True, lines=1),
        LoggedSecret(name="authorization", rule="name-token", kind="token or key", certain=True, lines=1),
    )
    text = msgspec.json.encode(found).decode()
    assert not [name for name in DEMO_SECRETS if name in text]


LINES: tuple[tuple[str, str, tuple[int, int, int, int]], ...] = (
    ("JSON with an id", f'{{"message": "stored", "requestId": "{UUID}"}}', (1, 1, 1, 0)),
    ("JSON without", '{"message": "stored"}', (1, 1, 0, 0)),
    ("JSON that is none", '{"message": "stored"', (1, 0, 0, 0)),
    ("text of Node.js", f"2026-11-22T11:00:00.000Z\t{UUID}\tINFO\tstored", (1, 0, 1, 0)),
    ("text of Python", f"[INFO]\t2026-11-22T11:00:00.000Z\t{UUID}\tstored", (1, 0, 1, 0)),
    ("an id of something else", f"order {UUID} stored", (1, 0, 0, 0)),
    ("an event of SQS", '{"Records": [{"eventSource": "aws:sqs", "body": "1"}]}', (1, 1, 0, 1)),
    ("an event within a text", "got {'version': '2.0', 'requestContext': {'stage': 'x'}}", (1, 0, 0, 1)),
    ("start", f"START RequestId: {UUID} Version: 1", (0, 0, 0, 0)),
    ("report", f"REPORT RequestId: {UUID}\tDuration: 1 ms", (0, 0, 0, 0)),
    ("platform event", '{"time": "x", "type": "platform.report", "record": {}}', (0, 0, 0, 0)),
)


@pytest.mark.parametrize(("line", "counts"), [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_what_a_line_is(line: str, counts: tuple[int, int, int, int]) -> None:
    found = sample(_Pages([line]).api, function())
    assert isinstance(found, LogSample)
    assert (found.lines, found.json_lines, found.request_lines, found.event_lines) == counts


def test_what_may_be_a_secret_is_told_from_what_is_one() -> None:
    found = sample(
        _Pages([f"wrote {name}" for name in ("a", "b")] + ["password=Kastanie7!Baum"]).api, function()
    )
    assert isinstance(found, LogSample)
    assert (found.lines, found.secret_lines + found.doubtful_lines) == (3, 1)


def test_the_newest_day_is_read_from_its_end() -> None:
    pages = _Pages(["a"])
    sample(pages.api, function())
    (asked,) = pages.asked
    assert asked["startFromHead"] is False
    assert asked["endTime"] == WINDOW.end.timestamp() * 1000
    assert asked["endTime"] - asked["startTime"] == 86_400_000


def test_empty_pages_are_followed_and_enough_lines_are_enough() -> None:
    late = _Pages([], ["a"], ["b"])
    assert sample(late.api, function()) == LogSample(lines=2)
    full = _Pages(["a"] * 200, ["b"])
    assert sample(full.api, function()) == LogSample(lines=200)
    assert len(full.asked) == 1


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        (_Pages([], [], [], ["a"]), Reason.NO_DATA),
        (_Pages([], [], [], loops=True), Reason.MALFORMED_RESPONSE),
    ],
    ids=["nothing in time", "a token that repeats"],
)
def test_a_log_that_gives_no_line_was_not_read(pages: _Pages, reason: Reason) -> None:
    found = sample(pages.api, function())
    assert isinstance(found, Unavailable)
    assert found.reason is reason


def test_a_function_that_logged_nothing_is_not_asked() -> None:
    api = demo()
    silent = function(log_usage=LogUsage(incoming_bytes=0, incoming_events=0))
    assert sample(api, silent) == LogSample(lines=0)
    assert api.spending() == ()


DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="logs:DescribeLogGroups")
REFUSALS: tuple[tuple[str, Any, Any, Reason], ...] = (
    ("no group", function("gone"), GROUPS, Reason.NO_DATA),
    ("no groups known", function(), DENIED, Reason.ACCESS_DENIED),
    ("group not known", function(logging=DENIED), GROUPS, Reason.ACCESS_DENIED),
    (
        "a class for queries alone",
        function(),
        (LogGroup(name="/aws/lambda/order-api", log_class="INFREQUENT_ACCESS"),),
        Reason.NOT_SUPPORTED,
    ),
)


@pytest.mark.parametrize(
    ("one", "groups", "reason"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_what_cannot_be_sampled_says_why(one: Function, groups: Any, reason: Reason) -> None:
    found = sample(demo(), one, groups=groups)
    assert isinstance(found, Unavailable)
    assert found.reason is reason


def test_a_shared_log_tells_nothing_of_one_function() -> None:
    other = function("other", logging=Logging(format="JSON", group="/aws/lambda/order-api"))
    found = sample(demo(), function(), other)
    assert isinstance(found, Unavailable)
    assert found.reason is Reason.NOT_SUPPORTED


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.STANDARD])
def test_other_tiers_read_no_line(tier: Tier) -> None:
    api = demo(tier=tier)
    found = sample(api, function())
    assert isinstance(found, Unavailable)
    assert (found.reason, api.spending()) == (Reason.NOT_COLLECTED, ())


@pytest.mark.parametrize("kind", [FaultKind.DENIED, FaultKind.HTML, FaultKind.MISSING_FIELD])
def test_lines_that_could_not_be_read_are_no_clean_lines(kind: FaultKind) -> None:
    assert isinstance(
        sample(demo(Fault(operation="logs:Filter*", kind=kind, field="events")), function()), Unavailable
    )
