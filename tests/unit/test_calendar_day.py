"""The macro that tells an instant's local day: a division where the zone allows it, and the calendar agrees."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.settings import DBT_PROJECT
from dagster_project.sources import fixed_offset_seconds

MACROS = (DBT_PROJECT / "macros" / "time.sql").read_text(encoding="utf-8")
FIXED = {
    "Asia/Shanghai": 28_800,
    "Asia/Kolkata": 19_800,
    "Asia/Kathmandu": 20_700,
    "Pacific/Kiritimati": 50_400,
    "America/Phoenix": -25_200,
    "UTC": 0,
}
CHANGING = ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Pyongyang", "Europe/Moscow"]
MICROSECOND = timedelta(microseconds=1)


def calendar_day(zone: str, offset: int | None, less: int) -> str:
    """The macro as dbt would render it for a column `instant`."""
    environment = jinja2.Environment()
    environment.globals.update(company_timezone=lambda: zone, fixed_offset_seconds=lambda: offset)
    macros: Any = environment.from_string(MACROS).module
    return str(macros.calendar_day("instant", less))


def days(zone: str, less: int, instants: list[datetime | None]) -> list[tuple[date | None, date | None]]:
    """By division where there is one, and by the calendar."""
    fast, slow = calendar_day(zone, fixed_offset_seconds(zone), less), calendar_day(zone, None, less)
    query = f"SELECT {fast}, {slow} FROM (SELECT unnest($1::TIMESTAMPTZ[]) AS instant)"
    return duckdb.execute(query, [instants]).fetchall()


@pytest.mark.parametrize("zone", [*FIXED, *CHANGING])
@given(
    around=st.lists(
        st.tuples(
            st.dates(date(2000, 1, 1), date(2099, 12, 31)),
            st.one_of(st.integers(-2, 2), st.integers(0, 86_400_000_000)),
        ),
        min_size=1,
        max_size=40,
    ),
    less=st.sampled_from([0, 1]),
)
@example(
    around=[(date(2000, 1, day), hour * 3_600_000_000) for day in (1, 2, 3, 4) for hour in range(24)], less=1
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_day_by_division_is_the_day_by_the_calendar(
    zone: str, around: list[tuple[date, int]], less: int
) -> None:
    """At any instant since 2000, most of all a microsecond around midnight."""
    info = ZoneInfo(zone)
    instants = [
        datetime.combine(day, time(), info).astimezone(UTC) + microseconds * MICROSECOND
        for day, microseconds in around
    ]
    expected = [(instant - less * MICROSECOND).astimezone(info).date() for instant in instants]
    assert days(zone, less, [*instants, None]) == [*((day, day) for day in expected), (None, None)]


@pytest.mark.parametrize(("zone", "seconds"), FIXED.items())
def test_zone_whose_clock_stood_since_2000_has_one_offset(zone: str, seconds: int) -> None:
    """Shanghai had summer times before."""
    assert fixed_offset_seconds(zone) == seconds
    assert "make_date" in calendar_day(zone, seconds, 1)


@pytest.mark.parametrize("zone", CHANGING)
def test_zone_whose_clock_was_changed_has_none(zone: str) -> None:
    assert fixed_offset_seconds(zone) is None
    assert "make_date" not in calendar_day(zone, None, 1)


def test_days_before_2000_are_the_calendars() -> None:
    """In Shanghai's summer of 1988 the day began an hour earlier."""
    instant = datetime(1988, 7, 1, 15, 30, tzinfo=UTC)
    assert days("Asia/Shanghai", 1, [instant]) == [(date(1988, 7, 2), date(1988, 7, 2))]
