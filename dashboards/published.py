"""The one place from which every page gets its figures: the published file, read-only, no way out of it.

A new version is noticed by its inode and time; a reader of the old one goes on undisturbed. Row filters by
role will belong here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

QUERIES = Path(__file__).parent / "queries"
Value = str | float | Sequence[str]
Row = dict[str, Any]


class NothingPublishedError(FileNotFoundError):
    """No night has published a file for this profile yet."""


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


@st.cache_data(max_entries=2000, show_spinner=False)
def _rows(file: str, seen: str, query: str, values: Mapping[str, Value]) -> list[Row]:
    text = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    wanted = set().union(*(statement.named_parameters for statement in duckdb.extract_statements(text)))
    with _connection(file, seen).cursor() as cursor:
        cursor.execute(text, {name: value for name, value in values.items() if name in wanted})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda connection: connection.close())
def _connection(file: str, seen: str) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the published file attached as `published`; `seen` is its version."""
    return open_published(Path(file))


def open_published(file: Path) -> duckdb.DuckDBPyConnection:
    """Attach the file, add the queries' own words (queries/words.sql), then lock both doors."""
    connection = duckdb.connect(config={"memory_limit": "1GB", "threads": 2})
    path = str(file.resolve()).replace("'", "''")
    connection.execute(f"attach '{path}' as published (read_only)")
    connection.execute((QUERIES / "words.sql").read_text(encoding="utf-8"))
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection
