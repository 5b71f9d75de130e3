"""Judging at scale: CPU and peak memory of every check on 1,000 and 10,000 functions, against the targets.

Run it as `python -m tests.bench.bench_evaluate`.
"""

import resource
import time

import msgspec

from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, demo_session
from auditor.evaluate import evaluate
from auditor.model import Function, Inventory, Region, Unavailable
from auditor.pipeline import RuleFiles, Rules, load_rules

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


def measured(inventory: Inventory, rules: Rules) -> tuple[float, int]:
    """Return CPU seconds and findings of one evaluation."""
    began = time.process_time()
    found = evaluate(inventory, rules.checks, rules.settings, rules.reference, rules.attestations)
    return time.process_time() - began, len(found.findings)


def main() -> None:
    """Print a row for each size."""
    request = ScanRequest(regions=("eu-west-1",), tier=Tier.DEEP)
    inventory = collect(request, session=demo_session(), now=DEMO_NOW)
    rules = load_rules(RuleFiles(), DEMO_NOW)
    print(f"{len(rules.checks)} checks")  # noqa: T201 - a benchmark prints
    for wanted, target in TARGET_S.items():
        seconds, findings = measured(scaled(inventory, wanted), rules)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        shares = f"{seconds / target:.2f} of the target, {1e6 * seconds / findings:.1f} us a finding"
        memory = f"peak {peak_mb:.0f} MB, {peak_mb / TARGET_MB:.2f} of the target"
        print(f"{wanted:>6,} functions: {findings:,} findings, {seconds:.2f} s CPU, {shares}; {memory}")  # noqa: T201


if __name__ == "__main__":
    main()
