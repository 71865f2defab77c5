"""The one place from which every page gets its figures: the published files, read-only, no way out of them.

A new version is noticed by its inode and time; a reader of the old one goes on undisturbed. Row filters by
role will belong here. `ask` is for the pages' own queries to the night's file, `ask_live` for
those to the live one beside it, `ask_freely` for what an analyst writes.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from dashboards.settings import Limits

QUERIES = Path(__file__).parent / "queries"
CONFINED = Path(__file__).with_name("confined.py")
GRACE = 6.0  # seconds for a process to start, to notice that its time is over, and to say so
Value = str | float | Sequence[str]
Row = dict[str, Any]
# what a file brings up that is half there, or lacks a table or a column
UNREADABLE = (
    duckdb.IOException,
    duckdb.CatalogException,
    duckdb.BinderException,
    duckdb.SerializationException,
)


class NothingPublishedError(FileNotFoundError):
    """No night has published a file for this profile yet."""


class OutdatedError(NothingPublishedError):
    """What is published is of an earlier version of this project, or half there, and lacks what the pages ask for."""


def version(file: Path) -> str:
    """What tells one published version from the next.

    Raises:
        NothingPublishedError: there is no published file.
    """
    try:
        seen = file.stat()
    except FileNotFoundError as missing:
        raise NothingPublishedError(str(file)) from missing
    return f"{seen.st_ino}-{seen.st_mtime_ns}"


def ask(file: Path, query: str, **values: Value) -> list[Row]:
    """Rows of `queries/<query>.sql` with `values` bound by name; one it does not use is left out.

    The business numbers of `queries/parameters.sql` are bound by their names too.
    """
    seen = version(file)
    parameters = _rows(str(file), seen, "parameters", {})[0]
    return _rows(str(file), seen, query, {**parameters, **values})


def ask_live(file: Path, query: str, **values: Value) -> list[Row]:
    """Rows of `queries/<query>.sql` from the live file, which is replaced every few seconds.

    Raises:
        NothingPublishedError: there is no such file.
        OutdatedError: it is half there, or of another version.
    """
    try:
        return _live_rows(str(file), version(file), query, values)
    except UNREADABLE as unreadable:
        version(file)  # gone in between?
        raise OutdatedError(str(file)) from unreadable


@st.cache_data(max_entries=100, show_spinner=False)  # few: with the next file all of them are past
def _live_rows(file: str, seen: str, query: str, values: Mapping[str, Value]) -> list[Row]:
    return _fetched(_live_connection, file, seen, query, values)


@st.cache_resource(max_entries=2, show_spinner=False)
def _live_connection(file: str, seen: str) -> duckdb.DuckDBPyConnection:
    """Like `_connection`, apart from it: a file that is soon replaced drives out only its own kind.

    Not closed by name: a reader in the middle of an answer keeps it open, and with the last one it closes.
    """
    return _attached(Path(file))


@st.cache_data(max_entries=2000, show_spinner=False)
def _rows(file: str, seen: str, query: str, values: Mapping[str, Value]) -> list[Row]:
    return _fetched(_connection, file, seen, query, values)


def _fetched(opened: Any, file: str, seen: str, query: str, values: Mapping[str, Value]) -> list[Row]:
    """Rows by one of the two kinds of kept connections, `_connection` or `_live_connection`."""
    text = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    wanted = set().union(*(statement.named_parameters for statement in duckdb.extract_statements(text)))
    bound = {name: value for name, value in values.items() if name in wanted}
    try:
        return _answered(opened(file, seen), text, bound)
    except (duckdb.InternalException, duckdb.FatalException):  # after one of these it answers nobody any more
        opened.clear(file, seen)
        return _answered(opened(file, seen), text, bound)


def _answered(connection: duckdb.DuckDBPyConnection, text: str, bound: dict[str, Value]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(text, bound)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda connection: connection.close())
def _connection(file: str, seen: str) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the published file attached as `published`; `seen` is its version."""
    return open_published(Path(file))


def open_published(file: Path) -> duckdb.DuckDBPyConnection:
    """Attach the file, add the queries' own words (queries/words.sql), then lock both doors.

    Raises:
        OutdatedError: it lacks a table that they are about.
    """
    try:
        return _attached(file, (QUERIES / "words.sql").read_text(encoding="utf-8"))
    except duckdb.CatalogException as missing:
        raise OutdatedError(str(file)) from missing


def _attached(file: Path, words: str = "") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": "1GB", "threads": 2})
    path = str(file.resolve()).replace("'", "''")
    try:
        connection.execute(f"attach '{path}' as published (read_only)")
        connection.execute(words)
    except duckdb.Error:
        connection.close()
        raise
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


@dataclass(frozen=True)
class Answer:
    """What came of an analyst's query: rows, of which there may be more, or what went wrong.

    `wrong`: refused, outside, time, memory, size, sql, ended, busy; `message`: the engine's own words, where it had
    some.
    """

    types: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    is_cut: bool = False
    wrong: str = ""
    message: str = ""


def ask_freely(file: Path, sql: str, limits: Limits) -> Answer:
    """Run one reading statement on the published file within the limits, in a process that can do nothing else."""
    turn = _turns(limits.at_once)
    if not turn.acquire(timeout=limits.seconds / 2):
        return Answer(wrong="busy")
    asked = {"file": str(file.resolve()), "sql": sql, "seconds": limits.seconds}
    asked |= {"megabytes": limits.megabytes, "rows": limits.rows}
    try:
        process = subprocess.run(
            [sys.executable, "-I", str(CONFINED)],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=limits.seconds + GRACE,
            cwd="/",
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(wrong="time")
    finally:
        turn.release()
    if process.returncode != 0:
        return Answer(wrong="ended")
    return _answer(json.loads(process.stdout))


@cache
def _turns(at_once: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(at_once)


# how a value is read back that JSON can only write as text, by the first word of its type
READ: dict[str, Callable[[str], Any]] = {
    "DATE": date.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
    "TIME": time.fromisoformat,
    "DECIMAL": Decimal,
}


def _answer(said: dict[str, Any]) -> Answer:
    if "wrong" in said:
        return Answer(wrong=said["wrong"], message=said.get("message", ""))
    types: dict[str, str] = {}
    for name, kind in said["columns"]:
        again = sum(known == name or known.startswith(f"{name} (") for known in types)
        types[f"{name} ({again + 1})" if again else name] = kind
    reads = [READ.get(kind.split("(")[0].split(" ")[0].split("_")[0]) for kind in types.values()]
    rows = [
        dict(zip(types, (_read(value, read) for value, read in zip(row, reads, strict=True)), strict=True))
        for row in said["rows"]
    ]
    return Answer(types, rows, said["is_cut"])


def _read(value: Any, read: Callable[[str], Any] | None) -> Any:
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    if read is None or not isinstance(value, str):
        return value
    try:
        return read(value)
    except ValueError:  # years that Python does not know stay text
        return value
