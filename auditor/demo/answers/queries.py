"""logs: Insights queries, answered from what a function's REPORT lines are declared to say."""

import base64
import json
import re
import zlib
from typing import Any, NamedTuple

from auditor.demo.account import World
from auditor.demo.answers.metrics import average, durations
from auditor.demo.errors import AwsError
from auditor.demo.specs import FunctionSpec, ReportSpec

Json = dict[str, Any]
_WINDOW_DAYS = 14
# Share of text lines that carry a request id where nothing else is declared: those of the runtime itself.
_IDS_IN_TEXT = 0.3
_STATS = re.compile(r"\bstats\b(?P<what>.*?)(?:\bby\b(?P<by>.*?))?$", re.DOTALL)
_ALIASED = re.compile(r"(?P<call>\w+\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))\s+as\s+(?P<alias>\w+)")
_CALL = re.compile(r"(?P<name>\w+)\s*\((?P<inside>.*)\)$", re.DOTALL)
_FIELD = re.compile(r"@(?P<name>\w+)(?P<scale>(?:\s*/\s*[\d.]+)*)")
_LIMIT = re.compile(r"\blimit\s+(\d+)")


class Column(NamedTuple):
    """A numeric field of REPORT lines: how many lines have it, and how its values spread."""

    lines: float
    middle: float
    p95: float
    p99: float
    longest: float
    mean: float


def start_query(world: World, region: str, params: Json) -> Json:
    """Take a query: the groups and the text are carried in its id, so that nothing has to be kept."""
    groups = [
        *params.get("logGroupNames", []),
        *([params["logGroupName"]] if "logGroupName" in params else []),
        *(name.split(":log-group:")[-1].removesuffix(":*") for name in params.get("logGroupIdentifiers", [])),
    ]
    for name in groups:
        spec = world.log_owners.get((region, name))
        if spec is None or spec.log.get("missing"):
            raise AwsError("ResourceNotFoundException", f"Log group '{name}' does not exist.")
    days = (params["endTime"] - params["startTime"]) / 86_400
    packed = zlib.compress(json.dumps([groups, params["queryString"], days]).encode())
    return {"queryId": base64.urlsafe_b64encode(packed).decode()}


def get_query_results(world: World, region: str, params: Json) -> Json:
    """Answer a query that was started before."""
    try:
        groups, text, days = json.loads(zlib.decompress(base64.urlsafe_b64decode(params["queryId"])))
    except (ValueError, zlib.error):
        raise AwsError("ResourceNotFoundException", "Query does not exist.") from None
    specs = [world.log_owners[region, name] for name in groups]
    share = days / _WINDOW_DAYS
    rows = _aggregated(specs, text, share) if _STATS.search(text) else _lines(world, specs, text)
    lines = round(share * sum(_report(spec).runs or 0 for spec in specs))
    return {
        "queryLanguage": "CWLI",
        "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
        "statistics": {
            "recordsMatched": float(lines),
            "recordsScanned": float(lines * 4),
            "bytesScanned": float(lines * 1200),
        },
        "status": "Complete",
    }


def _report(spec: FunctionSpec) -> ReportSpec:
    """Complete a report by what the usage says; memory and start-up default to unremarkable values."""
    report = spec.report or ReportSpec()
    runs = report.runs if report.runs is not None else int(spec.usage.runs * _WINDOW_DAYS)
    structured = 1.0 if spec.log.get("format") == "JSON" else 0.0
    return ReportSpec(
        runs=runs,
        used=report.used or spec.memory * 0.6,
        used_p95=report.used_p95,
        cold=report.cold,
        init=report.init,
        init_p99=report.init_p99,
        timeouts=report.timeouts,
        oom=report.oom,
        tmp=report.tmp,
        json=report.json if report.json is not None else structured,
        request_id=report.request_id if report.request_id is not None else max(structured, _IDS_IN_TEXT),
    )


def _columns(spec: FunctionSpec) -> dict[str, Column]:
    report, usage = _report(spec), spec.usage
    runs = report.runs or 0
    p95 = usage.p95 or usage.p50
    p99 = usage.p99 or p95
    duration = Column(runs, usage.p50, p95, p99, usage.max or p99, average(durations(usage)))
    used = report.used * 1_000_000
    starts = round(runs * report.cold)
    size = spec.memory * 1_000_000
    init99 = report.init_p99 or report.init * 1.8
    return {
        "duration": duration,
        "billedDuration": duration,
        "maxMemoryUsed": Column(
            runs, used * 0.8, (report.used_p95 or report.used * 0.95) * 1e6, used, used, used * 0.8
        ),
        "memorySize": Column(runs, size, size, size, size, size),
        "initDuration": Column(starts, report.init, report.init * 1.4, init99, init99, report.init * 1.1),
        "message": Column(runs, 0, 0, 0, 0, 0),
        "requestId": Column(runs, 0, 0, 0, 0, 0),
    }


def _aggregated(specs: list[FunctionSpec], text: str, share: float) -> list[dict[str, str]]:
    """One row a log group; counts and sums are those of the asked share of the 14 declared days."""
    found = _STATS.search(text)
    if found is None:
        return []
    by_log = "@log" in (found["by"] or "")
    rows = []
    for spec in specs:
        if not (_report(spec).runs or 0):
            continue
        row = {"@log": f"{spec.account}:{spec.log_group}"} if by_log else {}
        for column in _ALIASED.finditer(found["what"]):
            value = _aggregate(spec, column["call"])
            if value is not None and column["call"].startswith(("count", "sum")):
                value = round(value * share)
            if value is not None:
                row[column["alias"]] = f"{value:.10g}"
        rows.append(row)
    return rows


def _aggregate(spec: FunctionSpec, call: str) -> float | None:
    parsed = _CALL.match(call.strip())
    if parsed is None:
        return None
    name, inside = parsed["name"], parsed["inside"]
    counted = _counted(spec, inside)
    if counted is not None:
        return counted
    field = _FIELD.search(inside)
    if field is None or field["name"] not in _columns(spec):
        return float(_report(spec).runs or 0) if name == "count" else None
    column = _columns(spec)[field["name"]]
    if name == "count":
        return column.lines
    if not column.lines:
        return None
    scale = 1.0
    for divisor in re.findall(r"/\s*([\d.]+)", field["scale"]):
        scale /= float(divisor)
    return scale * _statistic(column, name, inside)


def _statistic(column: Column, name: str, inside: str) -> float:
    share = re.search(r",\s*([\d.]+)\s*$", inside)
    percentiles = {50.0: column.middle, 95.0: column.p95, 99.0: column.p99}
    return {
        "max": column.longest,
        "min": column.middle / 2,
        "avg": column.mean,
        "sum": column.mean * column.lines,
        "pct": percentiles.get(float(share[1]), column.p95) if share else column.p95,
    }.get(name, column.middle)


def _counted(spec: FunctionSpec, inside: str) -> float | None:
    """Counts of lines of a kind, known by the words that a query looks for."""
    report = _report(spec)
    runs = report.runs or 0
    words = inside.lower()
    if "succeeded" in words:
        failed = max(spec.usage.errors * _WINDOW_DAYS - report.timeouts, 0)
        return report.timeouts * spec.timeout * 1000 + failed * spec.usage.p50
    kinds = (
        (("timed out", "status: timeout", "timeout"), float(report.timeouts)),
        (("signal: killed", "exiterror", "outofmemory", "status: error"), float(report.oom)),
        (("requestid", "request_id"), round(runs * (report.request_id or 0))),
        (('"{"', "^{", "'{'"), round(runs * (report.json or 0))),
    )
    if "(" not in inside and "like" not in words and "=" not in words:
        return None
    return next(
        (float(count) for looked_for, count in kinds if any(one in words for one in looked_for)), None
    )


def _lines(world: World, specs: list[FunctionSpec], text: str) -> list[dict[str, str]]:
    limit = _LIMIT.search(text)
    rows = [
        {"@message": line, "@log": f"{spec.account}:{spec.log_group}", "@ptr": f"{index}"}
        for spec in specs
        for index, line in enumerate(world.log_lines.get(spec.name, ()))
    ]
    return rows[: int(limit[1]) if limit else 1000]


def filter_log_events(world: World, region: str, params: Json) -> Json:
    """Answer the declared lines of a log group, the newest first where that is asked for."""
    spec = world.log_owners.get((region, params["logGroupName"]))
    if spec is None or spec.log.get("missing"):
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    rows = [
        {"logStreamName": "2026/11/22/[$LATEST]1", "message": line, "timestamp": params["startTime"] + index}
        for index, line in enumerate(world.log_lines.get(spec.name, ()))
    ]
    newest_first = not params.get("startFromHead", True)
    return {"events": (rows[::-1] if newest_first else rows)[: params.get("limit", 10_000)]}


HANDLERS = {
    "logs:StartQuery": start_query,
    "logs:GetQueryResults": get_query_results,
    "logs:FilterLogEvents": filter_log_events,
}
