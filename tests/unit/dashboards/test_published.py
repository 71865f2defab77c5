"""The one connection: it sees the published file, notices a new one, and offers no way out."""

import tomllib
from pathlib import Path

import duckdb
import pytest

from dashboards import published as module
from dashboards.published import QUERIES, NothingPublishedError, OutdatedError, ask, open_published
from tests.unit.dashboards.conftest import OpenPage


def test_a_query_ignores_values_it_does_not_use(published: Path) -> None:
    assert ask(published, "run", lang="zh", places=["WH_A"])[0]["run_number"] == 7


def test_a_new_version_is_seen_at_once(published: Path) -> None:
    assert ask(published, "run")[0]["run_number"] == 7
    newer = published.with_name("newer.duckdb")
    newer.write_bytes(published.read_bytes())
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update meta.run set run_number = 8")
        connection.execute("update meta.runs set run_number = 8")
    newer.replace(published)
    assert ask(published, "run")[0]["run_number"] == 8


def test_an_engine_that_broke_is_opened_anew(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    class Broken:
        def cursor(self) -> "Broken":
            raise duckdb.FatalException("database has been invalidated because of a previous fatal error")

        def close(self) -> None: ...

    def first_broken(file: Path) -> object:
        opened.append(file)
        return Broken() if len(opened) == 1 else open_published(file)

    monkeypatch.setattr(module, "open_published", first_broken)
    assert len(ask(published, "run")) == 1
    assert len(opened) == 2


def test_without_a_published_file_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError):
        ask(tmp_path / "warehouse.duckdb", "run")


def test_a_file_of_an_earlier_version_is_told_apart(published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("drop table marts.fct_overdue")
    with pytest.raises(OutdatedError):
        ask(published, "run")


def test_the_page_says_that_it_is_of_an_earlier_version(published: Path, open_page: OpenPage) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("drop table marts.fct_overdue")
    app = open_page(lang="en")
    assert not app.exception and "made by an earlier version" in app.info[0].value


@pytest.mark.parametrize(
    "statement",
    [
        "update published.meta.run set run_number = 9",
        "create table published.meta.mine as select 1",
        "copy (select 1) to 'out.csv'",
        "select * from read_csv('/etc/passwd')",
        "attach 'other.duckdb'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set memory_limit = '100GB'",
    ],
)
def test_nothing_can_be_written_and_nothing_else_can_be_read(published: Path, statement: str) -> None:
    with open_published(published) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement)


def test_the_app_listens_on_this_machine_only() -> None:
    config = tomllib.loads((QUERIES.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["address"] == "localhost"


def test_no_statistics_leave_this_machine() -> None:
    config = tomllib.loads((QUERIES.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
