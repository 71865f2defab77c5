"""Runs the project's own nights over a written company, and reads what was published."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.night import run_night
from dagster_project.settings import Settings
from oracle.company import Company, Row
from oracle.writing import write_drop, write_profile


def settings_for(company: Company, folder: Path) -> Settings:
    """A profile, an empty source folder and a home of their own under `folder`."""
    profile = write_profile(company, folder / "profile" / "plain")
    source, home = folder / "source", folder / "data" / "plain"
    source.mkdir(parents=True)
    return Settings("plain", profile, source, home, None, 8501)


def hush(*_: Any, **__: Any) -> None:
    """A night's progress is of no interest to a test."""


def night(settings: Settings, as_of: datetime) -> None:
    result = run_night(settings, as_of=as_of, with_quality=False, say=hush)
    assert result.status == "published", result.message


def one_night(company: Company, folder: Path) -> Settings:
    """Everything in one drop, one night."""
    settings = settings_for(company, folder)
    write_drop(company.rows, settings.source_dir, date(2026, 1, 1))
    night(settings, company.as_of)
    return settings


@contextmanager
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(settings.published_file.resolve()), read_only=True)
    connection.execute("set timezone = 'UTC'")
    try:
        yield connection
    finally:
        connection.close()


def read(connection: duckdb.DuckDBPyConnection, query: str, parameters: list[Any] | None = None) -> list[Row]:
    """Rows as dictionaries."""
    cursor = connection.execute(query, parameters or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
