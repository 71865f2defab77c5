"""When the models must be built from scratch, and what a run remembers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from dagster_project.lib import runs, warehouse
from dagster_project.settings import Settings

NIGHT = datetime(2026, 2, 28, 19, tzinfo=UTC)
PROFILE: dict[str, str | bool] = {
    "timezone": "Asia/Shanghai",
    "promise_limit": "end_of_day",
    "sign_rule": "earliest",
    "standards_from": "reference",
    "has_receipts": True,
    "has_erp": True,
    "has_pick_lines": False,
}


@pytest.fixture
def connection(home: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.connect(home) as connection:
        yield connection


def begin(connection: duckdb.DuckDBPyConnection, nights: int = 0, **given: object) -> runs.Run:
    """The run of the night `nights` after the first."""
    known: dict = {
        "run_id": "x",
        "as_of": NIGHT + timedelta(days=nights),
        "fingerprint": "f",
        "profile": PROFILE,
    }
    return runs.begin_run(connection, **{**known, "rebuild": False, **given})


def complete(connection: duckdb.DuckDBPyConnection, run: runs.Run) -> None:
    runs.mark(connection, run, "landed_at")
    runs.mark(connection, run, "models_built_at", "built")
    runs.finish_run(connection, run, "published", "")


def test_first_night_builds_from_scratch(connection: duckdb.DuckDBPyConnection) -> None:
    run = begin(connection)
    assert (run.run_number, run.is_full_refresh, run.previous_run_number) == (1, True, None)


def test_night_after_a_complete_one_is_incremental(connection: duckdb.DuckDBPyConnection) -> None:
    complete(connection, begin(connection))
    run = begin(connection, 1)
    assert (run.run_number, run.is_full_refresh) == (2, False)
    assert (run.previous_run_number, run.previous_as_of) == (1, NIGHT)
    told = connection.execute(
        "select previous_run_number, is_full_refresh, has_pick_lines from meta.run"
    ).fetchall()
    assert told == [(1, False, False)]


def test_night_killed_while_landing_leaves_the_next_incremental(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Its rows carry a number above the last complete night's, so the next night takes them along."""
    complete(connection, begin(connection))
    begin(connection, 1)
    run = begin(connection, 2)
    assert (run.run_number, run.is_full_refresh, run.previous_run_number) == (3, False, 1)
    assert connection.execute("select status from meta.runs where run_number = 2").fetchall() == [("failed",)]


def test_night_killed_inside_the_models_makes_the_next_start_from_scratch(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    complete(connection, begin(connection))
    runs.mark(connection, begin(connection, 1), "landed_at")
    assert begin(connection, 2).is_full_refresh


def test_relanded_table_of_a_killed_night_is_not_forgotten(connection: duckdb.DuckDBPyConnection) -> None:
    complete(connection, begin(connection))
    runs.require_full_refresh(connection, begin(connection, 1), "a file was replaced")
    assert begin(connection, 2).is_full_refresh


@pytest.mark.parametrize(
    ("nights", "given"),
    [
        pytest.param(1, {"fingerprint": "changed"}, id="models or profile changed"),
        pytest.param(-1, {}, id="as_of before the last"),
        pytest.param(1, {"profile": {**PROFILE, "standards_from": "data"}}, id="standards from the data"),
        pytest.param(1, {"rebuild": True}, id="asked for"),
    ],
)
def test_reasons_for_a_build_from_scratch(
    connection: duckdb.DuckDBPyConnection, nights: int, given: dict
) -> None:
    complete(connection, begin(connection))
    run = begin(connection, nights, **given)
    assert run.is_full_refresh
    assert run.reason


def test_as_of_that_only_the_data_tells_may_lie_before_the_last(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    complete(connection, begin(connection))
    run = runs.settle_as_of(connection, begin(connection, as_of=None), NIGHT - timedelta(days=1))
    assert run.is_full_refresh
    assert connection.execute("select as_of, is_full_refresh from meta.run").fetchall() == [(run.as_of, True)]


def test_killed_rebuild_is_no_base(connection: duckdb.DuckDBPyConnection) -> None:
    complete(connection, begin(connection))
    begin(connection, 1, rebuild=True)
    run = begin(connection, 2)
    assert (run.is_full_refresh, run.previous_run_number) == (True, None)


def test_table_emptied_by_a_night_that_died_is_seen_by_the_next(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Its loads of before are forgotten with its rows: the first that is left came after the last complete night."""
    connection.execute("create table meta.loads (source varchar, table_name varchar, run_number bigint)")
    connection.execute("insert into meta.loads values ('erp', 'orders', 1), ('erp', 'lines', 1)")
    complete(connection, begin(connection))
    begin(connection, 1)
    connection.execute("insert into meta.loads values ('erp', 'lines', 2)")
    assert not runs.is_relanded(connection, begin(connection, 2))
    connection.execute("delete from meta.loads where table_name = 'orders'")
    connection.execute("insert into meta.loads values ('erp', 'orders', 3)")
    assert runs.is_relanded(connection, begin(connection, 3))
