"""A small demo company with its systems running, for who wants to ask them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

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

LAST = datetime(2026, 2, 1, tzinfo=ZONE)


@dataclass
class Running:
    """The company as its files tell it, landed and published, and its systems."""

    by_files: Settings
    systems: Systems
    folder: Path

    def loop_home(
        self, name: str, profile_dir: Path = PROFILES / "demo_live", at: datetime = LAST
    ) -> Settings:
        """A home in which the small refresh may run, at an instant of the company's time."""
        return replace(settings_for(profile_dir, self.folder / name), as_of=at)


@contextmanager
def running(
    folder: Path, days: int, orders_a_day: int, profile_dir: Path = PROFILES / "demo_live"
) -> Iterator[Running]:
    by_files = settings_for(PROFILES / "demo", folder / "files")
    last = number(LAST.date()) - 1
    generate(Size(last - days + 1, last, orders_a_day, 11), by_files.home, lambda line: None)
    run_night(by_files, as_of=LAST, with_quality=False, say=lambda line: None)
    profile = sources.load_profile(profile_dir)
    before = dict(os.environ)
    with (
        databases.postgres() as erp,
        databases.mariadb() as front,
        company.systems(profile, by_files.build_file, by_files.source_dir, erp, front) as systems,
    ):
        os.environ.update(systems.environment())
        try:
            yield Running(by_files, systems, folder)
        finally:
            for name in systems.environment():
                os.environ.pop(name, None)
            os.environ.update(before)
