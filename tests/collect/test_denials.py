"""What denied a call is told from AWS's message, of which nothing else is kept."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from auditor.cli import main
from auditor.collect import ScanRequest, collect
from auditor.collect.denials import denied_by
from auditor.collect.failures import lost
from auditor.collect.halt import merged
from auditor.collect.operations import Tier
from auditor.collect.policies import GET_POLICY
from auditor.demo import DEMO_NOW, Fault, FaultKind, demo_session
from auditor.model import DeniedBy, Reason, Spending, Unavailable
from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.render import json_report
from auditor.snapshot import encode
from auditor.testing import healthy_account, healthy_function, healthy_region, inventory_of

WHO = "User: arn:aws:sts::1:assumed-role/audit/s3cret is not authorized to perform: lambda:GetPolicy"
ON = f"{WHO} on resource: arn:aws:lambda:eu-west-1:123456789012:function:s3cret"
# The clauses of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
CLAUSES = (
    ("because no identity-based policy allows the lambda:GetPolicy action", DeniedBy.NO_GRANT),
    ("with an explicit deny in an identity-based policy", DeniedBy.EXPLICIT_DENY),
    ("because no resource-based policy allows the lambda:GetPolicy action", DeniedBy.RESOURCE_POLICY),
    ("with an explicit deny in a resource-based policy", DeniedBy.RESOURCE_POLICY),
    ("because no service control policy allows the x action", DeniedBy.SERVICE_CONTROL_POLICY),
    ("with an explicit deny in a service control policy", DeniedBy.SERVICE_CONTROL_POLICY),
    (
        "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/s/p-1",
        DeniedBy.SERVICE_CONTROL_POLICY,
    ),
    ("with an explicit deny in a resource control policy", DeniedBy.RESOURCE_CONTROL_POLICY),
    ("because no permissions boundary allows the lambda:GetPolicy action", DeniedBy.PERMISSIONS_BOUNDARY),
    ("with an explicit deny in a permissions boundary", DeniedBy.PERMISSIONS_BOUNDARY),
    ("because no session policy allows the lambda:GetPolicy action", DeniedBy.SESSION_POLICY),
    ("with an explicit deny in a session policy", DeniedBy.SESSION_POLICY),
    ("because no VPC endpoint policy allows the lambda:GetPolicy action", DeniedBy.VPC_ENDPOINT_POLICY),
    ("with an explicit deny in a VPC endpoint policy", DeniedBy.VPC_ENDPOINT_POLICY),
    ("", None),
    ("with an explicit deny", None),
    ("because no policy of another kind allows the lambda:GetPolicy action", None),
)


@pytest.mark.parametrize(("clause", "cause"), CLAUSES, ids=[row[0] or "nothing said" for row in CLAUSES])
def test_the_clause_of_a_message_tells(clause: str, cause: DeniedBy | None) -> None:
    assert denied_by(f"{WHO} {clause}") is cause
    assert denied_by(f"{ON} {clause}") is cause


def test_a_name_that_reads_like_a_clause_tells_nothing() -> None:
    named = f"{WHO} on resource: arn:aws:cloudwatch:::alarm:because no session policy allows it"
    assert denied_by(f"{named} because no identity-based policy allows the x action") is DeniedBy.NO_GRANT


@given(st.text())
def test_any_other_text_tells_nothing_and_breaks_nothing(text: str) -> None:
    assert denied_by(text) is None


def error(message: str, code: str = "AccessDeniedException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetPolicy")


def test_the_reason_names_the_policy_and_nothing_of_the_message() -> None:
    found = lost(GET_POLICY, error(f"{ON} with an explicit deny in a service control policy: arn:s3cret")).why
    assert found.denied_by is DeniedBy.SERVICE_CONTROL_POLICY
    assert str(found) == "lambda:GetPolicy: denied by a service control policy (AccessDeniedException)"
    assert not found.is_grantable
    plain = lost(GET_POLICY, error(ON)).why
    assert (plain.denied_by, plain.note, plain.is_grantable) == (None, "access denied", True)


def test_what_is_no_denial_is_denied_by_nothing() -> None:
    throttled = error(f"{ON} with an explicit deny in a session policy", "ThrottlingException")
    found = lost(GET_POLICY, throttled).why
    assert (found.reason, found.denied_by) == (Reason.THROTTLED, None)


def spent(name: str, *denied_by: tuple[DeniedBy, int], denied: int = 2) -> Spending:
    return Spending(operation=name, requests=9, denied=denied, denied_by=denied_by)


SCP = DeniedBy.SERVICE_CONTROL_POLICY
SPENDING = (
    spent("lambda:GetPolicy"),
    spent("lambda:GetFunction", (DeniedBy.NO_GRANT, 2)),
    # Denied by an organisation's policy in one region, by the lack of a grant in another.
    spent("lambda:ListAliases", (DeniedBy.NO_GRANT, 1), (SCP, 1)),
    spent("ec2:DescribeRegions", (SCP, 2)),
    spent("logs:DescribeLogGroups", (DeniedBy.PERMISSIONS_BOUNDARY, 2)),
    spent("lambda:ListFunctions", denied=0),
)


@pytest.fixture(params=["snapshot", "report"])
def scanned(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    inventory = inventory_of(healthy_account())
    inventory = replace(inventory, scan=replace(inventory.scan, spending=SPENDING))
    file = tmp_path / "scanned.json"
    report = audit(inventory, load_rules(RuleFiles(), DEMO_NOW), DEMO_NOW)
    file.write_bytes(encode(inventory) if request.param == "snapshot" else json_report.render(report))
    return file


def test_missing_grants_are_printed_and_other_denials_named(scanned: Path) -> None:
    found = CliRunner().invoke(main, ["iam-policy", "--missing", str(scanned)])
    assert found.exit_code == 0
    (statement,) = json.loads(found.stdout)["Statement"]
    assert statement["Action"] == [
        "lambda:GetFunction",
        "lambda:GetPolicy",
        "lambda:ListAliases",
        "lambda:ListTags",
    ]
    organisation, boundary = sorted(found.stderr.splitlines(), reverse=True)
    assert "a service control policy, which no grant to the caller lifts" in organisation
    assert {"ec2:DescribeRegions", "lambda:ListAliases"} <= set(organisation.replace(",", "").split())
    assert "a permissions boundary" in boundary
    assert "logs:DescribeLogGroups" in boundary


def test_where_no_grant_would_lift_anything_there_is_no_policy(scanned: Path) -> None:
    data = json.loads(scanned.read_bytes())
    rows = data["scan"].get("operations") or data["scan"]["spending"]
    rows[:] = [row for row in rows if row["operation"] == "ec2:DescribeRegions"]
    scanned.write_text(json.dumps(data))
    found = CliRunner().invoke(main, ["iam-policy", "--missing", str(scanned)])
    assert (found.exit_code, found.stdout) == (0, "")
    assert "tells of no other operation that was denied" in found.stderr


def test_a_scan_counts_what_denied_its_calls() -> None:
    barred = Fault(operation="logs:DescribeLogGroups", kind=FaultKind.DENIED, by=SCP)
    request = ScanRequest(tier=Tier.QUICK, functions=("price-engine",), regions=("eu-west-1",))
    found = collect(request, session=demo_session(faults=(barred,), check=False), now=DEMO_NOW)
    (spending,) = [row for row in found.scan.spending if row.operation == "logs:DescribeLogGroups"]
    assert spending.denied_by == ((SCP, 1),)
    (region,) = found.accounts[0].regions
    assert str(region.log_groups) == (
        "logs:DescribeLogGroups: denied by a service control policy (AccessDeniedException)"
    )


def test_several_accounts_add_up_what_denied_them() -> None:
    (row,) = merged([(SPENDING[2],), (SPENDING[2],), (spent("lambda:ListAliases"),)])
    assert row.denied_by == ((DeniedBy.NO_GRANT, 2), (SCP, 2))
    assert row.denied == 6


def test_a_gap_that_no_grant_closes_asks_for_no_permission() -> None:
    barred = Unavailable(
        reason=Reason.ACCESS_DENIED,
        operation="lambda:GetPolicy",
        code="AccessDeniedException",
        note="denied by a service control policy",
        denied_by=SCP,
    )
    grantable = replace(barred, note="access denied", denied_by=None)
    functions = (healthy_function(policies=barred), healthy_function(arn="arn:other", policies=grantable))
    inventory = inventory_of(healthy_account(healthy_region(*functions)))
    report = audit(inventory, load_rules(RuleFiles(), DEMO_NOW), DEMO_NOW)
    gaps = {gap.note: gap.permission for gap in report.gaps if gap.operation == "lambda:GetPolicy"}
    assert gaps == {"denied by a service control policy": False, "access denied": True}
