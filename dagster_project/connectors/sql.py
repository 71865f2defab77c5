"""SQL databases, read by DuckDB's own scanners: PostgreSQL, MySQL and MariaDB, SQLite.

Belongs here: which rows of a table are asked for. A table with a cursor column is read from where it was left, less a
look-back for rows that were committed late; a small table without one is read whole and compared with last time.
"""

import importlib.util
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.connectors.drops import Drops
from dagster_project.connectors.place import Fetched, Window
from dagster_project.sources import sql, typed
from dagster_project.sources.connections import Pull
from dagster_project.sources.contracts import TableContract
from dagster_project.sources.lengths import parsed_length
from dagster_project.sources.marked_yaml import suggestion

SCANNERS = {"postgres": "postgres_scanner", "mysql": "mysql_scanner", "sqlite": "sqlite_scanner"}
LOOK_BACK = "1h"
FETCHED_AT = "fetched_at"  # a column that a table read whole may have by its contract alone
AHEAD = timedelta(minutes=10)  # that a source's clock may be ahead of ours; a later time is an error in a row
_TIMES = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE")


class Database:
    """A database, attached read-only as `place`."""

    def __init__(self, settings: dict[str, Any], duck: duckdb.DuckDBPyConnection) -> None:
        self.duck = duck
        engine = settings["engine"]
        load_scanner(duck, engine)
        if engine == "sqlite":
            if not Path(settings["connect"]).is_file():
                raise FileNotFoundError("there is no such file")
            # any column may hold anything: what a value is says the contract, and one that is wrong costs its row only
            duck.execute("SET sqlite_all_varchar = true")
        duck.execute(f"ATTACH {sql.text(settings['connect'])} AS place (TYPE {engine}, READ_ONLY)")

    def fetch(self, pull: Pull, drops: Drops, window: Window | None) -> Fetched:
        table = ".".join(sql.name(part) for part in str(pull.settings.get("from", pull.table)).split("."))
        types = {row[0]: row[1] for row in self.duck.execute(f"DESCRIBE FROM place.{table}").fetchall()}
        is_full = pull.settings.get("full") is True
        if missing := _missing(types, drops.contract, is_full):
            # its drop would be refused, and the cursor move past the rows
            raise ValueError(f"{missing}. Its rows are fetched once it is back, or the contract changed")
        new_columns = tuple(name for name in types if drops.contract.column(name) is None)
        if is_full:
            is_timed = FETCHED_AT not in types and drops.contract.column(FETCHED_AT) is not None
            columns = f"*, now() AS {FETCHED_AT}" if is_timed else "*"
            fetched = (self._all if pull.brings_all else self._whole)(table, columns, drops)
        else:
            fetched = self._news(table, types, pull, drops, window)
        return Fetched(**{**fetched, "new_columns": new_columns})

    def close(self) -> None:
        self.duck.execute("DETACH place")

    def _news(
        self, table: str, types: dict[str, str], pull: Pull, drops: Drops, window: Window | None
    ) -> dict[str, Any]:
        """Rows from the cursor on, less the look-back; of a window, its own, which leave the cursor alone."""
        column = str(pull.settings["cursor"])
        if column not in types:
            raise ValueError(f"the cursor column {column} is missing; known are {', '.join(types)}")
        quoted, type_ = _compared(column, types[column], drops.contract)
        look_back = _looked_back(str(pull.settings.get("look_back", "")), type_)
        told = drops.contract.column(column)
        zone = ZoneInfo(told.zone if told and told.type == "timestamp" else drops.contract.zone)
        left_at = drops.cursor()
        if window is not None:
            if type_ not in _TIMES:
                raise ValueError(f"{column} is a number: a period cannot be asked for by it")
            start, end = (_local(instant, type_, zone) for instant in (window.start, window.end))
            where = f"{quoted} >= {start} AND {quoted} < {end}"
        elif left_at is None and pull.first and type_ in _TIMES:
            where = f"{quoted} >= {_local(pull.first, type_, zone)}"
        elif left_at is None:
            where = "true"
        else:
            # who has none, or one that cannot be read, would never be asked for
            where = f"{quoted} >= {_less(left_at, type_, look_back)} OR {quoted} IS NULL"
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE fetched AS FROM place.{table} WHERE {where}")
        latest = _local(datetime.now(UTC) + AHEAD, type_, zone) if type_ in _TIMES else "NULL"
        believed, newest, jumped, empty = self.duck.execute(
            f"""
            SELECT CAST(max({quoted}) FILTER ({latest} IS NULL OR {quoted} <= {latest}) AS VARCHAR),
                CAST(max({quoted}) AS VARCHAR), count(*) FILTER ({quoted} > {latest}),
                count(*) FILTER ({quoted} IS NULL)
            FROM fetched
            """
        ).fetchone()  # type: ignore[misc]
        cursor = None if window else believed or left_at
        noted = {"from": window.start.isoformat(), "to": window.end.isoformat()} if window else {}
        # a row from the future must not move the cursor past all that is still to come
        warnings: tuple[str, ...] = ()
        if jumped:
            warnings += (f"{jumped} rows lie in the future by {column}, the last at {newest}",)
        if empty:
            warnings += (
                f"{empty} rows have no {column}, so every fetch reads them: a view may say it of all",
            )
        drop = drops.write(self.duck, f"FROM fetched ORDER BY {quoted}", cursor, **noted)
        return {
            "rows": drop.rows if drop else 0,
            "file": drop.file if drop else "",
            "cursor": cursor,
            "last_event_at": _instant(believed, zone) if type_ in _TIMES else None,
            "warnings": warnings,
        }

    def _all(self, table: str, columns: str, drops: Drops) -> dict[str, Any]:
        """All rows, as they stand."""
        drop = drops.write(self.duck, f"SELECT {columns} FROM place.{table}")
        return {"rows": drop.rows if drop else 0, "file": drop.file if drop else ""}

    def _whole(self, table: str, columns: str, drops: Drops) -> dict[str, Any]:
        """All rows, of which those that were not there last time are brought, with the time if theirs is `fetched_at`:
        so a row that returns to what it was is known as news.
        """
        self.duck.execute(f"CREATE OR REPLACE TEMP TABLE fetched AS FROM place.{table}")
        last = self._settled(drops)
        self.duck.execute("CREATE OR REPLACE TEMP TABLE before AS FROM fetched LIMIT 0")
        if last.exists() and _shape(self.duck, f"read_parquet({sql.text(str(last))})") == _shape(
            self.duck, "fetched"
        ):
            self.duck.execute(f"INSERT INTO before BY NAME FROM read_parquet({sql.text(str(last))})")
        (gone,) = self.duck.execute("SELECT count(*) FROM (FROM before EXCEPT ALL FROM fetched)").fetchone()  # type: ignore[misc]
        news = f"SELECT {columns} FROM (FROM fetched EXCEPT ALL FROM before)"
        drops.folder.mkdir(parents=True, exist_ok=True)
        snapshot = uuid.uuid4().hex
        waiting = last.with_name(f"{last.name}.{snapshot}")
        self.duck.execute(f"COPY fetched TO {sql.text(str(waiting))} (FORMAT parquet)")
        drop = drops.write(self.duck, news, snapshot=snapshot)
        waiting.replace(last)
        return {"rows": drop.rows if drop else 0, "file": drop.file if drop else "", "gone": gone}

    def _settled(self, drops: Drops) -> Path:
        """What the table held last time: of a fetch that was killed, if its drop is there."""
        last = drops.folder / f".{drops.connection}-last.parquet"
        newest = next(drops.manifests(), {}).get("snapshot")
        for waiting in drops.folder.glob(f"{last.name}.*"):
            if waiting.name == f"{last.name}.{newest}":
                waiting.replace(last)
            else:
                waiting.unlink()
        return last


def _missing(types: dict[str, str], contract: TableContract, is_full: bool) -> str:
    """What a table lacks of the columns that its contract wants in every drop; "" if nothing."""
    if contract.format == "jsonl":
        return ""  # a key that a record has not is empty
    known = {*types, FETCHED_AT} if is_full else types  # which the connection fills
    lacks = [column.name for column in contract.columns if column.name not in known]
    new = [name for name in types if contract.column(name) is None]
    return ", ".join(
        f"column {name} is missing" + (f" ({suggestion(name, new)})" if new else "") for name in lacks
    )


def _shape(duck: duckdb.DuckDBPyConnection, rows: str) -> list[tuple[str, str]]:
    """Names and types of a table's columns, by name."""
    return sorted((name, type_) for name, type_, *_ in duck.execute(f"DESCRIBE FROM {rows}").fetchall())


def load_scanner(duck: duckdb.DuckDBPyConnection, engine: str) -> None:
    """Load DuckDB's scanner of an engine, which comes as a package of its own: nothing is downloaded at run time.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    scanner = SCANNERS[engine]
    package = importlib.util.find_spec(f"duckdb_extension_{scanner}")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(f"duckdb_extension_{scanner} is not installed: run make setup")
    (path,) = Path(package.origin).parent.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension")
    duck.execute(f"LOAD {sql.text(str(path))}")


def _compared(name: str, type_: str, contract: TableContract) -> tuple[str, str]:
    """A cursor column as SQL, and its type; text is read as the contract says, without one as a number."""
    quoted = sql.name(name)
    if type_ != "VARCHAR":
        return quoted, type_
    column = contract.column(name)
    if column is None or column.type == "integer":
        return f"TRY_CAST({quoted} AS BIGINT)", "BIGINT"
    if column.type == "text":
        raise ValueError(f"the cursor column {name} is text by its contract: it must be a time or a number")
    read = typed.value(column).replace(typed.text_column(column), quoted)
    return f"CAST({read} AS TIMESTAMP WITH TIME ZONE)", "TIMESTAMP WITH TIME ZONE"


def _looked_back(told: str, type_: str) -> int:
    """How far to look back: seconds of a time, whose look-back is a length; of a number a number.

    Raises:
        ValueError: it is neither, or the other; said by the first fetch, which has nothing to look back on yet.
    """
    if type_ in _TIMES:
        return int(parsed_length(told or LOOK_BACK).total_seconds())
    if not (told or "0").isdecimal():
        raise ValueError(f"look_back {told!r} of a cursor that is a number: write a number as in 100")
    return int(told or 0)


def _less(cursor: str, type_: str, look_back: int) -> str:
    """The cursor less the look-back, as SQL."""
    value = f"CAST({sql.text(cursor)} AS {type_})"
    if type_ not in _TIMES:
        return f"{value} - {look_back}"
    return f"CAST({value} - INTERVAL {look_back} SECOND AS {type_})"


def _local(instant: datetime, type_: str, zone: ZoneInfo) -> str:
    """An instant as the source's column would hold it."""
    told = instant if type_ == "TIMESTAMP WITH TIME ZONE" else instant.astimezone(zone).replace(tzinfo=None)
    return f"CAST('{told.isoformat(sep=' ')}' AS {type_})"


def _instant(value: str | None, zone: ZoneInfo) -> str | None:
    """The newest value of a cursor column as an instant with a zone."""
    if value is None:
        return None
    told = datetime.fromisoformat(value)
    return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC).isoformat()
