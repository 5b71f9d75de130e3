"""Answers that lost a field which AWS always sends, or carry a word that nobody knows yet."""

import pytest

from auditor.demo import Fault, FaultKind
from auditor.model import Reason, Unavailable
from tests.faults.fault_scans import LISTING, changed_verdicts, clean, harmless, scan, verdicts

OF_A_FUNCTION = (
    "FunctionName",
    "FunctionArn",
    "Role",
    "Timeout",
    "MemorySize",
    "CodeSize",
    "CodeSha256",
    "Version",
    "PackageType",
    "Architectures",
    "LastModified",
    "Runtime",
    "Handler",
)


@pytest.mark.parametrize("field", OF_A_FUNCTION)
def test_a_function_without_it_makes_the_listing_unread(field: str) -> None:
    found = scan(Fault(operation=LISTING, kind=FaultKind.MISSING_FIELD, field=field))
    (region,) = found.account.regions
    assert isinstance(region.functions, Unavailable)
    assert region.functions.reason is Reason.MALFORMED_RESPONSE
    assert region.functions.note == f"the answer lacks {field}"


@pytest.mark.parametrize("field", ["TracingConfig", "LoggingConfig", "Variables", "LogFormat", "Mode"])
def test_a_function_without_it_keeps_the_rest(field: str) -> None:
    harmless(scan(Fault(operation=LISTING, kind=FaultKind.MISSING_FIELD, field=field)))


# One field of each operation at a time.
ROUNDS = (
    {
        "lambda:ListEventSourceMappings": "FunctionArn",
        "lambda:ListAliases": "FunctionVersion",
        "lambda:GetFunction": "State",
        "lambda:GetAccountSettings": "ConcurrentExecutions",
    },
    {
        "lambda:ListEventSourceMappings": "UUID",
        "lambda:ListProvisionedConcurrencyConfigs": "AllocatedProvisionedConcurrentExecutions",
        "lambda:GetPolicy": "Policy",
        "lambda:ListCodeSigningConfigs": "CodeSigningPolicies",
    },
    {
        "lambda:ListEventSourceMappings": "State",
        "lambda:ListFunctionUrlConfigs": "AuthType",
        "lambda:GetFunction": "Configuration",
        "lambda:GetRuntimeManagementConfig": "UpdateRuntimeOn",
        "lambda:ListFunctionEventInvokeConfigs": "FunctionArn",
    },
    {
        "lambda:ListProvisionedConcurrencyConfigs": "FunctionArn",
        "lambda:ListFunctionUrlConfigs": "FunctionArn",
        "lambda:GetFunctionRecursionConfig": "RecursiveLoop",
        "lambda:ListLayerVersions": "Version",
        "application-autoscaling:DescribeScalableTargets": "ResourceId",
    },
)


@pytest.mark.parametrize("fields", ROUNDS, ids=lambda fields: "-".join(fields.values()))
def test_a_missing_field_is_missing_evidence(fields: dict[str, str]) -> None:
    harmless(
        scan(
            *(
                Fault(operation=operation, kind=FaultKind.MISSING_FIELD, field=field)
                for operation, field in fields.items()
            )
        )
    )


WORDS = {
    "lambda:ListFunctions": ("Runtime", "PackageType", "Mode", "LogFormat", "ApplyOn"),
    "lambda:GetFunction": ("State", "LastUpdateStatus"),
    "lambda:ListEventSourceMappings": ("State", "StartingPosition"),
    "lambda:ListFunctionUrlConfigs": ("AuthType", "InvokeMode"),
    "lambda:GetFunctionRecursionConfig": ("RecursiveLoop",),
    "cloudwatch:DescribeAlarms": ("StateValue", "ComparisonOperator"),
}


@pytest.mark.parametrize("operation", WORDS)
def test_an_unknown_word_ends_nothing_and_passes_nothing_that_failed(operation: str) -> None:
    found = scan(
        *(
            Fault(operation=operation, kind=FaultKind.UNKNOWN_ENUM, field=field)
            for field in WORDS[operation][:1]
        )
    )
    (region,) = found.account.regions
    assert isinstance(region.functions, tuple)
    assert len(region.functions) == len(clean().account.regions[0].functions)  # type: ignore[arg-type]
    assert verdicts(found.account)


def test_a_missing_listing_is_noticed_by_the_oracle_itself() -> None:
    found = scan(Fault(operation=LISTING, kind=FaultKind.DENIED))
    assert changed_verdicts(found.account)
