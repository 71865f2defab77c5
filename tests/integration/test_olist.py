"""Olist: what is published must be, order by order, what an independent count says.

The count is `olist_oracle.sql`: plain SQL over Olist's own tables that shares nothing with the project. It is
held against the 99,441 real orders, and against 3,000 made ones that sit on every edge (`olist_made.sql`).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, REPOSITORY, Settings

OLIST = REPOSITORY.parent / "shared" / "real" / "olist"
HERE = Path(__file__).parent
LIMITS = {"olist": "end_of_day", "olist_instant": "instant"}

# What the founders counted: promised orders signed, on time, late, late of which the ERP calls on time.
EXPECTED = {"olist": (96_476, 89_941, 6_535, 4_720), "olist_instant": (96_476, 88_649, 7_827, 5_698)}

Connection = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Connection]]:
    """A night over a profile: its published file, as `published`, beside the independent count."""

    @cache
    def orders(kind: str) -> Path:
        if kind == "real":
            return OLIST
        folder = tmp_path_factory.mktemp("made")
        with duckdb.connect() as connection:
            connection.execute((HERE / "olist_made.sql").read_text(encoding="utf-8"))
            for table in ("orders", "order_items", "sellers", "customers"):
                connection.execute(f"copy {table} to '{folder / table}.parquet' (format parquet)")
        return folder

    @cache
    def build(profile: str, kind: str) -> Connection:
        night = run_night(
            Settings(
                profile=profile,
                profile_dir=PROFILES / profile,
                source_dir=orders(kind),
                home=tmp_path_factory.mktemp("home") / profile,
                as_of=None,
                port=0,
            ),
            with_quality=kind == "real",
        )
        assert night.status == "published", night.message
        connection = connections.enter_context(duckdb.connect())
        given = {"olist": str(orders(kind)), "limit": LIMITS[profile]}
        for statement in connection.extract_statements(
            (HERE / "olist_oracle.sql").read_text(encoding="utf-8")
        ):
            connection.execute(statement, {name: given[name] for name in statement.named_parameters})
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{night.published_file}' as published (read_only)")
        return connection

    with ExitStack() as connections:
        yield build


@pytest.fixture(
    scope="module",
    params=[
        ("olist", "made"),
        ("olist_instant", "made"),
        pytest.param(("olist", "real"), marks=pytest.mark.real),
        pytest.param(("olist_instant", "real"), marks=pytest.mark.real),
    ],
    ids="-".join,
)
def warehouse(request: pytest.FixtureRequest, built: Callable[[str, str], Connection]) -> Connection:
    return built(*request.param)


@pytest.fixture(scope="module", params=[pytest.param(profile, marks=pytest.mark.real) for profile in LIMITS])
def real(request: pytest.FixtureRequest, built: Callable[[str, str], Connection]) -> tuple[str, Connection]:
    """The profile's name, and its comparison over the real orders."""
    return request.param, built(request.param, "real")


def one(connection: Connection, query: str, *values: object) -> tuple[object, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def test_the_independent_count_gives_the_figures_the_founders_counted(real: tuple[str, Connection]) -> None:
    profile, warehouse = real
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


def test_published_orders_signed_late_and_on_time_are_those_figures(real: tuple[str, Connection]) -> None:
    profile, warehouse = real
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


def test_every_order_is_as_counted(warehouse: Connection) -> None:
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
    assert one(warehouse, f"select count(*) from ({published})") == one(
        warehouse, "select count(*) from raw_orders"
    )
    assert warehouse.execute(f"({counted}) except all ({published}) limit 5").fetchall() == []
    assert warehouse.execute(f"({published}) except all ({counted}) limit 5").fetchall() == []


def test_every_order_is_late_or_early_by_the_counted_minutes(warehouse: Connection) -> None:
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
    warehouse: Connection,
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
    assert one(warehouse, f"select count(*) from ({published})") == one(
        warehouse, "select count(*) from parts"
    )
    assert warehouse.execute(f"({counted}) except all ({published}) limit 5").fetchall() == []
    assert warehouse.execute(f"({published}) except all ({counted}) limit 5").fetchall() == []


def test_orders_never_multiply_by_their_items_or_suborders(warehouse: Connection) -> None:
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


def test_each_stage_deviates_in_each_month_and_state_as_counted(warehouse: Connection) -> None:
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
    assert one(warehouse, f"select count(*) > 100 from ({counted}) where colour <> 'grey'") == (True,)
    assert warehouse.execute(differing).fetchall() == []


def test_the_rates_of_the_whole_history_are_the_counted_ones(warehouse: Connection) -> None:
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


def test_each_months_rate_is_the_counted_one(warehouse: Connection) -> None:
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


def test_the_made_orders_sit_on_the_edges(built: Callable[[str, str], Connection]) -> None:
    made = built("olist", "made")
    edges = one(
        made,
        """
        select
            count(*) filter (signed_at = promised_at) > 100,
            count(*) filter (handed_over_at = ship_by_at) > 100,
            count(*) filter (is_cancelled and signed_at is not null) > 20,
            count(*) filter (is_cancelled and signed_at is null and not is_due) > 20,
            count(*) filter (is_cancelled and signed_at is null and is_due) > 5,
            count(*) filter (ship_by_at is null) > 100,
            count(*) filter (signed_at < handed_over_at) > 5,
            count(*) filter (paid_at is null) > 20,
            -- the midnights that do not exist
            count(*) filter (
                promised_at in (timestamp '2016-10-16 03:00', '2017-10-15 03:00', '2018-11-04 03:00')
            ) > 5
        from verdicts
        """,
    )
    assert edges == (True,) * 9


def test_the_bridge_ends_at_the_kept_promises(warehouse: Connection) -> None:
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


def test_every_row_of_the_four_tables_is_accepted(real: tuple[str, Connection]) -> None:
    _, warehouse = real
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
    warehouse: Connection,
) -> None:
    published = one(warehouse, "select as_of::timestamp from published.meta.run")
    assert published == one(warehouse, "select as_of from clock")
