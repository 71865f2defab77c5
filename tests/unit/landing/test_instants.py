"""Times: every way a source writes an instant, held against Python's own zones."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.sources.typed import instant

from .conftest import Company

ZONES = [
    "Asia/Shanghai",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "UTC",
    "Asia/Kathmandu",
]
CONTRACT = """
source: x
timezone: America/Sao_Paulo
tables:
  times:
    files: x/*/*.csv
    format: csv
    columns: {{id: {{type: text}}, value: {{{column}}}}}
"""


def landed(company: Company, column: str, *values: str) -> list[object]:
    """What the values become, in order; None where the row is refused."""
    company.write("contracts/x.yml", CONTRACT.format(column=column))
    company.drop(
        "x/2026-01-05/a.csv", "id,value\n" + "".join(f"{at},{value}\n" for at, value in enumerate(values))
    )
    company.night("times", "x")
    found = dict(company.rows("SELECT id, value FROM landing.x__times"))
    return [found.get(str(at)) for at in range(len(values))]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_hour_that_came_twice_is_the_first_one(company: Company) -> None:
    """Sao Paulo set its clocks back at midnight of 18 February 2018: 23:00 to 24:00 of the 17th came
    twice."""
    assert landed(
        company, "type: timestamp", "2018-02-17 22:59:59", "2018-02-17 23:30:00", "2018-02-18 00:00:00"
    ) == [
        at("2018-02-17T22:59:59-02:00"),
        at("2018-02-17T23:30:00-02:00"),
        at("2018-02-18T00:00:00-03:00"),
    ]


def test_an_hour_that_never_came_is_read_by_the_clock_before(company: Company) -> None:
    """On 4 November 2018 the clocks went from midnight to one o'clock."""
    assert landed(company, "type: timestamp", "2018-11-04 00:30:00", "2018-11-04 01:00:00") == [
        at("2018-11-04T00:30:00-03:00"),
        at("2018-11-04T01:00:00-02:00"),
    ]


@given(
    naive=st.datetimes(min_value=datetime(1975, 1, 1), max_value=datetime(2035, 1, 1)),
    zone=st.sampled_from(ZONES),
)
@settings(max_examples=150, deadline=None)
def test_any_naive_time_means_what_python_says(naive: datetime, zone: str) -> None:
    naive = naive.replace(fold=0)
    [(seconds,)] = duckdb.execute(f"SELECT epoch_us({instant('$1::TIMESTAMP', zone)})", [naive]).fetchall()
    expected = naive.replace(tzinfo=ZoneInfo(zone)) - datetime(1970, 1, 1, tzinfo=UTC)
    assert seconds == expected // timedelta(microseconds=1)


@pytest.mark.parametrize("zone", ZONES)
def test_times_around_every_change_of_the_clock(zone: str) -> None:
    """Half-hours of each day on which the offset changed; Shanghai's summer times of 1986 to 1991 are among
    them."""
    info = ZoneInfo(zone)
    days = [datetime(1985, 1, 1, tzinfo=UTC) + timedelta(days=step) for step in range(365 * 45)]
    changed = [
        before
        for before, after in itertools.pairwise(days)
        if before.astimezone(info).utcoffset() != after.astimezone(info).utcoffset()
    ]
    naive = [
        (day - timedelta(hours=14)).replace(tzinfo=None) + timedelta(minutes=30 * step)
        for day in changed
        for step in range(110)
    ]
    found = duckdb.execute(
        f"SELECT epoch_us({instant('naive', zone)}) FROM (SELECT unnest($1::TIMESTAMP[]) AS naive)", [naive]
    ).fetchall()
    expected = [time.replace(tzinfo=info).timestamp() * 1_000_000 for time in naive]
    assert [seconds for (seconds,) in found] == expected
    assert bool(changed) == (zone != "UTC")


@pytest.mark.parametrize("type_", ["type: timestamp", "type: date, format: '%Y-%m-%d'", "type: instant"])
def test_words_are_no_times(company: Company, type_: str) -> None:
    """DuckDB's strptime takes some by any format."""
    words = ["infinity", "-Infinity", "epoch", " EPOCH ", "now", "today"]
    assert landed(company, type_, *words) == [None] * len(words)
    assert len(company.quarantined()) == len(words)


def test_early_years_are_times(company: Company) -> None:
    assert landed(
        company, "type: timestamp", "1900-01-01 00:00:00", "1899-12-31 23:59:59", "0001-02-03 00:00:00"
    ) == [
        at("1900-01-01T00:00:00-03:06:28"),
        at("1899-12-31T23:59:59-03:06:28"),
        at("0001-02-03T00:00:00-03:06:28"),
    ]


def test_epochs(company: Company) -> None:
    assert landed(company, "type: epoch_ms", "1767484800123", "0", "1e9", "soon", "99999999999999999") == [
        at("2026-01-04T00:00:00.123+00:00"), at("1970-01-01T00:00:00+00:00"), None, None, None,
    ]  # fmt: skip
    assert len(company.quarantined()) == 3


def test_epoch_seconds(company: Company) -> None:
    assert (
        landed(company, "type: epoch_s", "1767484800", "1767484800.0")
        == [at("2026-01-04T00:00:00+00:00")] * 2
    )


def test_instants_need_their_offset(company: Company) -> None:
    assert landed(
        company,
        "type: instant",
        "2026-01-04T08:00:00+08:00",
        "2026-01-04 08:00:00.5+0800",
        "2026-01-04T00:00:00Z",
        "2026-01-04 08:00:00+08",
        "2026-01-04T08:00:00",
        "2026-13-04T08:00:00Z",
    ) == [
        at("2026-01-04T00:00:00+00:00"), at("2026-01-04T00:00:00.5+00:00"), at("2026-01-04T00:00:00+00:00"),
        at("2026-01-04T00:00:00+00:00"), None, None,
    ]  # fmt: skip


def test_a_list_of_formats_and_a_zone_of_its_own(company: Company) -> None:
    column = "type: timestamp, zone: Asia/Shanghai, format: ['%Y/%m/%d %H:%M', '%Y%m%d%H%M%S']"
    assert landed(company, column, "2026/01/04 08:00", "20260104080001", "2026-01-04 08:00:00") == [
        at("2026-01-04T08:00:00+08:00"),
        at("2026-01-04T08:00:01+08:00"),
        None,
    ]


def test_dates(company: Company) -> None:
    found = landed(
        company,
        "type: date",
        "2026-01-31",
        "2026-01-31 00:00:00",
        "2026-02-30",
        "31.01.2026",
        "2026-01-31 10:00:00",
    )
    assert [str(day) if day else None for day in found] == ["2026-01-31", "2026-01-31", None, None, None]


def test_numbers_and_booleans(company: Company) -> None:
    assert landed(company, "type: integer", "12", "+12", "12.0", "1e3", "0x10", "1_000", "2147483648") == [
        12, 12, 12, None, None, None, None,
    ]  # fmt: skip
    decimals = landed(company, "type: decimal", "12.5", "12.345", "1_0", "1 000", "-0.1")
    assert [str(value) for value in decimals] == [
        "12.50", "12.35", "None", "None", "-0.10",
    ]  # fmt: skip
    assert landed(company, "type: boolean", "1", "True", "是", "n", "0", "maybe") == [
        True,
        True,
        True,
        False,
        False,
        None,
    ]
