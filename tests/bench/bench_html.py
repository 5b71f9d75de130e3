"""Size of the HTML page, time to write it, and time to read it in Chromium where there is one.

Run it from the repository: `python -m tests.bench.bench_html`. Reading is first contentful paint, until the
tables stand, elements in the document, script heap, and one search over all results.
"""

import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from auditor.render.html import render
from auditor.report import Report
from tests.render.html_browser import Browser, chromium, tab
from tests.render.html_sample import sample

SIZES = (100, 1_000, 10_000)
CHECKS = 120
COLUMNS = [
    "functions",
    "results",
    "form",
    "MB",
    "write_s",
    "paint_ms",
    "ready_ms",
    "nodes",
    "heap_MB",
    "search_ms",
]
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
SEARCH = """(async () => {
  const input = document.querySelector('#search'), before = document.querySelector('.count').textContent;
  const start = performance.now();
  input.value = 'payment 15 s';
  input.dispatchEvent(new Event('input'));
  while (document.querySelector(".count").textContent === before) {
    await new Promise((done) => setTimeout(done));
  }
  return performance.now() - start - 120;
})()"""


def main() -> None:
    """Print one line for each size and form."""
    _say(COLUMNS)
    path = chromium()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        with Browser(path, Path(folder) / "profile") if path else nullcontext() as browser:
            for size in SIZES:
                report = sample(size, CHECKS)
                for plain in (True, False):
                    written = _write(report, file, plain=plain)
                    _say([*written, *(_read(browser, file) if browser else ())])


def _say(figures: list[str]) -> None:
    sys.stdout.write("".join(f"{figure:>13}" for figure in figures) + "\n")
    sys.stdout.flush()


def _write(report: Report, file: Path, *, plain: bool) -> list[str]:
    start = time.process_time()
    content = render(report, plain=plain)
    spent = time.process_time() - start
    file.write_bytes(content)
    form = "plain" if plain else "as needed"
    counts = (f"{len(report.functions):,}", f"{len(report.findings):,}")
    return [*counts, form, f"{len(content) / 1e6:.2f}", f"{spent:.2f}"]


def _read(browser: Browser, file: Path) -> list[str]:
    with tab(browser) as page:
        page.open(file, "#findings")
        page.until("document.querySelector('.count') !== null")
        ready = page.number("performance.now()")
        heap = page.number("performance.memory.usedJSHeapSize") / 1e6
        figures = (page.number(PAINT), ready, page.nodes(), heap, page.number(SEARCH))
        return [f"{figure:.0f}" for figure in figures]


if __name__ == "__main__":
    main()
