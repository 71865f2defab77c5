"""An analyst's query: it reads the published file within its limits, and there is no way out of it."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import REPOSITORY
from dashboards.published import Answer, ask_freely
from dashboards.settings import Limits, load

SECRET = "the-password-is-swordfish"
ENDLESS = "with recursive t as (select 1 as i union all select i + 1 from t) select count(*) from t"


@dataclass(frozen=True)
class Tried:
    """What came of everything in ESCAPES and DO_NOTHING, tried beside each other, and what it left on disk."""

    answers: dict[str, Answer]
    before: dict[str, bytes]
    after: dict[str, bytes]


def secrets(folder: Path) -> Path:
    """A folder with things that nobody may read."""
    folder.mkdir()
    (folder / "secret.csv").write_text(f"word\n{SECRET}\n", encoding="utf-8")
    (folder / "secret.json").write_text(json.dumps({"word": SECRET}), encoding="utf-8")
    with duckdb.connect(str(folder / "other.duckdb")) as connection:
        connection.execute(f"create table secrets as select '{SECRET}' as word")
        connection.execute(f"copy secrets to '{folder / 'secret.parquet'}'")
    return folder


@pytest.fixture(scope="module")
def tried(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """All of it, each in its own process."""
    home = tmp_path_factory.mktemp("home")
    file = home / "warehouse.duckdb"
    file.write_bytes(made.read_bytes())
    outside = secrets(home / "outside")
    texts = [*ESCAPES, *DO_NOTHING]
    before = state(home)
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(
            lambda sql: ask(file, sql.replace("{out}", str(outside)), seconds=60, at_once=4), texts
        )
        found = dict(zip(texts, answers, strict=True))
    return Tried(found, before, state(home))


def state(folder: Path) -> dict[str, bytes]:
    """All files below a folder, and what is in them."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ask(published: Path, sql: str, **limits: int) -> Answer:
    return ask_freely(published, sql, Limits(**limits))


# every way out that we know of; {out} is the folder of `outside`
ESCAPES = [
    "select * from read_csv('{out}/secret.csv')",
    "select * from read_csv_auto('{out}/secret.csv')",
    "select * from '{out}/secret.csv'",
    "from '{out}/secret.parquet'",
    "from read_parquet('{out}/secret.parquet')",
    "from parquet_scan('{out}/secret.parquet')",
    "from parquet_metadata('{out}/secret.parquet')",
    "from parquet_schema('{out}/secret.parquet')",
    "from read_json('{out}/secret.json')",
    "from read_json_objects('{out}/secret.json')",
    "from read_ndjson('{out}/secret.json')",
    "from read_text('{out}/secret.csv')",
    "from read_blob('{out}/secret.csv')",
    "from glob('{out}/*')",
    "from sniff_csv('{out}/secret.csv')",
    "from read_duckdb('{out}/other.duckdb', table_name = 'secrets')",
    "from '{out}/other.duckdb'",
    "from query('select * from read_text(''{out}/secret.csv'')')",
    "from query('copy (select 1) to ''{out}/new.csv''')",
    "from query_table('{out}/secret.csv')",
    "from json_execute_serialized_sql(json_serialize_sql('from read_text(''{out}/secret.csv'')'))",
    "with a as materialized (from read_text('{out}/secret.csv')) from a",
    "select (select content from read_text('{out}/secret.csv'))",
    "explain analyze copy (select 1) to '{out}/new.csv'",
    "explain analyze (format json) select * from read_text('{out}/secret.csv')",
    "/* harmless */ copy (select 1) to '{out}/new.csv'",
    "copy marts.kpi to '{out}/new.parquet'",
    "copy marts.kpi from '{out}/secret.csv'",
    "export database '{out}/export'",
    "import database '{out}/export'",
    "attach '{out}/other.duckdb' as other",
    "attach '{out}/new.duckdb' as other (read_only false)",
    "attach ':memory:' as other",
    "detach published",
    "select 1; copy (select 1) to '{out}/new.csv'",
    "install httpfs",
    "load httpfs",
    "load '{out}/evil.duckdb_extension'",
    "force install spatial from community",
    "from 'https://example.com/secret.csv'",
    "from read_csv('s3://bucket/secret.csv')",
    "from read_text('http://127.0.0.1:1/secret')",
    "create secret (type s3, key_id 'a', secret 'b')",
    "create persistent secret (type s3, key_id 'a', secret 'b')",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset enable_external_access",
    "set memory_limit = '100GB'",
    "set threads = 64",
    "set temp_directory = '{out}'",
    "set home_directory = '{out}'",
    "set allowed_directories = ['{out}']",
    "set python_enable_replacements = true",
    "set log_query_path = '{out}/log'",
    "pragma enable_profiling",
    "pragma profile_output = '{out}/profile'",
    "call enable_logging(storage_path = '{out}/log')",
    "call checkpoint()",
    "checkpoint",
    "force checkpoint",
    "vacuum",
    "use memory",
    "begin transaction",
    "prepare a as select 1",
    "execute a",
    "create table mine as select 1",
    "create temp table mine as select 1",
    "create view mine as select 1",
    "create macro mine() as 1",
    "create function mine() as table from read_text('{out}/secret.csv')",
    "insert into marts.kpi select * from marts.kpi",
    "update meta.run set run_number = 9",
    "delete from meta.run",
    "delete from meta.run returning *",
    "merge into meta.run using (select 1) on true when matched then delete",
    "drop table marts.kpi",
    "alter table marts.kpi add column mine integer",
    "truncate marts.kpi",
    "comment on table marts.kpi is 'mine'",
    "select getenv('HOME')",
    "select getvariable('SECRET') || nope",
    "from connection",  # a name in the program that asks: no Python object is a table
    "from answer",
    "from sys",
    "from arrow_scan(1, 2, 3)",
    "from pandas_scan(1)",
    "from python_map_function()",
    "from seq_scan()",
]


@pytest.mark.parametrize("sql", ESCAPES)
def test_there_is_no_way_out(tried: Tried, sql: str) -> None:
    assert tried.answers[sql].wrong in ("sql", "refused", "outside"), tried.answers[sql]
    assert tried.answers[sql].rows == []
    assert SECRET not in tried.answers[sql].message


@pytest.mark.parametrize(
    "sql",
    ["from read_csv('/etc/passwd')", "from glob('/etc/*')", "from '/etc/passwd'", "from '/etc/passwd.csv'",
     "describe 'passwd.txt'", "from query_table('etc/passwd')", "from read_text('https://example.com')"],
)  # fmt: skip
def test_what_lies_outside_of_the_file_is_called_so(published: Path, sql: str) -> None:
    assert ask(published, sql) == Answer(wrong="outside")


@pytest.mark.parametrize(
    "sql", ["from kpis", "from marts.kpis", "from published.marts.kpis", "from nowhere.kpi"]
)
def test_a_table_that_is_not_there_is_a_mistake_and_no_way_outside(published: Path, sql: str) -> None:
    assert ask(published, sql).wrong == "sql"


@pytest.mark.parametrize(
    "sql",
    [
        "pragma database_list",
        "from duckdb_databases()",
        "from duckdb_settings()",
        "select current_setting('allowed_paths')",
    ],
)
def test_where_on_the_server_the_file_lies_is_not_shown(published: Path, sql: str) -> None:
    answer = ask(published, sql)
    assert published.resolve().name in str(answer.rows)
    assert str(published.resolve().parent) not in str(answer)


# what is a select by its form, and would reconfigure the engine or end a process that many share
DO_NOTHING = [
    "from enable_logging(storage_path = '{out}/log')",
    "from enable_logging('QueryLog', storage = 'file', storage_path = '{out}/log.csv')",
    "from enable_profiling(save_location = '{out}/profile.txt')",
    "from enable_profiling(save_location = '{out}/profile.txt'), range(3)",
    "from disable_logging()",
    "from checkpoint()",
    "select write_log('mine')",
    "from duckdb_secrets()",
    "from duckdb_temporary_files()",
]


@pytest.mark.parametrize("sql", DO_NOTHING)
def test_what_looks_like_reading_reveals_nothing(tried: Tried, sql: str) -> None:
    assert SECRET not in str(tried.answers[sql])


def test_nothing_was_changed_or_left_on_disk(tried: Tried) -> None:
    assert tried.after == tried.before


UNLOCKED = f"""
import sys; sys.path.insert(0, {str(REPOSITORY)!r})
import duckdb
from dashboards import confined
confined.open_confined = lambda file, megabytes: duckdb.connect(str(file), read_only=True)
confined.reading = lambda sql: sql
"""


def test_the_operating_system_holds_where_the_engine_would_not(published: Path, tmp_path: Path) -> None:
    outside = secrets(tmp_path / "outside")

    def said(code: str, sql: str) -> str:
        asked = {"file": str(published), "sql": sql, "seconds": 20, "megabytes": 512, "rows": 10}
        ended = subprocess.run(
            [sys.executable, "-c", f"{UNLOCKED}{code}confined.main()"],
            input=json.dumps(asked), capture_output=True, text=True, check=False,
        )  # fmt: skip
        return ended.stdout

    read, write = f"from read_text('{outside}/secret.csv')", f"copy (select 1) to '{outside}/new.csv'"
    for sql in (read, write):
        assert json.loads(said("", sql))["wrong"] == "sql"
    assert not (outside / "new.csv").exists()
    # without it both get out: the test does test something
    off = "confined.confine = lambda megabytes: None\n"
    assert SECRET in said(off, read)
    assert said(off, write) and (outside / "new.csv").exists()


def test_a_runaway_query_ends_at_its_limit_and_the_next_one_works(published: Path) -> None:
    for sql in (
        ENDLESS,
        "select count(*) from marts.fct_events a, marts.fct_events b, range(1000) where a.file > b.file || 'x'",
        "select sleep_ms(60000)",
    ):
        started = time.monotonic()
        assert ask(published, sql, seconds=1).wrong == "time"
        assert time.monotonic() - started < 30, "half of what the third would sleep"
        assert ask(published, "select 1 as one").rows == [{"one": 1}]


@pytest.mark.parametrize(
    "sql",
    [
        "select list(i) from range(1000000000) t(i)",
        "select repeat('x', 4000000000)",
        "select string_agg(a.file, '') from marts.fct_events a, range(10000)",
        "select i, repeat('x', 50000000) from range(100) t(i)",
    ],
)
def test_a_query_that_needs_too_much_memory_is_told_so(published: Path, sql: str) -> None:
    assert ask(published, sql, megabytes=256, seconds=60).wrong == "memory"
    assert ask(published, "select 1 as one").rows == [{"one": 1}]


def test_an_answer_that_is_too_big_to_show_is_told_so(published: Path) -> None:
    assert ask(published, "select i, repeat('x', 1000000) from range(80) t(i)").wrong == "size"


def test_readers_do_not_disturb_each_other(published: Path) -> None:
    slow: list[Answer] = []
    other = threading.Thread(target=lambda: slow.append(ask(published, ENDLESS, seconds=8)))
    other.start()
    assert ask(published, "select run_number from meta.run").rows == [{"run_number": 7}]
    assert not slow, "it did not wait until the other one was ended"
    other.join()
    assert slow[0].wrong == "time"


def test_more_than_may_run_at_once_are_asked_to_wait(published: Path) -> None:
    other = threading.Thread(target=lambda: ask(published, ENDLESS, seconds=4, at_once=1))
    other.start()
    time.sleep(0.3)
    assert ask(published, "select 1", seconds=1, at_once=1).wrong == "busy"
    other.join()
    assert ask(published, "select 1 as one", at_once=1).rows == [{"one": 1}]


def test_rows_beyond_the_limit_are_cut_and_said(published: Path) -> None:
    assert len(ask(published, "from marts.fct_orders", rows=10).rows) == 10
    assert ask(published, "from marts.fct_orders", rows=10).is_cut
    assert not ask(published, "from range(10)", rows=10).is_cut


def test_values_come_back_as_what_they_are(published: Path) -> None:
    sql = """
        select timestamptz '2026-03-01 00:00:00+08' as instant, date '2026-02-28' as day, 1.50::decimal(9, 2) as amount,
            2::bigint as number, 0.5::double as rate, true as yes, '签收' as word,
            null as nothing, 3 as number, [1, 2] as list
    """
    answer = ask(published, sql)
    assert answer.rows == [
        {
            "instant": datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8))),
            "day": date(2026, 2, 28),
            "amount": Decimal("1.50"),
            "number": 2,
            "rate": 0.5,
            "yes": True,
            "word": "签收",
            "nothing": None,
            "number (2)": 3,
            "list": "[1, 2]",
        }
    ]
    assert answer.rows[0]["instant"].utcoffset() == timedelta(hours=8)  # the company's zone


@pytest.mark.parametrize(
    "sql",
    ["describe marts.kpi", "summarize marts.kpi", "show tables", "explain select 1", "from kpi", "values (1)",
     "pivot (from marts.kpi) on metric in ('true_on_time_rate') using sum(numerator)"],
)  # fmt: skip
def test_all_ways_of_reading_are_open(published: Path, sql: str) -> None:
    assert ask(published, sql).rows


def test_a_mistake_is_told_with_its_line(published: Path) -> None:
    answer = ask(published, "select metric\nfrom marts.kpi\nwhere metrik = 'a'")
    assert answer.wrong == "sql"
    assert "LINE 3: where metrik" in answer.message


def test_the_limits_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().limits == Limits(seconds=20, megabytes=512, rows=10_000, at_once=2)
    monkeypatch.setenv("TRUE_ON_TIME_SQL_SECONDS", "5")
    monkeypatch.setenv("TRUE_ON_TIME_SQL_ROWS", "100")
    assert load().limits == Limits(seconds=5, rows=100)
