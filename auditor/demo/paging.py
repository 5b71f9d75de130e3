"""Pages of an answer, cut by botocore's own paginator descriptions."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

# Rows that AWS puts on a page at most, where the quota pages say so; the rest page at 100.
# https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html and the pages of each operation
_AWS_PAGE = {
    "lambda:ListFunctions": 50,
    "lambda:ListVersionsByFunction": 50,
    "lambda:ListAliases": 50,
    "lambda:ListLayers": 50,
    "lambda:ListLayerVersions": 50,
    "lambda:ListFunctionUrlConfigs": 50,
    "lambda:ListFunctionEventInvokeConfigs": 50,
    "lambda:ListProvisionedConcurrencyConfigs": 50,
    "logs:DescribeLogGroups": 50,
    "logs:DescribeMetricFilters": 50,
    "cloudwatch:GetMetricData": 500,
    "budgets:DescribeBudgets": 1000,
    "ec2:DescribeSubnets": 1000,
    "ec2:DescribeSecurityGroups": 1000,
    "iam:GetAccountAuthorizationDetails": 1000,
    "compute-optimizer:GetLambdaFunctionRecommendations": 1000,
    "cloudtrail:LookupEvents": 50,
}
_DEFAULT_PAGE = 100
# Limits that do not count rows.
_OTHER_LIMITS = {"MaxDatapoints"}
SMALL_PAGE = 20
LOOPING_TOKEN = "demo-looping-token"  # noqa: S105 - a paging token


class Lazy:
    """Rows of a long listing, made only for the page that is asked for."""

    def __init__(self, items: Sequence[Any], make: Callable[[Any], dict[str, Any]]) -> None:
        self._items = items
        self._make = make

    def __len__(self) -> int:
        """Count the rows, without making any."""
        return len(self._items)

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        """Make the rows of a slice."""
        return [self._make(item) for item in self._items[part]]


def page(
    answer: dict[str, Any],
    params: dict[str, Any],
    config: dict[str, Any] | None,
    operation: str,
    cap: int | None,
) -> dict[str, Any]:
    """Cut one page out of a whole answer.

    `config` is the operation's entry in `paginators-1`, `cap` the most rows of a page (None: AWS's own).
    A token carries the offset of the next row, counted over all result keys together.
    """
    # What lies deeper in an answer is short enough for one page.
    if not config or "." in str(config["result_key"]):
        return answer
    keys = [config["result_key"]] if isinstance(config["result_key"], str) else config["result_key"]
    keys = [key for key in keys if isinstance(answer.get(key), list | Lazy)]
    limit = _limit(params, config, operation, cap)
    start = _offset(params.get(_first(config["input_token"])))
    total = sum(len(answer[key]) for key in keys)
    cut = dict(answer)
    before = 0
    for key in keys:
        rows = answer[key]
        cut[key] = rows[max(0, start - before) : max(0, start + limit - before)]
        before += len(rows)
    more = start + limit < total
    if more:
        cut[_first(config["output_token"])] = _token(start + limit)
    if "more_results" in config:
        cut[config["more_results"]] = more
    return cut


def _limit(params: dict[str, Any], config: dict[str, Any], operation: str, cap: int | None) -> int:
    most = _AWS_PAGE.get(operation, _DEFAULT_PAGE)
    if cap is not None:
        most = min(most, cap)
    key = config.get("limit_key")
    asked = params.get(key) if key and key not in _OTHER_LIMITS else None
    return min(most, int(asked)) if asked else most


def _first(token: str | list[str]) -> str:
    name = token if isinstance(token, str) else token[0]
    return name.split("||")[0].strip()


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"demo:{offset}".encode()).decode()


def _offset(token: object) -> int:
    if not token or token == LOOPING_TOKEN:
        return 0
    return int(base64.urlsafe_b64decode(str(token)).decode().removeprefix("demo:"))
