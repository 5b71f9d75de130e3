"""CloudWatch metrics in bulk: hundreds of queries a call, and for each its whole series or why there is
none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from auditor.collect.answers import definite
from auditor.collect.kept import keep_each, recall_each
from auditor.collect.operations import Operation, Tier, each
from auditor.collect.session import Api
from auditor.model import Reason, Unavailable

GET_METRIC_DATA = Operation(
    service="cloudwatch",
    name="GetMetricData",
    actions=("cloudwatch:GetMetricData",),
    tier=Tier.QUICK,
    requires=("MetricDataResults", *each("MetricDataResults[]", "Id StatusCode Timestamps Values")),
    family="cloudwatch:GetMetricData",
)
OPERATIONS = (GET_METRIC_DATA,)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
QUERIES_A_CALL = 500
DAY_S = 86_400
WINDOW_DAYS = 14
# US dollars for each metric that is asked for; up to five statistics of one metric count as one:
# https://aws.amazon.com/cloudwatch/pricing/
USD_A_METRIC = 0.01 / 1000
STATISTICS_A_METRIC = 5

Json = dict[str, Any]
Dimensions = tuple[tuple[str, str], ...]


class Window(NamedTuple):
    """The measured time, UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """Length in seconds."""
        return int((self.end - self.start).total_seconds())


class Query(NamedTuple):
    """One statistic of one metric; `period_s` is the length of a point in seconds."""

    namespace: str
    metric: str
    dimensions: Dimensions
    statistic: str
    period_s: int


Point = tuple[datetime, float]
Series = tuple[Point, ...] | Unavailable


def window_before(now: datetime, days: int = WINDOW_DAYS) -> Window:
    """Return the days before the last full UTC hour, so that the newest point of no metric is half empty."""
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Window(end - timedelta(days=days), end)


def fetch(api: Api, region: str, queries: Iterable[Query], window: Window) -> dict[Query, Series]:
    """Ask for metrics and return the series of each query, oldest point first; () where nothing was recorded.

    A series is `Unavailable` where its call failed, where CloudWatch returned part of it or none, or where it
    commented on the call as a whole.
    """
    wanted = list(dict.fromkeys(queries))
    found: dict[Query, Series] = recall_each(api, tuple[Point, ...], "metrics", wanted, region, window)
    missing = [query for query in wanted if query not in found]
    for first in range(0, len(missing), QUERIES_A_CALL):
        answers = _asked(api, region, missing[first : first + QUERIES_A_CALL], window)
        keep_each(api, "metrics", answers, region, window)
        found.update(answers)
    return found


def total(series: Series) -> int | Unavailable:
    """Sum of a series of counts."""
    return series if isinstance(series, Unavailable) else round(sum(value for _, value in series))


def highest(series: Series) -> float | None | Unavailable:
    """Highest point of a series, None where it has none."""
    return series if isinstance(series, Unavailable) else max((value for _, value in series), default=None)


def _asked(api: Api, region: str, queries: Sequence[Query], window: Window) -> dict[Query, Series]:
    api.spend(GET_METRIC_DATA, _metrics(queries) * USD_A_METRIC)
    rows = _rows(api, region, [_written(f"q{index}", query) for index, query in enumerate(queries)], window)
    if isinstance(rows, Unavailable):
        return dict.fromkeys(queries, rows)
    by_id: dict[str, list[Json]] = {}
    for row in rows:
        by_id.setdefault(row["Id"], []).append(row)
    return {query: _series(by_id.get(f"q{index}", ())) for index, query in enumerate(queries)}


def _metrics(queries: Sequence[Query]) -> int:
    statistics = Counter((query.namespace, query.metric, query.dimensions) for query in queries)
    return sum(-(-count // STATISTICS_A_METRIC) for count in statistics.values())


def _written(name: str, query: Query) -> Json:
    metric = {
        "Namespace": query.namespace,
        "MetricName": query.metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in query.dimensions],
    }
    return {
        "Id": name,
        "MetricStat": {"Metric": metric, "Period": query.period_s, "Stat": query.statistic},
        "ReturnData": True,
    }


def _rows(api: Api, region: str, queries: list[Json], window: Window) -> list[Json] | Unavailable:
    """All pages of one call, whose `Messages` speak of the call as a whole and spoil it."""
    pages = definite(
        api.whole_pages(
            GET_METRIC_DATA,
            region,
            MetricDataQueries=queries,
            StartTime=window.start,
            EndTime=window.end,
            ScanBy="TimestampAscending",
        ),
        GET_METRIC_DATA,
    )
    if isinstance(pages, Unavailable):
        return pages
    messages = [message for page in pages for message in page.get("Messages") or ()]
    if messages:
        return _spoilt(Reason.API_ERROR, "CloudWatch commented on the answer", _code(messages))
    return [row for page in pages for row in page["MetricDataResults"]]


def _series(rows: Sequence[Json]) -> Series:
    """Points of one query over all pages; whole only where the last page that has it says so."""
    if not rows:
        return _spoilt(Reason.MALFORMED_RESPONSE, "an answer without the metric that was asked for")
    status = rows[-1]["StatusCode"]
    if status != "Complete":
        return _spoilt(Reason.API_ERROR, "CloudWatch did not return the whole series", str(status))
    messages = [message for row in rows for message in row.get("Messages") or ()]
    if messages:
        return _spoilt(Reason.API_ERROR, "CloudWatch commented on the series", _code(messages))
    # By time, since a page may repeat points of the one before.
    points = {
        when: value for row in rows for when, value in zip(row["Timestamps"], row["Values"], strict=True)
    }
    return tuple(sorted(points.items()))


def _code(messages: Sequence[Mapping[str, str]]) -> str:
    return str(messages[0].get("Code", ""))


def _spoilt(reason: Reason, note: str, code: str = "") -> Unavailable:
    return Unavailable(reason=reason, operation=GET_METRIC_DATA.label, code=code, note=note)
