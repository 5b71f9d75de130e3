"""The two demo accounts together show every check both ways: what it finds, and what it is content with."""

from collections import defaultdict

import pytest

from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, DEMO_REGIONS, demo_session
from auditor.model import Reason
from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.report import Report
from auditor.verdict import Status

FOUND = {Status.FAIL, Status.WARN}
# Checks that only a rule set, a setting, an option or a person switches on.
NOT_BY_DEFAULT = {
    "code-signing-absent",
    "log-group-not-under-own-key",
    "outside-vpc",
    "sensitive-variable-unencrypted",
    "tests-not-attested",
    "vulnerable-dependency",  # needs a vulnerability database
}
EXCELLENT = ("order-api", "invoice-worker", "order-events", "shipment-notifier")


@pytest.fixture(scope="module")
def reports() -> tuple[Report, ...]:
    rules = load_rules(RuleFiles(), DEMO_NOW)
    request = ScanRequest(regions=DEMO_REGIONS, tier=Tier.DEEP)
    return tuple(
        audit(collect(request, now=DEMO_NOW, session=demo_session(account=alias)), rules, DEMO_NOW)
        for alias in ("webshop-prod", "webshop-staging")
    )


def test_every_check_whose_evidence_is_collected_is_shown_both_ways(reports: tuple[Report, ...]) -> None:
    seen: dict[str, set[Status]] = defaultdict(set)
    unread: set[str] = set()
    for report in reports:
        for finding in report.findings:
            seen[finding.check].add(finding.status)
            if finding.reason is not None and finding.reason.reason is Reason.NOT_COLLECTED:
                unread.add(finding.check)
    one_way = {
        check for check, statuses in seen.items() if not (statuses & FOUND and Status.PASS in statuses)
    }
    assert one_way - NOT_BY_DEFAULT - unread == set()
    assert len(seen) - len(unread) > 100


@pytest.mark.parametrize("name", EXCELLENT)
def test_excellent_functions_pass_everything_that_applies(reports: tuple[Report, ...], name: str) -> None:
    troubles = [
        f"{finding.check}: {finding.message}"
        for finding in reports[0].findings
        if finding.function == name and finding.region == "eu-west-1" and finding.status in FOUND
    ]
    assert troubles == []
