"""How close a scan comes to the bound of AWS's quotas: `python tests/bench/bench_collect.py 100 1000 10000`.

Before the demo account stands a host in a process of its own, with the published quotas and 50 ms of latency;
it throttles requests beyond a quota. All figures are of the scanning process alone, which asks over HTTP and
parses what comes. Prints one line for each number of functions, and with --operations what was asked.
`--pace 1` uses the whole quota. `--plain` is about an account without aliases, URLs, events and images, whose
plan is its core.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import boto3
from botocore.awsrequest import AWSPreparedRequest
from botocore.model import OperationModel

from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW
from auditor.model import Inventory, Unavailable

REGION = "eu-west-1"
ASKED = "x-bench-asked"
# Title of a column, and how a figure is written.
COLUMNS = {
    "functions": ",",
    "wall s": ".1f",
    "bound s": ".1f",
    "ratio": ".2f",
    "req/fn": ".2f",
    "core/fn": ".2f",
    "throttled": ".2%",
    "lost": "d",
    "CPU s": ".1f",
    "ms/req": ".2f",
    "before MB": ".0f",
    "peak MB": ".0f",
    "host CPU s": ".1f",
}


@contextmanager
def quota_host(functions: int, *, quick: bool, plain: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Start the host; its first line is its port, its last what it counted."""
    script = Path(__file__).with_name("quota_host.py")
    with subprocess.Popen(
        [
            *(sys.executable, str(script), str(functions)),
            *(["quick"] if quick else []),
            *(["plain"] if plain else []),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def session_to(port: int) -> boto3.Session:
    """Return a session that takes the host for AWS: only the address of each request is another one."""
    session = boto3.Session("AKIA" + "0" * 16, "bench", region_name=REGION)

    def mark(*, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        asked = (model.service_model.service_name, model.name, context["client_region"])
        params["headers"][ASKED] = " ".join(asked)

    def redirect(*, request: AWSPreparedRequest, **_: object) -> None:
        parts = urlsplit(request.url)
        request.url = parts._replace(scheme="http", netloc=f"127.0.0.1:{port}").geturl()

    session.events.register_last("before-call", mark)
    session.events.register_last("before-send", redirect)
    return session


def peak_mb() -> float:
    """Return the most memory that the process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(functions: int, pace: float, tier: Tier, *, quick: bool, plain: bool) -> dict[str, Any]:
    """Scan an account of so many functions, and say how it went."""
    with quota_host(functions, quick=quick, plain=plain) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        session = session_to(int(process.stdout.readline()))
        request = ScanRequest(tier=tier, pace=math.inf if quick else pace, regions=(REGION,))
        before_mb, began, cpu = peak_mb(), time.monotonic(), time.process_time()
        inventory = collect(request, session=session, now=DEMO_NOW)
        wall, busy = time.monotonic() - began, time.process_time() - cpu
        process.stdin.close()
        counted: dict[str, Any] = json.loads(process.stdout.readline())
    return {
        **counted,
        "functions": found(inventory),
        "wall_s": wall,
        "busy_s": busy,
        "before_mb": before_mb,
        "peak_mb": peak_mb(),
        "lost": sum(row.lost for row in inventory.scan.spending),
    }


def line(told: dict[str, Any]) -> str:
    """Write the figures of one scan under the titles.

    The core is two requests for each function, and all that lists or is asked for few: the plan without what
    gates let through, which depends on how an account is made.
    """
    functions, sent = told["functions"], told["requests"]
    core = 2 * functions + sum(count for count in told["operations"].values() if count < functions / 20)
    figures = (
        functions,
        told["wall_s"],
        told["bound_s"],
        told["wall_s"] / told["bound_s"],
        sent / functions,
        core / functions,
        told["throttled"] / sent,
        told["lost"],
        told["busy_s"],
        1000 * told["busy_s"] / sent,
        told["before_mb"],
        told["peak_mb"],
        told["cpu_s"],
    )
    cells = zip(COLUMNS.items(), figures, strict=True)
    return "  ".join(f"{figure:>{len(title)}{form}}" for (title, form), figure in cells) + "\n"


def found(inventory: Inventory) -> int:
    """Count the functions of the one account."""
    (account,) = inventory.accounts
    listed = [region.functions for region in account.regions]
    return sum(len(functions) for functions in listed if not isinstance(functions, Unavailable))


def main() -> None:
    """Read the sizes and print the table; each size in a process of its own, whose memory begins anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--tier", default="standard", choices=[tier.value for tier in Tier])
    parser.add_argument("--operations", action="store_true", help="print what was asked, most first")
    parser.add_argument("--quick", action="store_true", help="no quotas, no latency: CPU and memory alone")
    parser.add_argument("--plain", action="store_true", help="functions without what gates let through")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        told = measure(given.functions[0], given.pace, Tier(given.tier), quick=given.quick, plain=given.plain)
        sys.stdout.write(json.dumps(told))
        return
    sys.stdout.write("  ".join(COLUMNS) + "\n")
    for functions in given.functions:
        sys.stdout.flush()
        words = [str(functions), "--one", "--pace", str(given.pace), "--tier", given.tier]
        words += ["--quick"] if given.quick else []
        words += ["--plain"] if given.plain else []
        done = subprocess.run([sys.executable, __file__, *words], stdout=subprocess.PIPE, check=True)
        told = json.loads(done.stdout)
        sys.stdout.write(line(told))
        if given.operations:
            sys.stdout.writelines(f"{count:>9,}  {name}\n" for name, count in told["operations"].items())


if __name__ == "__main__":
    main()
