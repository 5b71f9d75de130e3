"""Scans of the demo account with faults, and what they may change."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import msgspec
from botocore.loaders import Loader, create_loader

from auditor.collect import ScanRequest
from auditor.collect.inventory import collect_account
from auditor.collect.operations import Tier, declared
from auditor.collect.progress import Steps
from auditor.collect.request import open_account
from auditor.demo import DEMO_NOW, Fault, demo_session
from auditor.demo.paging import SMALL_PAGE
from auditor.evaluate import evaluate
from auditor.model import Account, Identity, Inventory, Policy, Scan, Unavailable
from auditor.pipeline import RuleFiles, Rules, load_rules
from auditor.verdict import Finding, Status
from tests.canaries import leaks

# Functions of the demo account whose scan sends every operation that a scan of all of them sends.
FUNCTIONS = (
    "sales-dashboard",
    "sales-export",
    "fraud-rules",
    "price-engine",
    "legacy-soap-bridge",
    "log-shipper",
)
REQUEST = ScanRequest(tier=Tier.DEEP, functions=FUNCTIONS)
# What identifies a row, in the order of preference.
NAMES = ("arn", "uuid", "id", "name", "qualifier", "version", "update_on", "key", "day", "index")
# Looked up by the ARNs that other evidence names: where that is missing, there is nothing to look up.
LOOKED_UP = frozenset(
    {
        "queues",
        "unread_queues",
        "topics",
        "unread_topics",
        "streams",
        "unread_streams",
        "layers",
        "roles",
        "subnets",
        "security_groups",
        "route_tables",
        "endpoints",
        "sampling_rules",
        "workflow_tasks",
    }
)

LISTING = "lambda:ListFunctions"
# Declared, and not sent for the sample: asked of emulators, of other accounts, or where a bulk call fails.
NOT_SENT = {
    "budgets:DescribeNotificationsForBudget",
    "ce:GetCostAndUsage",
    "ec2:DescribeRegions",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "lambda:ListDurableExecutionsByFunction",
    "lambda:ListVersionsByFunction",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
}
OPERATIONS = sorted({f"{one.service}:{one.name}" for one in declared()} - NOT_SENT)

Difference = tuple[str, object, object]


class Scanned(NamedTuple):
    """An account as a scan with faults saw it, why it ended early, and how long it would have waited."""

    account: Account
    stopped: str
    waited_s: float
    calls: frozenset[str]


@cache
def loader() -> Loader:
    return create_loader()


def scan(*faults: Fault, page_rows: int = SMALL_PAGE) -> Scanned:
    session = demo_session(faults=faults, check=False, page_rows=page_rows)
    # Service models are read once for all scans.
    session._session.register_component("data_loader", loader())  # noqa: SLF001 - boto3 hides its session
    waits: list[float] = []
    api, caller = open_account(REQUEST, session, pause=waits.append)
    account = collect_account(api, caller, REQUEST, DEMO_NOW, Steps(None)).account
    assert account is not None
    assert leaks(msgspec.json.encode(account)) == []
    return Scanned(account, api.stopped, sum(waits), frozenset(session.calls))


@cache
def clean() -> Scanned:
    return scan()


@cache
def rules() -> Rules:
    return load_rules(RuleFiles(), DEMO_NOW)


def differences(before: object, after: object, path: str = "") -> Iterator[Difference]:
    """Yield each place where evidence changed other than into its reason."""
    # Where the volume of a log is not known, its sample is smaller.
    if isinstance(after, Unavailable) or path.endswith(".report_lines"):
        return
    if isinstance(before, msgspec.Struct) and type(before) is type(after):
        for name in before.__struct_fields__:
            yield from differences(getattr(before, name), getattr(after, name), f"{path}.{name}")
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _rows(before, after, path)
    elif before != after:
        yield path, before, after


def _rows(before: tuple[Any, ...], after: tuple[Any, ...], path: str) -> Iterator[Difference]:
    named, seen = _by_name(before), _by_name(after)
    for name in sorted(named.keys() | seen.keys()):
        if name in named and name in seen:
            yield from differences(named[name], seen[name], f"{path}[{name}]")
        elif name in seen and _is_reason(seen[name]):
            continue
        elif name in seen or path.rsplit(".", 1)[-1] not in LOOKED_UP:
            yield f"{path}[{name}]", named.get(name, "no row"), seen.get(name, "no row")


def doubled(found: object, path: str = "") -> Iterator[str]:
    """Yield each record that stands twice in a list, by what names it."""
    if isinstance(found, msgspec.Struct):
        for name in found.__struct_fields__:
            yield from doubled(getattr(found, name), f"{path}.{name}")
    elif isinstance(found, tuple):
        records = [row for row in found if isinstance(row, msgspec.Struct)]
        once: set[object] = set()
        for row in records:
            if row in once:
                yield f"{path}[{_name(row)}]"
            once.add(row)
            yield from doubled(row, f"{path}[{_name(row)}]")


def _is_reason(row: object) -> bool:
    if isinstance(row, Policy):
        return isinstance(row.statements, Unavailable)
    if isinstance(row, Identity):
        return any(_is_reason(policy) for policy in row.policies)
    return isinstance(row, tuple) and isinstance(row[-1], Unavailable)


def _by_name(rows: tuple[Any, ...]) -> dict[str, Any]:
    return {_name(row) or f"#{index}": row for index, row in enumerate(rows)}


def _name(row: object) -> str:
    if isinstance(row, msgspec.Struct):
        return next((str(getattr(row, name)) for name in NAMES if hasattr(row, name)), "")
    return str(row[0]) if isinstance(row, tuple) and row else ""


def judged(account: Account) -> dict[tuple[str, str], Finding]:
    """Judge an account with every check, by check and resource."""
    when = datetime(2026, 11, 23, tzinfo=UTC)
    inventory = Inventory(
        scan=Scan(id="", tool_version="", started_at=when, ended_at=when), accounts=(account,)
    )
    evaluation = evaluate(
        inventory, rules().checks, rules().settings, rules().reference, rules().attestations
    )
    assert not evaluation.bugs
    return {(found.check, found.resource): found for found in evaluation.findings}


def verdicts(account: Account) -> dict[tuple[str, str], Status]:
    """Return what the checks say of an account, without the words."""
    return {key: found.status for key, found in judged(account).items()}


@cache
def clean_verdicts() -> dict[tuple[str, str], Status]:
    return verdicts(clean().account)


def changed_verdicts(account: Account) -> list[str]:
    """Return the verdicts that moved other than to UNKNOWN, and the rows that vanished."""
    before, after = clean_verdicts(), verdicts(account)
    return [
        f"{check} on {resource}: {before.get((check, resource))} became {after.get((check, resource))}"
        for check, resource in sorted(before.keys() | after.keys())
        if after.get((check, resource)) not in {Status.UNKNOWN, before.get((check, resource))}
    ]


def harmless(found: Scanned) -> None:
    """Hold that faults cost evidence and nothing else."""
    assert not list(differences(clean().account, found.account))
    assert not changed_verdicts(found.account)
    assert not found.stopped
