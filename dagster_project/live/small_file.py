"""The small published file: written anew each round from what is kept, and swapped in whole.

Belongs here: how it comes about. What stands in it is published.sql, what that means tables.yml.
"""

import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import yaml

from dagster_project import sources
from dagster_project.disk import sync
from dagster_project.live.told import Asked, Made
from dagster_project.settings import Settings
from dagster_project.sources import sql
from dagster_project.sources.entities import STOCK

HERE = Path(__file__).parent


@dataclass(frozen=True)
class SmallFile:
    """What it is written from; `errors` are those of the round, by connection, `now` its time of day."""

    duck: duckdb.DuckDBPyConnection
    settings: Settings
    profile: sources.Profile
    asked: list[Asked]
    errors: dict[str, str]
    now: datetime
    tracks_kept: timedelta

    def publish(self, number: int, began_at: datetime, began: float) -> Made:
        """Write the round's file and swap it in."""
        target = self.settings.published_file.parent / "current.duckdb"
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = self.settings.home / "live"
        draft = folder / "draft.duckdb"
        for leftover in folder.glob("draft.duckdb*"):
            leftover.unlink()
        self.duck.execute(f"ATTACH {sql.text(str(draft))} AS small")
        is_known = self._attach_night()
        try:
            self._tell(number, began_at)
            self.duck.execute((HERE / "published.sql").read_text(encoding="utf-8"))
            self.duck.execute(comments())
            answered, oldest = self.duck.execute(
                """
                SELECT (SELECT count(*) FROM asked WHERE error = '' AND answered_at IS NOT NULL),
                    date_diff('ms', min(seen_at), now()) / 1000 FROM small.live.stock
                """
            ).fetchone()  # type: ignore[misc]
            seconds = round(time.monotonic() - began, 3)
            self.duck.execute("UPDATE small.live.run SET seconds = $1, published_at = now()", [seconds])
        finally:
            if is_known:
                self.duck.execute("DETACH night")
            self.duck.execute("DETACH small")
        sync(draft)
        os.replace(draft, target)
        sync(target.parent)
        said = self.duck.execute(
            "SELECT name || ': ' || error FROM asked WHERE error <> '' ORDER BY 1"
        ).fetchall()
        return Made(number, seconds, answered, len(self.asked), oldest, tuple(line for (line,) in said))

    def _attach_night(self) -> bool:
        """Which waybill carries which sub-order is known to the night; a night that never was knows nothing."""
        file = self.settings.published_file
        columns = ("carrier", "waybill", "fulfilment_code")
        known = f"SELECT {', '.join(f'NULL::VARCHAR AS {name}' for name in columns)} WHERE false"
        is_known = file.exists()
        if is_known:
            self.duck.execute(f"ATTACH {sql.text(str(file.resolve()))} AS night (READ_ONLY)")
            known = f"SELECT {', '.join(columns)} FROM night.marts.dim_waybills"
        self.duck.execute(f"CREATE OR REPLACE TEMP VIEW waybills AS {known}")
        return is_known

    def _tell(self, number: int, began_at: datetime) -> None:
        """What the script asks for beside the figures."""
        stock = {table for feed in self.profile.feeds[STOCK] for table in feed.tables}
        for name, value in (
            ("number", number),
            ("began_at", began_at),
            ("timezone", self.profile.timezone),
            ("now", self.now),
            ("tracks_since", self.now - self.tracks_kept),
            ("tells_transfers", self.profile.has_column(STOCK, "in_transfer")),
        ):
            self.duck.execute(f"SET VARIABLE {name} = $1", [value])
        self.duck.execute(
            "CREATE OR REPLACE TEMP TABLE asked (name VARCHAR, source VARCHAR, serves VARCHAR,"
            " attempted_at TIMESTAMPTZ, answered_at TIMESTAMPTZ, seconds DOUBLE, row_count BIGINT, error VARCHAR)"
        )
        rows = []
        for one in self.asked:
            connection, state = one.connection, one.state
            serves = {(connection.source, pull.table) in stock for pull in connection.pulls}
            error = self.errors.get(connection.name) or state.error
            if one.waiting is not None and one.waiting > connection.every.total_seconds():
                error = f"it has not answered for {one.waiting:.0f} s"
            rows.append(
                (
                    *(connection.name, connection.source, "stock" if True in serves else "tracks"),
                    *(state.attempted_at, state.succeeded_at, state.seconds),
                    sum(told.get("rows") or 0 for told in state.tables.values()),
                    error,
                )
            )
        self.duck.executemany("INSERT INTO asked VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", rows)
        masked = sources.masked_quarantine(self.profile)
        self.duck.execute(f"CREATE OR REPLACE TEMP VIEW refused_rows AS {masked}")


@cache
def comments() -> str:
    """The statements that say what the published tables and their columns hold."""
    said = yaml.safe_load((HERE / "tables.yml").read_text(encoding="utf-8"))
    lines = []
    for table, about in said.items():
        lines.append(f"COMMENT ON TABLE small.live.{table} IS {sql.text(about['about'])}")
        for column, text in about["columns"].items():
            lines.append(f"COMMENT ON COLUMN small.live.{table}.{sql.name(column)} IS {sql.text(text)}")
    return ";\n".join(lines)
