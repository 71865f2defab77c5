"""Servers, each started once a session, and small profiles whose tables they hold."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest

from dagster_project import sources
from tests.servers import databases
from tests.servers.databases import Server, SqliteFile

Made = Callable[..., sources.Profile]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with databases.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    with databases.mariadb() as server:
        yield server


@pytest.fixture
def sqlite(tmp_path: Path) -> SqliteFile:
    return SqliteFile(tmp_path / "erp.sqlite")


@pytest.fixture
def profile(tmp_path: Path) -> Made:
    """Writes a profile of one source `erp` with the files given, by their names, and reads it."""

    return lambda **files: written(tmp_path / "company", **files)


def written(folder: Path, **files: str) -> sources.Profile:
    """The profile of a folder into which files are written, by their names; what every profile needs is added."""
    for name, text in {"profile": "timezone: Asia/Shanghai\n", **files}.items():
        path = folder / f"{name.replace('__', '/')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    milestones = folder / "reference" / "route_milestones.csv"
    milestones.parent.mkdir(exist_ok=True)
    milestones.write_text("route,position,milestone\ndirect,1,placed\ndirect,2,signed\n", encoding="utf-8")
    return sources.load_profile(folder)


def ids(*ranges: tuple[int, int]) -> list[str]:
    """Of records that tests/servers/service.py numbers."""
    return [f"R{number:04}" for first, last in ranges for number in range(first, last + 1)]


class Landed:
    """A build file into which a table of a profile is landed, run by run."""

    def __init__(self, profile: sources.Profile, source_dir: Path, file: Path) -> None:
        self.profile, self.source_dir, self.runs = profile, source_dir, 0
        self.connection = duckdb.connect(str(file))
        self.connection.execute("SET TimeZone = 'Asia/Shanghai'")

    def land(self, source: str, table: str) -> sources.Load:
        self.runs += 1
        sources.prepare(self.connection, self.profile, self.source_dir)
        run = sources.Run(number=self.runs, id=f"run-{self.runs}")
        return sources.land(self.connection, self.profile, (source, table), self.source_dir, run)

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()
