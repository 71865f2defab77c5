"""What the pages ask, held to what the marts hold and to counts made here another way."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from dashboards.published import Row, ask, open_published

NOBODY: dict[str, list[str]] = {"places": [], "carriers": [], "types": []}
JANUARY = {"from_day": "2026-01-01", "to_day": "2026-01-31", "lang": "en", **NOBODY}
FEBRUARY = {"from_day": "2026-02-01", "to_day": "2026-02-28", "lang": "en", **NOBODY}
BOTH = {**JANUARY, "to_day": "2026-02-28"}


def fetch(file: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(("values", "start"), [(JANUARY, "2026-01-01"), (FEBRUARY, "2026-02-01")])
def test_unfiltered_rates_are_the_published_ones(published: Path, values: dict, start: str) -> None:
    shown = {
        row["metric"]: (row["numerator"], row["denominator"]) for row in ask(published, "rates", **values)
    }
    query = f"""select metric, numerator, denominator from marts.kpi
        where period = 'month' and period_start = '{start}'"""
    assert shown == {metric: (k, n) for metric, k, n in fetch(published, query)}
    assert len(shown) == 7


def test_filtered_rates_count_the_orders_of_that_place_carrier_and_type(published: Path) -> None:
    values = {**FEBRUARY, "places": ["WH_B", "FW_1"], "carriers": ["SF"], "types": ["batches"]}
    row = next(row for row in ask(published, "rates", **values) if row["metric"] == "true_on_time_rate")
    counted = fetch(
        published,
        """
        select count(*) filter (signed_at <= promised_at), count(*)
        from marts.fct_orders
        where promised_at is not null and place <> 'WH_A' and carrier = 'SF' and order_type = 'batches'
            and signed_at > timestamp '2026-02-01' and signed_at <= timestamp '2026-03-01'
        """,
    )
    assert [(row["numerator"], row["denominator"])] == counted
    assert row["denominator"] > 30


def test_a_metric_without_data_is_absent_though_it_could_be_counted_as_zero(published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from marts.kpi where metric = 'in_full_on_time_rate'")
    assert "in_full_on_time_rate" not in {row["metric"] for row in ask(published, "rates", **FEBRUARY)}


# the roots of (n + z²) p² − (2k + z²) p + k²/n = 0 with z = 1.959964, worked out by hand
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 100, 0.722212, 0.874852),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (1, 2, 0.094531, 0.905469),
    ],
)
def test_wilson_interval(published: Path, k: int, n: int, low: float, high: float) -> None:
    with open_published(published) as connection:
        found = connection.execute(
            "select wilson(?, ?, -1.959964), wilson(?, ?, 1.959964)", [k, n, k, n]
        ).fetchone()
    assert found == pytest.approx((low, high), abs=5e-7)


def test_wilson_interval_of_nothing_is_nothing(published: Path) -> None:
    with open_published(published) as connection:
        assert connection.execute("select wilson(0, 0, -1.959964)").fetchone() == (None,)


HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("suborders", "actual", "standard", "colour"),
    [
        (30, 105 * HOUR - 1, 100 * HOUR, "green"),
        (30, 105 * HOUR, 100 * HOUR, "yellow"),
        (30, 110 * HOUR, 100 * HOUR, "yellow"),
        (30, 110 * HOUR + 1, 100 * HOUR, "red"),
        (29, 200 * HOUR, 100 * HOUR, "grey"),
        (30, 5 * HOUR, 0, "grey"),
        # a year of a big company: beyond what 64 bits hold once multiplied by 100
        (10_000_000, 111 * 10**15, 100 * 10**15, "red"),
    ],
)
def test_colour_to_the_microsecond(
    published: Path, suborders: int, actual: int, standard: int, colour: str
) -> None:
    with open_published(published) as connection:
        query = "select colour(?, ?::hugeint, ?::hugeint, 30, 5, 10)"
        assert connection.execute(query, [suborders, actual, standard]).fetchone() == (colour,)


@pytest.mark.parametrize(("values", "start"), [(JANUARY, "2026-01-01"), (FEBRUARY, "2026-02-01")])
def test_unfiltered_stages_have_the_published_colours(published: Path, values: dict, start: str) -> None:
    shown = {
        (row["stage"], row["place"]): (row["suborders"], row["colour"])
        for row in ask(published, "stages", **values)
        if row["suborders"]
    }
    query = f"""select stage, place, suborders, colour from marts.agg_stage_deviation
        where period = 'month' and period_start = '{start}'"""
    assert shown == {(stage, place): (n, colour) for stage, place, n, colour in fetch(published, query)}
    assert {colour for _, colour in shown.values()} >= {"green", "yellow", "red", "grey"}


def stage(rows: list[Row], name: str, place: str) -> Row:
    return next(row for row in rows if (row["stage"], row["place"]) == (name, place))


def test_the_transfer_at_warehouse_b_is_red_in_january_and_green_in_february(published: Path) -> None:
    january = stage(ask(published, "stages", **JANUARY), "transfer", "WH_B")
    february = stage(ask(published, "stages", **FEBRUARY), "transfer", "WH_B")
    assert (january["colour"], round(january["deviation"], 3)) == ("red", 0.142)
    assert (february["colour"], round(february["deviation"], 3)) == ("green", 0.021)


def test_a_stage_in_which_everything_is_stuck_is_there(published: Path) -> None:
    row = stage(ask(published, "stages", **FEBRUARY), "picked_to_packed", "FW_1")
    assert (row["suborders"], row["open_overdue"], row["colour"]) == (0, 41, "grey")


def test_stages_come_in_the_order_in_which_an_order_passes_them(published: Path) -> None:
    names = list(dict.fromkeys(row["stage"] for row in ask(published, "stages", **FEBRUARY)))
    assert names == [
        "placed_to_paid",
        "finance_approved_to_pick_started",
        "transfer",
        "pick_started_to_picked",
        "picked_to_packed",
        "picked_up_to_hub_arrived",
    ]


def test_overdue_is_what_was_open_past_its_promise_at_the_end_of_the_period(published: Path) -> None:
    for values, end in ((JANUARY, "2026-02-01"), (FEBRUARY, "2026-03-01")):
        rows = ask(published, "overdue", **values)
        counted = fetch(
            published,
            f"""select count(*),
                max(date_diff('minute', promised_at, timestamptz '{end} 00:00:00+08') // 1440)
            from marts.fct_orders where promised_at <= timestamptz '{end} 00:00:00+08'
            and (signed_at is null or signed_at > timestamptz '{end} 00:00:00+08')""",
        )
        shown = sum(row["orders"] for row in rows), max(row["oldest_days"] or 0 for row in rows)
        assert [shown] == counted
        running = fetch(
            published,
            f"""select sum(overdue_opened_orders - overdue_closed_orders)
            from marts.agg_on_time_daily where day < '{end}'""",
        )
        assert shown[0] == running[0][0]


def test_points_of_the_bridge_sum_to_last_minus_first(published: Path) -> None:
    rows = ask(published, "bridge", **BOTH)
    assert [row["step"] for row in rows] == [
        "erp", "erp_due", "first_suborder", "all_suborders", "valid_signature", "in_full",
    ]  # fmt: skip
    total = sum(row["points"] for row in rows[1:])
    assert total == pytest.approx(100 * (rows[-1]["rate"] - rows[0]["rate"]), abs=1e-9)


def test_a_step_without_data_is_absent(published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from marts.agg_bridge_daily where step = 'in_full'")
    assert ask(published, "bridge", **BOTH)[-1]["step"] == "valid_signature"


def test_shares_of_the_late_time_sum_to_one_and_minutes_to_the_lateness(published: Path) -> None:
    rows = ask(published, "lateness", **{**FEBRUARY, "places": ["WH_B"]})
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    late = fetch(
        published,
        """select sum(lateness_minutes) from marts.fct_orders
        where lateness_minutes > 0 and place = 'WH_B' and signed_day between '2026-02-01' and '2026-02-28'""",
    )
    assert sum(row["minutes"] for row in rows) == pytest.approx(late[0][0])


def test_late_to_the_customer_though_on_time_to_the_erp(published: Path) -> None:
    shown = ask(published, "late_to_customer", **FEBRUARY)[0]
    counted = fetch(
        published,
        """select count(*), count(*) filter (is_erp_on_time) from marts.fct_orders
        where signed_at > promised_at and month(signed_day) = 2""",
    )
    assert [(shown["late_orders"], shown["late_though_erp_on_time"])] == counted


def test_the_trend_has_a_row_for_every_day_also_for_one_without_orders(published: Path) -> None:
    rows = ask(published, "trend", **JANUARY, grain="day")
    assert [row["start"] for row in rows] == [date(2026, 1, d) for d in range(1, 32)]
    assert rows[0]["orders"] == 0 and rows[0]["value"] is None and rows[0]["is_too_few"]


def test_the_trend_by_month_is_the_published_rate(published: Path) -> None:
    rows = ask(published, "trend", **BOTH, grain="month")
    query = """select period_start, value from marts.kpi
        where metric = 'true_on_time_rate' and period = 'month' order by 1"""
    assert [(row["start"], row["value"]) for row in rows] == fetch(published, query)


def test_a_month_of_stragglers_is_not_where_the_page_opens(published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """update marts.kpi set denominator = 12
            where metric = 'erp_on_time_rate' and period = 'month' and period_start = '2026-02-01'"""
        )
    first_with_enough = next(row for row in ask(published, "months") if row["is_enough"])
    assert first_with_enough["month"] == date(2026, 1, 1)
