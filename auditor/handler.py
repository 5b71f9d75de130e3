"""The scheduled run: the same pipeline inside Lambda, with its files in S3 and a compact answer."""

import json
import logging
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from auditor.bucket_rules import BucketRulesError, rule_files
from auditor.catalogue import CatalogueError
from auditor.collect import CollectError, ScanRequest, collect
from auditor.collect.operations import Tier
from auditor.gate import (
    INCOMPLETE,
    NEW,
    NONE,
    Gate,
    GateError,
    baseline_of,
    outcome,
    parse_gate,
)
from auditor.history import Comparison, scope_of
from auditor.history.bucket import Index, extended, key, read
from auditor.history.record import comparison_with, with_comparison
from auditor.model import Inventory
from auditor.mute import MuteError
from auditor.pipeline import Rules, audit, load_rules
from auditor.reference import ReferenceDataError
from auditor.render import html_diff, render
from auditor.report import Report
from auditor.settings import SettingsError
from auditor.snapshot import encode

FORMATS = ("html", "json", "csv", "sarif")
# New findings that the answer names; all of them are in diff.json.
NAMED = 10
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

    The environment names REPORT_BUCKET, REPORT_PREFIX, RULES_PREFIX, SCAN_REGIONS (commas), SCAN_TIER,
    FAIL_ON and, for emulators, AWS_ENDPOINT_URL. The bucket may hold the owner's `auditor.yaml`, `mutes.yaml`
    and `attestations.yaml` under RULES_PREFIX (`rules`). With FAIL_ON `new`, what the run before did not have
    fails the gate. The answer holds `status` (`complete` or `incomplete`), `exit_code` as the command line
    has it, `gate` in words, `score`, `possible`, `coverage`, `grade`, `counts`, `functions`, `history` and
    `files`. A scan that cannot be done at all raises `ScanFailedError`, so that the run counts as failed.
    """
    now = datetime.now(UTC)
    settings = _settings(os.environ)
    _log(
        "scan started",
        run=context.aws_request_id,
        source=str(event.get("source", "manual")),
        tier=settings.tier.value,
    )
    s3 = boto3.client("s3", endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None)
    rules = _rules(s3, settings, now, context)
    inventory = _collect(settings, now, context)
    report = audit(inventory, rules, now)
    place = key(settings.prefix, scope_of(report))
    earlier = read(s3, settings.bucket, place)
    found = comparison_with(report, earlier.standing)
    if found and earlier.standing:
        report = with_comparison(report, found, earlier.runs, earlier.standing)
    folder = f"{settings.prefix}/{now:%Y/%m/%d}/{context.aws_request_id}"
    files = _write(s3, settings.bucket, folder, _files(report, inventory, found))
    note = earlier.note
    if earlier.writable:
        note = _keep(s3, settings.bucket, place, earlier, report) or note
    ended = outcome(report, _gate(settings.fail_on, earlier))
    answer = {
        "status": "incomplete" if ended.code == INCOMPLETE else "complete",
        "exit_code": ended.code,
        "gate": ": ".join(part for part in (ended.verdict, "; ".join(ended.words)) if part),
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
        "history": _history(report, found, note),
        "files": files,
    }
    _log(
        "scan finished",
        run=context.aws_request_id,
        **{name: answer[name] for name in ("status", "score", "coverage", "history")},
    )
    return answer


def _gate(fail_on: str, earlier: Index) -> Gate:
    """Return the gate. Of a first run nothing is new; where earlier runs could not be read, everything is."""
    if fail_on != NEW:
        return parse_gate(fail_on, None, None)
    if earlier.standing:
        return parse_gate(NEW, None, None, baseline_of(earlier.standing))
    return parse_gate(NEW, None, None, {}) if earlier.note else parse_gate(NONE, None, None)


def _history(report: Report, found: Comparison | None, note: str) -> dict[str, Any]:
    """Say what became of the run before: counts, the scores of earlier runs, and the first new findings."""
    past = report.history
    if past is None or found is None:
        return {"note": note or "no earlier complete run of this scope"}
    new = [
        {
            "check": change.check,
            "resource": change.resource,
            "severity": change.severity.value if change.severity else "",
        }
        for change in (*found.new, *found.worse)[:NAMED]
    ]
    return {
        "since": past.since.isoformat(),
        "delta": past.delta,
        "fixed": past.fixed,
        "new": past.new,
        "visibility_lost": past.visibility_lost,
        "trend": [point.score for point in past.trend],
        "changes": new,
        **({"note": note} if note else {}),
    }


class ScanFailedError(Exception):
    """A scan that could not be done; the text is free of secret values."""


@dataclass(frozen=True)
class _Settings:
    bucket: str
    prefix: str
    rules_prefix: str
    regions: tuple[str, ...]
    tier: Tier
    fail_on: str


def _settings(environment: Mapping[str, str]) -> _Settings:
    bucket = environment.get("REPORT_BUCKET", "")
    if not bucket:
        raise ScanFailedError("REPORT_BUCKET is not set: name the bucket that the reports go to")
    regions = tuple(part.strip() for part in environment.get("SCAN_REGIONS", "").split(",") if part.strip())
    try:
        tier = Tier(environment.get("SCAN_TIER", "standard"))
    except ValueError as error:
        raise ScanFailedError(f"SCAN_TIER is not one of {', '.join(tier.value for tier in Tier)}") from error
    fail_on = environment.get("FAIL_ON", "high")
    try:
        parse_gate(fail_on, None, None, {})
    except GateError as error:
        raise ScanFailedError(str(error).replace("--fail-on", "FAIL_ON")) from error
    return _Settings(
        bucket=bucket,
        prefix=environment.get("REPORT_PREFIX", "runs").strip("/"),
        rules_prefix=environment.get("RULES_PREFIX", "rules").strip("/"),
        regions=regions,
        tier=tier,
        fail_on=fail_on,
    )


def _rules(s3: Any, settings: _Settings, now: datetime, context: Context) -> Rules:  # noqa: ANN401 - boto3's client
    """Return what to judge by, before anything is scanned: a slip in a rule file ends the run at once."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            return load_rules(rule_files(s3, settings.bucket, settings.rules_prefix, Path(folder)), now)
    except (BucketRulesError, CatalogueError, SettingsError, MuteError, ReferenceDataError) as error:
        _log("scan failed", run=context.aws_request_id, cause=str(error))
        raise ScanFailedError(str(error)) from None


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


def _files(report: Report, inventory: Inventory, found: Comparison | None) -> dict[str, bytes]:
    files = {"snapshot.json": encode(inventory)}
    for name in FORMATS:
        files.update(render(report, name))
    if found:
        files["diff.html"] = html_diff.render(found, report)
        files["diff.json"] = msgspec.json.encode(found)
    return files


def _write(s3: Any, bucket: str, folder: str, files: Mapping[str, bytes]) -> list[str]:  # noqa: ANN401 - boto3's client
    for name, data in files.items():
        s3.put_object(
            Bucket=bucket,
            Key=f"{folder}/{name}",
            Body=data,
            ContentType=_content_type(name),
            ChecksumAlgorithm="SHA256",
        )
    return [f"s3://{bucket}/{folder}/{name}" for name in files]


def _keep(s3: Any, bucket: str, place: str, earlier: Index, report: Report) -> str:  # noqa: ANN401 - boto3's client
    """Keep the run for the next one; return why it could not be kept. The report is written all the same."""
    try:
        s3.put_object(
            Bucket=bucket,
            Key=place,
            Body=extended(earlier, report),
            ContentType="application/gzip",
            ChecksumAlgorithm="SHA256",
        )
    except (ClientError, BotoCoreError) as error:
        return f"this run could not be kept for the next one ({type(error).__name__})"
    return ""


def _content_type(name: str) -> str:
    kinds = {"html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8"}
    return kinds.get(name.rsplit(".", 1)[-1], "application/json")


def _log(message: str, **facts: object) -> None:
    """Write one JSON line, whatever the function's log format is."""
    log.setLevel(logging.INFO)
    log.info(json.dumps({"message": message, **facts}, default=str))
