"""The demo company's systems as servers, holding what its files held: an ERP, front warehouses, services over HTTP.

The rows come from a build file into which the company's files were landed, and from the lines they came from. What is
stored after `until` is not there yet.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.connectors.sql import load_scanner
from dagster_project.sources import sql
from dagster_project.sources.profile import Profile
from tests.servers.answers import SECRET, routes
from tests.servers.databases import Server
from tests.servers.web import served

FRONT = [f"front_{number}" for number in range(1, 8)]
SERVICES = ("wms_a", "wms_b", "wms_c", "sto", "zto", "yto", "yunda", "deppon", "sf", "ems", "jt", "kye")
BY_FILE = (
    "jd",
    "ycsp",
    "zjky",
)  # whose tracks come as files, and from a service only where a profile asks for it
DATABASE_TYPES = {
    "timestamp": "TIMESTAMP",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "integer": "BIGINT",
}


@dataclass
class Systems:
    """The company's systems, filled up to an instant. `trouble` answers in place of a service, at once or later."""

    profile: Profile
    duck: duckdb.DuckDBPyConnection
    erp: Server
    front: Server
    places: list[str]
    address: str = ""
    until: datetime | None = None
    asked: list[str] = field(default_factory=list)
    trouble: Callable[[str, str], Any] = lambda source, name: None

    def environment(self) -> dict[str, str]:
        """What the profile's connections need to reach them."""
        services = {f"DEMO_{name}": self.address for name in ("WMS_A", "WMS_B", "WMS_C", "CARRIERS")}
        secrets = ("WMS_A_KEY", "WMS_B_SECRET", "WMS_C_PASSWORD", "CARRIERS_SECRET")
        return {
            "DEMO_ERP": self.erp.connect("erp"),
            **{f"DEMO_{name.upper()}": self.front.connect(name) for name in FRONT},
            **services,
            **{f"DEMO_{name}": SECRET for name in secrets},
        }

    def store(self, until: datetime) -> None:
        """Store what was recorded up to an instant and is not stored yet."""
        since, self.until = self.until, until
        self._fill("place_erp", "public", "erp", since, "true")
        for name, place in zip(FRONT, self.places, strict=True):
            self._fill("place_front", name, "front", since, f"place = {sql.text(place)}")
            self._fill_stock(name, place)

    def show(self, until: datetime) -> None:
        """Have the services and the front warehouses' stock as of an instant, which may be an earlier one."""
        self.until = until
        for name, place in zip(FRONT, self.places, strict=True):
            self._fill_stock(name, place)

    def figures(self, place: str) -> str:
        """A query: what lies at a place by the instant, from what was recorded of the company's flow."""
        return f"""
            SELECT sku, any_value(product) AS product, place, CAST(sum(on_hand) AS BIGINT) AS on_hand,
                CAST(sum(locked) AS BIGINT) AS locked, max(stored_at) AS changed_at
            FROM movements LEFT JOIN products USING (sku)
            WHERE sender IS NULL AND place = {sql.text(place)} AND stored_at <= TIMESTAMPTZ '{self.until}'
            GROUP BY sku, place
        """

    def on_the_way(self, place: str) -> str:
        """A query: what left a place by the instant and has not arrived."""
        return f"""
            SELECT sku, place, CAST(sum(in_transfer) AS BIGINT) AS in_transfer, max(stored_at) AS changed_at
            FROM movements WHERE sender = {sql.text(place)} AND stored_at <= TIMESTAMPTZ '{self.until}'
            GROUP BY sku, place HAVING sum(in_transfer) <> 0
        """

    def _fill_stock(self, name: str, place: str) -> None:
        rows = (
            "SELECT place, sku, product AS sku_name, on_hand AS qty, locked, CAST(timezone('Asia/Shanghai', changed_at)"
            f" AS TIMESTAMP) AS updated_at FROM ({self.figures(place)})"
        )
        table = f"place_front.{name}.stock"
        self.duck.execute(f"CREATE TABLE IF NOT EXISTS {table} AS {rows} LIMIT 0")
        self.duck.begin()
        self.duck.execute(f"DELETE FROM {table}")
        self.duck.execute(f"INSERT INTO {table} {rows}")
        self.duck.commit()

    def _fill(self, catalog: str, schema: str, source: str, since: datetime | None, where: str) -> None:
        for contract in self.profile.contracts:
            if contract.source != source:
                continue
            columns = ", ".join(
                f"CAST({sql.name(c.name)} AT TIME ZONE 'Asia/Shanghai' AS TIMESTAMP) AS {sql.name(c.name)}"
                if c.type == "timestamp"
                else sql.name(c.name)
                for c in contract.columns
            )
            table = f"{catalog}.{schema}.{sql.name(contract.name)}"
            rows = f"SELECT {columns} FROM company.landing.{sql.name(f'{source}__{contract.name}')} WHERE {where}"
            if since is None:
                self.duck.execute(f"CREATE TABLE {table} AS {rows} AND _recorded_at <= $1", [self.until])
            else:
                self.duck.execute(
                    f"INSERT INTO {table} {rows} AND _recorded_at > $1 AND _recorded_at <= $2",
                    [since, self.until],
                )


@contextmanager
def systems(
    profile: Profile, build_file: Path, source_dir: Path, erp: Server, front: Server
) -> Iterator[Systems]:
    """Databases and services of the company, empty at first; `store` fills them."""
    duck = duckdb.connect()
    duck.execute("SET GLOBAL TimeZone = 'Asia/Shanghai'")  # of its cursors, too
    for engine in ("postgres", "mysql"):
        load_scanner(duck, engine)
    duck.execute(f"ATTACH {sql.text(str(build_file))} AS company (READ_ONLY)")
    erp.run("create database erp;")
    duck.execute(f"ATTACH {sql.text(_owner(erp.connect('erp')))} AS place_erp (TYPE postgres)")
    for name in FRONT:
        front.run(f"create database {name} character set utf8mb4;")
    duck.execute(
        f"ATTACH {sql.text(_owner(front.connect('').replace('database= ', '')))} AS place_front (TYPE mysql)"
    )
    places = duck.execute("SELECT DISTINCT place FROM company.landing.front__scans ORDER BY place").fetchall()
    made = Systems(profile, duck, erp, front, [place for (place,) in places])
    _read_records(made, source_dir)
    duck.execute((Path(__file__).with_name("stock.sql")).read_text(encoding="utf-8"))
    with served(routes(made)) as made.address:
        yield made
    duck.close()


def _owner(connect: str) -> str:
    return connect.replace("user=reader", "user=owner")


def _read_records(made: Systems, source_dir: Path) -> None:
    """What the services hand out: of JSON the lines as they were delivered, of other files their values as text."""
    made.duck.execute(
        "CREATE TABLE records (source VARCHAR, name VARCHAR, recorded_at TIMESTAMPTZ, body JSON)"
    )
    for contract in made.profile.contracts:
        if contract.source not in (*SERVICES, *BY_FILE):
            continue
        landed = f"company.landing.{sql.name(f'{contract.source}__{contract.name}')}"
        if contract.format == "jsonl":
            pattern = str(source_dir / contract.source / contract.name / "*" / "*.jsonl")
            made.duck.execute(
                f"""
                CREATE OR REPLACE TEMP TABLE lines AS
                SELECT filename, row_number() OVER () AS number, line FROM read_csv({sql.text(pattern)},
                    columns = {{'line': 'VARCHAR'}}, header = false, delim = '\x01', quote = '', escape = '',
                    filename = true, parallel = false)
                """
            )
            made.duck.execute(
                f"""
                INSERT INTO records SELECT $1, $2, _recorded_at, line FROM {landed} AS landed JOIN (
                    SELECT replace(filename, $3, '') AS file, line,
                        number - min(number) OVER (PARTITION BY filename) + 1 AS record FROM lines
                ) AS lines ON lines.file = landed._file AND lines.record = landed._record
                """,
                [contract.source, contract.name, f"{source_dir}/"],
            )
        else:
            values = ", ".join(
                f"{sql.text(column.name)}: "
                + (
                    f"strftime({sql.name(column.name)}, '%Y-%m-%d %H:%M:%S')"
                    if column.type == "timestamp"
                    else f"CAST({sql.name(column.name)} AS VARCHAR)"
                )
                for column in contract.columns
            )
            made.duck.execute(
                f"INSERT INTO records SELECT $1, $2, _recorded_at, to_json({{{values}}}) FROM {landed}",
                [contract.source, contract.name],
            )
    made.duck.execute(
        "CREATE OR REPLACE TABLE records AS FROM records ORDER BY source, name, recorded_at, body"
    )
