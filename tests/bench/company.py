"""The bench company's history as nightly drops of Parquet, of any size: `python -m tests.bench.company --orders 100000
--out FOLDER`. The same seed gives the same rows.

Belongs here: how much, in which chunks, delivered twice, and into which day's file. Not here: what happens to an order
(company.sql), what is written down of it (company_drops.sql), or what the files mean to the product (profile/).
"""

import argparse
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

LAST_DAY = date(2026, 2, 28)
ORDERS_A_DAY = 2740
WEEKDAYS = [1.12, 1.08, 1.05, 1.05, 1.10, 0.90, 0.70]  # Monday to Sunday, on average 1
CHUNK_ORDERS = 80_000  # about 1.7 million events at once
ZONE_SECONDS = 8 * 3600  # Asia/Shanghai, without summer time since 1991
SQL = tuple(Path(__file__).with_name(name) for name in ("company.sql", "company_drops.sql"))


@dataclass(frozen=True)
class Table:
    """A raw table. `twice`: what a second delivery of one of its events looks like, null: it has no events."""

    source: str
    name: str
    instants: tuple[str, ...]
    twice: str | None = None


AGAIN = "recorded_at + 86400 * (1 + slot(key, 'again', 5))"
# with an id of its own an event comes again as it was, or written down anew; without one always anew
WITH_ID = f"if(u(key, 'as it was') < 0.5, recorded_at, {AGAIN})"
TABLES = (
    Table("erp", "orders", ("placed_at", "ship_by_at", "recorded_at")),
    Table("erp", "suborders", ("recorded_at",)),
    Table("erp", "statuses", ("occurred_at", "recorded_at"), AGAIN),
    Table("erp", "order_lines", ("recorded_at",)),
    Table("crm", "receipts", ("recorded_at",)),
    Table("wms", "scans", ("occurred_at", "recorded_at"), WITH_ID),
    Table("carrier", "waybills", ("recorded_at",)),
    Table("carrier", "tracks", ("occurred_at", "recorded_at"), WITH_ID),
    Table("crm", "contacts", ("occurred_at", "recorded_at"), WITH_ID),
)

# where goods go (hours on the road), who carries them, whence; several slots: more often
NETWORK = """
create temp table regions as
select slot::bigint as slot, province, road_hours from (values
    (0, 'ZJ', 12), (1, 'ZJ', 12), (2, 'ZJ', 12), (3, 'ZJ', 12), (4, 'JS', 18), (5, 'JS', 18), (6, 'JS', 18),
    (7, 'SH', 15), (8, 'SH', 15), (9, 'GD', 30), (10, 'GD', 30), (11, 'SD', 26), (12, 'SD', 26), (13, 'FJ', 24),
    (14, 'AH', 20), (15, 'HB', 28), (16, 'BJ', 32), (17, 'SC', 40), (18, 'LN', 42), (19, 'XJ', 62)
) as t (slot, province, road_hours);
create temp table carriers as
select slot::bigint as slot, carrier, pace as carrier_pace from (values
    (0, 'SF', 0.8), (1, 'SF', 0.8), (2, 'ZTO', 1.0), (3, 'ZTO', 1.0), (4, 'ZTO', 1.0), (5, 'YTO', 1.05),
    (6, 'YTO', 1.05), (7, 'JD', 0.85), (8, 'DEPPON', 1.15), (9, 'EMS', 1.3)
) as t (slot, carrier, pace);
create temp table origins as
select slot::bigint as slot, place, pace as place_pace from (values
    (0, 'W1', 1.0), (1, 'W1', 1.0), (2, 'W1', 1.0), (3, 'W2', 1.25), (4, 'W2', 1.25), (5, 'W2', 1.25),
    (6, 'W3', 0.9), (7, 'W3', 0.9), (8, 'W4', 1.05), (9, 'W5', 1.1)
) as t (slot, place, pace);
"""


def generate(out: Path, orders: int, seed: int = 7, orders_a_day: int = ORDERS_A_DAY) -> None:
    """Write the drops of a history that ends with LAST_DAY below `out`, in place of what lies there."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with duckdb.connect(str(out / "making.duckdb"), config={"memory_limit": "1GB"}) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        connection.execute(NETWORK)
        days = _plan(connection, orders, max(1, round(orders / orders_a_day)))
        connection.execute("set variable seed = ?", [seed])
        chunk = min(60, max(1, CHUNK_ORDERS // orders_a_day))  # more files at once would be written in parts
        for first in days[::chunk]:
            _make(connection, out, first, min(first + chunk, days.stop) - 1)
    (out / "making.duckdb").unlink()


def end_of_history() -> datetime:
    """The instant that ends the last day."""
    return datetime.fromtimestamp((_number(LAST_DAY) + 1) * 86400 - ZONE_SECONDS, UTC)


def _plan(connection: duckdb.DuckDBPyConnection, orders: int, days: int) -> range:
    """The table `volume`: of each day its first order's number and its orders, by the pattern of the week."""
    numbers = range(_number(LAST_DAY) - days + 1, _number(LAST_DAY) + 1)
    connection.execute(
        """
        create temp table volume as
        select day, (orders * (upto - weight) / whole)::bigint as first_order,
            (orders * upto / whole)::bigint - first_order as orders
        from (
            select day, $3 as orders, $4[isodow(date '1970-01-01' + day::integer)] as weight,
                sum(weight) over (order by day) as upto, sum(weight) over () as whole
            from range($1, $2) as t (day)
        )
        """,
        [numbers.start, numbers.stop, orders, WEEKDAYS],
    )
    return numbers


def _make(connection: duckdb.DuckDBPyConnection, out: Path, first: int, last: int) -> None:
    """The orders of some days, and every drop up to the last of them."""
    connection.execute("set variable first_day = ?", [first])
    connection.execute("set variable last_day = ?", [last])
    for file in SQL:
        connection.execute(file.read_text(encoding="utf-8"))
    for table in TABLES:
        pending, fresh = f"pending_{table.name}", _fresh(table)
        connection.execute(f"create table if not exists {pending} as {fresh} limit 0")
        connection.execute(f"insert into {pending} {fresh}")
        _write(connection, out, table, last)
        connection.execute(f"delete from {pending} where day <= {last}")


def _fresh(table: Table) -> str:
    """The chunk's rows with the day of their drop; one event in a hundred stands in a later drop once more."""
    day = f"(recorded_at + {ZONE_SECONDS} - 1) // 86400"  # an instant that ends a day belongs to it
    once = f"select *, {day} as day from new_{table.name}"
    if table.twice is None:
        return once
    again = f"select * replace ({table.twice} as recorded_at), ({AGAIN} + {ZONE_SECONDS} - 1) // 86400 as day"
    return f"{once} union all {again} from new_{table.name} where u(key, 'twice') < 0.01"


def _write(connection: duckdb.DuckDBPyConnection, out: Path, table: Table, last: int) -> None:
    folder = out / table.source / table.name
    folder.mkdir(parents=True, exist_ok=True)
    instants = ", ".join(f"make_timestamptz({column} * 1000000) as {column}" for column in table.instants)
    key = ", key" if table.twice else ""
    connection.execute(
        f"""
        copy (
            select * exclude (day{key}) replace ({instants}), date '1970-01-01' + day::integer as drop_day
            from pending_{table.name} where day <= {last} order by day, recorded_at
        ) to '{folder}' (format parquet, partition_by (drop_day), overwrite_or_ignore)
        """
    )
    for made in folder.glob("drop_day=*"):
        (file,) = made.iterdir()
        target = folder / made.name.removeprefix("drop_day=")
        target.mkdir()
        file.rename(target / f"{table.name}.parquet")
        made.rmdir()


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def main() -> None:
    parser = argparse.ArgumentParser(description="The bench company's files.")
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--orders-a-day", type=int, default=ORDERS_A_DAY, help="fewer: the same days from fewer orders"
    )
    arguments = parser.parse_args()
    generate(arguments.out, arguments.orders, arguments.seed, arguments.orders_a_day)


if __name__ == "__main__":
    main()
