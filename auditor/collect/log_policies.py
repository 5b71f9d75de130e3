"""Account-level policies of CloudWatch Logs: where the lines of all log groups go, and what is masked."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.collect.answers import listed
from auditor.collect.operations import Operation, each
from auditor.collect.session import Api
from auditor.collect.shapes import word
from auditor.model import LogForwarding, Reason, Unavailable

# Each type of policy needs the action of its log group's own kind beside it:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeAccountPolicies.html
DESCRIBE_ACCOUNT_POLICIES = Operation(
    service="logs",
    name="DescribeAccountPolicies",
    actions=(
        "logs:DescribeAccountPolicies",
        "logs:DescribeSubscriptionFilters",
        "logs:GetDataProtectionPolicy",
    ),
    requires=("accountPolicies", *each("accountPolicies[]", "policyName policyType policyDocument")),
    absent=("ResourceNotFoundException",),
)
OPERATIONS = (DESCRIBE_ACCOUNT_POLICIES,)

FORWARDING, MASKING = "SUBSCRIPTION_FILTER_POLICY", "DATA_PROTECTION_POLICY"
EVERYWHERE = "ALL"
# The one criterion that a subscription filter may have, with whole names of log groups:
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
ALL_BUT = re.compile(r"\s*LogGroupName\s+NOT\s+IN\s*(\[.*\])\s*", re.DOTALL)
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
GROUP_NAME = re.compile(r"[\w./#-]+", re.ASCII)

Json = Mapping[str, Any]


def collect_log_forwarding(api: Api, region: str) -> tuple[LogForwarding, ...] | Unavailable:
    """Read the account-level subscription filters of a region, of which AWS allows one."""
    rows = _policies(api, region, FORWARDING)
    return rows if isinstance(rows, Unavailable) else tuple(_forwarding(row) for row in rows)


def collect_log_masking(api: Api, region: str) -> tuple[str, ...] | Unavailable:
    """Read the kinds of data that a policy of the account masks in all log groups of a region."""
    rows = _policies(api, region, MASKING)
    if isinstance(rows, Unavailable):
        return rows
    return tuple(sorted({kind for row in rows for kind in _masked(json.loads(row["policyDocument"]))}))


def _policies(api: Api, region: str, kind: str) -> list[Json] | Unavailable:
    rows = listed(api.pages(DESCRIBE_ACCOUNT_POLICIES, region, "accountPolicies", policyType=kind))
    if isinstance(rows, Unavailable):
        return rows
    for row in rows:
        word(row.get("policyType"), kind)
        word(row.get("scope", EVERYWHERE), EVERYWHERE)
    return rows


def _forwarding(row: Json) -> LogForwarding:
    document = json.loads(row["policyDocument"])
    return LogForwarding(
        name=row["policyName"],
        destination_arn=document["DestinationArn"],
        filtered=bool(document.get("FilterPattern", "").strip()),
        excluded=_excluded(row.get("selectionCriteria", "")),
    )


def _excluded(criteria: str) -> tuple[str, ...] | Unavailable:
    """Names of the log groups that a criterion leaves out; what is no such list of names is not guessed."""
    if not criteria.strip():
        return ()
    found = ALL_BUT.fullmatch(criteria)
    try:
        names = json.loads(found.group(1)) if found else None
    except ValueError:
        names = None
    if isinstance(names, list) and all(isinstance(one, str) and GROUP_NAME.fullmatch(one) for one in names):
        return tuple(names)
    return Unavailable(
        reason=Reason.MALFORMED_RESPONSE,
        operation=DESCRIBE_ACCOUNT_POLICIES.label,
        note="the selection criteria of an account-level subscription filter could not be read",
    )


def _masked(document: Json) -> Iterator[str]:
    """Names of the data identifiers whose values a policy replaces; what it only reports stays readable."""
    for statement in document["Statement"]:
        if "Deidentify" in statement["Operation"]:
            yield from (str(one).rsplit("/", 1)[-1] for one in statement["DataIdentifier"])
