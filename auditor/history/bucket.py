"""The history of scheduled runs: one small object for each scope, beside the reports in their bucket."""

import gzip
import zlib
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace

from auditor.history.record import Run, run_of
from auditor.history.standing import Standing, standing
from auditor.report import Part, Report

FORM = 1
# More than a year of daily runs.
RUNS = 400


class Index(Part, frozen=True, kw_only=True):
    """The runs of one scope, oldest first, and how the last complete one stood.

    `note` says why earlier runs could not be read; `writable` is whether the object may be written anew.
    """

    form: int = FORM
    runs: tuple[Run, ...] = ()
    standing: Standing | None = None
    note: str = ""
    writable: bool = True


def key(prefix: str, scope: str) -> str:
    """Return the key of a scope's object."""
    return f"{prefix}/history/{scope}.json.gz"


def read(s3: Any, bucket: str, name: str) -> Index:  # noqa: ANN401 - boto3's client
    """Return the index in an object; an empty one where there is none yet.

    It is listed before it is read: without a permission to list, S3 answers for an object that is not there
    as for one that is forbidden.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    try:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=name, MaxKeys=1)
        if name not in {item["Key"] for item in listed.get("Contents", [])}:
            return Index()
        data = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        return Index(
            note=f"earlier runs could not be read ({code} on {error.operation_name})", writable=False
        )
    except BotoCoreError as error:
        return Index(note=f"earlier runs could not be read ({type(error).__name__})", writable=False)
    return _decoded(data)


def _decoded(data: bytes) -> Index:
    try:
        found = msgspec.json.decode(gzip.decompress(data), type=Index)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Index(note=f"earlier runs are no whole history ({type(error).__name__}); it begins anew")
    if found.form != FORM:
        return Index(note=f"earlier runs have form {found.form}, this program reads {FORM}", writable=False)
    return found


def extended(index: Index, report: Report) -> bytes:
    """Return the object with one more run; the same run twice is kept once."""
    run = run_of(report)
    runs = sorted((*(one for one in index.runs if one.id != run.id), run), key=lambda one: (one.at, one.id))
    last = standing(report) if report.scan.complete else index.standing
    grown = replace(index, runs=tuple(runs[-RUNS:]), standing=last, note="", writable=True)
    return gzip.compress(msgspec.json.encode(grown), 6, mtime=0)
