"""Facts of the account itself: its alias, its organisation, its quotas."""

from collections.abc import Mapping
from typing import Any

from auditor.collect.answers import definite, listed
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Absent, Api
from auditor.collect.shapes import whole
from auditor.model import Organization, Unavailable

LIST_ALIASES = Operation(
    service="iam",
    name="ListAccountAliases",
    actions=("iam:ListAccountAliases",),
    tier=Tier.QUICK,
    is_global=True,
)
DESCRIBE_ORGANIZATION = Operation(
    service="organizations",
    name="DescribeOrganization",
    actions=("organizations:DescribeOrganization",),
    requires=("Organization", *each("Organization", "Id MasterAccountId")),
    absent=("AWSOrganizationsNotInUseException",),
    is_global=True,
)
LIST_ACCOUNTS = Operation(
    service="organizations",
    name="ListAccounts",
    actions=("organizations:ListAccounts",),
    requires=("Accounts", "Accounts[].Id"),
    is_global=True,
)
DEFAULT_QUOTA = Operation(
    service="service-quotas",
    name="GetAWSDefaultServiceQuota",
    actions=("servicequotas:GetAWSDefaultServiceQuota",),
    requires=("Quota", "Quota.Value"),
)
OPERATIONS = (LIST_ALIASES, DESCRIBE_ORGANIZATION, LIST_ACCOUNTS, DEFAULT_QUOTA)

# Concurrent executions: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
CONCURRENCY_QUOTA = "L-B99A9384"


def collect_alias(api: Api) -> str | Unavailable:
    """Alias of the account, "" where it has none."""
    aliases = listed(api.pages(LIST_ALIASES, api.regions[0], "AccountAliases"))
    return aliases if isinstance(aliases, Unavailable) else next(map(str, aliases), "")


def collect_organization(api: Api) -> Organization | None | Unavailable:
    """Organisation of the account, None where it is in none.

    Only the management account and delegated administrators may list the accounts; elsewhere that field is
    `Unavailable`.
    """
    answer = api.call(DESCRIBE_ORGANIZATION, api.regions[0])
    if not isinstance(answer, dict):
        return None if isinstance(answer, Absent) else answer
    row = answer["Organization"]
    rows = listed(api.pages(LIST_ACCOUNTS, api.regions[0], "Accounts"))
    return Organization(
        id=row["Id"],
        management_account=row["MasterAccountId"],
        accounts=rows if isinstance(rows, Unavailable) else tuple(_account(found) for found in rows),
    )


@whole(DEFAULT_QUOTA)
def collect_quota_default(api: Api, region: str, limit: int | Unavailable) -> bool | Unavailable:
    """Whether the account's concurrency limit in a region is no higher than AWS gives without being asked."""
    if isinstance(limit, Unavailable):
        return limit
    answer = definite(
        api.call(DEFAULT_QUOTA, region, ServiceCode="lambda", QuotaCode=CONCURRENCY_QUOTA), DEFAULT_QUOTA
    )
    return answer if isinstance(answer, Unavailable) else bool(limit <= answer["Quota"]["Value"])


def _account(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["Id"]), str(row.get("Name", ""))
