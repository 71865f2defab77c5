"""Nights over a small random company: its rows as drops, and what was published compared table by table."""

import random
import shutil
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from oracle.company import Company, Row
from oracle.night import hush, settings_for
from oracle.random_company import random_company
from oracle.writing import write_drop

from dagster_project.lib.night import NightResult, run_night
from dagster_project.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
# how often a row's file comes nights later than it was recorded, and how often it comes again
LATE_SHARE, AGAIN_SHARE = 0.15, 0.1


@dataclass(frozen=True)
class Arrival:
    """One file: the night in which it arrives (0 is the first), the drop date it carries, its rows by
    entity."""

    night: int
    drop: date
    rows: dict[str, list[Row]]


@dataclass(frozen=True)
class Replay:
    """A company whose rows arrive over some nights; `ends` are the nights' as_of."""

    company: Company
    ends: list[datetime]
    arrivals: list[Arrival]

    def settings(self, folder: Path) -> Settings:
        """A profile, an empty source and an empty home."""
        return settings_for(self.company, folder)

    def deliver(self, settings: Settings, night: int) -> None:
        """Write the files that arrive in a night, the newest drop first."""
        arriving = [(n, arrival) for n, arrival in enumerate(self.arrivals) if arrival.night == night]
        for number, arrival in reversed(arriving):
            write_drop(arrival.rows, settings.source_dir, arrival.drop, name=f"rows_{number}")

    def run(self, settings: Settings, night: int, **options: bool) -> NightResult:
        return run_night(settings, as_of=self.ends[night], say=hush, **{"with_quality": False, **options})


def replay(seed: int, nights: int, orders: int) -> Replay:
    """A random company over its last `nights` days: late files, files of older drops, the same rows again."""
    company = random_company(seed, orders=orders)
    dice = random.Random(seed)
    last = company.as_of.astimezone(ZONE).date()
    days = [last - timedelta(days=back) for back in range(nights - 1, -1, -1)]
    arrivals: dict[tuple[int, date], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for entity, rows in company.rows.items():
        for row in rows:
            drop = min(max(row["recorded_at"].astimezone(ZONE).date(), days[0]), last)
            night = days.index(drop)
            later = min(nights - 1, night + dice.randint(1, 3))
            arrivals[later if dice.random() < LATE_SHARE else night, drop][entity].append(row)
            if dice.random() < AGAIN_SHARE:
                arrivals[later, days[later]][entity].append(row)
    ends = [datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE) for day in days]
    files = [
        Arrival(night, drop, rows)
        for (night, drop), rows in sorted(arrivals.items(), key=lambda kept: kept[0])
    ]
    return Replay(company, ends, files)


def same_profile(settings: Settings, folder: Path) -> Settings:
    """Another, empty home over the same profile and source."""
    return replace(settings, home=folder / "data" / "plain")


def copied(settings: Settings, folder: Path) -> Settings:
    """The same home once more, to be damaged."""
    home = folder / "data" / "plain"
    shutil.copytree(settings.home, home, symlinks=True)
    return replace(settings, home=home)


# What a rebuild gives as well, of the tables beside the marts.
META = {
    "loads": (
        "select source, table_name, sum(rows_read), sum(rows_accepted), sum(rows_quarantined),"
        " sum(rows_duplicate)"
        " from {}.meta.loads group by all"
    ),
    "quarantine": "select * exclude (run_number, run_id, loaded_at) from {}.meta.quarantine",
    "metric_catalogue": "from {}.meta.metric_catalogue",
}


def differences(one: Settings, other: Settings) -> dict[str, int]:
    """Rows that only one of two published files has, by table; tables that are the same are left out."""
    with duckdb.connect() as connection:
        for name, settings in (("one", one), ("other", other)):
            connection.execute(f"attach '{settings.published_file.resolve()}' as {name} (read_only)")
        queries = {f"meta.{table}": query for table, query in META.items()}
        for name in {*_marts(connection, "one"), *_marts(connection, "other")}:
            queries[f"marts.{name}"] = f'from {{}}.marts."{name}"'
        found = {}
        for table, query in sorted(queries.items()):
            left, right = query.format("one"), query.format("other")
            (count,) = connection.execute(
                f"select count(*) from (({left} except all {right}) union all ({right} except all {left}))"
            ).fetchall()[0]
            if count:
                found[table] = count
        return found


def _marts(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Tables and views: a mart may be either."""
    rows = connection.execute(
        """
        select table_name from duckdb_tables() where database_name = $1 and schema_name = 'marts'
        union all
        select view_name from duckdb_views() where database_name = $1 and schema_name = 'marts'
        """,
        [database],
    ).fetchall()
    return [name for (name,) in rows]


def figures(settings: Settings, query: str) -> list[tuple]:
    """A query against what is published."""
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        return connection.execute(query).fetchall()
