"""When versions of the AWS SDKs came out, so that an old one is told without the network."""

import re
from bisect import bisect_right

# The month in which a minor version of boto3 came out (its first release),
# https://pypi.org/project/boto3/#history.
_BOTO3: tuple[tuple[int, str], ...] = ()
_BOTOCORE: tuple[tuple[int, str], ...] = ()
_JAVASCRIPT: tuple[tuple[int, str], ...] = ()


def released(ecosystem: str, name: str, version: str) -> str:
    """The month (`2024-08`) in which a version of an AWS SDK came out at the earliest, "" for any other
    package.
    """
    table = _table(ecosystem, name)
    number = re.match(r"(\d+)\.(\d+)\.", version)
    if not table or number is None:
        return ""
    minor = int(number[2])
    at = bisect_right([known for known, _ in table], minor)
    return table[at - 1][1] if at else ""


def _table(ecosystem: str, name: str) -> tuple[tuple[int, str], ...]:
    if ecosystem == "PyPI":
        return {"boto3": _BOTO3, "botocore": _BOTOCORE}.get(name, ())
    return _JAVASCRIPT if ecosystem == "npm" and name.startswith("@aws-sdk/client-") else ()
