"""Signal or noise: the limits and signals of the trend and of the stages, held to fractions worked out here."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, pairwise

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dashboards.published import QUERIES

FIRST = date(2026, 1, 1)
FACTOR = Fraction("2.66")
LEAST, RUN, SAMPLE = 8, 8, 30
BOUND = {
    "places": [], "carriers": [], "types": [], "minimum_sample": SAMPLE, "wilson_z": 1.959964,
    "xmr_factor": float(FACTOR), "xmr_minimum_points": LEAST, "xmr_run_length": RUN,
}  # fmt: skip
Point = tuple[int, int]


@pytest.fixture(scope="module")
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """The two roll-ups, empty, and the queries' own macros."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as published")
        connection.execute("create schema published.marts")
        connection.execute(
            """create table published.marts.agg_on_time_daily (
                day date, place varchar, carrier varchar, order_type varchar, signed_on_time_orders bigint,
                signed_orders bigint, erp_on_time_orders bigint, erp_shipped_orders bigint
            )"""
        )
        connection.execute(
            """create table published.marts.agg_stage_daily (day date, stage varchar, place varchar, carrier varchar,
            order_type varchar, suborders bigint, actual_minutes double, standard_minutes double)"""
        )
        for statement in duckdb.extract_statements((QUERIES / "words.sql").read_text(encoding="utf-8")):
            if any(
                name in statement.query
                for name in ("is_chosen(", "rate(", "wilson(", "side_of(", "is_outside(")
            ):
                connection.execute(statement)
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, query: str, **values: object) -> list[dict]:
    text = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    wanted = set().union(*(part.named_parameters for part in duckdb.extract_statements(text)))
    cursor = connection.execute(
        text, {name: value for name, value in {**BOUND, **values}.items() if name in wanted}
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def trend(connection: duckdb.DuckDBPyConnection, points: list[Point]) -> list[dict]:
    """The rows of the trend by day, with `k of n` on each day in turn."""
    connection.execute("delete from published.marts.agg_on_time_daily")
    connection.execute(
        """insert into published.marts.agg_on_time_daily
        select ?::date + unnest(range(len(?)))::integer, 'A', 'C', 'T', unnest(?), unnest(?), 0, 0""",
        [FIRST, [k for k, _ in points], [k for k, _ in points], [n for _, n in points]],
    )
    last = FIRST + timedelta(days=len(points) - 1)
    return ask(connection, "trend", grain="day", from_day=FIRST.isoformat(), to_day=last.isoformat())


def test_limits_by_hand(marts: duckdb.DuckDBPyConnection) -> None:
    # 90 and 92 in turn, then 80: mean 808 / 9; steps seven times 2 and once 12: 26 / 8 = 3.25; 2.66 × 3.25 = 8.645
    rows = trend(marts, [(90, 100), (92, 100)] * 4 + [(80, 100)])
    assert rows[0]["centre"] == pytest.approx(0.8977777778, abs=1e-9)
    assert rows[0]["low_limit"] == pytest.approx(0.8113277778, abs=1e-9)
    assert rows[0]["high_limit"] == pytest.approx(0.9842277778, abs=1e-9)
    assert [row["is_outside"] for row in rows] == [False] * 8 + [True]
    assert [row["side"] for row in rows] == [1] * 8 + [-1]
    assert [row["is_run"] for row in rows] == [True] * 8 + [False]
    assert (rows[3]["run_first"], rows[3]["run_last"], rows[3]["run_length"]) == (
        FIRST, FIRST + timedelta(days=7), 8,
    )  # fmt: skip


def test_a_day_with_too_few_orders_plays_no_part_and_breaks_no_run(marts: duckdb.DuckDBPyConnection) -> None:
    without = trend(marts, [(90, 100), (92, 100)] * 4 + [(80, 100)])
    rows = trend(marts, [(90, 100), (92, 100), (0, 29)] + [(90, 100), (92, 100)] * 3 + [(80, 100)])
    assert rows[2]["centre"] is None and rows[2]["is_too_few"] and not rows[2]["is_outside"]
    for name in ("centre", "low_limit", "high_limit"):
        assert rows[0][name] == pytest.approx(without[0][name])
    assert [row["is_run"] for row in rows] == [True] * 2 + [False] + [True] * 6 + [False]


def test_seven_days_give_no_limits_and_eight_do(marts: duckdb.DuckDBPyConnection) -> None:
    assert {row["centre"] for row in trend(marts, [(90, 100)] * 7)} == {None}
    assert all(row["centre"] == pytest.approx(0.9) for row in trend(marts, [(90, 100)] * 8))


def test_limits_stay_within_nothing_and_everything(marts: duckdb.DuckDBPyConnection) -> None:
    row = trend(marts, [(0, 100), (100, 100)] * 4)[0]
    assert (row["low_limit"], row["high_limit"]) == (0, 1)


def test_a_process_that_never_moves_gives_no_signal(marts: duckdb.DuckDBPyConnection) -> None:
    # thirds and sevenths do not add up exactly in floating point
    for k, n in ((33, 99), (30, 70), (87, 91)):
        rows = trend(marts, [(k, n)] * 23)
        assert not any(row["is_outside"] or row["is_run"] for row in rows)


@given(
    st.lists(
        st.integers(20, 60).flatmap(lambda n: st.tuples(st.integers(n // 2, n), st.just(n))), max_size=40
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_limits_and_signals_are_those_of_fractions(
    marts: duckdb.DuckDBPyConnection, points: list[Point]
) -> None:
    assume(points)
    solid = [(day, Fraction(k, n)) for day, (k, n) in enumerate(points) if n >= SAMPLE]
    rows = trend(marts, points)
    assert [row["centre"] is not None for row in rows] == [
        n >= SAMPLE and len(solid) >= LEAST for _, n in points
    ]
    if len(solid) < LEAST:
        return
    values = [value for _, value in solid]
    centre = sum(values) / len(values)
    width = FACTOR * sum(abs(b - a) for a, b in pairwise(values)) / (len(values) - 1)
    # nearer than floating point can tell is nobody's business
    assume(not any(0 < abs(abs(value - centre) - width) < 1e-8 for value in values))
    assume(not any(0 < abs(value - centre) < 1e-8 for value in values))
    runs: set[int] = set()
    for side, group in groupby(solid, key=lambda point: (point[1] > centre) - (point[1] < centre)):
        days = [day for day, _ in group]
        runs |= set(days) if side and len(days) >= RUN else set()
    for day, value in solid:
        row = rows[day]
        assert row["centre"] == pytest.approx(float(centre))
        assert row["low_limit"] == pytest.approx(float(max(0, centre - width)), abs=1e-12)
        assert row["high_limit"] == pytest.approx(float(min(1, centre + width)), abs=1e-12)
        assert row["is_outside"] == (abs(value - centre) > width)
        assert row["is_run"] == (day in runs)


LAST = date(2026, 3, 31)


def signals(
    connection: duckdb.DuckDBPyConnection, weeks: list[tuple[int, int]], period_days: int
) -> list[dict]:
    """Weeks of `sub-orders, minutes taken for each against a standard of 100`, the last one ends on LAST."""
    connection.execute("delete from published.marts.agg_stage_daily")
    for back, (suborders, took) in enumerate(reversed(weeks)):
        # on the first and the last day of the week: both belong to it
        for day in (LAST - timedelta(days=7 * back + 6), LAST - timedelta(days=7 * back)):
            connection.execute(
                "insert into published.marts.agg_stage_daily values (?, 'transfer', 'WH_B', 'C', 'T', ?, ?, ?)",
                [day, suborders // 2, suborders // 2 * took, suborders // 2 * 100],
            )
    return ask(
        connection,
        "stage_signals",
        to_day=LAST.isoformat(),
        span_days=7,
        look_back_days=91,
        period_days=period_days,
    )


CALM = [(40, 102), (40, 98)] * 6


def test_a_slow_week_is_a_signal_with_its_days(marts: duckdb.DuckDBPyConnection) -> None:
    # ±2 % in turn, then 30 %: mean 30 / 13 = 2.3 %; steps eleven times 4 and once 32: 76 / 12, × 2.66 = 16.8 %
    (row,) = signals(marts, [*CALM, (40, 130)], 7)
    assert (row["is_signal"], row["side"]) == (True, 1)
    assert (row["first_day"], row["last_day"]) == (date(2026, 3, 25), date(2026, 3, 31))


def test_a_week_of_its_usual_kind_is_noise(marts: duckdb.DuckDBPyConnection) -> None:
    (row,) = signals(marts, [*CALM, (40, 103)], 7)
    assert (row["is_signal"], row["side"], row["first_day"]) == (False, None, None)


def test_a_signal_before_the_period_is_none_of_its(marts: duckdb.DuckDBPyConnection) -> None:
    weeks = [*CALM, (40, 130), (40, 102), (40, 98)]
    assert not signals(marts, weeks, 14)[0]["is_signal"]
    (row,) = signals(marts, weeks, 21)
    assert row["is_signal"] and row["last_day"] == date(2026, 3, 17)


def test_a_week_with_too_few_sub_orders_is_no_signal(marts: duckdb.DuckDBPyConnection) -> None:
    assert not signals(marts, [*CALM, (28, 190)], 7)[0]["is_signal"]


def test_too_few_weeks_have_no_word(marts: duckdb.DuckDBPyConnection) -> None:
    assert signals(marts, CALM[:7], 7) == []
    assert len(signals(marts, CALM[:8], 7)) == 1


def test_eight_weeks_on_the_fast_side_are_a_signal(marts: duckdb.DuckDBPyConnection) -> None:
    weeks = [(40, 100), (40, 130)] * 2 + [(40, 115), *[(40, 102)] * 8]
    # mean (30 + 30 + 15 + 16) / 13 = 7 %; steps 30, 30, 30, 15, 13: 118 / 12 × 2.66 = 26.2 %: none is outside
    (row,) = signals(marts, weeks, 7)
    assert (row["is_signal"], row["side"]) == (True, -1)
    assert not signals(marts, weeks[:-1], 7)[0]["is_signal"]
