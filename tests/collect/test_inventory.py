"""A scan as a whole: what it selects, how it ends early, and several accounts in one."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from auditor.collect import CollectError, NamedAccount, ScanRequest, collect
from auditor.collect.account_file import AccountFileError, read_accounts
from auditor.collect.halt import Halt
from auditor.collect.operations import Tier
from auditor.collect.plan import plan
from auditor.collect.session import Api
from auditor.demo import DEMO_NOW, DEMO_SECRETS, Fault, FaultKind, demo_session
from auditor.model import Caller, Function, Inventory, Reason, Unavailable
from auditor.snapshot import decode, encode


def scan(request: ScanRequest, *faults: Fault, **options: Any) -> Inventory:
    return collect(request, session=demo_session(faults=faults, check=False), now=DEMO_NOW, **options)


def functions(inventory: Inventory) -> tuple[Function, ...]:
    (account,) = inventory.accounts
    found = [
        one
        for region in account.regions
        if not isinstance(region.functions, Unavailable)
        for one in region.functions
    ]
    return tuple(found)


@pytest.fixture(scope="module")
def whole() -> Inventory:
    return scan(ScanRequest(tier=Tier.DEEP))


def test_a_snapshot_holds_all_of_it(whole: Inventory) -> None:
    assert decode(encode(whole), "snapshot.json") == whole


def test_no_secret_reaches_the_inventory(whole: Inventory) -> None:
    text = encode(whole).decode()
    assert DEMO_SECRETS
    assert not [name for name in DEMO_SECRETS if name in text]


def test_progress_reaches_every_function(whole: Inventory) -> None:
    steps: list[tuple[str, int, int]] = []
    scan(ScanRequest(tier=Tier.QUICK), on_progress=lambda *step: steps.append(step))
    assert steps[0] == ("listing functions", 0, 0)
    assert steps[-1] == ("functions", len(functions(whole)), len(functions(whole)))


SELECTIONS: tuple[tuple[str, ScanRequest, Any], ...] = (
    ("name", ScanRequest(functions=("order-*",)), lambda one: one.name.startswith("order-")),
    (
        "excluded",
        ScanRequest(functions=("order-*",), excluded_functions=("*-api",)),
        lambda one: one.name.startswith("order-") and not one.name.endswith("-api"),
    ),
    (
        "tag",
        ScanRequest(tags=(("owner", "platform"), ("env", "prod"))),
        lambda one: one.tag("owner") == "platform" and one.tag("env") == "prod",
    ),
)


@pytest.mark.parametrize(("name", "request_", "is_meant"), SELECTIONS, ids=[row[0] for row in SELECTIONS])
def test_a_selection_is_made_before_the_dear_questions(
    whole: Inventory,
    name: str,
    request_: ScanRequest,
    is_meant: Any,
) -> None:
    inventory = scan(request_)
    expected = {one.arn for one in functions(whole) if is_meant(one)}
    assert {one.arn for one in functions(inventory)} == expected
    assert expected
    asked = {row.operation: row.requests for row in inventory.scan.spending}
    assert asked["lambda:GetPolicy"] <= 3 * len(expected)
    assert inventory.scan.filters
    assert name


def test_a_function_is_asked_for_its_tags_once() -> None:
    inventory = scan(ScanRequest(tags=(("owner", "platform"),)))
    sent = {row.operation: row.requests for row in inventory.scan.spending}
    listed = len(functions(scan(ScanRequest(tier=Tier.QUICK))))
    assert 0 < len(functions(inventory)) < listed
    assert sent["lambda:GetFunction"] == listed


def test_a_function_whose_tags_are_unread_is_not_left_out() -> None:
    denied = Fault(operation="lambda:GetFunction", kind=FaultKind.DENIED, when={"FunctionName": "order-api"})
    inventory = scan(ScanRequest(tags=(("owner", "nobody"),)), denied)
    assert [one.name for one in functions(inventory)] == ["order-api"]


def test_an_interrupt_keeps_what_was_seen() -> None:
    done: list[int] = []

    def press(stage: str, count: int, _: int) -> None:
        if stage == "functions":
            done.append(count)
        if count == 5:
            halt.stop("interrupted")

    halt = Halt()
    from auditor.collect.inventory import _collected  # noqa: PLC0415 - the part that an interrupt ends
    from auditor.collect.progress import Steps  # noqa: PLC0415

    (seen,) = _collected(ScanRequest(), demo_session(check=False), DEMO_NOW, Steps(press), halt)
    assert seen.account is not None
    (region,) = seen.account.regions
    assert isinstance(region.functions, tuple)
    read = [one for one in region.functions if not isinstance(one.policies, Unavailable)]
    assert 1 <= len(read) < len(region.functions)
    assert halt.stopped == "interrupted"
    late = next(one.policies for one in region.functions if isinstance(one.policies, Unavailable))
    assert late.note == "not asked: interrupted" or late.reason is Reason.ACCESS_DENIED


def test_a_deadline_ends_a_scan_early() -> None:
    inventory = scan(ScanRequest(), deadline=time.monotonic() - 1)
    assert inventory.scan.interrupted == "the time given to the scan was used up"
    (region,) = inventory.accounts[0].regions
    assert isinstance(region.functions, Unavailable)


def test_a_region_that_is_off_is_named_and_skipped() -> None:
    off = Fault(operation="lambda:*", kind=FaultKind.OPT_IN, region="eu-south-1")
    inventory = scan(ScanRequest(regions=("eu-west-1", "eu-south-1")), off)
    assert [region.name for region in inventory.accounts[0].regions] == ["eu-west-1"]
    ((name, why),) = inventory.scan.skipped_regions
    assert name == "eu-south-1"
    assert "not enabled" in why


def test_all_means_the_enabled_regions() -> None:
    inventory = scan(ScanRequest(tier=Tier.QUICK, regions=("all",)))
    assert len(inventory.accounts[0].regions) > 1


STARTS: tuple[tuple[str, ScanRequest, tuple[Fault, ...], str], ...] = (
    ("region", ScanRequest(regions=("eu-west-9",)), (), "eu-west-9"),
    (
        "credentials",
        ScanRequest(),
        (Fault(operation="sts:*", kind=FaultKind.EXPIRED),),
        "ExpiredToken",
    ),
    (
        "regions",
        ScanRequest(regions=("all",)),
        (Fault(operation="ec2:DescribeRegions", kind=FaultKind.DENIED),),
        "--region",
    ),
    (
        "organisation",
        ScanRequest(organization=True, account_role="audit"),
        (Fault(operation="organizations:ListAccounts", kind=FaultKind.DENIED),),
        "--accounts",
    ),
    (
        "organizational unit",
        ScanRequest(organization=True, units=("ou-ab12-11111111",), account_role="audit"),
        (Fault(operation="organizations:ListAccountsForParent", kind=FaultKind.DENIED),),
        "under ou-ab12-11111111 cannot be listed .*--accounts",
    ),
)


@pytest.mark.parametrize(("name", "request_", "faults", "word"), STARTS, ids=[row[0] for row in STARTS])
def test_what_keeps_a_scan_from_beginning_is_one_sentence(
    name: str, request_: ScanRequest, faults: tuple[Fault, ...], word: str
) -> None:
    with pytest.raises(CollectError, match=word) as caught:
        scan(request_, *faults)
    assert "\n" not in str(caught.value), name


@pytest.fixture
def organization() -> Iterator[tuple[boto3.Session, tuple[str, ...]]]:
    with mock_aws():
        session = boto3.Session(
            aws_access_key_id="AKIA" + "X" * 16, aws_secret_access_key="y" * 40, region_name="eu-west-1"
        )
        client = session.client("organizations")
        client.create_organization(FeatureSet="ALL")
        made = [
            client.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"][
                "AccountId"
            ]
            for name in ("shop", "data")
        ]
        yield session, tuple(made)


ORGANIZATION = ScanRequest(
    tier=Tier.QUICK, organization=True, account_role="audit", pace=1e6, regions=("eu-west-1",)
)


def test_an_organisation_is_one_report(organization: tuple[boto3.Session, tuple[str, ...]]) -> None:
    session, members = organization
    inventory = collect(ORGANIZATION, session=session, now=DEMO_NOW)
    assert {account.id for account in inventory.accounts} == {"123456789012", *members}
    assert not inventory.scan.failed_accounts
    assert inventory.scan.notes == ()
    skipping = msgspec.structs.replace(ORGANIZATION, skipped_accounts=members[:1])
    inventory = collect(skipping, session=session, now=DEMO_NOW)
    assert inventory.scan.notes == (f"Left out by --skip-account: {members[0]}",)
    assert {account.id for account in inventory.accounts} == {"123456789012", members[1]}
    whole = plan(ORGANIZATION, session)
    assert whole.regions == 3
    assert whole.requests > plan(skipping, session).requests


@pytest.fixture
def units(organization: tuple[boto3.Session, tuple[str, ...]]) -> tuple[str, ...]:
    """Put the first member two units deep, the second into a unit beside; return the three units."""
    session, members = organization
    client = session.client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]

    def unit(parent: str, name: str) -> str:
        made = client.create_organizational_unit(ParentId=parent, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    outer, beside = unit(root, "workloads"), unit(root, "sandbox")
    inner = unit(outer, "production")
    for member, parent in zip(members, (inner, beside), strict=True):
        client.move_account(AccountId=member, SourceParentId=root, DestinationParentId=parent)
    return outer, inner, beside


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((0,), {0}), ((1,), {0}), ((2,), {1}), ((0, 2), {0, 1}), ((1, 0, 1), {0})],
    ids=["the outer", "the inner", "beside", "two", "one in the other"],
)
def test_an_organizational_unit_is_scanned_with_those_in_it(
    organization: tuple[boto3.Session, tuple[str, ...]],
    units: tuple[str, ...],
    asked: tuple[int, ...],
    expected: set[int],
) -> None:
    session, members = organization
    request = msgspec.structs.replace(ORGANIZATION, units=tuple(units[number] for number in asked))
    inventory = collect(request, session=session, now=DEMO_NOW)
    assert sorted(account.id for account in inventory.accounts) == sorted(members[one] for one in expected)
    (note,) = inventory.scan.notes
    assert all(unit in note for unit in request.units)
    assert not inventory.scan.failed_accounts


def test_a_unit_that_is_not_there_is_one_sentence(
    organization: tuple[boto3.Session, tuple[str, ...]], units: tuple[str, ...]
) -> None:
    session, _ = organization
    request = msgspec.structs.replace(ORGANIZATION, units=(*units, "ou-ab12-11111111"))
    with pytest.raises(CollectError, match=r"the organisation has no unit ou-ab12-11111111; give --ou"):
        collect(request, session=session, now=DEMO_NOW)


def test_each_account_of_a_resumed_scan_keeps_its_own_answers(
    organization: tuple[boto3.Session, tuple[str, ...]], tmp_path: Path
) -> None:
    session, members = organization
    request = msgspec.structs.replace(ORGANIZATION, resume=str(tmp_path))
    first = collect(request, session=session, now=DEMO_NOW)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"answers-{account}.jsonl" for account in ("123456789012", *members)
    }
    assert collect(request, session=session, now=DEMO_NOW).accounts == first.accounts


def test_accounts_have_regions_of_their_own(organization: tuple[boto3.Session, tuple[str, ...]]) -> None:
    session, members = organization
    named = (
        NamedAccount(account=members[0], regions=("us-east-1", "eu-west-2")),
        NamedAccount(account=members[1], role_arn=f"arn:aws:iam::{members[1]}:role/other"),
    )
    request = msgspec.structs.replace(ORGANIZATION, organization=False, accounts=named)
    inventory = collect(request, session=session, now=DEMO_NOW)
    found = {account.id: account for account in inventory.accounts}
    assert [region.name for region in found[members[0]].regions] == ["us-east-1", "eu-west-2"]
    assert [region.name for region in found[members[1]].regions] == ["eu-west-1"]
    caller = found[members[1]].caller
    assert isinstance(caller, Caller)
    assert "assumed-role/other" in caller.arn


def refused(number: str) -> NamedAccount:
    return NamedAccount(account=number * 12, role_arn=f"arn:aws:iam::{number * 12}:role/audit")


OWN = NamedAccount(account="123456789012")
CLOSED = Fault(operation="sts:AssumeRole", kind=FaultKind.DENIED)


def test_an_account_that_cannot_be_entered_is_named() -> None:
    inventory = scan(ScanRequest(accounts=(refused("1"), OWN, refused("2"))), CLOSED)
    assert [name for name, _ in inventory.scan.failed_accounts] == ["1" * 12, "2" * 12]
    assert all("AccessDenied" in why for _, why in inventory.scan.failed_accounts)
    assert [account.id for account in inventory.accounts] == [OWN.account]
    assert not inventory.scan.interrupted


def test_where_no_account_can_be_entered_there_is_no_report() -> None:
    accounts = tuple(refused(number) for number in "1234")
    with pytest.raises(CollectError, match=r"none of 4 accounts could be entered: 1{12}: .*; and 1 more"):
        scan(ScanRequest(accounts=accounts), CLOSED)
    with pytest.raises(CollectError, match="--skip-account"):
        scan(ScanRequest(accounts=accounts[:1], skipped_accounts=("1" * 12,)), CLOSED)


def test_credentials_of_one_account_that_expire_are_named_with_it() -> None:
    halt = Halt()
    for account in ("1" * 12, "2" * 12):
        api = Api(session=demo_session(), account=account)
        with halt.watching(api):
            if account.startswith("2"):
                api.stop("the credentials expired during the scan")
    assert halt.stopped == f"the credentials expired during the scan (account {'2' * 12})"


def test_a_file_of_accounts(tmp_path: Path) -> None:
    file = tmp_path / "accounts.txt"
    role = "arn:aws:iam::111111111111:role/audit"
    file.write_text(
        f"\ufeff# production\n{role} external-id=shared/1 regions=eu-west-1,us-gov-west-1\n\n"
        "222222222222  # by number\n333333333333 regions=all\n"
    )
    assert read_accounts(file) == (
        NamedAccount(
            account="1" * 12,
            role_arn=role,
            external_id="shared/1",
            regions=("eu-west-1", "us-gov-west-1"),
        ),
        NamedAccount(account="2" * 12),
        NamedAccount(account="3" * 12, regions=("all",)),
    )


UNUSABLE = (
    # bytes of the file, what the sentence names
    (b"", "names no account"),
    (b"# nothing\n\n", "names no account"),
    (b"\xff\xfe", "UTF-8"),
    (b"not-a-role s3cret", "line 1"),
    (b"\n12345678901", "line 2"),
    (b"arn:aws:iam::1:role/x", "line 1"),
    (b"111111111111 s3cret", "external-id="),
    (b"111111111111 external-id=a b", "external-id="),
    (b"111111111111 external-id=s3cret external-id=s3cret", "each once"),
    (b"111111111111 external-id=s3cret;", "2 to 1,224"),
    (b"111111111111 regions=", "eu-west-1"),
    (b"111111111111 regions=Ireland", "eu-west-1"),
    (b"111111111111\n222222222222\n111111111111 regions=all", "line 3 .* as line 1"),
)


@pytest.mark.parametrize(("data", "word"), UNUSABLE, ids=[repr(row[0]) for row in UNUSABLE])
def test_a_file_of_anything_else_is_refused_without_quoting_it(
    tmp_path: Path, data: bytes, word: str
) -> None:
    file = tmp_path / "accounts.txt"
    file.write_bytes(data)
    with pytest.raises(AccountFileError, match=word) as caught:
        read_accounts(file)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


WRITTEN = """\
# production
- role_arn: arn:aws:iam::111111111111:role/audit
  external_id: 0123
  regions: &europe [eu-west-1, eu-central-1]
- account: 022222220222   # all octal digits
  regions: all
- {account: "333333333333", regions: *europe}
"""


def test_a_file_of_accounts_in_yaml_is_taken_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(WRITTEN)
    europe = ("eu-west-1", "eu-central-1")
    assert read_accounts(file) == (
        NamedAccount(
            account="1" * 12,
            role_arn="arn:aws:iam::111111111111:role/audit",
            external_id="0123",
            regions=europe,
        ),
        NamedAccount(account="022222220222", regions=("all",)),
        NamedAccount(account="3" * 12, regions=europe),
    )


ROLE = "arn:aws:iam::111111111111:role/audit"
UNUSABLE_YAML = (
    # text of the file, what the sentence names
    ("", "names no account"),
    ("[]", "names no account"),
    ("s3cret", "no list in YAML"),
    ("account: 111111111111", "no list in YAML"),
    ("- [s3cret", "line"),
    ("- account: 111111111111\n\texternal_id: s3cret", "line 2"),
    ("- &a [*a]", "line 1"),
    ("- account: 111111111111\n  s3cret: [", "line 3"),
    ("- {[s3cret]: x}", "line 1"),
    ("[" * 100, "more than 50 deep"),
    ("- s3cret", "entry 1 .*no mapping"),
    ("- {}", "entry 1"),
    ("- account: 111111111111\n- account: 12", "entry 2 .*12 digits"),
    (f"- {{account: 111111111111, role_arn: '{ROLE}'}}", "one of the two"),
    (f"- account: {ROLE}", "12 digits"),
    ("- role_arn: 111111111111", "12 digits"),
    ("- {account: 111111111111, external-id: s3cret}", "external_id and regions"),
    ("- {account: 111111111111, s3cret: x}", "external_id and regions"),
    ("- {account: 111111111111, external_id: s3cret, external_id: s3cret}", "line 1"),
    ("- {account: 111111111111, external_id: s3cret;}", "2 to 1,224"),
    ("- {account: 111111111111, external_id: [s3cret]}", "2 to 1,224"),
    ("- {account: 111111111111, external_id: }", "2 to 1,224"),
    ("- {account: 111111111111, regions: Ireland}", "eu-west-1"),
    ("- {account: 111111111111, regions: []}", "eu-west-1"),
    ("- {account: 111111111111, regions: [[eu-west-1]]}", "eu-west-1"),
    (f"- account: 111111111111\n- role_arn: {ROLE}", "entry 2 .* as entry 1"),
    ("--- []\n--- []", "line"),
    ("- !!python/object/apply:os.system [s3cret]", "no mapping"),
)


@pytest.mark.parametrize(("text", "word"), UNUSABLE_YAML, ids=[repr(row[0][:40]) for row in UNUSABLE_YAML])
def test_yaml_of_anything_else_is_refused_without_quoting_it(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "accounts.yml"
    file.write_text(text)
    with pytest.raises(AccountFileError, match=word) as caught:
        read_accounts(file)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "- {account: NUMBER" in str(caught.value) or "again" in str(caught.value)


def test_reasons_are_grouped_by_tier(whole: Inventory) -> None:
    quick = scan(ScanRequest(tier=Tier.QUICK))
    (first, *_) = functions(quick)
    assert isinstance(first.policies, Unavailable)
    assert first.policies.reason is Reason.NOT_COLLECTED
    assert len(functions(quick)) == len(functions(whole))
    assert msgspec.structs.asdict(quick.scan)["tier"] == "quick"
