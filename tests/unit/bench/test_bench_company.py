"""The bench company is what it says: the same from the same seed, about 21 events an order, and dirty."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.bench import company

ORDERS, A_DAY = 4_000, 60


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("bench"), seed=7)


@pytest.fixture
def raw(source: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Each raw table as a view, with the day of the drop that a row lies in."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        for table in company.TABLES:
            files = source / table.source / table.name / "*" / "*.parquet"
            connection.execute(
                f"""create view {table.name} as
                select * exclude (filename), split_part(filename, '/', -2)::date as drop_day
                from read_parquet('{files}', filename = true)"""
            )
        connection.execute(
            """create view events as
            select order_id, event_type, occurred_at, recorded_at, drop_day from statuses
            union all
            select order_id, event_type, occurred_at, scans.recorded_at, scans.drop_day
            from scans join suborders using (fulfilment_code)
            union all
            select order_id, event_type, occurred_at, tracks.recorded_at, tracks.drop_day
            from tracks join waybills using (carrier, waybill) join suborders using (fulfilment_code)
            union all
            select order_id, event_type, occurred_at, recorded_at, drop_day from contacts"""
        )
        yield connection


def made(folder: Path, seed: int) -> Path:
    company.generate(folder, ORDERS, seed, A_DAY)
    return folder


def content(source: Path) -> dict[str, tuple]:
    """Rows of each raw table, and what they add up to."""
    with duckdb.connect() as connection:
        return {
            table.name: connection.execute(
                "select count(*), sum(hash(raw)) from read_parquet($1) as raw",
                [str(source / table.source / table.name / "*" / "*.parquet")],
            ).fetchall()[0]
            for table in company.TABLES
        }


def one(raw: duckdb.DuckDBPyConnection, query: str) -> float:
    found = raw.execute(query).fetchone()
    assert found is not None
    return found[0]


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(source: Path, tmp_path: Path) -> None:
    assert content(made(tmp_path / "again", seed=7)) == content(source)
    assert content(made(tmp_path / "other", seed=8)) != content(source)


def test_no_order_depends_on_the_chunk_it_is_made_in(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company, "CHUNK_ORDERS", 10 * A_DAY)
    assert content(made(tmp_path, seed=7)) == content(source)


def test_an_order_has_about_21_events(raw: duckdb.DuckDBPyConnection) -> None:
    assert one(raw, "select count(*) from orders") == ORDERS
    grown = """select count(*) / count(distinct order_id) from events join orders using (order_id)
        where placed_at < (select max(placed_at) - interval 15 day from orders)"""
    assert 20.5 < one(raw, grown) < 22.5


def test_a_row_lies_in_the_drop_of_the_day_it_was_recorded_or_came_again_later(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    for table in company.TABLES:
        day = "cast(recorded_at - interval 1 microsecond as date)"
        assert one(raw, f"select count(*) from {table.name} where drop_day < {day}") == 0
        late = one(
            raw,
            f"select count(*) / (select count(*) from {table.name}) from {table.name} where drop_day > {day}",
        )
        assert late < 0.01 if table.twice == company.WITH_ID else late == 0
    assert one(raw, "select max(recorded_at) from tracks") <= company.end_of_history()


def test_some_events_are_delivered_twice_and_some_are_late(raw: duckdb.DuckDBPyConnection) -> None:
    again = "select 1 - count(distinct {key}) / count(*) from {table}"
    assert 0.007 < one(raw, again.format(key="scan_id", table="scans")) < 0.013
    assert (
        0.005
        < one(raw, again.format(key="(order_id, fulfilment_code, event_type)", table="statuses"))
        < 0.015
    )
    old = """select avg((events.drop_day - orders.drop_day >= 5)::integer)
        from events join orders using (order_id)"""
    assert 0.015 < one(raw, old) < 0.045


@pytest.mark.parametrize(
    ("what", "low", "high"),
    [
        ("select avg((waybill is null or event_type is null)::integer) from tracks", 0.0002, 0.0009),
        (
            "select count(*) / (select count(*) from suborders) from (select track_id from tracks"
            " group by track_id having count(distinct occurred_at) > 1)",
            0.001,
            0.006,
        ),
        ("select avg((wished_date is null)::integer) from orders", 0.04, 0.06),
        ("select count(*) / (select count(*) from orders) from suborders", 1.27, 1.34),
        ("select avg((route = 'transfer')::integer) from suborders", 0.18, 0.22),
        ("select avg((route = 'supplier')::integer) from suborders", 0.06, 0.10),
        ("select avg((order_type = 'batch_delivery')::integer) from orders", 0.012, 0.028),
        ("select count(replaces) / count(*) from suborders", 0.002, 0.009),
        ("select count(*) / (select count(*) from orders) from order_lines", 1.9, 2.1),
    ],
)
def test_shares(raw: duckdb.DuckDBPyConnection, what: str, low: float, high: float) -> None:
    assert low < one(raw, what) < high


@pytest.mark.parametrize(
    ("event_type", "low", "high"),
    [
        ("received_click", 0.22, 0.33),
        ("complaint_ticket", 0.008, 0.022),
        ("not_received_ticket", 0.001, 0.008),
        ("returned_signed", 0.002, 0.010),
        ("refused", 0.003, 0.012),
        ("collected", 0.014, 0.032),
        ("cancelled", 0.018, 0.035),
    ],
)
def test_events_an_order(raw: duckdb.DuckDBPyConnection, event_type: str, low: float, high: float) -> None:
    share = f"select count(*) / {ORDERS} from events where event_type = '{event_type}'"
    assert low < one(raw, share) < high
