"""Size of the HTML page, time to write it, and time to read it in Chromium where there is one.

The report is that of the demo account, which is worse than most, with its functions copied, each copy with a
name and numbers of its own in all that is said of it: copies that say the same would compress to nothing. Run
it from the repository: `python -m tests.bench.bench_html`. Reading is first contentful paint, until the
tables stand, elements in the document, script heap, one search over all results, and the CSV of what is
shown.
"""

import random
import re
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from msgspec.structs import replace

from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.render.html import render
from auditor.report import FunctionReport, Measured, PolicyReport, Report
from auditor.snapshot import decode
from auditor.verdict import Detail, Evidence, Finding, Status
from tests.bench.bench_evaluate import write_snapshot
from tests.render.html_browser import Browser, chromium, tab

SIZES = (100, 1_000, 10_000)
FUNCTIONS = 56
# Targets: https://web.dev/articles/fcp calls 1.8 s good; ours are of the page's own promise.
TARGET_PAINT_MS, TARGET_NODES, TARGET_MB = 1_000, 2_000, 8
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
    "csv_ms",
]
# Measured numbers vary; those within names, versions and account numbers do not.
NUMBER = re.compile(r"(?<![\w.:/-])\d{1,11}(?![\w:])")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
SEARCH = """(async () => {
  const input = document.querySelector('#search'), before = document.querySelector('.count').textContent;
  const start = performance.now();
  input.value = 'legacy statement 1';
  input.dispatchEvent(new Event('input'));
  while (document.querySelector(".count").textContent === before) {
    await new Promise((done) => setTimeout(done));
  }
  return performance.now() - start - 120;
})()"""
SAVE = """(async () => {
  HTMLAnchorElement.prototype.click = () => {};
  const start = performance.now();
  document.querySelector('#save').click();
  await new Promise((done) => setTimeout(done));
  return performance.now() - start;
})()"""


def main() -> None:
    """Print one line for each size and form."""
    _say(COLUMNS)
    path = chromium()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        judged = demo_report(Path(folder) / "snapshot.json")
        with Browser(path, Path(folder) / "profile") if path else nullcontext() as browser:
            for size in SIZES:
                report = grown(judged, size)
                for plain in (True, False):
                    written = _write(report, file, plain=plain)
                    _say([*written, *(_read(browser, file) if browser else ())])


def demo_report(snapshot: Path) -> Report:
    """Judge the demo account."""
    write_snapshot(snapshot, FUNCTIONS)
    inventory = decode(snapshot.read_bytes(), str(snapshot))
    return audit(inventory, load_rules(RuleFiles(), inventory.scan.ended_at), inventory.scan.ended_at)


def grown(report: Report, size: int) -> Report:
    """Copy the functions of a report with all that is said of them, until there are so many."""
    dice = random.Random(7)  # noqa: S311 - a sample, not a secret
    own: dict[str, list[Finding]] = {function.arn: [] for function in report.functions}
    findings = [finding for finding in report.findings if finding.resource not in own]
    for finding in report.findings:
        own.get(finding.resource, []).append(finding)
    functions, policies = [], []
    for place in range(size):
        model = report.functions[place % len(report.functions)]
        function = replace(
            model,
            name=f"{model.name}-{place}",
            arn=f"{model.arn}-{place}",
            role=f"{model.role}-{place}",
            role_arn=f"{model.role_arn}-{place}",
            description=f"{model.description} {place}",
            measured=_measured(model.measured, dice),
        )
        functions.append(function)
        policies += [_policy(policy, function) for policy in report.policies if policy.role == model.role_arn]
        findings += [_copy(finding, function, dice) for finding in own[model.arn]]
    return replace(report, functions=tuple(functions), findings=tuple(findings), policies=tuple(policies))


def _policy(policy: PolicyReport, function: FunctionReport) -> PolicyReport:
    """Return the suggestion for the role of a copy, whose tables and queues have names of their own."""
    place = function.name.rpartition("-")[2]

    def own(text: str) -> str:
        return re.sub(r"(arn:[^\"*]+?)(?=\")", rf"\1-{place}", text)

    difference = tuple(map(own, policy.difference))
    return replace(policy, role=function.role_arn, text=own(policy.text), difference=difference)


def _measured(found: Measured, dice: random.Random) -> Measured:
    factor = dice.uniform(0.5, 1.5)
    runs = None if found.runs is None else int(found.runs * factor)
    return replace(found, runs=runs, p99_ms=None if found.p99_ms is None else found.p99_ms * factor)


def _copy(finding: Finding, function: FunctionReport, dice: random.Random) -> Finding:
    mine = replace(finding, resource=function.arn, function=function.name)
    if finding.status in {Status.PASS, Status.NOT_APPLICABLE}:
        return mine

    def vary(text: str) -> str:
        named = text.replace(finding.function, function.name)
        return NUMBER.sub(lambda found: _number(found[0], dice), named)

    details = tuple(
        Detail(subject=vary(d.subject), text=vary(d.text), at=vary(d.at)) for d in finding.details
    )
    exhibit = finding.exhibit
    if exhibit is not None:
        blocks = tuple(
            Evidence(
                caption=block.caption,
                lines=tuple(map(vary, block.lines)),
                marked=block.marked,
                diff=block.diff,
            )
            for block in exhibit.evidence
        )
        exhibit = replace(exhibit, evidence=blocks, commands=tuple(map(vary, exhibit.commands)))
    return replace(mine, message=vary(finding.message), details=details, exhibit=exhibit)


def _number(text: str, dice: random.Random) -> str:
    return "".join(str(dice.randrange(10)) for _ in text)


def _say(figures: list[str]) -> None:
    sys.stdout.write("".join(f"{figure:>11}" for figure in figures) + "\n")
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
        figures = (page.number(PAINT), ready, page.nodes(), heap, page.number(SEARCH), page.number(SAVE))
        return [f"{figure:.0f}" for figure in figures]


if __name__ == "__main__":
    main()
