"""What DuckDB may hold: little in a night, as much as in a rebuild where a night catches up on much."""

from dataclasses import replace

import duckdb
import pytest

from dagster_project.lib.memory import NIGHT_MEMORY, NIGHT_ROWS, REBUILD_MEMORY, memory_of
from dagster_project.lib.runs import Run

NIGHT = Run(7, "seventh", None, 5, None, is_full_refresh=False, is_rebuild=False, reason="")


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema meta")
    connection.execute("create table meta.loads (run_number bigint, rows_accepted bigint)")
    return connection


@pytest.mark.parametrize(
    ("landed", "memory"),
    [
        ([(7, NIGHT_ROWS)], NIGHT_MEMORY),
        ([(7, NIGHT_ROWS), (7, 1)], REBUILD_MEMORY),
        # landed by a night that died, since the last complete one
        ([(6, NIGHT_ROWS), (7, 1)], REBUILD_MEMORY),
        ([(5, NIGHT_ROWS), (7, 1)], NIGHT_MEMORY),
        ([], NIGHT_MEMORY),
    ],
)
def test_memory_follows_what_was_landed(
    connection: duckdb.DuckDBPyConnection, landed: list[tuple[int, int]], memory: str
) -> None:
    for row in landed:
        connection.execute("insert into meta.loads values (?, ?)", row)
    assert memory_of(connection, NIGHT.base) == memory


@pytest.mark.parametrize(
    "run", [replace(NIGHT, is_full_refresh=True), replace(NIGHT, previous_run_number=None)]
)
def test_everything_anew_is_given_all(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    assert memory_of(connection, run.base) == REBUILD_MEMORY


def test_a_rebuild_is_given_more_the_more_was_landed(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("insert into meta.loads values (1, 50_000_000), (7, 50_000_000)")
    assert memory_of(connection, replace(NIGHT, is_full_refresh=True).base) == "2550MB"
