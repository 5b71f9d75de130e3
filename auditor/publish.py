"""Findings into Security Hub: the one thing that writes to AWS, and only when it is asked to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from auditor.collect.guard import guard
from auditor.render.asff import GENERATOR, batches, findings
from auditor.report import Report

# All that a push may ask of AWS; the guard refuses the rest, as in a scan.
IDENTITY = ("sts", "GetCallerIdentity")
KNOWN = ("securityhub", "GetFindings")
IMPORT = ("securityhub", "BatchImportFindings")
PAGE = 100
# Where STS is asked if no region is set.
ANY_REGION = "us-east-1"
# BatchImportFindings takes 10 requests a second, bursts of 30; the SDK waits and tries again beyond them.
# https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
RETRIES = Config(retries={"mode": "adaptive", "total_max_attempts": 10})
# What an import may not hold, or may not change: Security Hub and its users own it (the same page).
NOT_OURS = frozenset({"ProcessedAt", "Workflow", "WorkflowState", "Note", "UserDefinedFields", "Sample"})

Found = dict[str, Any]


class PublishError(Exception):
    """Findings that cannot be published; the text is one sentence with the remedy."""


@dataclass(frozen=True)
class Sent:
    """What became of one region's findings: how many Security Hub took, archived and refused.

    `why` is the first refusal in words, "" without one.
    """

    region: str
    imported: int = 0
    archived: int = 0
    refused: int = 0
    why: str = ""


@dataclass(frozen=True)
class Caller:
    """Whose credentials a push has: a guarded session, and the account that it belongs to."""

    session: boto3.Session
    account: str
    endpoint_url: str = ""


def open_caller(profile: str = "", endpoint_url: str = "") -> Caller:
    """Return the caller of a profile, or of the default credentials. Raises `PublishError` without any."""
    try:
        session = boto3.Session(profile_name=profile or None)
        guard(session, {IDENTITY, KNOWN, IMPORT})
        sts = session.client(
            "sts", region_name=session.region_name or ANY_REGION, endpoint_url=endpoint_url or None
        )
        account = sts.get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        raise PublishError(f"{_words(error)}; set a profile with --profile, or the AWS_* variables") from None
    return Caller(session=session, account=account, endpoint_url=endpoint_url)


def publish(report: Report, caller: Caller, *, passes: bool = False) -> Iterator[Sent]:
    """Send the findings of the caller's account to Security Hub, region by region.

    What failed, warned or is unknown is sent, and what passed where Security Hub has it already, so that it
    is resolved there; with `passes`, all that passed. A finding that Security Hub has of an earlier push and
    the report has no more (its function is gone) is archived, but only by a whole scan that asked its check:
    what was not looked for is not gone.
    """
    places: dict[str, list[Found]] = {}
    for one in findings(report):
        if one["AwsAccountId"] == caller.account:
            places.setdefault(str(one["Region"]), []).append(one)
    for region, found in sorted(places.items()):
        hub: Any = caller.session.client(
            "securityhub", region_name=region, endpoint_url=caller.endpoint_url or None, config=RETRIES
        )
        try:
            known = {one["Id"]: one for one in _known(hub, caller.account)}
            gone = _gone(known, found, _looked_for(report))
            yield _sent(hub, region, _wanted(found, known, passes=passes), gone)
        except (ClientError, BotoCoreError) as error:
            yield Sent(region=region, refused=len(found), why=_words(error))


def _wanted(found: list[Found], known: Mapping[str, Found], *, passes: bool) -> list[Found]:
    """Findings to send, each with the time at which Security Hub first had it."""
    return [
        {**one, "CreatedAt": known[one["Id"]]["CreatedAt"]} if one["Id"] in known else one
        for one in found
        if passes or one["Id"] in known or one["Compliance"]["Status"] != "PASSED"
    ]


def _gone(known: Mapping[str, Found], found: list[Found], looked_for: frozenset[str]) -> list[Found]:
    """What Security Hub has and was looked for in vain, ready to be archived."""
    there = {one["Id"] for one in found}
    return [
        _archived(one, found[0]["UpdatedAt"])
        for name, one in known.items()
        if name not in there and one["GeneratorId"] in looked_for
    ]


def _sent(hub: Any, region: str, wanted: list[Found], gone: list[Found]) -> Sent:  # noqa: ANN401 - boto3's clients have no common type
    refused, why = 0, ""
    for batch in batches([*wanted, *gone]):
        answer = hub.batch_import_findings(Findings=batch)
        refused += answer["FailedCount"]
        if not why and answer.get("FailedFindings"):
            first = answer["FailedFindings"][0]
            why = f"{first['Id']}: {first['ErrorCode']}, {first['ErrorMessage']}"
    return Sent(
        region=region,
        imported=len(wanted) + len(gone) - refused,
        archived=len(gone),
        refused=refused,
        why=why,
    )


def _looked_for(report: Report) -> frozenset[str]:
    """Generators whose findings a report has all of: none of a scan that was cut short or narrowed."""
    if not report.scan.complete or report.scan.filters:
        return frozenset()
    return frozenset(f"{GENERATOR}{finding.check}" for finding in report.findings)


def _known(hub: Any, account: str) -> Iterator[Found]:  # noqa: ANN401 - as above
    """Yield what Security Hub has of earlier pushes and has not archived."""
    wanted = {
        "GeneratorId": [{"Value": GENERATOR, "Comparison": "PREFIX"}],
        "AwsAccountId": [{"Value": account, "Comparison": "EQUALS"}],
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
    }
    pages = hub.get_paginator("get_findings").paginate(Filters=wanted, PaginationConfig={"PageSize": PAGE})
    for page in pages:
        yield from (one for one in page["Findings"] if one["GeneratorId"].startswith(GENERATOR))


def _archived(one: Mapping[str, Any], at: str) -> Found:
    kept = {name: value for name, value in one.items() if name not in NOT_OURS}
    return {**kept, "RecordState": "ARCHIVED", "UpdatedAt": at}


def _words(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        return f"{error.operation_name} was refused ({told.get('Code', 'without a code')})"
    return str(error).rstrip(".")
