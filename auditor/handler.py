"""The scheduled run: the same pipeline inside Lambda, with its files in S3 and a compact answer."""

import json
import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import boto3

from auditor.collect import CollectError, ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.gate import INCOMPLETE, exit_code, parse_gate
from auditor.model import Inventory
from auditor.pipeline import RuleFiles, audit, load_rules
from auditor.render import render
from auditor.report import Report
from auditor.snapshot import encode

FORMATS = ("html", "json", "csv", "sarif")
# Time kept for judging, rendering and writing.
RESERVE_S = 90.0

log = logging.getLogger("auditor")


class Context(Protocol):
    """What the runtime tells of an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the timeout."""


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Scan, judge, write to S3 and answer with the score.

    The environment names REPORT_BUCKET, REPORT_PREFIX, SCAN_REGIONS (commas), SCAN_TIER, FAIL_ON and, for
    emulators,
    AWS_ENDPOINT_URL. The answer holds `status` (`complete` or `incomplete`), `exit_code` as the command
    line has it,
    `score`, `possible`, `coverage`, `grade`, `counts`, `functions` and `files`. A scan that cannot be done
    at all raises
    `ScanFailedError`, so that the run counts as failed.
    """
    now = datetime.now(UTC)
    settings = _settings(os.environ)
    _log(
        "scan started",
        run=context.aws_request_id,
        source=str(event.get("source", "manual")),
        tier=settings.tier.value,
    )
    inventory = _collect(settings, now, context)
    report = audit(inventory, load_rules(RuleFiles(), now), now)
    files = _write(report, inventory, settings, now, context.aws_request_id)
    code = exit_code(report, parse_gate(settings.fail_on, None, None))
    answer = {
        "status": "incomplete" if code == INCOMPLETE else "complete",
        "exit_code": code,
        "score": report.score,
        "possible": report.possible,
        "coverage": report.coverage,
        "grade": report.grade,
        "functions": len(report.functions),
        "counts": {
            "failed": report.counts.failed,
            "warned": report.counts.warned,
            "unknown": report.counts.unknown,
            "passed": report.counts.passed,
        },
        "files": files,
    }
    _log(
        "scan finished",
        run=context.aws_request_id,
        **{key: answer[key] for key in ("status", "score", "coverage")},
    )
    return answer


class ScanFailedError(Exception):
    """A scan that could not be done; the text is free of secret values."""


class _Settings:
    def __init__(self, bucket: str, prefix: str, regions: tuple[str, ...], tier: Tier, fail_on: str) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.regions = regions
        self.tier = tier
        self.fail_on = fail_on


def _settings(environment: Mapping[str, str]) -> _Settings:
    bucket = environment.get("REPORT_BUCKET", "")
    if not bucket:
        raise ScanFailedError("REPORT_BUCKET is not set: name the bucket that the reports go to")
    regions = tuple(part.strip() for part in environment.get("SCAN_REGIONS", "").split(",") if part.strip())
    try:
        tier = Tier(environment.get("SCAN_TIER", "standard"))
    except ValueError as error:
        raise ScanFailedError(f"SCAN_TIER is not one of {', '.join(tier.value for tier in Tier)}") from error
    return _Settings(
        bucket=bucket,
        prefix=environment.get("REPORT_PREFIX", "runs").strip("/"),
        regions=regions,
        tier=tier,
        fail_on=environment.get("FAIL_ON", "high"),
    )


def _collect(settings: _Settings, now: datetime, context: Context) -> Inventory:
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    request = ScanRequest(
        regions=settings.regions,
        tier=settings.tier,
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL", ""),
    )
    try:
        return collect(request, now=now, deadline=deadline)
    except CollectError as error:
        _log("scan failed", run=context.aws_request_id, cause=str(error))
        raise ScanFailedError(str(error)) from None


def _write(report: Report, inventory: Inventory, settings: _Settings, now: datetime, run: str) -> list[str]:
    s3 = boto3.client("s3", endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None)
    folder = f"{settings.prefix}/{now:%Y/%m/%d}/{run}"
    files = {"snapshot.json": encode(inventory)}
    for name in FORMATS:
        files.update(render(report, name))
    for name, data in files.items():
        s3.put_object(
            Bucket=settings.bucket,
            Key=f"{folder}/{name}",
            Body=data,
            ContentType=_content_type(name),
            ChecksumAlgorithm="SHA256",
        )
    return [f"s3://{settings.bucket}/{folder}/{name}" for name in files]


def _content_type(name: str) -> str:
    kinds = {"html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8"}
    return kinds.get(name.rsplit(".", 1)[-1], "application/json")


def _log(message: str, **facts: object) -> None:
    """Write one JSON line, whatever the function's log format is."""
    log.setLevel(logging.INFO)
    log.info(json.dumps({"message": message, **facts}, default=str))
