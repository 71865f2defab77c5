"""Dagster's history while a night runs: its files stay open, so that an event costs no wait for the disk."""

import sqlite3
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from dagster_project.lib import instance


def append(file: Path) -> None:
    """One event as Dagster stores it: on an engine and a connection of its own."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("insert into event values (1)"))
    engine.dispose()


def test_history_is_written_back_once_at_the_end(tmp_path: Path) -> None:
    file, log = tmp_path / "run.db", tmp_path / "run.db-wal"
    with sqlite3.connect(file) as made:
        made.execute("pragma journal_mode = wal")
        made.execute("create table event (id integer)")
    made.close()
    append(file)
    assert not log.exists()
    with instance.quick_history():
        append(file)
        assert log.exists()
        append(file)
    assert not log.exists()
    append(file)
    assert not log.exists()
    assert sqlite3.connect(file).execute("select count(*) from event").fetchall() == [(4,)]


def test_file_that_keeps_no_log_of_its_own_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "run.db"
    sqlite3.connect(file).execute("create table event (id integer)")
    with instance.quick_history():
        append(file)
        with sqlite3.connect(file, timeout=0) as other:
            other.execute("pragma journal_mode = wal")  # needs the file for itself
