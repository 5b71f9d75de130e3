"""The two demo accounts together show every check both ways: what it finds, and what it is content with."""

from collections import defaultdict

import pytest

from auditor.collect import ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.demo import DEMO_NOW, DEMO_REGIONS, demo_session
from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.report import Report
from auditor.verdict import Status

FOUND = {Status.FAIL, Status.WARN}
# Checks that the demo cannot show both ways, and what they wait for.
NOT_BY_DEFAULT = {
    "code-signing-absent": "fails only where the settings require code signing",
    "log-group-not-under-own-key": "judges only where the settings require own keys",
    "outside-vpc": "fails only where the settings require a VPC",
    "sensitive-variable-unencrypted": "judges only the variables that the settings name",
    "tests-not-attested": "judges only what a person attests",
    "vulnerable-dependency": "finds only what a vulnerability database says, and the demo brings none",
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


def test_every_check_is_shown_both_ways(reports: tuple[Report, ...]) -> None:
    seen: dict[str, set[Status]] = defaultdict(set)
    for report in reports:
        for finding in report.findings:
            seen[finding.check].add(finding.status)
    checks = {check.id for check in load_rules(RuleFiles(), DEMO_NOW).checks}
    one_way = {check for check in checks if not (seen[check] & FOUND and Status.PASS in seen[check])}
    assert one_way == NOT_BY_DEFAULT.keys()


@pytest.mark.parametrize("name", EXCELLENT)
def test_excellent_functions_pass_everything_that_applies(reports: tuple[Report, ...], name: str) -> None:
    troubles = [
        f"{finding.check}: {finding.message}"
        for finding in reports[0].findings
        if finding.function == name and finding.region == "eu-west-1" and finding.status in FOUND
    ]
    assert troubles == []
