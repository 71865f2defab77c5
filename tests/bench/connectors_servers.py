"""What the bench fetches from: databases, a service and folders that hold the bench company's scans.

Not here: what is timed (connectors.py).
"""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dagster_project.connectors.sql import load_scanner
from dagster_project.sources import sql
from tests.bench import company
from tests.servers import databases, web

ORDERS = 60_000  # whose scans are the rows
ROWS, REST_ROWS, SHEET_ROWS = 300_000, 60_000, 50_000
FILES = 10  # that a watched folder holds; of workbooks one
PAGE = 500
COLUMNS = ("scan_id", "fulfilment_code", "event_type", "occurred_at", "place", "recorded_at")


def make_files(folder: Path) -> None:
    """The rows as files, in order of time as systems keep it: whole beside DuckDB, and in parts to be watched."""
    if (folder / "made").exists():
        return
    company.generate(folder / "company", ORDERS)
    shutil.rmtree(folder / "files", ignore_errors=True)
    (folder / "files").mkdir()
    scans = sql.text(str(folder / "company" / "wms" / "scans" / "*" / "*.parquet"))
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'Asia/Shanghai'")
        duck.execute(
            f"""
            CREATE TABLE rows AS SELECT row_number() OVER (ORDER BY recorded_at) - 1 AS number, * FROM (
                SELECT DISTINCT ON (scan_id) * REPLACE (
                    occurred_at::TIMESTAMP AS occurred_at, recorded_at::TIMESTAMP AS recorded_at
                ) FROM read_parquet({scans}) ORDER BY scan_id LIMIT {ROWS}
            ) ORDER BY recorded_at
            """
        )
        for rows in (ROWS, REST_ROWS, SHEET_ROWS):
            _write(duck, folder / str(rows), "parquet", 0, rows)
            _write(duck, folder / str(rows), "csv", 0, rows)
        for part in range(FILES):
            size = ROWS // FILES
            for form in ("csv", "jsonl", "parquet"):
                _write(duck, folder / "files" / f"scans_{part}", form, part * size, (part + 1) * size)
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("scans")
        sheet.append(COLUMNS)
        for row in duck.execute(f"SELECT {_columns('csv')} FROM rows WHERE number < {SHEET_ROWS}").fetchall():
            sheet.append(row)
        book.save(folder / "files" / "scans.xlsx")
    settled = time.time() - 3600
    for file in (folder / "files").iterdir():
        os.utime(file, (settled, settled))
    shutil.rmtree(folder / "company")
    (folder / "made").touch()


def _columns(form: str) -> str:
    """The columns, times as text but in Parquet."""
    return ", ".join(
        f"strftime({name}, '%Y-%m-%d %H:%M:%S') AS {name}"
        if name.endswith("_at") and form != "parquet"
        else name
        for name in COLUMNS
    )


def _write(duck: duckdb.DuckDBPyConnection, file: Path, form: str, first: int, end: int) -> None:
    options = {"csv": "csv, HEADER", "jsonl": "json", "parquet": "parquet"}[form]
    rows = f"SELECT {_columns(form)} FROM rows WHERE number >= {first} AND number < {end} ORDER BY number"
    duck.execute(f"COPY ({rows}) TO {sql.text(f'{file}.{form}')} (FORMAT {options})")


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """Databases and a service that hold the rows; what a connection needs to reach them."""
    rows = sql.text(str(folder / f"{ROWS}.parquet"))
    lite = folder / "scans.sqlite"
    lite.unlink(missing_ok=True)
    _fill_sqlite(lite, rows)
    with (
        databases.postgres() as postgres,
        databases.mariadb(["wms"]) as mariadb,
        web.served(_routes(folder)) as service,
    ):
        postgres.run("create database wms;")
        with duckdb.connect() as duck:
            for server, engine in ((postgres, "postgres"), (mariadb, "mysql")):
                load_scanner(duck, engine)
                connect = server.connect("wms").replace("user=reader", "user=owner")
                duck.execute(f"ATTACH {sql.text(connect)} AS {engine} (TYPE {engine})")
                schema = {"postgres": "public", "mysql": "wms"}[engine]
                duck.execute(f"CREATE TABLE {engine}.{schema}.scans AS FROM {rows}")
        yield {
            "POSTGRES": postgres.connect("wms"),
            "MYSQL": mariadb.connect("wms"),
            "SQLITE": str(lite),
            "SERVICE": service,
            "FILES": str(folder / "files"),
        }


def _fill_sqlite(file: Path, rows: str) -> None:
    """SQLite keeps times as text."""
    with duckdb.connect() as duck:
        found = duck.execute(f"SELECT {_columns('csv')} FROM {rows}").fetchall()
    made = sqlite3.connect(file)
    columns = ", ".join(f"{name} {'datetime' if name.endswith('_at') else 'text'}" for name in COLUMNS)
    made.execute(f"create table scans ({columns})")
    made.executemany(f"insert into scans values ({', '.join('?' * len(COLUMNS))})", found)
    made.commit()
    made.close()


def _routes(folder: Path) -> list[Route]:
    """A service in every way of paging, with its rows made to JSON beforehand: it is not what is timed."""
    with duckdb.connect() as duck:
        found = duck.execute(
            f"SELECT to_json(row) FROM (SELECT {_columns('csv')} FROM {sql.text(str(folder / f'{REST_ROWS}.parquet'))})"
            " AS row"
        ).fetchall()
    rows = [str(row).encode() for (row,) in found]

    async def answer(request: Request) -> Response:
        asked: dict[str, Any] = dict(request.query_params)
        kind = request.path_params["kind"]
        start = int(asked.get("offset") or asked.get("after") or (int(asked.get("page", 1)) - 1) * PAGE)
        following = start + PAGE if start + PAGE < len(rows) else None
        body = b'{"total": %d, "meta": {"next": %s}, "data": [%s]}' % (
            len(rows),
            json.dumps(following).encode(),
            b",".join(rows[start : start + PAGE]),
        )
        headers = {"link": f'<{request.url.path}?after={following}>; rel="next"'} if following else {}
        return Response(body, media_type="application/json", headers=headers if kind == "link" else {})

    return [Route("/{kind}", answer)]
