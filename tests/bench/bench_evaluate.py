"""Judging at scale: CPU and peak memory of every check on 1,000 and 10,000 functions, against the targets.

Each size is judged in a process of its own that reads a snapshot, as `render` does; the memory is all of
that process's, the evidence included. Run it as `python -m tests.bench.bench_evaluate`.
"""

import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import msgspec

from auditor.evaluate import evaluate
from auditor.model import Function, Inventory, Region, Unavailable
from auditor.pipeline import RuleFiles, load_rules
from auditor.snapshot import decode, encode

# Targets: CPU seconds by number of functions, and megabytes for the largest.
TARGET_S = {1_000: 2.0, 10_000: 10.0}
TARGET_MB = 500


def scaled(inventory: Inventory, wanted: int) -> Inventory:
    """Return an inventory whose first region holds copies of its functions, under names of their own."""
    account = inventory.accounts[0]
    region = account.regions[0]
    functions = () if isinstance(region.functions, Unavailable) else region.functions
    copies = tuple(_copy(functions[number % len(functions)], number) for number in range(wanted))
    grown: Region = msgspec.structs.replace(region, functions=copies)
    return msgspec.structs.replace(inventory, accounts=(msgspec.structs.replace(account, regions=(grown,)),))


def _copy(function: Function, number: int) -> Function:
    return msgspec.structs.replace(function, name=f"{function.name}-{number}", arn=f"{function.arn}-{number}")


def write_snapshot(file: Path, wanted: int) -> None:
    """Scan the demo account at full depth, and write it grown to so many functions."""
    from auditor.collect import ScanRequest, collect  # noqa: PLC0415 - boto3 stays out of what is measured
    from auditor.collect.operations import Tier  # noqa: PLC0415
    from auditor.demo import DEMO_NOW, demo_session  # noqa: PLC0415

    request = ScanRequest(regions=("eu-west-1",), tier=Tier.DEEP)
    inventory = collect(request, session=demo_session(), now=DEMO_NOW)
    file.write_bytes(encode(scaled(inventory, wanted)))


def measure(file: Path, wanted: int, target: float) -> None:
    """Judge a snapshot and print its row."""
    inventory = decode(file.read_bytes(), str(file))
    rules = load_rules(RuleFiles(), inventory.scan.ended_at)
    began = time.process_time()
    found = evaluate(inventory, rules.checks, rules.settings, rules.reference, rules.attestations).findings
    seconds = time.process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shares = f"{seconds / target:.2f} of the target, {1e6 * seconds / len(found):.1f} us a finding"
    memory = f"peak {peak_mb:.0f} MB, {peak_mb / TARGET_MB:.2f} of the target"
    print(  # noqa: T201 - a benchmark prints
        f"{wanted:>6,} functions x {len(rules.checks)} checks: {len(found):,} findings, {seconds:.2f} s CPU, "
        f"{shares}; {memory}"
    )


def main() -> None:
    """Print a row for each size."""
    alone = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "snapshot.json"
        for wanted, target in TARGET_S.items():
            for work, given in ((write_snapshot, (file, wanted)), (measure, (file, wanted, target))):
                process = alone.Process(target=work, args=given)
                process.start()
                process.join()


if __name__ == "__main__":
    main()
