"""What a person reads in a terminal: colours, progress, the summary. Hostile text cannot steer the
terminal.
"""

import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TextIO

from auditor.report import Gap, Report
from auditor.verdict import Severity

# C0 and C1 control characters, so that no name or message can send an escape sequence.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}
SEVERITY_COLOUR = {
    Severity.CRITICAL: "magenta",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
    Severity.INFO: "dim",
}
GRADE_COLOUR = {"A": "green", "B": "green", "C": "yellow", "D": "red", "F": "red", "-": "dim"}
PLAIN_LINE_S = 15.0
BAR_WIDTH = 28


def safe(text: str) -> str:
    """Return text without characters that steer a terminal."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def wants_colour(choice: str, environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Decide on colour: the flag, NO_COLOR (https://no-color.org), FORCE_COLOR, TERM=dumb, then whether it
    is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"


class Progress:
    """Progress on stderr: a bar on a terminal, a plain line for each tenth or quarter of a minute
    elsewhere.
    """

    def __init__(self, stream: TextIO, *, bar: bool, quiet: bool) -> None:
        self._stream = stream
        self._bar = bar
        self._quiet = quiet
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
        count = f"{done:,} of {total:,}" if total else f"{done:,}"
        self._stream.write(f"{safe(stage)}: {count}\n")
        self._stream.flush()


class Painter:
    """Writes words in colour, or plainly."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, *styles: str) -> str:
        """Return safe text in the given styles."""
        if not self.colour or not styles:
            return safe(text)
        codes = ";".join(COLOURS[style] for style in styles)
        return f"\x1b[{codes}m{safe(text)}\x1b[0m"


def summary(report: Report, written: Sequence[str], paint: Painter) -> str:
    """Return what a person wants to know first: grade, scores, coverage, five fixes, what was not seen,
    files.
    """
    return "\n".join(
        [*_head(report, paint), *_fixes(report, paint), *_unseen(report, paint), *_files(written, paint)]
    )


def _head(report: Report, paint: Painter) -> list[str]:
    colour = GRADE_COLOUR[report.grade[0]]
    possible = f", up to {report.possible}" if report.possible != report.score else ""
    functions = len(report.functions)
    counts = report.counts
    bad = f"{counts.failed:,} failed, {counts.warned:,} warned"
    many = f"{bad}, {counts.unknown:,} unknown, {counts.passed:,} passed"
    regions = ", ".join(report.scan.regions) or "no region"
    lines = [
        "",
        f"  {paint(f' {report.grade} ', 'bold', colour)} {paint(report.meaning, 'bold')}. {report.advice}.",
        f"      Score {paint(str(report.score), 'bold')} proven{possible}; coverage {report.coverage} %",
        f"      {paint(report.title)}: {functions:,} functions in {regions}",
        f"      {many}",
    ]
    lines += [f"      Held at {cap.ceiling}: {cap.why}" for cap in report.caps if cap.held]
    if not report.scan.complete:
        lines.append(
            paint(f"      INCOMPLETE: {report.scan.interrupted or 'not everything was scanned'}", "red")
        )
    return lines


def _fixes(report: Report, paint: Painter) -> list[str]:
    if not report.fixes:
        return []
    lines = ["", f"  {paint('Fixes worth most', 'bold')}"]
    for fix in report.fixes[:5]:
        severity = paint(f"{fix.severity.value:<8}", SEVERITY_COLOUR[fix.severity])
        many = "1 place" if fix.functions == 1 else f"{fix.functions:,} places"
        lines.append(
            f"  {fix.points:+5.1f}  {severity}  {paint(fix.title)} ({many}) {paint(fix.check, 'dim')}"
        )
    return lines


def _unseen(report: Report, paint: Painter) -> list[str]:
    if not report.gaps:
        return []
    lines = ["", f"  {paint('Not seen', 'bold')}"]
    lines += [
        f"  {paint(gap.operation or 'evidence', 'bold')} {paint(_why(gap))}: "
        f"{gap.results:,} results unknown, up to +{gap.points:.1f}"
        for gap in report.gaps[:5]
    ]
    if len(report.gaps) > 5:  # noqa: PLR2004 - five are shown
        lines.append(f"  and {len(report.gaps) - 5} more; the report lists them all")
    return lines


def _why(gap: Gap) -> str:
    code = f" ({gap.code})" if gap.code else ""
    return f"{gap.reason.replace('_', ' ').lower()}{code}"


def _files(written: Sequence[str], paint: Painter) -> list[str]:
    if not written:
        return []
    return ["", f"  {paint('Written', 'bold')}", *(f"  {paint(name)}" for name in written), ""]


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads a stream as it comes."""
    return stream.isatty()


def fail(message: str) -> None:
    """Say one sentence on stderr."""
    sys.stderr.write(f"lambda-auditor: {safe(message)}\n")
