"""Days on which runtimes end: the rows, the table of values, and a calendar file that other programs read."""

import csv
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Function, Reason, Unavailable
from auditor.runtime_dates import COLUMNS, RuntimeDate, as_calendar, as_csv, runtime_dates
from auditor.testing import (
    healthy_account,
    healthy_function,
    healthy_region,
    healthy_version,
    inventory_of,
    reference,
)

STAMP = datetime(2026, 11, 23, 6, tzinfo=UTC)
DENIED = Unavailable(reason=Reason.ACCESS_DENIED, operation="lambda:ListAliases", code="AccessDenied")


def rows_of(function: Function) -> tuple[RuntimeDate, ...]:
    return runtime_dates(inventory_of(healthy_account(healthy_region(function))), reference())


def test_versions_in_use_have_days_of_their_own() -> None:
    rows = rows_of(healthy_function(runtime="python3.13", versions=(healthy_version(runtime="nodejs22.x"),)))
    assert [(row.runtime, row.version) for row in rows if row.event == "deprecated"] == [
        ("nodejs22.x", "version 12 (live)"),
        ("python3.13", "$LATEST"),
    ]
    assert (rows[0].day, rows[0].days_left, rows[0].successor) == (date(2027, 4, 30), 158, "nodejs24.x")


@pytest.mark.parametrize("runtime", ["", "python3.15"], ids=["an image", "newer than the calendar"])
def test_what_has_no_days_has_no_rows(runtime: str) -> None:
    assert rows_of(healthy_function(runtime=runtime, versions=(healthy_version(runtime=runtime),))) == ()


def test_latest_is_told_where_versions_could_not_be_read() -> None:
    assert {row.version for row in rows_of(healthy_function(aliases=DENIED))} == {"$LATEST"}


def test_values_are_read_back() -> None:
    rows = rows_of(healthy_function(runtime="python3.9"))
    read = list(csv.DictReader(as_csv(rows).splitlines()))
    assert tuple(read[0]) == COLUMNS
    assert next((one["date"], one["event"]) for one in read if one["version"] == "$LATEST") == (
        "2025-12-15",
        "deprecated",
    )


def test_a_calendar_holds_each_day_to_come_once() -> None:
    function = healthy_function(runtime="python3.9", versions=(healthy_version(runtime="python3.9"),))
    text = as_calendar(rows_of(function), STAMP)
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 2
    assert "DTSTART;VALUE=DATE:20270201\r\nDTEND;VALUE=DATE:20270202\r\n" in text
    assert "20251215" not in text
    assert as_calendar(rows_of(function), STAMP) == text


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=300))
def test_lines_are_folded_without_loss(successor: str) -> None:
    row = RuntimeDate(
        day=date(2027, 2, 1),
        days_left=70,
        event="deprecated",
        runtime="x",
        successor=successor,
        account="123456789012",
        region="eu-west-1",
        function="orders",
        version="$LATEST",
    )
    text = as_calendar((row,), STAMP)
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "")
    escaped = successor.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    assert not successor or f"Move to {escaped}. " in unfolded
