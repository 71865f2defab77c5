"""Databases as sources: what is fetched, when it is fetched again, and what a table of the source looks like landed."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project import sources
from dagster_project.connectors import fetch
from dagster_project.connectors.drops import Drops
from dagster_project.connectors.place import Window
from tests.connectors.conftest import Landed, Made
from tests.servers.databases import Server, SqliteFile

CONTRACT = """
source: erp
tables:
  orders:
    files: erp/orders/*.csv
    format: csv
    key: [order_no]
    recorded_at: changed_at
    columns:
      order_no:    {type: text, required: true}
      wished_date: {type: date, format: "%Y/%m/%d"}
      amount:      {type: decimal}
      changed_at:  {type: timestamp, required: true}
"""
CONNECTION = """
source: erp
kind: sql
engine: ENGINE
connect: ${ERP}
tables:
  orders: {cursor: changed_at, look_back: 2h}
"""
WHOLE = CONNECTION.replace("cursor: changed_at, look_back: 2h", "full: true")
WITHOUT_TIME = CONTRACT.replace("recorded_at: changed_at", "recorded_at: fetched_at").replace(
    "      changed_at:  {type: timestamp, required: true}\n",
    "      changed_at:  {type: timestamp}\n      fetched_at:  {type: timestamp, required: true}\n",
)
TABLE = """
drop table if exists orders;
create table orders (
    order_no varchar(20) primary key, wished_date date, amount decimal(10,2), changed_at TIMES
);
"""
FIRST = """
insert into orders values ('SO1', '2026-01-08', 120.50, '2026-01-05 10:00:00'),
    ('SO2', null, 0, '2026-01-05 11:30:00.250000'), ('SO3', '2026-01-09', null, '2026-01-05 12:00:00');
"""


ENGINES = {"postgres": "postgres", "mariadb": "mysql", "sqlite": "sqlite"}
# as each engine keeps times, and a table's column that changes its type; SQLite lets any value into any column
TIMES = {"postgres": "timestamp(6)", "mariadb": "datetime(6)", "sqlite": "datetime"}
CHANGED = {
    "postgres": "alter table orders alter column amount type varchar(20) using amount::varchar;",
    "mariadb": "alter table orders modify column amount varchar(20);",
    "sqlite": "",
}


@pytest.fixture(
    params=[*(pytest.param(name, marks=pytest.mark.servers) for name in ("postgres", "mariadb")), "sqlite"]
)
def server(request: pytest.FixtureRequest) -> Server | SqliteFile:
    return request.getfixturevalue(request.param)


class Erp:
    """A database, the profile that reads it, and where its rows land."""

    def __init__(
        self,
        server: Server | SqliteFile,
        made: Made,
        folder: Path,
        connection: str = CONNECTION,
        contract: str = CONTRACT,
    ) -> None:
        self.database = {"postgres": "postgres", "mariadb": "erp", "sqlite": ""}[server.kind]
        if server.kind == "mariadb":
            server.run("create database if not exists erp character set utf8mb4;")
        self.server, self.folder = server, folder
        if server.kind == "sqlite":
            contract = contract.replace('"%Y/%m/%d"', '"%Y-%m-%d"')
        self.profile = made(
            contracts__erp=contract, connections__erp=connection.replace("ENGINE", ENGINES[server.kind])
        )
        self.environment = {"ERP": server.connect(self.database)}
        self.landed = Landed(self.profile, folder / "source", folder / "build.duckdb")
        self.run(TABLE.replace("TIMES", TIMES[server.kind]) + FIRST)

    def run(self, statements: str) -> None:
        self.server.run(statements, self.database)

    def fetch(self, window: Window | None = None) -> fetch.State:
        (connection,) = self.profile.connections
        return fetch.fetch(
            self.profile, connection, self.folder / "source", self.folder, window, self.environment
        )

    def land(self) -> list[tuple]:
        self.landed.land("erp", "orders")
        return self.landed.rows(
            "select order_no, wished_date::varchar, amount::varchar, changed_at::varchar"
            " from landing.erp__orders order by all"
        )


NOON = "2026-01-05 12:00:00"


def reached(state: fetch.State) -> str:
    """The cursor of the orders, in the company's zone; of text it says so."""
    return state.tables["orders"]["cursor"].removesuffix("+08")


@pytest.fixture
def erp(server: Server | SqliteFile, profile: Made, tmp_path: Path) -> Erp:
    return Erp(server, profile, tmp_path)


def test_rows_land_as_the_source_has_them(erp: Erp) -> None:
    state = erp.fetch()
    assert (state.error, state.tables["orders"]["rows"]) == ("", 3)
    assert erp.land() == [
        ("SO1", "2026-01-08", "120.50", "2026-01-05 10:00:00+08"),
        ("SO2", None, "0.00", "2026-01-05 11:30:00.25+08"),
        ("SO3", "2026-01-09", None, "2026-01-05 12:00:00+08"),
    ]
    assert state.last_event_at == "2026-01-05T04:00:00+00:00"


def test_only_what_is_new_is_asked_for_and_what_came_late_is_found(erp: Erp) -> None:
    erp.fetch()
    erp.land()
    erp.run(
        "insert into orders values ('SO4', null, 1, '2026-01-05 10:30:00'), ('SO5', null, 1, '2026-01-05 09:59:00');"
        "update orders set amount = 7, changed_at = '2026-01-05 13:00:00' where order_no = 'SO1';"
    )
    state = erp.fetch()
    # from 12:00 less two hours: SO2, SO3, the late SO4, and SO1 as it is now; SO5 was committed too late to be seen
    assert state.tables["orders"]["rows"] == 4
    rows = erp.land()
    assert [row[0] for row in rows] == ["SO1", "SO1", "SO2", "SO3", "SO4"]
    assert [row[2] for row in rows[:2]] == ["120.50", "7.00"]


def test_a_period_is_fetched_again_and_leaves_the_cursor(erp: Erp) -> None:
    erp.fetch()
    erp.run("insert into orders values ('SO0', null, 1, '2026-01-03 10:00:00');")
    assert reached(erp.fetch()) == NOON
    day = Window(datetime(2026, 1, 2, 16, tzinfo=UTC), datetime(2026, 1, 3, 16, tzinfo=UTC))
    state = erp.fetch(day)
    assert (state.tables["orders"]["rows"], reached(state)) == (1, NOON)
    assert [row[0] for row in erp.land()] == ["SO0", "SO1", "SO2", "SO3"]


def test_a_period_is_of_the_cursor_s_own_zone(erp: Erp) -> None:
    """The column is said to be in UTC, so of 9:00 to 10:30 UTC it is the row of 10:00, which is 18:00 in Shanghai."""
    path = erp.profile.directory / "contracts" / "erp.yml"
    text = path.read_text().replace(
        "changed_at:  {type: timestamp", "changed_at:  {type: timestamp, zone: UTC"
    )
    path.write_text(text)
    erp.profile = sources.load_profile(erp.profile.directory)
    assert erp.fetch().last_event_at == "2026-01-05T12:00:00+00:00"
    assert (
        erp.fetch(
            Window(datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 5, 10, 30, tzinfo=UTC))
        ).tables["orders"]["rows"]
        == 1
    )


def test_a_row_from_the_future_does_not_hide_those_to_come(erp: Erp) -> None:
    erp.run("insert into orders values ('SO9', null, 1, '2199-01-01 00:00:00');")
    state = erp.fetch()
    assert reached(state) == NOON
    assert "1 rows lie in the future" in state.tables["orders"]["warnings"][0]
    erp.run("insert into orders values ('SO6', null, 1, '2026-01-06 00:00:00');")
    erp.fetch()
    assert [row[0] for row in erp.land()] == ["SO1", "SO2", "SO3", "SO6", "SO9"]


def test_a_row_without_a_cursor_is_not_passed_over(erp: Erp) -> None:
    erp.fetch()
    erp.run("insert into orders values ('SO4', null, 4, null), ('SO5', null, 5, null);")
    state = erp.fetch()
    # from 10:00 on, two hours before the cursor: SO1 to SO3; and the two that never say when
    assert (state.error, state.tables["orders"]["rows"]) == ("", 5)
    assert state.tables["orders"]["warnings"][0].startswith(
        "2 rows have no changed_at, so every fetch reads them"
    )
    load = erp.landed.land("erp", "orders")
    assert (load.rows_read, load.rows_quarantined) == (8, 2)  # their contract requires it: said, not lost


def test_a_new_column_is_taken_along_and_reported(erp: Erp) -> None:
    erp.fetch()
    erp.run("alter table orders add column buyer varchar(20);")
    erp.run("insert into orders values ('SO7', null, 1, '2026-01-06 00:00:00', 'purchasing');")
    state = erp.fetch()
    assert state.tables["orders"]["new_columns"] == ("buyer",)
    assert [row[0] for row in erp.land()] == ["SO1", "SO2", "SO3", "SO7"]
    newest = max((erp.folder / "source").glob("erp/orders/*/*.csv"), key=lambda path: path.name)
    assert "purchasing" in newest.read_text()


def test_a_changed_type_costs_its_rows_and_says_so(erp: Erp) -> None:
    erp.fetch()
    erp.land()
    erp.run(
        CHANGED[erp.server.kind]
        + "insert into orders values ('SO8', null, 'on request', '2026-01-06 00:00:00');"
    )
    assert erp.fetch().error == ""
    load = erp.landed.land("erp", "orders")
    assert (load.rows_quarantined, load.rows_accepted) == (1, 0)
    ((reason, row),) = erp.landed.rows("select reason, row from meta.quarantine")
    assert "amount" in reason and "on request" in reason and "SO8" in str(row)


def test_rows_that_came_while_a_column_was_missing_come_again_once_it_is_back(erp: Erp) -> None:
    erp.fetch()
    erp.land()
    erp.run(
        "alter table orders rename column amount to amounts;"
        "insert into orders values ('SO4', null, 4, '2026-01-06 00:00:00'), ('SO5', null, 5, '2026-01-09 00:00:00');"
    )
    for _ in range(2):
        state = erp.fetch()
        assert "orders: column amount is missing (Did you mean 'amounts'?)" in state.error
        assert (reached(state), state.tables["orders"]["rows"]) == (NOON, 0)
        assert (len(erp.land()), len(list(erp.folder.glob("source/erp/orders/*/*.csv")))) == (3, 1)
    erp.run("alter table orders rename column amounts to amount;")
    state = erp.fetch()
    # from 10:00 on, two hours before the cursor: SO1 to SO3, and both that came meanwhile, three days apart
    assert (state.error, state.tables["orders"]["rows"]) == ("", 5)
    assert [(row[0], row[2]) for row in erp.land()][2:] == [("SO3", None), ("SO4", "4.00"), ("SO5", "5.00")]


def test_a_database_that_is_down_is_said_without_its_password_and_caught_up_later(erp: Erp) -> None:
    up = erp.environment["ERP"]
    erp.environment["ERP"] = (
        f"{up}.moved"
        if isinstance(erp.server, SqliteFile)
        else up.replace(f"port={erp.server.port}", "port=1")
    )
    state = erp.fetch()
    assert state.error and state.failures == 1 and "known-to-the-tests" not in state.error
    assert state.succeeded_at is None
    erp.environment["ERP"] = up
    assert erp.fetch().failures == 0
    assert len(erp.land()) == 3


def test_an_unset_secret_is_named(erp: Erp) -> None:
    erp.environment.clear()
    assert erp.fetch().error == "ERP not set in the environment"


def test_a_small_table_is_compared_whole(server: Server | SqliteFile, profile: Made, tmp_path: Path) -> None:
    erp = Erp(server, profile, tmp_path, WHOLE)
    assert erp.fetch().tables["orders"]["rows"] == 3
    assert erp.fetch().tables["orders"]["rows"] == 0
    erp.run("update orders set amount = 9 where order_no = 'SO2'; delete from orders where order_no = 'SO3';")
    table = erp.fetch().tables["orders"]
    assert (table["rows"], table["gone"]) == (1, 2)  # SO2 as it was is gone too
    assert [(row[0], row[2]) for row in erp.land()] == [
        ("SO1", "120.50"), ("SO2", "0.00"), ("SO2", "9.00"), ("SO3", None),
    ]  # fmt: skip


def test_a_value_that_returns_is_news_where_rows_have_no_time(
    server: Server | SqliteFile, profile: Made, tmp_path: Path
) -> None:
    erp = Erp(server, profile, tmp_path, WHOLE, WITHOUT_TIME)
    for amount in (0, 9, 0):
        erp.run(f"update orders set amount = {amount} where order_no = 'SO2';")
        erp.fetch()
    assert erp.fetch().tables["orders"]["rows"] == 0
    erp.land()
    assert erp.landed.rows(
        "select amount::varchar from landing.erp__orders where order_no = 'SO2' order by _recorded_at"
    ) == [("0.00",), ("9.00",), ("0.00",)]
    assert erp.landed.rows("select count(*) from landing.erp__orders") == [(5,)]


def test_all_rows_brought_for_the_small_refresh_carry_their_time_too(
    server: Server | SqliteFile, profile: Made, tmp_path: Path
) -> None:
    erp = Erp(server, profile, tmp_path, WHOLE, WITHOUT_TIME)
    (connection,) = erp.profile.connections
    whole = replace(connection, pulls=tuple(replace(pull, brings_all=True) for pull in connection.pulls))
    for _ in range(2):
        state = fetch.fetch(erp.profile, whole, tmp_path / "source", tmp_path, None, erp.environment)
        assert (state.error, state.tables["orders"]["rows"]) == ("", 3)
    erp.land()
    counts = "select count(*), count(distinct _recorded_at) from landing.erp__orders"
    assert erp.landed.rows(counts) == [(6, 2)]


def test_a_table_read_whole_is_brought_once_though_its_fetch_ended_midway(
    server: Server | SqliteFile, profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp = Erp(server, profile, tmp_path, WHOLE, WITHOUT_TIME)
    write = Drops.write

    def ended(when: str) -> None:
        def written(self: Drops, *given: object, **noted: object) -> None:
            if when == "after":
                write(self, *given, **noted)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Drops, "write", written)
            with pytest.raises(KeyboardInterrupt):
                erp.fetch()

    ended("before")
    ended("after")
    assert erp.fetch().tables["orders"]["rows"] == 0
    erp.run("update orders set amount = 9 where order_no = 'SO2';")
    ended("before")
    assert erp.fetch().tables["orders"]["rows"] == 1
    erp.land()
    assert erp.landed.rows("select count(*) from landing.erp__orders") == [(4,)]
    assert len(list((tmp_path / "source" / "erp" / "orders").glob(".*"))) == 1


# --- what only SQLite does --------------------------------------------------------------------------------------------


WRITER = """
import sqlite3, sys
made = sqlite3.connect(sys.argv[1])
made.execute("begin exclusive")
made.execute("insert into orders values ('SO4', null, 1, '2026-01-05 13:00:00')")
print("written", flush=True)
sys.stdin.readline()
made.commit()
"""


@pytest.fixture
def lite(sqlite: SqliteFile, profile: Made, tmp_path: Path) -> Erp:
    return Erp(sqlite, profile, tmp_path)


def test_a_file_that_is_missing_is_named_and_not_made(lite: Erp, tmp_path: Path) -> None:
    lite.environment["ERP"] = str(tmp_path / "elsewhere.sqlite")
    assert lite.fetch().error == "not to be opened, check ERP: there is no such file"
    assert not (tmp_path / "elsewhere.sqlite").exists()


def test_a_file_that_is_no_database_is_said(lite: Erp, tmp_path: Path) -> None:
    (tmp_path / "notes.sqlite").write_text("these are notes and no database " * 100, encoding="utf-8")
    lite.environment["ERP"] = str(tmp_path / "notes.sqlite")
    assert "not a database" in lite.fetch().error


def test_a_file_that_is_being_written_is_caught_up_later(lite: Erp, sqlite: SqliteFile) -> None:
    """While another process is in the middle of it nothing is read."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(sqlite.file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdin and writer.stdout and writer.stdout.readline() == "written\n"
        assert "locked" in lite.fetch().error
        writer.stdin.write("commit\n")
        writer.stdin.flush()
    assert lite.fetch().error == ""
    assert [row[0] for row in lite.land()] == ["SO1", "SO2", "SO3", "SO4"]


@pytest.mark.parametrize("declared", ["text", "varchar(30)", "timestamp", ""])
def test_times_as_text_whatever_the_column_was_declared(
    sqlite: SqliteFile, profile: Made, tmp_path: Path, declared: str
) -> None:
    erp = Erp(sqlite, profile, tmp_path)
    erp.run(TABLE.replace("TIMES", declared) + FIRST)
    assert reached(erp.fetch()) == NOON
    erp.run(
        "insert into orders values ('SO4', null, 1, '2026-01-05 10:00:00'), ('SO5', null, 1, '2026-01-05 09:59:59'),"
        " ('SO6', null, 1, '2026-01-05 14:00:00');"
    )
    state = erp.fetch()
    # from 12:00 less two hours: SO1 to SO3, SO4 and SO6
    assert (state.error, state.tables["orders"]["rows"], reached(state)) == ("", 5, "2026-01-05 14:00:00")
    assert state.last_event_at == "2026-01-05T06:00:00+00:00"
    assert [row[0] for row in erp.land()] == ["SO1", "SO2", "SO3", "SO4", "SO6"]


def test_a_time_that_is_none_costs_its_row_and_hides_no_other(lite: Erp) -> None:
    lite.fetch()
    lite.run(
        "insert into orders values ('SO8', null, 1, 'next week'), ('SO9', null, 1, '2026-01-06 00:00:00');"
    )
    assert lite.fetch().error == ""
    load = lite.landed.land("erp", "orders")
    assert (load.rows_quarantined, load.rows_accepted) == (1, 4)
    lite.fetch()
    assert reached(lite.fetch()) == "2026-01-06 00:00:00"
    assert [row[0] for row in lite.land()] == ["SO1", "SO2", "SO3", "SO9"]


@pytest.mark.parametrize(
    ("type_", "stored", "look_back"),
    [
        ("epoch_s", [1767600000, 1767603600, 1767610800], "2h"),
        ("epoch_ms", [1767600000000, 1767603600000, 1767610800000], "2h"),
        ("integer", [1000, 1003, 1009], "6"),
    ],
)
def test_a_cursor_that_is_a_number(
    sqlite: SqliteFile, profile: Made, tmp_path: Path, type_: str, stored: list[int], look_back: str
) -> None:
    """Seconds and milliseconds are times by the contract: two hours before the last are the second and the third."""
    contract = CONTRACT.replace("changed_at:  {type: timestamp", f"changed_at:  {{type: {type_}").replace(
        "    recorded_at: changed_at\n", "" if type_ == "integer" else "    recorded_at: changed_at\n"
    )
    made = profile(
        contracts__erp=contract.replace("%Y/%m/%d", "%Y-%m-%d"),
        connections__erp=CONNECTION.replace("ENGINE", "sqlite").replace("2h", look_back),
    )
    values = ", ".join(f"('SO{number}', null, 1, {at})" for number, at in enumerate(stored, 1))
    sqlite.run(TABLE.replace("TIMES", "integer") + f"insert into orders values {values};")
    environment = {"ERP": str(sqlite.file)}
    counts = []
    for _ in range(2):
        state = fetch.fetch(made, made.connections[0], tmp_path / "source", tmp_path, None, environment)
        assert state.error == ""
        counts.append(state.tables["orders"]["rows"])
    assert counts == [3, 2]


def test_a_length_of_time_to_look_back_on_numbers_is_a_mistake_from_the_first_fetch_on(
    sqlite: SqliteFile, profile: Made, tmp_path: Path
) -> None:
    contract = CONTRACT.replace("changed_at:  {type: timestamp", "changed_at:  {type: integer")
    made = profile(
        contracts__erp=contract.replace("    recorded_at: changed_at\n", ""),
        connections__erp=CONNECTION.replace("ENGINE", "sqlite"),
    )
    sqlite.run(TABLE.replace("TIMES", "integer") + "insert into orders values ('SO1', null, 1, 1000);")
    environment = {"ERP": str(sqlite.file)}
    state = fetch.fetch(made, made.connections[0], tmp_path / "source", tmp_path, None, environment)
    assert "look_back '2h' of a cursor that is a number: write a number as in 100" in state.error
