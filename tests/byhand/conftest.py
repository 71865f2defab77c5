"""A company with parcels on the way, as a published file, and the page's way to ask it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import streamlit as st

from dashboards import published

SCRIPT = Path(__file__).with_name("company.sql")


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
    return path


@pytest.fixture(scope="session")
def connection(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with published.open_published(file) as opened:
        yield opened


@pytest.fixture
def ask(connection: duckdb.DuckDBPyConnection) -> Callable[..., list[dict]]:
    """`ask("byhand_match", rows=…, …)` as the page's view does it."""
    st.cache_data.clear()

    def asked(query: str, **values: object) -> list[dict]:
        cursor = connection.execute((published.QUERIES / f"{query}.sql").read_text(encoding="utf-8"), values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return asked
