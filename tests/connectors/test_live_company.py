"""The demo company through servers instead of files: the same published tables, row for row."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project import sources
from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, Settings
from tests.homes import settings_for
from tests.servers import company, databases
from tests.servers.answers import ZONE
from tests.servers.company import Systems

pytestmark = [pytest.mark.servers, pytest.mark.slow]

LAST = datetime(2026, 2, 1, tzinfo=ZONE)
CUT = datetime(2026, 1, 27, 3, tzinfo=ZONE)
DAYS, ORDERS_A_DAY = 20, 60
PROVENANCE = ("file", "record", "load_id")


@dataclass
class Companies:
    """The same company twice: its files landed, and its systems filled from them."""

    by_files: Settings
    systems: Systems
    folder: Path

    def by_servers(self, name: str) -> Settings:
        """A home of its own, with what still comes as files."""
        settings = settings_for(PROFILES / "demo_live", self.folder / name)
        fetched = {(c.source, p.table) for c in self.systems.profile.connections for p in c.pulls}
        for source, table in self.systems.profile.tables:
            if (source, table) not in fetched:
                shutil.copytree(
                    self.by_files.source_dir / source / table, settings.source_dir / source / table
                )
        return settings


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companies]:
    folder = tmp_path_factory.mktemp("live")
    by_files = settings_for(PROFILES / "demo", folder / "files")
    last = number(LAST.date()) - 1
    generate(Size(last - DAYS + 1, last, ORDERS_A_DAY, 11), by_files.home, lambda line: None)
    run_night(by_files, as_of=LAST, with_quality=False, say=lambda line: None)
    profile = sources.load_profile(PROFILES / "demo_live")
    with (
        databases.postgres() as erp,
        databases.mariadb() as front,
        company.systems(profile, by_files.build_file, by_files.source_dir, erp, front) as systems,
        pytest.MonkeyPatch.context() as patch,
    ):
        for variable, value in systems.environment().items():
            patch.setenv(variable, value)
        yield Companies(by_files, systems, folder)


def night(settings: Settings, as_of: datetime) -> list[str]:
    said: list[str] = []
    run_night(settings, as_of=as_of, with_quality=False, say=said.append)
    return said


def same(one: Settings, other: Settings) -> None:
    """The same rows in every published table, but for where a row was read from.

    Event keys hold the file's place, so events are compared without them.
    """
    with duckdb.connect() as connection:
        for name, settings in (("one", one), ("other", other)):
            connection.execute(f"ATTACH '{settings.published_file.resolve()}' AS {name} (READ_ONLY)")
        tables = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'one'"
            " AND schema_name IN ('marts', 'evidence') ORDER BY ALL"
        ).fetchall()
        assert len(tables) > 20
        found = {}
        for schema, table in tables:
            columns = [row[0] for row in connection.execute(f"DESCRIBE one.{schema}.{table}").fetchall()]
            kept = ", ".join(f'"{column}"' for column in columns if column not in PROVENANCE)
            rows = [f"SELECT {kept} FROM {name}.{schema}.{table}" for name in ("one", "other")]
            counts = [
                connection.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchone()[0]  # type: ignore[index]
                for a, b in (rows, rows[::-1])
            ]
            if any(counts):
                found[f"{schema}.{table}"] = counts
        assert found == {}


def test_servers_give_what_files_give(both: Companies) -> None:
    both.systems.store(CUT)
    live = both.by_servers("live")
    said = night(live, CUT)
    assert not [line for line in said if "not or not wholly" in line and ", 0 not" not in line], said
    both.systems.store(LAST)
    night(live, LAST)
    same(both.by_files, live)


def test_all_at_once_gives_the_same(both: Companies) -> None:
    both.systems.store(LAST)
    live = both.by_servers("at_once")
    night(live, LAST)
    same(both.by_files, live)
