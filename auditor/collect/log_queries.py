"""Logs Insights queries: started, waited for, paid by the byte."""

import time
from typing import NamedTuple

from auditor.collect.answers import definite
from auditor.collect.metrics import Window
from auditor.collect.operations import Operation, Tier
from auditor.collect.session import Api
from auditor.model import Reason, Unavailable

START_QUERY = Operation(
    service="logs",
    name="StartQuery",
    actions=("logs:StartQuery",),
    tier=Tier.DEEP,
    requires=("queryId",),
    family="logs:StartQuery",
)
GET_RESULTS = Operation(
    service="logs",
    name="GetQueryResults",
    actions=("logs:GetQueryResults",),
    tier=Tier.DEEP,
    requires=("status", "results[][].field"),
    family="logs:GetQueryResults",
)
OPERATIONS = (START_QUERY, GET_RESULTS)

# US dollars for each byte that a query scans: https://aws.amazon.com/cloudwatch/pricing/
USD_A_BYTE = 0.005 / 1_000_000_000
RUNNING = frozenset({"Scheduled", "Running", "Unknown"})
COMPLETE = "Complete"
# Seconds that a query may take, and the longest pause between two questions.
DEADLINE_S = 300.0
LONGEST_PAUSE_S = 5.0

Row = dict[str, str]


class LogQuery(NamedTuple):
    """A query, the names of the log groups that it reads, and the time."""

    text: str
    groups: tuple[str, ...]
    window: Window


def run(api: Api, region: str, query: LogQuery) -> list[Row] | Unavailable:
    """Run a query and return its rows; what it scanned is booked in US dollars."""
    started = definite(
        api.call(
            START_QUERY,
            region,
            logGroupNames=list(query.groups),
            queryString=query.text,
            startTime=int(query.window.start.timestamp()),
            endTime=int(query.window.end.timestamp()),
        ),
        START_QUERY,
    )
    if isinstance(started, Unavailable):
        return started
    give_up, pause = api.clock() + DEADLINE_S, 0.5
    while True:
        answer = definite(api.call(GET_RESULTS, region, queryId=started["queryId"]), GET_RESULTS)
        if isinstance(answer, Unavailable):
            return answer
        if answer["status"] not in RUNNING:
            break
        if api.clock() + pause > give_up:
            return _lost(Reason.TIMEOUT, f"the query was not done after {DEADLINE_S:.0f} s")
        (api.pause or time.sleep)(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
    api.spend(START_QUERY, answer.get("statistics", {}).get("bytesScanned", 0.0) * USD_A_BYTE)
    if answer["status"] != COMPLETE:
        return _lost(Reason.API_ERROR, "the query did not complete", str(answer["status"]))
    return [
        {str(cell.get("field", "")): str(cell.get("value", "")) for cell in row}
        for row in answer.get("results", ())
    ]


def _lost(reason: Reason, note: str, code: str = "") -> Unavailable:
    return Unavailable(reason=reason, operation=GET_RESULTS.label, code=code, note=note)
