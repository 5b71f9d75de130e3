"""Deployment packages from the presigned URLs that Lambda hands out: to AWS's hosts alone, never further."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from auditor.code.archive import PackageError
from auditor.model import Reason

# Lambda's own buckets: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")
LARGEST_DOWNLOAD_BYTES = 50 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
TIMEOUT_S = 15
WHOLE, PARTIAL = 200, 206

Fetch = Callable[[str, int, int | None], bytes]


@runtime_checkable
class AnswersDownloads(Protocol):
    """A session that answers downloads itself, without a network."""

    def fetch(self, url: str, start: int, end: int | None) -> bytes:
        """Return the bytes from `start` to `end` (exclusive; None: to the end) of a package."""


def allowed(url: str, endpoint_url: str) -> bool:
    """Whether a package may be fetched from a URL: HTTPS to AWS, or the endpoint that was asked for."""
    parts = urlsplit(url)
    if endpoint_url and parts.hostname == urlsplit(endpoint_url).hostname:
        return parts.scheme in {"http", "https"}
    host = parts.hostname or ""
    return parts.scheme == "https" and host.endswith(AWS_HOSTS) and not parts.username


def fetcher(endpoint_url: str, is_over: Callable[[], bool]) -> Fetch:
    """Return what fetches byte ranges over HTTP. `is_over` is True once the time for it has run out.

    Redirects are not followed. A server that ignores ranges is read from the start, up to
    `LARGEST_DOWNLOAD_BYTES`. Raises `PackageError`, whose text never names the URL: it is a credential.
    """

    def fetch(url: str, start: int, end: int | None) -> bytes:
        if not allowed(url, endpoint_url):
            raise PackageError(Reason.API_ERROR, "the package is not offered by AWS over HTTPS")
        http = URLLib3Session(proxies=get_environ_proxies(url), timeout=TIMEOUT_S)
        with closing(http):
            return _range(http, url, start, end, is_over)

    return fetch


def _range(http: URLLib3Session, url: str, start: int, end: int | None, is_over: Callable[[], bool]) -> bytes:
    headers = (
        {} if start == 0 and end is None else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
    )
    request = AWSRequest(method="GET", url=url, headers=headers, stream_output=True).prepare()
    try:
        answer = http.send(request)
        with closing(answer.raw):
            if answer.status_code not in {WHOLE, PARTIAL}:
                raise PackageError(
                    Reason.API_ERROR, f"the download answered with status {answer.status_code}"
                )
            skipped = start if answer.status_code == WHOLE else 0
            wanted = None if end is None else end - start
            return b"".join(_body(answer.raw, skipped, wanted, is_over))
    except (BotoCoreError, HTTPError) as error:
        # `from None`: the error's text quotes the URL.
        raise PackageError(Reason.TIMEOUT, f"the download failed ({type(error).__name__})") from None


def _body(raw: Any, skipped: int, wanted: int | None, is_over: Callable[[], bool]) -> Iterator[bytes]:  # noqa: ANN401 - urllib3's response
    """Yield `wanted` bytes after `skipped` ones, None for all that come."""
    position, read = -skipped, 0
    for chunk in raw.stream(CHUNK_BYTES, decode_content=False):
        if is_over():
            raise PackageError(Reason.TIMEOUT, "the download took too long")
        read += len(chunk)
        if read > LARGEST_DOWNLOAD_BYTES:
            raise PackageError(Reason.PACKAGE_TOO_LARGE, f"more than {LARGEST_DOWNLOAD_BYTES} bytes came")
        part = chunk[max(0, -position) :] if position < 0 else chunk
        position += len(chunk)
        if wanted is None:
            yield part
        elif part:
            taken = max(0, min(len(part), wanted))
            yield part[:taken]
            wanted -= taken
            if wanted == 0:
                return
