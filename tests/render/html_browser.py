"""A browser for tests: Chromium over its debugging pipe, with what it logs, asks for and draws."""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-precise-memory-info",
    "--remote-debugging-pipe",
)
PATIENCE_S = 60.0

Json = dict[str, object]


def chromium() -> str | None:
    """Return the path of a Chromium, or None without one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class RefusedError(Exception):
    """A command that the browser did not carry out: to ask a page that is just being loaded again is one."""


class Browser:
    """One Chromium. Messages are JSON, ended by a zero byte, on file descriptors 3 and 4.

    https://chromedevtools.github.io/devtools-protocol/
    """

    def __init__(self, path: str, profile: Path) -> None:
        in_read, self.to = os.pipe()
        self.back, out_write = os.pipe()

        def place() -> None:
            os.dup2(os.dup(in_read), 3)
            os.dup2(os.dup(out_write), 4)

        self.process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={profile}"],
            preexec_fn=place,  # noqa: PLW1509 - the pipe has fixed numbers
            pass_fds=(3, 4, in_read, out_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(in_read)
        os.close(out_write)
        self.count = 0
        self.buffer = b""
        self.events: list[Json] = []

    def __enter__(self) -> Self:
        """Return the browser."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the browser."""
        self.call("Browser.close")
        self.process.wait(PATIENCE_S)
        os.close(self.to)
        os.close(self.back)

    def call(self, method: str, session: str = "", **arguments: object) -> Json:
        """Send one command and wait for its answer; events that arrive meanwhile are kept."""
        self.count += 1
        message: Json = {"id": self.count, "method": method, "params": arguments}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RefusedError(json.dumps(answer["error"]))
                return _dict(answer["result"])
            self.events.append(answer)

    def _next(self) -> Json:
        while b"\0" not in self.buffer:
            chunk = os.read(self.back, 1 << 20)
            assert chunk, "the browser has ended"
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\0", 1)
        return msgspec.json.decode(line, type=Json)


def _dict(value: object) -> Json:
    assert isinstance(value, dict)
    return value


class Page:
    """One tab with one file in it."""

    def __init__(self, browser: Browser, width: int, height: int, *, dark: bool) -> None:
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        assert isinstance(session, str)
        self.session = session
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def call(self, method: str, **arguments: object) -> Json:
        """Send one command to the tab."""
        return self.browser.call(method, self.session, **arguments)

    def open(self, file: Path, address: str = "") -> None:
        """Load a file at an address within it, and wait until its data are unpacked."""
        self.call("Page.navigate", url=f"{file.as_uri()}{address}")
        self.until("document.readyState === 'complete' && document.documentElement.dataset.ready !== 'frame'")

    def go(self, address: str) -> None:
        """Follow a link within the page."""
        self.run(f"location.hash = {json.dumps(address)}")
        self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")

    def until(self, condition: str) -> None:
        """Wait for a condition of the page."""
        end = time.monotonic() + PATIENCE_S
        while not self._holds(condition):
            assert time.monotonic() < end, condition
            time.sleep(0.02)

    def _holds(self, condition: str) -> bool:
        try:
            return self.run(condition) is True
        except RefusedError:
            return False

    def run(self, expression: str) -> object:
        """Return the value of an expression, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return _dict(answer["result"]).get("value")

    def number(self, expression: str) -> float:
        """Return a number."""
        value = self.run(expression)
        assert isinstance(value, (int, float)), value
        return value

    def text(self, expression: str) -> str:
        """Return a text."""
        value = self.run(expression)
        assert isinstance(value, str), value
        return value

    def nodes(self) -> float:
        """Count the elements of the document."""
        return self.number("document.querySelectorAll('*').length")

    def pages(self) -> int:
        """Count the pages that printing makes."""
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, transferMode="ReturnAsStream")
        stream, data = answer["stream"], ""
        while True:
            part = self.call("IO.read", handle=stream)
            assert isinstance(part["data"], str)
            data += part["data"]
            if part["eof"]:
                break
        return _pdf_pages(data)

    def complaints(self) -> list[str]:
        """Return what the console holds against the page: errors, warnings, exceptions."""
        kinds = {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}
        mine = [event for event in self.browser.events if event.get("sessionId") == self.session]
        return [json.dumps(event["params"]) for event in mine if event["method"] in kinds]

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for, beyond its own file."""
        asked = [
            str(_dict(_dict(event["params"])["request"])["url"])
            for event in self.browser.events
            if event.get("sessionId") == self.session and event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith(("file:", "blob:", "about:"))]


def _pdf_pages(data: str) -> int:
    counts = re.findall(
        rb"/Type\s*/Pages[^>]*?/Count (\d+)|/Count (\d+)[^>]*?/Type\s*/Pages", base64.b64decode(data)
    )
    return max(int(first or second) for first, second in counts)


@contextmanager
def tab(browser: Browser, *, width: int = 1440, height: int = 900, dark: bool = False) -> Iterator[Page]:
    """Open a tab and close it again."""
    page = Page(browser, width, height, dark=dark)
    try:
        yield page
    finally:
        page.call("Page.close")
