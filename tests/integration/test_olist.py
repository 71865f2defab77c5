"""99,441 real orders: what is published must be, order by order, what an independent count says.

The count is `olist_oracle.sql`: plain SQL over Olist's own tables that shares nothing with the project.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, REPOSITORY, Settings

pytestmark = pytest.mark.real

OLIST = REPOSITORY.parent / "shared" / "real" / "olist"
ORACLE = Path(__file__).with_name("olist_oracle.sql")
LIMITS = {"olist": "end_of_day", "olist_instant": "instant"}

# What the founders counted: promised orders signed, on time, late, late of which the ERP calls on time.
EXPECTED = {"olist": (96_476, 89_941, 6_535, 4_720), "olist_instant": (96_476, 88_649, 7_827, 5_698)}


@pytest.fixture(scope="module", params=list(LIMITS))
def profile(request: pytest.FixtureRequest) -> str:
    if not (OLIST / "orders.parquet").is_file():
        pytest.skip(f"LEFT OUT: the real orders of Olist are not at {OLIST}")
    return str(request.param)


@pytest.fixture(scope="module")
def warehouse(profile: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file of a night over the profile as `published`, beside the independent count."""
    home = tmp_path_factory.mktemp("data") / profile
    night = run_night(
        Settings(
            profile=profile,
            profile_dir=PROFILES / profile,
            source_dir=OLIST,
            home=home,
            as_of=None,
            port=0,
        )
    )
    assert night.status == "published", night.message
    with duckdb.connect() as connection:
        given = {"olist": str(OLIST), "limit": LIMITS[profile]}
        for statement in connection.extract_statements(ORACLE.read_text(encoding="utf-8")):
            connection.execute(statement, {name: given[name] for name in statement.named_parameters})
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{night.published_file}' as published (read_only)")
        yield connection


def one(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> tuple[object, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def test_the_independent_count_gives_the_figures_the_founders_counted(
    warehouse: duckdb.DuckDBPyConnection, profile: str
) -> None:
    signed = one(
        warehouse,
        """
        select
            count(*), count(*) filter (is_on_time), count(*) filter (not is_on_time),
            count(*) filter (not is_on_time and is_erp_on_time)
        from verdicts
        where signed_at is not null and promised_at is not null
        """,
    )
    assert signed == EXPECTED[profile]
    handed_over = one(
        warehouse,
        """
        select
            count(handed_over_at), count(*) filter (is_erp_on_time),
            count(handed_over_at) filter (signed_at is not null),
            count(*) filter (is_erp_on_time and signed_at is not null),
            count(handed_over_at) filter (ship_by_at is null)
        from verdicts
        """,
    )
    assert handed_over == (97_658, 88_809, 96_475, 87_762, 1)
    odd = one(
        warehouse,
        """
        select
            count(*), count(*) filter (ship_by_at is null),
            count(*) filter (is_cancelled and signed_at is not null)
        from verdicts
        """,
    )
    assert odd == (99_441, 775, 6)


def test_published_orders_signed_late_and_on_time_are_those_figures(
    warehouse: duckdb.DuckDBPyConnection, profile: str
) -> None:
    published = one(
        warehouse,
        """
        select
            count(*), count(*) filter (is_on_time), count(*) filter (not is_on_time),
            count(*) filter (not is_on_time and is_erp_on_time)
        from published.marts.fct_orders
        where signed_at is not null and promised_at is not null
        """,
    )
    assert published == EXPECTED[profile]


def test_every_order_is_as_counted(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = """
        select
            order_id, placed_at, promised_at, signed_at,
            case when is_cancelled then last_known_at end, is_cancelled and signed_at is null,
            is_on_time, handed_over_at, ship_by_at, is_erp_on_time, is_due, suborders, first_code
        from verdicts
        left join (
            select order_id, count(*) as suborders, min(fulfilment_code) as first_code
            from parts
            group by order_id
        ) using (order_id)
    """
    published = """
        select
            order_id, placed_at::timestamp, promised_at::timestamp, signed_at::timestamp,
            cancelled_at::timestamp, is_cancelled, is_on_time,
            erp_shipped_at::timestamp, erp_ship_by_at::timestamp, is_erp_on_time, is_due,
            suborder_count, deciding_suborder
        from published.marts.fct_orders
    """
    assert one(warehouse, f"select count(*) from ({published})") == (99_441,)
    assert warehouse.execute(f"({counted}) except all ({published}) limit 5").fetchall() == []
    assert warehouse.execute(f"({published}) except all ({counted}) limit 5").fetchall() == []


def test_every_order_is_late_or_early_by_the_counted_minutes(warehouse: duckdb.DuckDBPyConnection) -> None:
    differing = warehouse.execute("""
        select order_id, verdicts.lateness_minutes, orders.lateness_minutes
        from verdicts
        inner join published.marts.fct_orders as orders using (order_id)
        where
            (verdicts.lateness_minutes is null) <> (orders.lateness_minutes is null)
            or abs(verdicts.lateness_minutes - orders.lateness_minutes) > 1e-6
        limit 5
    """).fetchall()
    assert differing == []


def test_every_suborder_leaves_from_a_state_of_its_sellers_with_the_milestones_of_its_order(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    counted = """
        select
            fulfilment_code, order_id, place, 'unknown', 'direct', placed_at, paid_at, handed_over_at,
            signed_at
        from parts
        inner join raw_orders using (order_id)
    """
    published = """
        select
            fulfilment_code, order_id, origin_place, carrier, route, placed_at::timestamp, paid_at::timestamp,
            picked_up_at::timestamp, signed_at::timestamp
        from published.marts.fct_suborders
    """
    assert one(warehouse, f"select count(*) from ({published})") == (99_958,)
    assert warehouse.execute(f"({counted}) except all ({published}) limit 5").fetchall() == []
    assert warehouse.execute(f"({published}) except all ({counted}) limit 5").fetchall() == []


def test_orders_never_multiply_by_their_items_or_suborders(warehouse: duckdb.DuckDBPyConnection) -> None:
    daily = one(
        warehouse,
        """
        select
            sum(signed_orders), sum(signed_on_time_orders), sum(due_orders), sum(due_kept_orders),
            sum(erp_shipped_orders), sum(erp_on_time_orders), sum(unpromised_orders)
        from published.marts.agg_on_time_daily
        """,
    )
    counted = one(
        warehouse,
        """
        select
            count(signed_at), count(*) filter (is_on_time), count(*) filter (is_due),
            count(*) filter (is_due and is_on_time), count(handed_over_at),
            count(*) filter (is_erp_on_time), 0
        from verdicts
        """,
    )
    assert daily == counted


def test_each_stage_deviates_in_each_month_and_state_as_counted(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = """
        select
            month, stage, stage_place as place, suborders, actual_us, deviation,
            case
                when suborders < 30 or deviation is null then 'grey'
                when deviation < 0.05 then 'green'
                when deviation <= 0.10 then 'yellow'
                else 'red'
            end as colour
        from deviations
    """
    published = """
        select
            period_start as month, stage, place, suborders,
            round(actual_minutes * 60000000)::bigint as actual_us, deviation, colour
        from published.marts.agg_stage_deviation
        where period = 'month' and suborders > 0
    """
    # The standard is a mean, rounded to a microsecond: the deviation may differ in its ninth digit.
    differing = f"""
        select *
        from ({counted}) as counted
        full join ({published}) as published using (month, stage, place)
        where
            (counted.suborders, counted.actual_us, counted.colour)
            is distinct from (published.suborders, published.actual_us, published.colour)
            or (counted.deviation is null) <> (published.deviation is null)
            or abs(counted.deviation - published.deviation) > 1e-6
        limit 5
    """
    assert one(warehouse, f"select count(*) > 300 from ({counted}) where colour <> 'grey'") == (True,)
    assert warehouse.execute(differing).fetchall() == []


def test_the_rates_of_the_whole_history_are_the_counted_ones(warehouse: duckdb.DuckDBPyConnection) -> None:
    rates = warehouse.execute("""
        select metric, numerator, denominator
        from published.marts.kpi
        where
            period = 'all'
            and metric in ('true_on_time_rate', 'promise_kept_rate', 'erp_on_time_rate', 'promised_share')
        order by metric
    """).fetchall()
    on_time, signed, kept, due, erp, shipped = one(
        warehouse,
        """
        select
            count(*) filter (is_on_time), count(signed_at), count(*) filter (is_due and is_on_time),
            count(*) filter (is_due), count(*) filter (is_erp_on_time), count(handed_over_at)
        from verdicts
        """,
    )
    assert rates == [
        ("erp_on_time_rate", erp, shipped),
        ("promise_kept_rate", kept, due),
        ("promised_share", signed, signed),
        ("true_on_time_rate", on_time, signed),
    ]


def test_each_months_rate_is_the_counted_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = """
        select date_trunc('month', local_day(signed_at))::date, count(*) filter (is_on_time), count(*)
        from verdicts
        where signed_at is not null
        group by all
    """
    published = """
        select period_start, numerator, denominator
        from published.marts.kpi
        where metric = 'true_on_time_rate' and period = 'month' and denominator > 0
    """
    assert one(warehouse, f"select count(*) > 20 from ({counted})") == (True,)
    assert warehouse.execute(f"({counted}) except all ({published})").fetchall() == []
    assert warehouse.execute(f"({published}) except all ({counted})").fetchall() == []


def test_the_bridge_ends_at_the_kept_promises(warehouse: duckdb.DuckDBPyConnection) -> None:
    steps = warehouse.execute("""
        select step, numerator, denominator
        from published.marts.bridge
        where period = 'all'
        order by step_number
    """).fetchall()
    erp, shipped, erp_due, due, kept = one(
        warehouse,
        """
        select
            count(*) filter (is_erp_on_time), count(handed_over_at),
            count(*) filter (is_due and is_erp_on_time), count(*) filter (is_due),
            count(*) filter (is_due and is_on_time)
        from verdicts
        """,
    )
    # One signature an order: the steps between are equal. No receipts and no wished day: no last two steps.
    assert steps == [
        ("erp", erp, shipped),
        ("erp_due", erp_due, due),
        ("first_suborder", kept, due),
        ("all_suborders", kept, due),
        ("valid_signature", kept, due),
    ]


def test_every_row_of_the_four_tables_is_accepted(warehouse: duckdb.DuckDBPyConnection) -> None:
    loads = warehouse.execute("""
        select table_name, sum(rows_read), sum(rows_accepted), sum(rows_quarantined), sum(rows_duplicate)
        from published.meta.loads
        group by table_name
        order by table_name
    """).fetchall()
    assert loads == [
        ("customers", 99_441, 99_441, 0, 0),
        ("order_items", 112_650, 112_650, 0, 0),
        ("orders", 99_441, 99_441, 0, 0),
        ("sellers", 3_095, 3_095, 0, 0),
    ]


def test_now_is_the_end_of_the_last_day_on_which_anything_happened(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    published = one(warehouse, "select as_of::timestamp from published.meta.run")
    assert published == one(warehouse, "select as_of from clock")
