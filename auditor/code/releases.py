"""By when versions of the AWS SDKs had come out, so that an old one is told without the network."""

import re
from bisect import bisect_right

# First release of a minor version of boto3 (as of 2026-11), by the dates inside its wheels:
# https://pypi.org/project/boto3/#history
_BOTO3 = (
    (18, "2021-07"), (20, "2021-11"), (22, "2022-04"), (24, "2022-05"), (26, "2022-11"), (28, "2023-07"),
    (29, "2023-11"), (34, "2023-12"), (35, "2024-08"), (36, "2025-01"), (37, "2025-02"), (38, "2025-04"),
    (39, "2025-06"), (40, "2025-07"), (41, "2025-11"), (42, "2025-12"), (43, "2026-04"), (44, "2026-11"),
)  # fmt: skip
# botocore came out with boto3, three numbers ahead until both were 1.33.
_SAME_NUMBERS, _AHEAD = 33, 3
_BOTOCORE = tuple((minor if minor >= _SAME_NUMBERS else minor + _AHEAD, month) for minor, month in _BOTO3)
# First release of a minor version of the JavaScript SDK v3 (as of 2026-11):
# https://www.npmjs.com/package/@aws-sdk/client-s3?activeTab=versions
_JAVASCRIPT = (
    (692, "2024-11"), (741, "2025-02"), (782, "2025-07"), (862, "2025-08"), (892, "2025-09"),
    (901, "2025-10"), (925, "2025-11"), (943, "2025-12"), (962, "2026-01"), (980, "2026-02"),
    (1001, "2026-03"), (1022, "2026-04"), (1041, "2026-05"), (1058, "2026-06"), (1078, "2026-07"),
    (1102, "2026-08"), (1123, "2026-09"), (1145, "2026-10"), (1162, "2026-11"),
)  # fmt: skip


def released(ecosystem: str, name: str, version: str) -> str:
    """The month (`2024-08`) by which a version of an AWS SDK had come out, "" for any other package.

    That is the month of the table's next minor version: a version is never called older than it is.

    >>> released("PyPI", "boto3", "1.34.162")
    '2024-08'
    """
    table = _table(ecosystem, name)
    number = re.match(r"(?P<major>\d+)\.(?P<minor>\d{1,6})\.", version)
    if not table or number is None or number["major"] != ("1" if ecosystem == "PyPI" else "3"):
        return ""
    after = bisect_right([minor for minor, _ in table], int(number["minor"]))
    return table[min(after, len(table) - 1)][1]


def _table(ecosystem: str, name: str) -> tuple[tuple[int, str], ...]:
    if ecosystem == "PyPI":
        return {"boto3": _BOTO3, "botocore": _BOTOCORE}.get(name, ())
    return _JAVASCRIPT if ecosystem == "npm" and name.startswith("@aws-sdk/client-") else ()
