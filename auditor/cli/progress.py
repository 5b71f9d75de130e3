"""Progress on stderr, which never stands in the way of what is on stdout."""

import shutil
import time
from typing import TextIO

from auditor.cli.terminal import log_line, safe

PLAIN_LINE_S = 15.0
BAR_WIDTH = 28


class Progress:
    """Progress on stderr: a bar on a terminal, a plain line for each tenth or quarter of a minute
    elsewhere.
    """

    def __init__(self, stream: TextIO, *, bar: bool, quiet: bool, as_json: bool = False) -> None:
        self._stream = stream
        self._bar = bar and not as_json
        self._quiet = quiet
        self._as_json = as_json
        self._said = -1
        self._stage = ""
        self._at = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Tell how far a stage has come. `total` is 0 where it is not known."""
        if self._quiet:
            return
        if self._bar:
            self._draw(stage, done, total)
        else:
            self._line(stage, done, total)

    def close(self) -> None:
        """Leave the line of the bar."""
        if self._bar and self._stage and not self._quiet:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self, stage: str, done: int, total: int) -> None:
        self._stage = stage
        share = done / total if total else 0.0
        filled = int(BAR_WIDTH * share)
        bar = "\N{FULL BLOCK}" * filled + "\N{LIGHT SHADE}" * (BAR_WIDTH - filled)
        count = f"{done:,} of {total:,}" if total else f"{done:,}"
        line = f"{bar} {share:4.0%} {safe(stage)} {count}"
        self._stream.write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
        self._stream.flush()

    def _line(self, stage: str, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 0
        moved = stage != self._stage or tenth > self._said or time.monotonic() - self._at > PLAIN_LINE_S
        if not moved:
            return
        self._stage, self._said, self._at = stage, tenth, time.monotonic()
        if self._as_json:
            log_line(self._stream, level="info", message=stage, done=done, total=total)
            return
        count = f"{done:,} of {total:,}" if total else f"{done:,}"
        self._stream.write(f"{safe(stage)}: {count}\n")
        self._stream.flush()
