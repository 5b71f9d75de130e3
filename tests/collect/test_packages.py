"""Packages: from AWS's hosts alone, no further than the caps, and only the bytes that really run."""

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from auditor.code.archive import PackageError
from auditor.collect import ScanRequest
from auditor.collect.downloads import allowed, fetcher
from auditor.collect.inventory import collect_account
from auditor.collect.operations import Tier
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW, demo_session
from auditor.model import NOT_COLLECTED, CodeFacts, Function, PackageFacts, Reason, Unavailable

AWS = "https://awslambda-eu-west-1-tasks.s3.eu-west-1.amazonaws.com/snapshots/x?X-Amz-Signature=y"
URLS = (
    ("AWS", AWS, "", True),
    ("China", "https://awslambda-cn.s3.cn-north-1.amazonaws.com.cn/x", "", True),
    ("plain HTTP", AWS.replace("https", "http"), "", False),
    ("another host", "https://example.com/x", "", False),
    ("a host that looks like AWS", "https://amazonaws.com.example.com/x", "", False),
    ("AWS as a user name", "https://s3.amazonaws.com@example.com/x", "", False),
    ("instance metadata", "http://169.254.169.254/latest/meta-data", "", False),
    ("a file", "file:///etc/passwd", "", False),
    ("the endpoint", "http://127.0.0.1:5000/x", "http://127.0.0.1:5000", True),
    ("another machine than the endpoint", "http://10.0.0.1:5000/x", "http://127.0.0.1:5000", False),
    ("AWS beside an endpoint", AWS, "http://127.0.0.1:5000", True),
)


@pytest.mark.parametrize(("name", "url", "endpoint", "expected"), URLS, ids=[row[0] for row in URLS])
def test_packages_come_from_aws_or_the_endpoint(
    name: str, url: str, endpoint: str, *, expected: bool
) -> None:
    assert allowed(url, endpoint) is expected, name


class Server(BaseHTTPRequestHandler):
    """Answers by path: whole, by ranges, with a redirect, without end."""

    data: ClassVar[bytes] = bytes(range(256)) * 1000

    def do_GET(self) -> None:
        getattr(self, self.path.strip("/"))()

    def whole(self) -> None:
        self._send(200, self.data)

    def ranges(self) -> None:
        first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
        self._send(206, self.data[int(first) : int(last) + 1])

    def redirect(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://169.254.169.254/latest/meta-data")
        self.end_headers()

    def denied(self) -> None:
        self._send(403, b"<Error><Code>AccessDenied</Code><Message>s3cret</Message></Error>")

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(1024 * 1024))
        except OSError:
            pass

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["whole", "ranges"])
def test_a_range_is_the_same_whether_the_server_knows_ranges(host: str, path: str) -> None:
    fetch = fetcher(host, lambda: False)
    assert fetch(f"{host}/{path}", 1000, 70_000) == Server.data[1000:70_000]


def test_a_whole_package(host: str) -> None:
    assert fetcher(host, lambda: False)(f"{host}/whole", 0, None) == Server.data


REFUSALS = (
    ("redirect", False, Reason.API_ERROR),
    ("denied", False, Reason.API_ERROR),
    ("endless", False, Reason.PACKAGE_TOO_LARGE),
    ("endless", True, Reason.TIMEOUT),
)


@pytest.mark.parametrize(("path", "is_over", "reason"), REFUSALS)
def test_what_is_no_package_is_a_reason(host: str, path: str, *, is_over: bool, reason: Reason) -> None:
    with pytest.raises(PackageError) as caught:
        fetcher(host, lambda: is_over)(f"{host}/{path}", 0, None)
    assert caught.value.reason is reason
    assert host not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_no_connection_is_a_reason_without_the_address() -> None:
    with pytest.raises(PackageError) as caught:
        fetcher("http://127.0.0.1:9", lambda: False)("http://127.0.0.1:9/x?X-Amz-Signature=y", 0, None)
    assert "Signature" not in str(caught.value)


def deep(fetch: object = None, *, only: tuple[str, ...] = ("order-*", "pdf-*")) -> tuple[Function, ...]:
    session = demo_session(check=False)
    if fetch is not None:
        session.fetch = fetch  # type: ignore[assignment]
    request = ScanRequest(tier=Tier.DEEP, functions=only)
    api, _ = open_account(request, session)
    account = collect_account(api, _, request, DEMO_NOW, Steps(None)).account
    assert account is not None
    (region,) = account.regions
    assert isinstance(region.functions, tuple)
    return region.functions


def test_code_becomes_facts() -> None:
    functions = deep()
    read = [one.code for one in functions if isinstance(one.code, CodeFacts)]
    assert len(read) >= 3
    assert all(isinstance(one.package, PackageFacts) for one in read)
    images = [one.code for one in functions if one.is_image]
    assert all(isinstance(one, Unavailable) and one.reason is Reason.IMAGE_NOT_INSPECTED for one in images)


def test_the_code_of_a_version_in_use_is_read_beside_that_of_latest() -> None:
    (function,) = deep(only=("legacy-order-import",))
    assert isinstance(function.versions, tuple)
    assert isinstance(function.code, CodeFacts)
    live, following = function.versions
    assert live.code_sha256 != function.code_sha256 == following.code_sha256
    assert isinstance(live.code, CodeFacts)
    assert live.code.calls == (("dynamodb", "PutItem", "app.py:7"),)
    assert following.code == NOT_COLLECTED


def test_a_package_that_is_not_the_one_that_runs_is_not_read() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass")
    other = target.getvalue()
    assert base64.b64encode(hashlib.sha256(other).digest())
    small = [one.code for one in deep(lambda _url, _start, _end: other) if not one.is_image]
    assert small
    assert all(isinstance(one, Unavailable) and one.reason is Reason.PACKAGE_UNREADABLE for one in small)
