"""The owner's rule files of scheduled runs: settings, mutes and attestations, as objects of the bucket."""

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from auditor.pipeline import RuleFiles

# Names of the objects under the prefix, and what each is of the rules.
NAMES = {"auditor.yaml": "settings", "mutes.yaml": "mutes", "attestations.yaml": "attestations"}
LARGEST_BYTES = 1_000_000


class BucketRulesError(Exception):
    """Rule files that are there and cannot be read; the text is one sentence with the remedy."""


def rule_files(s3: Any, bucket: str, prefix: str, folder: Path) -> RuleFiles:  # noqa: ANN401 - boto3's client
    """Copy the rule files that a bucket holds under a prefix into a folder, and return them.

    What is not there is left out; what is there and cannot be read raises `BucketRulesError`: a run without
    the owner's exceptions, or with too many, is worse than none.
    """
    place = f"s3://{bucket}/{prefix}/"
    try:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")
        sizes = {item["Key"]: int(item["Size"]) for item in listed.get("Contents", [])}
        found: dict[str, Any] = {}
        for name, part in NAMES.items():
            key = f"{prefix}/{name}"
            if key not in sizes:
                continue
            if sizes[key] > LARGEST_BYTES:
                raise BucketRulesError(f"{place}{name} has {sizes[key]:,} bytes, {LARGEST_BYTES:,} are read")
            data = s3.get_object(Bucket=bucket, Key=key)["Body"].read(LARGEST_BYTES)
            (folder / name).write_bytes(data)
            found[part] = folder / name
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise BucketRulesError(
            f"the rule files in {place} cannot be read ({code} on {error.operation_name}); "
            "grant s3:GetObject and s3:ListBucket there"
        ) from None
    except BotoCoreError as error:
        raise BucketRulesError(f"the rule files in {place} cannot be read ({type(error).__name__})") from None
    return RuleFiles(**found)
